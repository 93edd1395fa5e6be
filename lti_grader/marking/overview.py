"""How far the marking of a class's assignments is."""

import dataclasses
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, AssignmentConfig, AssignmentProblem, MarkingRules
from lti_grader.classes.models import Module
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.marking.models import Marking, MarkingState
from lti_grader.marking.queue import counted
from lti_grader.marking.second import FIRST, MODERATED, SECOND
from lti_grader.people.models import User
from lti_grader.problems.models import Problem, ProblemVersion


@dataclasses.dataclass(frozen=True)
class Counts:
    """How many submissions are how far in one round of marking."""

    waiting: int
    in_progress: int
    done: int

    @property
    def left(self) -> int:
        """How many are not done."""
        return self.waiting + self.in_progress

    @property
    def total(self) -> int:
        return self.left + self.done


@dataclasses.dataclass(frozen=True)
class ProblemLine:
    """How far the marking of a problem of an assignment is."""

    item_id: uuid.UUID
    title: str
    first: Counts
    second: Counts
    own: Counts
    """Of the markings that teachers make who decide between two others."""
    disputed: int
    """How many submissions wait for such a decision."""
    by: Sequence[tuple[str, int]]
    """Who marked how many of those that are done, first or second."""


@dataclasses.dataclass(frozen=True)
class AssignmentLine:
    """How far the marking of an assignment is."""

    id: uuid.UUID
    title: str
    rules: MarkingRules
    problems: Sequence[ProblemLine]

    @property
    def left(self) -> int:
        """How many first markings are not done."""
        return sum(one.first.left for one in self.problems)

    @property
    def has_second(self) -> bool:
        """Whether any submission is marked a second time."""
        return any(one.second.total for one in self.problems)


def overview(place: Membership) -> list[AssignmentLine]:
    """Return how far the marking of each assignment of a class is, for somebody of its staff, in one query."""
    rows = session().execute(
        sa.select(
            Assignment.id, Assignment.title, Assignment.config, AssignmentProblem.id, Problem.title, Marking.round,
            Marking.state, Marking.is_disputed, User, sa.func.count(Marking.id),
        )
        .select_from(Marking)
        .join(Assignment, Assignment.id == Marking.assignment_id)
        .join(Module, Module.id == Assignment.module_id)
        .join(AssignmentProblem, AssignmentProblem.id == Marking.assignment_problem_id)
        .join(ProblemVersion, ProblemVersion.id == AssignmentProblem.problem_version_id)
        .join(Problem, Problem.id == ProblemVersion.problem_id)
        .outerjoin(User, sa.and_(User.id == Marking.marker_id, Marking.state == MarkingState.DONE))
        .where(Module.class_id == place.class_id, *counted(place))
        .group_by(
            Module.order_index, Assignment.id, Assignment.order_index, Assignment.title, Assignment.config, AssignmentProblem.id,
            Problem.title, Marking.round, Marking.state, Marking.is_disputed, User.id,
        )
        .order_by(Module.order_index, Assignment.order_index, AssignmentProblem.order_index)
    )  # fmt: skip
    lines: dict[uuid.UUID, tuple[str, MarkingRules]] = {}
    items: dict[uuid.UUID, dict[uuid.UUID, tuple[str, list[Any]]]] = {}
    for assignment_id, title, config, item_id, problem, *row in rows:
        lines[assignment_id] = title, AssignmentConfig.model_validate(config).marking
        items.setdefault(assignment_id, {}).setdefault(item_id, (problem, []))[1].append(row)
    return [
        AssignmentLine(one, *line, [_problem_line(item_id, *item) for item_id, item in items[one].items()])
        for one, line in lines.items()
    ]


def _problem_line(item_id: uuid.UUID, title: str, rows: Iterable[Any]) -> ProblemLine:
    states: Counter[tuple[int, str]] = Counter()
    by: Counter[str] = Counter()
    disputed = 0
    for round_, state, is_disputed, marker, count in rows:
        states[round_, state] += count
        disputed += count if is_disputed else 0
        if marker is not None and round_ != MODERATED:
            by[marker.display_name] += count
    first, second, own = (_counts(states, one) for one in (FIRST, SECOND, MODERATED))
    return ProblemLine(item_id, title, first, second, own, disputed, by.most_common())


def _counts(states: Counter[tuple[int, str]], round_: int) -> Counts:
    waiting, begun, done = (
        states[round_, one] for one in (MarkingState.UNMARKED, MarkingState.IN_PROGRESS, MarkingState.DONE)
    )
    return Counts(waiting, begun, done)
