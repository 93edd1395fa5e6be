"""The department's problems as their authors write them."""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from decimal import Decimal

from lti_grader.demo.department.catalogue import Problem
from lti_grader.demo.problems import STARTER
from lti_grader.problems.models import Difficulty, Visibility
from lti_grader.problems.operations import DraftGroup, DraftProblem, DraftTest
from lti_grader.problems.rubrics import DraftRubric

POINTS = Decimal(10)
CPU_MS, MEMORY_KB = 1000, 262_144
# Of six tests: what a student sees of each.
_SEEN = (
    Visibility.SAMPLE, Visibility.SAMPLE, Visibility.VISIBLE, Visibility.AFTER_DUE, Visibility.HIDDEN, Visibility.HIDDEN,
)  # fmt: skip
TESTS, SAMPLES = len(_SEEN), _SEEN.count(Visibility.SAMPLE)
"""How many tests a problem has, and how many of them are samples: the first ones, which a run is judged by."""


def tests(problem: Problem, expected: Sequence[str]) -> list[DraftTest]:
    """Return a problem's tests, given what a right program prints for each input."""
    listed = enumerate(zip(problem.inputs, expected, _SEEN, strict=True), start=1)
    return [DraftTest(f"Test {place}", given.encode(), out.encode(), seen) for place, (given, out, seen) in listed]


def _rated(difficulty: float) -> Difficulty:
    """Return the word for a difficulty on the scale of students' skill."""
    return Difficulty.EASY if difficulty < -0.8 else Difficulty.MEDIUM if difficulty < 0.3 else Difficulty.HARD


def draft(problem: Problem, expected: Sequence[str], *, rubric: DraftRubric | None = None) -> DraftProblem:
    """Return a problem as a draft."""
    return DraftProblem(
        slug=problem.slug,
        title=problem.title,
        description_markdown=problem.statement,
        groups=[DraftGroup("all", POINTS, tests(problem, expected))],
        starter_code={name: STARTER[name] for name in problem.languages},
        reference_solution={name: problem.solution(name).text for name in problem.languages},
        hint=problem.hint,
        tags=[*problem.tags],
        difficulty=_rated(problem.difficulty),
        cpu_ms=CPU_MS,
        memory_kb=MEMORY_KB,
        rubric=rubric,
    )


def fingerprint(problem: Problem) -> str:
    """Return a name for all that a judging depends on: what was judged of another text is out of date."""
    told = [[dataclasses.astuple(one) for one in problem.programs], list(problem.inputs), CPU_MS, MEMORY_KB]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
