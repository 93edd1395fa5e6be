"""Those who mark in a class beside each other: how much they give and how long they take, by problem, and how they agree."""

import dataclasses
import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from lti_grader.assignments.models import Assignment, AssignmentProblem, MarkingRules
from lti_grader.classes.apart import require_everybody
from lti_grader.classes.models import Module, Role
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.core.errors import Forbidden
from lti_grader.marking.models import Marking, MarkingState
from lti_grader.marking.queue import counted
from lti_grader.marking.second import FIRST, SECOND
from lti_grader.marking.statistics import Agreement, Marked, in_words, lean, lean_in_all
from lti_grader.people.models import User
from lti_grader.problems.models import Problem, ProblemVersion, Rubric

_TOLERANCE = int(MarkingRules().tolerance_percent)
Pairs = dict[tuple[uuid.UUID, uuid.UUID], Agreement]
"""By marker and problem of an assignment."""


@dataclasses.dataclass(frozen=True)
class Part:
    """What somebody marked of one problem, or in all."""

    title: str
    marked: Marked
    lean: float | None
    """How much more they give than others for the same problems, as a share of all points."""
    agreement: Agreement

    @property
    def in_words(self) -> str:
        return in_words(self.marked.number, self.lean)


@dataclasses.dataclass(frozen=True)
class Grader:
    """Somebody who marks in a class."""

    id: uuid.UUID
    whole: Part
    """Of all problems; the title is their name."""
    problems: Sequence[Part]


def require_may_compare(place: Membership) -> None:
    """Raise `Forbidden` for whoever is no teacher that sees the whole class."""
    if place.role != Role.TEACHER:
        raise Forbidden("How graders mark is for teachers of the class.")
    require_everybody(place, "How graders mark is seen")


def graders_of(place: Membership) -> list[Grader]:
    """Return those who have marked in a class, by name, in four queries however many there are.

    Raises
    ------
    Forbidden
    """
    require_may_compare(place)
    of_both, of_grader, of_item = _marked(place)
    pairs = _pairs(place)
    people = session().scalars(
        sa.select(User).where(User.id.in_(of_grader)).order_by(User.family_name, User.given_name, User.name, User.id)
    )
    titles = _titles(place.class_id)
    found = []
    for person in people:
        items = [one for one in titles if (person.id, one) in of_both]
        parts = []
        for one in items:
            own, agreement = of_both[person.id, one], pairs.get((person.id, one), Agreement())
            parts.append(Part(titles[one], own, lean(own, of_item[one]), agreement))
        whole = Part(
            person.display_name,
            of_grader[person.id],
            lean_in_all((one.marked, one.lean) for one in parts),
            sum((one.agreement for one in parts), Agreement()),
        )
        found.append(Grader(person.id, whole, parts))
    return found


def _given(marking: Any) -> Any:
    return (marking.points + marking.adjustment) / sa.func.nullif(Rubric.points, 0)


def _marked(
    place: Membership,
) -> tuple[dict[tuple[uuid.UUID, uuid.UUID], Marked], dict[uuid.UUID, Marked], dict[uuid.UUID, Marked]]:
    """Return what was given by marker and problem, by marker, and by problem."""
    marker, item = Marking.marker_id, Marking.assignment_problem_id
    share = sa.cast(_given(Marking), sa.Float)
    median = sa.func.percentile_cont(0.5).within_group(Marking.seconds_spent).filter(Marking.seconds_spent > 0)
    rows = session().execute(
        sa.select(marker, item, sa.func.count(), sa.func.avg(share), sa.func.stddev_pop(share), median)
        .join(Rubric, Rubric.problem_version_id == Marking.problem_version_id)
        .join(Assignment, Assignment.id == Marking.assignment_id)
        .join(Module, Module.id == Assignment.module_id)
        .where(
            Module.class_id == place.class_id,
            Marking.round.in_([FIRST, SECOND]),
            Marking.state == MarkingState.DONE,
            marker.is_not(None),
            *counted(place),
        )
        .group_by(sa.func.grouping_sets(sa.tuple_(marker, item), sa.tuple_(marker), sa.tuple_(item)))
    )
    of_both, of_grader, of_item = {}, {}, {}
    for marker_id, item_id, number, mean, spread, seconds in rows:
        marked = Marked(number, mean or 0.0, spread or 0.0, seconds)
        if marker_id is None:
            of_item[item_id] = marked
        elif item_id is None:
            of_grader[marker_id] = marked
        else:
            of_both[marker_id, item_id] = marked
    return of_both, of_grader, of_item


def _pairs(place: Membership) -> Pairs:
    """Return how first and second markings of the same submissions lie to each other, for both who made them."""
    other = orm.aliased(Marking)
    apart = sa.cast(_given(Marking) - _given(other), sa.Float)
    tolerated = sa.func.coalesce(Assignment.config["marking"]["tolerance_percent"].as_integer(), _TOLERANCE)
    rows = session().execute(
        sa.select(
            Marking.marker_id,
            other.marker_id,
            Marking.assignment_problem_id,
            sa.func.count(),
            sa.func.count().filter(sa.func.abs(_given(Marking) - _given(other)) * 100 <= tolerated),
            sa.func.sum(apart),
            sa.func.sum(sa.func.abs(apart)),
        )
        .join(other, sa.and_(other.attempt_id == Marking.attempt_id, other.round == SECOND, other.is_wanted))
        .join(Rubric, Rubric.problem_version_id == Marking.problem_version_id)
        .join(Assignment, Assignment.id == Marking.assignment_id)
        .join(Module, Module.id == Assignment.module_id)
        .where(
            Module.class_id == place.class_id,
            Marking.round == FIRST,
            Marking.state == MarkingState.DONE,
            other.state == MarkingState.DONE,
            *counted(place),
        )
        .group_by(Marking.marker_id, other.marker_id, Marking.assignment_problem_id)
    )
    found: Pairs = defaultdict(Agreement)
    for first, second, item_id, number, agreed, difference, distance in rows:
        agreement = Agreement(number, agreed, difference or 0.0, distance or 0.0)
        found[first, item_id] += agreement
        found[second, item_id] += agreement.of_the_other
    return found


def _titles(class_id: uuid.UUID) -> dict[uuid.UUID, str]:
    """Return the problems of a class's assignments by their ids there, in their order, each with both titles."""
    rows = session().execute(
        sa.select(AssignmentProblem.id, Assignment.title, Problem.title)
        .join(Assignment, Assignment.id == AssignmentProblem.assignment_id)
        .join(Module, Module.id == Assignment.module_id)
        .join(ProblemVersion, ProblemVersion.id == AssignmentProblem.problem_version_id)
        .join(Problem, Problem.id == ProblemVersion.problem_id)
        .where(Module.class_id == class_id)
        .order_by(Module.order_index, Assignment.order_index, AssignmentProblem.order_index)
    )
    return {id_: f"{assignment}: {problem}" for id_, assignment, problem in rows}
