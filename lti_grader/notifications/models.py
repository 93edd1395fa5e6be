"""What people are told, and what of it is still to come."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Json, Row, Tenanted
from lti_grader.core.owed import Owed


class Notification(Row, Tenanted, Base):
    """Something that one person is told."""

    __tablename__ = "notifications"
    __table_args__ = (
        sa.UniqueConstraint("recipient_id", "key"),
        sa.Index("ix_notifications_inbox", "recipient_id", "created_at", "id"),
        sa.Index("ix_notifications_unread", "recipient_id", postgresql_where=sa.text("NOT is_read")),
        sa.Index("ix_notifications_content_item_id_type", "content_item_id", "type"),
        sa.CheckConstraint("title <> ''", name="has_title"),
    )

    recipient_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    type: Mapped[str]
    """The name of one of `notifications.kinds`, which lie in the code: one more needs no migration."""
    title: Mapped[str]
    payload: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    """The parts that its kind makes words and a link of."""
    key: Mapped[str]
    """What it is about. Whoever was told by this key is not told again, however often it is tried."""
    class_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("classes.id", ondelete="CASCADE"), index=True)
    content_item_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("content_items.id", ondelete="CASCADE"))
    is_read: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    created_at: Mapped[dt.datetime]


class Announcement(Row, Tenanted, Base):
    """What somebody of a class's staff tells its students, or those of some sections."""

    __tablename__ = "announcements"
    __table_args__ = (
        sa.Index("ix_announcements_class_id_made_at", "class_id", "made_at"),
        sa.CheckConstraint("title <> '' AND body <> ''", name="says_something"),
    )

    class_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("classes.id", ondelete="CASCADE"))
    author_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    title: Mapped[str]
    body: Mapped[str]
    """Markdown."""
    sections: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list, server_default="{}")
    """To the students of these; to all where it is empty."""
    made_at: Mapped[dt.datetime]
    withdrawn_at: Mapped[dt.datetime | None]
    """When it was taken back: staff read it still, and students do not."""


class OwedMarks(Owed, Base):
    """That the marks of an assignment are out at `next_try_at`, and those who have one are to be told."""

    __tablename__ = "owed_marks"
    __table_args__ = (sa.Index("ix_owed_marks_owed", "next_try_at", postgresql_where=sa.text("done_at IS NULL")),)

    assignment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("assignments.id", ondelete="CASCADE"), unique=True)
    done_at: Mapped[dt.datetime | None]
