"""Notebooks of otter-grader, as their authors have them: with marks in raw cells, as `otter assign` reads them.

https://otter-grader.readthedocs.io/en/latest/otter_assign/notebook_format.html
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from lti_grader.problems.notebooks import Cell, Notebook
from lti_grader.problems.packages.notebooks import Course, PlanCell, Question, plan_cell
from lti_grader.problems.packages.otter_tests import Case, case_of, check_source, config_of, number, question_of
from lti_grader.problems.packages.package import BadPackage

_MARK = re.compile(
    r"#\s*(ASSIGNMENT CONFIG|EXPORT|(?:BEGIN|END) (?:QUESTION|PROMPT|SOLUTION|TESTS))\b[^\n]*", re.IGNORECASE
)
_FENCED = re.compile(r"^```\s*otter\s*\n(.*?)\n?```\s*$", re.DOTALL)
_OLD = re.compile(r"^```\s*\n?BEGIN (?:QUESTION|ASSIGN)", re.IGNORECASE | re.MULTILINE)
_LEFT_OUT = ("# SOLUTION NO PROMPT", "# BEGIN PROMPT", "# END PROMPT", "# SEED")
_ASSIGNED = re.compile(
    r"(\s*(?:[\w.]+(?=[^\w.])(?:\[['\"]?.*['\"]?\])*(?:,\s*)?)+\s*=).* ?# ?SOLUTION"
)  # fmt: skip
_LINE = re.compile(r"(\s*).* ?# ?SOLUTION")
_BEGIN = re.compile(r"(\s*)# BEGIN SOLUTION( NO PROMPT)?")
TYPE_HERE = "_Type your answer here, replacing this text._"
_ELSEWHERE = {
    "plugins": "its plugins are not run",
    "requirements": "what its requirements list has to be installed on each machine that grades",
    "environment": "what its environment lists has to be installed on each machine that grades",
}


def is_meant(notebook: Notebook) -> bool:
    """Return whether a notebook has otter's marks.

    Raises
    ------
    BadPackage
        They are those of its first versions.
    """
    if any(_mark(one) for one in notebook.cells):
        return True
    if any(one.kind != "code" and _OLD.search(one.source) for one in notebook.cells):
        raise BadPackage(
            "It has the marks of otter's first versions: give it those of version 1 of its notebook format."
        )
    return False


def _mark(cell: Cell) -> tuple[str, str] | None:
    """Return the mark that a cell is, in capitals, and what stands below it."""
    text = cell.source.strip()
    if cell.kind == "markdown":
        fenced = _FENCED.match(text)
        text = fenced[1].strip() if fenced else ""
    found = _MARK.match(text) if cell.kind != "code" else None
    return (found[1].upper(), text[found.end() :]) if found else None


def course_of(notebook: Notebook, files: Mapping[str, bytes]) -> Course:
    """Return what an author's notebook becomes.

    Parameters
    ----------
    files
        What lies beside it, where its settings may be.

    Raises
    ------
    BadPackage
        A mark is not where it can be, or tests and points do not go together.
    """
    return _Reading(notebook, files).course()


class _Reading:
    def __init__(self, notebook: Notebook, files: Mapping[str, bytes]) -> None:
        self.notebook, self.files = notebook, files
        self.settings: dict[str, Any] = {}
        self.about: dict[str, Any] | None = None
        self.block = ""
        self.cases: list[Case] = []
        self.has_prompt = False
        self.starter: list[Cell] = []
        self.solution: list[Cell] = []
        self.plan: list[PlanCell] = []
        self.questions: list[Question] = []
        self.report: list[str] = []

    def course(self) -> Course:
        for cell in self.notebook.cells:
            mark = _mark(cell)
            if mark is not None:
                self._marked(*mark)
            else:
                self._placed(cell)
        if self.about is not None or self.block:
            raise BadPackage(f"There is no END {self.block or 'QUESTION'} at its end.")
        seed, replaced, shown = self._seeds()
        return Course(
            starter=Notebook([_with(one, shown) for one in self.starter], self.notebook.metadata),
            solution=Notebook(self.solution, self.notebook.metadata), plan=self.plan, questions=self.questions,
            report=[*self.report, *(words for key, words in _told(self.settings))], seed=seed, replaced=replaced,
        )  # fmt: skip

    @property
    def name(self) -> str:
        return str((self.about or {}).get("name") or f"q{len(self.questions) + 1}")

    def _marked(self, mark: str, text: str) -> None:
        verb, _, what = mark.partition(" ")
        if mark == "ASSIGNMENT CONFIG":
            self._configured(config_of(text, "the assignment"))
        elif what == "QUESTION":
            self._question(text, begins=verb == "BEGIN")
        elif what and verb == "BEGIN":
            if self.block or self.about is None:
                raise BadPackage(
                    f"BEGIN {what} stands within {self.block or 'no question'}: it belongs into a question."
                )
            self.block, self.has_prompt = what, self.has_prompt or what == "PROMPT"
        elif what:
            if self.block != what:
                raise BadPackage(f"END {what} stands where no {what} was begun.")
            self.block = ""

    def _configured(self, said: dict[str, Any]) -> None:
        named = str(said.get("config_file") or "")
        beside = self.files.get(named, b"").decode(errors="replace")
        if named and named not in self.files:
            self.report.append(f"{named}, which holds its settings, is not there: bring it in beside the notebook.")
        self.settings = config_of(beside, named) | said

    def _question(self, text: str, *, begins: bool) -> None:
        if begins == (self.about is not None) or self.block:
            raise BadPackage(
                f"{'BEGIN' if begins else 'END'} QUESTION stands within {self.block or 'another question'}."
            )
        if begins:
            self.about, self.cases, self.has_prompt = config_of(text, "a question"), [], False
            return
        assert self.about is not None
        name, about = self.name, self.about
        if about.get("manual"):
            points = about.get("points", 1)
            worth = f"{points} point{'' if points == 1 else 's'}"
            self.report.append(f"{name} ({worth}) is marked by a person: it is in the notebook, without points.")
        elif self.cases:
            self._tested(question_of(name, self.cases, about.get("points"), is_whole=bool(about.get("all_or_nothing"))))
        else:
            self.report.append(f"{name} has no tests: it is in the notebook, without points.")
        self.about = None

    def _tested(self, question: Question) -> None:
        if any(one.name == question.name for one in self.questions):
            raise BadPackage(f"Two questions are called {question.name!r}: give one of them another name.")
        self.questions.append(question)
        check = Cell(
            "code", check_source(question), f"check-{len(self.questions)}", {"deletable": False, "editable": False}
        )
        self.plan.append(plan_cell("test", check, question.name))
        self.starter.append(check)
        self.solution.append(check)

    def _placed(self, cell: Cell) -> None:
        """Put a cell where it belongs: into students' copies, into the solution, or into the tests."""
        if self.block == "TESTS":
            if cell.is_code:
                self.cases.append(case_of(cell, self.name, is_doctest=self._is_doctest()))
            return
        cell = dataclasses.replace(cell, source=without_ignored(cell.source), outputs=())
        if cell.source.lstrip().lower().startswith("## ignore ##"):
            return
        if self.block != "PROMPT":
            self.solution.append(cell)
        shown = self._for_students(cell)
        if shown is not None:
            self.starter.append(shown)
            if shown.is_code:
                self.plan.append(plan_cell("open", shown))

    def _for_students(self, cell: Cell) -> Cell | None:
        if cell.is_code:
            source = without_solutions(cell.source, self.name)
            return None if self.block == "SOLUTION" and self.has_prompt else dataclasses.replace(cell, source=source)
        if self.block != "SOLUTION" or "otter_include" in (cell.metadata.get("tags") or ()):
            return cell
        is_first = not self.has_prompt
        self.has_prompt = True
        return dataclasses.replace(cell, source=TYPE_HERE) if is_first and (self.about or {}).get("manual") else None

    def _is_doctest(self) -> bool:
        tests = self.settings.get("tests")
        return bool(tests.get("ok_format", True)) if isinstance(tests, Mapping) else True

    def _seeds(self) -> tuple[int | None, dict[str, int], dict[str, int]]:
        """Return the seed of each cell, and what a variable is when it is graded and in students' copies."""
        generate = self.settings.get("generate")
        said = self.settings.get("seed", generate.get("seed") if isinstance(generate, Mapping) else None)
        about = said if isinstance(said, Mapping) else {"autograder_value": said}
        graded, variable, shown = about.get("autograder_value"), about.get("variable"), about.get("student_value")
        if graded is None:
            return None, {}, {}
        value = int(number(graded, "the seed"))
        if not variable:
            return value, {}, {}
        named = str(variable)
        return None, {named: value}, {named: int(number(shown, "the seed"))} if shown is not None else {}


def _told(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(key, f"Of its settings: {words}.") for key, words in _ELSEWHERE.items() if settings.get(key)]


def _with(cell: Cell, values: Mapping[str, int]) -> Cell:
    source = cell.source
    for name, value in values.items() if cell.is_code else ():
        source = re.sub(rf"^(\s*){re.escape(name)}\s*=.*$", rf"\g<1>{name} = {value}", source, flags=re.MULTILINE)
    return dataclasses.replace(cell, source=source)


def without_ignored(source: str) -> str:
    """Return a cell without what its author marked to be in no copy."""
    kept, inside = [], False
    for line in source.split("\n"):
        bare = line.strip()
        if bare.endswith("# BEGIN IGNORE"):
            inside = True
        elif bare.endswith("# END IGNORE"):
            inside = False
        elif not inside and not bare.endswith("# IGNORE"):
            kept.append(line)
    return "\n".join(kept)


def without_solutions(source: str, name: str) -> str:
    """Return a cell with `...` in the place of what is marked as the solution, and with its prompts.

    Raises
    ------
    BadPackage
        A solution has no end.
    """
    kept, inside = [], False
    for line in source.split("\n"):
        bare = line.rstrip().rstrip(";")
        if bare.endswith("# END SOLUTION"):
            inside = False
        elif inside or any(bare.endswith(one) for one in _LEFT_OUT):
            continue
        elif begun := _BEGIN.match(line):
            inside = True
            kept += [] if begun[2] else [f"{begun[1]}..."]
        else:
            kept.append(_blank(line))
    if inside:
        raise BadPackage(f"A cell of {name} has BEGIN SOLUTION without END SOLUTION.")
    return "\n".join(kept)


def _blank(line: str) -> str:
    if found := _ASSIGNED.match(line):
        return f"{found[1]} ..."
    found = _LINE.match(line)
    return f"{found[1]}..." if found else line
