"""Judging by a version what counts nowhere: its reference solutions before it is published, and what its authors try.

Each program is a row that a worker claims, judges without a transaction, and records. A check is over when its last program
is; if all passed and it was asked for, its version is published in the same transaction.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lti_grader.authoring.errors import CheckUnderWay, NothingToCheck
from lti_grader.authoring.models import CheckState, JudgingKind, JudgingStatus, VersionCheck, VersionJudging
from lti_grader.core.db import current_tenant, session, system_transaction
from lti_grader.core.ids import new_id
from lti_grader.core.messages import send_after_commit
from lti_grader.grading import operations as grading
from lti_grader.grading.errors import LostLease
from lti_grader.grading.graders.code import GradedCode
from lti_grader.grading.operations import Work
from lti_grader.problems import operations as problems
from lti_grader.problems.harness import BadHarness
from lti_grader.problems.models import ProblemVersion, TestCase, TestGroup, VersionState
from lti_grader.problems.queries import tests_of

TASK, QUEUE = "authoring.judge", "code"
PRIORITY = 7
"""After exams and homework, beside practice: see `grading.operations.priority`."""
_OPEN = (JudgingStatus.QUEUED, JudgingStatus.RUNNING)


@dataclasses.dataclass(frozen=True)
class Solution:
    """A reference solution that is kept in the store; `why_not` says why it cannot be run here, "" where it can."""

    language: str
    code_blob_ref: str
    why_not: str = ""


def locked(version_id: uuid.UUID) -> ProblemVersion:
    """Return a version that nobody else changes until the transaction ends."""
    # Nobody waits for this who hands in meanwhile.
    query = sa.select(ProblemVersion).where(ProblemVersion.id == version_id).with_for_update(key_share=True)
    return session().scalars(query.execution_options(populate_existing=True)).one()


def start(
    version: ProblemVersion, solutions: Sequence[Solution], *, publishes: bool, by: uuid.UUID, at: dt.datetime
) -> VersionCheck:
    """Have a draft's reference solutions judged by its tests, and if wanted publish it when all of them pass.

    Raises
    ------
    NothingToCheck
        It has no solution that can be run here, or no test that is worth points.
    CheckUnderWay
        It is being checked.
    """
    if version.state != VersionState.DRAFT:
        raise NothingToCheck("This version is published already.")
    _require_tests(version)
    if not solutions:
        raise NothingToCheck(
            "It has no reference solution. Write one that passes every test: without it nobody knows whether they can"
            " be passed."
        )
    if all(one.why_not for one in solutions):
        raise NothingToCheck(" ".join(one.why_not for one in solutions))
    running = sa.select(VersionCheck.id).where(
        VersionCheck.problem_version_id == version.id, VersionCheck.state == CheckState.RUNNING
    )
    if session().scalar(running) is not None:
        raise CheckUnderWay("It is being checked already: wait for that, or stop it.")
    check = VersionCheck(
        id=new_id(), tenant_id=current_tenant(), problem_version_id=version.id, revision=version.revision,
        publishes=publishes, started_by=by, started_at=at,
    )  # fmt: skip
    session().add(check)
    session().flush()
    for one in solutions:
        row = _owe(version, JudgingKind.SOLUTION, one.language, one.code_blob_ref, by=by, at=at)
        row.check_id = check.id
        if one.why_not:
            row.status, row.error, row.finished_at = JudgingStatus.LEFT_OUT, one.why_not, at
        _add(row)
    return check


def require_revision(version: ProblemVersion, revision: int) -> None:
    """Raise `CheckUnderWay` if a draft is not any more what was read of it."""
    if version.revision != revision:
        raise CheckUnderWay("Somebody edited it at this moment: look at it, and press the button once more.")


def publish_checked(version: ProblemVersion, *, by: uuid.UUID, at: dt.datetime) -> bool:
    """Publish a draft whose solutions have passed since it was last edited. Return whether they have."""
    passed = sa.select(VersionCheck.id).where(
        VersionCheck.problem_version_id == version.id,
        VersionCheck.revision == version.revision,
        VersionCheck.state == CheckState.PASSED,
    )
    if version.state != VersionState.DRAFT or session().scalar(passed.limit(1)) is None:
        return False
    problems.publish(version, at=at, by=by)
    return True


def _require_tests(version: ProblemVersion) -> None:
    worth = session().scalar(
        sa.select(sa.func.sum(TestGroup.points))
        .join(TestCase, TestCase.test_group_id == TestGroup.id)
        .where(TestGroup.problem_version_id == version.id)
    )
    if not worth:
        raise NothingToCheck("It has no test that is worth points yet.")


def _owe(
    version: ProblemVersion, kind: JudgingKind, language: str, ref: str, *, by: uuid.UUID, at: dt.datetime
) -> VersionJudging:
    return VersionJudging(
        id=new_id(), tenant_id=current_tenant(), problem_version_id=version.id, revision=version.revision, kind=kind,
        by=by, language=language, code_blob_ref=ref, status=JudgingStatus.QUEUED, created_at=at, sent_at=at,
    )  # fmt: skip


def _add(row: VersionJudging) -> None:
    session().add(row)
    session().flush()
    if row.status == JudgingStatus.QUEUED:
        send_after_commit(TASK, row.tenant_id, row.id, queue=QUEUE, priority=PRIORITY)


def try_out(
    version: ProblemVersion, kind: JudgingKind, *, language: str, code_blob_ref: str, key: str, by: uuid.UUID,
    at: dt.datetime,
) -> VersionJudging:  # fmt: skip
    """Have a program of somebody of the staff judged as a student's would be; pressing twice is one try."""
    mine = VersionJudging.by == by
    if there := session().scalar(sa.select(VersionJudging).where(mine, VersionJudging.idempotency_key == key)):
        return there
    row = _owe(version, kind, language, code_blob_ref, by=by, at=at)
    last = sa.select(sa.func.max(VersionJudging.number)).where(
        mine, VersionJudging.problem_version_id == version.id, VersionJudging.kind != JudgingKind.SOLUTION
    )
    row.number, row.idempotency_key = (session().scalar(last) or 0) + 1, key
    _add(row)
    return row


def take_back(row: VersionJudging, *, at: dt.datetime) -> bool:
    """Let a try go that waits. Return whether it did."""
    gone = session().execute(
        sa.update(VersionJudging)
        .where(VersionJudging.id == row.id, VersionJudging.status == JudgingStatus.QUEUED)
        .values(status=JudgingStatus.DROPPED, finished_at=at)
    )
    session().refresh(row)
    return bool(gone.rowcount)  # type: ignore[attr-defined]


def drop(version: ProblemVersion, *, at: dt.datetime) -> None:
    """Judge no more of what is under way by a version's tests: it was edited, or somebody stopped it."""
    session().execute(
        sa.update(VersionJudging)
        .where(VersionJudging.problem_version_id == version.id, VersionJudging.status.in_(_OPEN))
        .values(status=JudgingStatus.DROPPED, claimed_by=None, lease_until=None, finished_at=at)
    )
    session().execute(
        sa.update(VersionCheck)
        .where(VersionCheck.problem_version_id == version.id, VersionCheck.state == CheckState.RUNNING)
        .values(state=CheckState.DROPPED, finished_at=at)
    )


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
            version, language=row.language, samples_only=row.kind == JudgingKind.RUN, job_id=row.id, claim=new_id(),
            attempt_id=row.id, code_blob_ref=row.code_blob_ref,
        )  # fmt: skip
    except BadHarness as error:
        row.status, row.error, row.finished_at = JudgingStatus.FAILED, error.message, at
        row.claimed_by, row.lease_until = None, None
        _settle(row.check_id, version, at)
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
    row.status, row.claimed_by, row.lease_until, row.finished_at = JudgingStatus.DONE, None, None, at
    row.points, row.maximum, row.tests_done = graded.points, graded.maximum, len(graded.outcomes)
    row.compiler_output, row.error = graded.compiler_output or None, None
    tests = {test.id: (group.name, test) for group, test in tests_of(version.id)}
    row.outcomes = [_outcome(one, graded, tests) for one in graded.outcomes if one.test_id in tests]
    _settle(row.check_id, version, at)


def _outcome(one: Any, graded: GradedCode, tests: Mapping[uuid.UUID, tuple[str, TestCase]]) -> dict[str, Any]:
    group, test = tests[one.test_id]
    found = {
        "test_id": str(one.test_id), "group": group, "name": test.name,
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
        _settle(row.check_id, version, at)
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


def _settle(check_id: uuid.UUID | None, version: ProblemVersion, at: dt.datetime) -> None:
    """See whether a check is over, and what it came to."""
    session().flush()
    if check_id is None:
        return
    rows = session().scalars(sa.select(VersionJudging).where(VersionJudging.check_id == check_id)).all()
    if any(one.status in _OPEN for one in rows):
        return
    check = session().get_one(VersionCheck, check_id)
    judged = [one for one in rows if one.status != JudgingStatus.LEFT_OUT]
    passed = bool(judged) and all(one.has_passed for one in judged)
    check.state, check.finished_at = CheckState.PASSED if passed else CheckState.FAILED, at
    is_current = version.state == VersionState.DRAFT and version.revision == check.revision
    if passed and check.publishes and is_current:
        problems.publish(version, at=at, by=check.started_by)
    session().flush()


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
        _settle(row.check_id, version, at)
    elif row.status in _OPEN:
        row.sent_at = at
        send_after_commit(TASK, row.tenant_id, row.id, queue=QUEUE, priority=PRIORITY)
