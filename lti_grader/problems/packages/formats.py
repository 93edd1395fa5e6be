"""The one way in for problems from elsewhere: which format it is, and what is in it. The shell and the pages use it alike."""

import dataclasses
import enum
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from lti_grader.problems.notebooks import ENDING
from lti_grader.problems.packages import (
    dmoj,
    gradescope,
    kattis,
    kattis_writing,
    moodle,
    notebook_files,
    polygon,
    qti,
    qti_writing,
    yaml_form,
    yaml_reading,
    yaml_writing,
)
from lti_grader.problems.packages.files import read_files, unzipped
from lti_grader.problems.packages.package import BadPackage, Package, Refused

log = logging.getLogger(__name__)


class Format(enum.StrEnum):
    OWN = "lti-grader"
    KATTIS = "kattis"
    MOODLE = "moodle"
    DMOJ = "dmoj"
    POLYGON = "polygon"
    GRADESCOPE = "gradescope"
    NOTEBOOK = "notebook"
    QTI = "qti"
    QTI3 = "qti3"

    @property
    def label(self) -> str:
        """What it is called where people read it."""
        return _LABELS[self]


_LABELS = {
    Format.OWN: "lti-grader's own format",
    Format.KATTIS: "Kattis or ICPC package",
    Format.DMOJ: "DMOJ problem",
    Format.POLYGON: "Polygon package",
    Format.GRADESCOPE: "Gradescope autograder",
    Format.MOODLE: "CodeRunner questions in Moodle XML",
    Format.NOTEBOOK: "Notebooks with graded cells",
    Format.QTI: "QTI 2.1",
    Format.QTI3: "QTI 3.0",
}
_MARKS: Mapping[str, tuple[Format, Callable[[str, Mapping[str, bytes]], Package]]] = {
    yaml_form.MARK: (Format.OWN, yaml_reading.read),
    "problem.yaml": (Format.KATTIS, kattis.read),
    polygon.MARK: (Format.POLYGON, polygon.read),
    dmoj.MARK: (Format.DMOJ, dmoj.read),
    gradescope.MARK: (Format.GRADESCOPE, gradescope.read),
}
"""The file that a problem's folder is known by, and what reads such a folder; the first that is there decides."""


@dataclasses.dataclass(frozen=True)
class Written:
    """A problem's files in a format, and in words what of it could not be carried over."""

    files: Mapping[str, bytes]
    report: Sequence[str] = ()


@dataclasses.dataclass(frozen=True)
class Found:
    """What was read: each problem, or why it is none."""

    format: Format
    problems: Sequence[Package | Refused]


def read(path: Path, prototypes: Sequence[bytes] = ()) -> Found:
    """Read the problems of a folder or a file of this machine.

    Parameters
    ----------
    prototypes
        More Moodle XML files, with the types of the questions.

    Raises
    ------
    BadPackage
        It is of no format that is known, or cannot be read.
    """
    if path.is_file():
        return read_upload(path.name, path.read_bytes(), prototypes)
    return _of_files(path.resolve().name, read_files(path))


def read_upload(name: str, content: bytes, prototypes: Sequence[bytes] = ()) -> Found:
    """Read the problems of a file that somebody gave: a ZIP archive, a notebook, or a Moodle XML file.

    Parameters
    ----------
    name
        The file's name, which a problem is called by where nothing in it says so.
    prototypes
        More Moodle XML files, with the types of the questions.

    Raises
    ------
    BadPackage
        It is of no format that is known, or cannot be read.
    """
    if qti.is_one(content):
        return Found(Format.QTI, qti.read_one(PurePosixPath(name).stem, content))
    if name.lower().endswith(".xml") or content.lstrip()[:5] == b"<?xml":
        return Found(Format.MOODLE, moodle.read(content, prototypes))
    if name.lower().endswith(ENDING):
        return Found(Format.NOTEBOOK, notebook_files.read_all({PurePosixPath(name).stem + ENDING: content}))
    return _of_files(PurePosixPath(name).stem, unzipped(content))


WRITABLE: Mapping[Format, Callable[[Package], Written]] = {
    Format.OWN: lambda package: Written(yaml_writing.write(package), package.report),
    Format.KATTIS: lambda package: Written(*kattis_writing.write(package)),
}
_QUIZ_WRITABLE: Mapping[Format, Callable[[Package], Written]] = {
    Format.OWN: WRITABLE[Format.OWN],
    Format.QTI: lambda package: Written(*qti_writing.write(package, qti_writing.V2)),
    Format.QTI3: lambda package: Written(*qti_writing.write(package, qti_writing.V3)),
}
"""The formats that problems can be exported to; the first loses nothing."""


def writable_for(*, is_quiz: bool) -> Mapping[Format, Callable[[Package], Written]]:
    """Return the formats that a problem can be exported to, by whether it is a quiz."""
    return _QUIZ_WRITABLE if is_quiz else WRITABLE


def _of_files(name: str, files: Mapping[str, bytes]) -> Found:
    """Read one problem, or the problems that lie in folders beside each other."""
    for mark, (format_, reads) in _MARKS.items():
        if mark in files:
            return Found(format_, [_one(name, files, reads)])
    for mark, (format_, reads) in _MARKS.items():
        folders = sorted({one.rpartition("/")[0] for one in files if PurePosixPath(one).name == mark})
        # What lies within a problem is a part of it.
        outermost = [one for one in folders if not any(one.startswith(f"{other}/") for other in folders)]
        if outermost:
            return Found(format_, [_one_of_several(folder, files, reads) for folder in outermost])
    if any(PurePosixPath(one).name == qti.MARK for one in files):
        return Found(Format.QTI, qti.read_all(name, files))
    if notebook_files.are_among(files):
        return Found(Format.NOTEBOOK, notebook_files.read_all(files))
    raise BadPackage(
        f"{name} is of no format that is known here: there is no "
        + " and no ".join(f"{mark} ({format_.label})" for mark, (format_, _) in _MARKS.items())
        + f" and no {qti.MARK} (QTI) and no *{ENDING} (notebook) in it."
    )


def _one_of_several(
    folder: str, files: Mapping[str, bytes], reads: Callable[[str, Mapping[str, bytes]], Package]
) -> Package | Refused:
    inside = {one.removeprefix(f"{folder}/"): content for one, content in files.items() if one.startswith(f"{folder}/")}
    try:
        return _one(PurePosixPath(folder).name, inside, reads)
    except BadPackage as error:
        return Refused(folder, error.message)


def _one(name: str, files: Mapping[str, bytes], reads: Callable[[str, Mapping[str, bytes]], Package]) -> Package:
    """Return what a reader makes of one problem's folder, whatever stands in its files."""
    try:
        return reads(name, files)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        log.info("the package %s could not be read", name, exc_info=error)
        raise BadPackage(
            f"Something in {name} is of another kind than its format says, such as a number in the place of a list ({error})."
        ) from error
