"""Reads about attempts."""

import dataclasses
import uuid

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.attempts.models import AssignmentProgress, AttemptStatus, AttemptType, SubmissionAttempt
from lti_grader.classes.groups.queries import group_of
from lti_grader.classes.groups.team_models import Team
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound

OPEN = (AttemptStatus.QUEUED, AttemptStatus.PROCESSING)


def attempt(attempt_id: uuid.UUID) -> SubmissionAttempt:
    """Return an attempt, or raise `NotFound`."""
    found = session().get(SubmissionAttempt, attempt_id)
    if found is None:
        raise NotFound("There is no such attempt.")
    return found


@dataclasses.dataclass(frozen=True)
class By:
    """Whose submissions are counted: a student's, or, where a group hands in, the group's, whoever was in it."""

    student_id: uuid.UUID
    group_id: uuid.UUID | None = None

    def made(self, item_id: uuid.UUID) -> sa.ColumnElement[bool]:
        """Return the condition that an attempt is a submission of theirs to a problem."""
        theirs = SubmissionAttempt.student_id == self.student_id
        if self.group_id is not None:
            teams = sa.select(Team.id).where(Team.group_id == self.group_id).scalar_subquery()
            theirs = SubmissionAttempt.team_id == sa.any_(sa.func.array(teams))
        return sa.and_(
            theirs,
            SubmissionAttempt.assignment_problem_id == item_id,
            SubmissionAttempt.type == AttemptType.FINAL_SUBMISSION,
        )


def who_hands_in(student_id: uuid.UUID, assignment: Assignment) -> By:
    """Return whose submissions to an assignment are counted where a student works on it."""
    group = group_of(assignment.group_set_id, student_id) if assignment.group_set_id is not None else None
    return By(student_id, group.id if group is not None else None)


def submissions_made(by: By, assignment_problem_id: uuid.UUID) -> int:
    """Return how many times Submit was pressed on a problem."""
    query = sa.select(sa.func.count()).select_from(SubmissionAttempt)
    return session().scalars(query.where(by.made(assignment_problem_id))).one()


def was_handed_in(assignment_id: uuid.UUID) -> bool:
    """Return whether anybody has handed in anything to an assignment."""
    query = (
        sa.select(AssignmentProgress.id)
        .join(AssignmentProblem, AssignmentProblem.id == AssignmentProgress.assignment_problem_id)
        .where(AssignmentProblem.assignment_id == assignment_id, AssignmentProgress.handed_in_at.is_not(None))
    )
    return session().scalar(query.limit(1)) is not None


def open_attempts(student_id: uuid.UUID) -> int:
    """Return how many of a student's attempts wait for their result."""
    return (
        session()
        .scalars(
            sa.select(sa.func.count())
            .select_from(SubmissionAttempt)
            .where(SubmissionAttempt.student_id == student_id, SubmissionAttempt.status.in_(OPEN))
        )
        .one()
    )
