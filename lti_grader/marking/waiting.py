"""What of the marking in a class waits for one of its staff: first markings, second ones that are theirs, decisions between two."""

import dataclasses
import uuid
from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy import orm

from lti_grader.assignments.models import Assignment
from lti_grader.classes.models import Module, Role
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.marking.events import Awaited
from lti_grader.marking.models import Marking, MarkingState
from lti_grader.marking.queue import counted
from lti_grader.marking.second import FIRST, MODERATED, SECOND


@dataclasses.dataclass(frozen=True)
class Waiting:
    """How many submissions of an assignment wait for somebody."""

    id: uuid.UUID
    title: str
    first: int
    second: int
    """For their second marking, by this person: another one has begun the first."""
    to_decide: int
    own: int
    """Which this person, a teacher who decides between two markings, has begun to mark or is to."""


def waiting_for(place: Membership) -> list[Waiting]:
    """Return by assignment what waits for somebody of a class's staff, in the class's order and in one query."""
    number = sa.func.count()
    columns = [number.filter(one) for one in (_first(place), _second(place), _to_decide(place), _own(place))]
    some = sa.or_(Marking.state != MarkingState.DONE, Marking.is_disputed)
    rows = session().execute(
        sa.select(Assignment.id, Assignment.title, *columns)
        .select_from(Marking)
        .join(Assignment, Assignment.id == Marking.assignment_id)
        .join(Module, Module.id == Assignment.module_id)
        .where(Module.class_id == place.class_id, some, *counted(place))
        .group_by(Module.order_index, Assignment.order_index, Assignment.id, Assignment.title)
        .order_by(Module.order_index, Assignment.order_index)
    )
    return [Waiting(id_, title, *numbers) for id_, title, *numbers in rows if any(numbers)]


def waits_for(
    place: Membership, assignment_id: uuid.UUID, what: Awaited, *, attempt_ids: Collection[uuid.UUID] | None = None
) -> bool:
    """Return whether anything of an assignment is awaited from somebody of its class's staff.

    Parameters
    ----------
    attempt_ids
        Among these submissions only; None for all.
    """
    awaited: Mapping[Awaited, sa.ColumnElement[bool]] = {
        Awaited.SECOND: _second(place),
        Awaited.DECISION: _to_decide(place),
    }
    query = sa.select(Marking.id).where(Marking.assignment_id == assignment_id, awaited[what], *counted(place))
    if attempt_ids is not None:
        query = query.where(Marking.attempt_id.in_(attempt_ids))
    return session().scalar(query.limit(1)) is not None


def _left(place: Membership, round_: int) -> sa.ColumnElement[bool]:
    """Return the condition that a marking of a round is not done, and that nobody else has begun it."""
    return sa.and_(
        Marking.round == round_,
        Marking.state != MarkingState.DONE,
        sa.or_(Marking.marker_id.is_(None), Marking.marker_id == place.user_id),
    )


def _first(place: Membership) -> sa.ColumnElement[bool]:
    other = orm.aliased(Marking)
    is_second = sa.exists().where(
        other.attempt_id == Marking.attempt_id, other.round == SECOND, other.marker_id == place.user_id
    )
    return sa.and_(_left(place, FIRST), ~is_second)


def _second(place: Membership) -> sa.ColumnElement[bool]:
    first = orm.aliased(Marking)
    by_another = sa.exists().where(
        first.attempt_id == Marking.attempt_id, first.round == FIRST, first.marker_id != place.user_id
    )
    return sa.and_(_left(place, SECOND), by_another)


def _to_decide(place: Membership) -> sa.ColumnElement[bool]:
    return Marking.is_disputed.is_(True) if place.role == Role.TEACHER else sa.false()


def _own(place: Membership) -> sa.ColumnElement[bool]:
    return _left(place, MODERATED) if place.role == Role.TEACHER else sa.false()
