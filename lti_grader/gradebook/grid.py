"""The gradebook of a class: students by what they are graded for, a part of them at a time."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment
from lti_grader.classes.models import EnrollmentStatus, Module, Role
from lti_grader.classes.publishing import seen_by_students
from lti_grader.classes.queries import Membership, roster
from lti_grader.core.db import session
from lti_grader.gradebook.marks import Mark, marks

ROWS = 50
"""Students whose marks are loaded at once."""
BY_NAME = "name"


@dataclasses.dataclass(frozen=True)
class Asked:
    """Which students are shown, and in which order."""

    section: str = ""
    search: str = ""
    sort: str = BY_NAME
    """`BY_NAME`, or the id of the item whose marks they are sorted by."""
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
class Item:
    """A column of the gradebook."""

    id: uuid.UUID
    title: str
    maximum: Decimal
    due_date: dt.datetime | None
    is_published: bool


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


def graded_items(class_id: uuid.UUID) -> list[Item]:
    """Return what students of a class are graded for, in its order."""
    rows = session().execute(
        sa.select(
            Assignment.id,
            Assignment.title,
            Assignment.points_total,
            Assignment.due_date,
            seen_by_students(),
        )
        .join(Module, Module.id == Assignment.module_id)
        .where(Module.class_id == class_id)
        .order_by(Module.order_index, Assignment.order_index)
    )
    return [Item(*row) for row in rows]


def grid(place: Membership, asked: Asked) -> Grid:
    """Return the gradebook of a class as somebody of its staff sees it, in two queries, or three where it is sorted by marks."""
    rows = roster(place.class_id, Role.STUDENT, section=asked.section, with_left=asked.with_left, within=place.within)
    people = [
        Person(
            user.id, user.display_name, user.email or "", enrollment.sections,
            enrollment.status == EnrollmentStatus.DROPPED,
        )
        for enrollment, user in rows
    ]  # fmt: skip
    words = asked.search.casefold().split()
    people = [one for one in people if all(word in f"{one.name} {one.email}".casefold() for word in words)]
    return Grid(graded_items(place.class_id), _sorted(place.class_id, people, asked))


def _sorted(class_id: uuid.UUID, people: list[Person], asked: Asked) -> list[Person]:
    if asked.sort == BY_NAME:
        return people[::-1] if asked.is_down else people
    item_id = uuid.UUID(asked.sort)
    return by_mark(people, {student: one for (student, _), one in marks(class_id, item_id=item_id).items()}, asked)


def by_mark(people: list[Person], held: Mapping[uuid.UUID, Mark], asked: Asked) -> list[Person]:
    """Return students by a mark of theirs, those without one last, whichever way it goes."""
    points = {one.id: mark.points for one in people if (mark := held.get(one.id)) and mark.points is not None}
    having = [one for one in people if one.id in points]
    having.sort(key=lambda one: points[one.id], reverse=asked.is_down)
    return having + [one for one in people if one.id not in points]
