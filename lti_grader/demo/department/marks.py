"""The gradebook of a term that was made up: worked out by the functions that work out every other."""

import datetime as dt
import uuid
from collections.abc import Collection

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.core.db import current_tenant, session
from lti_grader.core.ids import new_id
from lti_grader.gradebook import policy
from lti_grader.gradebook.models import EntryStatus, GradebookEntry
from lti_grader.gradebook.operations import scores_of


def enter(assignment_id: uuid.UUID, student_ids: Collection[uuid.UUID], *, at: dt.datetime) -> int:
    """Enter the marks of an assignment, without telling anybody; return how many there are. A transaction is open."""
    assignment = session().get_one(Assignment, assignment_id)
    items = session().scalars(sa.select(AssignmentProblem).where(AssignmentProblem.assignment_id == assignment_id))
    worth = {one.id: one.points for one in items}
    scores = scores_of(student_ids, assignment, worth)
    rows = [
        {
            "id": new_id(), "tenant_id": current_tenant(), "student_id": student_id, "content_item_id": assignment_id,
            "score_obtained": total.points, "max_score": assignment.points_total, "submitted_at": total.submitted_at,
            "status": EntryStatus.GRADED, "revision": 1, "updated_at": min(at, total.submitted_at),
        }
        for student_id, found in scores.items()
        if (total := policy.assignment_score(found)) is not None
    ]  # fmt: skip
    if rows:
        session().execute(sa.insert(GradebookEntry), rows)
    return len(rows)
