"""What is to be marked: how many wait for what, and in which order somebody goes through them."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, AssignmentConfig, AssignmentProblem
from lti_grader.classes.apart import whose_work
from lti_grader.classes.models import Enrollment, EnrollmentStatus, Module
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.marking.models import Marking, MarkingState
from lti_grader.people.models import User
from lti_grader.problems.models import Problem, ProblemVersion


@dataclasses.dataclass(frozen=True)
class Order:
    """In which order somebody marks: all answers to one problem, or all of one student before the next."""

    item_id: uuid.UUID | None = None
    """Of this problem of the assignment only; None for student by student."""
    is_mixed: bool = False
    """In an order that chance made, another for each marker and always the same for one; else by name."""


@dataclasses.dataclass(frozen=True)
class QueueLine:
    """A submission in a queue."""

    id: uuid.UUID
    """The marking's."""
    number: int
    """From 1."""
    state: str
    is_free: bool
    """Whether nobody else marks it at the moment."""


def queue_of(
    place: Membership, assignment_id: uuid.UUID, order: Order, *, round_: int = 1, at: dt.datetime
) -> list[QueueLine]:
    """Return the submissions of an assignment that count and that somebody of the staff sees, in one query."""
    chance = sa.func.md5(sa.cast(Marking.student_id, sa.Text) + str(place.user_id))
    person: Sequence[Any] = [chance] if order.is_mixed else [User.family_name, User.given_name, User.name]
    query = (
        sa.select(Marking.id, Marking.state, Marking.locked_by, Marking.locked_until)
        .join(User, User.id == Marking.student_id)
        .join(AssignmentProblem, AssignmentProblem.id == Marking.assignment_problem_id)
        .where(Marking.assignment_id == assignment_id, Marking.round == round_, *_counted(place))
        .order_by(*person, Marking.student_id, AssignmentProblem.order_index, Marking.id)
    )
    if order.item_id is not None:
        query = query.where(Marking.assignment_problem_id == order.item_id)
    return [
        QueueLine(one.id, number, one.state, one.locked_by in (None, place.user_id) or one.locked_until <= at)
        for number, one in enumerate(session().execute(query), start=1)
    ]


def _counted(place: Membership) -> list[sa.ColumnElement[bool]]:
    there = sa.select(Enrollment.user_id).where(
        Enrollment.class_id == place.class_id, Enrollment.status == EnrollmentStatus.ACTIVE
    )
    return [Marking.is_wanted.is_(True), Marking.student_id.in_(there), whose_work(place, Marking.student_id)]


@dataclasses.dataclass(frozen=True)
class Way:
    """Where somebody is in a queue, and where they can go."""

    line: QueueLine | None
    before: uuid.UUID | None
    after: uuid.UUID | None
    waiting: uuid.UUID | None
    """The next that waits and that nobody else marks, from the one that is open on and then from the beginning."""
    done: int
    total: int


def way(queue: Sequence[QueueLine], marking_id: uuid.UUID | None) -> Way:
    """Return where somebody is in a queue who has this marking open."""
    ids = [one.id for one in queue]
    index = ids.index(marking_id) if marking_id in ids else -1
    onward = [*queue[index + 1 :], *queue[: max(index, 0)]]
    waiting = next((one.id for one in onward if one.state != MarkingState.DONE and one.is_free), None)
    return Way(
        queue[index] if index >= 0 else None,
        ids[index - 1] if index > 0 else None,
        ids[index + 1] if 0 <= index < len(ids) - 1 else None,
        waiting,
        sum(one.state == MarkingState.DONE for one in queue),
        len(queue),
    )


@dataclasses.dataclass(frozen=True)
class ProblemLine:
    """How far the marking of a problem of an assignment is."""

    item_id: uuid.UUID
    title: str
    waiting: int
    in_progress: int
    done: int
    by: Sequence[tuple[str, int]]
    """Who marked how many of those that are done."""


@dataclasses.dataclass(frozen=True)
class AssignmentLine:
    id: uuid.UUID
    title: str
    is_anonymous: bool
    problems: Sequence[ProblemLine]

    @property
    def left(self) -> int:
        """How many are not done."""
        return sum(one.waiting + one.in_progress for one in self.problems)


def overview(place: Membership) -> list[AssignmentLine]:
    """Return how far the marking of each assignment of a class is, for somebody of its staff, in one query."""
    rows = session().execute(
        sa.select(
            Assignment.id, Assignment.title, Assignment.config, AssignmentProblem.id, Problem.title, Marking.state, User,
            sa.func.count(Marking.id),
        )
        .select_from(Marking)
        .join(Assignment, Assignment.id == Marking.assignment_id)
        .join(Module, Module.id == Assignment.module_id)
        .join(AssignmentProblem, AssignmentProblem.id == Marking.assignment_problem_id)
        .join(ProblemVersion, ProblemVersion.id == AssignmentProblem.problem_version_id)
        .join(Problem, Problem.id == ProblemVersion.problem_id)
        .outerjoin(User, sa.and_(User.id == Marking.marker_id, Marking.state == MarkingState.DONE))
        .where(Module.class_id == place.class_id, Marking.round == 1, *_counted(place))
        .group_by(
            Module.order_index, Assignment.id, Assignment.order_index, Assignment.title, Assignment.config, AssignmentProblem.id,
            Problem.title, Marking.state, User.id,
        )
        .order_by(Module.order_index, Assignment.order_index, AssignmentProblem.order_index)
    )  # fmt: skip
    lines: dict[uuid.UUID, tuple[str, bool]] = {}
    items: dict[uuid.UUID, dict[uuid.UUID, tuple[str, list[_Count]]]] = {}
    for assignment_id, title, config, item_id, problem, state, marker, count in rows:
        lines[assignment_id] = title, AssignmentConfig.model_validate(config).marking.is_anonymous
        of_item = items.setdefault(assignment_id, {}).setdefault(item_id, (problem, []))
        of_item[1].append((state, marker, count))
    return [
        AssignmentLine(one, *line, [_problem_line(item_id, *item) for item_id, item in items[one].items()])
        for one, line in lines.items()
    ]


_Count = tuple[str, User | None, int]
"""So many are in this state, by this marker."""


def _problem_line(item_id: uuid.UUID, title: str, counts: Sequence[_Count]) -> ProblemLine:
    def of(wanted: MarkingState) -> int:
        return sum(count for state, _, count in counts if state == wanted)

    by = sorted(((one.display_name, count) for _, one, count in counts if one is not None), key=lambda one: -one[1])
    return ProblemLine(
        item_id, title, of(MarkingState.UNMARKED), of(MarkingState.IN_PROGRESS), of(MarkingState.DONE), by
    )
