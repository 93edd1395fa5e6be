"""Reads of the late days that students spent, by which their work is due later."""

import uuid
from collections.abc import Collection, Mapping

import sqlalchemy as sa

from lti_grader.assignments.late_day_models import LateDaysSpent
from lti_grader.assignments.models import Assignment
from lti_grader.classes.models import Enrollment, EnrollmentStatus, Module, Role
from lti_grader.core.db import session

Spent = Mapping[tuple[uuid.UUID, uuid.UUID], int]
"""Days by (assignment, student); who spent none is not in it."""


def days_spent(assignment_ids: Collection[uuid.UUID], student_ids: Collection[uuid.UUID]) -> Spent:
    """Return what these students spent on these assignments, in one query at most."""
    if not assignment_ids or not student_ids:
        return {}
    return _by_whom(LateDaysSpent.assignment_id.in_(assignment_ids), LateDaysSpent.student_id.in_(student_ids))


def days_that_count(assignments: Collection[Assignment], student_ids: Collection[uuid.UUID]) -> Spent:
    """Return what they spent on those of the assignments that take late days: elsewhere they move nothing."""
    return days_spent([one.id for one in assignments if one.rules.late.late_days], student_ids)


def days_at_work(assignments: Collection[Assignment]) -> Spent:
    """Return what students who are in the class spent on those of the assignments that take late days, in one query at most."""
    taking = [one.id for one in assignments if one.rules.late.late_days]
    if not taking:
        return {}
    is_at_work = (
        sa.exists()
        .where(
            Assignment.id == LateDaysSpent.assignment_id,
            Module.id == Assignment.module_id,
            Enrollment.class_id == Module.class_id,
            Enrollment.user_id == LateDaysSpent.student_id,
            Enrollment.role == Role.STUDENT,
            Enrollment.status == EnrollmentStatus.ACTIVE,
        )
        .correlate(LateDaysSpent)
    )
    return _by_whom(LateDaysSpent.assignment_id.in_(taking), is_at_work)


def days_in_class(class_id: uuid.UUID) -> Spent:
    """Return what all students of a class spent on assignments that take late days, in one query."""
    items = sa.select(Assignment.id).join(Module, Module.id == Assignment.module_id)
    return _by_whom(LateDaysSpent.assignment_id.in_(items.where(Module.class_id == class_id, takes_late_days())))


def takes_late_days() -> sa.ColumnElement[bool]:
    """Return the condition that late days may be spent on an assignment."""
    return sa.func.coalesce(Assignment.config["late"]["late_days"].as_integer(), 0) > 0


def _by_whom(*which: sa.ColumnElement[bool]) -> Spent:
    rows = session().execute(
        sa.select(LateDaysSpent.assignment_id, LateDaysSpent.student_id, LateDaysSpent.days).where(*which)
    )
    return {(one.assignment_id, one.student_id): one.days for one in rows}
