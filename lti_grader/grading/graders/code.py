"""Grading programs: each test is a run with an input, and a comparison of what came out.

The sandbox sees one input at a time and never an expected output; the comparison happens here.
"""

import contextlib
import dataclasses
import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from lti_grader.assignments.languages import Language
from lti_grader.grading.graders.answers import Answer
from lti_grader.grading.graders.autograder import Autograding
from lti_grader.grading.graders.endings import KEPT_MESSAGE_CHARACTERS
from lti_grader.grading.graders.looking import Look, look_of
from lti_grader.grading.graders.looks import SecondLooks
from lti_grader.grading.graders.programs import Built, Programs
from lti_grader.grading.graders.specs import KEPT_OUTPUT_BYTES, GroupSpec, TestOutcome, TestSpec
from lti_grader.grading.graders.style import LONGEST_LOOK_MS, Styles
from lti_grader.grading.graders.unit_tests import UnitTesting
from lti_grader.grading.runners import available_runners
from lti_grader.grading.sandbox import Limits, Sandbox
from lti_grader.grading.verdicts import TestStatus
from lti_grader.problems.checkers import Validated, checker_config
from lti_grader.problems.harness import Harness, TestText
from lti_grader.problems.models import Aggregation
from lti_grader.problems.rendering import CannotRender

__all__ = ["GradedCode", "GroupSpec", "TestOutcome", "TestSpec", "grade", "grade_answer", "longest_test"]


@dataclasses.dataclass(frozen=True)
class GradedCode:
    """A judging: every test's outcome with its points, and what they come to."""

    outcomes: Sequence[TestOutcome]
    points_of: Mapping[uuid.UUID, Decimal]
    points: Decimal
    maximum: Decimal
    compiler_output: str

    @property
    def time_ms(self) -> int:
        return max((one.time_ms for one in self.outcomes), default=0)

    @property
    def memory_kb(self) -> int:
        return max((one.memory_kb for one in self.outcomes), default=0)

    @property
    def trouble(self) -> str:
        """What went wrong on our side, if anything did: then this is no result."""
        return next((one.message for one in self.outcomes if one.status is TestStatus.JUDGE_ERROR), "")


def grade(
    sandbox: Sandbox,
    language: Language,
    source: bytes,
    groups: Sequence[GroupSpec],
    *,
    checker: Mapping[str, Any],
    fetch: Callable[[str], bytes],
    on_test: Callable[[TestOutcome], None] = lambda _: None,
    beside: Mapping[str, bytes] | None = None,
    main: str = "",
    harness: Harness | None = None,
    files: Mapping[str, bytes] | None = None,
) -> GradedCode:
    """Build a program, run it on each test, and work out its points.

    Parameters
    ----------
    source
        The program text, UTF-8.
    groups
        The tests, in their groups and order.
    fetch
        Returns a blob's content.
    on_test
        Told of each outcome as it comes.
    beside
        Files that lie beside the source when it is built, by their paths.
    main
        The path of the source among those; "" for the usual name. `answers` makes both of what students hand in.
    harness
        How an answer and a test's code become a program; None where the answer is one.
    files
        The harness's files: name -> content.
    """
    language = language.beginning_in(main)
    with _judging(sandbox, language, source, groups, checker, fetch, beside or {}, harness, files or {}) as judging:
        outcomes: list[TestOutcome] = []
        course = _Course()
        styles = Styles(
            sandbox, language, source, name=_answer_name(language, source, harness),
            checks=harness.checks if harness else {}, beside=beside or {}, given=_open_files(harness, files or {}),
        )  # fmt: skip
        for group, test in [(one, test) for one in groups for test in one.tests]:
            outcome = (
                course.left_out(group, test)
                or styles.judge(test, is_earned=any(one.status is TestStatus.PASS for one in outcomes))
                or judging.judge(test)
            )
            course.note(group, test, outcome)
            outcomes.append(outcome)
            on_test(outcome)
            if outcome.status is TestStatus.JUDGE_ERROR:
                break
        compiler_output = "\n".join(filter(None, (judging.compiler_output().rstrip(), styles.advice())))
    points_of = _points(groups, {one.test_id: one for one in outcomes})
    return GradedCode(
        outcomes=outcomes,
        points_of=points_of,
        points=sum(points_of.values(), Decimal(0)),
        maximum=sum((group.points for group in groups), Decimal(0)),
        compiler_output=compiler_output,
    )


def grade_answer(
    sandbox: Sandbox, language: Language, answer: Answer, groups: Sequence[GroupSpec], **how: Any
) -> GradedCode:
    """Do as `grade` with an answer that may be several files; what of it is not taken is told like a compiler's words.

    Parameters
    ----------
    how
        The rest of what `grade` takes.
    """
    if answer.trouble:
        graded = _refused(groups, answer.trouble)
    else:
        graded = grade(sandbox, language, answer.source, groups, beside=answer.beside, main=answer.main, **how)
    said = "\n".join(filter(None, [*answer.left_out, graded.compiler_output]))
    return dataclasses.replace(graded, compiler_output=said)


def _refused(groups: Sequence[GroupSpec], words: str) -> GradedCode:
    """Return the judging of an answer that nothing can be built of."""
    tests = [test for group in groups for test in group.tests]
    outcomes = [TestOutcome(one.id, TestStatus.COMPILE_ERROR, Decimal(0), 0, 0, words) for one in tests]
    maximum = sum((group.points for group in groups), Decimal(0))
    return GradedCode(outcomes, {one.id: Decimal(0) for one in tests}, Decimal(0), maximum, words)


def _open_files(harness: Harness | None, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of a problem that hold no tests."""
    tests = harness.unit_tests.tests if harness and harness.unit_tests else {}
    return {name: text for name, text in files.items() if name not in tests}


def _answer_name(language: Language, source: bytes, harness: Harness | None) -> str:
    """Return what the file of an answer is called."""
    if language.main:
        return language.main
    unit = harness.unit_tests if harness else None
    runner = available_runners().get(unit.runner) if unit else None
    return (unit and unit.answer) or (runner.file.answer if runner else language.source_name(source))


class _Judging(Protocol):
    """What an answer was made of, and how each test looks at it."""

    def judge(self, test: TestSpec) -> TestOutcome: ...

    def compiler_output(self) -> str: ...

    def discard(self) -> None: ...


@contextlib.contextmanager
def _judging(
    sandbox: Sandbox, language: Language, source: bytes, groups: Sequence[GroupSpec], checker: Mapping[str, Any],
    fetch: Callable[[str], bytes], beside: Mapping[str, bytes], harness: Harness | None, files: Mapping[str, bytes],
) -> Iterator[_Judging]:  # fmt: skip
    judging: _Judging
    if harness is not None and harness.unit_tests is not None:
        judging = UnitTesting(sandbox, source, harness=harness, files=files, beside=beside, main=language.main)
    elif harness is not None and harness.autograder is not None:
        judging = Autograding(sandbox, language, source, harness=harness, files=files, beside=beside)
    else:
        texts = [(TestText(test.code, test.extra), test.visibility) for group in groups for test in group.tests]
        programs = Programs(sandbox, language, source, harness=harness, files=files, beside=beside, tests=texts)
        judging = _Outputs(programs, look_of(sandbox, checker), fetch)
    try:
        yield judging
    finally:
        judging.discard()


class _Course:
    """Which groups were passed so far, and so which tests are not run."""

    def __init__(self) -> None:
        self._rejected: set[uuid.UUID] = set()

    def note(self, group: GroupSpec, test: TestSpec, outcome: TestOutcome) -> None:
        # An answer that is no program at all fails each of its tests so.
        is_no_program = outcome.status is TestStatus.COMPILE_ERROR and not test.code
        if outcome.status is not TestStatus.PASS and not is_no_program:
            self._rejected.add(group.id)

    def left_out(self, group: GroupSpec, test: TestSpec) -> TestOutcome | None:
        why = ""
        if group.requires & self._rejected:
            why = "Not run: an earlier group of tests has to be passed first."
        elif group.stops and group.id in self._rejected:
            why = "Not run: an earlier test of its group was not passed."
        return TestOutcome(test.id, TestStatus.SKIPPED, Decimal(0), 0, 0, why) if why else None


def longest_test(
    language: Language, groups: Sequence[GroupSpec], harness: Harness | None = None, *, checker: Mapping[str, Any]
) -> dt.timedelta:
    """Return the longest that one test can take, its passes and its second look included, or all that looks at style."""
    wanted = checker_config(checker)
    passes = wanted.passes if isinstance(wanted, Validated) else 1
    runner = available_runners().get(harness.unit_tests.runner) if harness and harness.unit_tests else None
    runs_in = runner.language if runner else language
    walls = [_limits(runs_in, test).wall for group in groups for test in group.tests]
    looks = LONGEST_LOOK_MS * len(harness.checks) if harness else 0
    return dt.timedelta(milliseconds=max(2 * passes * max(walls, default=0), looks))


def _limits(language: Language, test: TestSpec) -> Limits:
    cpu_ms = test.cpu_ms if test.is_exact else language.cpu_ms(test.cpu_ms)
    return Limits(cpu_ms=cpu_ms, memory_kb=test.memory_kb, counts_runtime=test.counts_runtime)


def _without_run(built: Built, test: TestSpec) -> TestOutcome | None:
    program = built.program
    if program.trouble:
        return TestOutcome(test.id, TestStatus.JUDGE_ERROR, Decimal(0), 0, 0, program.trouble)
    if not program.ok:
        words = "It does not compile together with this test's code." if test.code else "The program does not compile."
        return TestOutcome(test.id, TestStatus.COMPILE_ERROR, Decimal(0), 0, 0, words)
    return None


@dataclasses.dataclass
class _Outputs:
    """Programs that read and write."""

    programs: Programs
    look: Look
    fetch: Callable[[str], bytes]
    second_looks: SecondLooks = dataclasses.field(default_factory=SecondLooks)

    def judge(self, test: TestSpec) -> TestOutcome:
        given = self._content(test.input).decode(errors="replace") if self.programs.reads_input else ""
        try:
            built = self.programs.built_for(TestText(test.code, test.extra, given), test.visibility)
        except CannotRender as error:
            return TestOutcome(test.id, TestStatus.JUDGE_ERROR, Decimal(0), 0, 0, error.message)
        if (outcome := _without_run(built, test)) is not None:
            return outcome
        return self._run(built, test, self._content(test.input), self._content(test.expected))

    def _run(self, built: Built, test: TestSpec, given: bytes, expected: bytes) -> TestOutcome:
        limits = _limits(built.program.language, test)
        outcome, status, checked = self.second_looks.decide(lambda: self.look(built.program, given, expected, limits))
        return TestOutcome(
            test_id=test.id,
            status=status,
            share=(checked.share if checked.share is not None else Decimal(1)) if checked.right else Decimal(0),
            time_ms=outcome.cpu_ms,
            memory_kb=outcome.memory_kb,
            message=built.in_own_lines(checked.message)[:KEPT_MESSAGE_CHARACTERS],
            output=outcome.stdout[:KEPT_OUTPUT_BYTES],
            note=checked.note,
        )

    def _content(self, data: bytes | str) -> bytes:
        return self.fetch(data) if isinstance(data, str) else data

    def compiler_output(self) -> str:
        return self.programs.compiler_output()

    def discard(self) -> None:
        self.programs.discard()


def _points(groups: Sequence[GroupSpec], outcomes: Mapping[uuid.UUID, TestOutcome]) -> dict[uuid.UUID, Decimal]:
    points: dict[uuid.UUID, Decimal] = defaultdict(Decimal)
    step = Decimal("0.0001")
    for group in groups:
        shares = {test.id: outcomes[test.id].share if test.id in outcomes else Decimal(0) for test in group.tests}
        if not group.tests:
            continue
        weights = _weights(group)
        weight = sum(weights.values(), Decimal(0))
        match group.aggregation:
            case Aggregation.SUM:
                factor = None
            case Aggregation.MIN:
                factor = min(shares.values())
            case Aggregation.PASS_FAIL:
                factor = Decimal(1 if all(share == 1 for share in shares.values()) else 0)
        worth = {one: weights[one] * (shares[one] if factor is None else factor) for one in shares}
        points |= {one: (group.points * value / weight).quantize(step) for one, value in worth.items()}
        if gained := [one for one, value in worth.items() if value]:
            # Thirds do not add up to the whole: who has everything right has all the points.
            total = (group.points * sum(worth.values(), Decimal(0)) / weight).quantize(step)
            points[gained[-1]] += total - sum(points[one] for one in worth)
    return dict(points)


def _weights(group: GroupSpec) -> dict[uuid.UUID, Decimal]:
    """Return what each test of a group weighs: where none has a weight, all have the same."""
    weights = {test.id: test.points for test in group.tests}
    return weights if any(weights.values()) else dict.fromkeys(weights, Decimal(1))
