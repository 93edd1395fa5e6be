"""How the questions of a quiz went: how often each was right, and whether it tells who knows more. Pure."""

import dataclasses
import statistics
from collections import defaultdict
from collections.abc import Iterable

FEWEST = 10
"""With fewer answers than this, nothing is said of who answered."""


@dataclasses.dataclass(frozen=True)
class Came:
    """What a question came to in one student's submission; `share` is 0 to 1 of its points."""

    student: str
    question: str
    share: float
    answered: bool


@dataclasses.dataclass(frozen=True)
class Figures:
    """How a question went."""

    asked: int
    """How many students were given it."""
    answered: int
    right: int
    facility: float
    """The mean share of its points, 0 to 1."""
    discrimination: float | None
    """How its points go together with those of the same paper's other questions, -1 to 1; None where that cannot be said."""


def figures(came: Iterable[Came]) -> dict[str, Figures]:
    """Return how each question went, by its id."""
    by_student: dict[str, dict[str, Came]] = defaultdict(dict)
    by_question: dict[str, list[Came]] = defaultdict(list)
    for one in came:
        by_student[one.student][one.question] = one
        by_question[one.question].append(one)
    found = {}
    for question, mine in by_question.items():
        pairs = [
            (
                one.share,
                statistics.fmean(other.share for name, other in by_student[one.student].items() if name != question),
            )
            for one in mine
            if len(by_student[one.student]) > 1
        ]
        found[question] = Figures(
            asked=len(mine),
            answered=sum(one.answered for one in mine),
            right=sum(one.share == 1 for one in mine),
            facility=statistics.fmean(one.share for one in mine),
            discrimination=_correlation(pairs),
        )
    return found


def _correlation(pairs: list[tuple[float, float]]) -> float | None:
    own, rest = [one for one, _ in pairs], [other for _, other in pairs]
    # Where everybody has the same there is nothing that goes together.
    if len(pairs) < FEWEST or len(set(own)) < 2 or len(set(rest)) < 2:
        return None
    return max(-1.0, min(1.0, statistics.correlation(own, rest)))
