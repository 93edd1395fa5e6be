"""What of a mark is news to its student. Pure."""

import dataclasses
import datetime as dt
from decimal import Decimal

from lti_grader.notifications.kinds import GRADED, MARK_CHANGED, REGRADED, Kind

WATCHED = dt.timedelta(minutes=10)
"""Whoever handed in again looks at the page for as long: what is judged by then they have seen there."""


@dataclasses.dataclass(frozen=True)
class Mark:
    """A mark as somebody was told it, or as it stands."""

    points: Decimal | None
    maximum: Decimal
    submitted_at: dt.datetime | None
    """When the work was handed in that it stands on."""

    def as_parts(self) -> dict[str, str]:
        """Return what is kept of it with a notification."""
        return {
            "points": "" if self.points is None else str(self.points),
            "maximum": str(self.maximum),
            "submitted_at": "" if self.submitted_at is None else self.submitted_at.isoformat(),
        }

    @classmethod
    def of_parts(cls, parts: dict[str, str]) -> "Mark":
        """Return what `as_parts` kept."""
        points, at = parts["points"], parts["submitted_at"]
        return cls(
            Decimal(points) if points else None,
            Decimal(parts["maximum"]),
            dt.datetime.fromisoformat(at) if at else None,
        )


def news(told: Mark | None, mark: Mark, *, by_regrade: bool, at: dt.datetime) -> Kind | None:
    """Return what a student is told of a mark that is out; None for nothing.

    Parameters
    ----------
    told
        The mark that they were told of last; None if they never were.
    by_regrade
        Whether it changed by a regrade.
    at
        Now.
    """
    if mark.points is None:
        return None
    if told is None:
        return GRADED
    if (told.points, told.maximum) == (mark.points, mark.maximum):
        return None
    if by_regrade:
        return REGRADED
    if mark.submitted_at is None or mark.submitted_at == told.submitted_at:
        return MARK_CHANGED
    return GRADED if at - mark.submitted_at > WATCHED else None
