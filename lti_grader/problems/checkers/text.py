"""Comparisons of text as bytes: what is no valid UTF-8 is compared all the same."""

import re
from itertools import zip_longest

_WORDS = re.compile(rb"[^ \t\n\r\f\v]+")


def same_tokens(output: bytes, expected: bytes) -> tuple[bool, str]:
    """Compare word by word, whatever the white space between.

    Returns
    -------
    Whether they are the same, and else where they first differ, in words for the student.
    """
    if output == expected:
        return True, ""
    mine, theirs = output.split(), expected.split()
    if mine == theirs:
        return True, ""
    if not mine:
        return False, "The program wrote nothing."
    place = next(number for number, (a, b) in enumerate(zip_longest(mine, theirs), start=1) if a != b)
    if place > len(mine):
        return False, f"The output ends after {len(mine)} of {len(theirs)} words."
    if place > len(theirs):
        return False, f"The output goes on after the {len(theirs)} words that were asked for."
    return False, f"Word {place} is different."


def same_bytes(output: bytes, expected: bytes) -> tuple[bool, str]:
    """Compare byte by byte."""
    return (True, "") if output == expected else (False, "The output is not exactly the same, white space included.")


def same_lines(output: bytes, expected: bytes) -> tuple[bool, str]:
    """Compare line by line, without white space at the ends of lines and of the whole."""
    mine, theirs = ([line.rstrip() for line in whole.strip().splitlines()] for whole in (output, expected))
    if mine == theirs:
        return True, ""
    place = next(number for number, (a, b) in enumerate(zip_longest(mine, theirs), start=1) if a != b)
    return False, f"Line {place} is different."


def indent(whole: bytes) -> bytes:
    """Return the white space before the first word."""
    return whole[: len(whole) - len(whole.lstrip())] if whole.strip() else b""


def reduced(whole: bytes) -> bytes:
    """Return a text in small letters, without empty lines, and with single blanks."""
    lines = (re.sub(rb"[ \t]+", b" ", line).rstrip() for line in whole.lower().splitlines())
    return b"\n".join(line for line in lines if line)


def spaces(whole: bytes) -> list[bytes]:
    """Return the white space of a text, piece by piece between its words."""
    return _WORDS.split(whole)


def words_by_line(whole: bytes) -> list[int]:
    """Return how many words there are in each line that is not empty."""
    return [count for line in re.split(rb"[\r\n]", whole) if (count := len(line.split()))]
