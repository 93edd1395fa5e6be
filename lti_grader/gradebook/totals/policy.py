"""How marks become a total: pure functions of what they are given. Rounded is once, at the end."""

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import NamedTuple

from lti_grader.gradebook.totals.rules import Averaging, Rounding, Rules, Weighting

_ROUNDINGS = {Rounding.NEAREST: ROUND_HALF_UP, Rounding.UP: ROUND_CEILING, Rounding.DOWN: ROUND_FLOOR}
# Exact sums are rounded from more digits than any of them has.
_FINE = 12
# Points have as many digits after the point.
_DIGITS = 4
_Pair = tuple[uuid.UUID, int | Fraction, int]
"""An item, its points and its maximum, both in one unit."""


@dataclasses.dataclass(frozen=True)
class Category:
    """A part of the total."""

    id: uuid.UUID | None
    """None for what is in no category."""
    name: str
    weight: Decimal
    drop_lowest: int


class Counted(NamedTuple):
    """A mark that counts: what is excused or left out is not among them."""

    item_id: uuid.UUID
    points: Decimal
    maximum: Decimal
    """Greater than 0."""


@dataclasses.dataclass(frozen=True)
class CategoryTotal:
    """What one has of a category."""

    category: Category
    percent: Decimal | None
    """Rounded for show; None where nothing of it counts."""
    worth: Fraction
    """Its part of the total, from 0 to 1, after the weights of those that count were brought to 1 in all."""
    dropped: frozenset[uuid.UUID]
    """The items that are left out as the lowest."""


@dataclasses.dataclass(frozen=True)
class Total:
    """What somebody has in all so far."""

    percent: Decimal | None
    """Rounded as the rules say; None where nothing counts yet."""
    letter: str | None
    categories: Sequence[CategoryTotal]

    @property
    def text(self) -> str:
        """The total and its letter as lists show them; "" where nothing counts yet."""
        return "" if self.percent is None else " ".join(filter(None, [f"{self.percent} %", self.letter]))


def total(rules: Rules, categories: Sequence[Category], counted: Mapping[uuid.UUID | None, Sequence[Counted]]) -> Total:
    """Return what the marks of one person come to.

    Parameters
    ----------
    categories
        In their order; what is in none is added where the rules let it count.
    counted
        The marks that count, by category.
    """
    parts = list(categories)
    if rules.weighting is Weighting.POINTS and counted.get(None):
        parts.append(Category(None, "In no category", Decimal(0), 0))
    found = [(one, *_share(counted.get(one.id, ()), one.drop_lowest, rules.averaging)) for one in parts]
    weights = [
        Fraction(0) if share is None else _weight(one, counted.get(one.id, ()), rules.weighting)
        for one, share, _ in found
    ]
    whole = sum(weights, Fraction(0))
    share = None
    if whole:
        share = (
            sum(
                (weight * part for weight, (_, part, _) in zip(weights, found, strict=True) if part is not None),
                Fraction(0),
            )
            / whole
        )
    percent = None if share is None else rounded(share, rules)
    return Total(
        percent,
        None if percent is None else letter(percent, rules),
        [
            CategoryTotal(one, None if part is None else rounded(part, rules), weight / whole if whole else weight, dropped)
            for weight, (one, part, dropped) in zip(weights, found, strict=True)
        ],
    )  # fmt: skip


def rounded(share: Fraction, rules: Rules) -> Decimal:
    """Return a share as per cent, rounded as the rules say."""
    scaled = share * 100 * 10**_FINE
    # What is lost beyond the twelfth digit keeps its direction.
    exact = Decimal(scaled.numerator // scaled.denominator)
    if rules.rounding is Rounding.UP and scaled.denominator != 1:
        exact += 1
    return (exact.scaleb(-_FINE)).quantize(Decimal(1).scaleb(-rules.places), _ROUNDINGS[rules.rounding])


def letter(percent: Decimal, rules: Rules) -> str | None:
    """Return the letter for a rounded total; None where the class has none, or it is below all of them."""
    reached = [one for one in rules.letters if one.least <= percent]
    return max(reached, key=lambda one: one.least).name if reached else None


def _weight(category: Category, counted: Sequence[Counted], weighting: Weighting) -> Fraction:
    """Return what a category is worth beside the others, before those that count are brought to 1.

    By points, each item that is dropped takes away what an item of the category has on average, so that it makes no
    difference to the others which one is dropped.
    """
    if weighting is Weighting.WEIGHTS:
        return Fraction(category.weight)
    kept = _kept(len(counted), category.drop_lowest)
    return Fraction(sum(one.maximum for one in counted)) * Fraction(kept, len(counted))


def _kept(count: int, drop: int) -> int:
    """Return how many of so many items stay: one at least."""
    return max(count - drop, min(count, 1))


def _share(counted: Sequence[Counted], drop: int, averaging: Averaging) -> tuple[Fraction | None, frozenset[uuid.UUID]]:
    """Return what one has of a category, and the items that are dropped: those whose loss is best for them.

    For items of unequal points these are not always those of the lowest per cent (Kane & Kane, Dropping the lowest score,
    2006); found by Dinkelbach's method.
    """
    if not counted:
        return None, frozenset()
    # Whole numbers are added up in a fraction of the time that fractions take.
    pairs: list[_Pair] = [
        (one.item_id, int(one.points.scaleb(_DIGITS)), int(one.maximum.scaleb(_DIGITS))) for one in counted
    ]
    if averaging is Averaging.EVENLY:
        pairs = [(item_id, Fraction(points, most), 1) for item_id, points, most in pairs]
    keep = _kept(len(pairs), drop)
    share = _ratio(pairs)
    if keep == len(pairs):
        return share, frozenset()
    kept = pairs
    while True:
        level = share
        kept = sorted(pairs, key=lambda one: one[1] - level * one[2], reverse=True)[:keep]
        share = _ratio(kept)
        if share == level:
            break
    return share, frozenset(one.item_id for one in counted) - {item_id for item_id, _, _ in kept}


def _ratio(pairs: Sequence[_Pair]) -> Fraction:
    return Fraction(sum(one[1] for one in pairs)) / Fraction(sum(one[2] for one in pairs))
