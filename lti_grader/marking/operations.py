"""Marking: levels by criteria, an adjustment, notes, done or not. Every change is held to the revision that the page showed."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, SecondMarking
from lti_grader.assignments.points import let_stand
from lti_grader.classes.groups.teams import sharers
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.core.events import publish
from lti_grader.marking.adding_up import add_up
from lti_grader.marking.errors import BadMarking, MarkedMeanwhile
from lti_grader.marking.events import Awaited, AwaitedChanged, MarkingChanged
from lti_grader.marking.locking import require_held
from lti_grader.marking.models import Marking, MarkingState, RubricScore
from lti_grader.marking.second import FIRST, SECOND
from lti_grader.marking.settling import take_effect
from lti_grader.marking.wanting import hold
from lti_grader.problems.models import RubricCriterion, RubricLevel
from lti_grader.problems.rubrics import MOST_POINTS, RubricLines, rubric_of

_MOST_TEXT = 20_000


@dataclasses.dataclass(frozen=True)
class Given:
    """What a page says of a marking."""

    levels: Mapping[uuid.UUID, uuid.UUID]
    """By criterion the level that was chosen; a criterion without one stays as it is."""
    adjustment: Decimal = Decimal(0)
    adjustment_reason: str = ""
    private_notes: str = ""


def locked(marking_id: uuid.UUID) -> Marking:
    """Return a marking; nobody else changes any of its student in the assignment until the transaction ends.

    Raises
    ------
    NotFound
    """
    found = session().get(Marking, marking_id)
    if found is None:
        raise NotFound("There is no such marking.")
    # As whoever works out scores does: first the points of the assignment stand, then all markings are held in one order, since
    # which of a submission's stands follows from them all, and those of all whose marks hang together with these.
    assignment, _ = let_stand(found.assignment_id)
    hold(found.assignment_id, sharers(assignment.group_set_id, [found.student_id]))
    session().refresh(found)
    return found


def save(marking: Marking, given: Given, *, revision: int, by: uuid.UUID, at: dt.datetime) -> None:
    """Write what somebody gives. Of a marking that is done it counts at once.

    Parameters
    ----------
    marking
        As `locked` returns it.
    revision
        The one that their page showed.

    Raises
    ------
    HeldByAnother
    MarkedMeanwhile
        The marking is another than the page showed.
    BadMarking
        A level is of another criterion, or an adjustment has no reason.
    """
    require_held(marking, by, at=at)
    _require_another(marking, by)
    if revision != marking.revision:
        raise MarkedMeanwhile(
            "This was marked by somebody else, or in another tab, since you opened it, so nothing was saved. Reload the page."
        )
    rubric = rubric_of(marking.problem_version_id)
    assert rubric is not None
    _require_sound(given)
    _give(marking, given.levels, rubric, by=by, at=at)
    marking.adjustment, marking.adjustment_reason = given.adjustment, given.adjustment_reason.strip()
    marking.private_notes = given.private_notes
    add_up(marking)
    if marking.state == MarkingState.UNMARKED:
        marking.state = MarkingState.IN_PROGRESS
    marking.marker_id = by
    marking.revision += 1
    session().flush()
    if marking.state == MarkingState.DONE:
        take_effect(marking)


def _require_another(marking: Marking, by: uuid.UUID) -> None:
    other = session().scalar(
        sa.select(Marking.id).where(
            Marking.attempt_id == marking.attempt_id,
            Marking.round == FIRST + SECOND - marking.round,
            Marking.is_wanted,
            Marking.marker_id == by,
        )
    )
    if other is not None:
        raise BadMarking("You have marked this already: a second marking is by another person.")


def _require_sound(given: Given) -> None:
    if not given.adjustment.is_finite() or abs(given.adjustment) > MOST_POINTS:
        raise BadMarking(f"An adjustment is a number of points, {MOST_POINTS} at most.")
    if given.adjustment and not given.adjustment_reason.strip():
        raise BadMarking("Say why the points are adjusted: the student reads it.")
    if max(len(given.adjustment_reason), len(given.private_notes)) > _MOST_TEXT:
        raise BadMarking(f"A text is longer than {_MOST_TEXT} characters: shorten it.")


def _give(
    marking: Marking, wanted: Mapping[uuid.UUID, uuid.UUID], rubric: RubricLines, *, by: uuid.UUID, at: dt.datetime
) -> None:
    there = {
        level.id: (line.row, level) for line in rubric.criteria for level in line.levels
    }  # fmt: skip
    before = scores_of(marking, rubric)
    for criterion_id, level_id in wanted.items():
        criterion, level = there.get(level_id, (None, None))
        if criterion is None or level is None or criterion.id != criterion_id:
            raise BadMarking("The rubric has no such level: reload the page.")
        score = before.get(criterion_id)
        if score is not None and score.level_id == level_id:
            continue
        if score is None:
            score = RubricScore(
                tenant_id=marking.tenant_id, marking_id=marking.id, assignment_id=marking.assignment_id,
                student_id=marking.student_id, criterion_id=criterion_id,
            )  # fmt: skip
            session().add(score)
        _snapshot(score, criterion, level)
        score.grader_id, score.given_at = by, at
    session().flush()


def _snapshot(score: RubricScore, criterion: RubricCriterion, level: RubricLevel) -> None:
    score.level_id, score.points, score.level_description = level.id, level.points, level.description
    score.criterion_name, score.criterion_points = criterion.name, criterion.points


def scores_of(marking: Marking, rubric: RubricLines) -> dict[uuid.UUID, RubricScore]:
    """Return what was given for the criteria of the rubric that a marking is by, by their ids."""
    found = session().scalars(
        sa.select(RubricScore).where(
            RubricScore.marking_id == marking.id,
            RubricScore.criterion_id.in_([one.row.id for one in rubric.criteria]),
        )
    )
    return {one.criterion_id: one for one in found}


def finish(marking: Marking, *, by: uuid.UUID, at: dt.datetime) -> None:
    """Let a marking be done, so that it counts.

    Raises
    ------
    HeldByAnother
    BadMarking
        A criterion has no level yet.
    """
    require_held(marking, by, at=at)
    rubric = rubric_of(marking.problem_version_id)
    assert rubric is not None
    given = scores_of(marking, rubric)
    if missing := [one.row.name for one in rubric.criteria if one.row.id not in given]:
        raise BadMarking(f"Choose a level for {', '.join(f'“{one}”' for one in missing)} first.")
    if marking.state == MarkingState.DONE:
        return
    _require_another(marking, by)
    marking.state, marking.done_at, marking.marker_id = MarkingState.DONE, at, by
    marking.revision += 1
    session().flush()
    take_effect(marking)
    _tell_second(marking)


def _tell_second(marking: Marking) -> None:
    """Tell that a second marking of a submission is another person's to make, or is not to be made any more."""
    if marking.round == SECOND:
        publish(AwaitedChanged(marking.assignment_id, Awaited.SECOND, ()))
    elif marking.round == FIRST:
        left = sa.select(Marking.id).where(
            Marking.attempt_id == marking.attempt_id, Marking.round == SECOND, Marking.is_wanted,
            Marking.state != MarkingState.DONE,
        )  # fmt: skip
        if session().scalar(left) is not None:
            publish(AwaitedChanged(marking.assignment_id, Awaited.SECOND, (marking.attempt_id,)))


def reopen(marking: Marking, *, by: uuid.UUID, at: dt.datetime) -> None:
    """Let a marking be no longer done: its points are awaited again.

    Raises
    ------
    HeldByAnother
    """
    require_held(marking, by, at=at)
    if marking.state != MarkingState.DONE:
        return
    stood = marking.stands
    marking.state, marking.done_at, marking.stands = MarkingState.IN_PROGRESS, None, False
    marking.revision += 1
    session().flush()
    take_effect(marking, stood=stood)


def ask_second(marking: Marking, *, asked: bool) -> None:
    """Have a submission marked by a second person as well, or no more.

    Parameters
    ----------
    marking
        Its first one.

    Raises
    ------
    BadMarking
        The assignment has no second markings, or the second one has begun.
    """
    rules = session().get_one(Assignment, marking.assignment_id).rules.marking
    if marking.round != FIRST or rules.second not in (SecondMarking.CHOSEN, SecondMarking.SAMPLE):
        raise BadMarking("For single submissions a second marking is asked where the assignment says so.")
    begun = sa.select(Marking.id).where(
        Marking.attempt_id == marking.attempt_id, Marking.round == SECOND, Marking.state != MarkingState.UNMARKED
    )
    if not asked and session().scalar(begun) is not None:
        raise BadMarking("The second marking has begun.")
    marking.is_second_asked = asked
    session().flush()
    publish(MarkingChanged(marking.student_id, marking.assignment_id))
