"""Reads about assignments."""

import dataclasses
import datetime as dt
import uuid

import sqlalchemy as sa

from lti_grader.assignments.errors import NotPublished
from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.assignments.release import EVERYTHING, Part, Release, Shown, shown
from lti_grader.classes.models import Module
from lti_grader.classes.queries import Membership, membership
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.people.models import User
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

    def shown(self, *, at: dt.datetime) -> Shown:
        """Return what of the results this person may see at `at`: staff all of them."""
        return EVERYTHING if self.membership.is_staff else shown_to_students(self.assignment, at=at)


def shown_to_students(assignment: Assignment, *, at: dt.datetime) -> Shown:
    """Return what of an assignment's results its students may see at `at`."""
    return shown(assignment.release(Part.MARKS), assignment.release(Part.FEEDBACK), at=at)


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


@dataclasses.dataclass(frozen=True)
class ReleaseLine:
    """How it stands with the release of marks or feedback, as staff read it."""

    release: Release
    by: str | None
    """Who released it by hand."""


def releases_of(assignment: Assignment) -> list[ReleaseLine]:
    """Return how it stands with the marks and with the feedback of an assignment."""
    found = [assignment.release(part) for part in Part]
    names = {
        one.id: one.display_name
        for one in session().scalars(sa.select(User).where(User.id.in_([one.by_hand_by for one in found])))
    }
    return [ReleaseLine(one, names.get(one.by_hand_by) if one.by_hand_by else None) for one in found]


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


def held_back(class_id: uuid.UUID, *, at: dt.datetime) -> dict[uuid.UUID, Shown]:
    """Return those assignments of a class whose students do not see all of their results yet."""
    found = session().scalars(
        sa.select(Assignment).join(Module, Module.id == Assignment.module_id).where(Module.class_id == class_id)
    )
    seen = {one.id: shown_to_students(one, at=at) for one in found}
    return {assignment_id: one for assignment_id, one in seen.items() if one.note}
