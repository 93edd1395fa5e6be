"""Deciding between two markings of a submission that differ: the first, the second, their mean, or a marking of one's own."""

import datetime as dt
import uuid
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments.models import AssignmentProblem
from lti_grader.classes.models import Role
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.core.errors import Forbidden
from lti_grader.core.ids import new_id
from lti_grader.marking import second
from lti_grader.marking.adding_up import by_rubric
from lti_grader.marking.errors import BadMarking, MarkedMeanwhile
from lti_grader.marking.models import Feedback, Marking, MarkingState, Moderation, RubricScore
from lti_grader.marking.queue import Order, counted
from lti_grader.marking.rounds import Rounds
from lti_grader.marking.second import Decision
from lti_grader.marking.settling import take_effect

MOST_CHARACTERS = 2_000
_MEAN = "The mean of two markings."


def require_moderator(place: Membership) -> None:
    """Raise `Forbidden` for whoever is no teacher of the class."""
    if place.role != Role.TEACHER:
        raise Forbidden("Between two markings teachers of the class decide.")


def next_disputed(place: Membership, assignment_id: uuid.UUID, order: Order) -> uuid.UUID | None:
    """Return the first marking of the next submission about which a teacher has to decide; None where there is none."""
    query = (
        sa.select(Marking.id)
        .join(AssignmentProblem, AssignmentProblem.id == Marking.assignment_problem_id)
        .where(Marking.assignment_id == assignment_id, Marking.is_disputed, *counted(place))
        .order_by(AssignmentProblem.order_index, Marking.done_at, Marking.id)
    )
    if order.item_id is not None:
        query = query.where(Marking.assignment_problem_id == order.item_id)
    return session().scalar(query.limit(1))


def decide(
    rounds: Rounds, decision: Decision, reason: str, *, seen: str | None = None, by: uuid.UUID, at: dt.datetime
) -> Marking:
    """Decide which marking of a submission stands, and return it: of one's own it is still to be made.

    Parameters
    ----------
    rounds
        Of a submission whose markings nobody else changes: see `operations.locked`.
    seen
        What `Rounds.seen` was on the page that somebody looked at; None where they mean it whatever stands there.

    Raises
    ------
    BadMarking
        It has no reason, or not both markings are done.
    MarkedMeanwhile
        A marking gives something else by now, or somebody else has decided.
    """
    reason = reason.replace("\r\n", "\n").replace("\0", "").strip()
    if not 1 <= len(reason) <= MOST_CHARACTERS:
        raise BadMarking(f"Say why you decide so, in {MOST_CHARACTERS} characters at most: staff read it.")
    require_both(rounds)
    if seen is not None and seen != rounds.seen:
        raise MarkedMeanwhile(
            "Since you looked at this, a marking was changed or somebody else decided, so nothing was kept. This is how it stands now."
        )
    assert rounds.second is not None
    row = rounds.moderation or _row(rounds.first)
    row.decision, row.reason, row.decided_by, row.decided_at = decision, reason, by, at
    row.first_points, row.second_points = (one.points + one.adjustment for one in (rounds.first, rounds.second))
    session().add(row)
    stands = {Decision.FIRST: rounds.first, Decision.SECOND: rounds.second}.get(decision)
    if rounds.moderated is not None:
        rounds.moderated.is_wanted = stands is None
    if stands is None:
        stands = rounds.moderated or _begin(rounds)
        if decision == Decision.MEAN:
            _give_mean(stands, rounds, by=by, at=at)
        elif stands.marker_id is None or stands.adjustment_reason == _MEAN:
            _clear(stands)
    session().flush()
    take_effect(rounds.first, stood=True)
    return stands


def require_both(rounds: Rounds) -> None:
    """Raise `BadMarking` unless both markings of a submission are done."""
    if not rounds.both_are_done:
        raise BadMarking("There is nothing to decide until both markings are done.")


def _row(first: Marking) -> Moderation:
    return Moderation(
        tenant_id=first.tenant_id, attempt_id=first.attempt_id, student_id=first.student_id,
        assignment_id=first.assignment_id,
    )  # fmt: skip


def _begin(rounds: Rounds) -> Marking:
    """Begin a third marking, with what both markers said."""
    first, other = rounds.first, rounds.second
    assert other is not None
    made = Marking(
        id=new_id(), tenant_id=first.tenant_id, attempt_id=first.attempt_id, student_id=first.student_id,
        assignment_id=first.assignment_id, assignment_problem_id=first.assignment_problem_id,
        problem_version_id=first.problem_version_id, round=second.MODERATED, state=MarkingState.UNMARKED,
        points=Decimal(0), adjustment=Decimal(0),
    )  # fmt: skip
    session().add(made)
    session().flush()
    said = session().scalars(
        sa.select(Feedback).where(Feedback.marking_id.in_([first.id, other.id])).order_by(Feedback.id)
    )
    # What comments gave or took is in the points of the markings that they stand on.
    for one in said.all():
        session().add(_copied(one, made, {"points": None}))
    return made


def _copied(row: Feedback | RubricScore, to: Marking, other: dict[str, object]) -> Feedback | RubricScore:
    kept = {column.key: getattr(row, column.key) for column in type(row).__table__.columns}
    return type(row)(**kept | {"id": new_id(), "marking_id": to.id} | other)


def _give_mean(marking: Marking, rounds: Rounds, *, by: uuid.UUID, at: dt.datetime) -> None:
    """Let a marking give the levels of the first one, and by an adjustment what is the mean of both."""
    first, other = rounds.first, rounds.second
    assert other is not None
    _clear(marking)
    given = session().scalars(sa.select(RubricScore).where(RubricScore.marking_id == first.id).order_by(RubricScore.id))
    for one in given.all():
        session().add(_copied(one, marking, {}))
    marking.points = by_rubric(first)
    marking.adjustment = second.mean(first.points + first.adjustment, other.points + other.adjustment) - marking.points
    marking.adjustment_reason = _MEAN
    marking.state, marking.done_at, marking.marker_id = MarkingState.DONE, at, by
    session().flush()


def _clear(marking: Marking) -> None:
    """Let a marking give nothing; what is said of the work stays, without points."""
    session().execute(sa.delete(RubricScore).where(RubricScore.marking_id == marking.id))
    session().execute(sa.update(Feedback).where(Feedback.marking_id == marking.id).values(points=None))
    marking.state, marking.done_at, marking.stands, marking.marker_id = MarkingState.UNMARKED, None, False, None
    marking.points = marking.adjustment = Decimal(0)
    marking.adjustment_reason = ""
    marking.revision += 1
    session().flush()
