"""The worker's side of what is owed: a program is claimed, judged without a transaction, and recorded."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lti_grader.authoring.checking import settle
from lti_grader.authoring.models import JudgingKind, JudgingStatus, VersionJudging
from lti_grader.authoring.owing import OPEN, PRIORITY, QUEUE, TASK, locked
from lti_grader.core.db import session, system_transaction
from lti_grader.core.ids import new_id
from lti_grader.core.messages import send_after_commit
from lti_grader.grading import operations as grading
from lti_grader.grading.errors import LostLease
from lti_grader.grading.graders.code import GradedCode, TestOutcome
from lti_grader.grading.operations import Work
from lti_grader.problems.harness import BadHarness
from lti_grader.problems.models import ProblemVersion, TestCase
from lti_grader.problems.queries import tests_of


def claim(judging_id: uuid.UUID, *, at: dt.datetime, lease: dt.timedelta) -> Work | None:
    """Take a program for this worker until `at + lease`; None where it is done, dropped, or another worker's."""
    row = session().scalar(
        sa.select(VersionJudging)
        .where(
            VersionJudging.id == judging_id,
            sa.or_(
                VersionJudging.status == JudgingStatus.QUEUED,
                sa.and_(VersionJudging.status == JudgingStatus.RUNNING, VersionJudging.lease_until < at),
            ),
        )
        .with_for_update(skip_locked=True)
    )
    if row is None:
        return None
    version = session().get_one(ProblemVersion, row.problem_version_id)
    try:
        work = grading.work_of(
            version, language=row.language, samples_only=row.kind == JudgingKind.RUN,
            runs_all=row.kind == JudgingKind.SOLUTION, job_id=row.id, claim=new_id(), attempt_id=row.id,
            code_blob_ref=row.code_blob_ref, beside=row.beside,
        )  # fmt: skip
    except BadHarness as error:
        row.status, row.error, row.finished_at = JudgingStatus.FAILED, error.message, at
        row.claimed_by, row.lease_until = None, None
        settle(row.check_id, version, at)
        return None
    row.status, row.claimed_by, row.lease_until, row.sent_at = JudgingStatus.RUNNING, work.claim, at + lease, at
    row.tries += 1
    row.tests_done, row.tests_total = 0, work.test_count
    session().flush()
    return work


def go_on(work: Work, done: int, *, at: dt.datetime, lease: dt.timedelta) -> None:
    """Note how many tests are done, and keep the program for longer.

    Raises
    ------
    LostLease
        Another worker has it, or it was dropped.
    """
    kept = session().execute(
        sa.update(VersionJudging)
        .where(VersionJudging.id == work.job_id, VersionJudging.claimed_by == work.claim)
        .values(tests_done=done, lease_until=at + lease)
    )
    if not kept.rowcount:  # type: ignore[attr-defined]
        raise LostLease("This judging was dropped, or another worker has taken it over.")


def record(work: Work, graded: GradedCode, *, at: dt.datetime) -> None:
    """Write down a judging; with the last one of a check, what that came to.

    Raises
    ------
    LostLease
        It was dropped, or another worker has it.
    """
    # The version first, as whoever edits it does, so that both never wait for each other.
    version, row = _held(work)
    tests = {test.id: (group.name, test) for group, test in tests_of(version.id)}
    row.claimed_by, row.lease_until, row.finished_at = None, None, at
    note(row, graded, tests)
    settle(row.check_id, version, at)


def note(row: VersionJudging, graded: GradedCode, tests: Mapping[uuid.UUID, tuple[str, TestCase]]) -> None:
    """Write down what a program came to.

    Parameters
    ----------
    tests
        What stands for each test of `graded`: (name of its group, test); what is not among them is gone meanwhile.
    """
    row.status, row.points, row.maximum = JudgingStatus.DONE, graded.points, graded.maximum
    row.compiler_output, row.error, row.tests_done = graded.compiler_output or None, None, len(graded.outcomes)
    row.outcomes = [_outcome(one, graded, *tests[one.test_id]) for one in graded.outcomes if one.test_id in tests]


def _outcome(one: TestOutcome, graded: GradedCode, group: str, test: TestCase) -> dict[str, Any]:
    found = {
        "test_id": str(test.id), "group": group, "name": test.name,
        "visibility": test.visibility, "status": str(one.status), "time_ms": one.time_ms,
        "memory_kb": one.memory_kb, "points": str(graded.points_of.get(one.test_id, Decimal(0))),
        "message": one.message, "note": one.note, "output": one.output.decode(errors="replace"),
    }  # fmt: skip
    # PostgreSQL's text holds no NUL; what a program wrote may.
    return {name: _plain(value) for name, value in found.items()}


def _plain(value: Any) -> Any:
    return value.replace("\0", "\N{SYMBOL FOR NULL}") if isinstance(value, str) else value


def give_back(work: Work, trouble: str, *, most_tries: int, at: dt.datetime) -> None:
    """Return a program that could not be judged, to be tried again, or to be given up after `most_tries`."""
    version, row = _held(work)
    row.claimed_by, row.lease_until, row.error = None, None, trouble[:4000]
    if row.tries >= most_tries:
        row.status, row.finished_at = JudgingStatus.FAILED, at
        settle(row.check_id, version, at)
        return
    row.status, row.sent_at = JudgingStatus.QUEUED, at
    session().flush()
    send_after_commit(TASK, row.tenant_id, row.id, queue=QUEUE, priority=PRIORITY, countdown=2.0**row.tries)


def _held(work: Work) -> tuple[ProblemVersion, VersionJudging]:
    version_id = session().scalar(sa.select(VersionJudging.problem_version_id).where(VersionJudging.id == work.job_id))
    if version_id is None:
        raise LostLease("The draft is gone.")
    version = locked(version_id)
    row = session().scalar(
        sa.select(VersionJudging)
        .where(VersionJudging.id == work.job_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None or row.claimed_by != work.claim:
        raise LostLease("This judging was dropped, or another worker has taken it over.")
    return version, row


@dataclasses.dataclass(frozen=True)
class Overdue:
    """A judging that nobody seems to work on."""

    tenant_id: uuid.UUID
    judging_id: uuid.UUID


def overdue(*, at: dt.datetime, patience: dt.timedelta, most: int = 500) -> list[Overdue]:
    """Return what was not picked up within `patience`, and whose worker fell silent."""
    with system_transaction() as opened:
        rows = opened.execute(
            sa.select(VersionJudging.tenant_id, VersionJudging.id)
            .where(
                sa.or_(
                    sa.and_(VersionJudging.status == JudgingStatus.QUEUED, VersionJudging.sent_at < at - patience),
                    sa.and_(VersionJudging.status == JudgingStatus.RUNNING, VersionJudging.lease_until < at),
                )
            )
            .order_by(VersionJudging.sent_at)
            .limit(most)
        )
        return [Overdue(*row) for row in rows]


def send_again(late: Overdue, *, most_tries: int, at: dt.datetime) -> None:
    """Send a judging's message once more, or give it up where every worker that took it ended."""
    version_id = session().scalar(
        sa.select(VersionJudging.problem_version_id).where(VersionJudging.id == late.judging_id)
    )
    if version_id is None:
        return
    version = locked(version_id)
    row = session().get_one(VersionJudging, late.judging_id, with_for_update=True, populate_existing=True)
    if row.status == JudgingStatus.RUNNING and row.tries >= most_tries:
        row.status, row.claimed_by, row.lease_until, row.finished_at = JudgingStatus.FAILED, None, None, at
        row.error = f"{row.tries} workers ended while judging this."
        settle(row.check_id, version, at)
    elif row.status in OPEN:
        row.sent_at = at
        send_after_commit(TASK, row.tenant_id, row.id, queue=QUEUE, priority=PRIORITY)
