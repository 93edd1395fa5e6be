"""What can stand in `lti-grader.yaml`; docs/problem-format.md tells authors the same."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from lti_grader.problems.harness import FileName
from lti_grader.problems.models import Aggregation, Difficulty, Visibility
from lti_grader.problems.packages.yaml_quiz import with_ids
from lti_grader.problems.quizzes.form import Quiz

MARK = "lti-grader.yaml"
TYPED = ("answer", "checker", "parameters", "harness")
"""Where numbers and truth are read as such; everywhere else a value is the text that is written."""
Points = Annotated[Decimal, Field(ge=0, le=1_000_000)]
_Seconds = Annotated[Decimal, Field(gt=0, le=600)]
_Mebibytes = Annotated[Decimal, Field(gt=0, le=65_536)]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_Verdict = Literal[
    "accepted", "fail", "timeout", "memory", "output_limit", "runtime_error", "compile_error", "judge_error"
]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InFile(_Form):
    """A text that stands in a file of the package."""

    file: _Name


class InFolder(_Form):
    """A program of several files, which stand below a folder of the package."""

    folder: _Name


Text = str | InFile
Program = Text | InFolder


class LanguageLimits(_Form):
    time: _Seconds | None = None
    memory: _Mebibytes | None = None


class LimitsForm(_Form):
    """Seconds of processor time and MiB of memory of each test."""

    time: _Seconds | None = None
    time_multiplier: Annotated[Decimal, Field(gt=0, le=1000)] = Decimal(5)
    memory: _Mebibytes = Decimal(256)
    languages: dict[str, LanguageLimits] = {}


class TestForm(_Form):
    __test__ = False

    name: _Name | None = None
    input: Text = ""
    expected: Text = ""
    visibility: Visibility | None = None
    points: Points = Decimal(1)
    code: Text = ""
    extra: Text = ""
    time: _Seconds | None = None
    memory: _Mebibytes | None = None


class GroupForm(_Form):
    name: _Name
    points: Points
    aggregation: Aggregation = Aggregation.SUM
    stop: bool = False
    requires: list[str] = []
    visibility: Visibility = Visibility.HIDDEN
    folder: _Name | None = None
    tests: list[TestForm] = []


class TemplateForm(_Form):
    text: Text = ""
    language: str | None = None
    file: FileName | None = None


class AnswerForm(_Form):
    files: dict[str, Any] = {}
    """See `harness.AnswerFiles`: an answer is several files."""


class LevelForm(_Form):
    points: Points
    description: _Name
    exemplar: Text = ""


class CriterionForm(_Form):
    name: _Name
    description: Text = ""
    levels: list[LevelForm]


class RubricForm(_Form):
    """By what people mark answers."""

    shown: bool = True
    criteria: list[CriterionForm]


class SolutionForm(_Form):
    source: Program
    name: _Name | None = None
    language: str | None = None
    expected: _Verdict | list[_Verdict] | None = None
    beside: dict[str, Text] = {}


class ProblemForm(_Form):
    """The whole file."""

    lti_grader: Literal["1"]
    title: Annotated[str, StringConstraints(min_length=1, max_length=250)]
    slug: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$")] | None = None
    tags: list[str] = []
    difficulty: Difficulty | None = None
    statement: Text = ""
    pictures: dict[_Name, InFile] = {}
    """What the statement shows, by the names that it calls them."""
    hint: Text = ""
    limits: LimitsForm = LimitsForm()
    checker: dict[str, Any] = {"kind": "tokens"}
    answer: AnswerForm | None = None
    starter: dict[str, Program] = {}
    templates: dict[str, TemplateForm] | None = None
    parameters: dict[str, Any] = {}
    files: dict[FileName, Text] = {}
    harness: dict[str, Any] = {}
    unit_tests: dict[str, Any] | None = None
    """See `packages.unit_tests`: a runner finds the groups and tests."""
    notebook: InFile | None = None
    """A notebook with graded cells, which the groups, the starter and a solution are made of."""
    checks: dict[str, dict[str, Any]] = {}
    """Looks at style by their names; see `packages.unit_tests`, too."""
    quiz: Annotated[Quiz, BeforeValidator(with_ids)] | None = None
    """Questions in the place of groups: see `problems.quizzes.form`."""
    groups: list[GroupForm] = []
    rubric: RubricForm | None = None
    solutions: list[SolutionForm] = []
