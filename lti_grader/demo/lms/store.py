"""The LMS's own state, as its pages and services share it."""

import dataclasses
import datetime as dt
import functools
import json
from typing import Any, cast

import flask
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from sqlalchemy import select

from lti_grader.demo.lms.models import Key, Setting, Store
from lti_grader.demo.lms.scores import Mode

ROLES = {
    "teacher": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"],
    "assistant": [
        "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor",
        "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant",
    ],
    "student": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
    "observer": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Mentor"],
    "registrar": [
        "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator",
        "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Staff",
        "http://purl.imsglobal.org/vocab/lis/v2/membership#Administrator",
    ],
}

STAFF = ("teacher", "assistant", "registrar")
PLACES_LINKS = ("teacher", "assistant")
"""Who may put something of a tool into the course."""


@dataclasses.dataclass(frozen=True)
class Faults:
    """What is to go wrong: `status` 0 for nothing; `remaining` None for until it is cleared."""

    status: int = 0
    delay_ms: int = 0
    retry_after: int | None = None
    remaining: int | None = None
    services: tuple[str, ...] = ("token", "keys", "lineitems", "scores", "results", "memberships")
    break_after: bool = False
    """Do what was asked, and then fail all the same, as a lost answer looks to the other side."""
    hangs_up: bool = False
    """Close the connection without an answer, as a server that is not there."""

    @property
    def fails(self) -> bool:
        return self.status != 0 or self.hangs_up


def _faults(kept: Setting | None) -> Faults:
    if kept is None:
        return Faults()
    return Faults(**{**kept.value, "services": tuple(kept.value.get("services", Faults.services))})


@dataclasses.dataclass(frozen=True)
class Lms:
    """The store, the LMS's own address, and the secret that signs its hints and tokens."""

    store: Store
    url: str
    secret: str

    def mode(self) -> Mode:
        with self.store() as session:
            kept = session.get(Setting, "mode")
            return Mode(kept.value["mode"]) if kept else Mode.CANVAS

    def set_mode(self, mode: Mode) -> None:
        with self.store.begin() as session:
            session.merge(Setting(name="mode", value={"mode": mode}))

    def faults(self) -> Faults:
        with self.store() as session:
            return _faults(session.get(Setting, "faults"))

    def take_fault(self, service: str) -> Faults:
        """Return what is to go wrong with this request, and count it."""
        with self.store.begin() as session:
            faults = _faults(session.get(Setting, "faults"))
            if service not in faults.services:
                return Faults()
            if faults.remaining is not None:
                left = faults.remaining - 1
                after = dataclasses.replace(faults, remaining=left) if left > 0 else Faults()
                session.merge(Setting(name="faults", value=dataclasses.asdict(after)))
            return faults

    def set_faults(self, faults: Faults) -> None:
        with self.store.begin() as session:
            session.merge(Setting(name="faults", value=dataclasses.asdict(faults)))

    def signing_key(self) -> Key:
        """Return the newest key, made if there is none."""
        with self.store() as session:
            found = session.scalars(select(Key).order_by(Key.made_at.desc())).first()
        return found or self.new_key()

    def new_key(self) -> Key:
        """Make a key, which signs from now on; the ones before stay published."""
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with self.store.begin() as session:
            key = Key(pem=pem.decode())
            session.add(key)
        return key

    def keyset(self) -> dict[str, Any]:
        """Return all public keys."""
        self.signing_key()
        with self.store() as session:
            keys = session.scalars(select(Key).order_by(Key.made_at)).all()
        listed = []
        for key in keys:
            private = _opened(key.pem)
            jwk = json.loads(RSAAlgorithm.to_jwk(cast("Any", private.public_key())))
            jwk.pop("key_ops", None)
            listed.append({**jwk, "kid": key.kid, "use": "sig", "alg": "RS256"})
        return {"keys": listed}

    def sign(self, claims: dict[str, Any]) -> str:
        """Return `claims` as a JWT signed with the newest key."""
        key = self.signing_key()
        return jwt.encode(claims, _opened(key.pem), algorithm="RS256", headers={"kid": key.kid})

    def seal(self, purpose: str, seconds: int, **values: Any) -> str:
        """Return a short-lived signed note from the LMS to itself."""
        now = int(dt.datetime.now(dt.UTC).timestamp())
        return jwt.encode({**values, "purpose": purpose, "exp": now + seconds}, self.secret, algorithm="HS256")

    def unseal(self, purpose: str, note: str) -> dict[str, Any] | None:
        """Return a note's values, None if it is not ours, for something else, or too old."""
        try:
            found = jwt.decode(note, self.secret, algorithms=["HS256"])
        except jwt.PyJWTError:
            return None
        return found if found.get("purpose") == purpose else None


@functools.lru_cache(maxsize=16)
def _opened(pem: str) -> rsa.RSAPrivateKey:
    # To read a key takes a hundred times as long as to sign with it.
    return cast("rsa.RSAPrivateKey", serialization.load_pem_private_key(pem.encode(), None))


def lms() -> Lms:
    """Return the LMS that serves this request."""
    return cast("Lms", flask.g.lms)
