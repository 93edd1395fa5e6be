"""One student's marks of a class, as they may see them, and what they would come to with others."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment
from lti_grader.assignments.queries import shown_to_students
from lti_grader.assignments.release import Shown
from lti_grader.classes.models import Module
from lti_grader.core.db import session
from lti_grader.gradebook.by_hand import BadMark, typed
from lti_grader.gradebook.items import Item, graded_items
from lti_grader.gradebook.marks import Mark, marks
from lti_grader.gradebook.models import EntryStatus, GradebookEntry
from lti_grader.gradebook.totals.policy import Total
from lti_grader.gradebook.totals.reads import Dues, Scheme, scheme_of, total_of


@dataclasses.dataclass(frozen=True)
class OwnMark:
    """A mark as its student sees it."""

    item: Item
    mark: Mark | None
    """None also where it is not released."""
    comment: str
    waits: str
    """When the rest comes; "" where there is no rest."""
    due_date: dt.datetime | None
    """Theirs."""
    is_due: bool


@dataclasses.dataclass(frozen=True)
class OwnMarks:
    """All that a student may see of their marks of a class."""

    lines: Sequence[OwnMark]
    scheme: Scheme
    total: Total
    is_partial: bool
    """Whether marks are still to be released: they do not count in the total yet."""


def own_marks(class_id: uuid.UUID, student_id: uuid.UUID, *, at: dt.datetime) -> OwnMarks:
    """Return a student's marks of a class as far as they are released, in as many queries whatever there are."""
    items = [one for one in graded_items(class_id) if one.is_published]
    seen = _seen(class_id, at=at)
    held = {item_id: one for (_, item_id), one in marks(class_id, student_ids=[student_id]).items()}
    comments, dues = _comments(student_id, items), Dues(class_id, items, [student_id])
    lines = [
        OwnMark(
            item,
            held.get(item.id) if _may_see(held.get(item.id), seen[item.id]) else None,
            comments.get(item.id, "") if seen[item.id].feedback else "",
            seen[item.id].note if item.id in held else "",
            dues.due_of(student_id, item.id),
            dues.is_due(student_id, item.id, at=at),
        )
        for item in items
    ]  # fmt: skip
    scheme = scheme_of(class_id)
    is_partial = any(not seen[one.id].marks for one in items)
    return OwnMarks(lines, scheme, _total(scheme, lines, seen), is_partial)


def what_if(own: OwnMarks, wanted: Mapping[uuid.UUID, str]) -> Total:
    """Return what the marks would come to if some that are still open were these.

    Parameters
    ----------
    wanted
        What was typed for items: points; what is empty stays as it is.

    Raises
    ------
    BadMark
        One of them is no number.
    """
    held = {one.item.id: one.mark for one in own.lines if one.mark is not None}
    for line in own.lines:
        text = wanted.get(line.item.id, "").strip()
        if not text:
            continue
        held[line.item.id] = _mark(_points(text), line.item.maximum)
    open_ = [one for one in own.lines if one.mark is None and one.item.id not in held]
    return total_of(own.scheme, [one.item for one in own.lines], held, _due(open_))


def _points(text: str) -> Decimal:
    """Return the points that somebody typed, or raise `BadMark`."""
    try:
        points = typed(text).points
    except BadMark:
        points = None
    if points is None:
        raise BadMark(f"“{text[:40]}” is no number: type points, such as 7 or 7.5.")
    return points


def _mark(points: Decimal, maximum: Decimal) -> Mark:
    return Mark(EntryStatus.GRADED, points, False, maximum, "", False)


def _total(scheme: Scheme, lines: Sequence[OwnMark], seen: Mapping[uuid.UUID, Shown]) -> Total:
    held = {one.item.id: one.mark for one in lines if one.mark is not None}
    return total_of(scheme, [one.item for one in lines], held, _due(lines))


def _due(lines: Sequence[OwnMark]) -> set[uuid.UUID]:
    """Return what counts as nothing: what is over without a mark, and has none that is still to be released."""
    return {one.item.id for one in lines if one.is_due and not one.waits}


def _may_see(mark: Mark | None, seen: Shown) -> bool:
    return mark is not None and (seen.marks or mark.is_excused)


def _seen(class_id: uuid.UUID, *, at: dt.datetime) -> Mapping[uuid.UUID, Shown]:
    query = sa.select(Assignment).join(Module, Module.id == Assignment.module_id).where(Module.class_id == class_id)
    return shown_to_students(session().scalars(query).all(), at=at)


def _comments(student_id: uuid.UUID, items: Sequence[Item]) -> dict[uuid.UUID, str]:
    rows = session().execute(
        sa.select(GradebookEntry.content_item_id, GradebookEntry.manual_feedback).where(
            GradebookEntry.student_id == student_id, GradebookEntry.content_item_id.in_([one.id for one in items])
        )
    )
    return dict(rows.all())
