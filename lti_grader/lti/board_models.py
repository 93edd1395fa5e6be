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
    WITHHELD = "withheld"
    """Its marks are not released, and it waits for that."""
    RECONCILED = "reconciled"
    """A reading of the whole column found something else than we believed."""


class ScoreDeliveryEvent(Row, Tenanted, Base):
    """One thing that happened to one delivery. Such rows are only ever added."""

    __tablename__ = "score_delivery_events"
    __table_args__ = (
        one_of("kind", EventKind),
        sa.Index("ix_score_delivery_events_delivery_id_at", "delivery_id", "at"),
        sa.Index("ix_score_delivery_events_trouble", "at", postgresql_where=sa.text("kind IN ('answered', 'failed')")),
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


class ScoreFreeze(Row, Tenanted, Base):
    """A class, an item, or one student's item whose scores are held back, until two people have released it."""

    __tablename__ = "score_freezes"
    __table_args__ = (
        sa.Index(
            "uq_score_freezes_one_at_a_time",
            "class_id",
            "content_item_id",
            "student_id",
            unique=True,
            postgresql_where=sa.text("released_at IS NULL"),
            postgresql_nulls_not_distinct=True,
        ),
        sa.CheckConstraint("student_id IS NULL OR content_item_id IS NOT NULL", name="student_has_item"),
        sa.CheckConstraint("released_at IS NULL OR release_asked_at IS NOT NULL", name="release_was_asked"),
        sa.CheckConstraint("released_by <> release_asked_by", name="two_people"),
    )

    class_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("classes.id", ondelete="CASCADE"), index=True)
    content_item_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("content_items.id", ondelete="CASCADE"), index=True
    )
    """None for the whole class."""
    student_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    """None for all students."""
    reason: Mapped[str]
    frozen_at: Mapped[dt.datetime]
    frozen_by: Mapped[str]
    """Who, as `trail.Actor.key` writes it; the name that follows is as it was then."""
    frozen_by_name: Mapped[str]
    release_asked_at: Mapped[dt.datetime | None]
    release_asked_by: Mapped[str | None]
    release_asked_by_name: Mapped[str | None]
    released_at: Mapped[dt.datetime | None]
    released_by: Mapped[str | None]
    released_by_name: Mapped[str | None]


class FindingKind(enum.StrEnum):
    """In what an LMS differs from what we believed."""

    MISSING = "missing"
    """The LMS was seen to hold our score, and holds none any more."""
    DIFFERENT = "different"
    ARRIVED = "arrived"
    """It holds our score after all."""
    LMS_ONLY = "lms_only"
    """It holds a grade of a student for whom we have none."""
    UNKNOWN_USER = "unknown_user"
    COLUMN_GONE = "column_gone"
    UNREADABLE = "unreadable"


class Reconciliation(Row, Tenanted, Base):
    """One comparison of all columns of an LMS course with what we believe it holds."""

    __tablename__ = "reconciliations"
    __table_args__ = (sa.Index("ix_reconciliations_class_context_id_started_at", "class_context_id", "started_at"),)

    class_context_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("class_contexts.id", ondelete="CASCADE"))
    asked_by_name: Mapped[str | None]
    """None for the nightly one."""
    started_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]
    columns: Mapped[int] = mapped_column(default=0, server_default="0")
    compared: Mapped[int] = mapped_column(default=0, server_default="0")
    """Scores that we believed the LMS to hold, and looked for."""
    differing: Mapped[int] = mapped_column(default=0, server_default="0")
    error: Mapped[str | None]
    """Why it broke off, in plain words."""


class ReconciliationFinding(Row, Tenanted, Base):
    """One difference that a comparison found."""

    __tablename__ = "reconciliation_findings"
    __table_args__ = (one_of("kind", FindingKind),)

    reconciliation_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("reconciliations.id", ondelete="CASCADE"), index=True
    )
    line_item_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("line_items.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    sub: Mapped[str | None]
    """How the LMS calls somebody who is not known here."""
    kind: Mapped[str]
    ours: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    theirs: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    maximum: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    words: Mapped[str] = mapped_column(default="", server_default="")
    """What was done about it, or what the LMS answered."""
