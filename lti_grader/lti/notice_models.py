"""What a platform tells us unasked, and where we have asked it to."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Json, one_of
from lti_grader.lti.owed import Owed


class SubscriptionStatus(enum.StrEnum):
    OWED = "owed"
    """The platform is still to be asked for notices of this kind."""
    REGISTERED = "registered"
    REFUSED = "refused"
    """It said no; asked again a day later, when somebody launches."""


class NoticeSubscription(Owed, Base):
    """One kind of notice that one deployment is to send us."""

    __tablename__ = "lti_notice_subscriptions"
    __table_args__ = (
        sa.UniqueConstraint("deployment_id", "notice_type"),
        one_of("status", SubscriptionStatus),
        sa.Index(
            "ix_lti_notice_subscriptions_owed", "next_try_at", postgresql_where=sa.text("status = 'owed'")
        ),
    )  # fmt: skip

    deployment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("deployments.id", ondelete="CASCADE"))
    notice_type: Mapped[str]
    service_url: Mapped[str]
    handler_url: Mapped[str]
    """Where the notices should go: this tool's own address at the time."""
    status: Mapped[str] = mapped_column(default=SubscriptionStatus.OWED)
    last_error: Mapped[str | None]
    last_answer: Mapped[str | None]
    registered_at: Mapped[dt.datetime | None]
    heard_at: Mapped[dt.datetime | None]
    """When a notice of this kind last came in."""


class Notice(Owed, Base):
    """A notice as it came in; what follows from it is owed until `handled_at` is set."""

    __tablename__ = "lti_notices"
    __table_args__ = (
        sa.UniqueConstraint("platform_id", "notice_id"),
        sa.Index("ix_lti_notices_owed", "next_try_at", postgresql_where=sa.text("handled_at IS NULL")),
    )

    platform_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("platforms.id", ondelete="CASCADE"))
    deployment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("deployments.id", ondelete="CASCADE"), index=True)
    notice_id: Mapped[str]
    """The platform's own name of it: told again, it is known."""
    type: Mapped[str]
    payload: Mapped[Json]
    """The claims, as signed."""
    received_at: Mapped[dt.datetime]
    handled_at: Mapped[dt.datetime | None]
    error: Mapped[str | None]
    """Why nothing came of it, or not yet."""
