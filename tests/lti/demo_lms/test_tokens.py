"""Who gets an access token from the demo LMS, and for what."""

import dataclasses
import datetime as dt
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fixtures.demo_lms import AGS, COURSE, SCOPES, SLOW_SECONDS, Lms

SCORE = AGS + "score"


def ago(seconds: int) -> int:
    return int(dt.datetime.now(dt.UTC).timestamp()) - seconds


def test_a_signed_assertion_brings_the_scopes_that_are_granted_and_no_others(lms: Lms) -> None:
    answer = lms.tool.ask_token(f"{SCORE} https://example.org/scope/everything").raise_for_status().json()
    assert answer["scope"] == SCORE
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] > 0


def test_scopes_that_are_not_granted_bring_no_token(lms: Lms) -> None:
    answer = lms.tool.ask_token("https://example.org/scope/everything")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_an_assertion_serves_once(lms: Lms) -> None:
    assertion = lms.tool.assertion()
    assert lms.tool.ask_token(SCORE, assertion=assertion).status_code == 200
    assert lms.tool.ask_token(SCORE, assertion=assertion).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody-else"},
        {"sub": "somebody-else"},
        {"aud": "https://elsewhere.example/token"},
        {"exp": ago(120), "iat": ago(400)},
        {"exp": None},
        {"iat": None},
        {"jti": None},
    ],
)
def test_an_assertion_that_is_wrong_in_one_claim_is_refused(lms: Lms, changes: dict[str, object]) -> None:
    answer = lms.tool.ask_token(SCORE, assertion=lms.tool.assertion(**changes))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


def test_the_audience_may_stand_in_a_list(lms: Lms) -> None:
    assertion = lms.tool.assertion(aud=["https://elsewhere.example", lms.tool.token_url])
    assert lms.tool.ask_token(SCORE, assertion=assertion).status_code == 200


def test_an_assertion_of_another_key_or_an_unknown_one_is_refused(lms: Lms) -> None:
    claims = jwt.decode(lms.tool.assertion(), options={"verify_signature": False})
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for assertion in (
        lms.tool.sign(claims | {"jti": uuid.uuid4().hex}, key=other),
        lms.tool.sign(claims | {"jti": uuid.uuid4().hex}, kid="unknown"),
        jwt.encode(claims, "", algorithm="none", headers={"kid": "tool-key"}),
        "not.a.jwt",
    ):
        assert lms.tool.ask_token(SCORE, assertion=assertion).status_code == 400


@pytest.mark.parametrize(("mode", "status"), [("canvas", 400), ("moodle", 200), ("generic", 200)])
def test_canvas_takes_no_assertion_older_than_five_minutes(lms: Lms, mode: str, status: int) -> None:
    lms.control.post("mode", mode=mode)
    assertion = lms.tool.assertion(iat=ago(310), exp=ago(-300))
    assert lms.tool.ask_token(SCORE, assertion=assertion).status_code == status


def test_moodle_sends_the_token_as_html(lms: Lms) -> None:
    lms.control.post("mode", mode="moodle")
    answer = lms.tool.ask_token(SCORE)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.json()["access_token"]


def test_another_grant_type_is_refused(lms: Lms) -> None:
    answer = lms.tool.ask_token(SCORE, grant_type="password")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer rubbish", "Basic dTpw"])
def test_services_answer_401_without_a_token_that_holds(lms: Lms, token: str) -> None:
    answer = lms.tool.call("GET", f"{lms.url}/courses/{COURSE}/lineitems", headers={"Authorization": token})
    assert answer.status_code == 401


def test_each_service_wants_its_own_scope(lms: Lms) -> None:
    column = lms.column()
    wrong = {scope: [one for one in SCOPES if one != scope] for scope in SCOPES}
    results, members = f"{column}/results", f"{lms.url}/courses/{COURSE}/Memberships"
    for method, url, scope in (
        ("POST", f"{column}/scores", AGS + "score"),
        ("GET", results, AGS + "result.readonly"),
        ("DELETE", column, AGS + "lineitem"),
        ("GET", members, SCOPES[-1]),
    ):
        assert lms.tool.call(method, url, *wrong[scope]).status_code in (401, 403), (method, url)
    assert lms.tool.call("GET", column).status_code == 200


def test_two_tools_may_give_their_assertions_the_same_name(lms: Lms) -> None:
    other = lms.control.register(lms.tool.addresses(), name="another")["client_id"]
    for tool in (lms.tool, dataclasses.replace(lms.tool, client_id=other)):
        assert tool.ask_token(SCORE, assertion=tool.assertion(jti="number-1")).is_success


def test_a_tool_that_is_slow_to_show_its_keys_holds_up_nobody_else(lms: Lms) -> None:
    addresses = lms.tool.addresses() | {"jwks_url": f"{lms.tool.url}/slow"}
    slow = dataclasses.replace(lms.tool, client_id=lms.control.register(addresses, name="slow")["client_id"])
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(slow.ask_token, SCORE)
        time.sleep(SLOW_SECONDS / 4)
        began = time.monotonic()
        assert lms.post(lms.column()).is_success
        assert time.monotonic() - began < SLOW_SECONDS / 2
        assert not answer.done()
        assert answer.result().is_success
