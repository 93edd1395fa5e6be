"""Late days: what students of a class have spent of them, and what they were given beyond everybody's."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Row, Tenanted


class LateDaysSpent(Row, Tenanted, Base):
    """How many late days a student chose to spend on an assignment."""

    __tablename__ = "late_days_spent"
    __table_args__ = (
        sa.UniqueConstraint("assignment_id", "student_id"),
        sa.CheckConstraint("days BETWEEN 1 AND 100", name="days_in_bounds"),
    )

    assignment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("assignments.id", ondelete="CASCADE"))
    student_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    days: Mapped[int]
    chosen_at: Mapped[dt.datetime]


class LateDayGrant(Row, Tenanted, Base):
    """Further late days that a student was given in a class, and why."""

    __tablename__ = "late_day_grants"
    __table_args__ = (
        sa.CheckConstraint("days BETWEEN 1 AND 100", name="days_in_bounds"),
        sa.CheckConstraint("reason <> ''", name="reason_there"),
        sa.Index("ix_late_day_grants_class_id_student_id", "class_id", "student_id"),
    )

    class_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("classes.id", ondelete="CASCADE"))
    student_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    days: Mapped[int]
    reason: Mapped[str]
    granted_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    granted_at: Mapped[dt.datetime]
