"""Regrades: submissions of one problem of an assignment judged once more, tried first and applied on a person's word."""

import datetime as dt
import enum
import uuid
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Points, Row, Tenanted, one_of
from lti_grader.core.owed import Owed


class Which(enum.StrEnum):
    """Which of a student's submissions are judged once more."""

    LATEST = "latest"
    COUNTING = "counting"
    """Those that make the score by the assignment's rule: the best one, the latest, or all for an average."""
    ALL = "all"


class RegradeState(enum.StrEnum):
    JUDGING = "judging"
    PAUSED = "paused"
    READY = "ready"
    """Everything is judged, and nothing is changed yet: somebody decides."""
    APPLYING = "applying"
    APPLIED = "applied"
    CANCELLED = "cancelled"


OPEN = (RegradeState.JUDGING, RegradeState.PAUSED, RegradeState.READY, RegradeState.APPLYING)
"""There is one such at most for each problem of an assignment."""


class Regrade(Owed, Base):
    """One regrade. `tries` and `next_try_at` are about applying it; its judgings are `GradingJob` rows."""

    __tablename__ = "regrades"
    __table_args__ = (
        one_of("which", Which),
        one_of("state", RegradeState),
        sa.Index("ix_regrades_problem_started", "assignment_problem_id", "started_at"),
        sa.Index(
            "uq_regrades_one_open",
            "assignment_problem_id",
            unique=True,
            postgresql_where=sa.text("state IN ('judging', 'paused', 'ready', 'applying')"),
        ),
        sa.Index("ix_regrades_owed", "next_try_at", postgresql_where=sa.text("state = 'applying'")),
        sa.CheckConstraint("state NOT IN ('applying', 'applied') OR reason <> ''", name="applied_has_reason"),
        sa.CheckConstraint("(state IN ('applying', 'applied')) = (applied_at IS NOT NULL)", name="applied_has_time"),
        sa.CheckConstraint("(state = 'applied') = (done_at IS NOT NULL)", name="applied_is_done"),
        sa.CheckConstraint("(state = 'applied') = (marks_changed IS NOT NULL)", name="applied_has_count"),
    )

    assignment_problem_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("assignment_problems.id", ondelete="CASCADE")
    )
    version_before: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("problem_versions.id", ondelete="RESTRICT"), index=True
    )
    """What the assignment used when the regrade was started; `version_after` is what it judges with."""
    version_after: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("problem_versions.id", ondelete="RESTRICT"), index=True
    )
    which: Mapped[str]
    sections: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list, server_default="{}")
    """Students of these sections only; of all where it is empty."""
    student_ids: Mapped[list[uuid.UUID]] = mapped_column(
        ARRAY(sa.UUID(as_uuid=True)), default=list, server_default="{}"
    )
    """These students only; all where it is empty."""
    state: Mapped[str] = mapped_column(default=RegradeState.JUDGING)
    started_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    started_at: Mapped[dt.datetime]
    reason: Mapped[str] = mapped_column(default="", server_default="")
    """Why it was applied."""
    is_reason_told: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether the students whose submissions were judged once more read that too."""
    applied_at: Mapped[dt.datetime | None]
    done_at: Mapped[dt.datetime | None]
    """When the last mark was worked out."""
    marks_changed: Mapped[int | None]

    @property
    def changes_version(self) -> bool:
        return self.version_before != self.version_after


class StepKind(enum.StrEnum):
    STARTED = "started"
    PAUSED = "paused"
    WENT_ON = "went_on"
    TRIED_AGAIN = "tried_again"
    CANCELLED = "cancelled"
    APPLIED = "applied"


class RegradeStep(Row, Tenanted, Base):
    """What somebody did with a regrade. The application may only add to these."""

    __tablename__ = "regrade_steps"
    __table_args__ = (one_of("kind", StepKind),)

    regrade_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("regrades.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    at: Mapped[dt.datetime]


class RegradeMark(Row, Tenanted, Base):
    """What an applied regrade did to one student's mark. The application may only add to these."""

    __tablename__ = "regrade_marks"
    __table_args__ = (sa.UniqueConstraint("regrade_id", "student_id"),)

    regrade_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("regrades.id", ondelete="CASCADE"))
    student_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    points_before: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    """Of the problem, as it counts in the assignment; None where nothing of it was graded."""
    points_after: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    mark_before: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    """Of the whole assignment."""
    mark_after: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    worth: Mapped[Points]
    """What the problem was worth."""
    is_by_hand: Mapped[bool]
    """A person had set the mark, so it stayed."""
