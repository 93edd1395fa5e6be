"""Grading programs: each test is a run with an input, and a comparison of what came out.

The sandbox sees one input at a time and never an expected output; the comparison happens here.
"""

import dataclasses
import datetime as dt
import signal
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from lti_grader.assignments.languages import Language
from lti_grader.grading.checkers import Checker, checker
from lti_grader.grading.sandbox import Ending, Limits, Program, RunOutcome, Sandbox
from lti_grader.grading.verdicts import TestStatus
from lti_grader.problems.models import Aggregation

KEPT_OUTPUT_BYTES = 4096
KEPT_MESSAGE_CHARACTERS = 2000


@dataclasses.dataclass(frozen=True)
class TestSpec:
    """A test to be run. `points` is its weight in its group; limits are the problem's, before any multiplier.

    What it reads and what is expected are bytes, or the name of a blob to be fetched when the test's turn comes.
    """

    __test__ = False

    id: uuid.UUID
    name: str
    input: bytes | str
    expected: bytes | str
    points: Decimal
    cpu_ms: int
    memory_kb: int


@dataclasses.dataclass(frozen=True)
class GroupSpec:
    id: uuid.UUID
    points: Decimal
    aggregation: Aggregation
    tests: Sequence[TestSpec]


@dataclasses.dataclass(frozen=True)
class TestOutcome:
    """What became of a test. `share` is 0 to 1; times in milliseconds, memory in KiB."""

    __test__ = False

    test_id: uuid.UUID
    status: TestStatus
    share: Decimal
    time_ms: int
    memory_kb: int
    message: str = ""
    output: bytes = b""


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
    checker_config: Mapping[str, Any],
    fetch: Callable[[str], bytes],
    on_test: Callable[[TestOutcome], None] = lambda _: None,
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
    """
    program = sandbox.build(language, source)
    try:
        outcomes = []
        check = checker(checker_config)
        for test in (test for group in groups for test in group.tests):
            outcome = _without_run(program, test) or _judge(sandbox, program, test, check, fetch)
            outcomes.append(outcome)
            on_test(outcome)
            if outcome.status is TestStatus.JUDGE_ERROR:
                break
    finally:
        sandbox.discard(program)
    points_of = _points(groups, {one.test_id: one for one in outcomes})
    return GradedCode(
        outcomes=outcomes,
        points_of=points_of,
        points=sum(points_of.values(), Decimal(0)),
        maximum=sum((group.points for group in groups), Decimal(0)),
        compiler_output=program.compiler_output,
    )


def longest_test(language: Language, groups: Sequence[GroupSpec]) -> dt.timedelta:
    """Return the longest that one test can take, its second look included."""
    walls = [_limits(language, test).wall for group in groups for test in group.tests]
    return dt.timedelta(milliseconds=2 * max(walls, default=0))


def _limits(language: Language, test: TestSpec) -> Limits:
    return Limits(cpu_ms=language.cpu_ms(test.cpu_ms), memory_kb=test.memory_kb)


def _without_run(program: Program, test: TestSpec) -> TestOutcome | None:
    if program.trouble:
        return TestOutcome(test.id, TestStatus.JUDGE_ERROR, Decimal(0), 0, 0, program.trouble)
    if not program.ok:
        return TestOutcome(test.id, TestStatus.COMPILE_ERROR, Decimal(0), 0, 0, "The program does not compile.")
    return None


def _judge(
    sandbox: Sandbox, program: Program, test: TestSpec, check: Checker, fetch: Callable[[str], bytes]
) -> TestOutcome:
    given, expected = (fetch(data) if isinstance(data, str) else data for data in (test.input, test.expected))
    limits = _limits(program.language, test)
    outcome = sandbox.run(program, given, limits=limits)
    if outcome.ending is Ending.TIMEOUT:
        # Maybe it was the machine that was slow. A second look decides.
        outcome = sandbox.run(program, given, limits=limits)
    status, message = _verdict(outcome, expected, test, check, limits)
    return TestOutcome(
        test_id=test.id,
        status=status,
        share=Decimal(1 if status is TestStatus.PASS else 0),
        time_ms=outcome.cpu_ms,
        memory_kb=outcome.memory_kb,
        message=message[:KEPT_MESSAGE_CHARACTERS],
        output=outcome.stdout[:KEPT_OUTPUT_BYTES],
    )


def _verdict(
    outcome: RunOutcome, expected: bytes, test: TestSpec, check: Checker, limits: Limits
) -> tuple[TestStatus, str]:
    match outcome.ending:
        case Ending.SANDBOX_ERROR:
            return TestStatus.JUDGE_ERROR, outcome.detail
        case Ending.TIMEOUT:
            return TestStatus.TIMEOUT, f"It did not end within {limits.cpu_ms / 1000:g} s of processor time."
        case Ending.MEMORY:
            return TestStatus.MEMORY, f"It needed more than {limits.memory_kb // 1024} MiB of memory."
        case Ending.OUTPUT_LIMIT:
            return TestStatus.OUTPUT_LIMIT, f"It wrote more than {limits.output_bytes // 1024 // 1024} MiB."
        case Ending.SIGNALLED:
            return TestStatus.RUNTIME_ERROR, f"It ended by {_signal_in_words(outcome.signal)}.\n{_last_words(outcome)}"
        case Ending.EXITED if outcome.exit_code != 0:
            words = _last_words(outcome)
            return TestStatus.RUNTIME_ERROR, words or f"It ended with exit code {outcome.exit_code}."
    checked = check(outcome.stdout, expected)
    return (TestStatus.PASS if checked.right else TestStatus.FAIL), checked.message


def _last_words(outcome: RunOutcome) -> str:
    text = outcome.stderr.decode(errors="replace").replace("/program/", "").strip()
    return text if len(text) <= KEPT_MESSAGE_CHARACTERS else "…" + text[-KEPT_MESSAGE_CHARACTERS + 1 :]


def _signal_in_words(number: int | None) -> str:
    common = {
        signal.SIGSEGV: "a segmentation fault (memory was used that is not the program's own, or the stack overflowed)",
        signal.SIGABRT: "abort()",
        signal.SIGFPE: "an arithmetic fault such as a division by zero",
        signal.SIGKILL: "being killed",
        signal.SIGBUS: "a bus error",
        signal.SIGXFSZ: "writing too large a file",
        signal.SIGSYS: "a system call that is not allowed here",
    }
    try:
        known = signal.Signals(number or 0)
    except ValueError:
        return f"signal {number}"
    return f"{common[known]} ({known.name})" if known in common else known.name


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
        for test in group.tests:
            share = shares[test.id] if factor is None else factor
            points[test.id] = (group.points * weights[test.id] / weight * share).quantize(step)
        whole = all(share == 1 for share in shares.values())
        if whole:
            # Thirds do not add up to the whole; who has everything right has all the points.
            points[group.tests[-1].id] += group.points - sum(points[test.id] for test in group.tests)
    return dict(points)


def _weights(group: GroupSpec) -> dict[uuid.UUID, Decimal]:
    """Return what each test of a group weighs: where none has a weight, all have the same."""
    weights = {test.id: test.points for test in group.tests}
    return weights if any(weights.values()) else dict.fromkeys(weights, Decimal(1))
