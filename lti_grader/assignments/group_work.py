"""Assignments that groups hand in: which set's groups do, and why they cannot."""

import uuid
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from lti_grader.assignments.errors import BadAssignment
from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.assignments.points import alone
from lti_grader.classes.groups.models import GroupSet
from lti_grader.classes.groups.queries import group_of, group_set, in_no_group, members_of
from lti_grader.classes.groups.teams import TeamLine
from lti_grader.classes.models import Module
from lti_grader.classes.queries import class_of_item
from lti_grader.core.db import session
from lti_grader.problems.models import Problem, ProblemKind, ProblemVersion


def hand_in_by(assignment_id: uuid.UUID, set_id: uuid.UUID | None, *, has_work: bool) -> None:
    """Let an assignment be handed in by the groups of a set; None for everybody alone.

    Parameters
    ----------
    has_work
        Whether anything was handed in already.

    Raises
    ------
    NotFound
        The class has no such groups.
    BadAssignment
        Something was handed in otherwise, or it has a quiz.
    """
    assignment = alone(assignment_id)
    if set_id == assignment.group_set_id:
        return
    if has_work:
        raise BadAssignment(
            "Something was handed in already, so who hands in together cannot be changed any more: set the problems once"
            " more in another assignment."
        )
    if set_id is not None:
        group_set(class_of_item(assignment_id), set_id)
        if quiz := _quiz_in(assignment_id):
            raise BadAssignment(
                f"“{quiz}” is a quiz, whose questions are drawn for each student: quizzes are answered by everybody alone."
                " Take it out, or let everybody hand in alone."
            )
    assignment.group_set_id = set_id
    session().flush()


def _quiz_in(assignment_id: uuid.UUID) -> str | None:
    """Return the title of a quiz that stands in an assignment, None where there is none."""
    return session().scalar(
        sa.select(Problem.title)
        .join(ProblemVersion, ProblemVersion.problem_id == Problem.id)
        .join(AssignmentProblem, AssignmentProblem.problem_version_id == ProblemVersion.id)
        .where(AssignmentProblem.assignment_id == assignment_id, ProblemVersion.kind == ProblemKind.QUIZ)
        .limit(1)
    )


def sets_of(class_id: uuid.UUID) -> Sequence[GroupSet]:
    """Return the sets whose groups may hand in the assignments of a class, by name."""
    return session().scalars(sa.select(GroupSet).where(GroupSet.class_id == class_id).order_by(GroupSet.name)).all()


def uses(class_id: uuid.UUID) -> Mapping[uuid.UUID, Sequence[Assignment]]:
    """Return by set the assignments that its groups hand in, in one query."""
    rows = session().scalars(
        sa.select(Assignment)
        .join(Module, Module.id == Assignment.module_id)
        .where(Module.class_id == class_id, Assignment.group_set_id.is_not(None))
        .order_by(Module.order_index, Assignment.order_index)
    )
    found: dict[uuid.UUID, list[Assignment]] = {}
    for one in rows:
        if one.group_set_id is not None:
            found.setdefault(one.group_set_id, []).append(one)
    return found


def without_group(assignment: Assignment) -> tuple[int, str]:
    """Return how many students are in none of the groups that hand in, and what these are called; 0 where everybody is alone."""
    if assignment.group_set_id is None:
        return 0, ""
    row = session().get_one(GroupSet, assignment.group_set_id)
    return in_no_group(row.id, row.class_id), row.name


def own_group(assignment: Assignment, student_id: uuid.UUID) -> TeamLine | None:
    """Return whom a student hands in with now; None where everybody does alone, or they are in no group."""
    group = group_of(assignment.group_set_id, student_id) if assignment.group_set_id is not None else None
    return None if group is None else TeamLine(group.name, tuple(members_of([group.id])[group.id]))
