"""Reads about attempts."""

import uuid

import sqlalchemy as sa

from lti_grader.attempts.models import AttemptStatus, AttemptType, SubmissionAttempt
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound

OPEN = (AttemptStatus.QUEUED, AttemptStatus.PROCESSING)


def attempt(attempt_id: uuid.UUID) -> SubmissionAttempt:
    """Return an attempt, or raise `NotFound`."""
    found = session().get(SubmissionAttempt, attempt_id)
    if found is None:
        raise NotFound("There is no such attempt.")
    return found


def submissions_made(student_id: uuid.UUID, assignment_problem_id: uuid.UUID) -> int:
    """Return how many times a student has pressed Submit on a problem."""
    return (
        session()
        .scalars(
            sa.select(sa.func.count())
            .select_from(SubmissionAttempt)
            .where(
                SubmissionAttempt.student_id == student_id,
                SubmissionAttempt.assignment_problem_id == assignment_problem_id,
                SubmissionAttempt.type == AttemptType.FINAL_SUBMISSION,
            )
        )
        .one()
    )


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
