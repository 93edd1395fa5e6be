"""What validators of other judges are called with, and what they say by how they end.

- testlib, as Polygon's checkers and interactors speak it (https://github.com/MikeMirzayanov/testlib);
- dmoj, and of the same judge coci and peg (https://docs.dmoj.ca/#/problem_format/custom_checkers).
"""

import dataclasses
import itertools
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from lti_grader.problems.checkers import Checked, Validated

_OUTPUT_BETWEEN = ("{input}", "{output}", "{answer}")
_NO_OUTPUT = ("{input}", "{answer}")
_POINTS = 7
_TESTLIB_POINTS = re.compile(r"^points (\d+(?:\.\d+)?)", re.MULTILINE)
_COCI_POINTS = re.compile(r"^partial (\d+)/(\d*[1-9]\d*)$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Protocol:
    """How programs of one kind are called, and which exit codes say that an output is wrong; 0 says that it is right."""

    checking: Sequence[str]
    talking: Sequence[str]
    wrong: frozenset[int]
    partial: bool = False
    """Whether exit code 7 says that it is right in part."""


PROTOCOLS = {
    # 2 and 4 speak of the form of an output, 8 of one that ended too early.
    "testlib": Protocol(_OUTPUT_BETWEEN, _OUTPUT_BETWEEN, frozenset({1, 2, 4, 8}), partial=True),
    "dmoj": Protocol(_OUTPUT_BETWEEN, _NO_OUTPUT, frozenset({1})),
    "coci": Protocol(_OUTPUT_BETWEEN, _NO_OUTPUT, frozenset({1, 2}), partial=True),
    "peg": Protocol(("{answer}", "{output}", "{input}"), _NO_OUTPUT, frozenset({1})),
}


def arguments(config: Validated) -> list[str]:
    """Return what a validator is called with."""
    if config.protocol == "kattis":
        return ["/data/input", "/data/answer", "feedback/", *config.flags]
    protocol = PROTOCOLS[config.protocol]
    asked = (
        config.arguments
        if config.arguments is not None
        else protocol.talking
        if config.interactive
        else protocol.checking
    )
    # An interactive one writes what was said; another one reads what the program wrote.
    output = "feedback/output" if config.interactive else "/data/output"
    places = {"{input}": "/data/input", "{answer}": "/data/answer", "{output}": output}
    return [
        re.sub(r"\{(?:input|output|answer)\}", lambda found: places[found[0]], one) for one in [*asked, *config.flags]
    ]


def said(config: Validated, exit_code: int, words: str) -> Checked | None:
    """Return the word of a validator that ended by itself; None where it is none.

    Parameters
    ----------
    words
        What it wrote.
    """
    protocol = PROTOCOLS[config.protocol]
    note = words.strip()[:2000]
    if exit_code in (0, *protocol.wrong) and config.protocol == "peg" and (share := _ratio(words)):
        return Checked(True, note=note, share=min(share, Decimal(1)))
    if exit_code == 0:
        return Checked(True, note=note)
    if exit_code in protocol.wrong:
        return Checked(False, "The output is not right.", note=note)
    if exit_code != _POINTS or not protocol.partial:
        return None
    share = _share(config, words)
    if share is None or not 0 <= share <= 1:
        return Checked(False, trouble=f"The problem's validator gives no points that can be read: {note}")
    return Checked(True, note=note, share=share)


def _share(config: Validated, words: str) -> Decimal | None:
    if config.protocol == "coci":
        found = _COCI_POINTS.search(words)
        return Decimal(found[1]) / Decimal(found[2]) if found else None
    found = _TESTLIB_POINTS.search(words)
    return Decimal(found[1]) / config.full_score if found else None


def _ratio(words: str) -> Decimal | None:
    """Return what one line divided by the next one is, where both are numbers."""
    lines = words.split("\n")
    for above, below in itertools.pairwise(lines):
        try:
            share = Decimal(above.strip()) / Decimal(below.strip())
        except (InvalidOperation, ZeroDivisionError):
            continue
        if share > 0:
            return share
    return None
