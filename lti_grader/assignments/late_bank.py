"""A student's late days in a class: how many there are, and where they were spent. Pure."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping

from lti_grader.assignments.dates import Dates
from lti_grader.assignments.errors import BadAssignment
from lti_grader.assignments.lateness import LatePolicy
from lti_grader.assignments.release import in_words


@dataclasses.dataclass(frozen=True)
class Bank:
    """The late days of one student in one class."""

    usual: int
    """What everybody has."""
    given: int = 0
    """What this student was given beyond that."""
    spent: Mapping[uuid.UUID, int] = dataclasses.field(default_factory=dict)
    """By assignment; those that have none are left out."""

    @property
    def size(self) -> int:
        """How many there are in all. What was spent before the class gave fewer stays, and is among them."""
        return max(self.usual + self.given, sum(self.spent.values()))

    @property
    def left(self) -> int:
        """How many can be spent still."""
        return self.size - sum(self.spent.values())

    def most_for(self, assignment_id: uuid.UUID, allowed: int) -> int:
        """Return how many days may be spent on an assignment in all, where it allows so many."""
        mine = self.spent.get(assignment_id, 0)
        return max(mine, min(allowed, mine + self.left))

    def spending(self, assignment_id: uuid.UUID, days: int, *, allowed: int) -> "Bank":
        """Return what is left of it when so many days are spent on an assignment, instead of those that were.

        Raises
        ------
        BadAssignment
            They are more than the assignment allows, or than are left.
        """
        most = self.most_for(assignment_id, allowed)
        if not 0 <= days <= most:
            raise BadAssignment(f"Choose a number of late days from 0 to {most}.")
        others = {one: number for one, number in self.spent.items() if one != assignment_id}
        return dataclasses.replace(self, spent={**others, assignment_id: days} if days else others)


def why_not(policy: LatePolicy, dates: Dates, *, at: dt.datetime) -> str:
    """Return why no late days can be spent on an assignment by whoever has these dates, or taken back; "" where they can."""
    if not policy.late_days:
        return "Late days cannot be spent on this assignment."
    if dates.due_date is None:
        return "Your work for this assignment has no due date, so no late days are needed."
    if dates.closes_at is not None and at >= dates.closes_at:
        return f"This assignment closed on {in_words(dates.closes_at)}: late days are chosen before that."
    return ""
