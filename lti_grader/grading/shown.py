"""What a person may see of a result."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lti_grader.assignments import late_work
from lti_grader.assignments.lateness import credit_of
from lti_grader.assignments.queries import OpenedAssignment
from lti_grader.assignments.release import EVERYTHING, Shown
from lti_grader.attempts.models import AttemptType, SubmissionAttempt
from lti_grader.grading import queries
from lti_grader.grading.models import TestResult
from lti_grader.grading.verdicts import TestStatus
from lti_grader.problems.models import TestCase, Visibility
from lti_grader.problems.queries import version
from lti_grader.problems.rubrics import points_of

_SHOWN_BYTES = 4096


def may_see_test(visibility: str, opened: OpenedAssignment, *, now: dt.datetime) -> bool:
    """Return whether a test is shown to this person at all, its input and output with it."""
    if opened.membership.is_staff or visibility in (Visibility.SAMPLE, Visibility.VISIBLE):
        return True
    # Not before everybody is done: whoever has more time could be told of it.
    due = opened.last_due
    return visibility == Visibility.AFTER_DUE and due is not None and now >= due


def shown_of(attempt: SubmissionAttempt, opened: OpenedAssignment, *, now: dt.datetime) -> Shown:
    """Return what of an attempt's result this person may see: of a Run, which is practice, always everything."""
    return EVERYTHING if attempt.type == AttemptType.TEST_RUN else opened.shown(at=now)


def attempt_json(attempt: SubmissionAttempt, opened: OpenedAssignment, *, now: dt.datetime) -> dict[str, Any]:
    """Return an attempt with its result, as much of it as this person may see."""
    job, seen = queries.current_job(attempt.id), shown_of(attempt, opened, now=now)
    done = job is not None and job.points is not None
    shown: dict[str, Any] = {
        "id": str(attempt.id),
        "attempt_number": attempt.attempt_number,
        "type": attempt.type,
        "status": attempt.status,
        "language": attempt.language,
        "is_quiz": version(attempt.problem_version_id).is_quiz,
        "created_at": attempt.created_at.isoformat(),
        "points": None,
        "maximum": None,
        "compile_output": job.compiler_output if job else None,
        "tests": [],
        "hidden_summary": None,
        "error": None,
        "compiles": None,
        "release_note": seen.note,
        "late_note": "",
    }
    lateness = late_work.lateness([opened.assignment], [attempt.student_id])
    late = lateness.late(opened.assignment.id, attempt.student_id, attempt.created_at, attempt.team_id)
    if attempt.type == AttemptType.FINAL_SUBMISSION and late is not None:
        shown["late_note"] = late.in_words
    if attempt.status == "error":
        shown["error"] = (
            "This attempt could not be judged. That is not your fault: the staff can see it, and it is not counted."
        )
        if opened.membership.is_staff and job:
            shown["error"] += f" ({job.error})"
    if not done or job is None:
        return shown
    item = next(line.item for line in opened.problems if line.item.id == attempt.assignment_problem_id)
    # What people give comes to it (see `marking`): of the points the tests give their part.
    whole = (job.maximum or Decimal(0)) + points_of(job.problem_version_id)
    factor = item.points / whole if whole else Decimal(0)
    results = queries.results_of(job.id)
    shown["compiles"] = not any(result.status == TestStatus.COMPILE_ERROR for result, _ in results) or any(
        result.status not in (TestStatus.COMPILE_ERROR, TestStatus.SKIPPED) for result, _ in results
    )
    if seen.feedback:
        shown |= _tests_json(results, opened, factor if seen.marks else None, now)
    if attempt.type == AttemptType.FINAL_SUBMISSION and seen.marks:
        points = (job.points or Decimal(0)) * factor
        shown["points"], shown["maximum"] = plain(points * credit_of(late)), plain(item.points)
        if late is not None and points:
            shown["late_note"] += f" {shown['points']} instead of {plain(points)}."
    return shown


def _tests_json(
    results: Sequence[sa.Row[TestResult, TestCase]], opened: OpenedAssignment, factor: Decimal | None, now: dt.datetime
) -> dict[str, Any]:
    tests, hidden = [], [0, 0]
    for result, test in results:
        if may_see_test(test.visibility, opened, now=now):
            tests.append(test_json(result, test, factor))
        else:
            hidden[0] += result.status == TestStatus.PASS
            hidden[1] += 1
    return {"tests": tests, "hidden_summary": {"passed": hidden[0], "total": hidden[1]} if hidden[1] else None}


def test_json(result: TestResult, test: TestCase, factor: Decimal | None) -> dict[str, Any]:
    """Return what became of a test, for who may see it.

    Parameters
    ----------
    factor
        What its points are multiplied by; None where they are not told.
    """
    # A test of a runner's gives nothing to read and compares nothing that is written.
    is_silent = test.input == test.expected == b""
    return {
        "name": test.name,
        "visibility": test.visibility,
        "status": result.status,
        "points": None if factor is None else plain(result.score * factor),
        "time_ms": result.time_ms,
        "memory_kb": result.memory_kb,
        "message": result.message,
        "code": test.code or None,
        # A test that calls a function mostly gives it nothing to read.
        "input": None if is_silent or (test.code and not test.input) else _text(test.input),
        "expected": None if is_silent else _text(test.expected),
        "output": (result.output or None) if is_silent else result.output,
    }


def _text(content: bytes | None) -> str | None:
    return None if content is None else content[:_SHOWN_BYTES].decode(errors="replace")


def plain(number: Decimal) -> str:
    """Return points as pages write them."""
    text = f"{number.quantize(Decimal('0.01')):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
