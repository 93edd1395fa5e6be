"""The private addresses under which calendar programs read a person's calendar."""

import dataclasses
import datetime as dt
import hashlib
import secrets
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.calendar.errors import NoSuchFeed
from lti_grader.calendar.icalendar_text import Told, feed
from lti_grader.calendar.models import CalendarFeed
from lti_grader.calendar.queries import dates, events, places_of
from lti_grader.core.db import current_tenant, session, system_transaction, transaction

REACHES_BACK = dt.timedelta(days=366)
"""How long what is over stays in a feed."""
_FOR_EVER = dt.timedelta(days=366 * 150)
_HOUR = dt.timedelta(hours=1)


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a program gets at a private address."""

    body: bytes
    changed_at: dt.datetime


def hash_of(token: str) -> str:
    """Return what is kept of an address's token. It is random and long, so a plain SHA-256 does."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def of(user_id: uuid.UUID) -> CalendarFeed | None:
    """Return the feed of a person, None where they never had one."""
    return session().get(CalendarFeed, user_id)


def renew(user_id: uuid.UUID, *, at: dt.datetime) -> str:
    """Give a person's feed an address, in place of the one that it has, and return its token: it is told only now."""
    token = secrets.token_urlsafe(32)
    row = _locked(user_id, at)
    row.token_hash, row.made_at, row.read_at = hash_of(token), at, None
    session().flush()
    return token


def revoke(user_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Take the address of a person's feed back: nobody reads anything there any more."""
    row = _locked(user_id, at)
    row.token_hash, row.made_at, row.read_at = None, at, None
    session().flush()


def _locked(user_id: uuid.UUID, at: dt.datetime) -> CalendarFeed:
    new = insert(CalendarFeed).values(user_id=user_id, tenant_id=current_tenant(), made_at=at, changed_at=at)
    session().execute(new.on_conflict_do_nothing())
    return session().get_one(CalendarFeed, user_id, with_for_update=True, populate_existing=True)


def read(token: str, *, at: dt.datetime) -> Answer:
    """Return what is at a private address now. No transaction may be open.

    Raises
    ------
    NoSuchFeed
        The address was never one, or was taken back or renewed.
    """
    digest, at = hash_of(token), at.replace(microsecond=0)
    with system_transaction() as opened:
        tenant_id = opened.scalar(sa.select(CalendarFeed.tenant_id).where(CalendarFeed.token_hash == digest))
    if tenant_id is None:
        raise _gone()
    with transaction(tenant_id):
        # Two programs that read at once do not both tell the same change as theirs.
        row = session().scalar(sa.select(CalendarFeed).where(CalendarFeed.token_hash == digest).with_for_update())
        if row is None:
            raise _gone()
        return _answer(row, at)


def _gone() -> NoSuchFeed:
    return NoSuchFeed(
        "No calendar is read at this address any more. Remove it from your calendar program, and make a new one on the"
        " page “Calendar” of your course."
    )


def _answer(row: CalendarFeed, at: dt.datetime) -> Answer:
    places = places_of(row.user_id)
    before = {
        uid: Told(digest, number, dt.datetime.fromisoformat(changed))
        for uid, (digest, number, changed) in row.told.items()
    }
    since = at - REACHES_BACK
    found = feed(
        [one for one in dates(row.user_id, places) if one.starts_at >= since],
        events(row.user_id, places, (since, at + _FOR_EVER)),
        {one.class_id: one.class_name for one in places},
        before,
        at=at,
    )
    if found.told != before:
        told = {uid: [one.digest, one.sequence, one.changed_at.isoformat()] for uid, one in found.told.items()}
        row.told, row.changed_at = told, at
    if row.read_at is None or at - row.read_at >= _HOUR:
        row.read_at = at
    return Answer(found.body, row.changed_at)
