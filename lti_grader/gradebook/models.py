"""Grades."""

import datetime as dt
import enum
import uuid
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Points, Row, Tenanted, one_of
from lti_grader.core.owed import Owed


class EntryStatus(enum.StrEnum):
    GRADED = "graded"
    PENDING = "pending"
    MISSING = "missing"
    """A person has said that nothing was handed in: it is worth nothing until something is graded."""
    EXCUSED = "excused"
    """A person has said that it does not count for this student, whatever they hand in."""


def worth(status: str, score: Decimal | None, override: Decimal | None) -> tuple[Decimal | None, bool]:
    """Return the points of an entry with these columns, None where none stand, and whether a person decided that."""
    if override is not None:
        return override, True
    if status == EntryStatus.MISSING:
        return Decimal(0), True
    return (score if status == EntryStatus.GRADED else None), status == EntryStatus.EXCUSED


class GradebookEntry(Row, Tenanted, Base):
    """One student's grade for one content item."""

    __tablename__ = "gradebook_entries"
    __table_args__ = (
        sa.UniqueConstraint("student_id", "content_item_id"),
        one_of("status", EntryStatus),
        sa.CheckConstraint("max_score >= 0", name="maximum_not_negative"),
        sa.CheckConstraint("revision >= 0", name="revision_not_negative"),
        sa.CheckConstraint("(status <> 'graded') OR (score_obtained IS NOT NULL)", name="graded_has_score"),
        sa.CheckConstraint("(status <> 'excused') OR (override_points IS NULL)", name="excused_has_no_points"),
    )

    student_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    content_item_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("content_items.id", ondelete="CASCADE"), index=True
    )
    score_obtained: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    max_score: Mapped[Points]
    grade_letter: Mapped[str | None]
    manual_feedback: Mapped[str] = mapped_column(default="", server_default="")
    private_notes: Mapped[str] = mapped_column(default="", server_default="")
    submitted_at: Mapped[dt.datetime | None]
    """When the work that the score stands on was handed in."""
    status: Mapped[str] = mapped_column(default=EntryStatus.PENDING)
    override_points: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    overridden_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    override_reason: Mapped[str | None]
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    """Rises with each change of the score, and of what is released of it; a delivery says which one it carries."""
    updated_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())

    @property
    def points(self) -> Decimal | None:
        """The points that stand; None while the work waits for a person's look, and where it is excused."""
        return worth(self.status, self.score_obtained, self.override_points)[0]

    @property
    def is_by_hand(self) -> bool:
        """Whether a person decided what it is worth."""
        return worth(self.status, self.score_obtained, self.override_points)[1]


HAS_MARK = sa.or_(
    GradebookEntry.status.in_([EntryStatus.GRADED, EntryStatus.MISSING]), GradebookEntry.override_points.is_not(None)
)
"""The condition that an entry has points."""


class Rescoring(Owed, Base):
    """That the marks of an assignment are owed to be worked out anew, from the same results: other work is late now."""

    __tablename__ = "rescorings"
    __table_args__ = (
        sa.Index("ix_rescorings_assignment_id_asked_at", "assignment_id", "asked_at"),
        sa.Index("ix_rescorings_owed", "next_try_at", postgresql_where=sa.text("done_at IS NULL")),
    )

    assignment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("assignments.id", ondelete="CASCADE"))
    why: Mapped[str]
    """To go after "because"."""
    asked_at: Mapped[dt.datetime]
    marks_changed: Mapped[int | None]
    """How many marks came out different; None while they are worked out."""
    done_at: Mapped[dt.datetime | None]
