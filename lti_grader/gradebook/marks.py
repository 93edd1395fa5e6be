"""Marks as lists of many show them: plain rows, without the objects behind them."""

import datetime as dt
import uuid
from collections.abc import Collection
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment
from lti_grader.classes.models import Module
from lti_grader.core.assets import show_points
from lti_grader.core.db import session
from lti_grader.gradebook.by_hand import seen_as
from lti_grader.gradebook.models import EntryStatus, GradebookEntry, worth

_COLUMNS = (
    GradebookEntry.status,
    GradebookEntry.score_obtained,
    GradebookEntry.override_points,
    GradebookEntry.max_score,
    GradebookEntry.revision,
    GradebookEntry.private_notes,
    GradebookEntry.submitted_at,
)
_WORDS = {EntryStatus.EXCUSED: "Excused", EntryStatus.MISSING: "Missing"}


class Mark(NamedTuple):
    """What an entry is worth, and which one it was that somebody looked at.

    A tuple, since a class has sixty thousand of them: they are made in a third of the time, and passed over by the garbage collector.
    """

    status: str
    points: Decimal | None
    is_by_hand: bool
    maximum: Decimal
    seen: str
    """As `by_hand.seen_of`."""
    is_waiting: bool
    """Whether something was handed in that has no points yet."""

    @property
    def is_excused(self) -> bool:
        return self.status == EntryStatus.EXCUSED

    @property
    def is_above(self) -> bool:
        """Whether it is more than the maximum."""
        return self.points is not None and self.points > self.maximum

    @property
    def text(self) -> str:
        """What stands in its cell: points, what a person said of it, or nothing."""
        if self.is_by_hand and (words := _WORDS.get(EntryStatus(self.status))):
            return words
        return "" if self.points is None else show_points(self.points)


def _mark(
    status: str,
    score: Decimal | None,
    override: Decimal | None,
    maximum: Decimal,
    revision: int,
    notes: str,
    submitted_at: dt.datetime | None,
) -> Mark:
    points, is_by_hand = worth(status, score, override)
    is_waiting = status == EntryStatus.PENDING and points is None and submitted_at is not None
    return Mark(status, points, is_by_hand, maximum, seen_as(revision, notes), is_waiting)


def mark_of(entry: GradebookEntry) -> Mark:
    """Return what an entry is worth."""
    return _mark(*(getattr(entry, one.key) for one in _COLUMNS))


def marks(
    class_id: uuid.UUID,
    *,
    student_ids: Collection[uuid.UUID] | None = None,
    item_id: uuid.UUID | None = None,
) -> dict[tuple[uuid.UUID, uuid.UUID], Mark]:
    """Return marks of a class by (student, item), in one query.

    Parameters
    ----------
    student_ids, item_id
        Of these only; None for all.
    """
    # A row for each student: sixty thousand rows would take twice as long to be read as what is in them.
    of_each = [sa.func.array_agg(one) for one in (GradebookEntry.content_item_id, *_COLUMNS)]
    query: Any = (
        sa.select(GradebookEntry.student_id, *of_each)
        .join(Assignment, Assignment.id == GradebookEntry.content_item_id)
        .join(Module, Module.id == Assignment.module_id)
        .where(Module.class_id == class_id)
        .group_by(GradebookEntry.student_id)
    )
    if student_ids is not None:
        query = query.where(GradebookEntry.student_id.in_(student_ids))
    if item_id is not None:
        query = query.where(GradebookEntry.content_item_id == item_id)
    return {
        (student_id, item): _mark(*entry)
        for student_id, items, *columns in session().execute(query)
        for item, *entry in zip(items, *columns, strict=True)
    }
