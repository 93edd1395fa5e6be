"""Which notebooks of some files are problems, and whose form they have."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from lti_grader.problems.notebooks import ENDING, Notebook
from lti_grader.problems.packages import nbgrader, otter, otter_assigned
from lti_grader.problems.packages.notebooks import Course, opened, package_of
from lti_grader.problems.packages.package import BadPackage, Package, Refused

_SOURCE = "source"
_NO_DATA = {"nbgrader_config.py", "gradebook.db"}


def are_among(files: Mapping[str, bytes]) -> bool:
    """Return whether there is a notebook among some files."""
    return bool(_paths(files))


def read_all(files: Mapping[str, bytes]) -> Sequence[Package | Refused]:
    """Return a problem for each notebook of some files, or why it is none.

    Raises
    ------
    BadPackage
        It is the only one, and cannot be read.
    """
    every = _paths(files)
    # A course of nbgrader's holds copies of each for students, and what they handed in.
    wanted = [one for one in every if _SOURCE in PurePosixPath(one).parts[:-1]] or _with_solutions(every)
    left = [one for one in every if one not in wanted]
    note = [f"Left out, for the originals are elsewhere: {_list(left)}."] if left else []
    if len(wanted) == 1:
        return [_with_note(read_one(wanted[0], files), note)]
    found: list[Package | Refused] = []
    for one in wanted:
        try:
            found.append(_with_note(read_one(one, files), note))
        except BadPackage as error:
            found.append(Refused(one, error.message))
    return found


def _list(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")


def _paths(files: Mapping[str, bytes]) -> list[str]:
    return sorted(one for one in files if one.endswith(ENDING) and not _is_kept_apart(one))


def _with_solutions(paths: Sequence[str]) -> list[str]:
    """Return paths without the copies for students that `otter assign` puts beside those with solutions."""
    return [one for one in paths if _in_place_of(one, "student", "autograder") not in paths]


def _in_place_of(path: str, one: str, other: str) -> str | None:
    parts = PurePosixPath(path).parts
    return "/".join(other if part == one else part for part in parts) if one in parts[:-1] else None


def _is_kept_apart(path: str) -> bool:
    """Return whether a file is one that Jupyter or a desktop keeps for itself."""
    return any(one.startswith(".") for one in PurePosixPath(path).parts)


def _with_note(package: Package, note: Sequence[str]) -> Package:
    return dataclasses.replace(package, report=[*package.report, *note])


def read_one(path: str, files: Mapping[str, bytes]) -> Package:
    """Return the problem that a notebook is, with what lies beside it.

    Raises
    ------
    BadPackage
    """
    notebook, beside = opened(path, files[path]), _beside(path, files)
    try:
        course, data = _course_of(notebook, beside)
        package = package_of(path, course, data)
    except BadPackage as error:
        raise BadPackage(f"{path}: {error.message}") from None
    given = [f"Students get with it, and it can read: {_list(sorted(data))}."] if data else []
    return _with_note(package, [*given, *_settings(files)])


def _course_of(notebook: Notebook, beside: Mapping[str, bytes]) -> tuple[Course, Mapping[str, bytes]]:
    """Return what a notebook becomes, and the data that go with it."""
    if nbgrader.is_meant(notebook):
        return nbgrader.course_of(notebook), beside
    if otter.is_meant(notebook):
        return otter.course_of(notebook, beside), _without_tests(beside)
    if otter_assigned.is_meant(notebook, beside):
        return otter_assigned.course_of(notebook, beside), _without_tests(beside)
    raise BadPackage("It has no cells of nbgrader's and no marks of otter's: nothing in it is graded.")


def _beside(path: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what lies beside a notebook, by its name as seen from there: not what belongs to another one below."""
    folder = PurePosixPath(path).parent
    others = {PurePosixPath(one).parent for one in _paths(files)} - {folder, *folder.parents}
    found = {}
    for name, text in files.items():
        here = PurePosixPath(name)
        is_mine = here.is_relative_to(folder) and others.isdisjoint(here.parents)
        inside = here.relative_to(folder).as_posix() if is_mine else ""
        if inside and not inside.endswith(ENDING) and inside not in _NO_DATA and not _is_kept_apart(inside):
            found[inside] = text
    return found


def _without_tests(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the data beside a notebook of otter's: no student may read its tests."""
    return {
        name: text
        for name, text in files.items()
        if otter_assigned.TESTS not in PurePosixPath(name).parts[:-1]
        and not name.endswith((".zip", "otter_config.json"))
    }


def _settings(files: Mapping[str, bytes]) -> list[str]:
    names = {PurePosixPath(one).name for one in files}
    if "nbgrader_config.py" not in names:
        return []
    return [
        "nbgrader_config.py is not read: where it names other marks than BEGIN SOLUTION and so on, look at what students get."
    ]
