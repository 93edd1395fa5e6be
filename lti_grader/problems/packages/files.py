"""Reading a package from a folder or a ZIP archive, whoever made it: bounded, and never outside of it."""

import dataclasses
import functools
import io
import itertools
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from lti_grader.core.archives import UNREADABLE
from lti_grader.problems.packages.package import BadPackage


@dataclasses.dataclass(frozen=True)
class File:
    """A file that can be read: its size in bytes is known before."""

    name: str
    size: int
    read: Callable[[], bytes]


MOST_FILES, MOST_BYTES = 20_000, 2 * 1024**3
# What version control and desktops leave beside a problem's files.
_NO_PART = {".git", ".svn", ".hg", "__MACOSX", ".DS_Store", "__pycache__"}


def read_files(path: Path) -> Mapping[str, bytes]:
    """Return the files of a package by their names in it, "/" between folders.

    Raises
    ------
    BadPackage
        There is none, or it is more than a package may be.
    """
    if path.is_dir():
        return _bounded(
            File(one.relative_to(path).as_posix(), one.stat().st_size, one.read_bytes) for one in _inside(path)
        )
    if not path.is_file():
        raise BadPackage(f"There is no package {path}: give a folder or a ZIP archive.")
    return unzipped(path.read_bytes())


def unzipped(archive: bytes) -> Mapping[str, bytes]:
    """Return the files of a ZIP archive; a single folder around all of them is left out.

    Raises
    ------
    BadPackage
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            members = [one for one in packed.infolist() if not one.is_dir() and _is_inside(one.filename)]
            files = _bounded(File(one.filename, one.file_size, functools.partial(packed.read, one)) for one in members)
    except UNREADABLE as error:
        raise BadPackage(f"The package is no ZIP archive that can be read: {error}") from None
    tops = {name.partition("/")[0] for name in files}
    if len(tops) == 1 and all("/" in name for name in files):
        return {name.partition("/")[2]: content for name, content in files.items()}
    return files


def zipped(files: Mapping[str, bytes], folder: str) -> bytes:
    """Return files as a ZIP archive, all within one folder if that has a name; the same files always give the same bytes."""
    with zipfile.ZipFile(packed := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(f"{folder}/{name}" if folder else name)
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(member, content)
    return packed.getvalue()


def unpack(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files below a new folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _inside(folder: Path) -> Iterator[Path]:
    base = folder.resolve()
    for one in sorted(folder.rglob("*")):
        # A link within the package is a file of it; one that leads out of it is none.
        is_part = _NO_PART.isdisjoint(one.relative_to(folder).parts)
        if is_part and one.is_file() and one.resolve().is_relative_to(base):
            yield one


def _is_inside(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return (
        bool(parts)
        and _NO_PART.isdisjoint(parts)
        and ".." not in parts
        and not name.startswith("/")
        and "\\" not in name
    )


def _bounded(given: Iterable[File]) -> dict[str, bytes]:
    """Return what is in files, once all of them together are known to be no more than a package may be."""
    found = list(itertools.islice(given, MOST_FILES + 1))
    if len(found) > MOST_FILES or sum(one.size for one in found) > MOST_BYTES:
        raise BadPackage(f"A package holds at most {MOST_FILES} files and {MOST_BYTES // 1024**3} GiB.")
    # No more is unpacked than the archive says that it is.
    return {one.name: one.read() for one in found}
