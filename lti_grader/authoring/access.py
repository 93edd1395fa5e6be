"""Who of the staff reads a problem with all its tests, and who writes it."""

import dataclasses
import uuid

import sqlalchemy as sa

from lti_grader.assignments.models import AssignmentProblem
from lti_grader.classes.models import STAFF, Class, ContentItem, Enrollment, EnrollmentStatus, Module, Role
from lti_grader.core.db import session
from lti_grader.core.errors import Forbidden, NotFound
from lti_grader.problems.models import Problem, ProblemVersion, Sharing


@dataclasses.dataclass(frozen=True)
class Author:
    """Somebody of the staff, and the classes in which they are."""

    user_id: uuid.UUID
    staffs: frozenset[uuid.UUID]
    """Where they are teacher or assistant."""
    teaches: frozenset[uuid.UUID]

    def require_teacher(self) -> None:
        """Raise `Forbidden` unless they teach a class."""
        if not self.teaches:
            raise Forbidden("Problems are written by teachers; assistants read them.")


@dataclasses.dataclass(frozen=True)
class OpenedProblem:
    """A problem that somebody of the staff may read."""

    problem: Problem
    author: Author
    may_write: bool

    def require_writer(self) -> None:
        """Raise `Forbidden` unless they may write it."""
        self.author.require_teacher()
        if not self.may_write:
            raise Forbidden(
                "This problem belongs to another teacher. Those who teach a class together with them can change it."
            )


def author(user_id: uuid.UUID) -> Author:
    """Return what somebody may have to do with problems.

    Raises
    ------
    Forbidden
        They are teacher or assistant of no class.
    """
    found = standing_of(user_id)
    if not found.staffs:
        raise Forbidden("This page is for teachers and assistants.")
    return found


def standing_of(user_id: uuid.UUID) -> Author:
    """Return of which classes somebody is of the staff; it may be none."""
    rows = session().execute(
        sa.select(Enrollment.class_id, Enrollment.role).where(
            Enrollment.user_id == user_id,
            Enrollment.status == EnrollmentStatus.ACTIVE,
            Enrollment.role.in_(STAFF),
        )
    )
    roles = {one.class_id: Role(one.role) for one in rows}
    return Author(user_id, frozenset(roles), frozenset(one for one, role in roles.items() if role == Role.TEACHER))


def open_problem(problem_id: uuid.UUID, user_id: uuid.UUID) -> OpenedProblem:
    """Return a problem for somebody of the staff.

    Raises
    ------
    Forbidden
        They are of no class's staff.
    NotFound
        There is no such problem, or it is not shared with them.
    """
    me = author(user_id)
    problem = session().scalar(sa.select(Problem).where(Problem.id == problem_id, readable(me)))
    if problem is None:
        raise NotFound("There is no such problem, or it is not shared with you.")
    return OpenedProblem(problem, me, _may_write(problem, me))


def readable(me: Author) -> sa.ColumnElement[bool]:
    """Return the condition that somebody may read a `Problem`.

    What is shared with the institution, what is theirs, and what a class of theirs uses; what is shared with a class, also
    where they are of one class's staff with its owner.
    """
    with_owner = sa.exists().where(_staff_of(me.staffs), Enrollment.user_id == Problem.owner_id).correlate(Problem)
    return sa.or_(
        Problem.shared_with == Sharing.TENANT,
        Problem.owner_id == me.user_id,
        used_where(Module.class_id.in_(me.staffs), ProblemVersion.problem_id == Problem.id).correlate(Problem),
        sa.and_(Problem.shared_with == Sharing.CLASS, with_owner),
    )


def used_where(*conditions: sa.ColumnElement[bool]) -> sa.Exists:
    """Return the condition that there is a `Module` with an assignment that uses a `ProblemVersion`, both as conditions say."""
    return sa.exists().where(
        *conditions,
        AssignmentProblem.problem_version_id == ProblemVersion.id,
        ContentItem.id == AssignmentProblem.assignment_id,
        Module.id == ContentItem.module_id,
    )


def _staff_of(classes: frozenset[uuid.UUID]) -> sa.ColumnElement[bool]:
    return sa.and_(
        Enrollment.class_id.in_(classes),
        Enrollment.status == EnrollmentStatus.ACTIVE,
        Enrollment.role.in_(STAFF),
    )


def _may_write(problem: Problem, me: Author) -> bool:
    """Return whether somebody may write a problem: its owner, and who teaches a class with them; all where it has none."""
    if not me.teaches:
        return False
    if problem.owner_id is None or problem.owner_id == me.user_id:
        return True
    together = sa.exists().where(
        Enrollment.class_id.in_(me.teaches),
        Enrollment.user_id == problem.owner_id,
        Enrollment.status == EnrollmentStatus.ACTIVE,
        Enrollment.role == Role.TEACHER,
    )
    return bool(session().scalar(sa.select(together)))


def class_of(opened: OpenedProblem) -> Class:
    """Return the class of theirs from which somebody most likely came to a problem: one that uses it, or any."""
    uses = used_where(Module.class_id == Class.id, ProblemVersion.problem_id == opened.problem.id).correlate(Class)
    query = sa.select(Class).where(Class.id.in_(opened.author.staffs)).order_by(uses.desc(), Class.created_at.desc())
    return session().scalars(query.limit(1)).one()
