"""Reads of who has which dates: for one person, and for the class as a whole."""

import dataclasses
import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from lti_grader.assignments.dates import Dates, OtherDates, last_due, together
from lti_grader.assignments.models import AccessOverride, Assignment
from lti_grader.assignments.release import When
from lti_grader.assignments.spent_days import days_at_work, days_that_count
from lti_grader.classes.apart import whose_work
from lti_grader.classes.groups.teams import mates_of
from lti_grader.classes.models import ContentItem, Enrollment, EnrollmentStatus, Module, Role
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.people.models import User


@dataclasses.dataclass(frozen=True)
class Access:
    """An assignment's dates for one person."""

    dates: Dates
    last_due: dt.datetime | None
    """When the work of the last of its students is due; None where it has no due date, or somebody may work for ever."""


def _somebody(*said_of: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Return the condition that a row is said of a student who is in the class; `Module` is its assignment's."""
    who = (
        Enrollment.class_id == Module.class_id,
        Enrollment.role == Role.STUDENT,
        Enrollment.status == EnrollmentStatus.ACTIVE,
    )
    return sa.exists().where(*who, *said_of).correlate(AccessOverride, Module)


# Each in the way that an index answers: a page asks for many rows of students, and the class may be big.
_ANYBODY = sa.case(
    (AccessOverride.user_id.is_not(None), _somebody(Enrollment.user_id == AccessOverride.user_id)),
    else_=_somebody(AccessOverride.section == Enrollment.sections.any_()),
)
# Rows of which the class's results have to wait.
_IS_AT_WORK = sa.and_(sa.or_(AccessOverride.due_date.is_not(None), AccessOverride.never_due), _ANYBODY)


def _is_of(user_id: uuid.UUID) -> sa.ColumnElement[bool]:
    """Return the condition that a row is said of a person, or of a section that they are in."""
    theirs = (
        sa.exists()
        .where(
            Enrollment.class_id == Module.class_id,
            Enrollment.user_id == user_id,
            AccessOverride.section == Enrollment.sections.any_(),
        )
        .correlate(AccessOverride, Module)
    )
    return sa.or_(AccessOverride.user_id == user_id, theirs)


def _rows(assignments: Collection[Assignment]) -> Any:
    return with_class(sa.select(AccessOverride)).where(
        AccessOverride.assignment_id.in_([one.id for one in assignments])
    )


def with_class(query: Any) -> Any:
    """Return a question about other dates with the assignment's module beside them, which knows the class."""
    items = ContentItem.__table__
    return query.join(items, items.c.id == AccessOverride.assignment_id).join(Module, Module.id == items.c.module_id)


def access(assignments: Collection[Assignment], user_id: uuid.UUID) -> dict[uuid.UUID, Access]:
    """Return one person's dates for assignments, in a few queries however many they are."""
    own: dict[uuid.UUID, OtherDates] = {}
    of_sections: dict[uuid.UUID, list[OtherDates]] = defaultdict(list)
    at_work: dict[uuid.UUID, list[OtherDates]] = defaultdict(list)
    is_theirs = _is_of(user_id)
    query = _rows(assignments).add_columns(is_theirs, _IS_AT_WORK).where(sa.or_(is_theirs, _IS_AT_WORK))
    for row, theirs, counts in session().execute(query):
        if counts:
            at_work[row.assignment_id].append(row.dates)
        if theirs and row.user_id is not None:
            own[row.assignment_id] = row.dates
        elif theirs:
            of_sections[row.assignment_id].append(row.dates)
    for one_id, others in _spenders(assignments).items():
        at_work[one_id] += others
    in_groups = _of_groups([one for one in assignments if one.group_set_id is not None], [user_id])
    spent = days_that_count(assignments, [user_id])
    return {
        one.id: Access(
            in_groups.get((one.id, user_id))
            or one.dates(own.get(one.id), of_sections[one.id]).later_by(spent.get((one.id, user_id), 0)),
            last_due(one.usual_dates, at_work[one.id]),
        )
        for one in assignments
    }


def said_of(
    assignments: Collection[Assignment], user_ids: Collection[uuid.UUID]
) -> dict[tuple[uuid.UUID, uuid.UUID], Dates]:
    """Return by (assignment, person) the dates of those of these people of whom, or of whose sections, anything is said.

    Each has them by themselves, whatever group they are in. One query however many they are.
    """
    in_section = sa.and_(
        Enrollment.class_id == Module.class_id,
        Enrollment.user_id.in_(user_ids),
        AccessOverride.section == Enrollment.sections.any_(),
    )
    rows = session().execute(
        with_class(sa.select(AccessOverride, Enrollment.user_id))
        .outerjoin(Enrollment, in_section)
        .where(
            AccessOverride.assignment_id.in_([one.id for one in assignments]),
            sa.or_(AccessOverride.user_id.in_(user_ids), Enrollment.user_id.is_not(None)),
        )
    )
    own: dict[tuple[uuid.UUID, uuid.UUID], OtherDates] = {}
    of_sections: dict[tuple[uuid.UUID, uuid.UUID], list[OtherDates]] = defaultdict(list)
    for row, member in rows:
        if row.user_id is not None:
            own[row.assignment_id, row.user_id] = row.dates
        else:
            of_sections[row.assignment_id, member].append(row.dates)
    known = {one.id: one for one in assignments}
    return {key: known[key[0]].dates(own.get(key), of_sections.get(key, ())) for key in own.keys() | of_sections.keys()}


def _of_groups(
    assignments: Collection[Assignment], user_ids: Collection[uuid.UUID]
) -> dict[tuple[uuid.UUID, uuid.UUID], Dates]:
    """Return by (assignment, person) the dates of those of these people who are in a group that hands in, in three queries."""
    sets = {one.group_set_id for one in assignments if one.group_set_id is not None}
    mates = mates_of(sets, user_ids) if sets else {}
    if not mates:
        return {}
    everybody = {one for members in mates.values() for one in members}
    said, spent = said_of(assignments, everybody), days_that_count(assignments, everybody)
    return {
        (one.id, user_id): together(
            [(said.get((one.id, it)) or one.dates()).later_by(spent.get((one.id, it), 0)) for it in members]
        )
        for one in assignments
        for (set_id, user_id), members in mates.items()
        if set_id == one.group_set_id
    }


def dates_of(assignment: Assignment, user_id: uuid.UUID) -> Dates:
    """Return one person's dates for an assignment, whoever else has others: every save of a draft asks for them.

    Where a group hands in, they are those that its members have together.
    """
    if found := _of_groups([assignment], [user_id]):
        return found[assignment.id, user_id]
    own: OtherDates | None = None
    of_sections = []
    for row in session().scalars(_rows([assignment]).where(_is_of(user_id))):
        if row.user_id is not None:
            own = row.dates
        else:
            of_sections.append(row.dates)
    spent = days_that_count([assignment], [user_id])
    return assignment.dates(own, of_sections).later_by(spent.get((assignment.id, user_id), 0))


def dates_of_all(assignment: Assignment, user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Dates]:
    """Return the dates of these people of an assignment's class, in a few queries however many they are.

    Where groups hand in, they are those that the members of each have together.
    """
    in_groups = _of_groups([assignment], user_ids)
    own: dict[uuid.UUID, OtherDates] = {}
    of_section: dict[str, OtherDates] = {}
    for row in session().scalars(_rows([assignment])):
        if row.user_id is not None:
            own[row.user_id] = row.dates
        else:
            of_section[row.section or ""] = row.dates
    people = session().execute(
        sa.select(Enrollment.user_id, Enrollment.sections)
        .join(Module, Module.class_id == Enrollment.class_id)
        .where(Module.id == assignment.module_id, Enrollment.user_id.in_(user_ids))
    )
    spent = days_that_count([assignment], user_ids)
    return {
        user_id: in_groups.get((assignment.id, user_id))
        or assignment.dates(own.get(user_id), [of_section[one] for one in sections if one in of_section]).later_by(
            spent.get((assignment.id, user_id), 0)
        )
        for user_id, sections in people
    }


def end_of(assignment: Assignment) -> dt.datetime | None:
    """Return when the work of an assignment's last student is due, as `Access.last_due`."""
    at_work = [row.dates for row in session().scalars(_rows([assignment]).where(_IS_AT_WORK))]
    return last_due(assignment.usual_dates, at_work + _spenders([assignment])[assignment.id])


def _spenders(assignments: Collection[Assignment]) -> dict[uuid.UUID, list[OtherDates]]:
    """Return by assignment until when those may work who spent late days on it, in two queries at most."""
    found: dict[uuid.UUID, list[OtherDates]] = defaultdict(list)
    spent = days_at_work(assignments)
    said = said_of(assignments, {student_id for _, student_id in spent}) if spent else {}
    known = {one.id: one for one in assignments}
    for key, days in spent.items():
        theirs = (said.get(key) or known[key[0]].dates()).later_by(days)
        if theirs.due_date is not None:
            found[key[0]].append(OtherDates(due=theirs.due_date))
    return found


def last_dues(assignments: Collection[Assignment]) -> Mapping[uuid.UUID, dt.datetime | None]:
    """Return when the work of the last student is due, by assignment, in three queries at most.

    Those whose results wait for nobody's due date get their own.
    """
    waiting = [one for one in assignments if When.AFTER_DUE in (one.rules.marks.when, one.rules.feedback.when)]
    at_work: dict[uuid.UUID, list[OtherDates]] = defaultdict(list)
    if waiting:
        for row in session().scalars(_rows(waiting).where(_IS_AT_WORK)):
            at_work[row.assignment_id].append(row.dates)
        for one_id, others in _spenders(waiting).items():
            at_work[one_id] += others
    return {one.id: last_due(one.usual_dates, at_work[one.id]) for one in assignments}


@dataclasses.dataclass(frozen=True)
class OverrideLine:
    """A section's or a student's dates as staff read them."""

    row: AccessOverride
    name: str
    """The section's, or the student's."""
    granted_by: str | None
    has_anybody: bool
    """Whether it is said of anybody who is in the class."""


def overrides_of(assignment_id: uuid.UUID, place: Membership) -> list[OverrideLine]:
    """Return what is said of an assignment's sections and students, as far as somebody of the staff sees them.

    Sections come first, each by name.
    """
    student, granter = orm.aliased(User), orm.aliased(User)
    rows = session().execute(
        with_class(sa.select(AccessOverride, student, granter, _ANYBODY))
        .outerjoin(student, student.id == AccessOverride.user_id)
        .outerjoin(granter, granter.id == AccessOverride.granted_by)
        .where(AccessOverride.assignment_id == assignment_id, _is_seen_by(place))
        .order_by(AccessOverride.section, student.family_name, student.given_name, student.name, AccessOverride.user_id)
    )
    return [
        OverrideLine(row, row.section or who.display_name, by.display_name if by else None, there)
        for row, who, by, there in rows
    ]


def _is_seen_by(place: Membership) -> sa.ColumnElement[bool]:
    if place.within is None:
        return sa.true()
    return sa.or_(AccessOverride.section.in_(place.within), whose_work(place, AccessOverride.user_id))


def class_overrides(class_id: uuid.UUID) -> Sequence[AccessOverride]:
    """Return what is said of sections and students for all assignments of a class."""
    return session().scalars(with_class(sa.select(AccessOverride)).where(Module.class_id == class_id)).all()


def override(assignment_id: uuid.UUID, override_id: uuid.UUID) -> AccessOverride:
    """Return what is said of one section or student of an assignment.

    Raises
    ------
    NotFound
        Nothing is any more.
    """
    found = session().get(AccessOverride, override_id)
    if found is None or found.assignment_id != assignment_id:
        raise NotFound("These dates are gone already.")
    return found
