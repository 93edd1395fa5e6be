"""Administrators get in by a one-time address, and what they do is noted."""

import concurrent.futures
import datetime as dt
import uuid

import flask
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_grader.core.db import session, transaction
from lti_grader.people import operations, queries
from lti_grader.people.models import AdministratorAction
from tests.fixtures.world import World


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def address(world: World, name: str = "Ada", *, at: dt.datetime | None = None) -> str:
    with transaction(world.tenant_id):
        return f"/administration/sign-in/{operations.make_sign_in(name, at=at or now())}"


@pytest.fixture
def browser(app: flask.Flask) -> FlaskClient:
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


def enter(browser: FlaskClient, url: str) -> TestResponse:
    return browser.post(url, follow_redirects=True)


def test_an_address_gives_a_session_once(app: flask.Flask, browser: FlaskClient, world: World) -> None:
    url = address(world)
    assert browser.get("/administration/").status_code == 401
    for _ in range(2):
        # A program that looks at links in messages uses nothing up.
        assert "Sign in as Ada" in browser.get(url).text
    page = enter(browser, url)
    assert page.status_code == 200
    assert "North University" in page.text
    for again in (browser.get(url), app.test_client().post(url)):
        assert again.status_code == 409
        assert "used already" in again.text


def test_two_who_press_at_once_are_not_both_let_in(app: flask.Flask, browser: FlaskClient, world: World) -> None:
    url = address(world)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: app.test_client().post(url).status_code, range(4)))
    assert sorted(answers) == [303, 409, 409, 409]


def test_an_address_is_good_for_fifteen_minutes(browser: FlaskClient, world: World) -> None:
    page = browser.get(address(world, at=now() - dt.timedelta(minutes=15)))
    assert page.status_code == 409
    assert "older than 15 minutes" in page.text
    assert enter(browser, address(world, at=now() - dt.timedelta(minutes=14))).status_code == 200


def test_an_address_that_was_never_given_out_says_so(browser: FlaskClient, world: World) -> None:
    for token in ("x", "%00", "%ff", "a" * 3000):
        page = browser.get(f"/administration/sign-in/{token}")
        assert page.status_code == 404
        assert "admin link" in page.text


def test_a_form_of_another_site_signs_nobody_in(app: flask.Flask, world: World) -> None:
    answer = app.test_client().post(address(world))
    assert answer.status_code == 401
    assert "session" in answer.text


def test_a_session_ends_when_it_is_left_ended_or_old(browser: FlaskClient, world: World) -> None:
    enter(browser, address(world))
    assert "signed out" in browser.post("/administration/sign-out").text
    assert browser.get("/administration/").status_code == 401
    enter(browser, address(world))
    with transaction(world.tenant_id):
        assert operations.end_all("Somebody else", at=now()) == 0
        assert operations.end_all("Ada", at=now()) == 1
    assert browser.get("/administration/").status_code == 401
    enter(browser, address(world))
    with transaction(world.tenant_id):
        session().execute(sa.text("UPDATE administrator_sign_ins SET used_at = used_at - interval '8 hours'"))
    assert browser.get("/administration/").status_code == 401


def test_an_address_that_was_taken_back_lets_nobody_in(browser: FlaskClient, world: World) -> None:
    url = address(world)
    with transaction(world.tenant_id):
        assert operations.end_all("Ada", at=now()) == 1
    assert "taken back" in browser.get(url).text


def test_who_came_by_a_launch_is_no_administrator_and_both_may_be_in_one_browser(
    browser: FlaskClient, world: World
) -> None:
    with browser.session_transaction() as kept:
        kept.update(user=str(world.teacher_id), tenant=str(world.tenant_id), platform=str(world.platform_id), frames=[])
    assert browser.get("/administration/").status_code == 403
    enter(browser, address(world))
    assert browser.get("/administration/").status_code == 200
    assert browser.get(f"/classes/{world.class_id}").status_code == 200


def test_no_other_site_holds_an_administrators_page_in_a_frame(browser: FlaskClient, world: World) -> None:
    with browser.session_transaction() as kept:
        kept["frames"] = ["https://lms.example.edu"]
    page = enter(browser, address(world))
    assert page.headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")


def test_what_was_done_is_told_with_the_name_and_stays(browser: FlaskClient, world: World) -> None:
    enter(browser, address(world, "Grace"))
    browser.post("/administration/sign-out")
    with transaction(world.tenant_id):
        assert [(one.action, one.name) for one in queries.actions()] == [
            ("signed_out", "Grace"), ("signed_in", "Grace"),
        ]  # fmt: skip
    for statement in (sa.update(AdministratorAction).values(words="x"), sa.delete(AdministratorAction)):
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"), transaction(world.tenant_id) as opened:
            opened.execute(statement)


def test_an_address_is_kept_only_as_its_hash(world: World) -> None:
    token = address(world).rpartition("/")[2]
    with transaction(world.tenant_id):
        rows = session().execute(sa.text("SELECT row_to_json(s)::text FROM administrator_sign_ins s")).scalars().all()
    assert len(rows) == 1
    assert token not in rows[0]


def test_an_administrators_session_is_of_one_institution(browser: FlaskClient, world: World) -> None:
    other = uuid.uuid4()
    enter(browser, address(world))
    with browser.session_transaction() as kept:
        kept["administration"] = {**kept["administration"], "tenant": str(other)}
    assert browser.get("/administration/").status_code == 401
