"""Markings carried over to another version of their problem: what was given for criteria that are the same there holds on."""

import dataclasses
import uuid
from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.core.db import session
from lti_grader.marking.adding_up import by_comments
from lti_grader.marking.models import Marking, MarkingState, RubricScore
from lti_grader.marking.policy import carried
from lti_grader.problems.models import RubricCriterion
from lti_grader.problems.rubrics import RubricLines, rubric_of


@dataclasses.dataclass(frozen=True)
class _Way:
    """From one rubric to another: the new criterion by the old one's id, and the new level by the old one's."""

    criteria: dict[uuid.UUID, RubricCriterion]
    levels: dict[uuid.UUID, uuid.UUID]
    wanted: int
    """How many criteria the new rubric has."""


def _way(before: RubricLines | None, after: RubricLines) -> _Way:
    if before is None:
        return _Way({}, {}, len(after.criteria))
    places = carried(before.draft.criteria, after.draft.criteria)
    pairs = [(before.criteria[old], after.criteria[new]) for old, new in places.items()]
    return _Way(
        {old.row.id: new.row for old, new in pairs},
        {was.id: now.id for old, new in pairs for was, now in zip(old.levels, new.levels, strict=True)},
        len(after.criteria),
    )


def carries_whole(before_id: uuid.UUID, after_id: uuid.UUID) -> bool:
    """Return whether a marking by one version's rubric is a whole marking by another's as well."""
    before, after = rubric_of(before_id), rubric_of(after_id)
    if after is None:
        return before is None
    return len(_way(before, after).criteria) == len(after.criteria)


def carry(markings: Sequence[Marking], version_id: uuid.UUID) -> None:
    """Carry markings over to a version that has a rubric.

    Where each of its criteria has its points by that, a marking stays done; else it waits to be completed. What was given for
    criteria that are others now stays beside it, in the words of its time, and counts nothing.
    """
    after = rubric_of(version_id)
    assert after is not None
    scores: dict[uuid.UUID, list[RubricScore]] = {}
    for one in session().scalars(
        sa.select(RubricScore).where(RubricScore.marking_id.in_([one.id for one in markings])).order_by(RubricScore.id)
    ):
        scores.setdefault(one.marking_id, []).append(one)
    ways = {one: _way(rubric_of(one), after) for one in {one.problem_version_id for one in markings}}
    said = by_comments([one.id for one in markings])
    for marking in markings:
        _carry_one(marking, scores.get(marking.id, []), ways[marking.problem_version_id])
        marking.points += said.get(marking.id, Decimal(0))
        marking.problem_version_id = version_id
    session().flush()


def _carry_one(marking: Marking, scores: Sequence[RubricScore], way: _Way) -> None:
    held = [one for one in scores if one.criterion_id in way.criteria]
    for one in held:
        one.level_id = way.levels[one.level_id]
        one.criterion_id = way.criteria[one.criterion_id].id
    marking.points = sum((one.points for one in held), Decimal(0))
    marking.revision += 1
    if len(held) < way.wanted and marking.state != MarkingState.UNMARKED:
        marking.state, marking.done_at, marking.stands = MarkingState.IN_PROGRESS, None, False
