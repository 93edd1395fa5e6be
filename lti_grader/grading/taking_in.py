"""What becomes of an attempt when it is handed in: a worker is owed its judging, or it is graded at once."""

import datetime as dt
import logging
import uuid

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, AssignmentProblem, Mode
from lti_grader.attempts.events import AttemptSubmitted
from lti_grader.attempts.models import AttemptType, SubmissionAttempt
from lti_grader.core.db import current_tenant, session
from lti_grader.core.messages import send_after_commit
from lti_grader.grading import turns
from lti_grader.grading.errors import BeingJudged, NotGradedAtOnce
from lti_grader.grading.graders.quiz import grade_quiz
from lti_grader.grading.models import GradingJob, JobReason, JobStatus
from lti_grader.grading.operations import QUEUE, TASK, claim, record

log = logging.getLogger(__name__)
_AT_ONCE = dt.timedelta(seconds=60)


def queue_job(event: AttemptSubmitted) -> None:
    """Owe the attempt a judging."""
    now = dt.datetime.now(dt.UTC)
    job = _owe(session().get_one(SubmissionAttempt, event.attempt_id), JobReason.SUBMITTED, at=now)
    if event.content is None or not grade_at_once(job, event.content, at=now):
        _send(job)


def queue_appeal(attempt_id: uuid.UUID, *, at: dt.datetime) -> GradingJob:
    """Owe a submission a judging once more, whose result takes the place of the one before.

    Raises
    ------
    BeingJudged
        One is owed already.
    """
    # Whoever else asks for the same at this moment waits here, and then finds this one.
    attempt = session().get_one(SubmissionAttempt, attempt_id, with_for_update={"key_share": True})
    open_ones = sa.select(GradingJob.id).where(
        GradingJob.attempt_id == attempt_id, GradingJob.status.in_([JobStatus.QUEUED, JobStatus.RUNNING])
    )
    if session().scalar(open_ones) is not None:
        raise BeingJudged("This submission is being judged at this moment. Wait for the result, then try again.")
    job = _owe(attempt, JobReason.APPEAL, at=at)
    _send(job)
    return job


def _send(job: GradingJob) -> None:
    send_after_commit(TASK, current_tenant(), job.id, queue=QUEUE, priority=job.priority)


def _owe(attempt: SubmissionAttempt, reason: JobReason, *, at: dt.datetime) -> GradingJob:
    # By the tests that the assignment uses now, should a regrade have changed them since the page was opened.
    mode, version_id = (
        session()
        .execute(
            sa.select(Assignment.mode, AssignmentProblem.problem_version_id)
            .join(AssignmentProblem, AssignmentProblem.assignment_id == Assignment.id)
            .where(AssignmentProblem.id == attempt.assignment_problem_id)
        )
        .one()
    )
    place = priority(Mode(mode), AttemptType(attempt.type))
    job = GradingJob(
        tenant_id=current_tenant(),
        attempt_id=attempt.id,
        problem_version_id=version_id,
        reason=reason,
        priority=place,
        created_at=at,
        turn_at=turns.turn_at(attempt.student_id, place, at=at),
        sent_at=at,
    )
    session().add(job)
    session().flush()
    return job


def grade_at_once(job: GradingJob, content: bytes, *, at: dt.datetime) -> bool:
    """Grade answers to a quiz in the transaction that takes them in. Return whether that was done.

    It takes some milliseconds and waits for nothing, so that a class that hands in within a minute neither stands in a queue
    nor holds up others there. Should anything be wrong with it, the attempt is taken all the same, and a worker tries again.
    """
    try:
        with session().begin_nested():
            _grade(job, content, at=at)
    except Exception:
        # Whatever it is, what a student hands in is taken.
        log.exception("answers of attempt %s are left to a worker", job.attempt_id)
        session().expire_all()
        return False
    return True


def _grade(job: GradingJob, content: bytes, *, at: dt.datetime) -> None:
    work = claim(job.id, at=at, lease=_AT_ONCE)
    if work is None or work.quiz is None:
        raise NotGradedAtOnce("The assignment holds no quiz there any more.")
    record(work, grade_quiz(work.quiz, content, work.groups), at=at)


def priority(mode: Mode, kind: AttemptType) -> int:
    """Return the place in the queue, 0 first: exams, then homework, then practice; in each, submissions first."""
    place = {Mode.EXAM: 0, Mode.HOMEWORK: 3, Mode.PRACTICE: 6}[mode]
    return place if kind is AttemptType.FINAL_SUBMISSION else place + 2
