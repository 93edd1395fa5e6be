"""When somebody may submit to a problem next, and what a submission counts by when it is made."""

import datetime as dt
import math
import uuid
from typing import Any

import sqlalchemy as sa

from lti_grader.assignments import late_work
from lti_grader.assignments.late_days import bank_of
from lti_grader.assignments.lateness import credit_in_words, length_in_words
from lti_grader.assignments.models import Assignment
from lti_grader.attempts.errors import TooSoon
from lti_grader.attempts.models import AttemptStatus, SubmissionAttempt
from lti_grader.attempts.queries import By, who_hands_in
from lti_grader.classes.queries import class_of_item
from lti_grader.core.db import session


def next_in_seconds(by: By, item_id: uuid.UUID, assignment: Assignment, *, at: dt.datetime) -> int:
    """Return for how long a student, or their group, has to wait before they submit to a problem again: 0 where they need not.

    A submission that could not be judged makes nobody wait.
    """
    pause = dt.timedelta(seconds=assignment.rules.cooldown_seconds)
    if not pause:
        return 0
    last = session().scalar(
        sa.select(sa.func.max(SubmissionAttempt.created_at)).where(
            by.made(item_id), SubmissionAttempt.status != AttemptStatus.ERROR
        )
    )
    return 0 if last is None else max(0, math.ceil((last + pause - at).total_seconds()))


def require_pause_over(by: By, item_id: uuid.UUID, assignment: Assignment, *, at: dt.datetime) -> None:
    """Return if a student may submit to a problem now.

    Raises
    ------
    TooSoon
        With the seconds that are left.
    """
    if left := next_in_seconds(by, item_id, assignment, at=at):
        raise TooSoon(
            f"Between two submissions to a problem lie {assignment.rules.cooldown_in_words} here: submit again in"
            f" {length_in_words(dt.timedelta(seconds=left), seconds=True)}. What you wrote is kept.",
            next_in_seconds=left,
        )


def as_json(student_id: uuid.UUID, item_id: uuid.UUID, assignment: Assignment, *, at: dt.datetime) -> dict[str, Any]:
    """Return what the page says of both: seconds to wait, from when, in seconds from now, work is how late, and late days."""
    due, policy = late_work.due_now(assignment, student_id), assignment.rules.late
    return {
        "next_in_seconds": next_in_seconds(who_hands_in(student_id, assignment), item_id, assignment, at=at),
        "late": [
            {
                "in_seconds": (begins - at).total_seconds(),
                "text": f"It is late by now: what you submit counts {credit_in_words(percent)}.",
            }
            for begins, percent in (policy.stages(due) if due else [])
        ],
        "late_days": _late_days(student_id, assignment) if policy.late_days and due else None,
    }


def _late_days(student_id: uuid.UUID, assignment: Assignment) -> dict[str, Any]:
    bank = bank_of(class_of_item(assignment.id), student_id)
    return {"spent": bank.spent.get(assignment.id, 0), "left": bank.left}
