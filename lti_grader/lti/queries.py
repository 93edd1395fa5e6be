"""Reads about deliveries."""

import dataclasses
import datetime as dt
import uuid
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from lti_grader.classes.models import ContentItem, Module
from lti_grader.core.db import session
from lti_grader.lti.models import ClassContext, DeliveryStatus, Deployment, LineItem, Platform, ScoreDelivery
from lti_grader.people.models import User

_WORDS = {
    DeliveryStatus.PENDING: "Waiting to be sent to your LMS",
    DeliveryStatus.SENDING: "Being sent to your LMS",
    DeliveryStatus.SENT: "Sent; not yet seen in your LMS",
    DeliveryStatus.VERIFIED: "Your LMS has it",
    DeliveryStatus.FAILED: "Your LMS did not take it; the staff can see why",
    DeliveryStatus.OVERRIDDEN: "Your LMS holds another grade, set there by hand",
    DeliveryStatus.EXCLUDED: "Not sent: this is the LMS's test student",
    DeliveryStatus.FROZEN: "Held back by the staff",
}


def delivery_state(user_id: uuid.UUID, content_item_id: uuid.UUID) -> dict[str, str] | None:
    """Return how far a student's score has come, in words for them; None where none is owed."""
    status = session().scalar(
        sa.select(ScoreDelivery.status)
        .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
        .where(
            ScoreDelivery.user_id == user_id,
            LineItem.content_item_id == content_item_id,
            ScoreDelivery.status != DeliveryStatus.SUPERSEDED,
        )
        .order_by(ScoreDelivery.revision.desc())
        .limit(1)
    )
    return None if status is None else {"state": status, "text": _WORDS[DeliveryStatus(status)]}


@dataclasses.dataclass(frozen=True)
class DeliveryLine:
    """A student's newest delivery to one column, as the registrar's board lists it."""

    id: uuid.UUID
    student_id: uuid.UUID
    student: str
    item_id: uuid.UUID
    item: str
    score: Decimal
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
    platform: str

    @property
    def is_trouble(self) -> bool:
        return self.status in (DeliveryStatus.FAILED, DeliveryStatus.OVERRIDDEN)

    @property
    def may_resend(self) -> bool:
        return self.status in (
            DeliveryStatus.FAILED, DeliveryStatus.OVERRIDDEN, DeliveryStatus.SENT, DeliveryStatus.VERIFIED,
        )  # fmt: skip


def deliveries_of_class(class_id: uuid.UUID) -> list[DeliveryLine]:
    """Return the newest delivery of each student and column of a class, trouble first."""
    rows = session().execute(
        sa.select(ScoreDelivery, User, ContentItem.id, ContentItem.title, Platform.name)
        .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
        .join(ClassContext, ClassContext.id == LineItem.class_context_id)
        .join(Deployment, Deployment.id == ClassContext.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .join(ContentItem, ContentItem.id == LineItem.content_item_id)
        .join(Module, Module.id == ContentItem.module_id)
        .join(User, User.id == ScoreDelivery.user_id)
        .where(Module.class_id == class_id)
        .ext(distinct_on(ScoreDelivery.line_item_id, ScoreDelivery.user_id))
        .order_by(ScoreDelivery.line_item_id, ScoreDelivery.user_id, ScoreDelivery.revision.desc())
    )
    lines = [
        DeliveryLine(
            one.id, user.id, user.display_name, item_id, title, one.score, one.maximum, one.status, one.lms_holds,
            one.tries, one.last_error, one.last_answer, one.created_at, one.sent_at, one.verified_at, one.next_try_at,
            platform,
        )
        for one, user, item_id, title, platform in rows
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (not line.is_trouble, line.item, line.student))


def states_of_class(class_id: uuid.UUID) -> dict[tuple[uuid.UUID, uuid.UUID], str]:
    """Return the state of the newest delivery by (student, content item)."""
    return {(line.student_id, line.item_id): line.status for line in deliveries_of_class(class_id)}


def class_of_delivery(delivery_id: uuid.UUID) -> uuid.UUID | None:
    """Return the class that a delivery belongs to."""
    return session().scalar(
        sa.select(ClassContext.class_id)
        .join(LineItem, LineItem.class_context_id == ClassContext.id)
        .join(ScoreDelivery, ScoreDelivery.line_item_id == LineItem.id)
        .where(ScoreDelivery.id == delivery_id)
    )
