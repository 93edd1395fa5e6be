"""Files that students hand in to the LMS itself, of which it tells us as an asset processor."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Row, Tenanted, one_of
from lti_grader.lti.owed import Owed


class AssetStatus(enum.StrEnum):
    OWED = "owed"
    """Still to be fetched from the LMS."""
    KEPT = "kept"
    REFUSED = "refused"
    """It could not be had, or is not taken; staff can have it fetched again."""


class ReportStatus(enum.StrEnum):
    OWED = "owed"
    SENT = "sent"
    SUPERSEDED = "superseded"
    """A newer one took its place before it was sent, or stands in the LMS already."""
    REFUSED = "refused"


class AssetActivity(Row, Tenanted, Base):
    """An assignment of the LMS whose files are passed on to us, and the assignment here that they belong to."""

    __tablename__ = "lti_asset_activities"
    __table_args__ = (sa.UniqueConstraint("class_context_id", "activity_id"),)

    class_context_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("class_contexts.id", ondelete="CASCADE"))
    activity_id: Mapped[str]
    title: Mapped[str | None]
    assignment_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("assignments.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[dt.datetime]


class LtiAsset(Owed, Base):
    """One file of one submission. Once kept, a trigger lets only its name change, as when a person is erased."""

    __tablename__ = "lti_assets"
    __table_args__ = (
        sa.UniqueConstraint("activity_id", "submission_id", "asset_id"),
        one_of("status", AssetStatus),
        sa.CheckConstraint("(status = 'kept') = (blob_ref IS NOT NULL)", name="kept_has_blob"),
        sa.CheckConstraint("blob_ref ~ '^sha256/[0-9a-f]{64}$'", name="blob_ref_form"),
        sa.Index("ix_lti_assets_owed", "next_try_at", postgresql_where=sa.text("status = 'owed'")),
        sa.Index("ix_lti_assets_user_received", "user_id", "received_at"),
    )

    activity_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("lti_asset_activities.id", ondelete="CASCADE"))
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    submission_id: Mapped[str]
    asset_id: Mapped[str]
    """The platform's own names of the submission and of the file; together they never change there."""
    url: Mapped[str]
    report_url: Mapped[str | None]
    filename: Mapped[str | None]
    media_type: Mapped[str | None]
    declared_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    declared_sha256: Mapped[str | None]
    """As the platform wrote it: base64 by the standard's examples, or hexadecimal."""
    handed_in_at: Mapped[dt.datetime | None]
    received_at: Mapped[dt.datetime]
    """When the notice of it came in."""
    status: Mapped[str] = mapped_column(default=AssetStatus.OWED)
    blob_ref: Mapped[str | None]
    bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    sha256: Mapped[str | None]
    kept_at: Mapped[dt.datetime | None]
    error: Mapped[str | None]
    """In plain words, with what to do."""


class AssetAttempt(Tenanted, Base):
    """That a file is kept as an attempt at an assignment; of one that was bound to several, at each of them."""

    __tablename__ = "lti_asset_attempts"

    attempt_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("submission_attempts.id", ondelete="CASCADE"), primary_key=True
    )
    asset_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("lti_assets.id", ondelete="CASCADE"), index=True)


class AssetReport(Owed, Base):
    """What the LMS is to be told of one file; the newest counts there."""

    __tablename__ = "lti_asset_reports"
    __table_args__ = (
        sa.UniqueConstraint("asset_id", "number"),
        one_of("status", ReportStatus),
        sa.Index("ix_lti_asset_reports_report_owed", "next_try_at", postgresql_where=sa.text("status = 'owed'")),
    )

    asset_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("lti_assets.id", ondelete="CASCADE"))
    number: Mapped[int]
    progress: Mapped[str]
    """The standard's `processingProgress`."""
    error_code: Mapped[str | None]
    comment: Mapped[str]
    timestamp: Mapped[dt.datetime]
    """Rises from report to report of a file, and is the same in each repetition of one."""
    status: Mapped[str] = mapped_column(default=ReportStatus.OWED)
    last_error: Mapped[str | None]
    last_answer: Mapped[str | None]
    sent_at: Mapped[dt.datetime | None]
