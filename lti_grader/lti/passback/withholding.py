"""Scores whose marks are not released: what of them an LMS may know, and when."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment
from lti_grader.assignments.queries import shown_to_students
from lti_grader.assignments.release import EVERYTHING, Shown
from lti_grader.classes.models import Module
from lti_grader.core.db import session
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.lti import trail
from lti_grader.lti.board_models import EventKind
from lti_grader.lti.models import DeliveryStatus, LineItem, ScoreDelivery
from lti_grader.lti.passback.turns import later_than

TOLD = "Marks are not released. The LMS was told that the work is handed in and its mark is to come."
KEPT = "Marks are not released. The LMS keeps the grade that it has."
HELD = "Marks are not released: this score is sent once they are."
_UNDER_WAY = (DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.SENT, DeliveryStatus.FROZEN)
TERMS = (
    sa.select(
        sa.cast(sa.func.row(Assignment.config["marks"], Assignment.due_date, Assignment.marks_released_at), sa.Text)
    )
    .where(Assignment.id == LineItem.content_item_id)
    .correlate(LineItem)
    .scalar_subquery()
)
"""What the release of the marks that a column shows goes by: the same text as long as nobody has changed it."""


def shown_of(content_item_id: uuid.UUID, *, at: dt.datetime) -> Shown:
    """Return what an LMS may know of the results for an item: what the students may."""
    assignment = session().get(Assignment, content_item_id)
    return EVERYTHING if assignment is None else shown_to_students([assignment], at=at)[assignment.id]


def shown_in(line_item_id: uuid.UUID, *, at: dt.datetime) -> Shown:
    """Return what an LMS may know of the results that a column shows."""
    return shown_of(session().get_one(LineItem, line_item_id).content_item_id, at=at)


def unreleased_columns(class_id: uuid.UUID, *, at: dt.datetime) -> list[uuid.UUID]:
    """Return the columns that show items of a class whose marks are not released."""
    query = (
        sa.select(LineItem.id, Assignment)
        .join(Assignment, Assignment.id == LineItem.content_item_id)
        .join(Module, Module.id == Assignment.module_id)
        .where(Module.class_id == class_id)
    )
    found = session().execute(query).all()
    seen = shown_to_students([one for _, one in found], at=at)
    return [line_item_id for line_item_id, one in found if not seen[one.id].marks]


def is_told(newest: Any) -> bool:
    """Return whether an LMS knows, or is about to be told, that a student's mark is to come.

    It is told once and no more. Only a changed score owes anything anew, so that telling it of each would tell who
    reads the LMS that the score has changed.

    Parameters
    ----------
    newest
        The state and the points of the student's newest delivery to the column.
    """
    return newest.status == DeliveryStatus.WITHHELD or (newest.score is None and newest.status in _UNDER_WAY)


def hold(row: ScoreDelivery, others: Sequence[ScoreDelivery], out: Shown, *, at: dt.datetime) -> bool:
    """Let a delivery that is about to be sent carry what may be known by now; return whether it has to wait.

    Parameters
    ----------
    row
        The student's newest, which nobody else changes meanwhile.
    others
        The older ones.
    """
    if row.score is None and out.marks:
        _fill(row, others, out, at)
    if row.score is None or out.marks:
        return False
    # Released when it was owed, and taken back since.
    row.status, row.last_error = DeliveryStatus.WITHHELD, HELD
    trail.note(row, EventKind.WITHHELD, at=at)
    return True


def _fill(row: ScoreDelivery, others: Sequence[ScoreDelivery], out: Shown, at: dt.datetime) -> None:
    """Give a delivery its points that was owed without them, before the release."""
    item = session().get_one(LineItem, row.line_item_id)
    entry = session().scalar(
        sa.select(GradebookEntry).where(
            GradebookEntry.student_id == row.user_id, GradebookEntry.content_item_id == item.content_item_id
        )
    )
    if entry is None or entry.points is None:
        return
    row.score, row.maximum, row.revision = entry.points, entry.max_score, max(row.revision, entry.revision)
    row.activity_progress, row.grading_progress = "Completed", "FullyGraded"
    row.comment, row.submitted_at = entry.manual_feedback if out.feedback else "", entry.submitted_at
    if row.sent_timestamp is not None:
        # It may have arrived without its points, and nothing is taken twice with one time.
        row.sent_timestamp = later_than([row, *others], at)
