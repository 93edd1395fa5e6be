"""What is to be marked, and in which order somebody goes through it."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from lti_grader.assignments.models import AssignmentProblem
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.classes.apart import whose_work
from lti_grader.classes.groups.team_models import TeamMember
from lti_grader.classes.models import Enrollment, EnrollmentStatus
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.marking.models import Marking, MarkingState
from lti_grader.marking.second import FIRST, SECOND
from lti_grader.people.models import User


@dataclasses.dataclass(frozen=True)
class Order:
    """In which order somebody marks: all answers to one problem, or all of one student before the next."""

    item_id: uuid.UUID | None = None
    """Of this problem of the assignment only; None for student by student."""
    is_mixed: bool = False
    """In an order that chance made, another for each marker and always the same for one; else by name."""
    round: int = FIRST


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
    place: Membership, assignment_id: uuid.UUID, order: Order, *, is_blind: bool = True, at: dt.datetime
) -> list[QueueLine]:
    """Return the submissions of an assignment that count and that somebody of the staff may mark or see, in one query.

    Parameters
    ----------
    is_blind
        Whether two markers of one submission see nothing of each other's marks before both are done.
    """
    chance = sa.func.md5(sa.cast(Marking.student_id, sa.Text) + str(place.user_id))
    person: Sequence[Any] = [chance] if order.is_mixed else [User.family_name, User.given_name, User.name]
    query = (
        sa.select(Marking.id, Marking.state, Marking.locked_by, Marking.locked_until)
        .join(User, User.id == Marking.student_id)
        .join(AssignmentProblem, AssignmentProblem.id == Marking.assignment_problem_id)
        .where(
            Marking.assignment_id == assignment_id,
            Marking.round == order.round,
            *counted(place),
            ~_for_others(place, order.round, is_blind=is_blind),
        )
        .order_by(*person, Marking.student_id, AssignmentProblem.order_index, Marking.id)
    )
    if order.item_id is not None:
        query = query.where(Marking.assignment_problem_id == order.item_id)
    return [
        QueueLine(one.id, number, one.state, one.locked_by in (None, place.user_id) or one.locked_until <= at)
        for number, one in enumerate(session().execute(query), start=1)
    ]


def _for_others(place: Membership, round_: int, *, is_blind: bool) -> sa.ColumnElement[bool]:
    """Return the condition that a marking is not for somebody: they made the other one, or may not see this one yet."""
    other = orm.aliased(Marking)
    excluded: sa.ColumnElement[bool] = other.marker_id == place.user_id
    if is_blind:
        begun_by_another = sa.and_(Marking.marker_id.is_not(None), Marking.marker_id != place.user_id)
        both_done = sa.and_(Marking.state == MarkingState.DONE, other.state == MarkingState.DONE)
        excluded = sa.or_(excluded, sa.and_(begun_by_another, ~both_done))
    return sa.exists().where(
        other.attempt_id == Marking.attempt_id, other.round == FIRST + SECOND - round_, other.is_wanted, excluded
    )


def counted(place: Membership) -> list[sa.ColumnElement[bool]]:
    """Return the conditions that a marking is of a submission that counts, of a student whom somebody of the staff sees."""
    there = sa.select(Enrollment.user_id).where(
        Enrollment.class_id == place.class_id, Enrollment.status == EnrollmentStatus.ACTIVE
    )
    alone = sa.and_(Marking.student_id.in_(there), whose_work(place, Marking.student_id))
    # What a group handed in is marked as long as anybody of it is there, once for all of them.
    together = (
        sa.exists()
        .where(
            SubmissionAttempt.id == Marking.attempt_id,
            TeamMember.team_id == SubmissionAttempt.team_id,
            TeamMember.student_id.in_(there),
            whose_work(place, TeamMember.student_id),
        )
        .correlate(Marking)
    )
    return [Marking.is_wanted.is_(True), sa.or_(alone, together)]


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
