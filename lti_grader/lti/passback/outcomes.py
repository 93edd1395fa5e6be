"""What became of scores that were taken in hand, written down for many at once."""

import dataclasses
import datetime as dt
import enum
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.core.db import session
from lti_grader.lti import trail
from lti_grader.lti.answers import Answer, Meaning
from lti_grader.lti.board_models import EventKind
from lti_grader.lti.models import DeliveryStatus, LineItem, Platform, ScoreDelivery
from lti_grader.lti.passback.claiming import OWED
from lti_grader.lti.passback.parcels import Parcel
from lti_grader.lti.passback.turns import NEWER, others_of, wait_for_all
from lti_grader.lti.products import product_of
from lti_grader.lti.results import CLOSE
from lti_grader.notifications import deliveries

# A score that was taken is looked for this often before its absence is a fault.
LOOKS = 8
# An outage says nothing about a score, so that tries are not counted while it lasts; after this it is a person's matter.
LONGEST_OUTAGE = dt.timedelta(days=7)


class Became(enum.StrEnum):
    VERIFIED = "verified"
    """The LMS was seen to hold it; one without points, that the LMS took it."""
    UNSEEN = "sent"
    """The LMS took it and does not show it yet, or shows something else."""
    OVERRIDDEN = "overridden"
    """The LMS holds a grade that is not ours."""
    EXCLUDED = "excluded"
    """It is not sent."""
    WITHHELD = "withheld"
    """The LMS knows of the work as far as it can, and the points wait for their release."""
    WAITING = "waiting"
    """It waits for its column, which the LMS does not have any more."""
    ANSWERED = "answered"
    """The LMS has refused it, or does not answer."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How far a score has come.

    Attributes
    ----------
    held
        What the LMS holds, in points of the score's maximum.
    words
        Why, for people.
    raw
        What the LMS answered.
    answer
        What that means, where it was refused.
    """

    parcel: Parcel
    became: Became
    held: Decimal | None = None
    words: str = ""
    raw: str = ""
    answer: Answer | None = None

    @property
    def said(self) -> str:
        """What became of it in a word, for the log."""
        return self.answer.meaning if self.answer is not None else self.became


def record(outcomes: Sequence[Outcome], *, most_tries: int, at: dt.datetime) -> None:
    """Write down what became of scores, except of those that another worker took over after our lease: what it finds stands.

    Parameters
    ----------
    most_tries
        How often a score is posted before its faults are a person's matter.
    """
    ids = [one.parcel.delivery_id for one in outcomes]
    wait_for_all(ids)
    rows = session().scalars(
        sa.select(ScoreDelivery)
        .where(ScoreDelivery.id.in_(ids), ScoreDelivery.status.in_(OWED))
        .order_by(ScoreDelivery.line_item_id, ScoreDelivery.user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {row.id: row for row in rows}
    for one in outcomes:
        row = found.get(one.parcel.delivery_id)
        if row is None or row.next_try_at != one.parcel.until:
            continue
        row.tries = one.parcel.tries
        if one.became is Became.ANSWERED:
            _answered(row, one, most_tries, at)
        else:
            _RECORDERS[one.became](row, one, at)
    _tell_of_failures([(row, one) for one in outcomes if (row := found.get(one.parcel.delivery_id)) is not None], at)


def _tell_of_failures(recorded: Sequence[tuple[ScoreDelivery, Outcome]], at: dt.datetime) -> None:
    """Tell the staff of what is a person's matter now."""
    failed = [(row, one) for row, one in recorded if row.status == DeliveryStatus.FAILED]
    if not failed:
        return
    columns = sa.select(LineItem.id, LineItem.content_item_id).where(
        LineItem.id.in_({row.line_item_id for row, _ in failed})
    )
    items = {row.id: row.content_item_id for row in session().execute(columns)}
    deliveries.not_accepted(
        # What a row says may name how often it was tried; the kind of failure is what the answer means.
        ((items[row.line_item_id], one.answer.words if one.answer else row.last_error or "") for row, one in failed),
        at=at,
    )


def _verified(row: ScoreDelivery, one: Outcome, at: dt.datetime) -> None:
    row.status, row.lms_holds, row.verified_at, row.last_error = DeliveryStatus.VERIFIED, one.held, at, None
    row.sent_at = row.sent_at or at
    trail.note(row, EventKind.VERIFIED, at=at)


def _withheld(row: ScoreDelivery, one: Outcome, at: dt.datetime) -> None:
    row.status, row.lms_holds, row.last_error = DeliveryStatus.WITHHELD, one.held, one.words
    trail.note(row, EventKind.WITHHELD, at=at)
    if not row.is_newest:
        row.status = DeliveryStatus.SUPERSEDED
        _note_if_superseded(row, at)


def _unseen(row: ScoreDelivery, one: Outcome, at: dt.datetime) -> None:
    row.lms_holds = one.held
    row.status, row.next_try_at = _waits_as(row), at + dt.timedelta(seconds=min(2**row.tries, 300))
    if row.tries < LOOKS or not row.is_newest:
        trail.note(row, EventKind.UNSEEN, at=at)
        _note_if_superseded(row, at)
    elif one.held is None:
        row.status = DeliveryStatus.FAILED
        row.last_error = "The LMS took the score but does not show it. Look whether the column is hidden or muted there, then resend."
        trail.note(row, EventKind.FAILED, at=at)
    else:
        set_overridden(row, one.held, at)


def _excluded(row: ScoreDelivery, one: Outcome, at: dt.datetime) -> None:
    row.status, row.lms_holds, row.last_error = DeliveryStatus.EXCLUDED, one.held, one.words
    trail.note(row, EventKind.EXCLUDED, at=at)


def _overridden(row: ScoreDelivery, one: Outcome, at: dt.datetime) -> None:
    assert one.held is not None
    set_overridden(row, one.held, at)


def set_overridden(row: ScoreDelivery, held: Decimal, at: dt.datetime) -> None:
    """Note that the LMS was seen to hold another grade, in a transaction that has the delivery for itself."""
    row.status, row.lms_holds = DeliveryStatus.OVERRIDDEN, held
    whose = (
        "an earlier score of this tool: somebody has kept it there, or set it"
        if any(_is_close(one, row, held) for one in others_of(row))
        else "which this tool did not send: somebody changed the grade there"
    )
    row.last_error = (
        f"The LMS holds {held.normalize():f} of {row.maximum.normalize():f}, {whose}."
        f" {product_of(session().get_one(Platform, row.platform_id)).override_cure}"
    )
    trail.note(row, EventKind.OVERRIDDEN, at=at)


def _is_close(one: ScoreDelivery, row: ScoreDelivery, held: Decimal) -> bool:
    """Return whether `held`, in points of the row's maximum, is what another delivery brought."""
    if one.sent_at is None or one.score is None:
        return False
    return abs(held - one.score * row.maximum / one.maximum) <= CLOSE


def _waiting(row: ScoreDelivery, one: Outcome, at: dt.datetime) -> None:
    row.status, row.next_try_at = _waits_as(row), at
    row.last_error, row.last_answer = one.words, one.raw
    trail.note(row, EventKind.ANSWERED, at=at)
    _note_if_superseded(row, at)


def _answered(row: ScoreDelivery, one: Outcome, most_tries: int, at: dt.datetime) -> None:
    """Note what a refusal means: to be tried again, or a matter for a person."""
    answer = one.answer
    assert answer is not None
    row.last_error, row.last_answer = answer.words, one.raw
    goes_on = row.tries < most_tries or (answer.is_outage and at - row.created_at < LONGEST_OUTAGE)
    if answer.meaning is Meaning.AGAIN and goes_on:
        row.status, row.next_try_at = _waits_as(row), at + dt.timedelta(seconds=answer.after)
        trail.note(row, EventKind.ANSWERED, at=at)
        _note_if_superseded(row, at)
        return
    row.status = DeliveryStatus.FAILED
    if answer.meaning is Meaning.AGAIN:
        row.last_error = f"Given up after {row.tries} tries. {answer.words} Resend when the LMS is well again."
    trail.note(row, EventKind.FAILED, at=at)


_RECORDERS: Mapping[Became, Callable[[ScoreDelivery, Outcome, dt.datetime], None]] = {
    Became.VERIFIED: _verified,
    Became.UNSEEN: _unseen,
    Became.OVERRIDDEN: _overridden,
    Became.EXCLUDED: _excluded,
    Became.WITHHELD: _withheld,
    Became.WAITING: _waiting,
}


def _waits_as(row: ScoreDelivery) -> DeliveryStatus:
    """Return the state of one that is not done: a newer score takes the place of one that was not seen to arrive."""
    if not row.is_newest:
        return DeliveryStatus.SUPERSEDED
    return DeliveryStatus.PENDING if row.sent_at is None else DeliveryStatus.SENT


def _note_if_superseded(row: ScoreDelivery, at: dt.datetime) -> None:
    if row.status == DeliveryStatus.SUPERSEDED:
        trail.note(row, EventKind.SUPERSEDED, at=at, words=NEWER)
