"""Judging attempts: claim in one transaction, work in none, record in another."""

import dataclasses
import datetime as dt
import logging
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lti_grader.attempts.models import AttemptStatus, AttemptType, SubmissionAttempt
from lti_grader.core.db import session
from lti_grader.core.events import publish
from lti_grader.core.ids import new_id
from lti_grader.core.messages import send_after_commit
from lti_grader.grading.errors import LostLease
from lti_grader.grading.events import AttemptGraded, JudgedAgain
from lti_grader.grading.graders.code import GradedCode, GroupSpec, TestSpec
from lti_grader.grading.models import GradingJob, JobReason, JobStatus, TestResult
from lti_grader.problems.harness import Harness, harness_of, takes_files
from lti_grader.problems.models import Aggregation, OnReject, ProblemVersion, Visibility
from lti_grader.problems.queries import tests_of
from lti_grader.problems.quizzes.form import Quiz, quiz_of

log = logging.getLogger(__name__)

TASK, QUEUE = "grading.grade", "code"


@dataclasses.dataclass(frozen=True)
class Work:
    """What a worker needs to judge an attempt; it holds no row and no transaction."""

    job_id: uuid.UUID
    claim: uuid.UUID
    attempt_id: uuid.UUID
    language: str
    code_blob_ref: str
    groups: Sequence[GroupSpec]
    checker: Mapping[str, Any]
    harness: Harness | None = None
    beside: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Files that belong to it as well: name -> name of the blob."""
    holds_files: bool = False
    """Whether the text of the program may hold several files."""
    quiz: Quiz | None = None
    """The questions, where it is a quiz: then nothing is run."""
    is_told: bool = True
    """Whether the student hears of it: not while submissions are judged once more."""

    @property
    def main(self) -> str:
        """The path of the program among `beside`, "" where it is not among them."""
        return next((name for name, ref in self.beside.items() if ref == self.code_blob_ref), "")

    @property
    def test_count(self) -> int:
        return sum(len(group.tests) for group in self.groups)


def claim(job_id: uuid.UUID, *, at: dt.datetime, lease: dt.timedelta) -> Work | None:
    """Take a job for this worker until `at + lease`.

    Returns
    -------
    What to do; None where there is nothing to do: it is done, or another worker has it.
    """
    mine = new_id()
    claimed = (
        session()
        .execute(
            sa.update(GradingJob)
            .where(
                GradingJob.id == job_id,
                sa.or_(
                    GradingJob.status == JobStatus.QUEUED,
                    sa.and_(GradingJob.status == JobStatus.RUNNING, GradingJob.lease_until < at),
                ),
            )
            .values(
                status=JobStatus.RUNNING,
                claimed_by=mine,
                lease_until=at + lease,
                tries=GradingJob.tries + 1,
                sent_at=at,
            )
            .returning(GradingJob.attempt_id, GradingJob.problem_version_id, GradingJob.regrade_id)
        )
        .one_or_none()
    )
    if claimed is None:
        return None
    attempt = session().get_one(SubmissionAttempt, claimed.attempt_id)
    if claimed.regrade_id is None:
        attempt.status = AttemptStatus.PROCESSING
    version = session().get_one(ProblemVersion, claimed.problem_version_id)
    return work_of(
        version,
        job_id=job_id,
        claim=mine,
        attempt_id=attempt.id,
        language=attempt.language,
        code_blob_ref=attempt.code_blob_ref,
        # It may have been handed in to a version that takes files, and is judged by another.
        holds_files=takes_files(session().get_one(ProblemVersion, attempt.problem_version_id).harness),
        samples_only=attempt.type == AttemptType.TEST_RUN,
        is_told=claimed.regrade_id is None,
    )


def work_of(
    version: ProblemVersion,
    *,
    language: str,
    samples_only: bool = False,
    runs_all: bool = False,
    holds_files: bool = False,
    **what: Any,
) -> Work:
    """Return what a worker needs to judge a program by a version.

    Parameters
    ----------
    samples_only
        Its samples only, as a Run has them.
    runs_all
        Every test, also those that depend on others or come after one that is not passed.
    holds_files
        Whether its text may hold several files though the version takes one.
    what
        The rest of what `Work` holds.
    """
    return Work(
        language=language,
        groups=_groups(version, language, samples_only=samples_only, runs_all=runs_all),
        checker=version.checker,
        harness=harness_of(version.harness),
        quiz=quiz_of(version.quiz),
        holds_files=holds_files or takes_files(version.harness),
        **what,
    )


def _groups(version: ProblemVersion, language: str, *, samples_only: bool, runs_all: bool) -> list[GroupSpec]:
    own = version.language_limits.get(language, {})
    groups: dict[uuid.UUID, tuple[Any, list[TestSpec]]] = {}
    for group, test in tests_of(version.id):
        if samples_only and test.visibility != Visibility.SAMPLE:
            continue
        spec = TestSpec(
            id=test.id,
            name=test.name,
            input=test.input if test.input is not None else test.input_blob_ref or "",
            expected=test.expected if test.expected is not None else test.expected_blob_ref or "",
            points=test.points,
            cpu_ms=test.cpu_ms or own.get("cpu_ms") or version.cpu_ms,
            memory_kb=test.memory_kb or own.get("memory_kb") or version.memory_kb,
            is_exact=test.cpu_ms is None and "cpu_ms" in own,
            code=test.code,
            extra=test.extra,
            visibility=Visibility(test.visibility),
        )
        groups.setdefault(group.id, (group, []))[1].append(spec)
    return [
        GroupSpec(
            group.id,
            group.points,
            Aggregation(group.aggregation),
            tests,
            # A run of the samples has none but theirs.
            requires=frozenset() if runs_all else frozenset(group.requires) & groups.keys(),
            stops=not runs_all and group.on_reject == OnReject.STOP,
        )
        for group, tests in groups.values()
    ]


def renew(work: Work, *, at: dt.datetime, lease: dt.timedelta) -> None:
    """Keep the job for longer.

    Raises
    ------
    LostLease
        Another worker has it.
    """
    kept = session().execute(
        sa.update(GradingJob)
        .where(GradingJob.id == work.job_id, GradingJob.claimed_by == work.claim)
        .values(lease_until=at + lease)
    )
    if not kept.rowcount:  # type: ignore[attr-defined]
        raise LostLease("Another worker has taken over this judging.")


def _held_job(work: Work) -> GradingJob:
    job = session().scalar(sa.select(GradingJob).where(GradingJob.id == work.job_id).with_for_update())
    if job is None or job.claimed_by != work.claim:
        raise LostLease("Another worker has taken over this judging.")
    return job


def record(work: Work, graded: GradedCode, *, at: dt.datetime) -> None:
    """Write down a judging, make it the attempt's current one, and let the gradebook know.

    A trial for a regrade is written down only: nothing stands on it.

    Raises
    ------
    LostLease
        Another worker has the job by now: whatever it finds is what counts, and nothing is written.
    """
    job = _held_job(work)
    is_trial = job.reason == JobReason.TRIAL
    if not is_trial:
        session().execute(
            sa.update(GradingJob)
            .where(
                GradingJob.attempt_id == job.attempt_id,
                GradingJob.stands,
            )
            .values(superseded_by=job.id)
        )
    job.status = JobStatus.TRIED if is_trial else JobStatus.DONE
    job.claimed_by, job.lease_until, job.finished_at = None, None, at
    job.points, job.maximum = graded.points, graded.maximum
    job.compiler_output, job.error = graded.compiler_output or None, None
    session().flush()
    # Of a quiz, all of whose questions were replaced since, there is none.
    if rows := [_result_row(job, graded, one, at) for one in graded.outcomes]:
        session().execute(sa.insert(TestResult), rows)
    if not is_trial:
        attempt = session().get_one(SubmissionAttempt, job.attempt_id)
        attempt.status = AttemptStatus.COMPLETED
        attempt.execution_time_ms, attempt.memory_usage_kb = graded.time_ms, graded.memory_kb
        session().flush()
        publish(AttemptGraded(attempt.id, job.id))
    _tell_regrade(job)


def _tell_regrade(job: GradingJob) -> None:
    session().flush()
    if job.regrade_id is not None:
        publish(JudgedAgain(job.regrade_id))


def _result_row(job: GradingJob, graded: GradedCode, one: Any, at: dt.datetime) -> dict[str, Any]:
    # PostgreSQL's text holds no NUL; what a program wrote may.
    text = one.output.decode(errors="replace").replace("\0", "\N{SYMBOL FOR NULL}")
    return {
        "tenant_id": job.tenant_id,
        "graded_at": at,
        "job_id": job.id,
        "attempt_id": job.attempt_id,
        "test_case_id": one.test_id,
        "status": one.status,
        "score": graded.points_of.get(one.test_id, Decimal(0)),
        "time_ms": one.time_ms,
        "memory_kb": one.memory_kb,
        "message": one.message.replace("\0", "\N{SYMBOL FOR NULL}"),
        "output": text,
    }


def give_back(work: Work, trouble: str, *, most_tries: int, at: dt.datetime) -> bool:
    """Return a job that could not be judged, to be tried again, or to be given up after `most_tries`.

    Parameters
    ----------
    trouble
        What went wrong on our side; staff see it.

    Returns
    -------
    Whether it was given up.
    """
    job = _held_job(work)
    job.claimed_by, job.lease_until, job.error = None, None, trouble[:4000]
    given_up = job.tries >= most_tries
    if given_up:
        give_up(job, at)
    else:
        job.status, job.sent_at = JobStatus.QUEUED, at
        if work.is_told:
            session().get_one(SubmissionAttempt, job.attempt_id).status = AttemptStatus.QUEUED
        send_after_commit(TASK, job.tenant_id, job.id, queue=QUEUE, priority=job.priority, countdown=2.0**job.tries)
    session().flush()
    return given_up


def give_up(job: GradingJob, at: dt.datetime) -> None:
    """Let a job end without a result; its attempt shows that it could not be judged."""
    job.status, job.claimed_by, job.lease_until, job.finished_at = JobStatus.FAILED, None, None, at
    if job.regrade_id is None:
        session().get_one(SubmissionAttempt, job.attempt_id).status = AttemptStatus.ERROR
    _tell_regrade(job)
    log.error("job %s given up after %s tries: %s", job.id, job.tries, job.error)
