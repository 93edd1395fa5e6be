"""How far the students of a class have come with each thing that stands in it, for its staff."""

import dataclasses
import uuid
from collections.abc import Collection

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.attempts.models import AssignmentProgress
from lti_grader.classes.apart import whose_work
from lti_grader.classes.models import Enrollment, EnrollmentStatus, Module, Role
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.gradebook.models import EntryStatus, GradebookEntry
from lti_grader.people.models import User


@dataclasses.dataclass(frozen=True)
class ItemProgress:
    """How many students have come how far with an assignment; who has handed in has begun, too."""

    begun: int = 0
    handed_in: int = 0
    graded: int = 0


def progress_of(place: Membership) -> dict[uuid.UUID, ItemProgress]:
    """Return by assignment how far its students are whom somebody of the staff sees, in three queries.

    Nothing is said of an assignment that nobody has begun. What is read grows with students and problems, never with attempts.
    """
    problems = session().execute(
        sa.select(AssignmentProblem.id, AssignmentProblem.assignment_id)
        .join(Assignment, Assignment.id == AssignmentProblem.assignment_id)
        .join(Module, Module.id == Assignment.module_id)
        .where(Module.class_id == place.class_id)
    ).all()  # fmt: skip
    if not problems:
        return {}
    work = _work(place, [(one.id, one.assignment_id) for one in problems])
    graded = _graded(place, {one.assignment_id for one in problems})
    return {one: ItemProgress(*work.get(one, (0, 0)), graded.get(one, 0)) for one in {*work, *graded}}


def _work(place: Membership, problems: list[tuple[uuid.UUID, uuid.UUID]]) -> dict[uuid.UUID, tuple[int, int]]:
    """Return by assignment how many have begun, and how many have handed in.

    Parameters
    ----------
    problems
        Each with its assignment. They are told by their ids, so that the database knows how many rows to expect.
    """
    set_in = sa.values(sa.column("id", sa.Uuid), sa.column("assignment_id", sa.Uuid), name="set_in").data(problems)
    each = (
        sa.select(
            set_in.c.assignment_id,
            AssignmentProgress.student_id,
            sa.func.bool_or(AssignmentProgress.handed_in_at.is_not(None)).label("is_in"),
        )
        .join(set_in, set_in.c.id == AssignmentProgress.assignment_problem_id)
        .where(AssignmentProgress.assignment_problem_id.in_([one for one, _ in problems]))
        .group_by(set_in.c.assignment_id, AssignmentProgress.student_id)
        .subquery()
    )
    rows = session().execute(
        sa.select(each.c.assignment_id, sa.func.count(), sa.func.count().filter(each.c.is_in))
        .where(each.c.student_id.in_(_students(place)))
        .group_by(each.c.assignment_id)
    )
    return {assignment_id: (begun, handed_in) for assignment_id, begun, handed_in in rows}


def _graded(place: Membership, assignment_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    rows = session().execute(
        sa.select(GradebookEntry.content_item_id, sa.func.count())
        .where(
            GradebookEntry.content_item_id.in_(assignment_ids),
            GradebookEntry.student_id.in_(_students(place)),
            sa.or_(GradebookEntry.status == EntryStatus.GRADED, GradebookEntry.override_points.is_not(None)),
        )
        .group_by(GradebookEntry.content_item_id)
    )
    return {one[0]: one[1] for one in rows}


def _students(place: Membership) -> sa.Select[uuid.UUID]:
    return (
        sa.select(Enrollment.user_id)
        .join(User, User.id == Enrollment.user_id)
        .where(
            Enrollment.class_id == place.class_id,
            Enrollment.role == Role.STUDENT,
            Enrollment.status == EnrollmentStatus.ACTIVE,
            ~User.is_test_user,
            whose_work(place, Enrollment.user_id),
        )
    )
