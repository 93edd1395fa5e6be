"""Reads of the registrar's board of a whole institution: its classes, trouble first, and how its LMSs do."""

import dataclasses
import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
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
    totals = _totals()
    query = (
        sa.select(Class.id, Class.name, *(column for column in totals.c if column.key != "class_id"))
        .join(totals, totals.c.class_id == Class.id)
        .where(*([Class.name.icontains(search.strip(), autoescape=True)] if search.strip() else []))
    )
    found = [ClassLine(*row) for row in session().execute(query)]
    found.sort(key=lambda line: (-line.trouble, line.oldest is None, line.oldest, line.name.casefold(), line.id))
    page = min(max(page, 1), max(1, -(-len(found) // PAGE)))
    return Institution(
        classes=found[(page - 1) * PAGE : page * PAGE],
        matching=len(found),
        page=page,
        platforms=_platforms(),
        trouble=sum(line.trouble for line in found),
        waiting=sum(line.waiting for line in found),
        verified=sum(line.verified for line in found),
    )


def _newest() -> sa.CTE:
    """Return the newest delivery of each student and column, without its words: all of them are gone through."""
    return (
        sa.select(
            ScoreDelivery.line_item_id,
            ScoreDelivery.platform_id,
            ScoreDelivery.status,
            ScoreDelivery.created_at,
            ScoreDelivery.verified_at,
        )
        .ext(distinct_on(ScoreDelivery.line_item_id, ScoreDelivery.user_id))
        .order_by(ScoreDelivery.line_item_id.desc(), ScoreDelivery.user_id.desc(), ScoreDelivery.revision.desc())
        .cte("newest")
    )


def _totals() -> sa.Subquery:
    held = _newest()

    def number(*statuses: DeliveryStatus) -> sa.ColumnElement[int]:
        return sa.func.count().filter(held.c.status.in_(statuses))

    owed = held.c.status.in_((*board.TROUBLE, *board.UNDER_WAY))
    return (
        sa.select(
            Module.class_id.label("class_id"),
            sa.func.count().label("total"),
            number(DeliveryStatus.VERIFIED).label("verified"),
            number(*board.TROUBLE).label("trouble"),
            number(*board.UNDER_WAY).label("waiting"),
            number(DeliveryStatus.FROZEN).label("held_back"),
            sa.func.min(held.c.created_at).filter(owed).label("oldest"),
        )
        .select_from(held)
        .join(LineItem, LineItem.id == held.c.line_item_id)
        .join(ContentItem, ContentItem.id == LineItem.content_item_id)
        .join(Module, Module.id == ContentItem.module_id)
        .group_by(Module.class_id)
        .subquery()
    )


def _platforms() -> list[PlatformLine]:
    held = _newest()
    totals = (
        sa.select(
            held.c.platform_id,
            sa.func.count().filter(held.c.status.in_(board.TROUBLE)).label("trouble"),
            sa.func.count().filter(held.c.status.in_(board.UNDER_WAY)).label("waiting"),
            sa.func.max(held.c.verified_at).label("verified_at"),
        )
        .group_by(held.c.platform_id)
        .subquery()
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
        sa.select(
            Platform.id, Platform.name, Platform.disabled_at.is_not(None), sa.func.coalesce(totals.c.trouble, 0),
            sa.func.coalesce(totals.c.waiting, 0), totals.c.verified_at, failure.c.at, failure.c.words,
        )
        .outerjoin(totals, totals.c.platform_id == Platform.id)
        .outerjoin(failure, sa.true())
        .order_by(Platform.name, Platform.id)
    )  # fmt: skip
    return [PlatformLine(*row) for row in rows]
