"""The gradebook of a class: students by what they are graded for, a part of them at a time."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from lti_grader.classes.models import EnrollmentStatus, Role
from lti_grader.classes.queries import Membership, roster
from lti_grader.gradebook.items import Item, graded_items
from lti_grader.gradebook.marks import marks
from lti_grader.gradebook.totals.reads import scheme_of, totals

ROWS = 50
"""Students whose marks are loaded at once."""
BY_NAME, BY_TOTAL = "name", "total"


@dataclasses.dataclass(frozen=True)
class Asked:
    """Which students are shown, and in which order."""

    section: str = ""
    search: str = ""
    sort: str = BY_NAME
    """`BY_NAME`, `BY_TOTAL`, or the id of the item whose marks they are sorted by."""
    is_down: bool = False
    with_left: bool = False

    def as_query(self, **other: object) -> dict[str, object]:
        """Return it as the arguments of an address, with some of them otherwise."""
        own = {
            "section": self.section, "search": self.search, "sort": "" if self.sort == BY_NAME else self.sort,
            "down": 1 if self.is_down else "", "left": 1 if self.with_left else "",
        }  # fmt: skip
        return {name: one for name, one in (own | other).items() if one not in ("", None)}


@dataclasses.dataclass(frozen=True)
class Person:
    """A row of the gradebook."""

    id: uuid.UUID
    name: str
    email: str
    sections: Sequence[str]
    has_left: bool


@dataclasses.dataclass(frozen=True)
class Grid:
    """All students that were asked for, in their order, and the columns; the marks come by parts."""

    columns: Sequence[Item]
    people: Sequence[Person]

    def part(self, begin: int) -> Sequence[Person]:
        """Return the students whose marks are loaded together with those of the one at `begin`."""
        return self.people[begin : begin + ROWS]


def grid(place: Membership, asked: Asked, *, at: dt.datetime) -> Grid:
    """Return the gradebook of a class as somebody of its staff sees it, in two queries, or some more where it is sorted by marks."""
    people = _people(place, asked)
    words = asked.search.casefold().split()
    people = [one for one in people if all(word in f"{one.name} {one.email}".casefold() for word in words)]
    columns = graded_items(place.class_id)
    if asked.sort == BY_NAME:
        return Grid(columns, people[::-1] if asked.is_down else people)
    return Grid(columns, _sorted(people, _sorted_by(place.class_id, columns, people, asked, at), asked))


def some_rows(place: Membership, student_ids: Sequence[uuid.UUID], *, with_left: bool = False) -> Grid:
    """Return some students of the gradebook in the order in which they are named, in two queries.

    By it a page goes on that has all names: nobody is sorted anew, and whoever has another mark meanwhile stays where they are.
    Students whom the reader does not see are left out.
    """
    found = {one.id: one for one in _people(place, Asked(with_left=with_left), only=student_ids)}
    return Grid(graded_items(place.class_id), [found[one] for one in student_ids if one in found])


def _people(place: Membership, asked: Asked, *, only: Collection[uuid.UUID] | None = None) -> list[Person]:
    rows = roster(
        place.class_id, Role.STUDENT, section=asked.section, with_left=asked.with_left, within=place.within, only=only
    )
    return [
        Person(
            user.id, user.display_name, user.email or "", enrollment.sections,
            enrollment.status == EnrollmentStatus.DROPPED,
        )
        for enrollment, user in rows
    ]  # fmt: skip


def _sorted_by(
    class_id: uuid.UUID, columns: Sequence[Item], people: Sequence[Person], asked: Asked, at: dt.datetime
) -> Mapping[uuid.UUID, Decimal | None]:
    """Return what students are sorted by."""
    if asked.sort != BY_TOTAL:
        held = marks(class_id, item_id=uuid.UUID(asked.sort))
        return {student_id: mark.points for (student_id, _), mark in held.items()}
    found = totals(class_id, scheme_of(class_id), columns, [one.id for one in people], marks(class_id), at=at)
    return {student_id: one.percent for student_id, one in found.items()}


def _sorted(people: list[Person], held: Mapping[uuid.UUID, Decimal | None], asked: Asked) -> list[Person]:
    """Return students by what each of them has, those who have nothing last, whichever way it goes."""
    having = [(points, one) for one in people if (points := held.get(one.id)) is not None]
    having.sort(key=lambda pair: pair[0], reverse=asked.is_down)
    there = {one.id for _, one in having}
    return [one for _, one in having] + [one for one in people if one.id not in there]
