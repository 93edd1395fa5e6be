"""What became of a score that was taken in hand."""

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.core.db import session
from lti_grader.lti import trail
from lti_grader.lti.answers import Answer, Meaning
from lti_grader.lti.board_models import EventKind
from lti_grader.lti.models import (
    DeliveryStatus,
    Platform,
    ScoreDelivery,
)
from lti_grader.lti.passback.claiming import Parcel
from lti_grader.lti.passback.turns import NEWER, has_newer, one_at_a_time
from lti_grader.lti.products import product_of

# A score that was taken is looked for this often before its absence is a fault.
LOOKS = 8
# An outage says nothing about a score, so that tries are not counted while it lasts; after this it is a person's matter.
LONGEST_OUTAGE = dt.timedelta(days=7)


def _mine(parcel: Parcel) -> ScoreDelivery | None:
    one_at_a_time(parcel.line_item_id, parcel.user_id)
    row = session().scalar(sa.select(ScoreDelivery).where(ScoreDelivery.id == parcel.delivery_id).with_for_update())
    # Another worker took over after our lease: what it finds stands.
    return row if row is not None and row.status == DeliveryStatus.SENDING and row.tries == parcel.tries else None


def mark_sent(parcel: Parcel, *, at: dt.datetime) -> None:
    """Note that the LMS has taken it, before looking whether it shows."""
    if row := _mine(parcel):
        row.sent_at, row.last_error, row.last_answer = row.sent_at or at, None, None
        trail.note(row, EventKind.SENT, at=at, words=f"Dated {parcel.timestamp:%Y-%m-%d %H:%M:%S} UTC.")


def mark_verified(parcel: Parcel, held: Decimal | None, *, at: dt.datetime) -> None:
    """Note that the LMS was seen to hold it; of one without points, that the LMS took it."""
    if row := _mine(parcel):
        row.status, row.lms_holds, row.verified_at, row.last_error = DeliveryStatus.VERIFIED, held, at, None
        row.sent_at = row.sent_at or at
        trail.note(row, EventKind.VERIFIED, at=at)


def mark_withheld(parcel: Parcel, held: Decimal | None, words: str, *, at: dt.datetime) -> None:
    """Note that the LMS knows of the work as far as it can, and that the points wait for their release."""
    if row := _mine(parcel):
        row.status, row.lms_holds, row.last_error = DeliveryStatus.WITHHELD, held, words
        trail.note(row, EventKind.WITHHELD, at=at)
        if has_newer(row):
            row.status = DeliveryStatus.SUPERSEDED
            trail.note(row, EventKind.SUPERSEDED, at=at, words=NEWER)


def mark_unseen(parcel: Parcel, held: Decimal | None, *, at: dt.datetime) -> None:
    """Note that the LMS took it and does not show it yet, or shows something else."""
    row = _mine(parcel)
    if row is None:
        return
    row.lms_holds = held
    row.status, row.next_try_at = _waiting(row), at + dt.timedelta(seconds=min(2**row.tries, 300))
    if row.tries < LOOKS:
        trail.note(row, EventKind.UNSEEN, at=at)
        _note_if_superseded(row, at)
    elif held is None:
        row.status = DeliveryStatus.FAILED
        row.last_error = "The LMS took the score but does not show it. Look whether the column is hidden or muted there, then resend."
        trail.note(row, EventKind.FAILED, at=at)
    else:
        set_overridden(row, held, at)


def mark_excluded(parcel: Parcel, held: Decimal | None, words: str, *, at: dt.datetime) -> None:
    """Note that it is not sent, and why."""
    if row := _mine(parcel):
        row.status, row.lms_holds, row.last_error = DeliveryStatus.EXCLUDED, held, words
        trail.note(row, EventKind.EXCLUDED, at=at)


def mark_overridden(parcel: Parcel, held: Decimal, *, at: dt.datetime) -> None:
    """Note that the LMS holds a grade that is not ours."""
    if row := _mine(parcel):
        set_overridden(row, held, at)


def _note_if_superseded(row: ScoreDelivery, at: dt.datetime) -> None:
    if row.status == DeliveryStatus.SUPERSEDED:
        trail.note(row, EventKind.SUPERSEDED, at=at, words=NEWER)


def set_overridden(row: ScoreDelivery, held: Decimal, at: dt.datetime) -> None:
    """Note that the LMS was seen to hold another grade, in a transaction that has the delivery for itself."""
    row.status, row.lms_holds = DeliveryStatus.OVERRIDDEN, held
    row.last_error = (
        f"The LMS holds {held.normalize():f} of {row.maximum.normalize():f}, which this tool did not send: somebody changed the"
        f" grade there. {product_of(session().get_one(Platform, row.platform_id)).override_cure}"
    )
    trail.note(row, EventKind.OVERRIDDEN, at=at)


def mark_waiting(parcel: Parcel, words: str, raw: str, *, at: dt.datetime) -> None:
    """Note that it waits for its column, which the LMS does not have any more."""
    if row := _mine(parcel):
        row.status, row.next_try_at = _waiting(row), at
        row.last_error, row.last_answer = words, raw[:2000]
        trail.note(row, EventKind.ANSWERED, at=at)
        _note_if_superseded(row, at)


def mark_answer(parcel: Parcel, answer: Answer, raw: str, *, most_tries: int, at: dt.datetime) -> None:
    """Note what a failed post means: to be tried again, or a matter for a person."""
    row = _mine(parcel)
    if row is None:
        return
    row.last_error, row.last_answer = answer.words, raw[:2000]
    goes_on = row.tries < most_tries or (answer.is_outage and at - row.created_at < LONGEST_OUTAGE)
    if answer.meaning is Meaning.AGAIN and goes_on:
        row.status, row.next_try_at = _waiting(row), at + dt.timedelta(seconds=answer.after)
        trail.note(row, EventKind.ANSWERED, at=at)
        _note_if_superseded(row, at)
        return
    row.status = DeliveryStatus.FAILED
    if answer.meaning is Meaning.AGAIN:
        row.last_error = f"Given up after {row.tries} tries. {answer.words} Resend when the LMS is well again."
    trail.note(row, EventKind.FAILED, at=at)


def _waiting(row: ScoreDelivery) -> DeliveryStatus:
    """Return the state of one that is not done: a newer score takes the place of one that was not seen to arrive."""
    if has_newer(row):
        return DeliveryStatus.SUPERSEDED
    return DeliveryStatus.PENDING if row.sent_at is None else DeliveryStatus.SENT
