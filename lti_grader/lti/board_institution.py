"""Reads of the registrar's board of a whole institution: its classes, trouble first, and how its LMSs do."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from lti_grader.classes.models import Class, ContentItem, Module
from lti_grader.core.db import session
from lti_grader.lti import board
from lti_grader.lti.board_models import EventKind, ScoreDeliveryEvent
from lti_grader.lti.models import DeliveryStatus, LineItem, Platform, ScoreDelivery

PAGE = 50


@dataclasses.dataclass(frozen=True)
class ClassLine:
    """A class with what became of its scores."""

    id: uuid.UUID
    name: str
    total: int
    verified: int
    trouble: int
    waiting: int
    held_back: int
    oldest: dt.datetime | None
    """Since when the oldest score that the LMS should have and has not is owed."""


@dataclasses.dataclass(frozen=True)
class PlatformLine:
    """How an LMS does."""

    id: uuid.UUID
    name: str
    is_disabled: bool
    trouble: int
    waiting: int
    last_success: dt.datetime | None
    """When it was last seen to hold a score."""
    last_failure: dt.datetime | None
    failure: str | None
    """What it was, in plain words."""

    @property
    def is_failing(self) -> bool:
        """Whether the last thing heard of it was bad news."""
        return self.last_failure is not None and (self.last_success is None or self.last_failure > self.last_success)


@dataclasses.dataclass(frozen=True)
class Institution:
    """One page of the board of an institution."""

    classes: list[ClassLine]
    matching: int
    page: int
    platforms: list[PlatformLine]
    trouble: int
    waiting: int
    verified: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.matching // PAGE))


def read(*, search: str = "", page: int = 1) -> Institution:
    """Return a page of the classes that have scores, those with most trouble first.

    Parameters
    ----------
    search
        A part of the classes' names.
    """
    counted = _counted()
    found = list(_classes(counted, search.strip()))
    found.sort(key=lambda line: (-line.trouble, line.oldest is None, line.oldest, line.name.casefold(), line.id))
    page = min(max(page, 1), max(1, -(-len(found) // PAGE)))
    return Institution(
        classes=found[(page - 1) * PAGE : page * PAGE],
        matching=len(found),
        page=page,
        platforms=_platforms(counted),
        trouble=sum(line.trouble for line in found),
        waiting=sum(line.waiting for line in found),
        verified=sum(line.verified for line in found),
    )


@dataclasses.dataclass(frozen=True)
class _Count:
    """How many scores of a class are in a state, at an LMS."""

    class_id: uuid.UUID
    platform_id: uuid.UUID
    status: str
    number: int
    oldest: dt.datetime
    verified_at: dt.datetime | None


def _counted() -> list[_Count]:
    """Count the newest scores of the institution, all of them, in one go (docs/decisions/0005).

    They are counted by column first, by an index that holds all it takes. Left to itself PostgreSQL takes them for few,
    and goes through all of them again for each column.
    """
    by_column = (
        sa.select(
            ScoreDelivery.line_item_id,
            ScoreDelivery.platform_id,
            ScoreDelivery.status,
            sa.func.count().label("number"),
            sa.func.min(ScoreDelivery.created_at).label("oldest"),
            sa.func.max(ScoreDelivery.verified_at).label("verified_at"),
        )
        .where(board.is_newest())
        .group_by(ScoreDelivery.line_item_id, ScoreDelivery.platform_id, ScoreDelivery.status)
        .cte("by_column")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    what = (Module.class_id, by_column.c.platform_id, by_column.c.status)
    query = (
        sa.select(
            *what,
            sa.cast(sa.func.sum(by_column.c.number), sa.BigInteger),
            sa.func.min(by_column.c.oldest),
            sa.func.max(by_column.c.verified_at),
        )
        .select_from(by_column)
        .join(LineItem, LineItem.id == by_column.c.line_item_id)
        .join(ContentItem, ContentItem.id == LineItem.content_item_id)
        .join(Module, Module.id == ContentItem.module_id)
        .group_by(*what)
    )
    return [_Count(*row) for row in session().execute(query)]


def _number(counts: Iterable[_Count], *statuses: DeliveryStatus) -> int:
    return sum(one.number for one in counts if not statuses or one.status in statuses)


def _by(counted: Iterable[_Count], what: Callable[[_Count], uuid.UUID]) -> dict[uuid.UUID, list[_Count]]:
    found: dict[uuid.UUID, list[_Count]] = {}
    for one in counted:
        found.setdefault(what(one), []).append(one)
    return found


def _classes(counted: Sequence[_Count], search: str) -> Iterator[ClassLine]:
    by_class = _by(counted, lambda one: one.class_id)
    query = sa.select(Class.id, Class.name).where(Class.id.in_(by_class))
    if search:
        query = query.where(Class.name.icontains(search, autoescape=True))
    owed = (*board.TROUBLE, *board.UNDER_WAY)
    for class_id, name in session().execute(query):
        mine = by_class[class_id]
        yield ClassLine(
            id=class_id,
            name=name,
            total=_number(mine),
            verified=_number(mine, DeliveryStatus.VERIFIED),
            trouble=_number(mine, *board.TROUBLE),
            waiting=_number(mine, *board.UNDER_WAY),
            held_back=_number(mine, DeliveryStatus.FROZEN),
            oldest=min((one.oldest for one in mine if one.status in owed), default=None),
        )


def _platforms(counted: Sequence[_Count]) -> list[PlatformLine]:
    by_platform = _by(counted, lambda one: one.platform_id)

    def line(platform_id: uuid.UUID, *given: Any) -> PlatformLine:
        name, is_disabled, last_failure, failure = given
        mine = by_platform.get(platform_id, [])
        return PlatformLine(
            id=platform_id,
            name=name,
            is_disabled=is_disabled,
            trouble=_number(mine, *board.TROUBLE),
            waiting=_number(mine, *board.UNDER_WAY),
            last_success=max((one.verified_at for one in mine if one.verified_at), default=None),
            last_failure=last_failure,
            failure=failure,
        )

    delivery = aliased(ScoreDelivery)
    failure = (
        sa.select(ScoreDeliveryEvent.at, ScoreDeliveryEvent.words)
        .join(delivery, delivery.id == ScoreDeliveryEvent.delivery_id)
        .where(ScoreDeliveryEvent.kind.in_([EventKind.ANSWERED, EventKind.FAILED]), delivery.platform_id == Platform.id)
        .order_by(ScoreDeliveryEvent.at.desc())
        .limit(1)
        .lateral()
    )
    rows = session().execute(
        sa.select(Platform.id, Platform.name, Platform.disabled_at.is_not(None), failure.c.at, failure.c.words)
        .outerjoin(failure, sa.true())
        .order_by(Platform.name, Platform.id)
    )
    return [line(*row) for row in rows]
