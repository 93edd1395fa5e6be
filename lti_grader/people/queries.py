"""Reads about institutions and their administrators."""

import dataclasses
import datetime as dt
import hashlib
import uuid

import sqlalchemy as sa

from lti_grader.core.db import Json, session, system_transaction
from lti_grader.people.errors import NoSuchInstitution, SignInUnknown
from lti_grader.people.models import Administrator, AdministratorAction, AdministratorSignIn, Tenant

SESSION_LASTS = dt.timedelta(hours=8)


def hash_of(token: str) -> str:
    """Return what is kept of a one-time address's token. It is random and long, so a plain SHA-256 does."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


@dataclasses.dataclass(frozen=True)
class SignIn:
    """A one-time address, and whom it is for."""

    row: AdministratorSignIn
    administrator: Administrator
    institution: str


def institution(name: str | None) -> uuid.UUID:
    """Return the institution of a name; the only one where no name is given.

    Raises
    ------
    NoSuchInstitution
        There is none of that name, or a name is needed.
    """
    with system_transaction() as opened:
        known = {one.name: one.id for one in opened.scalars(sa.select(Tenant).order_by(Tenant.name))}
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    if name is not None and name in known:
        return known[name]
    listed = ", ".join(repr(one) for one in known) or "none yet"
    said = "Name the institution with --tenant." if name is None else f"There is no institution {name!r}."
    raise NoSuchInstitution(f"{said} There are: {listed}. A new one is made with --new.")


def tenant_of_sign_in(token: str) -> tuple[uuid.UUID, uuid.UUID]:
    """Return the institution and the id of a one-time address.

    Raises
    ------
    SignInUnknown
    """
    with system_transaction() as opened:
        found = opened.execute(
            sa.select(AdministratorSignIn.tenant_id, AdministratorSignIn.id).where(
                AdministratorSignIn.token_hash == hash_of(token)
            )
        ).one_or_none()
    if found is None:
        raise SignInUnknown(
            "This is no sign-in address of this tool: copy it whole, or ask for a new one with `lti-grader admin link`."
        )
    return found.tenant_id, found.id


def sign_in(sign_in_id: uuid.UUID) -> SignIn:
    """Return a one-time address of the open transaction's institution, with whom it is for."""
    row = session().get_one(AdministratorSignIn, sign_in_id)
    person = session().get_one(Administrator, row.administrator_id)
    return SignIn(row, person, session().get_one(Tenant, row.tenant_id).name)


def standing(sign_in_id: uuid.UUID, *, at: dt.datetime) -> Administrator | None:
    """Return whose session this is, None for one that has ended."""
    return session().scalar(
        sa.select(Administrator)
        .join(AdministratorSignIn, AdministratorSignIn.administrator_id == Administrator.id)
        .where(
            AdministratorSignIn.id == sign_in_id,
            AdministratorSignIn.ended_at.is_(None),
            AdministratorSignIn.used_at > at - SESSION_LASTS,
        )
    )


@dataclasses.dataclass(frozen=True)
class ActionLine:
    """What was done, with the administrator's name."""

    at: dt.datetime
    name: str
    action: str
    words: str
    details: Json


def actions(limit: int = 100) -> list[ActionLine]:
    """Return the latest actions, the latest first."""
    found = session().execute(
        sa.select(AdministratorAction, Administrator.name)
        .join(Administrator, Administrator.id == AdministratorAction.administrator_id)
        .order_by(AdministratorAction.at.desc(), AdministratorAction.id.desc())
        .limit(limit)
    )
    return [ActionLine(row[0].at, row[1], row[0].action, row[0].words, row[0].details) for row in found]


def administrators() -> dict[str, dt.datetime | None]:
    """Return the names of the institution's administrators, each with their last sign-in."""
    found = session().execute(
        sa.select(Administrator.name, sa.func.max(AdministratorSignIn.used_at))
        .outerjoin(AdministratorSignIn, AdministratorSignIn.administrator_id == Administrator.id)
        .group_by(Administrator.name)
        .order_by(Administrator.name)
    )
    return {row[0]: row[1] for row in found}
