"""What markings say of a person: told to them on request, and forgotten."""

import uuid
from typing import Any

import sqlalchemy as sa

from lti_grader.core.db import session
from lti_grader.marking.models import Feedback, Marking, Moderation, RubricScore, SavedComment


def held_about(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return what people gave for a student's submissions and said of them, in words of their time; not who did."""
    markings = session().scalars(sa.select(Marking).where(Marking.student_id == user_id).order_by(Marking.id)).all()
    scores = session().scalars(sa.select(RubricScore).where(RubricScore.student_id == user_id).order_by(RubricScore.id))
    said = session().scalars(sa.select(Feedback).where(Feedback.student_id == user_id).order_by(Feedback.id))
    found: dict[uuid.UUID, dict[str, Any]] = {
        one.id: {
            "attempt": one.attempt_id, "round": one.round, "state": one.state, "counts": one.stands, "points": one.points,
            "adjustment": one.adjustment, "adjustment_reason": one.adjustment_reason,
            "notes_of_staff": one.private_notes, "done_at": one.done_at, "seconds_spent": one.seconds_spent, "scores": [], "comments": [],
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
            "text": one.text, "points": one.points, "file": one.path, "first_line": one.first_line, "last_line": one.last_line, "at": one.created_at,
        })  # fmt: skip
    return list(found.values())


def decided_about(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return what was decided between two markings of a student's submissions; not who did."""
    found = session().scalars(sa.select(Moderation).where(Moderation.student_id == user_id).order_by(Moderation.id))
    return [
        {
            "attempt": one.attempt_id, "decision": one.decision, "reason": one.reason, "first_points": one.first_points,
            "second_points": one.second_points, "at": one.decided_at,
        }
        for one in found
    ]  # fmt: skip


def bank_of(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return the comments that somebody keeps for marking."""
    found = session().scalars(sa.select(SavedComment).where(SavedComment.owner_id == user_id).order_by(SavedComment.id))
    return [
        {
            "text": one.text, "points": one.points, "shared_with_class": one.class_id, "used": one.uses,
            "at": one.created_at, "retired_at": one.retired_at,
        }
        for one in found
    ]  # fmt: skip


def forget(user_id: uuid.UUID) -> None:
    """Take away what people wrote about a student's work, and the comments that somebody kept for themselves.

    Points and levels stay, as marks do, and so do comments that are shared with a class.
    """
    of_student = Feedback.student_id == user_id
    session().execute(sa.delete(Feedback).where(of_student, Feedback.points.is_(None)))
    session().execute(sa.update(Feedback).where(of_student).values(text="erased"))
    session().execute(sa.update(Moderation).where(Moderation.student_id == user_id).values(reason="erased"))
    session().execute(sa.delete(SavedComment).where(SavedComment.owner_id == user_id, SavedComment.class_id.is_(None)))
    session().execute(
        sa.update(Marking)
        .where(Marking.student_id == user_id)
        .values(
            adjustment_reason=sa.case((Marking.adjustment != 0, "erased"), else_=""),
            private_notes="",
            revision=Marking.revision + 1,
        )
    )
