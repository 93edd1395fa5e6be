"""What reading a ZIP archive can raise, and writing one while it is sent on."""

import io
import lzma
import zipfile
import zlib
from typing import Any

UNREADABLE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, RuntimeError, EOFError)
"""Damaged in its list or in any of its methods of packing, cut off, in a method that is not known, or locked by a password: who
packed it may have meant harm, or a disk may have been full.
"""


class Pipe(io.RawIOBase):
    """What is written into it can be taken out again: a ZIP archive that is sent on while it is made."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._kept += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: an archive that is given up half-way still says so to what may be closed by then."""

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken = bytes(self._kept)
        self._kept.clear()
        return taken
