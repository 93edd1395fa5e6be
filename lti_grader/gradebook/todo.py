"""What a student has to do in a class, and how it went."""

import dataclasses
import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import ClassVar

import sqlalchemy as sa

from lti_grader.assignments.access import Access, access
from lti_grader.assignments.dates import Dates
from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.assignments.queries import shown_given
from lti_grader.attempts.models import AssignmentProgress
from lti_grader.classes.models import ContentType, Module
from lti_grader.classes.publishing import seen_by_students
from lti_grader.core.db import session
from lti_grader.gradebook.models import EntryStatus, GradebookEntry


class TodoState(enum.StrEnum):
    NOT_OPEN = "not_open"
    NOT_BEGUN = "not_begun"
    BEGUN = "begun"
    """Something was written or tried, and not everything is handed in."""
    HANDED_IN = "handed_in"
    GRADED = "graded"
    CLOSED = "closed"
    """Nothing was handed in, and nothing is accepted any more."""
    EXCUSED = "excused"
    """It does not count for this student, says somebody of the staff."""


@dataclasses.dataclass(frozen=True)
class Todo:
    """An assignment as its student's list shows it."""

    type: ClassVar[ContentType] = ContentType.ASSIGNMENT
    id: uuid.UUID
    title: str
    module_title: str
    place: tuple[int, int]
    """Of its module in the class, and its own in there."""
    points_total: Decimal
    dates: Dates
    """This student's."""
    state: TodoState
    is_overdue: bool
    score: Decimal | None
    """None also where it is not released."""
    waits: str
    """When the marks of what was handed in come; "" where they are there, or nothing was handed in."""


def todo_of(student_id: uuid.UUID, class_id: uuid.UUID, *, at: dt.datetime) -> list[Todo]:
    """Return the published assignments of a class in their order, as one student stands with them."""
    work = (
        sa.select(
            AssignmentProblem.assignment_id,
            sa.func.count().label("begun"),
            sa.func.count(AssignmentProgress.handed_in_at).label("handed_in"),
        )
        .join(AssignmentProblem, AssignmentProblem.id == AssignmentProgress.assignment_problem_id)
        .where(AssignmentProgress.student_id == student_id)
        .group_by(AssignmentProblem.assignment_id)
        .subquery()
    )
    problems = (
        sa.select(sa.func.count()).where(AssignmentProblem.assignment_id == Assignment.id).correlate(Assignment)
    ).scalar_subquery()
    found = session().execute(
        sa.select(
            Assignment, Module, GradebookEntry, problems, sa.func.coalesce(work.c.handed_in, 0), sa.func.coalesce(work.c.begun, 0)
        )
        .join(Module, Module.id == Assignment.module_id)
        .outerjoin(
            GradebookEntry,
            sa.and_(GradebookEntry.content_item_id == Assignment.id, GradebookEntry.student_id == student_id),
        )
        .outerjoin(work, work.c.assignment_id == Assignment.id)
        .where(Module.class_id == class_id, seen_by_students())
        .order_by(Module.order_index, Assignment.order_index)
    )  # fmt: skip
    rows = found.all()
    theirs = access([row[0] for row in rows], student_id)
    return [
        _line(one, theirs[one.id], module, entry, _Work(all_of_them, handed_in, begun), at)
        for one, module, entry, all_of_them, handed_in, begun in rows
    ]


@dataclasses.dataclass(frozen=True)
class _Work:
    problems: int
    handed_in: int
    begun: int


def _line(
    assignment: Assignment, theirs: Access, module: Module, entry: GradebookEntry | None, work: _Work, at: dt.datetime
) -> Todo:
    dates = theirs.dates
    score, seen = None, shown_given(assignment, theirs.last_due, at=at)
    if entry is not None and seen.marks:
        score = entry.points
    is_excused = entry is not None and entry.status == EntryStatus.EXCUSED
    state = _state(
        work,
        score,
        is_open=dates.opens_at is None or at >= dates.opens_at,
        is_closed=dates.closes_at is not None and at >= dates.closes_at,
    )
    done = work.handed_in >= work.problems
    return Todo(
        id=assignment.id,
        title=assignment.title,
        module_title=module.title,
        place=(module.order_index, assignment.order_index),
        points_total=assignment.points_total,
        dates=dates,
        state=TodoState.EXCUSED if is_excused else state,
        is_overdue=not (done or is_excused) and dates.due_date is not None and at > dates.due_date,
        score=score,
        waits=seen.note if work.handed_in and not seen.marks else "",
    )


def _state(work: _Work, score: Decimal | None, *, is_open: bool, is_closed: bool) -> TodoState:
    if work.handed_in >= work.problems:
        return TodoState.GRADED if score is not None else TodoState.HANDED_IN
    if score is not None and not work.handed_in:
        return TodoState.GRADED
    if is_closed:
        return TodoState.CLOSED
    if not is_open:
        return TodoState.NOT_OPEN
    return TodoState.BEGUN if work.handed_in or work.begun else TodoState.NOT_BEGUN
