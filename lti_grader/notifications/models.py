"""What people are told, and what of it is still to come."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Json, Row, Tenanted, one_of
from lti_grader.core.owed import Owed
from lti_grader.notifications.kinds import Pace


class Notification(Row, Tenanted, Base):
    """Something that one person is told."""

    __tablename__ = "notifications"
    __table_args__ = (
        sa.UniqueConstraint("recipient_id", "key"),
        sa.Index("ix_notifications_inbox", "recipient_id", "created_at", "id"),
        sa.Index("ix_notifications_unread", "recipient_id", postgresql_where=sa.text("NOT is_read")),
        sa.Index("ix_notifications_content_item_id_type", "content_item_id", "type"),
        sa.Index(
            "ix_notifications_mail_due",
            "tenant_id",
            "mail_due_at",
            postgresql_where=sa.text("mail_id IS NULL AND mail_due_at IS NOT NULL"),
        ),
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
    mail_due_at: Mapped[dt.datetime | None]
    """From when an e-mail may carry it; None where none is to."""
    mail_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("mails.id", ondelete="SET NULL"), index=True)
    """The e-mail that carries it."""


class MailState(enum.StrEnum):
    OWED = "owed"
    SENT = "sent"
    """The site's mail server has taken it."""
    REFUSED = "refused"
    EMPTY = "empty"
    """All that it was to carry was read or taken back before, or there is nowhere to send it."""


class Mail(Owed, Base):
    """One e-mail to one person: what they were told since the one before. Its Message-ID is made of its id."""

    __tablename__ = "mails"
    __table_args__ = (
        one_of("state", MailState),
        sa.Index("ix_mails_owed", "next_try_at", postgresql_where=sa.text("state = 'owed'")),
        sa.Index("ix_mails_recipient_id_made_at", "recipient_id", "made_at"),
    )

    recipient_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(default=MailState.OWED)
    made_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    """When it was sent, or given up."""
    error: Mapped[str | None]
    """In words, why it is not sent yet or was given up."""


class MailChoice(Tenanted, Base):
    """How soon somebody wants e-mails of a kind of notification, where they have chosen."""

    __tablename__ = "mail_choices"
    __table_args__ = (one_of("pace", Pace),)

    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    type: Mapped[str] = mapped_column(primary_key=True)
    """The name of the kind, as in `Notification.type`."""
    pace: Mapped[str]


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
