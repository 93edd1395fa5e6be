"""Notebooks of nbgrader, as their authors have them: in its folder `source`, with solutions and hidden tests.

https://nbgrader.readthedocs.io/en/stable/contributor_guide/metadata.html says what stands in a cell's metadata, and
https://nbgrader.readthedocs.io/en/stable/user_guide/creating_and_grading_assignments.html what students get.
"""

import ast
import dataclasses
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from lti_grader.problems.notebooks import Cell, Notebook
from lti_grader.problems.packages.notebooks import CellTest, Course, PlanCell, Question, plan_cell
from lti_grader.problems.packages.package import BadPackage

_SOLUTION = ("BEGIN SOLUTION", "END SOLUTION")
_TESTS = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
_SCHEME = ("BEGIN MARK SCHEME", "END MARK SCHEME")
_CODE_STUB, _TEXT_STUB = ("# YOUR CODE HERE", "raise NotImplementedError()"), ("YOUR ANSWER HERE",)
_MADE_LATER = re.compile(r"^\s*#+\s*(?:HASHED\s+)?AUTOTEST\b", re.MULTILINE)


def is_meant(notebook: Notebook) -> bool:
    """Return whether a notebook has cells of nbgrader's."""
    return any(_Marks.of(one).is_any for one in notebook.cells)


@dataclasses.dataclass(frozen=True)
class _Marks:
    """What nbgrader says of a cell."""

    name: str
    grade: bool
    solution: bool
    task: bool
    locked: bool
    points: Decimal

    @classmethod
    def of(cls, cell: Cell) -> "_Marks":
        said = cell.metadata.get("nbgrader")
        said = said if isinstance(said, Mapping) else {}
        grade, solution = bool(said.get("grade")), bool(said.get("solution"))
        # As nbgrader reads it: what is tested is never the student's to change, and what is answered always is.
        locked = not solution and (grade or bool(said.get("locked")))
        return cls(
            str(said.get("grade_id") or ""),
            grade,
            solution,
            bool(said.get("task")),
            locked,
            _points(said.get("points")),
        )

    @property
    def is_any(self) -> bool:
        return self.grade or self.solution or self.task or self.locked

    def is_tests(self, cell: Cell) -> bool:
        return self.grade and not self.solution and not self.task and cell.is_code

    def is_for_a_person(self, cell: Cell) -> bool:
        return (self.grade or self.task) and not self.is_tests(cell)


def _points(said: object) -> Decimal:
    try:
        found = Decimal(str(said or 0))
    except InvalidOperation:
        return Decimal(0)
    return max(found, Decimal(0)) if found.is_finite() else Decimal(0)


def course_of(notebook: Notebook) -> Course:
    """Return what an author's notebook becomes.

    Raises
    ------
    BadPackage
        A region has no end, or a name is given twice.
    """
    return _Reading().course(notebook)


class _Reading:
    def __init__(self) -> None:
        self.plan: list[PlanCell] = []
        self.questions: list[Question] = []
        self.report: list[str] = []
        self.losses: list[str] = []
        self.names: set[str] = set()

    def course(self, notebook: Notebook) -> Course:
        cells = [self._cell(one, _Marks.of(one)) for one in notebook.cells]
        return Course(
            starter=Notebook(cells, {name: one for name, one in notebook.metadata.items() if name != "celltoolbar"}),
            solution=notebook, plan=self.plan, questions=self.questions, report=[*self.report, *self.losses],
            losses=self.losses,
        )  # fmt: skip

    def _cell(self, cell: Cell, marks: _Marks) -> Cell:
        """Note what a cell is, and return it as students get it."""
        if marks.is_any and marks.name in self.names:
            raise BadPackage(
                f"Two cells are called {marks.name!r} (grade_id): give one of them another name in Jupyter."
            )
        self.names |= {marks.name} if marks.is_any and marks.name else set()
        name = marks.name or cell.id
        if marks.is_for_a_person(cell):
            worth = f"{marks.points.normalize():f} point{'' if marks.points == 1 else 's'}"
            self.report.append(
                f"{name} ({worth}) is marked by a person in nbgrader: it is in the notebook, without points."
            )
        shown = dataclasses.replace(cell, source=self._for_students(cell, marks, name), outputs=())
        if marks.is_tests(cell):
            self._tests(cell, marks, name, shown.source)
        elif cell.is_code:
            self.plan.append(
                plan_cell("given" if marks.locked else "open", cell, marks.name, shown.source * marks.locked)
            )
        return shown

    def _for_students(self, cell: Cell, marks: _Marks, name: str) -> str:
        stub = _CODE_STUB if cell.is_code else _TEXT_STUB
        text, is_cut = cut(cell.source, _SOLUTION, name, stub)
        if marks.solution and not is_cut:
            text = "\n".join(stub)
        if is_cut and not marks.solution:
            self.report.append(f"{name} has a solution, and is no cell for answers: students get it without that.")
        text, has_hidden = cut(text, _TESTS, name)
        if has_hidden and not marks.is_tests(cell):
            self.losses.append(
                f"{name} has hidden tests, and is no cell of tests: make it one in Jupyter, or they are not run."
            )
        return cut(text, _SCHEME, name)[0]

    def _tests(self, cell: Cell, marks: _Marks, name: str, shown: str) -> None:
        self.plan.append(plan_cell("test", cell, name, shown))
        hidden = cell.source if shown != cell.source else ""
        if _MADE_LATER.search(cell.source):
            self.losses.append(
                f"{name} has tests that nbgrader writes when it makes the assignment (AUTOTEST): take its cell from"
                " what `nbgrader generate_assignment` makes, with its solution."
            )
        if _may_give_a_part(cell.source):
            self.report.append(
                f"{name} ends with a value, which in nbgrader can be a part of its points: here it is all or nothing."
            )
        tests = []
        if not hidden or _does_something(shown):
            tests.append(CellTest(name, name, shown, is_hidden=False))
        if hidden:
            tests.append(CellTest(f"{name}, hidden part" if tests else name, name, hidden, is_hidden=True))
        self.questions.append(Question(name, marks.points, tests))


def cut(source: str, marks: tuple[str, str], name: str, stub: Sequence[str] = ()) -> tuple[str, bool]:
    """Return a text without what stands between lines with two marks, and whether there was any.

    Parameters
    ----------
    stub
        Lines in its place, as far in as the first mark.

    Raises
    ------
    BadPackage
        One has no end, or is within another.
    """
    lines, inside, found = [], False, False
    for line in source.split("\n"):
        if marks[0] in line:
            if inside:
                raise BadPackage(f"The cell {name} has {marks[0]} twice before {marks[1]}.")
            inside = found = True
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + one for one in stub]
        elif marks[1] in line:
            inside = False
        elif not inside:
            lines.append(line)
    if inside:
        raise BadPackage(f"The cell {name} has {marks[0]} without {marks[1]}.")
    return "\n".join(lines), found


def _parsed(source: str) -> list[Any]:
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError):
        return []


def _does_something(source: str) -> bool:
    """Return whether a cell is more than words."""
    body = _parsed(source)
    is_words = all(isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) for one in body)
    return bool(source.strip()) and (not is_words or (not body and _is_code(source)))


def _is_code(source: str) -> bool:
    return any(line.strip() and not line.lstrip().startswith("#") for line in source.split("\n"))


def _may_give_a_part(source: str) -> bool:
    body = _parsed(source)
    last = body[-1] if body else None
    return isinstance(last, ast.Expr) and not isinstance(last.value, ast.Call | ast.Constant | ast.Await)
