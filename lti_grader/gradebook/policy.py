"""How results become a score: pure functions of what they are given."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from lti_grader.assignments.models import Counts
from lti_grader.marking.policy import ByHand, share

STEP = Decimal("0.0001")


@dataclasses.dataclass(frozen=True)
class Judged:
    """A graded submission: its points out of the problem version's own maximum, and what of them counts."""

    attempt_number: int
    submitted_at: dt.datetime
    points: Decimal
    maximum: Decimal
    credit: Decimal = Decimal(1)
    """What is left of its points where it was late."""
    by_hand: ByHand | None = None
    """What people give for it, where its version has a rubric; the points above are its tests'."""
    attempt_id: uuid.UUID | None = None

    @property
    def share(self) -> Decimal:
        """What it counts, of all points."""
        return self.credit * share(self.points, self.maximum, self.by_hand)

    @property
    def rank(self) -> tuple[Decimal, int]:
        """By what the best is told: what the tests alone count, so that it is known before anybody has marked anything.

        Of several best ones the first stands, but the last where people mark it: who hands in once more has changed
        what no test sees.
        """
        by_tests = self.credit * share(self.points, self.maximum, None)
        return by_tests, self.attempt_number if self.by_hand else -self.attempt_number


@dataclasses.dataclass(frozen=True)
class ProblemScore:
    points: Decimal
    submitted_at: dt.datetime
    """When the submission that the points stand on was made; for an average, the last one."""
    marked: tuple[uuid.UUID, ...] = ()
    """The submissions that it stands on and that people mark."""
    is_awaited: bool = False
    """Whether one of those is not marked yet: the points are what the tests alone give."""


def problem_score(submissions: Iterable[Judged], worth: Decimal, counts: Counts) -> ProblemScore | None:
    """Return the score of one problem, None while nothing of it is graded.

    Parameters
    ----------
    submissions
        Every graded submission of one student to the problem.
    worth
        The points of the problem in this assignment; results are scaled to it.
    counts
        Which of them makes the score, of what each counts: a late one that is better, and counts less, does not take the
        place of an earlier one. Of several best ones the earliest stands, or the latest where people mark them.
    """
    stands = counting(submissions, counts)
    if not stands:
        return None
    mean = sum((one.share for one in stands), Decimal(0)) / len(stands)
    return ProblemScore(
        (worth * mean).quantize(STEP, ROUND_HALF_UP),
        stands[-1].submitted_at,
        tuple(one.attempt_id for one in stands if one.by_hand is not None and one.attempt_id is not None),
        any(one.by_hand is not None and one.by_hand.points is None for one in stands),
    )


def counting(submissions: Iterable[Judged], counts: Counts) -> list[Judged]:
    """Return those of a student's graded submissions to a problem that make its score, in their order."""
    ordered = sorted(submissions, key=lambda one: one.attempt_number)
    if not ordered or counts is Counts.AVERAGE:
        return ordered
    if counts is Counts.LATEST:
        return ordered[-1:]
    return [max(ordered, key=lambda one: one.rank)]


def assignment_score(scores: Sequence[ProblemScore | None]) -> ProblemScore | None:
    """Return the score of an assignment: the sum of its problems, those not yet handed in counting nothing."""
    graded = [one for one in scores if one is not None]
    if not graded:
        return None
    return ProblemScore(
        sum((one.points for one in graded), Decimal(0)),
        max(one.submitted_at for one in graded),
        tuple(attempt for one in graded for attempt in one.marked),
        any(one.is_awaited for one in graded),
    )
