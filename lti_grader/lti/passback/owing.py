"""What is owed to a column: each changed score, and what a person wants sent again."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.assignments.models import AssignmentProblem
from lti_grader.attempts.models import AttemptType, SubmissionAttempt
from lti_grader.classes.models import Enrollment, EnrollmentStatus
from lti_grader.core.db import current_tenant, session
from lti_grader.core.ids import new_id
from lti_grader.core.messages import send_after_commit
from lti_grader.gradebook.events import ScoreChanged
from lti_grader.gradebook.models import EntryStatus, GradebookEntry
from lti_grader.lti import enrollments, freezes, trail
from lti_grader.lti.board_models import EventKind
from lti_grader.lti.errors import CannotResend
from lti_grader.lti.models import (
    ClassContext,
    DeliveryStatus,
    Deployment,
    LineItem,
    ScoreDelivery,
)
from lti_grader.lti.passback import withholding
from lti_grader.lti.passback.turns import (
    NEWER,
    has_newer,
    later_than,
    locked,
    one_at_a_time,
    others_of,
)
from lti_grader.people.models import User

TASK, QUEUE = "passback.pump", "passback"


def queue_score(event: ScoreChanged) -> None:
    """Owe a changed score to each column of the LMS that shows it."""
    entry = session().get_one(GradebookEntry, event.entry_id)
    for column in _columns(entry):
        _owe(column, entry, at=event.at)


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
            # In one order for all, so that nobody waits in a circle in `one_at_a_time`.
            .order_by(LineItem.id)
        )
    ]


def _owe(column: _Column, entry: GradebookEntry, *, at: dt.datetime) -> None:
    score, out = entry.points, withholding.shown_of(entry.content_item_id, at=at)
    if entry.max_score <= 0 or (score is None and entry.status != EntryStatus.PENDING):
        return
    line_item_id = column.id
    one_at_a_time(line_item_id, entry.student_id)
    if _has_since(column, entry) or (not out.marks and withholding.is_told(line_item_id, entry.student_id)):
        return
    is_final = score is not None and out.marks
    _supersede(line_item_id, entry, at)
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
            score=score if out.marks else None,
            maximum=entry.max_score,
            activity_progress="Completed" if is_final else "Submitted",
            grading_progress="FullyGraded" if is_final else "PendingManual",
            comment=entry.manual_feedback if out.feedback else "",
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


def _has_since(column: _Column, entry: GradebookEntry) -> bool:
    """Return whether this very score is owed to the column already, or a newer one that was read meanwhile."""
    newest = session().scalar(
        sa.select(ScoreDelivery.revision).where(
            ScoreDelivery.line_item_id == column.id, ScoreDelivery.user_id == entry.student_id, ScoreDelivery.is_newest
        )
    )
    return newest is not None and newest >= entry.revision


def _supersede(line_item_id: uuid.UUID, entry: GradebookEntry, at: dt.datetime) -> None:
    older = session().scalars(
        sa.update(ScoreDelivery)
        .where(
            ScoreDelivery.line_item_id == line_item_id,
            ScoreDelivery.user_id == entry.student_id,
            ScoreDelivery.status.in_([DeliveryStatus.PENDING, DeliveryStatus.FROZEN, DeliveryStatus.WITHHELD]),
            ScoreDelivery.revision < entry.revision,
        )
        .values(status=DeliveryStatus.SUPERSEDED)
        .returning(ScoreDelivery)
    )
    for row in older:
        trail.note(row, EventKind.SUPERSEDED, at=at, words=NEWER)


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


def resend(delivery_id: uuid.UUID, *, at: dt.datetime, by: trail.Actor | None = None) -> ScoreDelivery:
    """Send a student's newest score again, on a person's word also over another grade.

    Raises
    ------
    CannotResend
        It is on its way already, or a newer one has taken its place.
    """
    row = locked(delivery_id)
    if row is None:
        raise CannotResend("This score is not there any more: its column was removed.")
    if has_newer(row):
        raise CannotResend("A newer score has taken its place: resend that one.")
    if row.status in (DeliveryStatus.PENDING, DeliveryStatus.SENDING):
        raise CannotResend("This score is on its way already.")
    if row.status == DeliveryStatus.WITHHELD:
        raise CannotResend(withholding.HELD)
    if row.status == DeliveryStatus.EXCLUDED:
        raise CannotResend(row.last_error or "This score is not one that is delivered.")
    if row.score is not None and not withholding.shown_in(row.line_item_id, at=at).marks:
        raise CannotResend("The marks of this assignment are not released: release them, and its scores are sent.")
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
    row.sent_timestamp = later_than([row, *others_of(row)], at)
    session().flush()
    send_after_commit(TASK, current_tenant(), row.platform_id, queue=QUEUE)
