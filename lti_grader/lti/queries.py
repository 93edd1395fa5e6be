"""Reads about deliveries."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.classes.models import ContentItem, Module
from lti_grader.core.db import session
from lti_grader.lti import board
from lti_grader.lti.board_models import ScoreDeliveryEvent
from lti_grader.lti.models import DeliveryStatus, LineItem, Platform, ScoreDelivery
from lti_grader.people.models import User

_WORDS = {
    DeliveryStatus.PENDING: "Waiting to be sent to your LMS",
    DeliveryStatus.SENDING: "Being sent to your LMS",
    DeliveryStatus.SENT: "Sent; not yet seen in your LMS",
    DeliveryStatus.VERIFIED: "Your LMS has it",
    DeliveryStatus.FAILED: "Your LMS did not take it; the staff can see why",
    DeliveryStatus.OVERRIDDEN: "Your LMS holds another grade, set there by hand",
    DeliveryStatus.FROZEN: "Held back by the staff",
    DeliveryStatus.WITHHELD: "Not released yet",
}


def delivery_state(user_id: uuid.UUID, content_item_id: uuid.UUID) -> dict[str, str] | None:
    """Return how far a student's score has come, in words for them; None where none is owed."""
    row = session().execute(
        sa.select(ScoreDelivery.status, ScoreDelivery.score, User.is_test_user)
        .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
        .join(User, User.id == ScoreDelivery.user_id)
        .where(
            ScoreDelivery.user_id == user_id,
            LineItem.content_item_id == content_item_id,
            ScoreDelivery.status != DeliveryStatus.SUPERSEDED,
        )
        .order_by(ScoreDelivery.revision.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    status, score, is_test_user = row
    words = _WORDS | {DeliveryStatus.EXCLUDED: _not_sent(score, is_test_user=is_test_user)}
    return {"state": status, "text": words[DeliveryStatus(status)]}


def _not_sent(score: Decimal | None, *, is_test_user: bool) -> str:
    if is_test_user:
        return "Not sent: this is the LMS's test student"
    if score is None:
        return "Sent to your LMS when it is graded"
    return "Not sent: your LMS does not list you in this course now"


def states_of_class(class_id: uuid.UUID, student_ids: Collection[uuid.UUID]) -> dict[tuple[uuid.UUID, uuid.UUID], str]:
    """Return the state of the newest delivery by (student, content item), of these students."""
    held = board.newest(board.of_class(class_id), ScoreDelivery.user_id.in_(student_ids))
    rows = session().execute(
        sa.select(held.c.user_id, LineItem.content_item_id, held.c.status).join(
            LineItem, LineItem.id == held.c.line_item_id
        )
    )
    return {(student_id, item_id): status for student_id, item_id, status in rows}


@dataclasses.dataclass(frozen=True)
class Step:
    """One thing that happened to a score."""

    at: dt.datetime
    kind: str
    words: str
    raw_answer: str | None
    holds: Decimal | None
    actor: str | None
    """Who pressed, where somebody did."""


@dataclasses.dataclass(frozen=True)
class Revision:
    """One score on its way to one column, and all that happened to it."""

    delivery: ScoreDelivery
    column: str
    platform: str
    steps: list[Step]


@dataclasses.dataclass(frozen=True)
class Trail:
    """Everything about one student's score for one item, the newest first."""

    student_id: uuid.UUID
    student: str
    item_id: uuid.UUID
    item: str
    revisions: list[Revision]


def trail(class_id: uuid.UUID, student_id: uuid.UUID, item_id: uuid.UUID) -> Trail | None:
    """Return what happened to a student's score for an item of a class; None where nothing was ever owed."""
    rows = (
        session()
        .execute(
            sa.select(ScoreDelivery, User, ContentItem.title, LineItem.label, Platform.name)
            .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
            .join(ContentItem, ContentItem.id == LineItem.content_item_id)
            .join(Module, Module.id == ContentItem.module_id)
            .join(User, User.id == ScoreDelivery.user_id)
            .join(Platform, Platform.id == User.platform_id)
            .where(Module.class_id == class_id, ContentItem.id == item_id, User.id == student_id)
            .order_by(ScoreDelivery.revision.desc(), ScoreDelivery.line_item_id)
        )
        .all()
    )
    if not rows:
        return None
    steps = _steps([delivery.id for delivery, *_ in rows])
    _, student, title, _, _ = rows[0]
    return Trail(
        student_id,
        student.display_name,
        item_id,
        title,
        [Revision(one, label or title, platform, steps.get(one.id, [])) for one, _, title, label, platform in rows],
    )


def _steps(delivery_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[Step]]:
    actor = sa.orm.aliased(User)
    rows = session().execute(
        sa.select(ScoreDeliveryEvent, actor)
        .outerjoin(actor, actor.id == ScoreDeliveryEvent.actor_id)
        .where(ScoreDeliveryEvent.delivery_id.in_(delivery_ids))
        .order_by(ScoreDeliveryEvent.at.desc(), ScoreDeliveryEvent.id.desc())
    )
    found: dict[uuid.UUID, list[Step]] = {}
    for event, user in rows:
        name = user.display_name if user is not None else event.actor_name
        step = Step(event.at, event.kind, event.words, event.raw_answer, event.holds, name)
        found.setdefault(event.delivery_id, []).append(step)
    return found
