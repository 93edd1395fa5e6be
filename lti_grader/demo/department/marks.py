"""The gradebook of a term that was made up: worked out by the functions that work out every other."""

import datetime as dt
import random

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.core.db import current_tenant, session
from lti_grader.core.ids import new_id
from lti_grader.demo.department.founding import Laid, Taught
from lti_grader.demo.department.marking import MARKED, Place, mark
from lti_grader.gradebook import policy
from lti_grader.gradebook.models import EntryStatus, GradebookEntry
from lti_grader.gradebook.operations import scores_of


def enter(laid: Laid, taught: Taught, rng: random.Random, *, at: dt.datetime) -> dict[str, int]:
    """Enter the marks of an assignment, without telling anybody; return how many there are of what. A transaction is open.

    What people mark of it is marked, for the most part, by the class's assistants.
    """
    assignment = session().get_one(Assignment, laid.assignment_id)
    items = session().scalars(sa.select(AssignmentProblem).where(AssignmentProblem.assignment_id == assignment.id))
    worth = {one.id: one.points for one in items}
    student_ids = [one.user_id for one in taught.members]
    scores, marked = scores_of(student_ids, assignment, worth), 0
    if laid.planned.title == MARKED:
        item_id, published = laid.items[0]
        wanted = {
            student_id: [attempt for one in theirs if one for attempt in one.marked]
            for student_id, theirs in scores.items()
        }
        marked = mark(Place(assignment.id, item_id, published.version_id), wanted, taught.assistant_ids, rng, at=at)
        scores = scores_of(student_ids, assignment, worth)
    rows = [
        {
            "id": new_id(), "tenant_id": current_tenant(), "student_id": student_id, "content_item_id": assignment.id,
            "score_obtained": total.points, "max_score": assignment.points_total, "submitted_at": total.submitted_at,
            "status": EntryStatus.PENDING if total.is_awaited else EntryStatus.GRADED, "revision": 1,
            "updated_at": min(at, total.submitted_at),
        }
        for student_id, found in scores.items()
        if (total := policy.assignment_score(found)) is not None
    ]  # fmt: skip
    if rows:
        session().execute(sa.insert(GradebookEntry), rows)
    return {"gradebook_entries": len(rows), "marked_by_people": marked}
