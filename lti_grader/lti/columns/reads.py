"""Reads of a class's columns: each assignment in each LMS course, and how its column stands there."""

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment
from lti_grader.classes.models import ContentItem, Module
from lti_grader.core.db import session
from lti_grader.lti import claims as c
from lti_grader.lti.columns import asking
from lti_grader.lti.models import (
    WITHOUT_COLUMN,
    ClassContext,
    ColumnState,
    Deployment,
    LineItem,
    Platform,
    ScoreDelivery,
)
from lti_grader.lti.products import product_of

NONE = "none"
_UNDER_WAY, _WATCHED = (ColumnState.ASKED, ColumnState.CHANGED), 3
_TROUBLE = (ColumnState.MISSING, ColumnState.REFUSED, ColumnState.DIFFERS)


@dataclasses.dataclass(frozen=True)
class Line:
    """An assignment in an LMS course, and its column there."""

    item_id: uuid.UUID
    item: str
    is_published: bool
    maximum: Decimal
    column: LineItem | None
    waiting: int
    """Students whose scores wait for the column."""
    others: int = 0
    """How many further columns the LMS course has for the assignment."""

    @property
    def state(self) -> str:
        return self.column.state if self.column is not None else NONE

    @property
    def lacks_column(self) -> bool:
        return self.column is None or self.column.state in WITHOUT_COLUMN

    @property
    def is_spare(self) -> bool:
        """Whether it is gone from the LMS, and every score goes to another column there."""
        return self.state == ColumnState.MISSING and self.others > 0

    @property
    def is_live(self) -> bool:
        """Whether something is about to become of it; after some tries nobody sits and waits."""
        return self.column is not None and self.state in _UNDER_WAY and self.column.tries <= _WATCHED

    @property
    def is_behind(self) -> bool:
        """Whether the LMS was told of another title or maximum, and nothing is owed about it."""
        column = self.column
        if column is None or column.state != ColumnState.OK or not self.maximum:
            return False
        return (column.label, column.score_maximum) != (self.item, self.maximum)

    @property
    def converts(self) -> bool:
        """Whether the LMS's own maximum is another, so that points are converted there."""
        held = self.column.lms_maximum if self.column is not None else None
        return held is not None and held != self.maximum


@dataclasses.dataclass(frozen=True)
class Course:
    """An LMS course of a class."""

    id: uuid.UUID
    title: str
    platform: str
    refusal: str
    """Why this tool can make no columns there, with the cure; "" where it can."""
    lines: Sequence[Line]

    @property
    def is_live(self) -> bool:
        """Whether something is being done about one of its columns."""
        return any(one.is_live for one in self.lines)


@dataclasses.dataclass(frozen=True)
class Trouble:
    """A column that needs a person."""

    item: str
    state: str


def courses(class_id: uuid.UUID) -> list[Course]:
    """Return the LMS courses of a class with their columns."""
    rows = (
        session()
        .execute(
            sa.select(ClassContext, Platform)
            .join(Deployment, Deployment.id == ClassContext.deployment_id)
            .join(Platform, Platform.id == Deployment.platform_id)
            .where(ClassContext.class_id == class_id)
            .order_by(ClassContext.title, ClassContext.id)
        )
        .all()
    )
    assignments = session().scalars(
        sa.select(Assignment)
        .join(Module, Module.id == Assignment.module_id)
        .where(Module.class_id == class_id)
        .order_by(Module.order_index, Assignment.order_index, Assignment.id)
    ).all()  # fmt: skip
    found = _columns([context.id for context, _ in rows])
    columns = [one for listed in found.values() for one in listed]
    waiting = _waiting([one.id for one in columns if one.state in WITHOUT_COLUMN])
    return [
        Course(
            context.id,
            context.title or context.context_id,
            platform.name,
            asking.refusal(context, platform),
            [line for one in assignments for line in _lines(one, found.get((context.id, one.id), []), waiting)],
        )
        for context, platform in rows
    ]  # fmt: skip


def _lines(assignment: Assignment, columns: Sequence[LineItem], waiting: Mapping[uuid.UUID, int]) -> list[Line]:
    """Return what there is to say of an assignment in a course: a line for each of its columns, or that it has none."""
    described = (assignment.id, assignment.title, assignment.is_published, assignment.points_total)
    there = {one.id for one in columns if one.state not in WITHOUT_COLUMN}
    return [Line(*described, one, waiting.get(one.id, 0), len(there - {one.id})) for one in columns] or [
        Line(*described, None, 0)
    ]


def _columns(context_ids: Sequence[uuid.UUID]) -> dict[tuple[uuid.UUID, uuid.UUID], list[LineItem]]:
    found: dict[tuple[uuid.UUID, uuid.UUID], list[LineItem]] = {}
    for row in session().scalars(
        sa.select(LineItem).where(LineItem.class_context_id.in_(context_ids)).order_by(LineItem.created_at, LineItem.id)
    ):
        found.setdefault((row.class_context_id, row.content_item_id), []).append(row)
    return found


def _waiting(column_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    rows = session().execute(
        sa.select(ScoreDelivery.line_item_id, sa.func.count(ScoreDelivery.user_id.distinct()))
        .where(ScoreDelivery.line_item_id.in_(column_ids))
        .group_by(ScoreDelivery.line_item_id)
    )
    return dict(rows.all())


def in_trouble(class_id: uuid.UUID) -> list[Trouble]:
    """Return the columns of a class that need a person; not one that is gone where another has every score."""
    another = sa.orm.aliased(LineItem)
    has_another = sa.exists().where(
        another.class_context_id == LineItem.class_context_id,
        another.content_item_id == LineItem.content_item_id,
        another.state.not_in(WITHOUT_COLUMN),
    )
    rows = session().execute(
        sa.select(ContentItem.title, LineItem.state)
        .join(ContentItem, ContentItem.id == LineItem.content_item_id)
        .join(ClassContext, ClassContext.id == LineItem.class_context_id)
        .where(ClassContext.class_id == class_id, LineItem.state.in_(_TROUBLE))
        .where(sa.or_(LineItem.state != ColumnState.MISSING, ~has_another))
        .order_by(ContentItem.title, LineItem.id)
    )
    return [Trouble(title, state) for title, state in rows]


def resizing(assignment_id: uuid.UUID) -> list[str]:
    """Return what other points of an assignment come to in each of its columns, in a sentence for each LMS course."""
    rows = session().execute(
        sa.select(LineItem, ClassContext, Platform)
        .join(ClassContext, ClassContext.id == LineItem.class_context_id)
        .join(Deployment, Deployment.id == ClassContext.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(LineItem.content_item_id == assignment_id)
        .order_by(ClassContext.title, LineItem.id)
    )
    return [
        f"{context.title or context.context_id}: {_resizing(row, context, platform)}" for row, context, platform in rows
    ]


def _resizing(row: LineItem, context: ClassContext, platform: Platform) -> str:
    if row.state in WITHOUT_COLUMN:
        return "there is no column yet; it is made with the new maximum."
    held = row.lms_maximum or row.score_maximum
    keeps = f"its column stays one of {held.normalize():f} points, and marks are converted to it."
    if product_of(platform).resizing_fills:
        return f"{keeps} Another maximum there would give a 0 to all students who have no grade."
    if c.LINE_ITEM not in context.ags_scopes:
        return f"{keeps} This tool may not change columns there."
    return "its column gets the new maximum."


def to_mend(class_id: uuid.UUID, assignment_id: uuid.UUID) -> list[str]:
    """Return what there is to say of an assignment's columns before students see it, in a sentence for each LMS course."""
    lines = [
        (course.title, line) for course in courses(class_id) for line in course.lines if line.item_id == assignment_id
    ]
    return [f"{title}: {text}" for title, line in lines if (text := _to_mend(line))]


def _to_mend(line: Line) -> str:
    if line.lacks_column:
        return "its gradebook has no column for it; scores wait until there is one."
    if line.converts and line.column is not None and line.column.lms_maximum is not None:
        held, own = line.column.lms_maximum.normalize(), line.maximum.normalize()
        return f"its column is one of {held:f} points, and this is worth {own:f}: marks are converted."
    return ""
