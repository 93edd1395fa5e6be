"""Points and times as the one number that a sorted set of Redis orders by, and places from such numbers. Pure.

A score of a sorted set is a double, which is exact up to 2^53: the points in hundredths take the upper 27 bits of that, the time the
lower 26, counted backwards so that of equal points the earlier stand higher.
"""

import dataclasses
import datetime as dt
import itertools
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal

_TIME_BITS = 26
_LATEST = (1 << _TIME_BITS) - 1
"""Seconds after the beginning, some two years, from which on all times are the same."""
_MOST = (1 << 27) - 1
_STEP = Decimal("0.01")


@dataclasses.dataclass(frozen=True)
class Standing:
    """One who has a place: `name` is the member of the set."""

    place: int
    name: str
    points: Decimal


def score(points: Decimal, handed_in: dt.datetime, beginning: dt.datetime) -> int:
    """Return what to order by: more points are more, and of as many the earlier.

    Parameters
    ----------
    points
        From 0 up; counted in hundredths, up to 1.3 million.
    handed_in
        When the work was handed in that brought them; who had them first stands higher.
    beginning
        From when time counts, the same for all of a board.
    """
    hundredths = int((points / _STEP).quantize(Decimal(1), ROUND_HALF_UP))
    seconds = int((handed_in - beginning).total_seconds())
    return (min(max(hundredths, 0), _MOST) << _TIME_BITS) + _LATEST - min(max(seconds, 0), _LATEST)


def points_of(number: float) -> Decimal:
    """Return the points that a score was made of."""
    return (int(number) >> _TIME_BITS) * _STEP


def standings(ordered: Iterable[tuple[str, float]]) -> Iterator[Standing]:
    """Return who stands where, the best first; who is equal in points and time shares a place, and the next are left out.

    Parameters
    ----------
    ordered
        (member, score), the highest score first.
    """
    above = 0
    for number, group in itertools.groupby(ordered, key=lambda one: one[1]):
        equal = list(group)
        yield from (Standing(above + 1, name, points_of(number)) for name, _ in equal)
        above += len(equal)
