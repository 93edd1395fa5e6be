"""How far the students of a class have come with each thing that stands in it, for its staff."""

import dataclasses
import uuid
from typing import Any

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.attempts.models import HANDED_IN, AssignmentProgress, SubmissionAttempt
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

    Nothing is said of an assignment that nobody has begun.
    """
    begun = _count(place, AssignmentProgress.student_id, AssignmentProgress.assignment_problem_id)
    final = SubmissionAttempt.type.in_(HANDED_IN)
    handed_in = _count(place, SubmissionAttempt.student_id, SubmissionAttempt.assignment_problem_id, final)
    graded = _graded(place)
    return {
        one: ItemProgress(max(begun.get(one, 0), handed_in.get(one, 0)), handed_in.get(one, 0), graded.get(one, 0))
        for one in {*begun, *handed_in, *graded}
    }


def _count(place: Membership, student: Any, problem: Any, *conditions: sa.ColumnElement[bool]) -> dict[uuid.UUID, int]:
    rows = session().execute(
        sa.select(AssignmentProblem.assignment_id, sa.func.count(student.distinct()))
        .join(AssignmentProblem, AssignmentProblem.id == problem)
        .join(Assignment, Assignment.id == AssignmentProblem.assignment_id)
        .join(Module, Module.id == Assignment.module_id)
        .where(Module.class_id == place.class_id, student.in_(_students(place)), *conditions)
        .group_by(AssignmentProblem.assignment_id)
    )
    return {one[0]: one[1] for one in rows}


def _graded(place: Membership) -> dict[uuid.UUID, int]:
    rows = session().execute(
        sa.select(GradebookEntry.content_item_id, sa.func.count())
        .join(Assignment, Assignment.id == GradebookEntry.content_item_id)
        .join(Module, Module.id == Assignment.module_id)
        .where(
            Module.class_id == place.class_id,
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
