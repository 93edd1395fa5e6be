"""What markings say of a person: told to them on request, and forgotten."""

import uuid
from typing import Any

import sqlalchemy as sa

from lti_grader.core.db import session
from lti_grader.marking.models import Feedback, Marking, RubricScore


def held_about(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return what people gave for a student's submissions and said of them, in words of their time; not who did."""
    markings = session().scalars(sa.select(Marking).where(Marking.student_id == user_id).order_by(Marking.id)).all()
    scores = session().scalars(sa.select(RubricScore).where(RubricScore.student_id == user_id).order_by(RubricScore.id))
    said = session().scalars(sa.select(Feedback).where(Feedback.student_id == user_id).order_by(Feedback.id))
    found: dict[uuid.UUID, dict[str, Any]] = {
        one.id: {
            "attempt": one.attempt_id, "state": one.state, "counts": one.stands, "points": one.points,
            "adjustment": one.adjustment, "adjustment_reason": one.adjustment_reason,
            "notes_of_staff": one.private_notes, "done_at": one.done_at, "scores": [], "comments": [],
        }
        for one in markings
    }  # fmt: skip
    for score in scores:
        found[score.marking_id]["scores"].append({
            "criterion": score.criterion_name, "level": score.level_description, "points": score.points,
            "of": score.criterion_points, "at": score.given_at,
        })  # fmt: skip
    for one in said:
        found[one.marking_id]["comments"].append({
            "text": one.text, "file": one.path, "first_line": one.first_line, "last_line": one.last_line, "at": one.created_at,
        })  # fmt: skip
    return list(found.values())


def forget(user_id: uuid.UUID) -> None:
    """Take away what people wrote about a student's work; points and levels stay, as marks do."""
    session().execute(sa.delete(Feedback).where(Feedback.student_id == user_id))
    session().execute(
        sa.update(Marking)
        .where(Marking.student_id == user_id)
        .values(
            adjustment_reason=sa.case((Marking.adjustment != 0, "erased"), else_=""),
            private_notes="",
            revision=Marking.revision + 1,
        )
    )
