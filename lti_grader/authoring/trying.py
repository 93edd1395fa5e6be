"""What somebody of the staff tries on a version, which counts nowhere: handed in, taken back, and told as a student sees it."""

import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lti_grader.authoring.models import JudgingKind, JudgingStatus, VersionJudging
from lti_grader.authoring.owing import owe, program
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.grading.models import TestResult
from lti_grader.grading.shown import plain, test_json
from lti_grader.grading.verdicts import TestStatus
from lti_grader.problems.models import ProblemVersion, TestCase, Visibility
from lti_grader.problems.queries import tests_of

SHOWN = (Visibility.SAMPLE, Visibility.VISIBLE)
"""What students see of a result before the due date."""
_STATES = {
    JudgingStatus.QUEUED: "queued",
    JudgingStatus.RUNNING: "processing",
    JudgingStatus.DONE: "completed",
    JudgingStatus.DROPPED: "cancelled",
}


def try_out(
    version: ProblemVersion, kind: JudgingKind, *, language: str, code_blob_ref: str, key: str, by: uuid.UUID,
    at: dt.datetime,
) -> VersionJudging:  # fmt: skip
    """Have a program of somebody of the staff judged as a student's would be; pressing twice is one try."""
    mine = VersionJudging.by == by
    if there := session().scalar(sa.select(VersionJudging).where(mine, VersionJudging.idempotency_key == key)):
        return there
    row = program(version, kind, language, code_blob_ref, by=by, at=at)
    last = sa.select(sa.func.max(VersionJudging.number)).where(
        mine, VersionJudging.problem_version_id == version.id, VersionJudging.kind != JudgingKind.SOLUTION
    )
    row.number, row.idempotency_key = (session().scalar(last) or 0) + 1, key
    owe(row)
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


def try_of(try_id: uuid.UUID, user_id: uuid.UUID) -> VersionJudging:
    """Return what somebody tried, or raise `NotFound`."""
    found = session().get(VersionJudging, try_id)
    if found is None or found.by != user_id or found.check_id is not None:
        raise NotFound("There is no such try of yours.")
    return found


def tries_of(version_id: uuid.UUID, user_id: uuid.UUID, *, most: int = 50) -> Sequence[VersionJudging]:
    """Return what somebody tried on a version, the last first."""
    return (
        session()
        .scalars(
            sa.select(VersionJudging)
            .where(
                VersionJudging.problem_version_id == version_id,
                VersionJudging.by == user_id,
                VersionJudging.check_id.is_(None),
            )
            .order_by(VersionJudging.number.desc())
            .limit(most)
        )
        .all()
    )


def try_json(row: VersionJudging) -> dict[str, Any]:
    """Return a try with its result, as `grading.shown.attempt_json` tells a student's attempt before the due date."""
    statuses = {one["status"] for one in row.outcomes}
    compiles = TestStatus.COMPILE_ERROR not in statuses or bool(
        statuses - {TestStatus.COMPILE_ERROR, TestStatus.SKIPPED}
    )
    is_submission, is_done = row.kind == JudgingKind.SUBMISSION, row.status == JudgingStatus.DONE
    return {
        "id": str(row.id),
        "attempt_number": row.number,
        "type": "final_submission" if is_submission else "test_run",
        "status": _STATES.get(JudgingStatus(row.status), "error"),
        "language": row.language,
        "created_at": row.created_at.isoformat(),
        "points": plain(row.points) if is_submission and row.points is not None else None,
        "maximum": plain(row.maximum) if is_submission and row.maximum is not None else None,
        "compile_output": row.compiler_output,
        "error": f"It could not be judged: {row.error}" if row.status == JudgingStatus.FAILED else None,
        "compiles": compiles if is_done else None,
        "release_note": "",
        "score_delivery": None,
        **_tests(row),
    }


def _tests(row: VersionJudging) -> dict[str, Any]:
    known = {str(test.id): test for _, test in tests_of(row.problem_version_id)} if row.outcomes else {}
    tests: list[dict[str, Any]] = []
    hidden = [0, 0]
    for one in row.outcomes:
        # A draft's test may be gone meanwhile.
        test = known.get(one["test_id"]) or TestCase(name=one["name"], visibility=one["visibility"], code="")
        if one["visibility"] in SHOWN:
            tests.append(test_json(_result(one), test, Decimal(1)))
        else:
            hidden[0] += one["status"] == TestStatus.PASS
            hidden[1] += 1
    return {"tests": tests, "hidden_summary": {"passed": hidden[0], "total": hidden[1]} if hidden[1] else None}


def _result(one: dict[str, Any]) -> TestResult:
    return TestResult(
        status=one["status"], score=Decimal(one["points"]), time_ms=one["time_ms"], memory_kb=one["memory_kb"],
        message=one["message"], output=one["output"],
    )  # fmt: skip
