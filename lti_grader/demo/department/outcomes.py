"""What each program of a problem comes to, as rows from which the database makes the results of every attempt."""

import dataclasses
import enum
import uuid
from collections.abc import Iterator
from decimal import Decimal

from lti_grader.demo.department.catalogue import Program
from lti_grader.demo.department.drafts import POINTS, SAMPLES
from lti_grader.demo.department.founding import Published
from lti_grader.demo.department.judged import Found, known
from lti_grader.grading.verdicts import TestStatus


class Way(enum.IntEnum):
    """How a program was judged."""

    WHOLE = 0
    """By every test."""
    RUN = 1
    """By the samples only."""
    BEFORE_REGRADE = 2
    """By the tests as they were before a mistake in the last of them was found."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a program comes to; `key` is its number in the tables that are made of it."""

    key: int
    tests: list[tuple[uuid.UUID, Found]]
    compiler_output: str | None

    @property
    def points(self) -> Decimal:
        return sum((found.points for _, found in self.tests), Decimal(0))

    @property
    def time_ms(self) -> int:
        return max(found.time_ms for _, found in self.tests)

    @property
    def memory_kb(self) -> int:
        return max(found.memory_kb for _, found in self.tests)

    def rows(self) -> Iterator[tuple[object, ...]]:
        """Give (key, test, status, points, ms, KiB, message, output) of each test."""
        for test_id, one in self.tests:
            yield self.key, test_id, one.status, one.points, one.time_ms, one.memory_kb, one.message, one.output


class Outcomes:
    """The outcomes of one problem's programs, worked out as they are asked for."""

    def __init__(self, published: Published, first_key: int) -> None:
        self._published = published
        self._next = first_key
        self._known: dict[tuple[str, str, Way], Outcome] = {}

    def __call__(self, program: Program, way: Way) -> Outcome:
        """Return what a program comes to when it is judged in a way."""
        asked = (program.language, program.name, way)
        if asked not in self._known:
            self._known[asked] = self._worked_out(program, way)
            self._next += 1
        return self._known[asked]

    def all(self) -> list[Outcome]:
        """Return those that were asked for."""
        return list(self._known.values())

    def _worked_out(self, program: Program, way: Way) -> Outcome:
        problem = self._published.problem
        judging = known()[problem.slug].programs[program.language, program.name]
        expected = known()[problem.slug].expected
        tests = [
            (test_id, dataclasses.replace(one, output=out) if one.status is TestStatus.PASS else one)
            for test_id, one, out in zip(self._published.test_ids, judging.tests, expected, strict=True)
        ]
        if way is Way.RUN:
            share = POINTS / SAMPLES
            tests = [
                (test_id, dataclasses.replace(one, points=share if one.status is TestStatus.PASS else Decimal(0)))
                for test_id, one in tests[:SAMPLES]
            ]
        if way is Way.BEFORE_REGRADE:
            test_id, last = tests[-1]
            if last.status is TestStatus.PASS:
                tests[-1] = (test_id, dataclasses.replace(last, status=TestStatus.FAIL, points=Decimal(0)))
        return Outcome(self._next, tests, judging.compiler_output or None)
