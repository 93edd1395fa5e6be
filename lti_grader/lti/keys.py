"""The tool's own keys: sealed at rest, several in the keyset, so that a new one is known before it signs."""

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
from lti_grader.lti.models import SigningKey

# Platforms may keep a keyset for this long: a key is shown before it signs, and after it stopped.
OVERLAP = dt.timedelta(days=1)
# Who asks at the same moment, or on a server whose clock is behind, finds the first key in force as well.
_CLOCKS_DIFFER = dt.timedelta(minutes=5)


def ensure_signing_keys(*, at: dt.datetime) -> None:
    """See to it that there is a key that signs and one that follows it."""
    session().execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('lti_grader signing keys'))"))
    keys = session().scalars(sa.select(SigningKey).where(_not_retired(at))).all()
    if not any(key.active_from <= at for key in keys):
        _add_key(active_from=at - _CLOCKS_DIFFER)
    if not any(key.active_from > at for key in keys):
        _add_key(active_from=at + dt.timedelta(days=90))


def _not_retired(at: dt.datetime) -> sa.ColumnElement[bool]:
    return sa.or_(SigningKey.retires_at.is_(None), SigningKey.retires_at > at)


def rotate(*, at: dt.datetime) -> str:
    """Let the key that waited sign from now on, retire the present one after the overlap, and make the next.

    Returns
    -------
    The `kid` that signs now.
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
    for key in session().scalars(
        sa.select(SigningKey).where(SigningKey.active_from <= at, SigningKey.retires_at.is_(None))
    ):
        key.retires_at = at + OVERLAP
    waiting.active_from = at
    _add_key(active_from=at + dt.timedelta(days=90))
    return waiting.kid


def _add_key(*, active_from: dt.datetime) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    kid = uuid.uuid4().hex
    jwk = json.loads(RSAAlgorithm.to_jwk(private.public_key()))
    jwk |= {"kid": kid, "alg": "RS256", "use": "sig"}
    jwk.pop("key_ops", None)
    session().add(
        SigningKey(kid=kid, private_key=adapters.installed().sealer.seal(pem), public_jwk=jwk, active_from=active_from)
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
