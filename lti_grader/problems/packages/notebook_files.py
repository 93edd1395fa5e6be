"""Which notebooks of some files are problems, and whose form they have."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from lti_grader.problems.notebooks import ENDING
from lti_grader.problems.packages import nbgrader, otter
from lti_grader.problems.packages.notebooks import opened, package_of
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
    wanted = [one for one in every if _SOURCE in PurePosixPath(one).parts[:-1]] or every
    left = [one for one in every if one not in wanted]
    note = [f"Left out, for nbgrader's originals are in `source`: {', '.join(left[:10])}."] if left else []
    if len(wanted) == 1:
        return [_with_note(_read(wanted[0], files), note)]
    found: list[Package | Refused] = []
    for one in wanted:
        try:
            found.append(_with_note(_read(one, files), note))
        except BadPackage as error:
            found.append(Refused(one, error.message))
    return found


def _paths(files: Mapping[str, bytes]) -> list[str]:
    return sorted(one for one in files if one.endswith(ENDING) and not _is_kept_apart(one))


def _is_kept_apart(path: str) -> bool:
    """Return whether a file is one that Jupyter or a desktop keeps for itself."""
    return any(one.startswith(".") for one in PurePosixPath(path).parts)


def _with_note(package: Package, note: Sequence[str]) -> Package:
    return dataclasses.replace(package, report=[*package.report, *note])


def _read(path: str, files: Mapping[str, bytes]) -> Package:
    notebook = opened(path, files[path])
    data = _data(path, files)
    try:
        if nbgrader.is_meant(notebook):
            package = package_of(path, nbgrader.course_of(notebook), data)
            return _with_note(package, _settings(files))
        if otter.is_meant(notebook):
            return package_of(path, otter.course_of(notebook, data), data)
    except BadPackage as error:
        raise BadPackage(f"{path}: {error.message}") from None
    raise BadPackage(f"{path} has no cells of nbgrader's and no marks of otter's: nothing in it is graded.")


def _data(path: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what lies beside a notebook, by its name as seen from there."""
    folder = str(PurePosixPath(path).parent)
    prefix = "" if folder == "." else f"{folder}/"
    inside = {name.removeprefix(prefix): text for name, text in files.items() if name.startswith(prefix)}
    return {
        name: text
        for name, text in inside.items()
        if not name.endswith(ENDING) and name not in _NO_DATA and not _is_kept_apart(name)
    }


def _settings(files: Mapping[str, bytes]) -> list[str]:
    names = {PurePosixPath(one).name for one in files}
    if "nbgrader_config.py" not in names:
        return []
    return [
        "nbgrader_config.py is not read: where it names other marks than BEGIN SOLUTION and so on, look at what students get."
    ]
