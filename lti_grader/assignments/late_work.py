"""Reads of how late work was handed in, by the due date that each student has."""

import dataclasses
import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments.access import with_class
from lti_grader.assignments.dates import OtherDates
from lti_grader.assignments.late_day_models import LateDaysSpent
from lti_grader.assignments.lateness import Late, LatePolicy, credit_of
from lti_grader.assignments.models import AccessOverride, Assignment
from lti_grader.classes.models import Enrollment, Module
from lti_grader.core.db import session


@dataclasses.dataclass(frozen=True)
class Lateness:
    """Who hands in late, and what that counts, in some assignments and of some students."""

    policies: Mapping[uuid.UUID, LatePolicy]
    """By assignment; those in which late work counts in full are left out."""
    usual: Mapping[uuid.UUID, dt.datetime | None]
    """When each of these assignments is due."""
    others: Mapping[tuple[uuid.UUID, uuid.UUID], dt.datetime | None]
    """When it is due for a student who has another due date, by (assignment, student)."""
    days: Mapping[tuple[uuid.UUID, uuid.UUID], int]
    """Late days that were spent, by (assignment, student)."""

    def due(self, assignment_id: uuid.UUID, student_id: uuid.UUID) -> dt.datetime | None:
        """Return when a student's work is due, with the late days that they spent on it."""
        found = self.others.get((assignment_id, student_id), self.usual.get(assignment_id))
        return found and found + dt.timedelta(days=self.days.get((assignment_id, student_id), 0))

    def late(self, assignment_id: uuid.UUID, student_id: uuid.UUID, submitted_at: dt.datetime) -> Late | None:
        """Return how late a submission was, None where it counts in full."""
        policy = self.policies.get(assignment_id)
        return policy.late(submitted_at, self.due(assignment_id, student_id)) if policy else None

    def credit(self, assignment_id: uuid.UUID, student_id: uuid.UUID, submitted_at: dt.datetime) -> Decimal:
        """Return what the points of a submission are multiplied by."""
        return credit_of(self.late(assignment_id, student_id, submitted_at))


def lateness(
    assignments: Collection[Assignment], student_ids: Collection[uuid.UUID], *, policy: LatePolicy | None = None
) -> Lateness:
    """Return who is late by their own due date, in two queries at most however many they are.

    Where late work counts in full there is nothing to ask.

    Parameters
    ----------
    policy
        To count by instead of the assignments' own: what would it be?
    """
    policies = {one.id: policy or one.rules.late for one in assignments}
    strict = {one.id: one for one in assignments if policies[one.id].steps}
    return Lateness(
        {one: policies[one] for one in strict},
        {one.id: one.due_date for one in strict.values()},
        _other_dues(strict, student_ids) if strict and student_ids else {},
        _days_spent([one for one in strict if policies[one].late_days], student_ids),
    )


def late_by_section(class_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the assignments of a class in which late work counts less, and some section has dates of its own."""
    of_section = sa.exists().where(AccessOverride.assignment_id == Assignment.id, AccessOverride.section.is_not(None))
    query = sa.select(Assignment).join(Module, Module.id == Assignment.module_id)
    found = session().scalars(query.where(Module.class_id == class_id, of_section).order_by(Assignment.id))
    return [one.id for one in found if one.rules.late.steps]


def _days_spent(
    assignment_ids: Collection[uuid.UUID], student_ids: Collection[uuid.UUID]
) -> dict[tuple[uuid.UUID, uuid.UUID], int]:
    if not assignment_ids:
        return {}
    rows = session().execute(
        sa.select(LateDaysSpent.assignment_id, LateDaysSpent.student_id, LateDaysSpent.days).where(
            LateDaysSpent.assignment_id.in_(assignment_ids), LateDaysSpent.student_id.in_(student_ids)
        )
    )
    return {(one.assignment_id, one.student_id): one.days for one in rows}


def _other_dues(
    assignments: Mapping[uuid.UUID, Assignment], student_ids: Collection[uuid.UUID]
) -> dict[tuple[uuid.UUID, uuid.UUID], dt.datetime | None]:
    in_section = sa.and_(
        Enrollment.class_id == Module.class_id,
        Enrollment.user_id.in_(student_ids),
        AccessOverride.section == Enrollment.sections.any_(),
    )
    rows = session().execute(
        with_class(sa.select(AccessOverride, Enrollment.user_id))
        .outerjoin(Enrollment, in_section)
        .where(
            AccessOverride.assignment_id.in_(assignments),
            sa.or_(AccessOverride.user_id.in_(student_ids), Enrollment.user_id.is_not(None)),
        )
    )
    own: dict[tuple[uuid.UUID, uuid.UUID], OtherDates] = {}
    of_sections: dict[tuple[uuid.UUID, uuid.UUID], list[OtherDates]] = defaultdict(list)
    for row, member in rows:
        if row.user_id is not None:
            own[row.assignment_id, row.user_id] = row.dates
        else:
            of_sections[row.assignment_id, member].append(row.dates)
    return {
        key: assignments[key[0]].dates(own.get(key), of_sections.get(key, ())).due_date
        for key in own.keys() | of_sections.keys()
    }
