"""A ZIP archive that is sent on while it is made: no more of it stands in memory than a part."""

import contextlib
import datetime as dt
import decimal
import io
import json
import re
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lti_grader.adapters.storage import BlobMissing, Blobs
from lti_grader.core.archives import Pipe

_AT_ONCE = 8
"""Files that are fetched at the same time: the store answers each after a while."""
_MOST_HELD = 16_777_216
"""Bytes of files that are fetched and not yet written, unless one alone is more."""
_LONGEST_NAME = 60
Writer = Callable[["Archive"], Iterator[None]]
"""Writes a part of an archive, and yields wherever what is written so far may be sent on."""


class Archive:
    """What writes files into an archive, one after the other.

    Parameters
    ----------
    at
        When its files were made, as the archive says it.
    """

    def __init__(self, target: Any, at: dt.datetime) -> None:
        self._at = at.timetuple()[:6]
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED)

    def close(self) -> None:
        """Write the list of files, with which it ends."""
        self._zip.close()

    def add(self, name: str, content: bytes | str) -> None:
        """Add a file."""
        self._zip.writestr(self._member(name), content)

    def add_json(self, name: str, value: Any) -> None:
        """Add a file of JSON that people can read."""
        self.add(name, json.dumps(value, default=as_json, indent=2, ensure_ascii=False) + "\n")

    def add_lines(self, name: str, rows: Iterable[Mapping[str, Any] | None]) -> Iterator[None]:
        """Add a file with a JSON value in each line; a row that is None is left out."""
        with self._zip.open(self._member(name), "w", force_zip64=True) as member:
            for row in rows:
                if row is not None:
                    member.write(json.dumps(row, default=as_json, ensure_ascii=False).encode() + b"\n")
                yield

    def add_parts(self, name: str, parts: Iterable[bytes]) -> Iterator[None]:
        """Add a file that comes in parts."""
        with self._zip.open(self._member(name), "w", force_zip64=True) as member:
            for part in parts:
                member.write(part)
                yield

    @contextlib.contextmanager
    def within(self, name: str) -> Iterator["Archive"]:
        """Open an archive that is a file of this one.

        The list at the end of an archive stands in memory until that: of hundreds of thousands of files it would be large.
        """
        member = self._member(name)
        member.compress_type = zipfile.ZIP_STORED
        with self._zip.open(member, "w", force_zip64=True) as held:
            inner = Archive(_Onward(held), dt.datetime(*self._at, tzinfo=dt.UTC))
            yield inner
            inner.close()

    def _member(self, name: str) -> zipfile.ZipInfo:
        member = zipfile.ZipInfo(name, self._at)
        member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        return member


class _Onward(io.RawIOBase):
    """Passes on what is written, and nothing else: an archive within another cannot go back in it."""

    def __init__(self, target: Any) -> None:
        self._target = target

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        # Where the whole is given up half-way, nothing more goes into it.
        if not self._target.closed:
            self._target.write(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing, as the archive around it does."""


def streamed(writers: Iterable[Writer], at: dt.datetime) -> Iterator[bytes]:
    """Yield an archive of what each writer adds to it, as it is made."""
    pipe = Pipe()
    archive = Archive(pipe, at)
    for write in writers:
        for _ in write(archive):
            if part := pipe.take():
                yield part
    archive.close()
    yield pipe.take()


class Fetching:
    """Gets files out of the store, several at a time, and notes which of them it has no more."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self.missing: list[str] = []
        """What they would have been called in the archive."""

    def get(self, ref: str) -> bytes:
        """Return a file's content."""
        return self._blobs.get(ref)

    def fetched(self, wanted: Iterable[tuple[str, str, int]]) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the content of each file, in their order, without those that are missing.

        Parameters
        ----------
        wanted
            Of each its name in the archive, its name in the store, and its size in bytes.
        """
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for batch in _batches(wanted):
                # What was run is often what is handed in next.
                refs = list(dict.fromkeys(ref for _, ref, _ in batch))
                contents = dict(zip(refs, pool.map(self._found, refs), strict=True))
                for name, ref, _ in batch:
                    if (content := contents[ref]) is None:
                        self.missing.append(name)
                    else:
                        yield name, content

    def _found(self, ref: str) -> bytes | None:
        try:
            return self._blobs.get(ref)
        except BlobMissing:
            return None


def _batches(wanted: Iterable[tuple[str, str, int]]) -> Iterator[list[tuple[str, str, int]]]:
    held: list[tuple[str, str, int]] = []
    total = 0
    for one in wanted:
        if held and (total + one[2] > _MOST_HELD or len(held) == _AT_ONCE * 8):
            yield held
            held, total = [], 0
        held.append(one)
        total += one[2]
    if held:
        yield held


def plain(name: str) -> str:
    """Return a name as files are called everywhere: letters, digits, and -._"""
    return re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip("-._")[:_LONGEST_NAME] or "unnamed"


def as_json(value: object) -> str:
    """Return as text what JSON has no value for: moments in UTC, numbers with all their digits, ids."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")
