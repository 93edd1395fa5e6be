"""How an answer and a test's own code become a program: a function or a class is run by what calls it."""

import dataclasses
import enum
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from lti_grader.core.errors import Unprocessable
from lti_grader.problems.models import Visibility

_FILE_NAME, _LONGEST_NAME = r"^\w[\w .+-]*$", 100
_LONGEST_PATH, _DEEPEST = 200, 8
FileName = Annotated[str, Field(pattern=_FILE_NAME, max_length=_LONGEST_NAME)]
"""A file's name without a folder. Its length is no part of the pattern: letters of all languages, counted, take a megabyte for each field."""
NOTEBOOK = ".ipynb"
"""How the name of a notebook's file ends."""


def _checked_path(path: str) -> str:
    parts = path.split("/")
    if len(path) > _LONGEST_PATH or len(parts) > _DEEPEST or not all(map(is_file_name, parts)):
        raise ValueError(
            f"{path[:_LONGEST_PATH]!r} must be names of letters, digits and the signs _ . + - with a / between folder and file, at"
            f" most {_DEEPEST} deep and {_LONGEST_PATH} characters long"
        )
    return path


FilePath = Annotated[str, AfterValidator(_checked_path)]
"""A file's place among several: relative, "/" between folders."""


def is_file_name(name: str) -> bool:
    """Return whether a file of a problem may be called so."""
    return len(name) <= _LONGEST_NAME and re.fullmatch(_FILE_NAME, name) is not None


class BadHarness(Unprocessable):
    code = "bad_harness"


class _Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Template(_Config):
    """What becomes of an answer in one language. See `problems.rendering` for what its text may hold."""

    text: str = ""
    """Empty for that of the language (configs/languages): the answer first, then the test's code."""
    language: str | None = None
    """The language of the program, where that is not the answer's: a program that is given the answer as text."""
    file: FileName | None = None
    """A file that holds the answer as well, beside the program."""


class UnitTests(_Config):
    """Tests in a runner's own form. Each test of the version names one of them in its `extra`: `file::name`."""

    runner: str
    """The name of a file in configs/runners."""
    answer: FileName | None = None
    """The name of the file that holds the answer; None for the one that is usual with the runner."""
    tests: dict[FileName, Visibility]
    """The files with tests, of the harness's `files`: name -> when students see what stands in it.

    A program can read what lies beside it, so files that are seen at other times are not there when it runs.
    """


class Level(enum.StrEnum):
    """How much of an answer's style is looked at."""

    BEGINNER = "beginner"
    INTERMEDIATE = "intermediate"
    ADVANCED = "advanced"


_Rule = Annotated[str, Field(pattern=r"^[A-Za-z][\w.*-]*$", max_length=80)]
_Share = Annotated[Decimal, Field(ge=0, le=1)]


class StyleCheck(_Config):
    """A look at the style of an answer, by a tool of configs/checks."""

    tool: str
    level: Level = Level.BEGINNER
    rules: list[_Rule] = []
    """The rules that are looked at, in the tool's own names; empty for those of the level."""
    without: list[_Rule] = []
    """Rules that are not, or what their names begin with."""
    loss: _Share = Decimal("0.25")
    """What part of the points each kind of finding costs; 1 for all or nothing."""
    most: _Share = Decimal(1)
    """What part of the points can be lost in all."""


class Autograder(_Config):
    """A program of Gradescope's form that runs the answer and says what it is worth: see `grading.graders.autograder`."""

    archive: FileName
    """The ZIP archive of it, of the harness's `files`: run_autograder and what that needs."""
    answer: FileName | None = None
    """The name that it finds the answer by; None for the language's usual one."""
    points: Annotated[Decimal, Field(gt=0)] = Decimal(100)
    """What its score is out of, where its tests do not say."""


class AnswerFiles(_Config):
    """That an answer is several files, and which may be in it. `problems.answer_files` says how they are one text."""

    most: Annotated[int, Field(ge=1, le=100)] = 20
    """How many there may be."""
    required: list[FilePath] = []
    """Files without which nothing can be handed in."""
    endings: list[Annotated[str, Field(pattern=r"^\.[\w.+-]+$", max_length=20)]] = []
    """How their names may end, such as ".java"; empty for any."""
    main: FilePath | None = None
    """The file in which the program begins; None where that is found out."""

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        wanted = [*self.required, *([self.main] if self.main else [])]
        if len({one.casefold() for one in wanted}) > self.most:
            raise ValueError(f"more files are required than the {self.most} that there may be")
        for one in wanted:
            if not self.takes(one):
                raise ValueError(f"{one} ends in none of {', '.join(self.endings)}")
        return self

    def takes(self, path: str) -> bool:
        """Return whether a file may be called so, by its ending."""
        return not self.endings or path.endswith(tuple(self.endings))


class Stream(enum.StrEnum):
    """What a program reads, and what it writes."""

    INPUT = "stdin"
    OUTPUT = "stdout"


class Harness(_Config):
    """How a version's tests are run, where a program that reads and writes is not all.

    What stands in the column `problem_versions.harness`; {} there means none.
    """

    kind: Literal["template"] = "template"
    templates: dict[str, Template] = {}
    """Language id -> template. Where there are any, those are the languages that the problem can be answered in."""
    parameters: dict[str, Any] = {}
    """Names that templates may use, with their values."""
    files: dict[FileName, str] = {}
    """Files that lie where the program is built and where it runs: name -> the name of the blob that holds it."""
    only_for: dict[FileName, list[str]] = {}
    """Those of the files that lie beside programs in some languages only: name -> their ids."""
    links: dict[FileName, Stream] = {}
    """Names of files that stand for what the program reads and writes: it may open those instead."""
    unit_tests: UnitTests | None = None
    """Set where a runner of unit tests runs them; `templates` then only say in which language the answer is."""
    autograder: Autograder | None = None
    answer_files: AnswerFiles | None = None
    """Set where an answer is several files, each of which lies where it says when the program is built and runs."""
    checks: dict[Annotated[str, Field(min_length=1, max_length=100)], StyleCheck] = {}
    """Looks at style by their names: for a test of that name it takes the place of a run; without one it is advice."""

    @model_validator(mode="after")
    def _answers_are_others(self) -> Self:
        if self.answer_files is None:
            return self
        if self.unit_tests is not None and (self.unit_tests.answer or "").endswith(NOTEBOOK):
            raise ValueError("an answer is either a notebook or several files")
        own = {one.casefold() for one in self.files}
        for one in [*self.answer_files.required, *([self.answer_files.main] if self.answer_files.main else [])]:
            if one.casefold() in own:
                raise ValueError(f"{one} is asked of students, and cannot be a file of the problem as well")
        return self

    @model_validator(mode="after")
    def _tests_are_there(self) -> Self:
        if self.unit_tests is None:
            return self
        if lacking := sorted(set(self.unit_tests.tests) - set(self.files)):
            raise ValueError(f"the file {lacking[0]}, which holds tests, is not among its files")
        if self.unit_tests.answer in self.files:
            raise ValueError(f"{self.unit_tests.answer} is the answer's, and cannot be a file of the problem as well")
        return self


@dataclasses.dataclass(frozen=True)
class TestText:
    """What a template may know of a test. What is expected is not among it: it never enters a sandbox."""

    __test__ = False

    code: str = ""
    extra: str = ""
    input: str = ""


def takes_notebook(config: Mapping[str, Any]) -> bool:
    """Return whether the answers to a version with this `harness` are notebooks."""
    return str((config.get("unit_tests") or {}).get("answer") or "").endswith(NOTEBOOK)


def takes_files(config: Mapping[str, Any]) -> bool:
    """Return whether the answers to a version with this `harness` are several files."""
    return config.get("answer_files") is not None


def harness_of(config: Mapping[str, Any]) -> Harness | None:
    """Return what a version's `harness` describes, checked; None for {}.

    Raises
    ------
    BadHarness
    """
    if not config:
        return None
    try:
        return Harness.model_validate(dict(config))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadHarness(f"The harness of this problem cannot have {where}: {first['msg']}.") from None
