"""Matching against a pattern, in time that grows with the output and never explodes (https://github.com/google/re2)."""

import functools
from typing import Any

import re2


class BadPattern(ValueError):
    """What stands in the place of the expected output is no pattern."""


def matches(output: bytes, pattern: bytes, *, anywhere: bool) -> tuple[bool, str]:
    """Return whether an output matches, and else that it does not, in words for the student.

    Parameters
    ----------
    anywhere
        Whether a part of it is enough; else white space at the end is all that may be left over.

    Raises
    ------
    BadPattern
    """
    compiled = _compiled(pattern.rstrip(b"\r\n"))
    found = compiled.search(output) if anywhere else compiled.fullmatch(output.rstrip())
    return (True, "") if found else (False, "The output does not have the form that was asked for.")


@functools.lru_cache(maxsize=256)
def _compiled(pattern: bytes) -> Any:
    options = re2.Options()
    # What a program writes is bytes, and may be no valid text.
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        words = error.args[0] if error.args else "it cannot be read"
        raise BadPattern(words.decode(errors="replace") if isinstance(words, bytes) else str(words)) from None
