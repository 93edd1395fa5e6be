"""Events of people and classes, and the private addresses under which calendars read them."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.calendar.repeating import Times
from lti_grader.core.db import Base, Json, Row, Tenanted, one_of


class EventType(enum.StrEnum):
    LECTURE = "lecture"
    TUTORIAL = "tutorial"
    OFFICE_HOURS = "office_hours"
    EXAM = "exam"
    OTHER = "other"
    OWN = "own"
    """Nobody's but its owner's."""


class CalendarEvent(Row, Tenanted, Base):
    """What takes place: for one person, or for a class. Due dates are not among them: they follow their content item."""

    __tablename__ = "calendar_events"
    __table_args__ = (
        one_of("type", EventType),
        sa.CheckConstraint("(class_id IS NULL) = (type = 'own')", name="own_or_of_a_class"),
        sa.CheckConstraint("class_id IS NOT NULL OR cardinality(sections) = 0", name="sections_of_a_class"),
        sa.CheckConstraint("ends_at >= starts_at AND over_at >= ends_at", name="ends_after_it_starts"),
        sa.Index("ix_calendar_events_class_id_over_at", "class_id", "over_at"),
        sa.Index("ix_calendar_events_owner_id_over_at", "owner_id", "over_at"),
    )

    owner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    """Whose it is; of a class's, who made it."""
    class_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("classes.id", ondelete="CASCADE"))
    sections: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list, server_default="{}")
    """Of its class, as in `Enrollment.sections`; none for everybody."""
    type: Mapped[str]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="", server_default="")
    place: Mapped[str] = mapped_column(default="", server_default="")
    reference_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("content_items.id", ondelete="SET NULL"), index=True
    )
    """The content item that it is about."""
    starts_at: Mapped[dt.datetime]
    """Of the first occurrence, as is `ends_at`. On whole days: the midnights of `zone` before the first and after the last."""
    ends_at: Mapped[dt.datetime]
    is_all_day: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    zone: Mapped[str]
    """The IANA time zone in which it keeps its time of day, and in which whole days begin."""
    rule: Mapped[str | None]
    """How it repeats: an RRULE of RFC 5545, with UNTIL."""
    left_out: Mapped[list[dt.date]] = mapped_column(ARRAY(sa.Date), default=list, server_default="{}")
    """The dates, in `zone`, on which it does not take place after all."""
    over_at: Mapped[dt.datetime]
    """When the last of its occurrences ends."""
    created_at: Mapped[dt.datetime]
    changed_at: Mapped[dt.datetime]

    @property
    def times(self) -> Times:
        """When it takes place."""
        return Times(
            self.starts_at, self.ends_at, self.zone, self.is_all_day, self.rule, left_out=frozenset(self.left_out)
        )


class CalendarFeed(Tenanted, Base):
    """The private address at which calendar programs read what is in one person's calendar."""

    __tablename__ = "calendar_feeds"

    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    token_hash: Mapped[str | None] = mapped_column(unique=True)
    """SHA-256 of what the address carries, which is kept nowhere; None where it was taken back."""
    made_at: Mapped[dt.datetime]
    """When the address was made, or taken back."""
    read_at: Mapped[dt.datetime | None]
    """When a program last read it, to the hour."""
    told: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    """What was told last, so that a change can be told as one: UID -> [digest, sequence, time of the change]."""
    changed_at: Mapped[dt.datetime]
    """When what it tells last changed."""
