"""What follows from a release: every score that waited for it is owed to the LMS, also after the tool was down."""

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.assignments.events import ReleaseChanged
from lti_grader.assignments.models import Assignment
from lti_grader.assignments.release import Part
from lti_grader.core.db import current_tenant, session, transaction
from lti_grader.core.ids import new_id
from lti_grader.core.messages import send_after_commit
from lti_grader.gradebook.models import EntryStatus, GradebookEntry
from lti_grader.gradebook.operations import tell
from lti_grader.lti import board, owed
from lti_grader.lti.models import DeliveryStatus, LineItem, ScoreDelivery
from lti_grader.lti.release_models import OwedRelease

log = logging.getLogger(__name__)

TASK, QUEUE = "scores.release", "passback"
IS_OWED = OwedRelease.done_at.is_(None)
# As many are owed in one transaction: whoever hands in meanwhile need not wait for long.
_CHUNK = 50
# Nobody else takes a release up while it is worked on; one whose worker died is taken up again after this.
_LEASE_SECONDS = 300.0
Clock = Callable[[], dt.datetime]


def schedule(event: ReleaseChanged) -> None:
    """Note when the scores of an assignment are to be owed, if they wait for anything."""
    at = dt.datetime.now(dt.UTC)
    marks = session().get_one(Assignment, event.assignment_id).release(Part.MARKS)
    due = marks.comes_at
    if marks.is_out(at=at):
        due = at if _waiting(event.assignment_id, after=None, most=1) else None
    if due is None:
        session().execute(sa.delete(OwedRelease).where(OwedRelease.assignment_id == event.assignment_id))
        return
    values = {"next_try_at": due, "done_at": None, "tries": 0}
    row_id = session().scalar(
        insert(OwedRelease)
        .values(id=new_id(), tenant_id=current_tenant(), assignment_id=event.assignment_id, **values)
        .on_conflict_do_update(index_elements=["assignment_id"], set_=values)
        .returning(OwedRelease.id)
    )
    if due <= at and row_id is not None:
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
            ids = _waiting(assignment_id, after=after, most=_CHUNK)
            if not ids or not assignment.release(Part.MARKS).is_out(at=now()):
                break
            after = _tell(ids, now())
            told += len(ids)
    with transaction(tenant_id):
        session().execute(
            # Not where somebody has changed the release meanwhile.
            sa.update(OwedRelease).where(OwedRelease.id == row_id, OwedRelease.tries == tries).values(done_at=now())
        )
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
    for entry in entries:
        tell(entry, at=at)
    return entries[-1].student_id


def _waiting(assignment_id: uuid.UUID, *, after: uuid.UUID | None, most: int) -> Sequence[uuid.UUID]:
    """Return the entries of an assignment of which an LMS was told at most that they are to come, by student.

    Parameters
    ----------
    after
        Leave out the students up to this one.
    """
    columns = sa.select(LineItem.id).where(LineItem.content_item_id == assignment_id)
    held = board.newest(ScoreDelivery.line_item_id.in_(columns))
    is_graded = sa.or_(GradebookEntry.status == EntryStatus.GRADED, GradebookEntry.override_points.is_not(None))
    waits = sa.or_(held.c.status == DeliveryStatus.WITHHELD, sa.and_(held.c.score.is_(None), is_graded))
    query = (
        sa.select(GradebookEntry.id)
        .where(GradebookEntry.content_item_id == assignment_id)
        .where(sa.exists().where(held.c.user_id == GradebookEntry.student_id, waits))
        .order_by(GradebookEntry.student_id)
        .limit(most)
    )
    if after is not None:
        query = query.where(GradebookEntry.student_id > after)
    return session().scalars(query).all()
