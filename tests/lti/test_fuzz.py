"""Ten thousand tokens and forms that no platform would send: refused in words, each; none is let in, none breaks anything."""

import base64
import datetime as dt
import json
import random
import string
import time
from collections.abc import Callable, Iterator
from typing import Any

import flask
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from lti_grader.adapters import Adapters
from lti_grader.lti import claims as c
from lti_grader.lti import login
from lti_grader.lti.errors import LaunchRefused
from lti_grader.lti.verification import verify
from tests.lti.conftest import EXPECTED, NOW, TARGET, good_claims
from tests.lti.scripted import ScriptedPlatform, browser

SEED = 20260302
TOKENS, FORMS, REQUESTS = 9_000, 1_000, 400
# Both good and evil: what parsers stumble over.
TEXTS = [
    "", " ", "\0", "\u2028", "\u202e", "\N{SNOWMAN}", "é" * 300, "x" * 300, "x" * 30_000, "null", "true", "1", "-0",
    "1e400", "NaN", "[]", "{}", "'; --", "<script>", "%00", "../..", "${7*7}", "{{7*7}}", "http://[", "javascript:1",
    "https://evil.example", "\ud800", "\udfff\ud800", "a\nb", "a\r\nSet-Cookie: x=y", "=?utf-8?q?x?=", "\ufeff", "𝕳",
]  # fmt: skip
NUMBERS = [0, -1, 1, 11111, 2**31, 2**53 + 1, 2**64, -(2**63), 10**30, 10**400, 0.5, -0.0, 1e300, float("inf"), float("-inf"), float("nan")]  # fmt: skip


def anything(rng: random.Random, depth: int = 0) -> Any:
    """Return any JSON value, and some that JSON has no word for."""
    kind = rng.randrange(8 if depth < 3 else 5)
    if kind == 0:
        return rng.choice([None, True, False])
    if kind == 1:
        return rng.choice(NUMBERS)
    if kind == 2:
        return "".join(rng.choices(string.printable, k=rng.randrange(40)))
    if kind in (3, 4):
        return rng.choice(TEXTS)
    if kind == 5:
        return [anything(rng, depth + 1) for _ in range(rng.randrange(4))]
    if kind == 6:
        return {str(anything(rng, 3))[:50]: anything(rng, depth + 1) for _ in range(rng.randrange(4))}
    nested: Any = "x"
    for _ in range(rng.choice([10, 200, 3000])):
        nested = [nested]
    return nested


def is_no_id(value: Any) -> bool:
    return c.identifier(value) is None


# What has to stand in a launch, and when a value in its place is wrong.
WRONG: dict[str, Callable[[Any], bool]] = {
    "iss": lambda value: value != EXPECTED.issuer,
    "aud": lambda value: value != EXPECTED.client_id,
    "azp": lambda value: value is not None,
    "nonce": lambda value: value != EXPECTED.nonce,
    "sub": is_no_id,
    "exp": lambda value: not _is_time(value, after=NOW.timestamp() - 60),
    "iat": lambda value: not _is_time(value, after=NOW.timestamp() - 3660, before=NOW.timestamp() + 60),
    c.MESSAGE_TYPE: lambda value: value != c.RESOURCE_LINK_REQUEST,
    c.VERSION: lambda value: value != "1.3.0",
    c.DEPLOYMENT_ID: is_no_id,
    c.TARGET_LINK_URI: lambda value: value != TARGET,
    c.RESOURCE_LINK: lambda value: not isinstance(value, dict) or is_no_id(value.get("id")),
    c.ROLES: lambda value: not isinstance(value, list) or not all(isinstance(one, str) for one in value),
}


def _is_time(value: Any, *, after: float, before: float = 1e12) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and after <= value <= before


class Forger:
    """Makes tokens, some of them signed with the platform's own key."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self.rng, self.key = random.Random(SEED), key
        self.good = self.sign(json.dumps(good_claims()))

    def sign(self, payload: str) -> str:
        body = payload.encode(errors="surrogatepass")
        return jwt.api_jws.encode(body, self.key, algorithm="RS256", headers={"kid": "key-1"})

    def wrong_claims(self) -> str:
        """A signed launch with a wrong value, sometimes as the second of two under one name."""
        rng, claims = self.rng, good_claims()
        name = rng.choice(list(WRONG))
        value = anything(rng)
        while not WRONG[name](value):
            value = anything(rng)
        text = _dumps(claims)
        if rng.random() < 0.3:
            return self.sign(f"{text[:-1]},{json.dumps(name)}:{_dumps(value)}}}")
        if rng.random() < 0.2 and name != "azp":
            claims.pop(name)
        else:
            claims[name] = value
        return self.sign(_dumps(claims))

    def changed(self) -> str:
        """A good token with some of its signs changed, lost, doubled or exchanged."""
        rng, signs = self.rng, list(self.good)
        for _ in range(rng.randrange(1, 4)):
            # Never the last sign alone: base64 has bits there that say nothing.
            at = rng.randrange(len(signs) - 8)
            match rng.randrange(4):
                case 0:
                    signs[at] = rng.choice([one for one in string.printable if one != signs[at]])
                case 1:
                    del signs[at : at + rng.randrange(1, 50)]
                case 2:
                    signs[at:at] = rng.choices(string.printable + "é\0", k=rng.randrange(1, 50))
                case _:
                    signs = signs[at:] + signs[:at]
        made = "".join(signs)
        return made if made != self.good else made + "x"

    def assembled(self) -> str:
        """Something of three parts, made of anything."""
        header = {
            "alg": self.rng.choice(["RS256", "HS256", "none", "None", 5]),
            "kid": "key-1",
            "x": anything(self.rng),
        }
        parts = [header, anything(self.rng), anything(self.rng)]
        return ".".join(
            base64.urlsafe_b64encode(_dumps(one).encode(errors="surrogatepass")).rstrip(b"=").decode() for one in parts
        )

    def tokens(self, count: int) -> Iterator[str]:
        for number in range(count):
            yield (self.wrong_claims, self.changed, self.assembled)[number % 3]()


def _dumps(value: Any) -> str:
    try:
        return json.dumps(value)
    except RecursionError:
        return "[" * 3000 + "]" * 3000


@pytest.fixture
def key_of(platform_key: rsa.RSAPrivateKey) -> Callable[[str], jwt.PyJWK]:
    public = jwt.PyJWK(json.loads(RSAAlgorithm.to_jwk(platform_key.public_key())), algorithm="RS256")

    def find(kid: str) -> jwt.PyJWK:
        if kid != "key-1":
            raise LaunchRefused("unknown_kid", "The platform publishes no key of that id.")
        return public

    return find


def test_rows_1_to_31_nine_thousand_forged_tokens_are_refused_in_words(
    platform_key: rsa.RSAPrivateKey, key_of: Callable[[str], jwt.PyJWK]
) -> None:
    forger = Forger(platform_key)
    reasons, longest = set(), 0
    for number, token in enumerate(forger.tokens(TOKENS)):
        try:
            verify(token, EXPECTED, key_of, at=NOW, leeway=dt.timedelta(seconds=60))
        except LaunchRefused as refused:
            reasons.add(refused.reason)
            longest = max(longest, len(refused.message))
        else:
            pytest.fail(f"token {number} of seed {SEED} was taken: {token[:2000]}")
    assert len(reasons) >= 15, "the forger reaches all over the checks"
    assert longest < 500
    assert verify(forger.good, EXPECTED, key_of, at=NOW, leeway=dt.timedelta(seconds=60))


def test_row_27_a_thousand_logins_of_any_kind_are_answered_or_refused_in_words(
    scripted: ScriptedPlatform, held: Adapters
) -> None:
    rng = random.Random(SEED)
    own, refusals = held.settings.public_url, set()
    for _ in range(FORMS):
        given = {
            "iss": scripted.url, "login_hint": "hint", "target_link_uri": f"{own}/lti/launch", "client_id": "client-1",
            "lti_message_hint": "message", "lti_storage_target": "_parent",
        }  # fmt: skip
        for name in rng.choices([*given, "lti_deployment_id", "state"], k=rng.randrange(1, 4)):
            given[name] = str(anything(rng, 3))
        try:
            answer = login.begin(given, held)
        except LaunchRefused as refused:
            refusals.add(refused.reason)
        else:
            assert answer.url.startswith(f"{scripted.url}/auth?")
            assert answer.storage.origins == (scripted.url, "https://lms.example.edu")
            assert given["target_link_uri"].startswith(own)
    assert refusals >= {"login_incomplete", "login_too_long", "foreign_target", "unknown_platform"}


def test_rows_1_to_31_hundreds_of_forged_requests_get_a_page_and_no_session(
    app: flask.Flask, scripted: ScriptedPlatform, platform_key: rsa.RSAPrivateKey
) -> None:
    forger, way = Forger(platform_key), browser(app, scripted)
    rng = forger.rng
    tokens = forger.tokens(REQUESTS)
    way.login()
    cookies = [(one.key, one.value) for one in way.client._cookies.values()]
    for number in range(REQUESTS):
        if number % 20 == 0:
            way.login()
        state = rng.choice([way.state, way.state, str(anything(rng, 3))])
        form: Any = {
            "state": state,
            "id_token": next(tokens),
            rng.choice(["secret", "x", "iss"]): str(anything(rng, 3)),
        }
        form = {name: value.encode(errors="replace").decode() for name, value in form.items()}
        kind = rng.choice(
            ["application/x-www-form-urlencoded", "multipart/form-data", "application/json", "text/plain"]
        )
        if kind == "application/x-www-form-urlencoded":
            answer = way.client.post("/lti/launch", data=form)
        else:
            answer = way.client.post("/lti/launch", data=json.dumps(form), content_type=kind)
        assert 400 <= answer.status_code < 500, (number, answer.status_code, answer.text[:300])
        assert "__Host-lti-grader=" not in "".join(answer.headers.getlist("Set-Cookie"))
        assert "Traceback" not in answer.text
    assert cookies


@pytest.mark.parametrize("size", [65_537, 900_000, 3_000_000])
def test_row_22_a_huge_token_is_refused_at_once(app: flask.Flask, scripted: ScriptedPlatform, size: int) -> None:
    way = browser(app, scripted)
    way.login()
    began = time.perf_counter()
    answer = way.launch(token="e" * size)
    assert answer.status_code in (401, 413)
    assert time.perf_counter() - began < 5
