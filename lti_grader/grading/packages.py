"""Judging what stands in a package, without a database: for authors, scripts and CI."""

import dataclasses
import uuid
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from lti_grader.assignments.languages import Language, available_languages, missing_languages
from lti_grader.core.errors import Unprocessable
from lti_grader.grading import verdicts
from lti_grader.grading.generating import with_generated
from lti_grader.grading.graders.answers import Answer, answer_of, answer_of_text
from lti_grader.grading.graders.code import GradedCode, GroupSpec, TestOutcome, TestSpec, grade_answer
from lti_grader.grading.graders.unit_tests import FoundTest, UnitTesting
from lti_grader.grading.runners import described_runners
from lti_grader.grading.sandbox import Sandbox
from lti_grader.grading.verdicts import ACCEPTED, TestStatus
from lti_grader.problems.harness import Template
from lti_grader.problems.models import OnReject, Visibility
from lti_grader.problems.operations import DraftGroup, DraftTest
from lti_grader.problems.packages.package import BadPackage, Package, Submission, TestFile

_LONGEST_MS = 60_000
_SHORTEST_MS = 1000


class LanguageMissing(Unprocessable):
    code = "language_missing"


def language_named(name: str) -> Language:
    """Return a language whose toolchain is here.

    Raises
    ------
    LanguageMissing
    """
    found = available_languages().get(name)
    if found is None and (why := missing_languages().get(name)):
        raise LanguageMissing(f"{name} cannot be judged on this machine: {why}.")
    if found is None:
        raise LanguageMissing(f"{name!r} is none of the languages that are here: {', '.join(available_languages())}.")
    return found


def settled(sandbox: Sandbox, package: Package) -> Package:
    """Return a package with every test in it: what programs of its author make, and what a runner finds in files of tests.

    Raises
    ------
    BadPackage
        The tests cannot be listed, or one that points are given for is not among them.
    """
    package = with_generated(sandbox, package)
    if package.harness is None or package.harness.unit_tests is None or not package.test_files:
        return package
    name = package.harness.unit_tests.runner
    described = described_runners().get(name)
    if described is None:
        raise BadPackage(f"There is no runner {name!r}: the runners are {', '.join(described_runners())}.")
    language = described[1].language
    if (named := package.harness.unit_tests.answer) in described[1].drivers or (
        named or described[1].answer
    ) in package.files:
        raise BadPackage(
            f"A file of the problem and the answer are both called {named or described[1].answer}: name another."
        )
    harness = package.harness.model_copy(update={"templates": {language: Template()}})
    if harness.answer_files is not None and harness.unit_tests is not None and named is None:
        # Pages tell students the name of a file that they begin with.
        own = harness.unit_tests.model_copy(update={"answer": described[1].answer})
        harness = harness.model_copy(update={"unit_tests": own})
    answer = next((one for one in package.submissions if _is_accepted(one) and one.language == language), None)
    if answer is None:
        raise BadPackage(f"The tests can only be listed with an accepted submission in {language}: add one.")
    taken = _answer(package, language_named(language), answer.source, answer.beside, answer.main)
    testing = UnitTesting(
        sandbox, taken.source, harness=harness, files=package.files, beside=taken.beside, main=taken.main
    )
    try:
        found = testing.found()
    finally:
        testing.discard()
    if found.trouble:
        raise BadPackage(found.trouble)
    groups = [_group_of(one, found.tests) for one in package.test_files]
    return dataclasses.replace(package, harness=harness, groups=[*groups, *package.groups], test_files=())


def _is_accepted(submission: Submission) -> bool:
    return submission.expected == frozenset({ACCEPTED})


def _group_of(file: TestFile, found: Sequence[FoundTest]) -> DraftGroup:
    mine = {one.name.partition("::")[2]: one for one in found if one.name.startswith(f"{file.name}::")}
    if not mine:
        raise BadPackage(f"The runner finds no test in {file.name}.")
    if len(mine) < sum(one.name.startswith(f"{file.name}::") for one in found):
        raise BadPackage(f"{file.name} has two tests of one name: points and results go by names, so name them apart.")
    if unknown := sorted(set(file.points) - set(mine)):
        raise BadPackage(
            f"{file.name} has no test {unknown[0]!r}, which points are given for: it has {', '.join(mine)}."
        )
    tests = [
        DraftTest(name, b"", b"", file.visibility, file.points.get(name, file.each), code=one.code, extra=one.name)
        for name, one in mine.items()
    ]
    return DraftGroup(file.name, sum((one.points for one in tests), Decimal(0)), tests)


@dataclasses.dataclass(frozen=True)
class NamedOutcome:
    """What became of a test, by its names."""

    group: str
    test: str
    outcome: TestOutcome
    points: Decimal


@dataclasses.dataclass(frozen=True)
class Judged:
    """A submission's judging."""

    graded: GradedCode
    tests: Sequence[NamedOutcome]

    @property
    def first_words(self) -> str:
        """What is said of the first test that is not passed."""
        said = [f"{one.test}: {one.outcome.message}" for one in self.tests if one.outcome.status is not TestStatus.PASS]
        return next(iter(said), "")

    @property
    def verdicts(self) -> frozenset[str]:
        """What it came to: "accepted", or each of the other verdicts that occurred."""
        return verdicts.came_to(one.status for one in self.graded.outcomes)


def judge(
    sandbox: Sandbox,
    package: Package,
    source: bytes,
    language: Language,
    *,
    cpu_ms: int,
    runs_all: bool = False,
    memory_kb: int | None = None,
    beside: Mapping[str, bytes] | None = None,
    main: str = "",
    on_test: Callable[[TestOutcome], None] = lambda _: None,
) -> Judged:
    """Judge a program by a package's tests.

    Parameters
    ----------
    cpu_ms
        The limit of each test, in milliseconds, before what the language adds.
    runs_all
        Run every test, also those that depend on others or come after one that is not passed.
    memory_kb
        The limit of each test in place of the package's, in KiB, with what the language's runtime takes.
    beside
        Files that belong to it as well, by their paths.
    main
        The path of `source` among them, for a program that is several files.
    """
    ids = {group.name: uuid.uuid4() for group in package.groups}
    # Who judges by a package has it: nothing is hidden. But what tests can read is not more than it will be.
    is_apart = package.harness is not None and package.harness.unit_tests is not None
    names: dict[uuid.UUID, tuple[str, str]] = {}
    specs = []
    own = package.language_limits.get(language.id, {})
    for group in package.groups:
        tests = []
        for test in group.tests:
            spec = TestSpec(
                uuid.uuid4(), test.name, test.input, test.expected, test.points,
                test.cpu_ms or own.get("cpu_ms") or cpu_ms, memory_kb or test.memory_kb or own.get("memory_kb") or package.memory_kb,
                code=test.code, extra=test.extra, visibility=test.visibility if is_apart else Visibility.SAMPLE,
                is_exact=test.cpu_ms is None and "cpu_ms" in own, counts_runtime=memory_kb is not None,
            )  # fmt: skip
            names[spec.id] = (group.name, test.name)
            tests.append(spec)
        requires = frozenset() if runs_all else frozenset(ids[one] for one in group.requires if one in ids)
        stops = not runs_all and group.on_reject is OnReject.STOP
        specs.append(GroupSpec(ids[group.name], group.points, group.aggregation, tests, requires, stops))
    answer = _answer(package, language, source, beside or {}, main)
    graded = grade_answer(
        sandbox, language, answer, specs, checker=package.checker, fetch=_nothing, on_test=on_test, harness=package.harness,
        files=package.files,
    )  # fmt: skip
    return Judged(
        graded,
        [
            NamedOutcome(*names[one.test_id], one, graded.points_of.get(one.test_id, Decimal(0)))
            for one in graded.outcomes
        ],
    )


def _answer(package: Package, language: Language, source: bytes, beside: Mapping[str, bytes], main: str) -> Answer:
    if main:
        return answer_of({**beside, main: source}, language, package.harness, main=main)
    if package.harness is not None and package.harness.answer_files is not None:
        return answer_of_text(source, language, package.harness)
    return Answer(source, beside)


def _nothing(name: str) -> bytes:
    raise LookupError(name)


def calibrated(sandbox: Sandbox, package: Package) -> tuple[int, str]:
    """Return the time limit of a package in milliseconds, and in words where it comes from.

    Where the package names none it is found on this machine: a multiple of what its slowest accepted submission needs.
    """
    if package.cpu_ms is not None:
        return package.cpu_ms, "as the package says"
    slowest, which = -1, ""
    for one in package.submissions:
        language = available_languages().get(one.language or "")
        if one.expected != frozenset({ACCEPTED}) or language is None:
            continue
        done = judge(sandbox, package, one.source, language, cpu_ms=_LONGEST_MS, beside=one.beside, main=one.main)
        # What the language adds and multiplies, it gets again.
        needed = max(0, round((done.graded.time_ms - language.file.startup_ms) / language.file.time_multiplier))
        if done.verdicts == {ACCEPTED} and needed > slowest:
            slowest, which = needed, one.path
    if not which:
        return 2 * _SHORTEST_MS, "no accepted submission could be run, so that it is a guess"
    limit = max(_SHORTEST_MS, round(slowest * package.time_multiplier))
    return limit, f"{package.time_multiplier} times the slowest accepted submission here, {which}, but 1 s at least"


@dataclasses.dataclass(frozen=True)
class Verified:
    """What a package's own submission came to, beside what its author expects."""

    submission: Submission
    verdicts: frozenset[str]
    """Empty where it was not run."""
    why: str = ""
    """Why it was not run, or what went wrong here."""
    judged: Judged | None = None
    """None where it was not run."""

    @property
    def agrees(self) -> bool | None:
        """Whether it is as expected; None where nothing can be said."""
        return verdicts.agrees(self.verdicts, self.submission.expected)


def verify(
    sandbox: Sandbox, package: Package, *, cpu_ms: int, on_done: Callable[[Verified], None] = lambda _: None
) -> list[Verified]:
    """Run a package's own submissions on all of its tests, and compare."""
    found = []
    for one in package.submissions:
        language = available_languages().get(one.language or "")
        if language is None:
            done = Verified(one, frozenset(), f"{one.language or 'its language'} is not here")
        else:
            judged = judge(
                sandbox, package, one.source, language, cpu_ms=one.cpu_ms or cpu_ms, memory_kb=one.memory_kb, runs_all=True,
                beside=one.beside, main=one.main,
            )  # fmt: skip
            done = Verified(one, judged.verdicts, judged.graded.trouble or judged.first_words, judged)
        found.append(done)
        on_done(done)
    return found
