"""What the problems of an assignment are worth."""

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments.errors import BadAssignment
from lti_grader.assignments.events import AssignmentChanged, PointsChanged
from lti_grader.assignments.models import Assignment, AssignmentProblem, PointsChange
from lti_grader.core.db import current_tenant, session
from lti_grader.core.events import publish
from lti_grader.core.ids import new_id

MOST = Decimal(10_000)
_STEP = Decimal("0.01")


def check(points: Mapping[uuid.UUID, Decimal]) -> None:
    """Raise `BadAssignment` for points that no assignment can have."""
    for one in points.values():
        if not one.is_finite() or not 0 <= one <= MOST or one != one.quantize(_STEP):
            raise BadAssignment(f"Points are numbers from 0 to {MOST}, with two digits after the point at most.")
    if not any(points.values()):
        raise BadAssignment("The assignment as a whole must be worth some points.")


def set_points(
    assignment_id: uuid.UUID, points: Mapping[uuid.UUID, Decimal], *, by: uuid.UUID, at: dt.datetime
) -> PointsChange | None:
    """Let the problems of an assignment be worth other points; return the change, None where nothing is another.

    Marks given before are owed to be worked out anew, and the LMSs' columns to be told of another maximum.

    Parameters
    ----------
    points
        By the problem's place in the assignment (`AssignmentProblem.id`); what it leaves out stays.
    by
        The teacher who says so.

    Raises
    ------
    BadAssignment
        They are no points, or the assignment would be worth none.
    """
    assignment = alone(assignment_id)
    items = _items(assignment_id)
    before = {one.id: one.points for one in items}
    after = {one.id: points.get(one.id, one.points) for one in items}
    check(after)
    if before == after:
        return None
    total_before = assignment.points_total
    for one in items:
        one.points = after[one.id]
    assignment.points_total = sum(after.values(), Decimal(0))
    change = PointsChange(
        id=new_id(),
        tenant_id=current_tenant(),
        assignment_id=assignment_id,
        changed_by=by,
        changed_at=at,
        before=_as_text(before),
        after=_as_text(after),
        total_before=total_before,
        total_after=assignment.points_total,
        next_try_at=at,
    )
    session().add(change)
    session().flush()
    publish(PointsChanged(assignment_id, change.id))
    publish(AssignmentChanged(assignment_id))
    return change


def alone(assignment_id: uuid.UUID) -> Assignment:
    """Return an assignment to change what its marks follow from, once the results that are being recorded are there.

    Those that come in meanwhile wait until the transaction ends, and find what was changed (`let_stand`).
    """
    _wait(assignment_id, shared=False)
    session().flush()
    return session().get_one(Assignment, assignment_id, populate_existing=True)


def let_stand(assignment_id: uuid.UUID) -> tuple[Assignment, list[AssignmentProblem]]:
    """Return an assignment and its problems as they are worth now, and let nobody change that until the transaction ends.

    A result that comes in while the points are changed is worked out either before the change, so that what follows it
    finds the result, or with the new points. Any number of results hold them at once.
    """
    _wait(assignment_id, shared=True)
    session().flush()
    return session().get_one(Assignment, assignment_id, populate_existing=True), _items(assignment_id)


def _items(assignment_id: uuid.UUID) -> list[AssignmentProblem]:
    found = session().scalars(
        sa.select(AssignmentProblem)
        .where(AssignmentProblem.assignment_id == assignment_id)
        .order_by(AssignmentProblem.order_index)
        .execution_options(populate_existing=True)
    )
    return list(found)


def _wait(assignment_id: uuid.UUID, *, shared: bool) -> None:
    # No lock of the row itself: a thousand results would write it a thousand times.
    take = sa.func.pg_advisory_xact_lock_shared if shared else sa.func.pg_advisory_xact_lock
    session().execute(sa.select(take(sa.func.hashtextextended(str(assignment_id), 3))))


def _as_text(points: Mapping[uuid.UUID, Decimal]) -> dict[str, str]:
    return {str(item_id): f"{one.normalize():f}" for item_id, one in points.items()}
