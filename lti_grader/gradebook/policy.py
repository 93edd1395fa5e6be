"""How results become a score: pure functions of what they are given."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from lti_grader.assignments.models import Counts

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

    @property
    def share(self) -> Decimal:
        """What it counts, of all points."""
        return self.credit * self.points / self.maximum if self.maximum else Decimal(0)


@dataclasses.dataclass(frozen=True)
class ProblemScore:
    points: Decimal
    submitted_at: dt.datetime
    """When the submission that the points stand on was made; for an average, the last one."""


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
        place of an earlier one. Of several best ones the earliest stands.
    """
    stands = counting(submissions, counts)
    if not stands:
        return None
    share = sum((one.share for one in stands), Decimal(0)) / len(stands)
    return ProblemScore((worth * share).quantize(STEP, ROUND_HALF_UP), stands[-1].submitted_at)


def counting(submissions: Iterable[Judged], counts: Counts) -> list[Judged]:
    """Return those of a student's graded submissions to a problem that make its score, in their order."""
    ordered = sorted(submissions, key=lambda one: one.attempt_number)
    if not ordered or counts is Counts.AVERAGE:
        return ordered
    if counts is Counts.LATEST:
        return ordered[-1:]
    return [max(ordered, key=lambda one: (one.share, -one.attempt_number))]


def assignment_score(scores: Sequence[ProblemScore | None]) -> ProblemScore | None:
    """Return the score of an assignment: the sum of its problems, those not yet handed in counting nothing."""
    graded = [one for one in scores if one is not None]
    if not graded:
        return None
    return ProblemScore(sum((one.points for one in graded), Decimal(0)), max(one.submitted_at for one in graded))
