"""Taking the files of an answer out of a ZIP archive, and putting them into one."""

import dataclasses
import io
import stat
import unicodedata
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from lti_grader.core.archives import UNREADABLE
from lti_grader.problems.answer_files import MOST_BYTES, BadFiles, TooManyBytes, check_names, check_size
from lti_grader.problems.harness import AnswerFiles

MOST_ARCHIVE_BYTES = 16_777_216
"""How large an archive may be: what is left out of it counts as well."""
_MOST_MEMBERS = 20_000
_NOT_WANTED = {
    "__MACOSX": "macOS puts it there",
    ".DS_Store": "macOS puts it there",
    "Thumbs.db": "Windows puts it there",
    ".git": "it is version control's",
    ".svn": "it is version control's",
    "__pycache__": "Python makes it",
    "node_modules": "npm makes it",
    ".idea": "it is the editor's",
    ".vscode": "it is the editor's",
    ".pytest_cache": "pytest makes it",
}
_MADE = {
    ".class": "a compiler makes it",
    ".pyc": "Python makes it",
    ".o": "a compiler makes it",
    ".exe": "a compiler makes it",
}


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """A file or folder of an archive that is not taken, and why."""

    name: str
    why: str


@dataclasses.dataclass(frozen=True)
class Unpacked:
    """What came of an archive: path -> content, and what did not."""

    files: Mapping[str, bytes]
    left_out: Sequence[LeftOut]


def unpacked(archive: bytes, wanted: AnswerFiles) -> Unpacked:
    """Take files out of a ZIP archive; a folder around all of them is taken off.

    Raises
    ------
    BadFiles, TooManyBytes
        It is none, holds too much, or something that leads out of it.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            return _taken(packed, wanted)
    except UNREADABLE as error:
        raise BadFiles(
            f"This is no ZIP archive that can be read ({error}). Pack the files once more, as ZIP and without a password."
        ) from None


def _taken(packed: zipfile.ZipFile, wanted: AnswerFiles) -> Unpacked:
    members = [one for one in packed.infolist() if not one.is_dir()]
    if len(members) > _MOST_MEMBERS:
        raise BadFiles(f"This archive holds {len(members):,} files. Pack only those that you wrote.")
    left: dict[str, str] = {}
    kept: dict[str, zipfile.ZipInfo] = {}
    for one in members:
        name = unicodedata.normalize("NFC", one.filename)
        _require_inside(name, one)
        if (junk := _junk(name)) is not None:
            left.setdefault(*junk)
        else:
            kept[name] = one
    named = _without_top(kept, {one.partition("/")[0] for one in [*wanted.required, wanted.main or ""] if "/" in one})
    for name in [one for one in named if not wanted.takes(one)]:
        left[name] = f"files end in {', '.join(wanted.endings)} here"
        del named[name]
    if not named:
        raise BadFiles("There is no file in this archive that can be handed in. Pack the files that you wrote.")
    if len(named) > wanted.most:
        raise BadFiles(f"This archive holds {len(named)} files; at most {wanted.most} are taken. Pack fewer.")
    check_names(named, ())
    if (size := sum(one.file_size for one in named.values())) > MOST_BYTES:
        largest = max(named, key=lambda name: named[name].file_size)
        raise TooManyBytes(
            f"The files in this archive have {size:,} bytes together; at most {MOST_BYTES:,} are accepted."
            f" The largest is {largest} with {named[largest].file_size:,}: leave it out."
        )
    # No more is unpacked than the archive says that it is.
    files = {name: packed.read(one) for name, one in sorted(named.items())}
    check_size(files)
    return Unpacked(files, [LeftOut(name, why) for name, why in sorted(left.items())])


def _require_inside(name: str, member: zipfile.ZipInfo) -> None:
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or ":" in parts[0]:
        raise BadFiles(f"{name[:100]!r} leads out of this archive. Pack the files once more, from their folder.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise BadFiles(f"{name[:100]!r} is a link. Put the file itself into the archive.")


def _junk(name: str) -> tuple[str, str] | None:
    """Return what is left out with a file, itself or a folder around it, and why; None where it is wanted."""
    parts = name.split("/")
    for depth, part in enumerate(parts, 1):
        if part in _NOT_WANTED:
            return "/".join(parts[:depth]), _NOT_WANTED[part]
        if part.startswith("."):
            return "/".join(parts[:depth]), "its name begins with a dot"
    why = _MADE.get(PurePosixPath(name).suffix)
    return None if why is None else (name, why)


def _without_top(named: dict[str, zipfile.ZipInfo], asked: set[str]) -> dict[str, zipfile.ZipInfo]:
    """Take a folder around all files off, unless it is one of those that are asked for."""
    tops = {name.partition("/")[0] for name in named}
    if len(tops) == 1 and not tops & asked and all("/" in name for name in named):
        return {name.partition("/")[2]: one for name, one in named.items()}
    return dict(named)
