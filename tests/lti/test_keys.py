"""The tool's own keys: shown before they sign, and after they stopped (RFC 7517)."""

import concurrent.futures
import datetime as dt
from typing import Any

import flask
import jwt
import pytest
import sqlalchemy as sa

from lti_grader.core.db import session, system_transaction
from lti_grader.lti import keys
from lti_grader.lti.models import SigningKey
from tests.fixtures.world import NOW

DAY = dt.timedelta(days=1)


def published(at: dt.datetime) -> list[str]:
    with system_transaction():
        keys.ensure_signing_keys(at=at)
        return [one["kid"] for one in keys.keyset(at=at)["keys"]]


def signs(at: dt.datetime) -> str:
    with system_transaction():
        token = keys.sign({"sub": "x"}, at=at)
        found = keys.keyset(at=at)["keys"]
    kid: str = jwt.get_unverified_header(token)["kid"]
    public = jwt.PyJWK(next(one for one in found if one["kid"] == kid), algorithm="RS256")
    assert jwt.decode(token, public, algorithms=["RS256"]) == {"sub": "x"}
    return kid


def rotate(at: dt.datetime) -> str:
    with system_transaction():
        return keys.rotate(at=at)


def test_the_next_key_is_shown_long_before_it_signs(app: flask.Flask) -> None:
    now, waiting = published(NOW)
    assert signs(NOW) == now
    later = NOW + 91 * DAY
    assert signs(later) == waiting
    assert now in published(later), "what it signed just before is still checked"


def test_a_rotation_lets_a_key_sign_that_was_shown_before_and_shows_the_old_one_for_a_day(app: flask.Flask) -> None:
    old, waiting = published(NOW)
    assert rotate(NOW) == waiting
    assert signs(NOW) == waiting
    assert set(published(NOW)) > {old, waiting}
    assert old in published(NOW + DAY - dt.timedelta(seconds=1))
    assert old not in published(NOW + DAY)
    assert waiting in published(NOW + DAY)


def test_rotations_one_after_another_leave_every_key_shown_for_its_day(app: flask.Flask) -> None:
    used = [signs(NOW)]
    for hour in range(1, 4):
        used.append(rotate(NOW + dt.timedelta(hours=hour)))
    assert len(set(used)) == 4
    assert set(used) <= set(published(NOW + dt.timedelta(hours=4)))
    assert published(NOW + 3 * DAY)[0] == used[-1] == signs(NOW + 3 * DAY)


def test_many_who_ask_first_at_once_make_one_key_and_its_follower(app: flask.Flask) -> None:
    def ask(_: int) -> list[str]:
        found = app.test_client().get("/lti/jwks.json").json["keys"]
        return [one["kid"] for one in found]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert len(answers[0]) == 2
    assert all(one == answers[0] for one in answers)


def test_the_keyset_shows_nothing_that_is_secret_and_may_be_kept(app: flask.Flask) -> None:
    answer = app.test_client().get("/lti/jwks.json")
    assert answer.content_type == "application/json"
    assert "max-age" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
    for one in answer.json["keys"]:
        assert one.keys() == {"kty", "n", "e", "kid", "alg", "use"}
        assert (one["kty"], one["alg"], one["use"]) == ("RSA", "RS256", "sig")


def test_private_keys_are_sealed_in_the_database(app: flask.Flask) -> None:
    published(NOW)
    with system_transaction():
        stored: list[Any] = list(session().execute(sa.select(SigningKey.private_key, SigningKey.public_jwk)))
    for private, public in stored:
        assert "PRIVATE" not in private
        assert "BEGIN" not in private
        assert "d" not in public


@pytest.mark.parametrize("hours", [1, 23])
def test_a_platform_that_keeps_our_keyset_for_a_day_can_check_what_we_sign_after_a_rotation(
    app: flask.Flask, hours: int
) -> None:
    kept = set(published(NOW))
    rotate(NOW + dt.timedelta(hours=hours))
    assert signs(NOW + dt.timedelta(hours=hours)) in kept
