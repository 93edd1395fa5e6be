"""The tool's own keys: shown before they sign, and after they stopped (RFC 7517)."""

import concurrent.futures
import datetime as dt
import json
from typing import Any

import flask
import jwt
import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from lti_grader.adapters import Adapters
from lti_grader.core.crypto import Sealer
from lti_grader.core.db import session, system_transaction
from lti_grader.core.errors import SettingsError
from lti_grader.lti import keys
from lti_grader.lti.errors import KeyTooNew
from lti_grader.lti.keysets import _kept_for, keysets
from lti_grader.lti.models import SigningKey
from tests.fixtures.world import NOW
from tests.lti.scripted import Asked, ScriptedPlatform

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


def rotate(at: dt.datetime, *, unseen: bool = True) -> str:
    with system_transaction():
        return keys.rotate(at=at, unseen=unseen)


def tend(at: dt.datetime) -> keys.Tended:
    with system_transaction():
        return keys.tend(at=at)


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


def test_a_key_that_nobody_can_have_seen_does_not_sign_unless_it_must(app: flask.Flask) -> None:
    old, waiting = published(NOW)
    for at in (NOW, NOW + DAY - dt.timedelta(seconds=1)):
        with pytest.raises(KeyTooNew, match="--now"):
            rotate(at, unseen=False)
        assert signs(at) == old
    assert rotate(NOW + DAY, unseen=False) == waiting
    with pytest.raises(KeyTooNew):
        rotate(NOW + DAY, unseen=False)
    assert rotate(NOW + DAY) not in (old, waiting)


def test_keys_change_by_themselves_and_each_was_shown_for_long(app: flask.Flask) -> None:
    first_shown: dict[str, dt.datetime] = {}
    signed: dict[str, list[dt.datetime]] = {}
    for hour in range(0, 24 * 400, 24 * 7):
        at = NOW + dt.timedelta(hours=hour)
        tend(at)
        shown = published(at)
        for kid in shown:
            first_shown.setdefault(kid, at)
        kid = signs(at)
        assert kid in shown
        signed.setdefault(kid, []).append(at)
    assert len(signed) == 5
    for kid, times in list(signed.items())[1:]:
        assert times[0] - first_shown[kid] >= DAY
    assert len(published(NOW + dt.timedelta(days=400))) == 2, "those that were replaced are not shown for ever"


def test_tending_twice_or_late_does_no_harm(app: flask.Flask) -> None:
    old, waiting = published(NOW)
    late = NOW + dt.timedelta(days=200)
    assert tend(late) == keys.Tended(retired=1, removed=1)
    assert tend(late) == keys.Tended(0, 0)
    assert signs(late) == waiting
    assert old not in published(late)
    with system_transaction():
        assert [one["state"] for one in keys.listed(at=late)] == ["signs", "waits"]


def test_what_was_replaced_is_shown_for_a_day_and_then_no_more(app: flask.Flask) -> None:
    old, waiting = published(NOW)
    change = NOW + keys.LASTS
    tend(change)
    assert signs(change) == waiting
    assert old in published(change + DAY - dt.timedelta(seconds=1))
    assert old not in published(change + DAY)


def test_keys_are_sealed_anew_so_that_an_old_encryption_key_can_go(
    app: flask.Flask, held: Adapters, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signs(NOW)
    old = held.settings.encryption_keys[0].get_secret_value()
    new = Fernet.generate_key().decode()
    with app.app_context():
        object.__setattr__(held, "sealer", Sealer([new, old]))
        with system_transaction():
            assert keys.reseal() == 2
        object.__setattr__(held, "sealer", Sealer([new]))
        keys._opened.cache_clear()
        assert signs(NOW) == before
        object.__setattr__(held, "sealer", Sealer([old]))
        keys._opened.cache_clear()
        with pytest.raises(SettingsError, match="not in ENCRYPTION_KEYS"):
            signs(NOW)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 3600), ("max-age=600", 600), ('public, Max-Age="900"', 900), ("max-age=5", 60), ("max-age=0", 60),
        ("max-age=99999999999999999999", 6 * 3600), ("max-age=-5", 3600), ("max-age=x", 3600), ("max-age", 3600),
        ("no-store", 60), ("no-cache, max-age=600", 60), (",,=;", 3600), ("max-age=\u0663", 3600),
    ],
)  # fmt: skip
def test_a_platforms_keyset_is_kept_as_long_as_it_says_within_bounds(
    app: flask.Flask, held: Adapters, platform_key: Any, header: str, seconds: int
) -> None:
    if not header.isascii():
        assert _kept_for(header) == seconds
        return
    keysets.forget()
    platform = ScriptedPlatform(platform_key)
    platform.script["/jwks"] = [
        (200, {"Cache-Control": header} if header else {}, platform.answer(Asked("GET", "/jwks", {}, {}, b""))[2])
    ]
    keysets.key(held, f"{platform.url}/jwks", "key-1")
    platform.close()
    assert abs(held.kv.client.ttl(f"lti:keyset:{platform.url}/jwks") - seconds) <= 1


def test_the_shell_tells_of_keys_and_refuses_what_would_not_be_known(run: Any) -> None:
    code, _, err = run("keys", "rotate")
    assert code == 2
    assert "--now" in err
    assert run("keys", "rotate", "--now")[0] == 0
    states = [one["state"] for one in json.loads(run("keys", "list")[1])]
    assert states == ["still shown", "signs", "waits"]
    assert run("keys", "reseal")[1] == "3 sealed anew\n"
