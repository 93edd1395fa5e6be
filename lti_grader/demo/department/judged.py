"""What the sandbox found of the department's programs: kept in a file, so that a term of work need not be judged at once.

`python -m lti_grader.demo.department.judged` judges them all anew, by the same grader that judges students' work.
"""

import dataclasses
import functools
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from lti_grader.assignments.languages import available_languages
from lti_grader.core.ids import new_id
from lti_grader.demo.department.catalogue import Problem, Program, every_problem
from lti_grader.demo.department.drafts import CPU_MS, MEMORY_KB, POINTS, fingerprint, tests
from lti_grader.grading.graders.code import GradedCode, GroupSpec, TestSpec, grade
from lti_grader.grading.sandbox import Sandbox, open_sandbox
from lti_grader.grading.verdicts import TestStatus
from lti_grader.problems.models import Aggregation, Visibility

FILE = Path(__file__).with_name("judged.json")
_KEPT_CHARACTERS = 240


@dataclasses.dataclass(frozen=True)
class Found:
    """What became of one test. `output` is the beginning of what was printed, None where that is what is expected."""

    status: TestStatus
    points: Decimal
    time_ms: int
    memory_kb: int
    message: str = ""
    output: str | None = None


@dataclasses.dataclass(frozen=True)
class Judged:
    """What is known of a problem: what is expected of each test, and what became of each program's by its name."""

    expected: Sequence[str]
    programs: Mapping[tuple[str, str], "Judging"]
    """By (language, name)."""


@dataclasses.dataclass(frozen=True)
class Judging:
    """What a program came to, test by test."""

    tests: Sequence[Found]
    compiler_output: str


class OutOfDate(Exception):
    """A problem was changed after its programs were judged."""


@functools.cache
def known() -> Mapping[str, Judged]:
    """Return what is known, by the problem's slug.

    Raises
    ------
    OutOfDate
        A problem is another than the one that was judged.
    """
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    return {one.slug: _read(one, kept.get(one.slug, {})) for one in every_problem()}


def _read(problem: Problem, kept: Mapping[str, Any]) -> Judged:
    if kept.get("of") != fingerprint(problem):
        raise OutOfDate(f"{problem.slug} was changed: run `python -m lti_grader.demo.department.judged`.")
    programs = {}
    for one in problem.programs:
        said, *rows = kept["programs"][f"{one.language}/{one.name}"]
        found = [Found(TestStatus(row[0]), Decimal(row[1]), *row[2:]) for row in rows]
        programs[one.language, one.name] = Judging(found, said)
    return Judged(kept["expected"], programs)


def expected_of(problem: Problem, sandbox: Sandbox) -> list[str]:
    """Return what the problem's first right program prints for each test."""
    blank = judge(problem, problem.solution(problem.languages[0]), [""] * len(problem.inputs), sandbox)
    return [one.output.decode() for one in blank.outcomes]


def judge(problem: Problem, program: Program, expected: Sequence[str], sandbox: Sandbox) -> GradedCode:
    """Judge a program by the problem's tests, as a worker does."""
    specs = [
        TestSpec(
            new_id(), one.name, one.input, one.expected, Decimal(1), CPU_MS, MEMORY_KB, visibility=Visibility.VISIBLE
        )
        for one in tests(problem, expected)
    ]
    group = GroupSpec(new_id(), POINTS, Aggregation.SUM, specs)
    return grade(
        sandbox, available_languages()[program.language], program.text.encode(), [group], checker={"kind": "tokens"},
        fetch=lambda _: b"",
    )  # fmt: skip


def _told(graded: GradedCode) -> list[Any]:
    """Return a judging as the file holds it: the compiler's words, and a list for each test."""
    rows = [
        [
            one.status, str(graded.points_of[one.test_id]), one.time_ms, one.memory_kb, one.message[:_KEPT_CHARACTERS],
            None if one.status is TestStatus.PASS else one.output.decode(errors="replace")[:_KEPT_CHARACTERS],
        ]
        for one in graded.outcomes
    ]  # fmt: skip
    return [graded.compiler_output[: 2 * _KEPT_CHARACTERS], *rows]


def judge_all(sandbox: Sandbox) -> None:
    """Judge every program whose problem was changed, and write down what came of it."""
    kept = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    found = {one.slug: kept[one.slug] for one in every_problem() if one.slug in kept}
    for problem in every_problem():
        if found.get(problem.slug, {}).get("of") != fingerprint(problem):
            expected = expected_of(problem, sandbox)
            programs = {
                f"{one.language}/{one.name}": _told(judge(problem, one, expected, sandbox)) for one in problem.programs
            }
            found[problem.slug] = {"of": fingerprint(problem), "expected": expected, "programs": programs}
            FILE.write_text(_text(found), encoding="utf-8")


def _text(found: Mapping[str, Any]) -> str:
    """Return it as JSON with a line for each program, so that a difference can be read."""
    blocks = []
    for slug, one in found.items():
        rows = ",\n".join(f"    {json.dumps(name)}: {json.dumps(rows)}" for name, rows in one["programs"].items())
        blocks.append(
            f'{json.dumps(slug)}: {{\n  "of": {json.dumps(one["of"])},\n  "expected": {json.dumps(one["expected"])},\n'
            f'  "programs": {{\n{rows}\n  }}\n}}'
        )
    return "{\n" + ",\n".join(blocks) + "\n}\n"


if __name__ == "__main__":
    opened = open_sandbox()
    try:
        judge_all(opened)
    finally:
        opened.close()
