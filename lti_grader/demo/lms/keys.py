"""The LMS's own signing keys, and the keys of tools as they publish them."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import threading
from typing import Any

import httpx
import jwt
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy.orm import Session

from lti_grader.demo.lms.models import SigningKey
from lti_grader.demo.lms.wire import Refused


def new_pem() -> str:
    """Return a new RSA private key of 2048 bits as PEM text."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def public_pem(private_pem: str) -> bytes:
    """Return the public half of a private key, as PEM."""
    key = serialization.load_pem_private_key(private_pem.encode(), password=None)
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def rotate(session: Session, *, keep_old: bool = True) -> str:
    """Make a new signing key and return its kid.

    Parameters
    ----------
    keep_old
        Whether the keyset goes on publishing the keys before it, as it should for a while.
    """
    if not keep_old:
        session.execute(sa.update(SigningKey).values(published=False))
    key = SigningKey(private_pem=new_pem(), made_at=dt.datetime.now(dt.UTC))
    session.add(key)
    session.flush()
    return key.kid


def current(session: Session) -> SigningKey:
    """Return the key that signs now."""
    return session.scalars(sa.select(SigningKey).order_by(SigningKey.made_at.desc()).limit(1)).one()


def keyset(session: Session) -> dict[str, Any]:
    """Return the published keys as a JWKS (RFC 7517)."""
    published = session.scalars(sa.select(SigningKey).where(SigningKey.published).order_by(SigningKey.made_at))
    return {"keys": [_as_jwk(key) for key in published]}


def _as_jwk(key: SigningKey) -> dict[str, Any]:
    loaded = serialization.load_pem_public_key(public_pem(key.private_pem))
    jwk: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(loaded))  # type: ignore[arg-type]
    jwk.pop("key_ops", None)
    return jwk | {"kid": key.kid, "alg": "RS256", "use": "sig"}


def sign(session: Session, claims: dict[str, Any]) -> str:
    """Return `claims` as a JWT signed as this LMS signs."""
    key = current(session)
    return jwt.encode(claims, key.private_pem, algorithm="RS256", headers={"kid": key.kid})


def mint(
    session: Session, claims: dict[str, Any], *, headers: dict[str, Any], key: str = "current", algorithm: str = "RS256"
) -> str:
    """Return a JWT that may be wrong on purpose; for tests of whoever reads it.

    Parameters
    ----------
    headers
        Put over the right ones; a value of None leaves that header out.
    key
        "current", "foreign" (a key nobody has published), or a private key as PEM.
    algorithm
        One of RSA, "none", or HS256, which takes the public key for a shared secret (the well-known confusion).
    """
    held = current(session)
    pem = {"current": held.private_pem, "foreign": new_pem()}.get(key, key) if key in ("current", "foreign") else key
    merged = {"typ": "JWT", "kid": held.kid, "alg": algorithm} | headers
    shown = {name: value for name, value in merged.items() if value is not None}
    signed = f"{_pack(shown)}.{_pack(claims)}"
    return f"{signed}.{_signature(signed.encode(), pem, algorithm)}"


def _signature(signed: bytes, pem: str, algorithm: str) -> str:
    if algorithm == "none":
        return ""
    if algorithm == "HS256":
        return _base64(hmac.digest(public_pem(pem), signed, hashlib.sha256))
    maker = jwt.get_algorithm_by_name(algorithm)
    return _base64(maker.sign(signed, maker.prepare_key(pem)))


def _pack(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


class ToolKeys:
    """Keysets of tools, fetched when a key is asked for that is not known yet."""

    def __init__(self) -> None:
        self._held: dict[str, dict[str, jwt.PyJWK]] = {}
        self._lock = threading.Lock()

    def verify(self, token: str, jwks_url: str, *, audience: str | list[str], issuer: str) -> dict[str, Any]:
        """Return the claims of a JWT that a tool has signed.

        Raises
        ------
        Refused
            Its signature, time, issuer or audience does not hold, or the tool's keys cannot be fetched.
        """
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            if not isinstance(kid, str):
                raise Refused(400, "invalid_client", "The JWT names no key: its header needs kid.")
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key(jwks_url, kid),
                algorithms=["RS256"],
                audience=audience,
                issuer=issuer,
                leeway=5,
                options={"require": ["exp", "iat", "iss", "aud"]},
            )
        except jwt.PyJWTError as error:
            raise Refused(400, "invalid_client", f"The JWT does not hold: {error}.") from None
        return claims

    def _key(self, jwks_url: str, kid: str) -> jwt.PyJWK:
        with self._lock:
            known = self._held.get(jwks_url, {})
        if kid not in known:
            known = _fetch(jwks_url)
            with self._lock:
                self._held[jwks_url] = known
        if kid not in known:
            raise Refused(400, "invalid_client", f"The tool's keyset at {jwks_url} has no key {kid!r}.")
        return known[kid]


def _fetch(jwks_url: str) -> dict[str, jwt.PyJWK]:
    try:
        answer = httpx.get(jwks_url, timeout=5, follow_redirects=False, trust_env=False)
        answer.raise_for_status()
        found = jwt.PyJWKSet.from_dict(answer.json())
    except (httpx.HTTPError, ValueError, jwt.PyJWTError) as error:
        raise Refused(400, "invalid_client", f"The tool's keyset at {jwks_url} cannot be read: {error}.") from None
    return {key.key_id: key for key in found.keys if key.key_id}
