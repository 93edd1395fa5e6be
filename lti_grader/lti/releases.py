"""What follows from a release: every score and comment that waited for it is owed to the LMS, also after the tool was down."""

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from lti_grader.assignments.events import ReleaseChanged
from lti_grader.assignments.models import Assignment
from lti_grader.assignments.queries import shown_to_students
from lti_grader.assignments.release import Part
from lti_grader.assignments.releasing import keep_released, locked, next_look
from lti_grader.core.db import current_tenant, session, transaction
from lti_grader.core.messages import send_after_commit
from lti_grader.gradebook.models import HAS_MARK, GradebookEntry
from lti_grader.gradebook.operations import tell
from lti_grader.lti import board, owed
from lti_grader.lti.models import DeliveryStatus, LineItem, ScoreDelivery
from lti_grader.lti.release_models import OwedRelease

log = logging.getLogger(__name__)

TASK, QUEUE = "scores.release", "passback"
IS_OWED = OwedRelease.done_at.is_(None)
# As many are owed in one transaction: whoever hands in meanwhile need not wait for long.
_CHUNK = 200
# Nobody else takes a release up while it is worked on; one whose worker died is taken up again after this.
_LEASE_SECONDS = 300.0
Clock = Callable[[], dt.datetime]


def schedule(event: ReleaseChanged) -> None:
    """Note when scores and comments of an assignment are to be owed, if they wait for anything."""
    at = dt.datetime.now(dt.UTC)
    assignment = session().get_one(Assignment, event.assignment_id)
    due = at if _waiting(assignment, after=None, most=1, at=at) else next_look(assignment, set(Part), at=at)
    row_id = owed.put(OwedRelease, due=due, assignment_id=event.assignment_id)
    if due is not None and due <= at and row_id is not None:
        send_after_commit(TASK, current_tenant(), row_id, queue=QUEUE)


def due(*, at: dt.datetime) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Return (tenant, row) of the releases whose time has come."""
    return owed.due(OwedRelease, IS_OWED, at=at)


def carry_out(tenant_id: uuid.UUID, row_id: uuid.UUID, now: Clock) -> int | None:
    """Owe what waited for a release, and return how many scores did; None where none is due, or another worker has it.

    Where it breaks off, the next one does the rest; what is owed already is owed once.
    """
    with transaction(tenant_id):
        row = owed.claim(OwedRelease, row_id, IS_OWED, at=now(), seconds=_LEASE_SECONDS)
        if row is None:
            return None
        assignment_id, tries = row.assignment_id, row.tries
    told, after = 0, None
    while True:
        with transaction(tenant_id):
            assignment = session().get_one(Assignment, assignment_id)
            ids = _waiting(assignment, after=after, most=_CHUNK, at=now())
            if not ids:
                break
            after = _tell(ids, now())
            told += len(ids)
    with transaction(tenant_id):
        assignment = locked(assignment_id)
        keep_released(assignment, at=now())
        again = next_look(assignment, set(Part), at=now())
        owed.close(OwedRelease, row_id, tries=tries, again=again, at=now())
    log.info("assignment %s: %d scores released", assignment_id, told)
    return told


def _tell(entry_ids: Sequence[uuid.UUID], at: dt.datetime) -> uuid.UUID:
    """Owe these students' scores anew; return the last of the students."""
    entries = session().scalars(
        sa.select(GradebookEntry)
        .where(GradebookEntry.id.in_(entry_ids))
        # In one order for all, as in `passback`.
        .order_by(GradebookEntry.student_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()  # fmt: skip
    tell(entries, at=at)
    return entries[-1].student_id


def _waiting(assignment: Assignment, *, after: uuid.UUID | None, most: int, at: dt.datetime) -> Sequence[uuid.UUID]:
    """Return the entries of which an LMS may be told more than it was: points, or a comment; by student.

    Parameters
    ----------
    after
        Leave out the students up to this one.
    """
    out = shown_to_students([assignment], at=at)[assignment.id]
    if not out.marks:
        return []
    columns = sa.select(LineItem.id).where(LineItem.content_item_id == assignment.id)
    held = board.newest(ScoreDelivery.line_item_id.in_(columns))
    waits = sa.or_(held.c.status == DeliveryStatus.WITHHELD, sa.and_(held.c.score.is_(None), HAS_MARK))
    if out.feedback:
        lacks_comment = sa.and_(
            GradebookEntry.manual_feedback != "",
            held.c.comment != GradebookEntry.manual_feedback,
            held.c.score.is_not(None),
        )
        waits = sa.or_(waits, lacks_comment)
    query = (
        sa.select(GradebookEntry.id)
        .where(GradebookEntry.content_item_id == assignment.id)
        .where(sa.exists().where(held.c.user_id == GradebookEntry.student_id, waits))
        .order_by(GradebookEntry.student_id)
        .limit(most)
    )
    if after is not None:
        query = query.where(GradebookEntry.student_id > after)
    return session().scalars(query).all()
