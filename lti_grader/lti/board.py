"""Reads of the registrar's board of a class: what was sent for each student and item, and what the LMS holds.

A class may have sixty thousand scores: PostgreSQL counts, filters and sorts them, and a page of them is fetched.
"""

import dataclasses
import datetime as dt
import enum
import uuid
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from lti_grader.classes.apart import students_within
from lti_grader.classes.models import ContentItem, Enrollment, EnrollmentStatus, Module
from lti_grader.classes.queries import in_section
from lti_grader.core.db import current_tenant, session
from lti_grader.lti.models import DeliveryStatus, LineItem, Platform, ScoreDelivery
from lti_grader.people.models import User

PAGE = 100
TROUBLE = (DeliveryStatus.FAILED, DeliveryStatus.OVERRIDDEN)
RESENDABLE = (DeliveryStatus.FAILED, DeliveryStatus.OVERRIDDEN, DeliveryStatus.SENT, DeliveryStatus.VERIFIED)
UNDER_WAY = (DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.SENT)
_ORDER = {
    DeliveryStatus.FAILED: 0, DeliveryStatus.OVERRIDDEN: 1, DeliveryStatus.SENDING: 3, DeliveryStatus.PENDING: 3,
    DeliveryStatus.SENT: 3, DeliveryStatus.FROZEN: 4,
    DeliveryStatus.WITHHELD: 4,
}  # fmt: skip


class Sorting(enum.StrEnum):
    TROUBLE = "trouble"
    STUDENT = "student"
    ITEM = "item"
    OLDEST = "oldest"
    NEWEST = "newest"


@dataclasses.dataclass(frozen=True)
class Filter:
    """What of a class is looked at; None and "" stand for everything."""

    status: str = ""
    """A state, or "trouble" for those that need a person."""
    why: str = ""
    """The key of a reason, as `reasons` gives it."""
    item_id: uuid.UUID | None = None
    student_id: uuid.UUID | None = None
    section: str = ""
    platform_id: uuid.UUID | None = None
    search: str = ""
    within: frozenset[str] | None = None
    """The sections that whoever asks is limited to, whatever else they ask for; no address carries them."""
    left: str = ""
    """ "0" leaves out who has left the class, as its page does unless it is asked for "1"."""
    sorting: Sorting = Sorting.TROUBLE

    @property
    def statuses(self) -> tuple[str, ...]:
        return TROUBLE if self.status == "trouble" else (self.status,) if self.status else ()

    def as_query(self, **changes: Any) -> dict[str, str]:
        """Return the filter as the address of its page carries it, without what it leaves open."""
        given = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)} | changes
        del given["within"]
        if given["sorting"] == Sorting.TROUBLE:
            del given["sorting"]
        if given["left"] == "0":
            del given["left"]
        return {name: str(value) for name, value in given.items() if value}


@dataclasses.dataclass(frozen=True)
class Line:
    """A student's newest score for one column."""

    id: uuid.UUID
    line_item_id: uuid.UUID
    student_id: uuid.UUID
    student: str
    sections: list[str]
    """Each section of theirs."""
    has_left: bool
    item_id: uuid.UUID
    item: str
    platform: str
    revision: int
    score: Decimal | None
    maximum: Decimal
    status: str
    lms_holds: Decimal | None
    tries: int
    last_error: str | None
    last_answer: str | None
    created_at: dt.datetime
    sent_at: dt.datetime | None
    verified_at: dt.datetime | None
    next_try_at: dt.datetime

    @property
    def is_trouble(self) -> bool:
        return self.status in TROUBLE

    @property
    def may_resend(self) -> bool:
        return self.status in RESENDABLE


@dataclasses.dataclass(frozen=True)
class Reason:
    """Why scores failed, in the words that they have in common."""

    key: str
    words: str
    count: int


@dataclasses.dataclass(frozen=True)
class Board:
    """One page of a class's board."""

    lines: list[Line]
    counts: Mapping[str, int]
    """By state, of everything that the filter leaves but for the state."""
    matching: int
    page: int
    reasons: list[Reason]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def trouble(self) -> int:
        return sum(self.counts.get(status, 0) for status in TROUBLE)

    @property
    def pages(self) -> int:
        return max(1, -(-self.matching // PAGE))


def display_name() -> sa.ColumnElement[str]:
    """Return `User.display_name` as PostgreSQL finds it."""
    joined = sa.func.nullif(sa.func.concat_ws(" ", User.given_name, User.family_name), "")
    return sa.func.coalesce(
        sa.func.nullif(User.name, ""), joined, sa.func.nullif(User.email, ""), "Person " + sa.func.left(User.sub, 8)
    )


def newest(*wanted: sa.ColumnElement[bool]) -> sa.CTE:
    """Return the newest delivery of each student and column.

    Parameters
    ----------
    wanted
        Conditions on the columns and students, such as `of_class` gives.
    """
    return sa.select(ScoreDelivery).where(is_newest(), *wanted).cte("newest")


def is_newest() -> sa.ColumnElement[bool]:
    """Return the condition that a delivery is the newest of its student and column.

    The policy that keeps tenants apart admits the system's own sweeps as well, so that PostgreSQL looks a tenant up in an
    index only where the query names it.
    """
    return sa.and_(ScoreDelivery.is_newest, ScoreDelivery.tenant_id == current_tenant())


def of_class(class_id: uuid.UUID) -> sa.ColumnElement[bool]:
    """Return the condition that a delivery is for a column that shows an item of the class."""
    return ScoreDelivery.line_item_id.in_(
        sa.select(LineItem.id)
        .join(ContentItem, ContentItem.id == LineItem.content_item_id)
        .join(Module, Module.id == ContentItem.module_id)
        .where(Module.class_id == class_id)
    )


def matching(class_id: uuid.UUID, asked: Filter, *more: sa.ColumnElement[bool]) -> sa.CTE:
    """Return the newest deliveries of a class that the filter leaves, whatever state they are in."""
    return newest(of_class(class_id), *_conditions(class_id, asked), *more)


def _conditions(class_id: uuid.UUID, asked: Filter) -> Iterator[sa.ColumnElement[bool]]:
    if asked.item_id is not None:
        yield ScoreDelivery.line_item_id.in_(sa.select(LineItem.id).where(LineItem.content_item_id == asked.item_id))
    if asked.student_id is not None:
        yield ScoreDelivery.user_id == asked.student_id
    if asked.section:
        yield ScoreDelivery.user_id.in_(
            sa.select(Enrollment.user_id).where(Enrollment.class_id == class_id, in_section(asked.section))
        )
    if asked.within is not None:
        yield ScoreDelivery.user_id.in_(students_within(class_id, asked.within))
    if asked.left == "0":
        is_there = sa.and_(Enrollment.class_id == class_id, Enrollment.status == EnrollmentStatus.ACTIVE)
        yield ScoreDelivery.user_id.in_(sa.select(Enrollment.user_id).where(is_there))
    if asked.platform_id is not None:
        yield ScoreDelivery.user_id.in_(sa.select(User.id).where(User.platform_id == asked.platform_id))
    if words := asked.search.strip():
        yield ScoreDelivery.user_id.in_(
            sa.select(User.id).where(
                sa.or_(
                    display_name().icontains(words, autoescape=True),
                    User.email.icontains(words, autoescape=True),
                    User.sub == words,
                )
            )
        )


def in_state(held: sa.CTE, asked: Filter) -> Iterator[sa.ColumnElement[bool]]:
    """Return the conditions that a filter's state and reason are."""
    if asked.statuses:
        yield held.c.status.in_(asked.statuses)
    if asked.why:
        yield held.c.status == DeliveryStatus.FAILED
        yield _reason_key(held.c.last_error) == asked.why


def _reason_key(words: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    # Numbers make no difference: "given up after 14 tries" is one reason with "after 12 tries".
    return sa.func.left(sa.func.md5(sa.func.regexp_replace(words, "[0-9]+([.][0-9]+)?", "#", "g")), 12)


def read(class_id: uuid.UUID, asked: Filter | None = None, *, page: int = 1) -> Board:
    """Return a page of a class's board."""
    asked = asked or Filter()
    counts, reasons = _counts(class_id, asked)
    if asked.why:
        found = sum(one.count for one in reasons if one.key == asked.why)
    else:
        found = sum(count for status, count in counts.items() if not asked.statuses or status in asked.statuses)
    page = min(max(page, 1), max(1, -(-found // PAGE)))
    held, query = lines_of(class_id, asked)
    rows = session().execute(query.order_by(*_order(asked.sorting, held)).limit(PAGE).offset((page - 1) * PAGE))
    return Board([Line(*row) for row in rows], counts, found, page, reasons)


def _counts(class_id: uuid.UUID, asked: Filter) -> tuple[dict[str, int], list[Reason]]:
    held = matching(class_id, asked)
    key = sa.case((held.c.status == DeliveryStatus.FAILED, _reason_key(held.c.last_error))).label("key")
    words = sa.func.min(sa.case((held.c.status == DeliveryStatus.FAILED, held.c.last_error)))
    counts: dict[str, int] = {}
    reasons = []
    query = sa.select(held.c.status, key, words, sa.func.count()).group_by(held.c.status, key)
    for status, reason, said, count in session().execute(query):
        counts[status] = counts.get(status, 0) + count
        if reason is not None:
            reasons.append(Reason(reason, said, count))
    return counts, sorted(reasons, key=lambda one: -one.count)


def lines_of(class_id: uuid.UUID, asked: Filter, *more: sa.ColumnElement[bool]) -> tuple[sa.CTE, sa.Select[Any]]:
    """Return the deliveries that match, and a query that gives what a `Line` holds of each, in its order."""
    held = matching(class_id, asked, *more)
    has_left = sa.func.coalesce(Enrollment.status != EnrollmentStatus.ACTIVE, sa.true())
    theirs = sa.func.coalesce(Enrollment.sections, sa.cast([], ARRAY(sa.Text)))
    query = (
        sa.select(
            held.c.id, held.c.line_item_id, held.c.user_id, display_name(), theirs, has_left,
            ContentItem.id, ContentItem.title, Platform.name, held.c.revision, held.c.score, held.c.maximum,
            held.c.status, held.c.lms_holds, held.c.tries, held.c.last_error, held.c.last_answer, held.c.created_at,
            held.c.sent_at, held.c.verified_at, held.c.next_try_at,
        )
        .select_from(held)
        .join(LineItem, LineItem.id == held.c.line_item_id)
        .join(ContentItem, ContentItem.id == LineItem.content_item_id)
        .join(User, User.id == held.c.user_id)
        .join(Platform, Platform.id == User.platform_id)
        .outerjoin(Enrollment, sa.and_(Enrollment.class_id == class_id, Enrollment.user_id == held.c.user_id))
        .where(*in_state(held, asked))
    )  # fmt: skip
    return held, query


def _order(sorting: Sorting, held: sa.CTE) -> tuple[Any, ...]:
    student = (sa.func.coalesce(User.family_name, User.name, User.email, User.sub), display_name(), held.c.user_id)
    item = (ContentItem.title, held.c.line_item_id)
    if sorting is Sorting.STUDENT:
        return (*student, *item)
    if sorting is Sorting.ITEM:
        return (*item, *student)
    if sorting is Sorting.OLDEST:
        return (held.c.created_at, *item, *student)
    if sorting is Sorting.NEWEST:
        return (held.c.created_at.desc(), *item, *student)
    return (sa.case(_ORDER, value=held.c.status, else_=5), *item, *student)
