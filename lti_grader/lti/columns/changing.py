"""A changed title or maximum, told to the LMS (Assignment and Grade Services 2.0, section 3.2.11).

What somebody changed in the LMS itself is left to them: only what is another here than the LMS was last told is set
there, and only where the LMS still shows what it was told. Where another maximum would give grades to those who have
none (Moodle), the old one stays, and points are converted to it. Everything else of the column goes back as it came,
since Moodle takes what is left out for empty.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from lti_grader.lti.columns import jobs
from lti_grader.lti.columns.finding import Column
from lti_grader.lti.columns.jobs import Job
from lti_grader.lti.models import ColumnState
from lti_grader.lti.products import product_of

_LEFT = "Somebody changed its {what} in the LMS, which is left so."
_NOT_TAKEN = "The LMS took the change of its {what} and shows another all the same: set it there."


@dataclasses.dataclass(frozen=True)
class Wish:
    """What a column should be called, and its maximum."""

    label: str
    maximum: Decimal

    def is_granted(self, column: Column) -> bool:
        """Return whether the column is so."""
        return (self.label, self.maximum) == (column.label, column.maximum)

    def resizes(self, column: Column) -> bool:
        """Return whether the column would get another maximum."""
        return self.maximum != column.maximum


def wish(job: Job, before: Column) -> Wish:
    """Return what to set, of a column as it is in the LMS now."""
    (told_label, told_maximum), (label, maximum) = job.told, job.ours
    may_name = label != told_label and before.label in ("", told_label)
    may_resize = _may_resize(job) and maximum != told_maximum and before.maximum in (None, told_maximum)
    return Wish(label if may_name else before.label or label, maximum if may_resize else before.maximum or maximum)


def is_resized(job: Job, after: Column) -> bool:
    """Return whether a column has another maximum than the LMS was told before: the one that is to be."""
    return _may_resize(job) and job.told[1] != job.ours[1] == after.maximum


def note_resizing(job: Job, *, at: dt.datetime) -> None:
    """Write down that a column has another maximum from now on: before that is so, and once more when it is.

    Whoever looks at it in between knows what the points are of that are found there.
    """
    row = jobs.mine(job)
    if row is not None:
        row.resized_at, row.resized_from, row.resized_to = at, job.told[1], job.ours[1]


def _may_resize(job: Job) -> bool:
    return not product_of(job.platform).resizing_fills


def description(wished: Wish, before: Column) -> dict[str, Any]:
    """Return the column as it is to be; Open edX tells fields without a value as null, and does not take them so."""
    kept = {name: value for name, value in before.said.items() if value is not None}
    return {**kept, "label": wished.label, "scoreMaximum": float(wished.maximum)}


def settle(job: Job, wished: Wish, after: Column, *, at: dt.datetime) -> str:
    """Write down what became of a change; return the state that the column is in then."""
    row = jobs.mine(job)
    if row is None:
        return "not owed"
    row.label, row.score_maximum = job.ours
    row.lms_label, row.lms_maximum = after.label, after.maximum
    row.tries, row.next_try_at, row.last_answer = 0, at, None
    words = " ".join(_differences(job, wished, after))
    row.state, row.last_error = (ColumnState.DIFFERS, words) if words else (ColumnState.OK, None)
    return row.state


def _differences(job: Job, wished: Wish, after: Column) -> Iterator[str]:
    if not wished.is_granted(after):
        names = [what for what, one, other in _pairs(wished, after) if one != other]
        yield _NOT_TAKEN.format(what=" and ".join(names))
    changed = [what for what, told, ours in zip(("title", "maximum"), job.told, job.ours, strict=True)
               if told != ours and (what == "title" or _may_resize(job))]  # fmt: skip
    left = [what for what, one, ours in zip(("title", "maximum"), _both(wished), job.ours, strict=True)
            if what in changed and one != ours]  # fmt: skip
    if left:
        yield _LEFT.format(what=" and ".join(left))


def _pairs(wished: Wish, after: Column) -> Iterator[tuple[str, object, object]]:
    yield "title", wished.label, after.label
    yield "maximum", wished.maximum, after.maximum


def _both(wished: Wish) -> tuple[str, Decimal]:
    return wished.label, wished.maximum
