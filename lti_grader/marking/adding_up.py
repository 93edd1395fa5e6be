"""What a marking gives in all: by the rubric, and by comments that change the points."""

import uuid
from collections.abc import Collection
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.core.db import session
from lti_grader.marking.models import Feedback, Marking, MarkingState, RubricScore
from lti_grader.marking.settling import take_effect
from lti_grader.problems.models import RubricCriterion


def by_comments(marking_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Decimal]:
    """Return what the comments of markings give or take, of those where they do."""
    rows = session().execute(
        sa.select(Feedback.marking_id, sa.func.sum(Feedback.points))
        .where(Feedback.marking_id.in_(marking_ids), Feedback.points.is_not(None))
        .group_by(Feedback.marking_id)
    )
    return {marking_id: points or Decimal(0) for marking_id, points in rows}


def by_rubric(marking: Marking) -> Decimal:
    """Return what is given for the criteria of the rubric that a marking is by now."""
    return session().scalar(
        sa.select(sa.func.coalesce(sa.func.sum(RubricScore.points), Decimal(0)))
        .join(RubricCriterion, RubricCriterion.id == RubricScore.criterion_id)
        .where(
            RubricScore.marking_id == marking.id,
            RubricCriterion.problem_version_id == marking.problem_version_id,
        )
    ) or Decimal(0)


def add_up(marking: Marking) -> None:
    """Bring the points of a marking up to date with what it gives."""
    marking.points = by_rubric(marking) + by_comments([marking.id]).get(marking.id, Decimal(0))


def comments_changed(marking: Marking) -> None:
    """Bring the points of a marking up to date with its comments; of one that is done that counts at once."""
    before = marking.points
    add_up(marking)
    session().flush()
    if marking.state == MarkingState.DONE and marking.points != before:
        take_effect(marking)
