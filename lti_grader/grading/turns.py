"""Whose program is judged next, and how long that takes."""

import dataclasses
import datetime as dt
import math
import uuid

import sqlalchemy as sa

from lti_grader.attempts.models import AttemptStatus, AttemptType, SubmissionAttempt
from lti_grader.core.db import session
from lti_grader.grading.errors import JudgedAlready, OnlyRuns
from lti_grader.grading.models import GradingJob, JobStatus

_OPEN = (JobStatus.QUEUED, JobStatus.RUNNING)
# What one person has waiting is served as if it had come at this distance: others of the same rank come in between.
_APART = dt.timedelta(seconds=20)
# How far back one looks to see how fast the queue empties, and how much has to have been seen.
_SEEN = dt.timedelta(seconds=60)
_FEWEST = 3


def turn_at(student_id: uuid.UUID, priority: int, *, at: dt.datetime) -> dt.datetime:
    """Return when a job counts as made: later, the more jobs of this rank the same person has open."""
    already = (
        session()
        .scalars(
            sa.select(sa.func.count())
            .select_from(GradingJob)
            .join(SubmissionAttempt, SubmissionAttempt.id == GradingJob.attempt_id)
            .where(
                SubmissionAttempt.student_id == student_id,
                GradingJob.status.in_(_OPEN),
                GradingJob.priority == priority,
            )
        )
        .one()
    )
    return at + already * _APART


def next_job(told: uuid.UUID, *, at: dt.datetime) -> uuid.UUID:
    """Return whose turn it is, for a worker that was told of the job `told`.

    There is a message for each job, and messages come in the order in which they were sent; which of the jobs a message
    stands for does not matter, as long as each finds one. The row is locked until the transaction ends.
    """
    # What has just failed waits a while, as its own next message does.
    has_waited = GradingJob.sent_at <= at - sa.func.make_interval(0, 0, 0, 0, 0, 0, sa.func.pow(2.0, GradingJob.tries))
    return (
        session().scalar(
            sa.select(GradingJob.id)
            .where(
                GradingJob.status == JobStatus.QUEUED,
                sa.or_(GradingJob.tries == 0, GradingJob.id == told, has_waited),
            )
            .order_by(GradingJob.priority, GradingJob.turn_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        or told
    )


def take_back(attempt: SubmissionAttempt, *, at: dt.datetime) -> None:
    """Let a Run go whose turn has not come yet: its student does not want to know any more.

    Raises
    ------
    OnlyRuns, JudgedAlready
    """
    if attempt.type != AttemptType.TEST_RUN:
        raise OnlyRuns("What was submitted cannot be taken back: submit again what you want to be graded.")
    job = session().scalar(
        sa.select(GradingJob)
        .where(GradingJob.attempt_id == attempt.id, GradingJob.status == JobStatus.QUEUED)
        .with_for_update()
    )
    if job is None:
        raise JudgedAlready("This Run is under way already: its result comes in a moment.")
    job.status, job.finished_at = JobStatus.DROPPED, at
    attempt.status = AttemptStatus.CANCELLED
    session().flush()


@dataclasses.dataclass(frozen=True)
class Wait:
    """What stands between an attempt and its judging.

    `before` is how many of this institution's programs are served first; `seconds` how long they take and this one with them,
    None where too little was judged lately to say. `stands_still` says that nothing at all was, while it has been waiting.
    """

    before: int
    seconds: int | None
    stands_still: bool = False


def wait_of(job: GradingJob, *, at: dt.datetime) -> Wait:
    """Return how long a queued job waits, by the pace at which the queue has been emptying since it has been one."""
    ahead = sa.tuple_(GradingJob.priority, GradingJob.turn_at) < sa.tuple_(
        sa.literal(job.priority), sa.literal(job.turn_at)
    )
    before, oldest = (
        session()
        .execute(
            sa.select(sa.func.count().filter(ahead), sa.func.min(GradingJob.created_at)).where(
                GradingJob.status == JobStatus.QUEUED
            )
        )
        .one()
    )
    # Before there was a queue the workers waited too: that is no pace.
    since = max(at - _SEEN, oldest or at)
    done = (
        session()
        .scalars(
            sa.select(sa.func.count())
            .select_from(GradingJob)
            .where(GradingJob.finished_at > since, GradingJob.status != JobStatus.DROPPED)
        )
        .one()
    )
    if not done and job.created_at <= at - _SEEN:
        return Wait(before, None, stands_still=not _is_judging(at=at))
    if done < _FEWEST or at <= since:
        return Wait(before, None)
    return Wait(before, math.ceil((before + 1) * (at - since).total_seconds() / done))


def _is_judging(*, at: dt.datetime) -> bool:
    """Return whether a worker has a program in hand."""
    running = sa.select(GradingJob.id).where(GradingJob.status == JobStatus.RUNNING, GradingJob.lease_until > at)
    return bool(session().scalar(sa.select(running.exists())))
