"""Tables as files: CSV that every spreadsheet opens, and none takes for a program."""

import csv
import io
import re
from collections.abc import Iterable, Iterator

from lti_grader.core.errors import Unprocessable

# What spreadsheets take for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


# What `safe` writes, or something that would be read so.
_MARKED = re.compile(r"'+[=+\-@\t\r\n]")


class BadTable(Unprocessable):
    code = "bad_table"


def safe(text: str | None) -> str:
    """Return text that no spreadsheet takes for a formula: names come from outside, and some begin with "="."""
    text = text or ""
    return f"'{text}" if text.startswith(_FORMULA) or _MARKED.match(text) else text


def unsafe(cell: str) -> str:
    """Return the text that `safe` made a cell of."""
    return cell[1:] if _MARKED.match(cell) else cell


def csv_line(cells: Iterable[str]) -> bytes:
    """Return a line of CSV (RFC 4180)."""
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()


def rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of CSV that hold anything, with the line of the file in which they begin.

    Raises
    ------
    BadTable
        It cannot be read.
    """
    sample = text.partition("\n")[0]
    # Spreadsheets write a semicolon where the comma is in numbers.
    delimiter = max(",;\t", key=sample.count)
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    begin = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield begin, row
            begin = reader.line_num + 1
    except csv.Error as error:
        raise BadTable(f"Line {reader.line_num} cannot be read: {error}. Save it as CSV once more.") from None
