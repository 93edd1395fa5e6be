"""Checkers and graders in Python that were written for DMOJ's judge: each becomes a validator that runs in the sandbox."""

import ast
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from lti_grader.core.paths import project_folder
from lti_grader.problems.packages.package import BadPackage

NAMED = ("easy", "sorted", "unordered", "rstripped", "linecount", "linematches")
"""Checkers of that judge that are asked so; others of its own are checkers here."""
_OFFERED = {
    "dmoj.result", "dmoj.error", "dmoj.problem", "dmoj.utils.unicode", "dmoj._checker", "dmoj.checkers", "dmoj.graders",
    "dmoj.graders.standard", "dmoj.graders.interactive",
}  # fmt: skip
# What stands for a place among the cases that nobody knows in the sandbox.
_UNKNOWN = {"case_position": "a case's number", "batch": "a batch's number", "problem_id": "the problem's code"}
_GRADERS = ("StandardGrader", "InteractiveGrader")
_STARTING = ("launch", "_generate_binary", "binary")


def named(name: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """Return the validator that one of `NAMED` becomes, with its arguments."""
    return _validator(name, {}, args, Decimal(1), "output")


def checker(
    files: Mapping[str, bytes], name: str, args: Mapping[str, Any], points: set[Decimal], report: list[str]
) -> dict[str, Any]:
    """Return the validator that a checker in Python becomes.

    Parameters
    ----------
    points
        What single cases are worth.
    report
        What it asks for and is not told is added to it.

    Raises
    ------
    BadPackage
        It cannot be read, or needs parts of that judge that are not here.
    """
    tree = _tree(files, name)
    report += [
        f"The checker {name} asks for {words}, which is not known to it here: it is told 0 or nothing."
        for asked, words in _UNKNOWN.items()
        if asked in _names(tree)
    ]
    sees = "every run" if "run_on_error" in _names(tree) else "run"
    return _validator(name, files, args, _worth(name, tree, points, report), sees)


def grader(files: Mapping[str, bytes], name: str, points: set[Decimal]) -> dict[str, Any]:
    """Return the validator that a grader in Python becomes, which takes the judge's place: it may talk with the program.

    Raises
    ------
    BadPackage
        It cannot be read, or does what can only be done where programs are started.
    """
    tree = _tree(files, name)
    classes = [one for one in ast.walk(tree) if isinstance(one, ast.ClassDef) and one.name == "Grader"]
    bases = {_last(one) for found in classes for one in found.bases}
    if len(classes) != 1 or len(bases) != 1 or not bases <= set(_GRADERS):
        raise BadPackage(f"init.yml: {name} has to hold a class Grader, which is a {' or an '.join(_GRADERS)}.")
    if starting := [one for one in _STARTING if one in _names(tree)]:
        raise BadPackage(
            f"init.yml: {name} starts programs itself ({starting[0]}), which no grader can do here. Write it as an interactor"
            " (`interactive`) or as a checker."
        )
    config = _validator(name, files, {}, _worth(name, tree, points, []), "every run")
    return {**config, "interactive": True} if bases == {"InteractiveGrader"} else config


def _tree(files: Mapping[str, bytes], name: str) -> ast.Module:
    """Return a file of the package, read as Python, of which all imports can be had."""
    if name not in files:
        raise BadPackage(f"init.yml: there is no file {name}.")
    try:
        tree = ast.parse(files[name])
    except (SyntaxError, ValueError) as error:
        raise BadPackage(f"{name} cannot be read as Python 3: {error}") from None
    judges = {one for one in _imported(tree) if one.partition(".")[0] == "dmoj"}
    if lacking := sorted(one for one in judges - _OFFERED if not one.startswith("dmoj.checkers.")):
        raise BadPackage(f"{name} imports {lacking[0]}, a part of DMOJ's judge that is not here.")
    return tree


def _imported(tree: ast.Module) -> set[str]:
    plain = {alias.name for one in ast.walk(tree) if isinstance(one, ast.Import) for alias in one.names}
    return plain | {one.module or "" for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)}


def _names(tree: ast.Module) -> set[str]:
    """Return the names that a file speaks of: variables, parameters, and what it asks of objects."""
    found = set()
    for one in ast.walk(tree):
        match one:
            case ast.Name():
                found.add(one.id)
            case ast.arg():
                found.add(one.arg)
            case ast.Attribute():
                found.add(one.attr)
            case ast.Constant(value=str() as text):
                found.add(text)
    return found


def _last(base: ast.expr) -> str:
    return base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""


def _worth(name: str, tree: ast.Module, points: set[Decimal], report: list[str]) -> Decimal:
    """Return what a case is worth, as a file that gives points has to know."""
    worth = {one for one in points if one > 0}
    if len(worth) == 1:
        return worth.pop()
    if worth and _names(tree) & {"CheckerResult", "points"}:
        report.append(
            f"{name} is told that each case is worth 1 point: what it gives is taken for a part of the case's."
        )
    return Decimal(1)


def _validator(
    name: str, files: Mapping[str, bytes], args: Mapping[str, Any], points: Decimal, sees: str
) -> dict[str, Any]:
    folder, own = project_folder("configs") / "checkers", PurePosixPath(name).name
    beside = {one: (folder / one).read_text() for one in ("dmoj_interface.py", "dmoj_checkers.py")}
    if name in files:
        modules = {f"{one.partition('.')[0]}.py" for one in _imported(_tree(files, name))}
        beside |= {one: files[one].decode(errors="replace") for one in modules & set(files)}
        beside[own] = files[name].decode(errors="replace")
    return {
        "kind": "validator", "language": "python", "source": (folder / "dmoj.py").read_text(), "beside": beside, "sees": sees,
        "flags": [own, str(points), *(f"{key}={json.dumps(value)}" for key, value in sorted(args.items()))],
    }  # fmt: skip
