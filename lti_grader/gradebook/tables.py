"""The gradebook as CSV: taken out, and read back with what it would change before anything is changed."""

import dataclasses
import datetime as dt
import re
import uuid
from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from lti_grader.classes.named import COLUMNS, Named, named
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.core.tables import BadTable, csv_line, rows, safe
from lti_grader.gradebook.by_hand import NOTHING_SEEN, BadMark, Decision, Standing, typed
from lti_grader.gradebook.grid import Asked, Grid, grid
from lti_grader.gradebook.marks import Mark, marks
from lti_grader.gradebook.totals.reads import scheme_of, totals
from lti_grader.people.models import User

MOST_BYTES = 1_000_000
_ITEM = re.compile(r".*\[(?P<id>[0-9a-f-]{36})\]\s*", re.DOTALL)
_MOST_TROUBLES = 50


@dataclasses.dataclass(frozen=True)
class Change:
    """A mark that a file gives otherwise than it is."""

    student_id: uuid.UUID
    student: str
    item_id: uuid.UUID
    item: str
    before: str
    after: str
    decision: Decision
    seen: str


@dataclasses.dataclass(frozen=True)
class Diff:
    """What a file would change."""

    changes: Sequence[Change]
    troubles: Sequence[str]
    """What of the file cannot be read, each with its line."""
    same: int
    """Marks that it gives as they are."""


def table(place: Membership, *, at: dt.datetime) -> Iterator[bytes]:
    """Yield the gradebook as somebody of the staff sees it: UTF-8 CSV (RFC 4180) with ids by which it is read back."""
    found = grid(place, Asked(), at=at)
    ids, held = [one.id for one in found.people], marks(place.class_id)
    sums = totals(place.class_id, scheme_of(place.class_id), found.columns, ids, held, at=at)
    subs = _subs(ids)
    heads = [safe(f"{one.title} (of {one.maximum.normalize():f}) [{one.id}]") for one in found.columns]
    yield csv_line([*COLUMNS, *heads, "Total, %", "Letter"])
    for one in found.people:
        cells = [_text(held.get((one.id, item.id))) for item in found.columns]
        total = sums[one.id]
        yield csv_line(
            [safe(one.name), safe(one.email), safe(subs.get(one.id)), str(one.id), safe(", ".join(one.sections)), *cells,
             "" if total.percent is None else str(total.percent), safe(total.letter)]
        )  # fmt: skip


def diff(place: Membership, text: str, *, at: dt.datetime) -> Diff:
    """Return what a file would change of the gradebook as it stands.

    Students are found by their id, or else by their LMS user id or their e-mail; items by the id in their column's head.
    Empty cells and columns of other things are passed over.

    Raises
    ------
    BadTable
        It is no table with a column that says who is meant, and one of an item.
    """
    found = grid(place, Asked(with_left=True), at=at)
    lines = rows(text)
    head = next(lines, (1, []))[1]
    columns = _columns(head, found)
    subs = _subs([one.id for one in found.people])
    who = named(head, (Named(one.id, one.name, subs.get(one.id, ""), one.email) for one in found.people))
    if not columns or not who.is_told:
        raise BadTable(
            "This is no gradebook: it needs a column “Student id”, “LMS user id” or “E-mail”, and columns of items as they are"
            " called in the CSV of this page, with their ids in brackets."
        )
    held, changes, troubles, same = marks(place.class_id), [], [], 0
    for line, cells in lines:
        student = who.of(cells)
        if student is None:
            troubles.append(f"Line {line}: nobody of this class is “{safe(', '.join(cells[:3]))[:80]}”.")
            continue
        for at_, (item_id, title) in columns.items():
            given = cells[at_].strip() if at_ < len(cells) else ""
            try:
                decision = typed(given)
            except BadMark:
                troubles.append(f"Line {line}, {title}: “{given[:40]}” is no mark.")
                continue
            mark = held.get((student.id, item_id))
            if decision.standing is Standing.RESULTS:
                continue
            if _is_so(decision, mark):
                same += 1
                continue
            seen = mark.seen if mark else NOTHING_SEEN
            changes.append(Change(student.id, student.name, item_id, title, _text(mark), given, decision, seen))
    return Diff(changes, troubles[:_MOST_TROUBLES], same)


def _columns(head: Sequence[str], found: Grid) -> dict[int, tuple[uuid.UUID, str]]:
    known = {str(one.id): one for one in found.columns}
    named = {place: match["id"] for place, name in enumerate(head) if (match := _ITEM.fullmatch(name))}
    return {place: (known[one].id, known[one].title) for place, one in named.items() if one in known}


def _subs(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    return dict(session().execute(sa.select(User.id, User.sub).where(User.id.in_(ids))).all())


def _text(mark: Mark | None) -> str:
    """Return a mark as a file holds it: all its digits, or a word that is read back."""
    if mark is None:
        return ""
    if mark.is_by_hand and not mark.text[:1].isdigit():
        return mark.text.lower()
    return "" if mark.points is None else f"{mark.points.normalize():f}"


def _is_so(decision: Decision, mark: Mark | None) -> bool:
    if decision.standing is Standing.POINTS:
        return mark is not None and mark.points == decision.points and mark.status != Standing.MISSING
    return mark is not None and mark.is_by_hand and mark.status == decision.standing
