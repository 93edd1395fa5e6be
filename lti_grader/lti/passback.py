"""Scores on their way to the LMS: a row for each says what is owed until the LMS was seen to hold it.

pending -> sending -> sent -> verified; or failed, or overridden where the LMS holds another grade.
"""

import dataclasses
import datetime as dt
import logging
import uuid
from collections.abc import Iterator, Sequence
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.assignments.models import AssignmentProblem
from lti_grader.attempts.models import AttemptType, SubmissionAttempt
from lti_grader.classes.models import Enrollment, EnrollmentStatus
from lti_grader.core.db import current_tenant, session, system_transaction
from lti_grader.core.ids import new_id
from lti_grader.core.messages import send_after_commit
from lti_grader.gradebook.events import ScoreChanged
from lti_grader.gradebook.models import EntryStatus, GradebookEntry
from lti_grader.lti import enrollments, freezes, trail
from lti_grader.lti.answers import Answer, Meaning
from lti_grader.lti.board_models import EventKind
from lti_grader.lti.errors import CannotResend
from lti_grader.lti.models import (
    ClassContext,
    DeliveryStatus,
    Deployment,
    LineItem,
    Platform,
    ScoreDelivery,
)
from lti_grader.lti.products import product_of
from lti_grader.people.models import User

log = logging.getLogger(__name__)

TASK, QUEUE = "passback.pump", "passback"
# A score that was taken is looked for this often before its absence is a fault.
LOOKS = 8
_NEWER = "A newer score took its place."
# An outage says nothing about a score, so that tries are not counted while it lasts; after this it is a person's matter.
LONGEST_OUTAGE = dt.timedelta(days=7)
SETTLED = (DeliveryStatus.VERIFIED, DeliveryStatus.SENT)


def queue_score(event: ScoreChanged) -> None:
    """Owe a changed score to each column of the LMS that shows it."""
    entry = session().get_one(GradebookEntry, event.entry_id)
    for column in _columns(entry):
        _owe(column, entry, at=dt.datetime.now(dt.UTC))


def queue_known_scores(line_item_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Owe to a column that has just become known what was graded before."""
    item = session().get_one(LineItem, line_item_id)
    entries = session().scalars(
        sa.select(GradebookEntry)
        .where(
            GradebookEntry.content_item_id == item.content_item_id,
            GradebookEntry.status.in_([EntryStatus.GRADED, EntryStatus.PENDING]),
            GradebookEntry.revision > 0,
        )
        # In one order for all: see `wait_for_all`.
        .order_by(GradebookEntry.student_id)
    )
    for entry in entries:
        for column in _columns(entry):
            if column.id == line_item_id:
                _owe(column, entry, at=at)


def queue_scores_of(entries: Sequence[GradebookEntry], *, at: dt.datetime) -> None:
    """Owe scores to each column that shows them and has not got them yet."""
    for entry in entries:
        for column in _columns(entry):
            _owe(column, entry, at=at)


@dataclasses.dataclass(frozen=True)
class _Column:
    id: uuid.UUID
    platform_id: uuid.UUID


def _columns(entry: GradebookEntry) -> list[_Column]:
    """Return the columns of the LMS courses through which the student is in the class."""
    return [
        _Column(line_item_id, platform_id)
        for line_item_id, platform_id in session().execute(
            sa.select(LineItem.id, Deployment.platform_id)
            .join(ClassContext, ClassContext.id == LineItem.class_context_id)
            .join(Deployment, Deployment.id == ClassContext.deployment_id)
            .join(User, User.platform_id == Deployment.platform_id)
            .join(Enrollment, sa.and_(Enrollment.class_id == ClassContext.class_id, Enrollment.user_id == User.id))
            .where(
                LineItem.content_item_id == entry.content_item_id,
                User.id == entry.student_id,
                Enrollment.status == EnrollmentStatus.ACTIVE,
                enrollments.comes_through(),
            )
            # In one order for all, so that nobody waits in a circle in `_one_at_a_time`.
            .order_by(LineItem.id)
        )
    ]


def _one_at_a_time(line_item_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """Wait for whoever else changes deliveries of this student to this column, until the transaction ends.

    A newer score may be owed at the very moment at which an older one goes back to waiting.
    """
    session().execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 1))"), {"key": f"{line_item_id}:{user_id}"}
    )


def wait_for_all(delivery_ids: Sequence[uuid.UUID]) -> None:
    """Wait as `_one_at_a_time` does, for many: all in one order, so that nobody waits in a circle."""
    keys = (
        sa.select(sa.func.concat(ScoreDelivery.line_item_id, ":", ScoreDelivery.user_id).label("key"))
        .where(ScoreDelivery.id.in_(delivery_ids))
        .order_by(ScoreDelivery.line_item_id, ScoreDelivery.user_id)
        .subquery()
    )
    session().execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(keys.c.key, 1))))


def _mine_if_free(line_item_id: uuid.UUID, user_id: uuid.UUID) -> bool:
    """Do as `_one_at_a_time`, unless somebody else would have to be waited for."""
    taken = session().scalar(
        sa.text("SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 1))"), {"key": f"{line_item_id}:{user_id}"}
    )
    return bool(taken)


def _owe(column: _Column, entry: GradebookEntry, *, at: dt.datetime) -> None:
    score = _points_of(entry)
    is_final = score is not None
    if entry.max_score <= 0 or not (is_final or entry.status == EntryStatus.PENDING):
        return
    line_item_id = column.id
    _one_at_a_time(line_item_id, entry.student_id)
    older = session().scalars(
        sa.update(ScoreDelivery)
        .where(
            ScoreDelivery.line_item_id == line_item_id,
            ScoreDelivery.user_id == entry.student_id,
            ScoreDelivery.status.in_([DeliveryStatus.PENDING, DeliveryStatus.FROZEN]),
            ScoreDelivery.revision < entry.revision,
        )
        .values(status=DeliveryStatus.SUPERSEDED)
        .returning(ScoreDelivery)
    )
    for row in older:
        trail.note(row, EventKind.SUPERSEDED, at=at, words=_NEWER)
    test_user = session().scalars(sa.select(User.is_test_user).where(User.id == entry.student_id)).one()
    made = session().scalar(
        insert(ScoreDelivery)
        .values(
            id=new_id(),
            tenant_id=current_tenant(),
            line_item_id=line_item_id,
            platform_id=column.platform_id,
            user_id=entry.student_id,
            attempt_id=_attempt_of(entry),
            revision=entry.revision,
            score=score,
            maximum=entry.max_score,
            activity_progress="Completed" if is_final else "Submitted",
            grading_progress="FullyGraded" if is_final else "PendingManual",
            comment=entry.manual_feedback,
            submitted_at=entry.submitted_at,
            status=DeliveryStatus.EXCLUDED if test_user else DeliveryStatus.PENDING,
            last_error="The LMS's own test student: graded, never delivered." if test_user else None,
            next_try_at=at,
            created_at=at,
        )
        .on_conflict_do_nothing(index_elements=["line_item_id", "user_id", "revision"])
        .returning(ScoreDelivery)
    )
    if made is None:
        return
    trail.note(made, EventKind.EXCLUDED if test_user else EventKind.QUEUED, at=at)
    if not test_user and not freezes.hold(made, at=at):
        send_after_commit(TASK, current_tenant(), column.platform_id, queue=QUEUE)


def _points_of(entry: GradebookEntry) -> Decimal | None:
    """Return the points that stand, None while the work waits for a person's look."""
    if entry.override_points is not None:
        return entry.override_points
    return entry.score_obtained if entry.status == EntryStatus.GRADED else None


def _attempt_of(entry: GradebookEntry) -> uuid.UUID | None:
    return session().scalar(
        sa.select(SubmissionAttempt.id)
        .join(AssignmentProblem, AssignmentProblem.id == SubmissionAttempt.assignment_problem_id)
        .where(
            AssignmentProblem.assignment_id == entry.content_item_id,
            SubmissionAttempt.student_id == entry.student_id,
            SubmissionAttempt.type == AttemptType.FINAL_SUBMISSION,
            SubmissionAttempt.created_at <= entry.submitted_at,
        )
        .order_by(SubmissionAttempt.created_at.desc())
        .limit(1)
    )


@dataclasses.dataclass(frozen=True)
class Parcel:
    """A claimed delivery with all that posting it takes; it holds no transaction."""

    delivery_id: uuid.UUID
    line_item_id: uuid.UUID
    user_id: uuid.UUID
    platform: Platform
    url: str
    sub: str
    score: Decimal | None
    """None while the work waits for a person's look."""
    maximum: Decimal
    timestamp: dt.datetime
    activity_progress: str
    grading_progress: str
    submitted_at: dt.datetime | None
    is_new_submission: bool
    """Whether the LMS has not been told of this work before; a changed mark for the same work is none."""
    attempt_id: uuid.UUID | None
    comment: str
    """"" also where the LMS has it from before."""
    tries: int
    forced: bool
    interrupted: bool
    """It was tried before with this time, and how that ended is not known: the LMS may hold it already."""
    was_sent: bool
    """The LMS has taken it; only the look is still owed."""
    may_hold: frozenset[Decimal]
    """What the LMS may hold of our own: what it was last seen to hold, and whatever was sent after that."""
    channel: str


def claim(delivery_id: uuid.UUID, *, at: dt.datetime, lease: dt.timedelta) -> Parcel | None:
    """Take a delivery that is due, for as long as `lease`; None if it is not, or another worker has the column."""
    row = _locked(delivery_id)
    return None if row is None or not _is_due(row, at) else _claim(row, at=at, lease=lease)


def claim_next(line_item_id: uuid.UUID, *, at: dt.datetime, lease: dt.timedelta) -> Parcel | None:
    """Take the delivery of a column that has been due longest and is in nobody's hands; None if there is none."""
    busy: list[uuid.UUID] = []
    while True:
        row = session().scalar(
            sa.select(ScoreDelivery)
            .where(
                ScoreDelivery.line_item_id == line_item_id,
                _is_owed(),
                ScoreDelivery.next_try_at <= at,
                ScoreDelivery.id.not_in(busy),
            )
            .order_by(ScoreDelivery.next_try_at, ScoreDelivery.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if row is None:
            return None
        # Who owes a newer score waits for this row now, so that waiting for them would never end.
        parcel = _claim(row, at=at, lease=lease) if _mine_if_free(row.line_item_id, row.user_id) else None
        if parcel is not None:
            return parcel
        busy.append(row.id)


def _is_due(row: ScoreDelivery, at: dt.datetime) -> bool:
    owed = (DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.SENT)
    return row.status in owed and row.next_try_at <= at


def _claim(row: ScoreDelivery, *, at: dt.datetime, lease: dt.timedelta) -> Parcel | None:
    others = _others(row)
    if any(one.revision > row.revision for one in others):
        # Nobody wants to know any more; if it arrived all the same, the newer one has a later time.
        row.status = DeliveryStatus.SUPERSEDED
        trail.note(row, EventKind.SUPERSEDED, at=at, words=_NEWER)
        return None
    if row.status == DeliveryStatus.PENDING and freezes.hold(row, at=at):
        return None
    if any(one.status == DeliveryStatus.SENDING for one in others):
        row.next_try_at = at + dt.timedelta(seconds=2)
        return None
    before = row.status
    if row.sent_timestamp is None:
        row.sent_timestamp = _later_than(others, at)
    row.tries += 1
    row.status, row.next_try_at = DeliveryStatus.SENDING, at + lease
    session().flush()
    item, platform, user = (
        session()
        .execute(
            sa.select(LineItem, Platform, User)
            .select_from(ScoreDelivery)
            .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
            .join(Platform, Platform.id == ScoreDelivery.platform_id)
            .join(User, User.id == ScoreDelivery.user_id)
            .where(ScoreDelivery.id == row.id)
        )
        .one()
    )
    told = next((one for one in others if one.sent_at is not None), None)
    return Parcel(
        delivery_id=row.id,
        line_item_id=row.line_item_id,
        user_id=row.user_id,
        platform=platform,
        url=item.url,
        sub=user.sub,
        score=row.score,
        maximum=row.maximum,
        timestamp=row.sent_timestamp,
        activity_progress=row.activity_progress,
        grading_progress=row.grading_progress,
        submitted_at=row.submitted_at,
        is_new_submission=told is None or told.submitted_at != row.submitted_at,
        attempt_id=row.attempt_id,
        comment="" if told is not None and told.comment == row.comment else row.comment,
        tries=row.tries,
        forced=row.forced,
        interrupted=before == DeliveryStatus.SENDING or row.tries > 1,
        was_sent=before == DeliveryStatus.SENT or row.sent_at is not None,
        may_hold=frozenset(_may_hold(row, others)),
        channel=f"delivery:{row.user_id}:{item.content_item_id}",
    )


def _locked(delivery_id: uuid.UUID) -> ScoreDelivery | None:
    """Return a delivery as it is now that nobody else changes it."""
    place = (
        session()
        .execute(sa.select(ScoreDelivery.line_item_id, ScoreDelivery.user_id).where(ScoreDelivery.id == delivery_id))
        .one_or_none()
    )
    if place is None:
        return None
    _one_at_a_time(*place)
    return session().scalar(sa.select(ScoreDelivery).where(ScoreDelivery.id == delivery_id).with_for_update())


def _others(row: ScoreDelivery) -> Sequence[ScoreDelivery]:
    """Return the other scores of this student for this column, the newest first."""
    return (
        session()
        .scalars(
            sa.select(ScoreDelivery)
            .where(
                ScoreDelivery.line_item_id == row.line_item_id,
                ScoreDelivery.user_id == row.user_id,
                ScoreDelivery.id != row.id,
            )
            .order_by(ScoreDelivery.revision.desc())
        )
        .all()
    )


def _later_than(sent: Sequence[ScoreDelivery], at: dt.datetime) -> dt.datetime:
    """Return a time that is later, by a whole second at least, than that of any of these."""
    times = [one.sent_timestamp + dt.timedelta(seconds=1) for one in sent if one.sent_timestamp is not None]
    return max([at.replace(microsecond=0), *times])


def _may_hold(row: ScoreDelivery, others: Sequence[ScoreDelivery]) -> Iterator[Decimal]:
    for one in others:
        scale = row.maximum / one.maximum
        if one.sent_timestamp is not None and one.score is not None:
            # It may have arrived, though its answer was lost.
            yield one.score * scale
        if one.status == DeliveryStatus.VERIFIED and one.lms_holds is not None:
            yield one.lms_holds * scale
            return


def _mine(parcel: Parcel) -> ScoreDelivery | None:
    _one_at_a_time(parcel.line_item_id, parcel.user_id)
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
        trail.note(row, EventKind.SUPERSEDED, at=at, words=_NEWER)


def set_overridden(row: ScoreDelivery, held: Decimal, at: dt.datetime) -> None:
    """Note that the LMS was seen to hold another grade, in a transaction that has the delivery for itself."""
    row.status, row.lms_holds = DeliveryStatus.OVERRIDDEN, held
    row.last_error = (
        f"The LMS holds {held.normalize():f} of {row.maximum.normalize():f}, which this tool did not send: somebody changed the"
        f" grade there. {product_of(session().get_one(Platform, row.platform_id)).override_cure}"
    )
    trail.note(row, EventKind.OVERRIDDEN, at=at)


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
    if _has_newer(row):
        return DeliveryStatus.SUPERSEDED
    return DeliveryStatus.PENDING if row.sent_at is None else DeliveryStatus.SENT


def _has_newer(row: ScoreDelivery) -> bool:
    with session().no_autoflush:
        newer = session().scalar(
            sa.select(ScoreDelivery.id)
            .where(
                ScoreDelivery.line_item_id == row.line_item_id,
                ScoreDelivery.user_id == row.user_id,
                ScoreDelivery.revision > row.revision,
            )
            .limit(1)
        )
    return newer is not None


def due(*, at: dt.datetime) -> list[tuple[uuid.UUID, uuid.UUID, int]]:
    """Return (tenant, platform, how many) of those that something is owed to and due, the longest due first."""
    with system_transaction() as opened:
        rows = opened.execute(
            sa.select(ScoreDelivery.tenant_id, ScoreDelivery.platform_id, sa.func.count())
            .where(_is_owed(), ScoreDelivery.next_try_at <= at)
            .group_by(ScoreDelivery.tenant_id, ScoreDelivery.platform_id)
            .order_by(sa.func.min(ScoreDelivery.next_try_at))
        )
        return [(tenant, platform, many) for tenant, platform, many in rows]


def due_column(platform_id: uuid.UUID, *, at: dt.datetime, most: int) -> tuple[uuid.UUID, int] | None:
    """Return the column of a platform that has waited longest, and how many of its scores are due, up to `most`."""
    is_due = sa.and_(_is_owed(), ScoreDelivery.platform_id == platform_id, ScoreDelivery.next_try_at <= at)
    line_item_id = session().scalar(
        sa.select(ScoreDelivery.line_item_id).where(is_due).order_by(ScoreDelivery.next_try_at).limit(1)
    )
    if line_item_id is None:
        return None
    some = sa.select(ScoreDelivery.id).where(is_due, ScoreDelivery.line_item_id == line_item_id).limit(most)
    return line_item_id, session().scalar(sa.select(sa.func.count()).select_from(some.subquery())) or 0


def _is_owed() -> sa.ColumnElement[bool]:
    return ScoreDelivery.status.in_([DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.SENT])


def resend(delivery_id: uuid.UUID, *, at: dt.datetime, by: trail.Actor | None = None) -> ScoreDelivery:
    """Send a student's newest score again, on a person's word also over another grade.

    Raises
    ------
    CannotResend
        It is on its way already, or a newer one has taken its place.
    """
    row = _locked(delivery_id)
    if row is None:
        raise CannotResend("This score is not there any more: its column was removed.")
    if _has_newer(row):
        raise CannotResend("A newer score has taken its place: resend that one.")
    if row.status in (DeliveryStatus.PENDING, DeliveryStatus.SENDING):
        raise CannotResend("This score is on its way already.")
    if row.status == DeliveryStatus.EXCLUDED:
        raise CannotResend(row.last_error or "This score is not one that is delivered.")
    if freezes.are_held(row.line_item_id, row.user_id):
        raise CannotResend("This score is held back by the staff: have it released first.")
    row.forced = row.forced or row.status == DeliveryStatus.OVERRIDDEN
    owe_again(row, at=at)
    words = trail.OVER if row.forced else ""
    trail.note(row, EventKind.RESENT, at=at, words=words, by=by)
    return row


def owe_again(row: ScoreDelivery, *, at: dt.datetime) -> None:
    """Owe a student's newest score anew, in a transaction that has the delivery for itself."""
    row.status, row.tries, row.next_try_at = DeliveryStatus.PENDING, 0, at
    row.sent_at = row.last_error = row.last_answer = None
    # What it sent before counts for what follows: the new timestamp must be later than that as well.
    row.sent_timestamp = _later_than([row, *_others(row)], at)
    session().flush()
    send_after_commit(TASK, current_tenant(), row.platform_id, queue=QUEUE)
