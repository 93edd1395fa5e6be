"""How what people give makes points: pure functions."""

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal

from lti_grader.problems.rubrics import DraftCriterion


@dataclasses.dataclass(frozen=True)
class ByHand:
    """What people give for a submission, beside its tests."""

    maximum: Decimal
    """Of the rubric."""
    points: Decimal | None
    """With the adjustment, so that they can be less than nothing or more than the maximum; None while they are awaited."""


def share(points: Decimal, maximum: Decimal, by_hand: ByHand | None) -> Decimal:
    """Return what a submission has of all points: by its tests and by hand, never less than none or more than all.

    Parameters
    ----------
    points, maximum
        Of the tests.
    by_hand
        None where only the tests count. What is awaited counts nothing.
    """
    if by_hand is None:
        return points / maximum if maximum else Decimal(0)
    most = maximum + by_hand.maximum
    return held(points + (by_hand.points or Decimal(0)), most) / most if most else Decimal(0)


def held(points: Decimal, maximum: Decimal) -> Decimal:
    """Return points held between 0 and a maximum."""
    return min(max(points, Decimal(0)), maximum)


def carried(before: Sequence[DraftCriterion], after: Sequence[DraftCriterion]) -> Mapping[int, int]:
    """Return which criteria of one rubric are the same in another, by their places: in the words, levels and points.

    What was given for those holds for the other as well.
    """
    places = {one.name: place for place, one in enumerate(after)}
    found = {}
    for place, one in enumerate(before):
        other = places.get(one.name)
        if other is not None and _same(one, after[other]):
            found[place] = other
    return found


def _same(one: DraftCriterion, other: DraftCriterion) -> bool:
    return one.description == other.description and list(one.levels) == list(other.levels)
