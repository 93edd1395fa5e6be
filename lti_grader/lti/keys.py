"""The tool's own keys: sealed at rest, several in the keyset, so that a new one is known before it signs."""

import dataclasses
import datetime as dt
import functools
import json
import uuid
from typing import Any

import jwt
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from lti_grader import adapters
from lti_grader.core.db import session
from lti_grader.lti.errors import KeyTooNew
from lti_grader.lti.models import SigningKey

# Platforms may keep a keyset for this long: a key is shown before it signs, and after it stopped.
OVERLAP = dt.timedelta(days=1)
LASTS = dt.timedelta(days=90)
"""How long a key signs before the next one takes over by itself."""
# A key that was retired proves nothing any more; a while longer it helps to understand an old log.
_KEPT_AFTERWARDS = dt.timedelta(days=30)
# Who asks at the same moment, or on a server whose clock is behind, finds the first key in force as well.
_CLOCKS_DIFFER = dt.timedelta(minutes=5)


def ensure_signing_keys(*, at: dt.datetime) -> None:
    """See to it that there is a key that signs and one that follows it."""
    session().execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('lti_grader signing keys'))"))
    keys = session().scalars(sa.select(SigningKey).where(_not_retired(at))).all()
    if not any(key.active_from <= at for key in keys):
        _add_key(active_from=at - _CLOCKS_DIFFER, at=at)
    if not any(key.active_from > at for key in keys):
        _add_key(active_from=at + LASTS, at=at)


@dataclasses.dataclass(frozen=True)
class Tended:
    """What tending the keys came to: how many were retired, and how many removed for good."""

    retired: int
    removed: int


def tend(*, at: dt.datetime) -> Tended:
    """Keep the keys in order: the next one waits, shown long before it signs; those that it replaced are retired.

    The key that waits takes over by itself when its time comes. Running this twice, or late, does no harm.
    """
    ensure_signing_keys(at=at)
    session().flush()
    active = session().scalars(
        sa.select(SigningKey).where(SigningKey.active_from <= at).order_by(SigningKey.active_from.desc())
    )
    newest = next(iter(active), None)
    retired = 0
    for key in active:
        if newest is not None and key.retires_at is None:
            key.retires_at = newest.active_from + OVERLAP
            retired += 1
    removed = session().scalars(
        sa.delete(SigningKey).where(SigningKey.retires_at < at - _KEPT_AFTERWARDS).returning(SigningKey.id)
    )
    return Tended(retired, len(removed.all()))


def _not_retired(at: dt.datetime) -> sa.ColumnElement[bool]:
    return sa.or_(SigningKey.retires_at.is_(None), SigningKey.retires_at > at)


def rotate(*, at: dt.datetime, unseen: bool = False) -> str:
    """Let the key that waited sign from now on, retire the present one after the overlap, and make the next.

    Parameters
    ----------
    unseen
        Do so also where platforms may not have seen that key yet, as when the present one has become known to others.

    Returns
    -------
    The `kid` that signs now.

    Raises
    ------
    KeyTooNew
        The key that waits has not been shown for a day.
    """
    ensure_signing_keys(at=at)
    session().flush()
    waiting = (
        session()
        .scalars(
            sa.select(SigningKey).where(SigningKey.active_from > at).order_by(SigningKey.active_from).with_for_update()
        )
        .first()
    )
    assert waiting is not None
    if waiting.created_at > at - OVERLAP and not unseen:
        ready = waiting.created_at + OVERLAP
        raise KeyTooNew(
            f"The next key was made at {waiting.created_at:%Y-%m-%d %H:%M} UTC, and LMSs that keep our keyset for a day may not"
            f" know it: what it signs would be refused. Rotate after {ready:%Y-%m-%d %H:%M} UTC, or at once with --now if the"
            " present key must not be used any more."
        )
    for key in session().scalars(
        sa.select(SigningKey).where(SigningKey.active_from <= at, SigningKey.retires_at.is_(None))
    ):
        key.retires_at = at + OVERLAP
    waiting.active_from = at
    _add_key(active_from=at + LASTS, at=at)
    return waiting.kid


def _add_key(*, active_from: dt.datetime, at: dt.datetime) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    kid = uuid.uuid4().hex
    jwk = json.loads(RSAAlgorithm.to_jwk(private.public_key()))
    jwk |= {"kid": kid, "alg": "RS256", "use": "sig"}
    jwk.pop("key_ops", None)
    session().add(
        SigningKey(
            kid=kid,
            private_key=adapters.installed().sealer.seal(pem),
            public_jwk=jwk,
            created_at=at,
            active_from=active_from,
        )
    )
    session().flush()


def keyset(*, at: dt.datetime) -> dict[str, list[dict[str, Any]]]:
    """Return the public keys as a JWK set (RFC 7517, section 5)."""
    keys = session().scalars(sa.select(SigningKey).where(_not_retired(at)).order_by(SigningKey.active_from))
    return {"keys": [key.public_jwk for key in keys]}


def signing_key(*, at: dt.datetime) -> tuple[str, str]:
    """Return the `kid` and the private key (PEM) that sign now."""
    ensure_signing_keys(at=at)
    key = (
        session()
        .scalars(
            sa.select(SigningKey)
            .where(SigningKey.active_from <= at, _not_retired(at))
            .order_by(SigningKey.active_from.desc())
        )
        .first()
    )
    assert key is not None
    return key.kid, _opened(key.private_key)


@functools.lru_cache(maxsize=16)
def _opened(sealed: str) -> str:
    return adapters.installed().sealer.open(sealed)


def sign(claims: dict[str, Any], *, at: dt.datetime) -> str:
    """Return `claims` as a signed JWT (RS256) with our `kid`."""
    kid, private = signing_key(at=at)
    return jwt.encode(claims, private, algorithm="RS256", headers={"kid": kid})


def reseal() -> int:
    """Seal every private key anew with the first of the installation's encryption keys; return how many there are.

    Afterwards the encryption keys behind the first one open nothing that is kept here, and can be taken away.
    """
    sealer, found = adapters.installed().sealer, session().scalars(sa.select(SigningKey).with_for_update()).all()
    for key in found:
        key.private_key = sealer.seal(sealer.open(key.private_key))
    return len(found)


def listed(*, at: dt.datetime) -> list[dict[str, Any]]:
    """Return the keys as JSON-able values, in the order in which they sign."""
    keys = session().scalars(sa.select(SigningKey).order_by(SigningKey.active_from)).all()
    signs = max((key for key in keys if key.active_from <= at), key=lambda key: key.active_from, default=None)

    def state(key: SigningKey) -> str:
        if key.retires_at is not None and key.retires_at <= at:
            return "retired"
        if key.active_from > at:
            return "waits"
        return "signs" if key is signs else "still shown"

    return [
        {
            "kid": key.kid, "state": state(key), "created_at": key.created_at.isoformat(),
            "active_from": key.active_from.isoformat(),
            "retires_at": key.retires_at.isoformat() if key.retires_at else None,
        }
        for key in keys
    ]  # fmt: skip
