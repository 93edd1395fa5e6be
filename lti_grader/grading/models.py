"""Judgings of attempts and what came of each test."""

import datetime as dt
import enum
import uuid
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Row, Tenanted, one_of
from lti_grader.core.ids import new_id
from lti_grader.grading.verdicts import TestStatus


class JobReason(enum.StrEnum):
    SUBMITTED = "submitted"
    REGRADE = "regrade"
    APPEAL = "appeal"
    TRIAL = "trial"
    """For a regrade that nobody has applied: it counts for nothing, and no student hears of it."""


class JobStatus(enum.StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    """Given up after several tries: a matter for staff."""
    WAITING = "waiting"
    """Of a regrade, which sends a few at a time."""
    TRIED = "tried"
    """Judged for a regrade that nobody has applied."""
    DROPPED = "dropped"
    """Not judged, since its regrade was cancelled, or its student took the Run back."""


class GradingJob(Row, Tenanted, Base):
    """One judging of one attempt: the row that says a result is owed, and to whom the work is lent."""

    __tablename__ = "grading_jobs"
    __table_args__ = (
        one_of("reason", JobReason),
        one_of("status", JobStatus),
        sa.Index(
            "uq_grading_jobs_one_open",
            "attempt_id",
            unique=True,
            postgresql_where=sa.text("status IN ('queued', 'running')"),
        ),
        sa.Index(
            "uq_grading_jobs_one_current",
            "attempt_id",
            unique=True,
            postgresql_where=sa.text("status = 'done' AND superseded_by IS NULL"),
        ),
        sa.Index(
            "ix_grading_jobs_owed",
            "priority",
            "created_at",
            postgresql_where=sa.text("status IN ('queued', 'running')"),
        ),
        sa.Index(
            "ix_grading_jobs_turns",
            "tenant_id",
            "priority",
            "turn_at",
            postgresql_where=sa.text("status = 'queued'"),
        ),
        sa.Index("ix_grading_jobs_finished", "finished_at"),
        sa.CheckConstraint("(status = 'running') = (claimed_by IS NOT NULL)", name="running_has_worker"),
        sa.CheckConstraint("(status = 'running') = (lease_until IS NOT NULL)", name="running_has_lease"),
        sa.Index(
            "ix_grading_jobs_waiting",
            "regrade_id",
            postgresql_where=sa.text("status = 'waiting'"),
        ),
        sa.CheckConstraint("(status IN ('done', 'tried')) = (points IS NOT NULL)", name="done_has_points"),
        sa.CheckConstraint("(status = 'tried') <= (reason = 'trial')", name="tried_is_trial"),
        sa.CheckConstraint("(reason = 'trial') <= (status <> 'done')", name="trial_is_never_done"),
        sa.CheckConstraint("(reason = 'trial') <= (regrade_id IS NOT NULL)", name="trial_has_regrade"),
    )

    attempt_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("submission_attempts.id", ondelete="CASCADE"), index=True
    )
    problem_version_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("problem_versions.id", ondelete="RESTRICT"), index=True
    )
    reason: Mapped[str] = mapped_column(default=JobReason.SUBMITTED)
    status: Mapped[str] = mapped_column(default=JobStatus.QUEUED)
    priority: Mapped[int] = mapped_column(sa.SmallInteger, default=3, server_default="3")
    """0 first: exams, then homework, then practice, then runs of the samples."""
    claimed_by: Mapped[uuid.UUID | None]
    """The claim's own id, new each time: a worker that lost its lease cannot record."""
    lease_until: Mapped[dt.datetime | None]
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    sent_at: Mapped[dt.datetime | None]
    """When a message was last sent for it; the sweeper sends again what stays unclaimed."""
    points: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    maximum: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    compiler_output: Mapped[str | None]
    error: Mapped[str | None]
    superseded_by: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("grading_jobs.id", ondelete="SET NULL"), index=True
    )
    regrade_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("regrades.id", ondelete="CASCADE"), index=True)
    """The regrade that it was made for. What it took the place of says so by `superseded_by`."""
    created_at: Mapped[dt.datetime]
    turn_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    """Its place among those of the same priority (see `grading.turns`)."""
    finished_at: Mapped[dt.datetime | None]

    @hybrid_property
    def stands(self) -> bool:
        """Whether its result is the one that counts for its attempt: it is judged, and no later judging took its place."""
        return self.status == JobStatus.DONE and self.superseded_by is None

    @stands.inplace.expression
    @classmethod
    def _stands_in_sql(cls) -> sa.ColumnElement[bool]:
        return sa.and_(cls.status == JobStatus.DONE, cls.superseded_by.is_(None))


class TestResult(Tenanted, Base):
    """What became of one test in one job. Partitioned by month of grading."""

    __test__ = False
    __tablename__ = "test_results"
    __table_args__ = (
        one_of("status", TestStatus),
        sa.Index("ix_test_results_attempt_status", "attempt_id", "status"),
        sa.Index("ix_test_results_test_case_status", "test_case_id", "status"),
        {"postgresql_partition_by": "RANGE (graded_at)"},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    graded_at: Mapped[dt.datetime] = mapped_column(primary_key=True)
    job_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("grading_jobs.id", ondelete="CASCADE"), index=True)
    attempt_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("submission_attempts.id", ondelete="CASCADE"))
    test_case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("test_cases.id", ondelete="RESTRICT"))
    status: Mapped[str]
    score: Mapped[Decimal] = mapped_column(sa.Numeric(10, 4))
    time_ms: Mapped[int]
    memory_kb: Mapped[int]
    message: Mapped[str] = mapped_column(default="", server_default="")
    output: Mapped[str | None]
    """The beginning of what the program wrote, kept for tests a student may see."""
