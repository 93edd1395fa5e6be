"""Tests of otter-grader: their points, their forms, and the cell that lets students run those that they may see.

https://otter-grader.readthedocs.io/en/latest/test_files/python_format.html
"""

import ast
import dataclasses
import re
import textwrap
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

import yaml

from lti_grader.problems.notebooks import Cell
from lti_grader.problems.packages.notebooks import CellTest, Question
from lti_grader.problems.packages.package import BadPackage

_BEGIN_CONFIG = re.compile(r"(?:.\s*=\s*)?\"\"?\"?\s*#\s*BEGIN\s*TEST\s*CONFIG", re.IGNORECASE)
_END_CONFIG = re.compile(r"\"\"?\"?\s*#\s*END\s*TEST\s*CONFIG", re.IGNORECASE)
_HIDDEN = re.compile(r"^\s*#.*\bhidden\b", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Case:
    """A test case. `points` is None where it has a share of its question's."""

    kind: Literal["doctest", "call"]
    code: str
    is_hidden: bool
    points: Decimal | None = None
    name: str = ""
    failing: str = ""
    function: str = ""
    parameters: Sequence[str] = ()


def question_of(name: str, cases: Sequence[Case], points: object, *, is_whole: bool) -> Question:
    """Return a question with its tests; points are shared out as otter does.

    Parameters
    ----------
    points
        A number, a list of one a case, `each: number`, or None for what its cases say.

    Raises
    ------
    BadPackage
        Its points do not go with its cases.
    """
    weights = _weights(name, [one.points for one in cases], points)
    step = Decimal("0.0001")
    names = [one.name or f"{name} - {number}" for number, one in enumerate(cases, start=1)]
    if len(set(names)) < len(names):
        names = [f"{name} - {number}" for number in range(1, len(cases) + 1)]
    tests = [
        CellTest(
            called, name, one.code, one.is_hidden, weight.quantize(step).normalize(), one.kind, one.function, one.parameters, one.failing
        )
        for called, one, weight in zip(names, cases, weights, strict=True)
    ]  # fmt: skip
    return Question(name, sum(weights, Decimal(0)).quantize(step).normalize(), tests, is_whole)


def _weights(name: str, own: Sequence[Decimal | None], points: object) -> list[Decimal]:
    if isinstance(points, Mapping):
        points = number(points.get("each", 1), name) * len(own)
    if isinstance(points, list):
        if len(points) != len(own):
            raise BadPackage(f"{name} has {len(points)} points and {len(own)} tests: give as many of both.")
        own, points = [None if one is None else number(one, name) for one in points], None
    said, rest = sum((one for one in own if one is not None), Decimal(0)), own.count(None)
    whole = number(points, name) if points is not None else (Decimal(0 if said else 1))
    if points is not None and said > whole:
        raise BadPackage(f"The tests of {name} have {said} points, and it has {whole}: give it more, or them less.")
    share = (whole - said) / rest if rest and whole > said else Decimal(0)
    return [share if one is None else one for one in own]


def number(said: object, name: str) -> Decimal:
    """Return points as a number, or raise `BadPackage`."""
    try:
        found = Decimal(str(said))
    except InvalidOperation:
        found = Decimal(-1)
    if not found.is_finite() or found < 0 or isinstance(said, bool):
        raise BadPackage(f"The points of {name} are {said!r}, and no number.")
    return found


def config_of(text: str, name: str) -> dict[str, Any]:
    """Return what stands in YAML, or raise `BadPackage`."""
    try:
        said = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadPackage(f"What is said of {name} cannot be read: {error}") from None
    return {str(key): value for key, value in said.items()} if isinstance(said, Mapping) else {}


def case_of(cell: Cell, name: str, *, is_doctest: bool) -> Case:
    """Return the test that a cell of an author's notebook is.

    Raises
    ------
    BadPackage
    """
    lines = cell.source.split("\n")
    is_hidden, said = bool(_HIDDEN.match(lines[0])), {}
    if _BEGIN_CONFIG.match(lines[0]):
        end = next((place for place, line in enumerate(lines) if _END_CONFIG.match(line)), None)
        if end is None:
            raise BadPackage(f"A test of {name} has BEGIN TEST CONFIG without END TEST CONFIG.")
        said, lines = config_of("\n".join(lines[1:end]), f"a test of {name}"), lines[end + 1 :]
    points = said.get("points")
    case = Case(
        "doctest", "", bool(said.get("hidden", is_hidden)), None if points is None else number(points, name),
        str(said.get("name") or ""), str(said.get("failure_message") or ""),
    )  # fmt: skip
    body = _parsed("\n".join(lines), name)
    # Whoever marks the call of a function as none of the test means the function, whatever the settings say.
    is_function = bool(body) and isinstance(body[0], ast.FunctionDef) and lines[-1].rstrip().endswith("# IGNORE")
    if is_doctest and not is_function:
        return dataclasses.replace(case, code=_as_doctest(body, _put_out(cell)))
    functions = [one for one in body if isinstance(one, ast.FunctionDef)]
    if not functions:
        raise BadPackage(f"A test of {name} is no function, as tests with `ok_format: false` are.")
    return as_call(case, functions[0])


def as_call(case: Case, function: ast.FunctionDef) -> Case:
    """Return a case that calls a function with what the notebook has by the names of its parameters."""
    function.decorator_list = []
    parameters = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    return dataclasses.replace(
        case, kind="call", code=ast.unparse(function), function=function.name, parameters=parameters
    )


def _parsed(source: str, name: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError) as error:
        raise BadPackage(f"A test of {name} is no Python that can be read: {error}") from None


def _as_doctest(body: Sequence[ast.stmt], output: str) -> str:
    text = ""
    for one in body:
        first, *rest = ast.unparse(one).split("\n")
        text += "".join([f">>> {first}\n", *(f"... {line}\n" for line in rest)])
    return text + output


def _put_out(cell: Cell) -> str:
    """Return what a cell wrote and showed when its author ran it."""
    said = ""
    for one in cell.outputs:
        data = one.get("data")
        for text in (one.get("text", ""), data.get("text/plain", "") if isinstance(data, Mapping) else ""):
            said += text if isinstance(text, str) else "".join(map(str, text if isinstance(text, list) else []))
    return said


def check_source(question: Question) -> str:
    """Return a cell with which students run the tests that they may see, in any Jupyter."""
    shown = [one for one in question.tests if not one.is_hidden]
    if not shown:
        return f"# {question.name} is tested when you hand in."
    parts = [f"# Tests of {question.name}: run this cell to see whether they pass."]
    if any(one.kind == "doctest" for one in shown):
        parts.append("import doctest")
    for one in shown:
        if one.kind == "doctest":
            text = f'r"""\n{one.code.rstrip()}\n"""' if '"""' not in one.code else repr(one.code)
            parts.append(f"doctest.run_docstring_examples({text}, globals(), name={one.name!r})")
        else:
            parts.append(f"{one.code}\n{one.function}({', '.join(one.parameters)})")
    return "\n".join(parts)


def of_file(text: str, name: str) -> Question:
    """Return the question of a file of tests, which is read and never run.

    Raises
    ------
    BadPackage
    """
    said: dict[str, Any] = {}
    functions: list[ast.FunctionDef] = []
    for one in _parsed(text, name):
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
            said[one.targets[0].id] = literal(one.value, name)
        elif isinstance(one, ast.FunctionDef) and one.decorator_list:
            functions.append(one)
    if isinstance(said.get("test"), Mapping):
        return of_metadata(said["test"], name)
    cases = [_decorated(one, name) for one in functions]
    return question_of(
        str(said.get("name") or name), cases, said.get("points"), is_whole=bool(said.get("all_or_nothing"))
    )


def literal(value: ast.expr, name: str) -> Any:
    """Return a value that stands in a program as it is, or raise `BadPackage`."""
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise BadPackage(f"The tests of {name} hold {ast.unparse(value)[:60]!r}, which would have to be run.") from None


def _decorated(function: ast.FunctionDef, name: str) -> Case:
    call = function.decorator_list[0]
    keywords = call.keywords if isinstance(call, ast.Call) else []
    about = {one.arg: literal(one.value, name) for one in keywords if one.arg}
    points = about.get("points")
    case = Case(
        "call", "", bool(about.get("hidden", False)), None if points is None else number(points, name),
        str(about.get("name") or ""), str(about.get("failure_message") or ""),
    )  # fmt: skip
    return as_call(case, function)


def of_metadata(said: Mapping[str, Any], name: str) -> Question:
    """Return a question that a notebook or a file of tests holds in otter's form of doctests.

    Raises
    ------
    BadPackage
    """
    suites = said.get("suites")
    if not isinstance(suites, list) or len(suites) != 1 or not isinstance(suites[0], Mapping):
        raise BadPackage(f"The tests of {name} have not one suite, which otter's have.")
    if any(suites[0].get(one) for one in ("setup", "teardown")):
        raise BadPackage(f"The tests of {name} have a setup or teardown: write that into the cases.")
    cases = []
    for one in suites[0].get("cases") or []:
        points = one.get("points")
        # As otter reads it: what does not say that it is not hidden is.
        cases.append(
            Case(
                "doctest", textwrap.dedent(str(one.get("code", ""))), bool(one.get("hidden", True)),
                None if points is None else number(points, name), str(one.get("name") or ""),
                str(one.get("failure_message") or ""),
            )
        )  # fmt: skip
    is_whole = bool(said.get("all_or_nothing"))
    return question_of(str(said.get("name") or name), cases, said.get("points"), is_whole=is_whole)
