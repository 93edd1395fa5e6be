"""Claims, headers, payloads, states and logins of any kind: each is taken, or refused in words."""

import base64
from collections.abc import Iterator
from typing import Any

import flask
import jwt
import pytest

from lti_grader.lti import claims as c
from lti_grader.lti.keysets import keysets
from tests.lti.launched import refused
from tests.lti.scripted import ScriptedPlatform, Way, browser

ODD: list[Any] = [
    None,
    5,
    True,
    [],
    {},
    "",
    "nul\0",
    "half \ud800",
    "x" * 20_000,
    [None],
    {"id": 5},
    {"id": "\0"},
    [[]],
    1e300,
]
CLAIMS = [
    "sub", "iss", "aud", "azp", "exp", "iat", "nbf", "nonce", "name", "email", "given_name", "picture", "locale",
    c.MESSAGE_TYPE, c.VERSION, c.DEPLOYMENT_ID, c.TARGET_LINK_URI, c.RESOURCE_LINK, c.ROLES, c.CONTEXT, c.CUSTOM, c.NRPS,
    c.AGS, c.LAUNCH_PRESENTATION, c.TOOL_PLATFORM,
]  # fmt: skip
INSIDE = [
    (c.RESOURCE_LINK, "id"), (c.RESOURCE_LINK, "title"), (c.CONTEXT, "id"), (c.CONTEXT, "title"), (c.CONTEXT, "label"),
    (c.CUSTOM, c.OWN_ASSIGNMENT), (c.NRPS, "context_memberships_url"), (c.AGS, "scope"), (c.AGS, "lineitem"),
    (c.AGS, "lineitems"),
]  # fmt: skip


@pytest.mark.parametrize("claim", [*CLAIMS, *INSIDE], ids=lambda one: str(one).rsplit("/", 1)[-1])
def test_rows_3_to_21_a_claim_of_any_kind_is_taken_or_refused_in_words(
    app: flask.Flask, scripted: ScriptedPlatform, claim: Any
) -> None:
    for odd in ODD:
        way = browser(app, scripted)
        way.login()
        good = scripted.claims(way.nonce, way.target)
        name, inside = claim if isinstance(claim, tuple) else (claim, None)
        changes = {name: {**good.get(name, {}), inside: odd} if inside else odd}
        answer = way.launch(**changes)
        assert answer.status_code in (303, 400, 401, 403), (odd, answer.text[:500])
        if answer.status_code == 303:
            assert way.client.get(answer.headers["Location"]).status_code in (200, 403), odd


DEEP = "[" * 20_000 + "]" * 20_000


@pytest.mark.parametrize(
    "header",
    [DEEP, '{"alg":"RS256","kid":"key-1","x":' + DEEP + "}", '{"alg":"RS256","kid":"key-1","crit":["b64"],"b64":false}',
     '{"alg":["RS256"],"kid":"key-1"}', '{"alg":"RS256","kid":{"a":1}}', '{"alg":"RS256","kid":"\\ud800"}', "null", "5",
     '{"alg":"RS256","kid":"' + "k" * 30_000 + '"}', '{"alg":"RS256","kid":"key-1","jwk":{"kty":"RSA"}}', "\x00"],
    ids=lambda one: one[:40],
)  # fmt: skip
def test_row_22_a_header_of_any_kind_is_refused_in_words(way: Way, scripted: ScriptedPlatform, header: str) -> None:
    way.login()
    _, body, mac = scripted.sign(scripted.claims(way.nonce, way.target)).split(".")
    head = base64.urlsafe_b64encode(header.encode()).rstrip(b"=").decode()
    refused(way.launch(token=f"{head}.{body}.{mac}"))


@pytest.mark.parametrize(
    "payload", [DEEP, "[]", "null", "5", '"x"', "\x00", '{"iat":' + "9" * 5000 + "}"], ids=lambda one: one[:40]
)
def test_row_5_a_signed_payload_of_any_kind_is_refused_in_words(
    way: Way, scripted: ScriptedPlatform, payload: str
) -> None:
    way.login()
    token = jwt.api_jws.encode(payload.encode(), scripted.key, algorithm="RS256", headers={"kid": "key-1"})
    refused(way.launch(token=token))


@pytest.mark.parametrize("state", ["", "\0", "x" * 50_000, "\u2028", "a b", "../../x", "*"])
def test_row_30_a_state_of_any_kind_is_refused_in_words(way: Way, state: str) -> None:
    way.login()
    refused(way.launch(state=state))


@pytest.mark.parametrize("name", ["iss", "login_hint", "target_link_uri", "client_id", "lti_message_hint"])
@pytest.mark.parametrize("value", ["\0", "x" * 5000, "\u2028", "'; DROP TABLE users; --", "http://[", "%00"])
def test_row_27_a_login_of_any_kind_is_answered_in_words(way: Way, name: str, value: str) -> None:
    answer = way.login(**{name: value})
    assert answer.status_code in (302, 401, 403)


@pytest.fixture(autouse=True)
def _no_keys_of_other_tests() -> Iterator[None]:
    keysets.forget()
    yield
    keysets.forget()
