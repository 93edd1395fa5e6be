"""What reading a ZIP archive can raise: who packed it may have meant harm, or a disk may have been full."""

import lzma
import zipfile
import zlib

UNREADABLE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, RuntimeError, EOFError)
"""Damaged in its list or in any of its methods of packing, cut off, in a method that is not known, or locked by a password."""
