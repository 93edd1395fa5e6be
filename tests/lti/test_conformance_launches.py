"""Conformance rows that need a browser, a platform's keys or our own memory: 2, 13-15, 22-23, 27-31, 33, 38."""

import concurrent.futures
import json
from urllib.parse import parse_qs, urlsplit

import flask
import jwt
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import rsa

from lti_grader.classes.models import Class, Enrollment
from lti_grader.lti import claims as c
from lti_grader.lti.keysets import keysets
from lti_grader.people.models import User
from tests.lti.launched import code_of, rows
from tests.lti.scripted import INSTRUCTOR, LEARNER, ScriptedPlatform, Way, browser

ASSISTANT = "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"


def test_a_good_launch_signs_in_and_leads_on(way: Way) -> None:
    assert way.login().status_code == 302
    answer = way.launch()
    assert answer.status_code == 303
    assert way.client.get(answer.headers["Location"]).status_code == 200


def test_the_login_answer_is_what_the_standard_asks_for(way: Way, scripted: ScriptedPlatform) -> None:
    answer = way.login()
    url = urlsplit(answer.headers["Location"])
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{scripted.url}/auth"
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    fixed = {"scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none"}
    assert fixed.items() <= query.items()
    assert query["client_id"] == "client-1"
    assert query["redirect_uri"] == way.target
    assert (query["login_hint"], query["lti_message_hint"]) == ("hint", "message")
    assert min(len(query["state"]), len(query["nonce"])) >= 32


def test_cookies_are_partitioned_and_for_this_host_only(way: Way) -> None:
    login = way.login()
    done = way.launch()
    for answer, name in ((login, "__Host-lti-state-"), (done, "__Host-lti-grader=")):
        cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith(name))
        for part in ("Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"):
            assert part in cookie, cookie
        assert "Domain" not in cookie


def test_row_2_an_unknown_key_is_looked_for_once(app: flask.Flask, scripted: ScriptedPlatform) -> None:
    for _ in range(3):
        way = browser(app, scripted)
        way.login()
        scripted.kid = "key-of-nobody"
        code_of(way.launch())
    assert len(scripted.to("/jwks")) == 2, "the first look, and one more for the unknown key"


def test_row_2_a_key_that_is_new_is_found_by_the_one_look(
    app: flask.Flask, scripted: ScriptedPlatform, way: Way, other_key: rsa.RSAPrivateKey
) -> None:
    way.login()
    assert way.launch().status_code == 303
    scripted.key, scripted.kid = other_key, "key-2"
    scripted.published["key-2"] = other_key.public_key()
    way.login()
    assert way.launch().status_code == 303


def test_row_2_a_key_that_another_process_has_fetched_is_used_though_it_is_too_soon_to_look(
    app: flask.Flask, scripted: ScriptedPlatform, way: Way, other_key: rsa.RSAPrivateKey
) -> None:
    way.login()
    way.launch()
    held = app.extensions["adapters"]
    known = json.loads(held.kv.get(f"lti:keyset:{scripted.url}/jwks"))
    scripted.key, scripted.kid = other_key, "key-2"
    fresh = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(other_key.public_key())) | {"kid": "key-2"}
    # What the other process did.
    held.kv.put(f"lti:keyset:{scripted.url}/jwks", json.dumps({"keys": [*known["keys"], fresh]}), 60)
    held.kv.put(f"lti:keyset-refreshed:{scripted.url}/jwks", "1", 10)
    way.login()
    assert way.launch().status_code == 303


def test_keys_that_cannot_be_fetched_are_no_reason_to_let_anybody_in(scripted: ScriptedPlatform, way: Way) -> None:
    scripted.script["/jwks"] = [(500, {}, "down")]
    way.login()
    assert "try again" in code_of(way.launch()).casefold()
    way.login()
    assert way.launch().status_code == 303


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        ([INSTRUCTOR], "teacher"), ([LEARNER], "student"), ([INSTRUCTOR, LEARNER], "teacher"),
        ([ASSISTANT, INSTRUCTOR], "assistant"), (["Learner"], "student"), ([""], "observer"),
        (["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator", LEARNER], "student"),
        (["http://example.edu/roles#Wizard"], "observer"), ([], "observer"),
    ],
)  # fmt: skip
def test_rows_13_to_18_and_37_roles(way: Way, scripted: ScriptedPlatform, roles: list[str], role: str) -> None:
    way.login()
    way.launch(**{c.ROLES: roles})
    found = rows(scripted, sa.select(Enrollment.role).join(User, User.id == Enrollment.user_id))
    assert [one.role for one in found] == [role]


@pytest.mark.parametrize("missing", ["name", c.CONTEXT, c.NRPS, c.AGS, "email"])
def test_rows_19_to_21_a_launch_needs_no_personal_data_and_no_context(way: Way, missing: str) -> None:
    way.login()
    answer = way.launch(**{missing: ...})
    assert answer.status_code == 303
    assert way.client.get(answer.headers["Location"]).status_code == 200


def test_row_22_a_token_of_no_algorithm_or_a_shared_secret(way: Way, scripted: ScriptedPlatform) -> None:
    way.login()
    claims = scripted.claims(way.nonce, way.target)
    unsigned = jwt.encode(claims, "", algorithm="none", headers={"kid": "key-1"})
    code_of(way.launch(token=unsigned))
    way.login()
    claims = scripted.claims(way.nonce, way.target)
    code_of(way.launch(token=jwt.encode(claims, "x" * 64, algorithm="HS256", headers={"kid": "key-1"})))


def test_row_23_another_platforms_key_signs_nothing_here(
    app: flask.Flask, scripted: ScriptedPlatform, way: Way, other_key: rsa.RSAPrivateKey
) -> None:
    other = ScriptedPlatform(other_key, "client-2")
    try:
        other.register(tenant="Other University")
        way.login()
        claims = scripted.claims(way.nonce, way.target)
        code_of(way.launch(token=other.sign(claims)))
        # Nor does a launch of the other platform answer a login of this one.
        way.login()
        code_of(way.launch(token=other.sign(other.claims(way.nonce, way.target))))
        way.login()
        code_of(way.launch(token=other.sign(other.claims(way.nonce, way.target, iss=scripted.url))))
    finally:
        other.close()


def test_row_27_an_unknown_issuer_or_client_gets_a_page_that_says_what_to_register(way: Way) -> None:
    for changes in ({"iss": "https://nobody.example.edu"}, {"client_id": "client-of-nobody"}):
        answer = way.login(**changes)
        assert answer.status_code in (400, 403)
        assert "platforms add" in answer.text


def test_row_27_an_unknown_deployment_gets_a_page_that_names_it(way: Way) -> None:
    way.login()
    answer = way.launch(**{c.DEPLOYMENT_ID: "deployment-of-nobody"})
    assert answer.status_code in (400, 403)
    assert "deployment-of-nobody" in answer.text


def test_row_27_a_login_without_client_id_is_enough_where_there_is_one_client(
    way: Way, scripted: ScriptedPlatform
) -> None:
    assert way.login(client_id=...).status_code == 302
    assert way.launch().status_code == 303
    scripted.register(client_id="client-9")
    assert "several clients" in way.login(client_id=...).text


def test_row_28_the_nonce_of_another_login(way: Way) -> None:
    way.login()
    first = way.nonce
    way.login()
    code_of(way.launch(nonce=first))
    way.login()
    code_of(way.launch(nonce="made-up"))
    way.login()
    code_of(way.launch(nonce=...))


def test_row_29_a_launch_is_good_once(way: Way, scripted: ScriptedPlatform) -> None:
    way.login()
    token = scripted.sign(scripted.claims(way.nonce, way.target))
    assert way.launch(token=token).status_code == 303
    code_of(way.launch(token=token))


def test_row_29_of_many_that_come_at_once_one_is_let_in(app: flask.Flask, scripted: ScriptedPlatform, way: Way) -> None:
    way.login()
    token = scripted.sign(scripted.claims(way.nonce, way.target))
    cookies = {cookie.key: cookie.value for cookie in way.client._cookies.values()}

    def arrive() -> int:
        client = app.test_client()
        for name, value in cookies.items():
            client.set_cookie(name, value)
        return client.post("/lti/launch", data={"state": way.state, "id_token": token}).status_code

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = sorted(one.result() for one in [pool.submit(arrive) for _ in range(16)])
    assert answers[0] == 303
    assert all(400 <= one < 500 for one in answers[1:])


def test_row_30_a_state_that_is_missing_unknown_or_of_another_browser(
    app: flask.Flask, scripted: ScriptedPlatform, way: Way
) -> None:
    way.login()
    code_of(way.launch(state=""))
    code_of(way.launch(state="made-up"))
    stranger = browser(app, scripted)
    token = scripted.sign(scripted.claims(way.nonce, way.target))
    answer = stranger.launch(state=way.state, token=token)
    assert answer.status_code == 401
    assert "__Host-lti-grader=" not in "".join(answer.headers.getlist("Set-Cookie"))
    # The stranger cannot use up the login of the browser it belongs to.
    assert way.launch(token=token).status_code == 303


def test_row_30_a_cookie_of_another_login_is_no_cookie_of_this_one(
    app: flask.Flask, scripted: ScriptedPlatform, way: Way
) -> None:
    way.login()
    attacker = browser(app, scripted)
    attacker.login()
    mine = next(iter(attacker.client._cookies.values()))
    name = next(iter(way.client._cookies.values())).key
    victim = browser(app, scripted)
    victim.client.set_cookie(name, mine.value)
    victim.state, victim.nonce = way.state, way.nonce
    code_of(victim.launch())


def test_row_31_a_launch_leads_where_its_login_said(way: Way) -> None:
    way.login()
    code_of(way.launch(**{c.TARGET_LINK_URI: f"{way.target}/elsewhere"}))
    assert way.login(target_link_uri="https://evil.example.com/").status_code == 401


@pytest.mark.parametrize("missing", ["iss", "login_hint", "target_link_uri"])
def test_a_login_that_lacks_something_says_what(way: Way, missing: str) -> None:
    answer = way.login(**{missing: ...})
    assert answer.status_code == 401
    assert missing in answer.text


def test_a_platform_that_says_no_is_passed_on_in_words(way: Way) -> None:
    way.login()
    answer = way.client.post("/lti/launch", data={"state": way.state, "error": "login_required"})
    assert answer.status_code in (400, 401, 403)
    assert "Sign in" in answer.text


def test_the_first_launches_of_a_whole_class_at_once_make_one_class(
    app: flask.Flask, scripted: ScriptedPlatform
) -> None:
    def come(number: int) -> int:
        way = browser(app, scripted)
        way.login()
        # Four browsers each of four people.
        return way.launch(sub=f"person-{number % 4}", **{c.ROLES: [INSTRUCTOR]}).status_code

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert set(pool.map(come, range(16))) == {303}
    assert len(rows(scripted, sa.select(Class.id))) == 1
    assert len(rows(scripted, sa.select(User.id))) == 4
    assert len(rows(scripted, sa.select(Enrollment.user_id))) == 4


def test_one_course_in_two_deployments_is_two_classes(app: flask.Flask, scripted: ScriptedPlatform) -> None:
    for deployment in ("1", "2", "1"):
        way = browser(app, scripted)
        way.login()
        assert way.launch(**{c.DEPLOYMENT_ID: deployment}).status_code == 303
    assert len(rows(scripted, sa.select(Class.id))) == 2
    assert len(rows(scripted, sa.select(User.id))) == 1


def test_row_38_a_test_user_is_known_as_one(way: Way, scripted: ScriptedPlatform) -> None:
    way.login()
    way.launch(**{c.ROLES: [LEARNER, TEST_USER]})
    assert [one.is_test_user for one in rows(scripted, sa.select(User.is_test_user))] == [True]


@pytest.fixture(autouse=True)
def _no_keys_of_other_tests() -> None:
    keysets.forget()
