"""Notebooks with graded cells as packages: what is common to nbgrader's and otter's.

A notebook is run by the runner `notebook` (configs/runners): `PLAN` tells it which cells are not the student's to change, and two
files hold the tests, apart by whether students may see them.
"""

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Literal

from lti_grader.problems.harness import Harness, Template, UnitTests, is_file_name
from lti_grader.problems.models import Aggregation, Visibility
from lti_grader.problems.notebooks import ENDING, BadNotebook, Cell, Notebook, read_notebook, with_ids, written
from lti_grader.problems.operations import DraftGroup, DraftTest
from lti_grader.problems.packages.files import zipped
from lti_grader.problems.packages.package import BadPackage, Package, Submission

RUNNER, ANSWER, LANGUAGE = "notebook", "answer.ipynb", "python"
PLAN, BESIDE = "notebook.json", "notebook_files.zip"
SHOWN, HIDDEN = "shown_tests.json", "hidden_tests.json"
OWN_FILES = frozenset({PLAN, BESIDE, SHOWN, HIDDEN})
"""The files of such a problem that are no data of its author's."""
_MEMORY_KB = 524_288
_HEADING = re.compile(r"^#\s+(.+?)\s*#*\s*$", re.MULTILINE)
_PYTHON = ("python", "ipython", "python3", "python2")


@dataclasses.dataclass(frozen=True)
class PlanCell:
    """A cell of code as its author has it.

    Parameters
    ----------
    kind
        "open" for one that the student may change, "given" for one that they may not, "test" for the place of tests.
    called
        What it may be known by in a student's copy.
    source
        What is run there, of one that is not open.
    """

    kind: Literal["open", "given", "test"]
    name: str
    called: Sequence[str]
    source: str = ""


@dataclasses.dataclass(frozen=True)
class CellTest:
    """A test that is run where the cell of that name stands.

    Parameters
    ----------
    kind
        "cell" passes where it raises nothing, "doctest" where it shows what stands in it, and "call" is a function that gets what
        the notebook has by the names of its parameters.
    failing
        What its author says where it fails.
    """

    name: str
    cell: str
    code: str
    is_hidden: bool
    weight: Decimal = Decimal(1)
    kind: Literal["cell", "doctest", "call"] = "cell"
    function: str = ""
    parameters: Sequence[str] = ()
    failing: str = ""

    @property
    def file(self) -> str:
        return HIDDEN if self.is_hidden else SHOWN


@dataclasses.dataclass(frozen=True)
class Question:
    """Tests that are worth points together."""

    name: str
    points: Decimal
    tests: Sequence[CellTest]
    is_whole: bool = True
    """Whether its points are given for all of its tests or not at all."""


@dataclasses.dataclass(frozen=True)
class Course:
    """What a notebook becomes: a copy for students, what of it is kept as it is, and its questions."""

    starter: Notebook
    solution: Notebook | None
    plan: Sequence[PlanCell]
    questions: Sequence[Question]
    report: Sequence[str] = ()
    losses: Sequence[str] = ()
    seed: int | None = None
    """What random numbers begin with in each cell."""
    replaced: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Variables that have another value when it is graded."""


def opened(name: str, content: bytes) -> Notebook:
    """Return a notebook in Python, each of its cells with an id.

    Raises
    ------
    BadPackage
    """
    try:
        found = with_ids(read_notebook(content))
    except BadNotebook as error:
        raise BadPackage(f"{name}: {error.message}") from None
    if found.language not in _PYTHON:
        raise BadPackage(f"{name} is in {found.language}: only notebooks in Python are run here.")
    return found


def title_of(notebook: Notebook, stem: str) -> str:
    """Return the first heading of a notebook, or what its file is called."""
    headings = (_HEADING.search(one.source) for one in notebook.cells if one.kind == "markdown")
    return next((one[1].strip("*_ ") for one in headings if one), stem)[:250] or "Notebook"


def package_of(path: str, course: Course, files: Mapping[str, bytes]) -> Package:
    """Return a notebook as a package.

    Parameters
    ----------
    path
        Its file, by which it is called.
    files
        What lies beside it, for students and for what is run.

    Raises
    ------
    BadPackage
        It has no test.
    """
    stem = PurePosixPath(path).stem
    if not any(one.tests for one in course.questions):
        raise BadPackage("It has no cell with tests: nothing in it can be graded by running it.")
    tests = [test for one in course.questions for test in one.tests]
    given = _beside(files) | {PLAN: _plan(course)} | _tests(tests)
    visibilities = {SHOWN: Visibility.VISIBLE, HIDDEN: Visibility.HIDDEN}
    harness = Harness(
        templates={LANGUAGE: Template()},
        files={name: name for name in given},
        unit_tests=UnitTests(
            runner=RUNNER, answer=ANSWER, tests={name: visibilities[name] for name in given if name in visibilities}
        ),
    )
    solution = [
        Submission(f"solutions/{stem}{ENDING}", LANGUAGE, written(course.solution), frozenset({"accepted"}))
    ] if course.solution else []  # fmt: skip
    return Package(
        slug=re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:100] or "notebook",
        title=title_of(course.starter, stem),
        statement="",
        groups=[_group(one) for one in course.questions if one.tests],
        checker={"kind": "tokens"},
        cpu_ms=None,
        memory_kb=_MEMORY_KB,
        submissions=solution,
        report=course.report,
        losses=course.losses,
        starter_code={LANGUAGE: written(course.starter).decode()},
        harness=harness,
        files=given,
    )


def _plan(course: Course) -> bytes:
    cells = [dataclasses.asdict(one) for one in course.plan]
    return json.dumps({"cells": cells, "seed": course.seed, "replaced": dict(course.replaced)}, indent=1).encode()


def _tests(tests: Sequence[CellTest]) -> dict[str, bytes]:
    found: dict[str, dict[str, object]] = {}
    for one in tests:
        about = {
            "cell": one.cell, "kind": one.kind, "code": one.code, "function": one.function,
            "parameters": list(one.parameters), "failing": one.failing,
        }  # fmt: skip
        found.setdefault(one.file, {})[one.name] = about
    return {name: json.dumps({"tests": those}, indent=1).encode() for name, those in found.items()}


def _beside(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return an author's files as a problem holds them: those in folders, or of odd names, in an archive."""
    plain = {name: text for name, text in files.items() if is_file_name(name) and name not in {*OWN_FILES, ANSWER}}
    packed = {name: text for name, text in files.items() if name not in plain}
    return plain | ({BESIDE: zipped(packed, "")} if packed else {})


def _group(question: Question) -> DraftGroup:
    tests = [
        DraftTest(
            one.name, b"", b"", Visibility.HIDDEN if one.is_hidden else Visibility.SAMPLE, one.weight,
            code=one.code, extra=f"{one.file}::{one.name}",
        )
        for one in question.tests
    ]  # fmt: skip
    is_whole = question.is_whole and len(tests) > 1
    return DraftGroup(question.name, question.points, tests, Aggregation.PASS_FAIL if is_whole else Aggregation.SUM)


def plan_cell(kind: Literal["open", "given", "test"], cell: Cell, name: str = "", source: str = "") -> PlanCell:
    """Return a cell as a plan holds it, known by its name and its id."""
    return PlanCell(kind, name or cell.id, [one for one in (name, cell.id) if one], source)
