"""Passcodes of assignments, and who has entered one."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Row, Tenanted


class AssignmentPasscode(Row, Tenanted, Base):
    """What students of an assignment enter before they see its problems; an assignment without a row asks for nothing.

    It is no part of the assignment's rules, so that no copy of the assignment has it.
    """

    __tablename__ = "assignment_passcodes"
    __table_args__ = (sa.CheckConstraint("code <> ''", name="code_there"),)

    assignment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("assignments.id", ondelete="CASCADE"), unique=True)
    code: Mapped[str]
    set_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    set_at: Mapped[dt.datetime]


class PasscodeEntry(Tenanted, Base):
    """That somebody entered the passcode of an assignment, and need not do so again."""

    __tablename__ = "passcode_entries"

    assignment_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("assignments.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    entered_at: Mapped[dt.datetime]
