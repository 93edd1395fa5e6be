"""Notebooks as `otter assign` makes them: with checks in cells, and the tests in files beside them or in the notebook itself."""

import dataclasses
import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from lti_grader.problems.notebooks import Cell, Notebook
from lti_grader.problems.packages.notebooks import Course, PlanCell, Question, plan_cell
from lti_grader.problems.packages.otter import TYPE_HERE, without_solutions
from lti_grader.problems.packages.otter_tests import check_source, of_file, of_metadata

TESTS = "tests"
_CHECK = re.compile(r"^\s*\w+\.check\(\s*[\"']([^\"']+)[\"']\s*\)\s*$", re.MULTILINE)
_OTTERS = re.compile(r"^\s*(?:import otter\b|%pip install .*otter|\w+\.(?:check_all|export)\()", re.MULTILINE)
_SOLUTION = "otter_assign_solution_cell"


def is_meant(notebook: Notebook, files: Mapping[str, bytes]) -> bool:
    """Return whether a notebook is one that otter made, with its tests."""
    return bool(_named(notebook)) and bool(_held(notebook) or _beside(files))


def _named(notebook: Notebook) -> list[str]:
    """Return the questions that are checked in a notebook, in their order."""
    return [name for one in notebook.cells if one.is_code for name in _CHECK.findall(one.source)]


def _held(notebook: Notebook) -> Mapping[str, object]:
    otter = notebook.metadata.get("otter")
    tests = otter.get("tests") if isinstance(otter, Mapping) else None
    return tests if isinstance(tests, Mapping) else {}


def _beside(files: Mapping[str, bytes]) -> dict[str, bytes]:
    paths = {PurePosixPath(one): text for one, text in files.items()}
    return {one.stem: text for one, text in paths.items() if one.parent.name == TESTS and one.suffix == ".py"}


def course_of(notebook: Notebook, files: Mapping[str, bytes]) -> Course:
    """Return what such a notebook becomes.

    Parameters
    ----------
    files
        What lies beside it, with the folder of its tests.

    Raises
    ------
    BadPackage
        The tests cannot be read.
    """
    held, beside = _held(notebook), _beside(files)
    names = list(dict.fromkeys([*_named(notebook), *map(str, held), *sorted(beside)]))
    questions = {name: _question(name, held, beside) for name in names if name in held or name in beside}
    return _Reading(questions).course(notebook)


def _question(name: str, held: Mapping[str, object], beside: Mapping[str, bytes]) -> Question:
    said = held.get(name)
    if isinstance(said, Mapping):
        return of_metadata(said, name)
    return of_file(said if isinstance(said, str) else beside[name].decode(errors="replace"), name)


class _Reading:
    def __init__(self, questions: Mapping[str, Question]) -> None:
        self.left = dict(questions)
        self.questions = list(questions.values())
        self.starter: list[Cell] = []
        self.solution: list[Cell] = []
        self.plan: list[PlanCell] = []
        self.report: list[str] = []

    def course(self, notebook: Notebook) -> Course:
        has_solution = any(_is_solution(one) for one in notebook.cells)
        for cell in notebook.cells:
            self._placed(cell)
        for name in list(self.left):
            self._checked(name)
        if not has_solution:
            self.report.append(
                "It is what students get: there is no solution in it, and maybe no hidden tests. Bring in what `otter assign`"
                " puts into `autograder`, or the notebook that it was made of."
            )
        # The tests are told apart by who may see them; what the notebook says of them holds all of both.
        about = {key: value for key, value in notebook.metadata.items() if key != "otter"}
        return Course(
            Notebook(self.starter, about), Notebook(self.solution, about) if has_solution else None,
            self.plan, self.questions, self.report,
        )  # fmt: skip

    def _placed(self, cell: Cell) -> None:
        cell = dataclasses.replace(cell, outputs=())
        checked = _CHECK.findall(cell.source) if cell.is_code else []
        for name in checked:
            self._checked(name)
        if checked or (cell.is_code and _OTTERS.search(cell.source)):
            return
        self.solution.append(cell)
        shown = cell
        if _is_solution(cell):
            shown = dataclasses.replace(
                cell, source=without_solutions(cell.source, cell.id) if cell.is_code else TYPE_HERE
            )
        self.starter.append(shown)
        if cell.is_code:
            self.plan.append(plan_cell("open", cell))

    def _checked(self, name: str) -> None:
        """Put the cell that runs a question's tests where otter has its check."""
        question = self.left.pop(name, None)
        if question is None:
            self.report.append(f"{name} is checked in a cell, and its tests are not there: it is worth nothing here.")
            return
        check = Cell("code", check_source(question), f"check-{name}", {"deletable": False, "editable": False})
        self.plan.append(plan_cell("test", check, name))
        self.starter.append(check)
        self.solution.append(check)


def _is_solution(cell: Cell) -> bool:
    return _SOLUTION in (cell.metadata.get("tags") or ())
