"""Second markings: who gets one, whether two markings agree, and which one stands. Pure functions."""

import dataclasses
import enum
import hashlib
import uuid
from decimal import Decimal

from lti_grader.assignments.models import MarkingRules, SecondMarking

FIRST, SECOND, MODERATED = 1, 2, 3
"""The rounds of marking a submission: `markings.round`."""
_PLACES = 4


def wants_second(rules: MarkingRules, item_id: uuid.UUID, student_id: uuid.UUID, *, is_asked: bool) -> bool:
    """Return whether a submission gets a second marking.

    Parameters
    ----------
    item_id
        The problem's id in the assignment.
    is_asked
        Whether somebody asked for it by hand.
    """
    match rules.second:
        case SecondMarking.ALL:
            return True
        case SecondMarking.SAMPLE:
            return is_asked or is_drawn(item_id, student_id, rules.sample_percent)
        case SecondMarking.CHOSEN:
            return is_asked
    return False


def is_drawn(item_id: uuid.UUID, student_id: uuid.UUID, percent: int) -> bool:
    """Return whether a student's answer to a problem is in the sample of so many per cent.

    It is always the same for one student and problem, whoever else hands in, and who is drawn for fewer is drawn for more.
    """
    digest = hashlib.sha256(f"{item_id}:{student_id}".encode()).digest()
    return int.from_bytes(digest[:8]) * 100 < percent * 2**64


def differs(first: Decimal, second: Decimal, maximum: Decimal, tolerance_percent: int) -> bool:
    """Return whether two markings are further apart than is tolerated.

    Parameters
    ----------
    first, second
        The points that each gives in all.
    maximum
        Of the rubric.
    """
    return abs(first - second) * 100 > tolerance_percent * maximum


def mean(first: Decimal, second: Decimal) -> Decimal:
    """Return the mean of two markings, to as many places as points are kept."""
    return round((first + second) / 2, _PLACES)


class Decision(enum.StrEnum):
    """What a moderator lets stand."""

    FIRST = "first"
    SECOND = "second"
    MEAN = "mean"
    OWN = "own"
    """A marking of the moderator's own."""


STANDS_BY = {
    Decision.FIRST: FIRST, Decision.SECOND: SECOND, Decision.MEAN: MODERATED, Decision.OWN: MODERATED,
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Decided:
    """A decision, and what the two markings gave when it was made."""

    decision: Decision
    first: Decimal
    second: Decimal


@dataclasses.dataclass(frozen=True)
class Given:
    """What the markings of one submission give in all; None for one that is not done, or not there."""

    first: Decimal | None
    second: Decimal | None = None
    moderated: Decimal | None = None


class Standing(enum.StrEnum):
    """How it stands with the markings of a submission."""

    FIRST_AWAITED = "first_awaited"
    SECOND_AWAITED = "second_awaited"
    ALONE = "alone"
    """The first one is done, and no second is wanted."""
    AGREED = "agreed"
    DISPUTED = "disputed"
    """They differ, and nobody has decided; or a marking has changed since."""
    OWN_AWAITED = "own_awaited"
    """The moderator marks it, and is not done."""
    DECIDED = "decided"


def standing(
    given: Given, maximum: Decimal, rules: MarkingRules, decided: Decided | None, *, is_second_wanted: bool
) -> tuple[Standing, int | None]:
    """Return how it stands with the markings of a submission, and the round whose marking counts; None for none yet.

    Within the tolerance the first marking counts. A decision holds as long as both markings give what they gave then; the
    moderator's own marking does not depend on them.
    """
    if not is_second_wanted:
        return (Standing.FIRST_AWAITED, None) if given.first is None else (Standing.ALONE, FIRST)
    if decided is not None and decided.decision == Decision.OWN:
        return (Standing.OWN_AWAITED, None) if given.moderated is None else (Standing.DECIDED, MODERATED)
    if given.first is None:
        return Standing.FIRST_AWAITED, None
    if given.second is None:
        return Standing.SECOND_AWAITED, None
    if decided is not None and (decided.first, decided.second) == (given.first, given.second):
        stands = STANDS_BY[decided.decision]
        if stands != MODERATED or given.moderated is not None:
            return Standing.DECIDED, stands
    if differs(given.first, given.second, maximum, rules.tolerance_percent):
        return Standing.DISPUTED, None
    return Standing.AGREED, FIRST


def may_see(user_id: uuid.UUID, marker_id: uuid.UUID | None, other_id: uuid.UUID | None, *, is_blind: bool) -> bool:
    """Return whether somebody may open one of two markings of a submission.

    Parameters
    ----------
    marker_id, other_id
        Who has begun this one and the other one.
    is_blind
        Whether the two markers are to know nothing of each other's marks, and are not both done.
    """
    if not is_blind:
        return True
    return user_id != other_id if marker_id is None else user_id == marker_id
