"""Reads about assignments."""

import dataclasses
import datetime as dt
import functools
import uuid
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from lti_grader.assignments.access import dates_of, end_of, last_dues
from lti_grader.assignments.dates import Dates
from lti_grader.assignments.errors import NotPublished, PasscodeNeeded
from lti_grader.assignments.models import Assignment, AssignmentProblem, PointsChange
from lti_grader.assignments.passcode_models import AssignmentPasscode, PasscodeEntry
from lti_grader.assignments.release import EVERYTHING, Part, Release, Shown, When, shown
from lti_grader.classes.models import Module, Role
from lti_grader.classes.publishing import seen_by_students
from lti_grader.classes.queries import Membership, membership
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.people.models import User
from lti_grader.problems.models import Problem, ProblemVersion
from lti_grader.problems.queries import answer_languages


@dataclasses.dataclass(frozen=True)
class ProblemLine:
    """A problem of an assignment, in its place there."""

    item: AssignmentProblem
    title: str
    number: int
    """Its place, from 1."""
    problem_id: uuid.UUID
    answered_in: Sequence[str] = ()
    """The languages that it can be answered in; none for whatever its assignment takes."""


@dataclasses.dataclass(frozen=True)
class OpenedAssignment:
    """An assignment that a person may look at, and what they are to it."""

    assignment: Assignment
    membership: Membership
    problems: list[ProblemLine]
    dates: Dates
    """Those that this person has."""
    needs_passcode: bool = False
    """Whether this person has to enter the assignment's passcode before they see its problems."""

    def require_let_in(self) -> None:
        """Raise `PasscodeNeeded` where this person has not entered the assignment's passcode."""
        if self.needs_passcode:
            raise PasscodeNeeded(
                "This assignment asks for its passcode: reload the page and enter it. Your text is kept in this browser."
            )

    def problem(self, item_id: uuid.UUID | str | None = None) -> ProblemLine:
        """Return one of its problems, without an id the first, or raise `NotFound`."""
        for one in self.problems:
            if item_id is None or str(one.item.id) == str(item_id):
                return one
        raise NotFound("There is no such problem in this assignment.")

    @functools.cached_property
    def last_due(self) -> dt.datetime | None:
        """When the work of the last of its students is due, looked up when it is first asked for."""
        return end_of(self.assignment)

    def shown(self, *, at: dt.datetime) -> Shown:
        """Return what of the results this person may see at `at`: staff all of them."""
        return EVERYTHING if self.membership.is_staff else self.shown_to_students(at=at)

    def shown_to_students(self, *, at: dt.datetime) -> Shown:
        """Return what of the results students may see at `at`."""
        return shown_given(self.assignment, self.last_due, at=at)


def shown_given(assignment: Assignment, last_due: dt.datetime | None, *, at: dt.datetime) -> Shown:
    """Return what of an assignment's results its students may see at `at`, given when the last of them is done."""
    marks, feedback = (assignment.release(part, last_due=last_due) for part in (Part.MARKS, Part.FEEDBACK))
    return shown(marks, feedback, at=at)


def shown_to_students(assignments: Collection[Assignment], *, at: dt.datetime) -> dict[uuid.UUID, Shown]:
    """Return what of assignments' results their students may see at `at`, in three queries at most."""
    ends = last_dues(assignments)
    return {one.id: shown_given(one, ends[one.id], at=at) for one in assignments}


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
            sa.select(Assignment, Module, seen_by_students(), _is_locked(user_id))
            .join(Module, Module.id == Assignment.module_id)
            .where(Assignment.id == assignment_id)
        )
        .one_or_none()
    )
    if row is None:
        raise NotFound("There is no such assignment. Open it again from your course page.")
    assignment, module, is_seen, is_locked = row
    place = membership(module.class_id, user_id)
    if not (place.is_staff or is_seen):
        raise NotPublished("This assignment is not published yet.")
    # Staff, whatever section they are in, look after all of them.
    theirs = assignment.dates() if place.is_staff else dates_of(assignment, user_id)
    needs_passcode = is_locked and place.role == Role.STUDENT
    return OpenedAssignment(assignment, place, problem_lines(assignment_id), theirs, needs_passcode)


def _is_locked(user_id: uuid.UUID) -> sa.ColumnElement[bool]:
    """Return the condition that an assignment has a passcode that somebody has not entered."""
    entered = sa.exists().where(PasscodeEntry.assignment_id == Assignment.id, PasscodeEntry.user_id == user_id)
    return sa.and_(sa.exists().where(AssignmentPasscode.assignment_id == Assignment.id), ~entered)


def open_for_staff(assignment_problem_id: uuid.UUID, user_id: uuid.UUID) -> OpenedAssignment:
    """Return the assignment that a problem stands in, for somebody of its class's staff.

    Raises
    ------
    NotFound, Forbidden
        It is none of theirs.
    """
    opened = open_assignment(assignment_problem(assignment_problem_id).assignment_id, user_id)
    opened.membership.require_staff()
    return opened


@dataclasses.dataclass(frozen=True)
class ReleaseLine:
    """How it stands with the release of marks or feedback, as staff read it."""

    release: Release
    by: str | None
    """Who released it by hand."""


def releases_of(assignment: Assignment) -> list[ReleaseLine]:
    """Return how it stands with the marks and with the feedback of an assignment."""
    last_due = last_dues([assignment])[assignment.id]
    found = [assignment.release(part, last_due=last_due) for part in Part]
    names = {
        one.id: one.display_name
        for one in session().scalars(sa.select(User).where(User.id.in_([one.by_hand_by for one in found])))
    }
    return [ReleaseLine(one, names.get(one.by_hand_by) if one.by_hand_by else None) for one in found]


def results_could_be_passed_on(opened: OpenedAssignment, *, at: dt.datetime) -> bool:
    """Return whether results are out by now that were kept until then: who gets more time may know of them."""
    found = [opened.assignment.release(part, last_due=opened.last_due) for part in Part]
    last_due = opened.last_due
    is_over = last_due is not None and at >= last_due
    return is_over or any(one.rule.when is not When.AT_ONCE and one.is_out(at=at) for one in found)


def results_wait_for_due_dates(opened: OpenedAssignment, *, at: dt.datetime) -> bool:
    """Return whether marks or feedback are still to come after the last due date."""
    found = [opened.assignment.release(part, last_due=opened.last_due) for part in Part]
    return any(one.rule.when is When.AFTER_DUE and not one.is_out(at=at) for one in found)


def release_of(assignment: Assignment, part: Part) -> Release:
    """Return how it stands with the release of the marks or the feedback of an assignment."""
    return assignment.release(part, last_due=last_dues([assignment])[assignment.id])


@dataclasses.dataclass(frozen=True)
class PointsLine:
    """A change of an assignment's points, as staff read it."""

    row: PointsChange
    by: str | None


def points_changes(assignment_id: uuid.UUID, *, most: int = 20) -> list[PointsLine]:
    """Return how the points of an assignment were changed, the last change first."""
    rows = session().execute(
        sa.select(PointsChange, User)
        .outerjoin(User, User.id == PointsChange.changed_by)
        .where(PointsChange.assignment_id == assignment_id)
        .order_by(PointsChange.changed_at.desc(), PointsChange.id.desc())
        .limit(most)
    )
    return [PointsLine(row, user.display_name if user is not None else None) for row, user in rows]


def problem_lines(assignment_id: uuid.UUID) -> list[ProblemLine]:
    """Return the problems of an assignment in their order."""
    rows = session().execute(
        sa.select(AssignmentProblem, Problem.title, Problem.id, answer_languages)
        .join(ProblemVersion, ProblemVersion.id == AssignmentProblem.problem_version_id)
        .join(Problem, Problem.id == ProblemVersion.problem_id)
        .where(AssignmentProblem.assignment_id == assignment_id)
        .order_by(AssignmentProblem.order_index)
    )
    return [ProblemLine(item, title, place, of, into) for place, (item, title, of, into) in enumerate(rows, start=1)]


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
        sa.select(Assignment, Module, problem_count, seen_by_students())
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
            is_seen,
        )
        for one, module, count, is_seen in rows
    ]


def held_back(class_id: uuid.UUID, *, at: dt.datetime) -> dict[uuid.UUID, Shown]:
    """Return those assignments of a class whose students do not see all of their results yet."""
    query = sa.select(Assignment).join(Module, Module.id == Assignment.module_id).where(Module.class_id == class_id)
    seen = shown_to_students(session().scalars(query).all(), at=at)
    return {assignment_id: one for assignment_id, one in seen.items() if one.note}
