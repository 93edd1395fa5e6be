"""Students are told of their marks once these are out in what they see, and not before: as scores change, and as releases and what
is published come.
"""

import datetime as dt
import logging
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from lti_grader.assignments.events import ReleaseChanged
from lti_grader.assignments.models import Assignment
from lti_grader.assignments.queries import shown_to_students
from lti_grader.assignments.release import Part
from lti_grader.assignments.releasing import next_look, once_more
from lti_grader.classes.events import PublishingChanged
from lti_grader.classes.models import Enrollment, EnrollmentStatus, Module, Role
from lti_grader.classes.publishing import seen_by_students, seen_from
from lti_grader.core import owed
from lti_grader.core.db import current_tenant, session, transaction
from lti_grader.core.messages import send_after_commit
from lti_grader.gradebook.events import ScoreChanged
from lti_grader.gradebook.models import HAS_MARK, GradebookEntry
from lti_grader.gradebook.regrades.models import Regrade
from lti_grader.notifications.kinds import GRADED, OF_MARKS, Kind
from lti_grader.notifications.models import Notification, OwedMarks
from lti_grader.notifications.operations import News, take_back, tell_each
from lti_grader.notifications.policy import Mark, news

log = logging.getLogger(__name__)

TASK, QUEUE = "notifications.tell_marks", "default"
IS_OWED = OwedMarks.done_at.is_(None)
CHUNK = 500
_LEASE_SECONDS = 300.0
_OF_MARKS = Notification.type.in_([one.name for one in OF_MARKS])
Clock = Callable[[], dt.datetime]


def score_changed(event: ScoreChanged) -> None:
    """Tell students of marks that have changed, as far as they are out."""
    rows = session().execute(_entries(GradebookEntry.id.in_(event.entry_ids), at=event.at))
    by_assignment: dict[uuid.UUID, list[GradebookEntry]] = defaultdict(list)
    places: dict[uuid.UUID, tuple[Assignment, uuid.UUID]] = {}
    for entry, assignment, class_id in rows:
        by_assignment[assignment.id].append(entry)
        places[assignment.id] = assignment, class_id
    shown = shown_to_students([one for one, _ in places.values()], at=event.at)
    for assignment_id, entries in by_assignment.items():
        if shown[assignment_id].marks:
            _tell(*places[assignment_id], entries, regrade_id=event.regrade_id, at=event.at)


def _entries(*which: sa.ColumnElement[bool], at: dt.datetime) -> sa.Select[GradebookEntry, Assignment, uuid.UUID]:
    """Return the question for entries of students who are in the class, of what they see there."""
    return (
        sa.select(GradebookEntry, Assignment, Module.class_id)
        .join(Assignment, Assignment.id == GradebookEntry.content_item_id)
        .join(Module, Module.id == Assignment.module_id)
        .join(
            Enrollment,
            sa.and_(
                Enrollment.class_id == Module.class_id,
                Enrollment.user_id == GradebookEntry.student_id,
                Enrollment.role == Role.STUDENT,
                Enrollment.status == EnrollmentStatus.ACTIVE,
            ),
        )
        .where(*which, HAS_MARK, seen_by_students(at=at))
        .order_by(GradebookEntry.student_id)
    )


def _tell(
    assignment: Assignment, class_id: uuid.UUID, entries: Sequence[GradebookEntry], *, at: dt.datetime,
    regrade_id: uuid.UUID | None = None,
) -> None:  # fmt: skip
    """Tell students of their marks as they stand, where that is news."""
    told = _told(assignment.id, [one.student_id for one in entries])
    reason = _reason(regrade_id) if regrade_id else ""
    fresh = []
    for entry in entries:
        mark = Mark(entry.points, entry.max_score, entry.submitted_at)
        before = told.get(entry.student_id)
        kind = news(
            Mark.of_parts(before.payload) if before else None, mark, by_regrade=regrade_id is not None, at=at
        )  # fmt: skip
        if kind is not None and before is not None and _is_still_to_be_read(before, kind, reason):
            before.payload, before.created_at = {**before.payload, **mark.as_parts()}, at
        elif kind is not None:
            parts = {
                "item": assignment.title,
                "assignment_id": str(assignment.id),
                "reason": reason,
                **mark.as_parts(),
            }
            fresh.append((entry.student_id, News(kind, _key(kind, entry, before), parts, class_id, assignment.id)))
        elif before is not None:
            # They have seen it where it came out; what comes after is held against this.
            before.payload = {**before.payload, **mark.as_parts()}
    session().flush()
    tell_each(fresh, at=at)


def _is_still_to_be_read(before: Notification, kind: Kind, reason: str) -> bool:
    """Return whether somebody was told the same last, and has read it neither here nor in an e-mail."""
    is_unread = not before.is_read and before.mail_id is None
    return is_unread and (before.type, before.payload["reason"]) == (kind.name, reason)


def _key(kind: Kind, entry: GradebookEntry, before: Notification | None) -> str:
    # Of several who tell somebody of a mark for the first time at once, one does.
    is_first = kind is GRADED and before is None
    return f"graded:{entry.content_item_id}" if is_first else f"mark:{entry.id}:{entry.revision}"


def _told(assignment_id: uuid.UUID, student_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Notification]:
    """Return what each of these students was told last of their mark."""
    found = session().scalars(
        sa.select(Notification)
        .where(Notification.content_item_id == assignment_id, _OF_MARKS, Notification.recipient_id.in_(student_ids))
        .order_by(Notification.created_at, Notification.id)
    )
    return {one.recipient_id: one for one in found}


def _reason(regrade_id: uuid.UUID) -> str:
    regrade = session().get_one(Regrade, regrade_id)
    return regrade.reason if regrade.is_reason_told else ""


def release_changed(event: ReleaseChanged) -> None:
    """Note when students are to be told of their marks; take back what they were told where these are out no more."""
    at = dt.datetime.now(dt.UTC)
    assignment = session().get_one(Assignment, event.assignment_id)
    if not shown_to_students([assignment], at=at)[assignment.id].marks:
        take_back(Notification.content_item_id == assignment.id, _OF_MARKS)
    _owe(assignment, at)


def publishing_changed(event: PublishingChanged) -> None:
    """Note when students are to be told of their marks in what they see from then on."""
    at = dt.datetime.now(dt.UTC)
    found = session().scalars(sa.select(Assignment).where(Assignment.id.in_(event.item_ids)).order_by(Assignment.id))
    for assignment in found.all():
        _owe(assignment, at)


def _owe(assignment: Assignment, at: dt.datetime) -> None:
    """Let it be owed that students are told of their marks: at once where some can be, else when they might."""
    due = at if _some(assignment.id, most=1, at=at) else _next_look(assignment, at)
    row_id = owed.put(OwedMarks, due=due, assignment_id=assignment.id)
    if due is not None and due <= at and row_id is not None:
        send_after_commit(TASK, current_tenant(), row_id, queue=QUEUE)


def _next_look(assignment: Assignment, at: dt.datetime) -> dt.datetime | None:
    """Return when to look next whether students are to be told of marks: as these come out, and as the assignment is seen."""
    module = session().get_one(Module, assignment.module_id)
    looks = (next_look(assignment, {Part.MARKS}, at=at), once_more(seen_from(module, assignment), at=at))
    return min((one for one in looks if one is not None), default=None)


def _untold(assignment_id: uuid.UUID, at: dt.datetime) -> sa.Select[GradebookEntry, Assignment, uuid.UUID]:
    told = sa.exists().where(
        Notification.recipient_id == GradebookEntry.student_id, Notification.key == f"graded:{assignment_id}"
    )
    return _entries(GradebookEntry.content_item_id == assignment_id, ~told, at=at)


def due(*, at: dt.datetime) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Return (tenant, row) of the assignments whose marks have come out by now."""
    return owed.due(OwedMarks, IS_OWED, at=at)


def carry_out(tenant_id: uuid.UUID, row_id: uuid.UUID, now: Clock) -> int | None:
    """Tell students of marks that are out, and return how many; None where none are owed, or another worker has them.

    Where it breaks off, the next one does the rest; nobody is told twice.
    """
    with transaction(tenant_id):
        row = owed.claim(OwedMarks, row_id, IS_OWED, at=now(), seconds=_LEASE_SECONDS)
        if row is None:
            return None
        assignment_id, tries = row.assignment_id, row.tries
    told, after = 0, None
    while True:
        with transaction(tenant_id):
            found = _some(assignment_id, after=after, most=CHUNK, at=now())
            if not found:
                break
            _tell(found[0][1], found[0][2], [entry for entry, _, _ in found], at=now())
            told, after = told + len(found), found[-1][0].student_id
    with transaction(tenant_id):
        assignment = session().get_one(Assignment, assignment_id)
        again = _next_look(assignment, now())
        owed.close(OwedMarks, row_id, tries=tries, again=again, at=now())
    log.info("assignment %s: %d told of their marks", assignment_id, told)
    return told


def _some(
    assignment_id: uuid.UUID, *, after: uuid.UUID | None = None, most: int, at: dt.datetime
) -> Sequence[sa.Row[GradebookEntry, Assignment, uuid.UUID]]:
    """Return the next of those who have not been told, if the marks are out."""
    assignment = session().get_one(Assignment, assignment_id)
    if not shown_to_students([assignment], at=at)[assignment_id].marks:
        return []
    query = _untold(assignment_id, at).limit(most)
    return session().execute(query if after is None else query.where(GradebookEntry.student_id > after)).all()
