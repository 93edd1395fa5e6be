"""Administrators: how they get in, and what they did."""

import datetime as dt
import secrets
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.core.db import current_tenant, session, system_transaction, transaction
from lti_grader.core.ids import new_id
from lti_grader.people.errors import SignInGone
from lti_grader.people.models import Administrator, AdministratorAction, AdministratorSignIn, Tenant
from lti_grader.people.queries import hash_of

ADDRESS_LASTS = dt.timedelta(minutes=15)


def institution_of(name: str) -> uuid.UUID:
    """Return the institution of a name, made if there is none. No transaction may be open."""
    with system_transaction() as opened:
        known = opened.scalar(sa.select(Tenant.id).where(Tenant.name == name))
    if known is not None:
        return known
    tenant_id = new_id()
    with transaction(tenant_id):
        session().add(Tenant(id=tenant_id, name=name))
    return tenant_id


def make_sign_in(name: str, *, at: dt.datetime) -> str:
    """Return the token of a one-time address for an administrator of the open transaction's institution.

    Parameters
    ----------
    name
        Under which their actions are noted; an administrator of that name is made if there is none.
    """
    administrator_id = (
        session()
        .scalars(
            insert(Administrator)
            .values(id=new_id(), tenant_id=current_tenant(), name=name, created_at=at)
            .on_conflict_do_update(index_elements=["tenant_id", "name"], set_={"name": name})
            .returning(Administrator.id)
        )
        .one()
    )
    token = secrets.token_urlsafe(32)
    session().add(
        AdministratorSignIn(
            tenant_id=current_tenant(),
            administrator_id=administrator_id,
            token_hash=hash_of(token),
            created_at=at,
            expires_at=at + ADDRESS_LASTS,
        )
    )
    return token


def use_sign_in(sign_in_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Use a one-time address up: of two at once, one gets in.

    Raises
    ------
    SignInGone
        It was used, has expired, or was taken back.
    """
    # Read anew: it may have been used between the look before and the lock.
    row = session().get_one(AdministratorSignIn, sign_in_id, with_for_update=True, populate_existing=True)
    require_usable(row, at=at)
    row.used_at = at
    note(row.administrator_id, "signed_in", "Signed in.", at=at)


def require_usable(row: AdministratorSignIn, *, at: dt.datetime) -> None:
    """Raise `SignInGone` for an address that gives no session any more."""
    ask = "Ask whoever runs this tool for a new one: `lti-grader admin link`."
    if row.used_at is not None:
        raise SignInGone(f"This sign-in address was used already, and each is good for one time. {ask}")
    if row.ended_at is not None:
        raise SignInGone(f"This sign-in address was taken back. {ask}")
    if row.expires_at <= at:
        minutes = int(ADDRESS_LASTS.total_seconds() // 60)
        raise SignInGone(f"This sign-in address is older than {minutes} minutes. {ask}")


def end_session(sign_in_id: uuid.UUID, *, at: dt.datetime) -> None:
    """End one session."""
    session().execute(
        sa.update(AdministratorSignIn)
        .where(AdministratorSignIn.id == sign_in_id, AdministratorSignIn.ended_at.is_(None))
        .values(ended_at=at)
    )


def end_all(name: str, *, at: dt.datetime) -> int:
    """End every session of an administrator, take back the addresses not yet used, and return how many there were."""
    ended = session().scalars(
        sa.update(AdministratorSignIn)
        .where(
            AdministratorSignIn.administrator_id.in_(sa.select(Administrator.id).where(Administrator.name == name)),
            AdministratorSignIn.ended_at.is_(None),
        )
        .values(ended_at=at)
        .returning(AdministratorSignIn.id)
    )
    return len(ended.all())


def note(administrator_id: uuid.UUID, action: str, words: str, *, at: dt.datetime, **details: Any) -> None:
    """Note what an administrator did, in the transaction that does it.

    Parameters
    ----------
    action
        A short name for programs, such as "platform.disabled".
    words
        One sentence for people.
    details
        JSON-able values, such as ids, and what was there before.
    """
    session().add(
        AdministratorAction(
            tenant_id=current_tenant(),
            administrator_id=administrator_id,
            at=at,
            action=action,
            words=words,
            details=details,
        )
    )
