"""What is owed to a column: each changed score, and what a person wants sent again."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on, insert

from lti_grader.assignments.models import AssignmentProblem
from lti_grader.assignments.release import Shown
from lti_grader.attempts.models import AttemptType, SubmissionAttempt
from lti_grader.classes.groups.team_models import TeamMember
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
    NOT_READY,
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
    others_of,
    turns_of,
)
from lti_grader.people.models import Tenant, User

TASK, QUEUE = "passback.pump", "passback"
_TEST_USER = "The LMS's own test student: graded, never delivered."
_WAITING = (DeliveryStatus.PENDING, DeliveryStatus.FROZEN, DeliveryStatus.WITHHELD)


def queue_score(event: ScoreChanged) -> None:
    """Owe changed scores to each column of the LMS that shows them."""
    entries = session().scalars(sa.select(GradebookEntry).where(GradebookEntry.id.in_(event.entry_ids)))
    queue_scores_of(entries.all(), at=event.at)


def queue_known_scores(line_item_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Owe to a column that has just become known what was graded before."""
    item = session().get_one(LineItem, line_item_id)
    entries = session().scalars(
        sa.select(GradebookEntry).where(
            GradebookEntry.content_item_id == item.content_item_id,
            GradebookEntry.status.in_([EntryStatus.GRADED, EntryStatus.PENDING]),
            GradebookEntry.revision > 0,
        )
    )
    _owe([one for one in _cells(entries.all()) if one.line_item_id == line_item_id], at=at)


def queue_scores_of(entries: Sequence[GradebookEntry], *, at: dt.datetime) -> None:
    """Owe scores to each column that shows them and has not got them yet; as many questions for one as for a thousand."""
    _owe(_cells(entries), at=at)


@dataclasses.dataclass(frozen=True)
class _Cell:
    """One student's score in one column."""

    line_item_id: uuid.UUID
    platform_id: uuid.UUID
    entry: GradebookEntry
    is_test_user: bool

    @property
    def key(self) -> tuple[uuid.UUID, uuid.UUID]:
        return self.line_item_id, self.entry.student_id


def _cells(entries: Sequence[GradebookEntry]) -> list[_Cell]:
    """Return these scores in the columns of the LMS courses through which their students are in the class.

    What an institution has that was made up has none: no LMS is told of it.
    """
    wanted = {(one.student_id, one.content_item_id): one for one in entries}
    rows = session().execute(
        sa.select(User.id, LineItem.content_item_id, LineItem.id, Deployment.platform_id, User.is_test_user)
        .select_from(LineItem)
        .join(ClassContext, ClassContext.id == LineItem.class_context_id)
        .join(Deployment, Deployment.id == ClassContext.deployment_id)
        .join(User, User.platform_id == Deployment.platform_id)
        .join(Tenant, Tenant.id == User.tenant_id)
        .join(Enrollment, sa.and_(Enrollment.class_id == ClassContext.class_id, Enrollment.user_id == User.id))
        .where(
            LineItem.content_item_id.in_({item_id for _, item_id in wanted}),
            User.id.in_({student_id for student_id, _ in wanted}),
            Enrollment.status == EnrollmentStatus.ACTIVE,
            Tenant.generated_at.is_(None),
            enrollments.comes_through(),
        )
        # In one order for all, so that nobody waits in a circle in `turns_of`.
        .order_by(User.id, LineItem.id)
    )
    return [
        _Cell(line_item_id, platform_id, wanted[student_id, item_id], is_test_user)
        for student_id, item_id, line_item_id, platform_id, is_test_user in rows
        if (student_id, item_id) in wanted
    ]


def _owe(cells: Sequence[_Cell], *, at: dt.datetime) -> None:
    cells = [one for one in cells if _is_told(one.entry)]
    if not cells:
        return
    turns_of([one.key for one in cells])
    held = _newest([one.key for one in cells])
    out = {item_id: withholding.shown_of(item_id, at=at) for item_id in {one.entry.content_item_id for one in cells}}
    fresh = [one for one in cells if _is_fresh(one, held.get(one.key), out[one.entry.content_item_id])]
    if not fresh:
        return
    _supersede(fresh, at)
    attempts = _attempts_of([one.entry for one in fresh])
    rows = [_row(one, out[one.entry.content_item_id], attempts.get(one.entry.id), at) for one in fresh]
    statement = insert(ScoreDelivery).on_conflict_do_nothing(index_elements=["line_item_id", "user_id", "revision"])
    made = session().scalars(statement.returning(ScoreDelivery), rows).all()
    for row in made:
        is_excluded = row.status == DeliveryStatus.EXCLUDED
        trail.note(row, EventKind.EXCLUDED if is_excluded else EventKind.QUEUED, at=at)
    on_their_way = [row for row in made if row.status == DeliveryStatus.PENDING]
    frozen = freezes.hold_all(on_their_way, at=at)
    for platform_id in {row.platform_id for row in on_their_way if row.id not in frozen}:
        send_after_commit(TASK, current_tenant(), platform_id, queue=QUEUE)


def _is_told(entry: GradebookEntry) -> bool:
    """Return whether an LMS is told anything of a score."""
    return entry.max_score > 0


def _clears(entry: GradebookEntry) -> bool:
    """Return whether there is nothing to be graded: whoever is excused, or whose points by hand were taken back."""
    return entry.points is None and (entry.status == EntryStatus.EXCUSED or entry.submitted_at is None)


def _is_fresh(cell: _Cell, newest: Any, out: Shown) -> bool:
    """Return whether a score is owed, of which the column was not owed this very state already, or a newer one."""
    if newest is None:
        # Where nothing was told there is nothing to be taken away.
        return not _clears(cell.entry)
    return newest.revision < cell.entry.revision and (out.marks or not withholding.is_told(newest))


def _newest(keys: Sequence[tuple[uuid.UUID, uuid.UUID]]) -> Mapping[tuple[uuid.UUID, uuid.UUID], Any]:
    """Return what is newest in each of these cells: its revision, state and points."""
    rows = session().execute(
        sa.select(
            ScoreDelivery.line_item_id,
            ScoreDelivery.user_id,
            ScoreDelivery.revision,
            ScoreDelivery.status,
            ScoreDelivery.score,
        ).where(ScoreDelivery.is_newest, _in(keys))
    )
    return {(row.line_item_id, row.user_id): row for row in rows}


def _in(keys: Sequence[tuple[uuid.UUID, uuid.UUID]]) -> sa.ColumnElement[bool]:
    return sa.tuple_(ScoreDelivery.line_item_id, ScoreDelivery.user_id).in_(keys)


def _row(cell: _Cell, out: Shown, attempt_id: uuid.UUID | None, at: dt.datetime) -> dict[str, Any]:
    entry, score = cell.entry, cell.entry.points
    activity, grading = _progress(entry, out)
    return {
        "id": new_id(),
        "tenant_id": current_tenant(),
        "line_item_id": cell.line_item_id,
        "platform_id": cell.platform_id,
        "user_id": entry.student_id,
        "attempt_id": attempt_id,
        "revision": entry.revision,
        "score": score if out.marks else None,
        "maximum": entry.max_score,
        "activity_progress": activity,
        "grading_progress": grading,
        "comment": entry.manual_feedback if out.feedback else "",
        "submitted_at": entry.submitted_at,
        "status": DeliveryStatus.EXCLUDED if cell.is_test_user else DeliveryStatus.PENDING,
        "last_error": _TEST_USER if cell.is_test_user else None,
        "next_try_at": at,
        "created_at": at,
    }


def _progress(entry: GradebookEntry, out: Shown) -> tuple[str, str]:
    """Return how far the work and its grading are, as section 3.4.7 of Assignment and Grade Services has it."""
    if _clears(entry):
        return "Initialized", NOT_READY
    return ("Completed", "FullyGraded") if entry.points is not None and out.marks else ("Submitted", "PendingManual")


def _supersede(cells: Sequence[_Cell], at: dt.datetime) -> None:
    older = session().scalars(
        sa.update(ScoreDelivery)
        .where(_in([one.key for one in cells]), ScoreDelivery.status.in_(_WAITING))
        .values(status=DeliveryStatus.SUPERSEDED)
        .returning(ScoreDelivery)
    )
    for row in older.all():
        trail.note(row, EventKind.SUPERSEDED, at=at, words=NEWER)


def _attempts_of(entries: Sequence[GradebookEntry]) -> dict[uuid.UUID, uuid.UUID]:
    """Return the submission that each score stands on, of several the last, by the entry."""
    handed_in = (
        sa.select(GradebookEntry.id, SubmissionAttempt.id.label("attempt_id"), SubmissionAttempt.created_at)
        .join(AssignmentProblem, AssignmentProblem.assignment_id == GradebookEntry.content_item_id)
        .join(SubmissionAttempt, SubmissionAttempt.assignment_problem_id == AssignmentProblem.id)
        .where(
            GradebookEntry.id.in_([one.id for one in entries]),
            SubmissionAttempt.type == AttemptType.FINAL_SUBMISSION,
            SubmissionAttempt.created_at <= GradebookEntry.submitted_at,
        )
    )
    # Each half by an index of its own: what students handed in, and what was handed in with them.
    theirs = handed_in.where(SubmissionAttempt.student_id == GradebookEntry.student_id)
    with_them = handed_in.join(TeamMember, TeamMember.team_id == SubmissionAttempt.team_id).where(
        TeamMember.student_id == GradebookEntry.student_id
    )
    found = theirs.union_all(with_them).subquery()
    rows = session().execute(
        sa.select(found.c.id, found.c.attempt_id)
        .ext(distinct_on(found.c.id))
        .order_by(found.c.id, found.c.created_at.desc())
    )
    return dict(rows.all())


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
