"""Reads of how late work was handed in, by the due date that each student has."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments.access import said_of
from lti_grader.assignments.lateness import Late, LatePolicy, credit_of
from lti_grader.assignments.models import AccessOverride, Assignment
from lti_grader.assignments.spent_days import days_spent
from lti_grader.classes.groups.teams import mates_of, teams_with
from lti_grader.classes.models import Module
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
    teams: Mapping[uuid.UUID, Collection[uuid.UUID]] = dataclasses.field(default_factory=dict)
    """Who handed in together, by the team's id."""

    def due(self, assignment_id: uuid.UUID, student_id: uuid.UUID) -> dt.datetime | None:
        """Return when a student's work is due, with the late days that they spent on it."""
        found = self.others.get((assignment_id, student_id), self.usual.get(assignment_id))
        return found and found + dt.timedelta(days=self.days.get((assignment_id, student_id), 0))

    def due_together(self, assignment_id: uuid.UUID, student_ids: Collection[uuid.UUID]) -> dt.datetime | None:
        """Return when the work of those who hand in together is due: when that of the last of them is; None for never."""
        dues = [self.due(assignment_id, one) for one in student_ids]
        return None if None in dues else max((one for one in dues if one is not None), default=None)

    def late(
        self, assignment_id: uuid.UUID, student_id: uuid.UUID, submitted_at: dt.datetime, team_id: uuid.UUID | None
    ) -> Late | None:
        """Return how late a submission was, None where it counts in full.

        Parameters
        ----------
        team_id
            The team that handed it in: all of it is as late as the one of them whose work is due last; None for one student
            alone.
        """
        policy = self.policies.get(assignment_id)
        if policy is None:
            return None
        together = self.teams.get(team_id, (student_id,)) if team_id else (student_id,)
        return policy.late(submitted_at, self.due_together(assignment_id, together))

    def credit(
        self, assignment_id: uuid.UUID, student_id: uuid.UUID, submitted_at: dt.datetime, team_id: uuid.UUID | None
    ) -> Decimal:
        """Return what the points of a submission are multiplied by."""
        return credit_of(self.late(assignment_id, student_id, submitted_at, team_id))


def lateness(
    assignments: Collection[Assignment], student_ids: Collection[uuid.UUID], *, policy: LatePolicy | None = None
) -> Lateness:
    """Return who is late by their own due date, in three queries at most however many they are.

    Of those who handed in together with them, too. Where late work counts in full there is nothing to ask.

    Parameters
    ----------
    policy
        To count by instead of the assignments' own: what would it be?
    """
    policies = {one.id: policy or one.rules.late for one in assignments}
    strict = {one.id: one for one in assignments if policies[one.id].steps}
    sets = {one.group_set_id for one in strict.values() if one.group_set_id is not None}
    teams = teams_with(sets, student_ids) if sets and student_ids else {}
    everybody = {*student_ids, *(one for members in teams.values() for one in members)}
    said = said_of(strict.values(), everybody) if strict and everybody else {}
    return Lateness(
        {one: policies[one] for one in strict},
        {one.id: one.due_date for one in strict.values()},
        {key: dates.due_date for key, dates in said.items()},
        days_spent([one for one in strict if policies[one].late_days], everybody),
        teams,
    )


def due_now(assignment: Assignment, student_id: uuid.UUID) -> dt.datetime | None:
    """Return when work that a student would hand in now is late from, with the late days that were spent; None for never.

    Where groups hand in, that is when the last of the student's group is due. None too where late work counts in full.
    """
    set_id = assignment.group_set_id
    mates = mates_of([set_id], [student_id]).get((set_id, student_id)) if set_id is not None else None
    together = mates or (student_id,)
    found = lateness([assignment], together)
    return found.due_together(assignment.id, together)


def late_by_section(class_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the assignments of a class in which late work counts less, and some section has dates of its own."""
    of_section = sa.exists().where(AccessOverride.assignment_id == Assignment.id, AccessOverride.section.is_not(None))
    query = sa.select(Assignment).join(Module, Module.id == Assignment.module_id)
    found = session().scalars(query.where(Module.class_id == class_id, of_section).order_by(Assignment.id))
    return [one.id for one in found if one.rules.late.steps]
