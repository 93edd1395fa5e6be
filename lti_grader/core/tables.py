"""Tables as files: CSV that every spreadsheet opens, and none takes for a program."""

import csv
import io
from collections.abc import Iterable

# What spreadsheets take for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe(text: str | None) -> str:
    """Return text that no spreadsheet takes for a formula: names come from outside, and some begin with "="."""
    text = text or ""
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_line(cells: Iterable[str]) -> bytes:
    """Return a line of CSV (RFC 4180)."""
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()
