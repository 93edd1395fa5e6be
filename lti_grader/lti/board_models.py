"""What is kept about deliveries beside the deliveries themselves: what happened to each, and when."""

import datetime as dt
import enum
import uuid
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Row, Tenanted, one_of


class EventKind(enum.StrEnum):
    """What can happen to a delivery."""

    QUEUED = "queued"
    SUPERSEDED = "superseded"
    EXCLUDED = "excluded"
    SENT = "sent"
    """The LMS has taken it."""
    ANSWERED = "answered"
    """The LMS did not take it, and it will be tried again."""
    UNSEEN = "unseen"
    """It was taken, and the LMS does not show it yet."""
    VERIFIED = "verified"
    OVERRIDDEN = "overridden"
    FAILED = "failed"
    RESENT = "resent"
    """A person asked for it to be sent again."""
    FROZEN = "frozen"
    UNFROZEN = "unfrozen"
    RECONCILED = "reconciled"
    """A reading of the whole column found something else than we believed."""


class ScoreDeliveryEvent(Row, Tenanted, Base):
    """One thing that happened to one delivery. Such rows are only ever added."""

    __tablename__ = "score_delivery_events"
    __table_args__ = (
        one_of("kind", EventKind),
        sa.Index("ix_score_delivery_events_delivery_id_at", "delivery_id", "at"),
    )

    delivery_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("score_deliveries.id", ondelete="CASCADE"))
    at: Mapped[dt.datetime]
    kind: Mapped[str]
    actor_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    """Who pressed; None where nobody did, and for those who are no user of a platform."""
    actor_name: Mapped[str | None]
    """How an administrator without a user is called."""
    words: Mapped[str] = mapped_column(default="", server_default="")
    raw_answer: Mapped[str | None]
    """As the LMS gave it, cut to a readable length."""
    holds: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    """What the LMS was seen to hold, in points of the delivery's maximum."""
