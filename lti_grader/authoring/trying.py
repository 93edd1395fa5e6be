"""What somebody of the staff sees of their own tries: just what a student would."""

from decimal import Decimal
from typing import Any

from lti_grader.authoring.models import JudgingKind, JudgingStatus, VersionJudging
from lti_grader.grading.models import TestResult
from lti_grader.grading.shown import plain, test_json
from lti_grader.grading.verdicts import TestStatus
from lti_grader.problems.models import TestCase, Visibility
from lti_grader.problems.queries import tests_of

SHOWN = (Visibility.SAMPLE, Visibility.VISIBLE)
"""What students see of a result before the due date."""
_STATES = {
    JudgingStatus.QUEUED: "queued",
    JudgingStatus.RUNNING: "processing",
    JudgingStatus.DONE: "completed",
    JudgingStatus.DROPPED: "cancelled",
}


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
