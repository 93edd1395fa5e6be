"""Which marking of each submission stands, brought up to date with the markings and with how the assignment is marked."""

import uuid
from collections.abc import Collection, Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, MarkingRules
from lti_grader.core.db import session
from lti_grader.core.events import publish
from lti_grader.marking import second
from lti_grader.marking.events import Awaited, AwaitedChanged, MarkingChanged
from lti_grader.marking.models import Marking, MarkingState, Moderation
from lti_grader.problems.models import Rubric

Found = tuple[Marking, Decimal | None, Moderation | None]
"""A marking, what its rubric is worth, and what a moderator decided about its submission."""


def settle(assignment_id: uuid.UUID, student_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Let those markings of students stand that are to, and return the students of whom others stand now than before.

    Parameters
    ----------
    student_ids
        Nobody else changes their markings: see `wanting.hold`.
    """
    rules = session().get_one(Assignment, assignment_id).rules.marking
    session().flush()
    rows = session().execute(
        sa.select(Marking, Rubric.points, Moderation)
        .outerjoin(Rubric, Rubric.problem_version_id == Marking.problem_version_id)
        .outerjoin(Moderation, Moderation.attempt_id == Marking.attempt_id)
        .where(Marking.assignment_id == assignment_id, Marking.student_id.in_(student_ids))
        .order_by(Marking.attempt_id, Marking.round)
        .execution_options(populate_existing=True)
    )
    of_attempt: dict[uuid.UUID, list[Found]] = {}
    for marking, maximum, moderation in rows:
        of_attempt.setdefault(marking.attempt_id, []).append((marking, maximum, moderation))
    risen: list[Marking] = []
    fallen: list[Marking] = []
    disputed: set[uuid.UUID] = set()
    for attempt_id, found in of_attempt.items():
        state, stands = state_of(found, rules)
        for marking, _, _ in found:
            if marking.stands is not (marking.round == stands):
                (fallen if marking.stands else risen).append(marking)
        if state == second.Standing.DISPUTED:
            disputed.add(attempt_id)
    # One of a submission stands at any moment, says an index.
    for changed in (fallen, risen):
        for marking in changed:
            marking.stands = not marking.stands
        session().flush()
    _dispute(assignment_id, [found[0][0] for found in of_attempt.values()], disputed)
    return {one.student_id for one in (*risen, *fallen)}


def _dispute(assignment_id: uuid.UUID, firsts: Collection[Marking], disputed: Collection[uuid.UUID]) -> None:
    """Note of which of these submissions the two markings differ, and tell where that is another than before."""
    changed = [one for one in firsts if one.is_disputed is not (one.attempt_id in disputed)]
    for one in changed:
        one.is_disputed = not one.is_disputed
    session().flush()
    if changed:
        anew = tuple(one.attempt_id for one in changed if one.is_disputed)
        publish(AwaitedChanged(assignment_id, Awaited.DECISION, anew))


def state_of(found: Sequence[Found], rules: MarkingRules) -> tuple[second.Standing, int | None]:
    """Return how it stands with the markings of one submission, and the round whose marking is to stand.

    Parameters
    ----------
    found
        All of them, the first one first.
    """
    first, maximum, moderation = found[0]
    given = {one.round: one.points + one.adjustment for one, _, _ in found if one.state == MarkingState.DONE}
    decided = None
    if moderation is not None:
        decision = second.Decision(moderation.decision)
        decided = second.Decided(decision, moderation.first_points, moderation.second_points)
    return second.standing(
        second.Given(given.get(second.FIRST), given.get(second.SECOND), given.get(second.MODERATED)),
        maximum or Decimal(0),
        rules,
        decided,
        is_second_wanted=wants_second(first, rules),
    )


def wants_second(first: Marking, rules: MarkingRules) -> bool:
    """Return whether a submission gets a second marking, by its first."""
    return second.wants_second(rules, first.assignment_problem_id, first.student_id, is_asked=first.is_second_asked)


def take_effect(marking: Marking, *, stood: bool = False) -> None:
    """Let what was changed of a marking count, and tell it where what its student is given may be another now.

    Parameters
    ----------
    marking
        Nobody else changes it or the others of its submission: see `operations.locked`.
    stood
        Whether it stood before.
    """
    if settle(marking.assignment_id, [marking.student_id]) or stood or marking.stands:
        publish(MarkingChanged(marking.student_id, marking.assignment_id))
