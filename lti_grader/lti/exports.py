"""The board taken out: as a table for people, and as OneRoster 1.2 results for other systems.

Rows are read a page at a time, each in a transaction of its own, and sent on as they come: a file of any length takes
no more memory than a page, and no transaction stays open while somebody's slow line is waited for.
"""

import dataclasses
import datetime as dt
import uuid
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.classes.models import Class, ContentItem, Module
from lti_grader.core.archives import Pipe
from lti_grader.core.db import session, transaction
from lti_grader.core.tables import csv_line, safe
from lti_grader.lti import board
from lti_grader.lti.board import Filter, Line
from lti_grader.lti.models import ClassContext, DeliveryStatus, LineItem, ScoreDelivery
from lti_grader.people.models import User

_PAGE = 2000
_BOM = b"\xef\xbb\xbf"
_BOARD = (
    "Class", "Section", "Student", "E-mail", "LMS user id", "Item", "LMS", "Score", "Maximum", "State", "LMS holds",
    "Owed since", "Sent", "Verified", "Why",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Row:
    """A score with all that a file says of it."""

    line: Line
    class_id: uuid.UUID
    class_name: str
    sub: str
    email: str | None
    is_test_user: bool
    submitted_at: dt.datetime | None
    comment: str
    column_maximum: Decimal


def classes_with_scores(tenant_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the classes of an institution that have columns in an LMS, by name."""
    with transaction(tenant_id):
        return list(
            session().scalars(
                sa.select(Class.id)
                .where(
                    sa.exists().where(ClassContext.class_id == Class.id, LineItem.class_context_id == ClassContext.id)
                )
                .order_by(Class.name, Class.id)
            )
        )


def rows(tenant_id: uuid.UUID, class_id: uuid.UUID, asked: Filter | None = None) -> Iterator[Row]:
    """Yield the newest score of each student and column of a class, as far as a filter leaves them."""
    after: tuple[uuid.UUID, uuid.UUID] | None = None
    while True:
        with transaction(tenant_id):
            page = _page(class_id, asked or Filter(), after)
        yield from page
        if len(page) < _PAGE:
            return
        after = (page[-1].line.line_item_id, page[-1].line.student_id)


def _page(class_id: uuid.UUID, asked: Filter, after: tuple[uuid.UUID, uuid.UUID] | None) -> list[Row]:
    place = sa.tuple_(ScoreDelivery.line_item_id, ScoreDelivery.user_id)
    held, query = board.lines_of(class_id, asked, *([place < sa.tuple_(*map(sa.literal, after))] if after else []))
    name = session().get_one(Class, class_id).name
    found = session().execute(
        query.add_columns(
            User.sub, User.email, User.is_test_user, held.c.submitted_at, held.c.comment, LineItem.score_maximum
        )
        .order_by(held.c.line_item_id.desc(), held.c.user_id.desc())
        .limit(_PAGE)
    )
    return [Row(Line(*row[:-6]), class_id, name, *row[-6:]) for row in found]


def board_csv(
    tenant_id: uuid.UUID, class_ids: Iterable[uuid.UUID], asked: Filter | None = None, *, bom: bool = False
) -> Iterator[bytes]:
    """Yield the board as UTF-8 CSV (RFC 4180).

    Parameters
    ----------
    bom
        Begin with a byte order mark, by which some spreadsheets recognise UTF-8.
    """
    if bom:
        yield _BOM
    yield csv_line(_BOARD)
    for class_id in class_ids:
        for row in rows(tenant_id, class_id, asked):
            yield csv_line(_board_cells(row))


def _board_cells(row: Row) -> Sequence[str]:
    line = row.line
    return (
        safe(row.class_name), safe(", ".join(line.sections)), safe(line.student), safe(row.email), safe(row.sub), safe(line.item),
        safe(line.platform), _points(line.score), _points(line.maximum), line.status, _points(line.lms_holds),
        _moment(line.created_at), _moment(line.sent_at), _moment(line.verified_at), safe(line.last_error),
    )  # fmt: skip


def _points(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def _moment(value: dt.datetime | None) -> str:
    return "" if value is None else value.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


# The headers of the OneRoster 1.2.1 CSV binding, section 4, in its order.
_CATEGORIES = ("sourcedId", "status", "dateLastModified", "title", "weight")
_LINE_ITEMS = (
    "sourcedId", "status", "dateLastModified", "title", "description", "assignDate", "dueDate", "classSourcedId",
    "categorySourcedId", "academicSessionSourcedId", "resultValueMin", "resultValueMax", "schoolSourcedId",
)  # fmt: skip
_RESULTS = (
    "sourcedId", "status", "dateLastModified", "lineItemSourcedId", "studentSourcedId", "scoreStatus", "score",
    "scoreDate", "comment", "textScore", "classSourcedId", "inProgress", "incomplete", "late", "missing",
)  # fmt: skip
_FILES = (
    "academicSessions", "categories", "classes", "classResources", "courses", "courseResources", "demographics",
    "enrollments", "lineItemLearningObjectiveIds", "lineItems", "lineItemScoreScales", "orgs", "resources",
    "resultLearningObjectiveIds", "results", "resultScoreScales", "roles", "scoreScales", "userProfiles",
    "userResources", "users",
)  # fmt: skip
_THERE = frozenset({"categories", "lineItems", "results"})


def one_roster(
    tenant_id: uuid.UUID,
    class_ids: Sequence[uuid.UUID],
    asked: Filter | None = None,
    *,
    by_email: bool = False,
    at: dt.datetime,
) -> Iterator[bytes]:
    """Yield a ZIP archive of OneRoster 1.2 results, in bulk: categories, line items and results, and no more.

    People and classes are called as the LMS calls them, and are not in it: a file of them would, in bulk, replace
    those of the system that reads it.

    Parameters
    ----------
    by_email
        Call students by their e-mail addresses, where the LMS tells them.
    """
    files: Mapping[str, tuple[Sequence[str], Iterable[Sequence[str]]]] = {
        "manifest.csv": (("propertyName", "value"), _manifest()),
        "categories.csv": (_CATEGORIES, [(str(tenant_id), "", "", "Graded by lti_grader", "")]),
        "lineItems.csv": (_LINE_ITEMS, _line_items(tenant_id, class_ids)),
        "results.csv": (_RESULTS, _results(tenant_id, class_ids, asked, by_email=by_email)),
    }
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (header, lines) in files.items():
            with archive.open(zipfile.ZipInfo(name, at.timetuple()[:6]), "w", force_zip64=True) as member:
                member.write(csv_line(header))
                for cells in lines:
                    # In these files a field holds no line breaks.
                    member.write(csv_line(" ".join(cell.split()) for cell in cells))
                    if part := pipe.take():
                        yield part
    yield pipe.take()


def _manifest() -> Iterator[tuple[str, str]]:
    yield "manifest.version", "1.0"
    yield "oneroster.version", "1.2"
    for name in _FILES:
        yield f"file.{name}", "bulk" if name in _THERE else "absent"
    yield "source.systemName", "lti_grader"
    yield "source.systemCode", "lti_grader"


def _line_items(tenant_id: uuid.UUID, class_ids: Iterable[uuid.UUID]) -> Iterator[tuple[str, ...]]:
    for class_id in class_ids:
        with transaction(tenant_id):
            found = session().execute(
                sa.select(LineItem, ContentItem.title, ContentItem.created_at, ContentItem.due_date, ClassContext.context_id)
                .join(ContentItem, ContentItem.id == LineItem.content_item_id)
                .join(Module, Module.id == ContentItem.module_id)
                .join(ClassContext, ClassContext.id == LineItem.class_context_id)
                .where(Module.class_id == class_id)
                .order_by(Module.order_index, ContentItem.order_index, LineItem.id)
            ).all()  # fmt: skip
        for item, title, made, due, context in found:
            # Both dates have to be given; one that is not due is due on the day it was made.
            yield (
                str(item.id), "", "", title, "", made.date().isoformat(), (due or made).date().isoformat(), context,
                str(tenant_id), "", "0", _points(item.score_maximum), "",
            )  # fmt: skip


def _results(
    tenant_id: uuid.UUID, class_ids: Iterable[uuid.UUID], asked: Filter | None, *, by_email: bool
) -> Iterator[tuple[str, ...]]:
    for class_id in class_ids:
        with transaction(tenant_id):
            contexts = dict(
                session()
                .execute(
                    sa.select(LineItem.id, ClassContext.context_id)
                    .join(ClassContext, ClassContext.id == LineItem.class_context_id)
                    .where(ClassContext.class_id == class_id)
                )
                .all()
            )
        for row in rows(tenant_id, class_id, asked):
            if row.is_test_user:
                continue
            line = row.line
            student = row.email if by_email and row.email else row.sub
            score = None
            # What is not released is not told to other systems either.
            if line.score is not None and line.status != DeliveryStatus.WITHHELD:
                score = (line.score * row.column_maximum / line.maximum).quantize(_EXACT)
            yield (
                str(uuid.uuid5(line.line_item_id, str(line.student_id))), "", "", str(line.line_item_id), student,
                "submitted" if score is None else "fully graded", _points(score),
                (row.submitted_at or line.created_at).date().isoformat(), row.comment, "",
                contexts.get(line.line_item_id, ""), "", "", "", "",
            )  # fmt: skip


_EXACT = Decimal("0.0001")
