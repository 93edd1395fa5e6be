"""Reads about judgings."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from lti_grader.assignments import late_work
from lti_grader.assignments.lateness import Late
from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.attempts.models import AttemptType, SubmissionAttempt
from lti_grader.attempts.queries import By
from lti_grader.attempts.theirs import is_of
from lti_grader.core.db import session
from lti_grader.grading.models import GradingJob, JobStatus, TestResult
from lti_grader.grading.turns import Wait, wait_of
from lti_grader.people.models import User
from lti_grader.problems.models import ProblemVersion, Rubric, TestCase, TestGroup

OPEN = (JobStatus.QUEUED, JobStatus.RUNNING)


def is_no_trial() -> sa.ColumnElement[bool]:
    """Return the condition that a judging is the student's own, or one that stands: nobody sees a regrade's otherwise."""
    return sa.or_(GradingJob.regrade_id.is_(None), GradingJob.status == JobStatus.DONE)


def current_job(attempt_id: uuid.UUID) -> GradingJob | None:
    """Return the judging that stands, or else the one that is under way or failed last."""
    return session().scalar(
        sa.select(GradingJob)
        .where(GradingJob.attempt_id == attempt_id, GradingJob.superseded_by.is_(None), is_no_trial())
        .order_by((GradingJob.status == JobStatus.DONE).desc(), GradingJob.created_at.desc())
        .limit(1)
    )


@dataclasses.dataclass(frozen=True)
class EarlierLine:
    """A result that counted once, as staff read it beside the one that counts now."""

    job: GradingJob
    version: int
    until: dt.datetime | None
    regrade_id: uuid.UUID | None
    """By which regrade its place was taken."""


def earlier_results(attempt_id: uuid.UUID) -> list[EarlierLine]:
    """Return the results of an attempt whose place others have taken, the last first."""
    newer = aliased(GradingJob)
    rows = session().execute(
        sa.select(GradingJob, ProblemVersion.number, newer.finished_at, newer.regrade_id)
        .join(newer, newer.id == GradingJob.superseded_by)
        .join(ProblemVersion, ProblemVersion.id == GradingJob.problem_version_id)
        .where(GradingJob.attempt_id == attempt_id, GradingJob.status == JobStatus.DONE)
        .order_by(newer.finished_at.desc())
    )
    return [EarlierLine(*row) for row in rows]


def last_submission(student_id: uuid.UUID, assignment_problem_id: uuid.UUID) -> SubmissionAttempt | None:
    """Return what a student submitted last to a problem; Runs do not count."""
    return session().scalar(
        sa.select(SubmissionAttempt)
        .where(
            is_of([student_id]),
            SubmissionAttempt.assignment_problem_id == assignment_problem_id,
            SubmissionAttempt.type == AttemptType.FINAL_SUBMISSION,
        )
        .order_by(SubmissionAttempt.attempt_number.desc())
        .limit(1)
    )


def submissions_missed(by: By, assignment_problem_id: uuid.UUID) -> int:
    """Return how many submissions to a problem were judged and did not pass all of its tests."""
    query = (
        sa.select(sa.func.count())
        .select_from(SubmissionAttempt)
        .join(GradingJob, sa.and_(GradingJob.attempt_id == SubmissionAttempt.id, GradingJob.stands))
        .where(by.made(assignment_problem_id), GradingJob.points < GradingJob.maximum)
    )
    return session().scalars(query).one()


def wait(attempt_id: uuid.UUID, *, at: dt.datetime) -> Wait | None:
    """Return what stands between an attempt and its judging, None once that is under way."""
    job = session().scalar(
        sa.select(GradingJob).where(
            GradingJob.attempt_id == attempt_id, GradingJob.status == JobStatus.QUEUED, is_no_trial()
        )
    )
    return None if job is None else wait_of(job, at=at)


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
    """Of its tests."""
    maximum: Decimal | None
    """Of its tests and of the rubric, if its version has one."""
    has_rubric: bool
    late: Late | None
    """How late it was handed in; None where its points count in full."""
    by: str
    """Who of the student's group handed it in; "" where that was the student."""


def history(
    student_id: uuid.UUID, item: AssignmentProblem, assignment: Assignment, *, most: int, before: int | None = None
) -> list[HistoryLine]:
    """Return a student's attempts at a problem with their current points, the newest first.

    Parameters
    ----------
    most
        So many at most.
    before
        Those only that were made before the attempt of this number; None for the newest.
    """
    lateness = late_work.lateness([assignment], [student_id])
    rows = session().execute(
        sa.select(
            SubmissionAttempt,
            GradingJob.points,
            GradingJob.maximum + sa.func.coalesce(Rubric.points, 0),
            Rubric.id.is_not(None),
        )
        .outerjoin(
            GradingJob,
            sa.and_(
                GradingJob.attempt_id == SubmissionAttempt.id,
                GradingJob.stands,
            ),
        )
        .outerjoin(Rubric, Rubric.problem_version_id == GradingJob.problem_version_id)
        .where(
            is_of([student_id]),
            SubmissionAttempt.assignment_problem_id == item.id,
            sa.true() if before is None else SubmissionAttempt.attempt_number < before,
        )
        .order_by(SubmissionAttempt.attempt_number.desc())
        .limit(most)
    )
    found = rows.all()
    by = _names({one.student_id for one, *_ in found} - {student_id})
    return [
        HistoryLine(
            one, points, maximum, has_rubric, lateness.late(assignment.id, student_id, one.created_at, one.team_id),
            by.get(one.student_id, ""),
        )
        for one, points, maximum, has_rubric in found
    ]  # fmt: skip


def _names(user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    if not user_ids:
        return {}
    return {one.id: one.display_name for one in session().scalars(sa.select(User).where(User.id.in_(user_ids)))}
