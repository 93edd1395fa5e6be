"""What tells of a grader whether they mark as others do: pure functions."""

import dataclasses
from collections.abc import Iterable

FEW = 5
"""Of fewer submissions nothing is said in words."""
MUCH = 0.05
"""Of all points: whoever is so far from the others is called harsher or milder."""


@dataclasses.dataclass(frozen=True)
class Marked:
    """What somebody gave for submissions, of all that the rubrics are worth."""

    number: int
    mean: float
    """Of the shares of all points, from 0 to 1."""
    spread: float
    """The standard deviation of the shares."""
    seconds: float | None = None
    """The median of the time for one; None where it is not known."""


@dataclasses.dataclass(frozen=True)
class Agreement:
    """How somebody's markings lie to those of others of the same submissions."""

    pairs: int = 0
    agreed: int = 0
    """Of those, how many differ by no more than the assignment tolerates."""
    difference: float = 0.0
    """The sum over the pairs of what this one gave more than the other, as shares of all points."""
    distance: float = 0.0
    """The sum over the pairs of how far the two are apart, as shares."""

    def __add__(self, other: "Agreement") -> "Agreement":
        return Agreement(
            self.pairs + other.pairs,
            self.agreed + other.agreed,
            self.difference + other.difference,
            self.distance + other.distance,
        )

    @property
    def of_the_other(self) -> "Agreement":
        """The same pairs, seen from the other side."""
        return dataclasses.replace(self, difference=-self.difference)

    @property
    def lean(self) -> float | None:
        """How much more than the other this one gives on average, as a share; None where there is no pair."""
        return self.difference / self.pairs if self.pairs else None

    @property
    def apart(self) -> float | None:
        """How far the two are apart on average, as a share; None where there is no pair."""
        return self.distance / self.pairs if self.pairs else None


def lean(own: Marked, everybody: Marked) -> float | None:
    """Return how much more somebody gives on average than the others for the same problem; None where nobody else marked it.

    Parameters
    ----------
    everybody
        All who marked the problem, with this one among them.
    """
    others = everybody.number - own.number
    if others <= 0:
        return None
    return own.mean - (everybody.mean * everybody.number - own.mean * own.number) / others


def lean_in_all(parts: Iterable[tuple[Marked, float | None]]) -> float | None:
    """Return how somebody leans over several problems, each by how many they marked of it; None where nobody else marked any."""
    known = [(own.number, one) for own, one in parts if one is not None]
    number = sum(count for count, _ in known)
    return sum(count * one for count, one in known) / number if number else None


def in_words(number: int, leaning: float | None) -> str:
    """Return "harsher" or "milder" where somebody is far from the others, and has marked enough to say so; else ""."""
    if leaning is None or number < FEW or abs(leaning) < MUCH:
        return ""
    return "milder" if leaning > 0 else "harsher"
