"""The names under which students stand on the leaderboards of a class."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Tenanted


class LeaderboardName(Tenanted, Base):
    """What classmates know a student by on a leaderboard: drawn for them, or of their own choice."""

    __tablename__ = "leaderboard_names"
    __table_args__ = (sa.UniqueConstraint("class_id", "folded"),)

    class_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("classes.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    name: Mapped[str]
    folded: Mapped[str]
    """The name without case and accents: no two of a class may look alike."""
    is_own: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether the student chose it."""
    is_shown: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    """Whether they stand on the leaderboards at all."""
