"""Reads about assignments."""

import dataclasses
import datetime as dt
import uuid

import sqlalchemy as sa

from lti_grader.assignments.errors import NotPublished
from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.classes.models import Module
from lti_grader.classes.queries import Membership, membership
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.problems.models import Problem, ProblemVersion


@dataclasses.dataclass(frozen=True)
class ProblemLine:
    """A problem of an assignment, in its place there."""

    item: AssignmentProblem
    title: str
    number: int
    """Its place, from 1."""


@dataclasses.dataclass(frozen=True)
class OpenedAssignment:
    """An assignment that a person may look at, and what they are to it."""

    assignment: Assignment
    membership: Membership
    problems: list[ProblemLine]


def open_assignment(assignment_id: uuid.UUID, user_id: uuid.UUID) -> OpenedAssignment:
    """Return an assignment for one of its class.

    Raises
    ------
    NotFound
        There is none, or the person is not in the class.
    NotPublished
        A student asks for what is not published yet.
    """
    row = (
        session()
        .execute(
            sa.select(Assignment, Module)
            .join(Module, Module.id == Assignment.module_id)
            .where(Assignment.id == assignment_id)
        )
        .one_or_none()
    )
    if row is None:
        raise NotFound("There is no such assignment. Open it again from your course page.")
    assignment, module = row
    place = membership(module.class_id, user_id)
    if not (place.is_staff or (assignment.is_published and module.is_published)):
        raise NotPublished("This assignment is not published yet.")
    return OpenedAssignment(assignment, place, problem_lines(assignment_id))


def problem_lines(assignment_id: uuid.UUID) -> list[ProblemLine]:
    """Return the problems of an assignment in their order."""
    rows = session().execute(
        sa.select(AssignmentProblem, Problem.title)
        .join(ProblemVersion, ProblemVersion.id == AssignmentProblem.problem_version_id)
        .join(Problem, Problem.id == ProblemVersion.problem_id)
        .where(AssignmentProblem.assignment_id == assignment_id)
        .order_by(AssignmentProblem.order_index)
    )
    return [ProblemLine(item, title, place) for place, (item, title) in enumerate(rows, start=1)]


def assignment_problem(assignment_problem_id: uuid.UUID) -> AssignmentProblem:
    """Return a problem of an assignment, or raise `NotFound`."""
    found = session().get(AssignmentProblem, assignment_problem_id)
    if found is None:
        raise NotFound("There is no such problem. Open the assignment again from your course page.")
    return found


@dataclasses.dataclass(frozen=True)
class AssignmentLine:
    """An assignment as a list shows it."""

    id: uuid.UUID
    title: str
    points_total: str
    due_date: dt.datetime | None
    problem_count: int
    module_title: str
    is_published: bool


def class_assignments(class_id: uuid.UUID) -> list[AssignmentLine]:
    """Return the assignments of a class in their order."""
    problem_count = (
        sa.select(sa.func.count())
        .where(AssignmentProblem.assignment_id == Assignment.id)
        .correlate(Assignment)
        .scalar_subquery()
    )
    rows = session().execute(
        sa.select(Assignment, Module, problem_count)
        .join(Module, Module.id == Assignment.module_id)
        .where(Module.class_id == class_id)
        .order_by(Module.order_index, Assignment.order_index)
    )
    return [
        AssignmentLine(
            one.id,
            one.title,
            f"{one.points_total.normalize():f}",
            one.due_date,
            count,
            module.title,
            one.is_published and module.is_published,
        )
        for one, module, count in rows
    ]
