"""Classes, who is in them, and what is in them."""

import datetime as dt
import enum
import uuid
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Json, Row, Tenanted, one_of


class Role(enum.StrEnum):
    """What a person is in a class."""

    TEACHER = "teacher"
    ASSISTANT = "assistant"
    STUDENT = "student"
    OBSERVER = "observer"
    PREVIEW = "preview"
    """Staff by the LMS's list, looking at the class as its students see it; no student, and without the rights of staff."""


STAFF = frozenset({Role.TEACHER, Role.ASSISTANT})


class EnrollmentStatus(enum.StrEnum):
    ACTIVE = "active"
    DROPPED = "dropped"


class EnrollmentSource(enum.StrEnum):
    LAUNCH = "launch"
    ROSTER = "roster"
    JOIN_CODE = "join_code"


class ContentType(enum.StrEnum):
    ASSIGNMENT = "assignment"
    QUIZ = "quiz"
    MATERIAL = "material"


class Copying(enum.StrEnum):
    """Who may take over what stands in a class, where a link in another course leads to it."""

    STAFF = "staff"
    """Its own teachers and assistants; others ask them."""
    INSTITUTION = "institution"
    """Whoever teaches at the institution."""


class Apart(enum.StrEnum):
    """How far the sections of a class are kept apart: who of its staff sees only the sections that they are in."""

    NOBODY = "nobody"
    ASSISTANTS = "assistants"
    STAFF = "staff"
    """Teachers as well, but for the class's owner."""


class ClassSettings(BaseModel):
    """What a class has chosen, as `classes.settings` holds it."""

    model_config = ConfigDict(extra="allow", frozen=True)

    copying: Copying = Copying.STAFF
    apart: Apart = Apart.NOBODY
    leaderboard: bool = False
    late_days: int = 0
    """How many each student has to spend; further ones are given to some."""
    join_code_reason: str = ""
    """Why the join code is another than at first."""


class Class(Row, Tenanted, Base):
    """A class: one or more LMS courses that are taught together."""

    __tablename__ = "classes"
    __table_args__ = (sa.CheckConstraint("join_code ~ '^[A-Z0-9]{6}$'", name="join_code_form"),)

    owner_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    name: Mapped[str]
    join_code: Mapped[str] = mapped_column(sa.CHAR(6), unique=True)
    settings: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    archived_at: Mapped[dt.datetime | None]

    @property
    def chosen(self) -> ClassSettings:
        """What it has chosen, read and checked."""
        return ClassSettings.model_validate(self.settings)

    def choose(self, **changes: Any) -> None:
        """Change some of its settings, by their names in `ClassSettings`."""
        checked = ClassSettings.model_validate({**self.settings, **changes})
        self.settings = checked.model_dump(mode="json", exclude_unset=True)


class Enrollment(Row, Tenanted, Base):
    """One person in one class."""

    __tablename__ = "enrollments"
    __table_args__ = (
        sa.UniqueConstraint("class_id", "user_id"),
        one_of("role", Role),
        one_of("status", EnrollmentStatus),
        one_of("source", EnrollmentSource),
        sa.Index("ix_enrollments_class_role_status", "class_id", "role", "status"),
    )

    class_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("classes.id", ondelete="CASCADE"))
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    role: Mapped[str]
    sections: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list, server_default="{}")
    """Each section of the LMS course that they are in, as far as it tells."""
    section: Mapped[str | None] = mapped_column(sa.Computed("sections[1]", persisted=True))
    """The first of them, for lists with room for one."""
    status: Mapped[str] = mapped_column(default=EnrollmentStatus.ACTIVE)
    source: Mapped[str]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    dropped_at: Mapped[dt.datetime | None]
    course_url: Mapped[str | None]
    """The page of the LMS course that their last launch named as the way back."""


class Mentorship(Tenanted, Base):
    """Whose results somebody may look at in a class, as their last launch from an LMS course named them.

    Whoever is named may not have appeared here yet: they are found by what the mentor's platform calls them.
    """

    __tablename__ = "mentorships"

    enrollment_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("enrollments.id", ondelete="CASCADE"), primary_key=True
    )
    """The mentor's."""
    class_context_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("class_contexts.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    sub: Mapped[str] = mapped_column(primary_key=True)
    named_at: Mapped[dt.datetime]


class Published:
    """What students see, or will from a moment on; for queries the condition stands in `classes.publishing`."""

    is_published: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    publish_at: Mapped[dt.datetime | None]
    """From when what is published is seen; None for at once."""

    def is_out(self, *, at: dt.datetime) -> bool:
        """Return whether it is published at a moment, whatever it stands in."""
        return self.is_published and (self.publish_at is None or self.publish_at <= at)


class Module(Row, Tenanted, Published, Base):
    """A part of a class, such as a week or a topic."""

    __tablename__ = "modules"
    __table_args__ = (
        sa.UniqueConstraint("class_id", "order_index", deferrable=True, initially="DEFERRED"),
        sa.CheckConstraint("order_index >= 0", name="order_not_negative"),
    )

    class_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("classes.id", ondelete="CASCADE"))
    title: Mapped[str]
    order_index: Mapped[int]


class ContentItem(Row, Tenanted, Published, Base):
    """Anything that stands in a module. Its kinds have tables of their own that share its id."""

    __tablename__ = "content_items"
    __table_args__ = (
        one_of("type", ContentType),
        sa.UniqueConstraint("module_id", "order_index", deferrable=True, initially="DEFERRED"),
        sa.CheckConstraint("order_index >= 0", name="order_not_negative"),
        sa.Index("ix_content_items_due_date", "due_date"),
    )

    module_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("modules.id", ondelete="CASCADE"))
    type: Mapped[str]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="", server_default="")
    order_index: Mapped[int]
    due_date: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())

    __mapper_args__ = {"polymorphic_on": "type"}  # noqa: RUF012 - SQLAlchemy's own declaration


class CopiedItem(Tenanted, Base):
    """That a content item was copied from one of another class: a second link to the same one finds the same copy."""

    __tablename__ = "copied_items"
    __table_args__ = (sa.UniqueConstraint("class_id", "original_id"),)

    copy_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("content_items.id", ondelete="CASCADE"), primary_key=True)
    original_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("content_items.id", ondelete="SET NULL"), index=True
    )
    class_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("classes.id", ondelete="CASCADE"))
    """The class that the copy stands in."""
    from_class_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("classes.id", ondelete="SET NULL"), index=True
    )
    copied_at: Mapped[dt.datetime]
