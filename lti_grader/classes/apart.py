"""The sections of a class kept apart: whose work each of its staff sees.

Everybody stays in one class, with the same assignments and columns; see docs/decisions/0010. Whoever sees their own
sections only sees there what anybody of those sections has ever done, also before they came into them.
"""

import dataclasses
import uuid
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from lti_grader.classes.models import STAFF, Apart, Class, Enrollment, EnrollmentStatus, Role
from lti_grader.classes.queries import Membership, in_any_section, limit
from lti_grader.core.db import session
from lti_grader.core.errors import Forbidden
from lti_grader.people.models import User


def students_within(class_id: Any, within: Collection[str]) -> sa.Select[uuid.UUID]:
    """Return a query for the ids of those who are or were in one of these sections of a class.

    Parameters
    ----------
    class_id
        The class's id, or a column or subquery that gives it.
    """
    return sa.select(Enrollment.user_id).where(Enrollment.class_id == class_id, in_any_section(within))


def whose_work(place: Membership, person: Any) -> sa.ColumnElement[bool]:
    """Return the condition that somebody of the staff sees a person's work in their class.

    Parameters
    ----------
    person
        The column with the person's id.
    """
    if place.within is None:
        return sa.true()
    return sa.or_(person == place.user_id, person.in_(students_within(place.class_id, place.within)))


def sees(place: Membership, student_id: uuid.UUID) -> bool:
    """Return whether somebody of the staff sees a student's work."""
    if place.within is None or student_id == place.user_id:
        return place.is_staff
    query = students_within(place.class_id, place.within).where(Enrollment.user_id == student_id)
    return place.is_staff and session().scalar(query) is not None


def staff_places(class_id: uuid.UUID) -> list[Membership]:
    """Return the place of each of a class's staff now, in two queries."""
    class_ = session().get_one(Class, class_id)
    staff = sa.select(Enrollment).where(
        Enrollment.class_id == class_id, Enrollment.role.in_(STAFF), Enrollment.status == EnrollmentStatus.ACTIVE
    )
    return [
        Membership(
            class_id, one.user_id, Role(one.role),
            limit(class_.chosen.apart, Role(one.role), one.sections, is_owner=one.user_id == class_.owner_id),
            is_archived=class_.archived_at is not None,
        )
        for one in session().scalars(staff.order_by(Enrollment.user_id))
    ]  # fmt: skip


def staff_who_see(class_id: uuid.UUID, student_id: uuid.UUID) -> list[uuid.UUID]:
    """Return those of a class's staff now who see a student's work."""
    theirs = sa.select(Enrollment.sections).where(Enrollment.class_id == class_id, Enrollment.user_id == student_id)
    sections = frozenset(session().scalar(theirs) or ())
    return [one.user_id for one in staff_places(class_id) if one.within is None or one.within & sections]


def require_everybody(place: Membership, what: str) -> None:
    """Raise `Forbidden` for staff who see some sections only.

    Parameters
    ----------
    what
        What concerns all of them, as the beginning of a sentence: "Scores are held back".
    """
    if place.within is not None:
        raise Forbidden(f"{what} by staff who see the whole class: you see {', '.join(sorted(place.within))} only.")


@dataclasses.dataclass(frozen=True)
class SectionLine:
    """A section as its class's page lists it."""

    name: str
    students: int
    staff: list[str]


@dataclasses.dataclass(frozen=True)
class StaffLine:
    """Whose work somebody of the staff sees."""

    name: str
    role: str
    sections: list[str]
    within: frozenset[str] | None
    """The sections that they see; None for the whole class."""
    is_owner: bool


@dataclasses.dataclass(frozen=True)
class Sections:
    """The sections of a class, and who sees which."""

    lines: list[SectionLine]
    in_none: int
    """How many students are in no section: those who see some sections only do not see them."""
    staff: list[StaffLine]
    apart: Apart
    owner_is_there: bool


def sections_of(class_: Class, place: Membership) -> Sections:
    """Return the sections of a class, as far as somebody of its staff sees them, in two queries."""
    section = sa.func.unnest(Enrollment.sections).label("section")
    students = sa.and_(Enrollment.role == Role.STUDENT, Enrollment.status == EnrollmentStatus.ACTIVE)
    one = sa.select(section, students.label("counts")).where(Enrollment.class_id == class_.id).subquery()
    counted = session().execute(
        sa.select(one.c.section, sa.func.count().filter(one.c.counts)).group_by(one.c.section).order_by(one.c.section)
    )
    counts = {name: count for name, count in counted if place.within is None or name in place.within}
    in_none = sa.select(sa.func.count()).where(
        Enrollment.class_id == class_.id, students, sa.func.cardinality(Enrollment.sections) == 0
    )
    staff = _staff(class_)
    lines = [
        SectionLine(name, count, [one.name for one in staff if name in one.sections]) for name, count in counts.items()
    ]
    return Sections(
        lines,
        session().scalars(in_none).one() if place.within is None else 0,
        staff,
        class_.chosen.apart,
        any(one.is_owner for one in staff),
    )  # fmt: skip


def _staff(class_: Class) -> list[StaffLine]:
    rows = session().execute(
        sa.select(Enrollment, User)
        .join(User, User.id == Enrollment.user_id)
        .where(
            Enrollment.class_id == class_.id,
            Enrollment.role.in_(STAFF),
            Enrollment.status == EnrollmentStatus.ACTIVE,
        )
        .order_by(Enrollment.role.desc(), User.family_name, User.given_name, User.name, User.id)
    )
    found = []
    for one, user in rows:
        is_owner = user.id == class_.owner_id
        within = limit(class_.chosen.apart, Role(one.role), one.sections, is_owner=is_owner)
        found.append(StaffLine(user.display_name, one.role, list(one.sections), within, is_owner))
    return found


def may_change(place: Membership, sections: Sections) -> bool:
    """Return whether somebody may say how far the sections are kept apart.

    That is for teachers who see the whole class, so that nobody widens what they see themselves; and for every teacher
    where the class's owner is gone, since else nobody might be left who can.
    """
    return place.role == Role.TEACHER and (place.within is None or not sections.owner_is_there)


def keep_apart(class_: Class, apart: Apart, place: Membership) -> None:
    """Say how far the sections of a class are kept apart.

    Raises
    ------
    Forbidden
        They may not say it.
    """
    if not may_change(place, sections_of(class_, place)):
        raise Forbidden("Who sees which sections is set by teachers who see the whole class.")
    class_.choose(apart=apart)
