"""Whose programs somebody of the staff sees in a report, and how much of each."""

import enum
import uuid
from collections.abc import Collection, Mapping

from lti_grader.classes.apart import students_within
from lti_grader.classes.queries import Membership, membership
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound


class Sight(enum.Enum):
    NOTHING = enum.auto()
    """Not even that there is such a pair."""
    PASSAGES = enum.auto()
    """What is common to both, without a name: the work of a class that they do not teach."""
    ALL = enum.auto()


class Sights:
    """What one of the staff of a report's class sees of the programs in it.

    Whoever sees some sections of the class only sees pairs of those alone. Others see of programs from a class in which
    they are none of the staff what is common, and no name.
    """

    def __init__(self, place: Membership, class_ids: Collection[uuid.UUID]) -> None:
        self._place = place
        self._places = {one: self._place_in(one) for one in class_ids}
        self._people: Mapping[uuid.UUID, Collection[uuid.UUID]] = {
            class_id: frozenset(session().scalars(students_within(class_id, theirs.within)))
            for class_id, theirs in self._places.items()
            if theirs is not None and theirs.within is not None
        }

    def _place_in(self, class_id: uuid.UUID) -> Membership | None:
        if class_id == self._place.class_id:
            return self._place
        try:
            found = membership(class_id, self._place.user_id)
        except NotFound:
            return None
        return found if found.is_staff else None

    def of(self, student_id: uuid.UUID, class_id: uuid.UUID) -> Sight:
        """Return how much they see of what a student handed in in a class."""
        if self._places[class_id] is None:
            return Sight.PASSAGES if self._place.within is None else Sight.NOTHING
        within = self._people.get(class_id)
        return Sight.ALL if within is None or student_id in within else Sight.NOTHING
