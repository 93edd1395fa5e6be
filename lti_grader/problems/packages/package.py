"""A problem that was read from a package, before it is kept or judged."""

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from lti_grader.core.errors import Unprocessable
from lti_grader.problems.harness import Harness
from lti_grader.problems.models import Difficulty, LanguageLimit, Visibility
from lti_grader.problems.operations import DraftGroup
from lti_grader.problems.quizzes.form import Quiz
from lti_grader.problems.rubrics import DraftRubric


class BadPackage(Unprocessable):
    """A package cannot be read; the message names the file."""

    code = "bad_package"


@dataclasses.dataclass(frozen=True)
class Submission:
    """A submission that its author put into the package, to be judged so.

    Parameters
    ----------
    expected
        Verdicts, of which one has to come out: "accepted" or a `TestStatus`. None where nothing is said.
    beside
        Files that belong to it as well, such as headers: path -> content.
    main
        The path of `source` among those; "" for a program that is one text.
    """

    path: str
    language: str | None
    """None for one that is in a language which this tool does not know."""
    source: bytes
    expected: frozenset[str] | None
    beside: Mapping[str, bytes] = dataclasses.field(default_factory=dict)
    main: str = ""
    cpu_ms: int | None = None
    """The limit of each test that it is judged by, in milliseconds, where that is its own."""
    memory_kb: int | None = None
    """The same of memory, in KiB: of all that it uses, with what its language's runtime takes."""

    @property
    def files(self) -> dict[str, bytes]:
        """All of its files by their paths, where it has a path itself."""
        return {**self.beside, self.main: self.source} if self.main else {}


@dataclasses.dataclass(frozen=True)
class TestFile:
    """A file of tests in a runner's own form, before anybody has looked which tests are in it.

    Parameters
    ----------
    name
        A file of the package's `files`.
    points
        Of tests, by their names in it (`test_add`, `TestAdd::test_zero`).
    each
        The points of every other one.
    """

    __test__ = False

    name: str
    visibility: Visibility = Visibility.HIDDEN
    points: Mapping[str, Decimal] = dataclasses.field(default_factory=dict)
    each: Decimal = Decimal(1)


@dataclasses.dataclass(frozen=True)
class AuthorsProgram:
    """A program that came with a problem. `beside` lies beside it when it is built; its limits may be None."""

    name: str
    language: str
    source: bytes
    beside: Mapping[str, bytes] = dataclasses.field(default_factory=dict)
    cpu_ms: int | None = None
    memory_kb: int | None = None


@dataclasses.dataclass(frozen=True)
class Generated:
    """What a program makes: it writes an input, given arguments and an input of its own.

    `answers` says whether it also writes what is expected, to standard error. As the expected output of a test it is what the
    program writes, given the test's input.
    """

    program: AuthorsProgram
    arguments: tuple[str, ...] = ()
    input: bytes = b""
    answers: bool = False


@dataclasses.dataclass(frozen=True)
class Package:
    """A problem as a package describes it.

    Parameters
    ----------
    groups
        With what their tests give and expect in full.
    cpu_ms
        The limit that it names; None where it wants one that is found from its accepted submissions.
    checker
        As `problem_versions.checker`.
    report
        What could not be carried over, in words for the author.
    losses
        Of that, what it is another problem without: it is brought in only on request, and as a draft.
    harness
        How an answer becomes a program, where it is none; its `files` name themselves.
    files
        The harness's files: name -> content.
    """

    slug: str
    title: str
    statement: str
    groups: Sequence[DraftGroup]
    checker: Mapping[str, Any]
    cpu_ms: int | None
    memory_kb: int
    submissions: Sequence[Submission]
    time_multiplier: Decimal = Decimal(5)
    """How many times the slowest accepted submission the limit is, where it is found from those."""
    report: Sequence[str] = ()
    losses: Sequence[str] = ()
    tags: Sequence[str] = ()
    difficulty: Difficulty | None = None
    starter_code: Mapping[str, str] = dataclasses.field(default_factory=dict)
    hint: str = ""
    language_limits: Mapping[str, LanguageLimit] = dataclasses.field(default_factory=dict)
    harness: Harness | None = None
    files: Mapping[str, bytes] = dataclasses.field(default_factory=dict)
    generated: Mapping[str, Generated] = dataclasses.field(default_factory=dict)
    """What tests have instead of an input or an expected output, by the name that stands there.

    `grading.packages.settled` puts what comes of it in their place.
    """
    quiz: Quiz | None = None
    """Its questions, where it is a quiz: it has no programs then, and its groups follow from those."""
    test_files: Sequence[TestFile] = ()
    """With a harness that has `unit_tests`: what its tests are is found by its runner, with an accepted submission.

    `grading.packages.settled` does that and makes `groups` of them, one a file; whatever reads a format calls
    `packages.unit_tests.with_unit_tests` to fill in harness, files and this, and whatever judges or keeps a package
    calls `settled` first.
    """
    rubric: DraftRubric | None = None
    pictures: Mapping[str, bytes] = dataclasses.field(default_factory=dict)
    """What the statement shows, by the names that it calls them."""


@dataclasses.dataclass(frozen=True)
class Refused:
    """A problem that cannot be brought in at all, and why."""

    title: str
    why: str
