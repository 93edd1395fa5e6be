"""Launches into browsers that keep no cookie for the tool, and the sessions that follow them."""

import concurrent.futures
import json
import re
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from lti_grader.adapters import Adapters
from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.lti import login
from lti_grader.lti.models import Platform
from tests.lti.scripted import ScriptedPlatform, Way, browser

FRAME = {"lti_storage_target": "post_message_forwarding"}


def data(page: TestResponse, id_: str) -> Any:
    """Return what a page tells its script."""
    found = re.search(rf'<script type="application/json" id="{id_}">(.*?)</script>', page.text)
    assert found, page.text
    return json.loads(found[1])


class Cookieless:
    """A browser that drops every cookie, at a platform with storage."""

    def __init__(self, app: flask.Flask, platform: ScriptedPlatform) -> None:
        self.way = browser(app, platform)
        self.platform = platform
        self.origin = app.extensions["settings"].public_url
        self.client = app.test_client(use_cookies=False)
        self.way.client = self.client
        self.secret = ""

    def login(self, **changes: Any) -> dict[str, Any]:
        page = self.way.login(**{**FRAME, **changes})
        assert page.status_code == 200, page.text
        told: dict[str, Any] = data(page, "login")
        self.secret = told["secret"]
        query = dict(re.findall(r"[?&](state|nonce)=([^&]+)", told["url"]))
        self.way.state, self.way.nonce = query["state"], query["nonce"]
        return told

    def arrive(self, *, headers: dict[str, str] | None = None, secret: str | None = None, **changes: Any) -> Any:
        token = self.platform.sign(self.platform.claims(self.way.nonce, self.way.target, **changes))
        form = {"state": self.way.state, "id_token": token, "secret": self.secret if secret is None else secret}
        return self.client.post(
            "/lti/launch", data=form, headers={"Origin": self.origin} if headers is None else headers
        )

    def session(self) -> str:
        """Launch, and return the address of the first page."""
        self.login()
        answer = self.arrive()
        assert answer.status_code == 303, answer.text[:500]
        return str(answer.headers["Location"])


@pytest.fixture
def nobodys(app: flask.Flask, scripted: ScriptedPlatform) -> Cookieless:
    return Cookieless(app, scripted)


def test_a_login_with_a_storage_target_keeps_its_secret_there(nobodys: Cookieless) -> None:
    told = nobodys.login()
    assert told["storage"]["frames"] == ["post_message_forwarding"]
    # Only the platform hears it: its authorisation address, and its pages.
    assert told["storage"]["origins"] == [nobodys.platform.url, "https://lms.example.edu"]
    assert told["url"].startswith(f"{nobodys.platform.url}/auth?")


def test_a_browser_that_shows_a_cookie_of_ours_goes_on_at_once(way: Way) -> None:
    way.login()
    way.launch()
    assert way.login(**FRAME).status_code == 302


def test_a_first_login_in_a_frame_may_need_the_tabs_own_storage(way: Way) -> None:
    way.client.environ_base["HTTP_SEC_FETCH_DEST"] = "iframe"
    assert data(way.login(), "login")["storage"]["frames"] == []


def test_a_launch_without_cookie_looks_for_the_secret_and_goes_on_with_it(nobodys: Cookieless) -> None:
    nobodys.login()
    page = nobodys.way.launch()
    assert page.status_code == 401
    assert data(page, "storage")["key"] == login.cookie_name(nobodys.way.state)
    assert nobodys.secret not in page.text, "who sends it has to have kept it"
    answer = nobodys.arrive()
    assert answer.status_code == 303
    assert nobodys.client.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Origin": "null"}, {"Origin": "https://evil.example"}, {"Origin": "http://localhost.evil.example"}])  # fmt: skip
def test_row_30_a_secret_that_another_page_posts_is_none(nobodys: Cookieless, headers: dict[str, str]) -> None:
    """Login CSRF: somebody has our browser post their own launch with the secret of it, which they know."""
    nobodys.login()
    answer = nobodys.arrive(headers=headers)
    assert answer.status_code == 401
    assert "Location" not in answer.headers
    assert not answer.headers.getlist("Set-Cookie")


@pytest.mark.parametrize("secret", ["", "x", "x" * 100_000, "\N{SNOWMAN}", "\0"])
def test_row_30_a_wrong_secret_is_refused_and_uses_the_login_up(nobodys: Cookieless, secret: str) -> None:
    nobodys.login()
    answer = nobodys.arrive(secret=secret)
    assert answer.status_code == 401
    assert "another browser" in answer.text
    assert nobodys.arrive().status_code == 401


def test_row_30_the_secret_of_another_login_is_none_of_this_one(
    app: flask.Flask, scripted: ScriptedPlatform, nobodys: Cookieless
) -> None:
    other = Cookieless(app, scripted)
    other.login()
    nobodys.login()
    assert nobodys.arrive(secret=other.secret).status_code == 401


def test_rows_28_to_29_a_launch_by_secret_is_checked_as_one_by_cookie(nobodys: Cookieless) -> None:
    for changes in ({"nonce": "made-up"}, {"aud": "another"}, {"iat": 11111, "exp": 22222}):
        nobodys.login()
        assert nobodys.arrive(**changes).status_code == 401, changes
    nobodys.login()
    assert nobodys.arrive().status_code == 303
    assert nobodys.arrive().status_code == 401, "used once"


def test_row_29_of_many_that_come_at_once_with_the_secret_one_is_let_in(app: flask.Flask, nobodys: Cookieless) -> None:
    nobodys.login()
    token = nobodys.platform.sign(nobodys.platform.claims(nobodys.way.nonce, nobodys.way.target))
    form = {"state": nobodys.way.state, "id_token": token, "secret": nobodys.secret}

    def arrive() -> int:
        client = app.test_client(use_cookies=False)
        return client.post("/lti/launch", data=form, headers={"Origin": nobodys.origin}).status_code

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = sorted(one.result() for one in [pool.submit(arrive) for _ in range(12)])
    assert answers == [303] + [401] * 11


def test_the_page_of_a_launch_may_be_framed_by_its_platform_only(nobodys: Cookieless) -> None:
    nobodys.login()
    policy = nobodys.way.launch().headers["Content-Security-Policy"]
    assert f"frame-ancestors 'self' {nobodys.platform.url} https://lms.example.edu" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_window_of_its_own_begins_the_same_login_anew(nobodys: Cookieless, way: Way, method: str) -> None:
    given = {"iss": way.platform.url, "login_hint": "h" * 3000, "target_link_uri": way.target, "client_id": "client-1",
             "lti_message_hint": "m" * 3000, **FRAME}  # fmt: skip
    place = "query_string" if method == "GET" else "data"
    told = data(nobodys.client.open("/lti/login", method=method, **{place: given}), "login")
    state = dict(re.findall(r"[?&](state)=([^&]+)", told["url"]))["state"]
    page = nobodys.client.post("/lti/launch", data={"state": state, "id_token": "x"})
    # The scripted platform is a Moodle, which lets no launch begin twice.
    assert "in a new window" in page.text
    with system_transaction() as opened:
        row = opened.scalars(sa.select(Platform).where(Platform.issuer == way.platform.url)).one()
    with transaction(row.tenant_id):
        session().get_one(Platform, row.id).product_family = "other"
    page = nobodys.client.post("/lti/launch", data={"state": state, "id_token": "x"})
    again = re.search(r'href="(/lti/login\?again=[^"]+)"', page.text)
    assert again, page.text
    answer = way.client.get(again[1])
    assert answer.status_code == 302, "in a window there is nobody to ask, and cookies are kept"
    assert f"login_hint={'h' * 3000}" in answer.headers["Location"]
    assert f"lti_message_hint={'m' * 3000}" in answer.headers["Location"]
    assert way.client.get("/lti/login?again=made-up").status_code == 401


class TestSessionsInPaths:
    def test_every_address_of_a_page_begins_with_the_sessions(self, nobodys: Cookieless) -> None:
        first = nobodys.session()
        assert re.match(r"/~[A-Za-z0-9_-]{43}/", first)
        page = nobodys.client.get(first)
        prefix = first[:45]
        assert not page.headers.getlist("Set-Cookie")
        addresses = re.findall(r'(?:href|action|src|hx-get|hx-post)="(/[^"]*)"', page.text)
        assert addresses
        assert [one for one in addresses if not one.startswith((prefix + "/", "/static/"))] == []
        assert [one for one in addresses if one.startswith(prefix + "/static/")] == []

    def test_no_other_site_learns_the_address(self, nobodys: Cookieless) -> None:
        assert nobodys.client.get(nobodys.session()).headers["Referrer-Policy"] == "no-referrer"

    def test_the_store_knows_hashes_only(self, nobodys: Cookieless, held: Adapters) -> None:
        token = nobodys.session()[2:45]
        nobodys.client.get(f"/~{token}/")
        kept = [(key, held.kv.get(key)) for key in held.kv.client.scan_iter("lti:session:*")]
        assert len(kept) == 1
        assert token not in str(kept)

    def test_each_launch_is_another_session(self, nobodys: Cookieless) -> None:
        assert nobodys.session()[:45] != nobodys.session()[:45]

    def test_a_token_counts_in_the_path_alone(self, nobodys: Cookieless) -> None:
        first = nobodys.session()
        token, path = first[2:45], first[45:]
        for url in (path, f"{path}?token={token}", f"{path}?~={token}", f"{path}/~{token}"):
            assert nobodys.client.get(url).status_code in (401, 404), url
        assert nobodys.client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code == 401
        assert nobodys.client.get(path, headers={"Cookie": f"__Host-lti-grader={token}"}).status_code == 401

    @pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 42, "x" * 44, "x" * 42 + "%00", "../" * 15, "é" * 43])
    def test_a_made_up_token_is_nobody(self, nobodys: Cookieless, token: str) -> None:
        path = nobodys.session()[45:]
        assert nobodys.client.get(f"/~{token}{path}").status_code in (401, 404)

    def test_an_address_that_was_passed_on_opens_nothing(self, nobodys: Cookieless) -> None:
        first = nobodys.session()
        for site in ("none", "cross-site", "same-site"):
            headers = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": site}
            assert nobodys.client.get(first, headers=headers).status_code == 401, site
        assert nobodys.client.get(first, headers={"User-Agent": "another browser"}).status_code == 401
        for headers in (
            {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin"},
            {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin"},
        ):
            assert nobodys.client.get(first, headers=headers).status_code == 200, headers

    def test_who_does_nothing_for_long_is_signed_out(self, nobodys: Cookieless, held: Adapters) -> None:
        first = nobodys.session()
        (key,) = held.kv.client.scan_iter("lti:session:*")
        idle = held.settings.session_idle_minutes * 60
        held.kv.client.expire(key, 5)
        assert nobodys.client.get(first).status_code == 200
        assert idle - 5 <= held.kv.client.ttl(key) <= idle, "each request counts anew"
        held.kv.client.pexpireat(key, 1)
        assert nobodys.client.get(first).status_code == 401

    def test_it_ends_when_its_hours_are_over_however_busy_it_is(self, nobodys: Cookieless, held: Adapters) -> None:
        first = nobodys.session()
        (key,) = held.kv.client.scan_iter("lti:session:*")
        kept = json.loads(held.kv.get(key) or "")
        held.kv.put(key, json.dumps({**kept, "ends": 1}), 60)
        answer = nobodys.client.get(first)
        assert answer.status_code == 401
        assert "session has ended" in answer.text

    def test_forms_need_their_token_all_the_same(self, nobodys: Cookieless) -> None:
        first = nobodys.session()
        prefix = first[:45]
        url = f"{prefix}/work/018f0000-0000-7000-8000-000000000000/attempts"
        assert nobodys.client.post(url, json={}).status_code == 401
        token = re.search(r'name="csrf-token" content="([^"]+)"', nobodys.client.get(first).text)
        assert token
        assert nobodys.client.post(url, json={}, headers={"X-CSRF-Token": token[1]}).status_code == 422

    def test_what_is_the_same_for_all_has_one_address(self, nobodys: Cookieless) -> None:
        page = nobodys.client.get(nobodys.session())
        styles = re.search(r'href="(/static/dist/site[^"]+)"', page.text)
        assert styles
        with nobodys.client.get(styles[1]) as answer:
            assert "max-age" in answer.headers["Cache-Control"]
