"""Two programs side by side: their lines, with the passages that they have in common."""

import dataclasses
import itertools
from collections.abc import Iterator, Sequence


@dataclasses.dataclass(frozen=True)
class Line:
    number: int
    text: str
    passage: int | None
    """The number of the passage that it belongs to, from 1."""
    begins: bool
    """Whether the passage begins here."""


@dataclasses.dataclass(frozen=True)
class Gap:
    """Lines that are left out."""

    lines: int


def lines_of(text: str, passages: Sequence[tuple[int, int]], *, everything: bool) -> list[Line | Gap]:
    """Return the lines of a program.

    Parameters
    ----------
    passages
        The first and last line of each; the first line is 1. They do not overlap.
    everything
        Whether the lines between the passages are shown too.
    """
    belongs = {
        line: number for number, (first, last) in enumerate(passages, start=1) for line in range(first, last + 1)
    }
    begin = {first for first, _ in passages}
    all_lines = [
        Line(number, line, belongs.get(number), number in begin)
        for number, line in enumerate(text.split("\n") if text else [], start=1)
    ]
    if everything:
        return [*all_lines]
    return [*_with_gaps(all_lines)]


def _with_gaps(lines: Sequence[Line]) -> Iterator[Line | Gap]:
    for shown, some in itertools.groupby(lines, key=lambda one: one.passage is not None):
        if shown:
            yield from some
        else:
            yield Gap(len([*some]))
