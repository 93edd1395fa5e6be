"""Reads about judgings."""

import dataclasses
import uuid
from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.core.db import session
from lti_grader.grading.models import GradingJob, JobStatus, TestResult
from lti_grader.problems.models import TestCase, TestGroup

OPEN = (JobStatus.QUEUED, JobStatus.RUNNING)


def current_job(attempt_id: uuid.UUID) -> GradingJob | None:
    """Return the judging that stands, or else the one that is under way or failed last."""
    return session().scalar(
        sa.select(GradingJob)
        .where(GradingJob.attempt_id == attempt_id, GradingJob.superseded_by.is_(None))
        .order_by((GradingJob.status == JobStatus.DONE).desc(), GradingJob.created_at.desc())
        .limit(1)
    )


def queue_position(attempt_id: uuid.UUID) -> int | None:
    """Return how many judgings of this tenant are served before this attempt's, None once it is under way."""
    job = session().scalar(
        sa.select(GradingJob).where(GradingJob.attempt_id == attempt_id, GradingJob.status == JobStatus.QUEUED)
    )
    if job is None:
        return None
    before = sa.tuple_(GradingJob.priority, GradingJob.created_at) < sa.tuple_(
        sa.literal(job.priority), sa.literal(job.created_at)
    )
    return (
        session()
        .scalars(
            sa.select(sa.func.count()).select_from(GradingJob).where(GradingJob.status == JobStatus.QUEUED, before)
        )
        .one()
    )


def results_of(job_id: uuid.UUID) -> Sequence[sa.Row[TestResult, TestCase]]:
    """Return the results of a judging with their tests, in order."""
    return (
        session()
        .execute(
            sa.select(TestResult, TestCase)
            .join(TestCase, TestCase.id == TestResult.test_case_id)
            .join(TestGroup, TestGroup.id == TestCase.test_group_id)
            .where(TestResult.job_id == job_id)
            .order_by(TestGroup.order_index, TestCase.order_index)
        )
        .all()
    )


@dataclasses.dataclass(frozen=True)
class HistoryLine:
    """An attempt as the history lists it."""

    attempt: SubmissionAttempt
    points: Decimal | None
    maximum: Decimal | None


def history(student_id: uuid.UUID, assignment_problem_id: uuid.UUID, *, most: int = 200) -> list[HistoryLine]:
    """Return a student's attempts at a problem with their current points, the newest first."""
    rows = session().execute(
        sa.select(SubmissionAttempt, GradingJob.points, GradingJob.maximum)
        .outerjoin(
            GradingJob,
            sa.and_(
                GradingJob.attempt_id == SubmissionAttempt.id,
                GradingJob.status == JobStatus.DONE,
                GradingJob.superseded_by.is_(None),
            ),
        )
        .where(
            SubmissionAttempt.student_id == student_id,
            SubmissionAttempt.assignment_problem_id == assignment_problem_id,
        )
        .order_by(SubmissionAttempt.attempt_number.desc())
        .limit(most)
    )
    return [HistoryLine(*row) for row in rows]
