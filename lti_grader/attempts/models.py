"""What students write: the draft, which changes, and the attempts, which never do."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Row, Tenanted, one_of


class AttemptType(enum.StrEnum):
    TEST_RUN = "test_run"
    """Run: the sample tests only; never counts."""
    FINAL_SUBMISSION = "final_submission"
    """Submit: every test; counts."""
    FILE = "file"
    """A file, as it was handed in to the LMS: nothing judges it as a program, a person or a later grader marks it."""


HANDED_IN = (AttemptType.FINAL_SUBMISSION, AttemptType.FILE)
"""What students hand in, other than trying something out."""


class AttemptStatus(enum.StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    ERROR = "error"
    """We could not judge it after several tries: shown to staff, never held against the student."""
    CANCELLED = "cancelled"
    """A Run that its student took back before its turn came."""
    KEPT = "kept"
    """A file that is here and whose marking is still to come; no judging is owed for it."""


class AssignmentProgress(Row, Tenanted, Base):
    """A student's draft for one problem. Newer revisions wait in Redis until they are flushed here."""

    __tablename__ = "assignment_progress"
    __table_args__ = (
        sa.UniqueConstraint("student_id", "assignment_problem_id"),
        sa.CheckConstraint("revision >= 0", name="revision_not_negative"),
        sa.CheckConstraint("time_spent_seconds >= 0", name="time_not_negative"),
    )

    student_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    assignment_problem_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("assignment_problems.id", ondelete="CASCADE"), index=True
    )
    current_code: Mapped[str] = mapped_column(default="", server_default="")
    current_language: Mapped[str] = mapped_column(default="", server_default="")
    other_drafts: Mapped[dict[str, str]] = mapped_column(default=dict, server_default="{}")
    """Language id -> the text last held in it: changing language and back loses nothing."""
    time_spent_seconds: Mapped[int] = mapped_column(default=0, server_default="0")
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    save_id: Mapped[str] = mapped_column(default="", server_default="")
    """The page's own name for the save that made this revision: a repeated request is recognised by it."""
    attempts_made: Mapped[int] = mapped_column(default=0, server_default="0")
    """The highest attempt number given out; its row lock puts a student's attempts in order."""
    handed_in_at: Mapped[dt.datetime | None]
    """When something was last handed in; None where it was only written, or tried out."""
    is_shared: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether those with whom the student hands in may read the draft."""
    last_updated: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())


class SubmissionAttempt(Row, Tenanted, Base):
    """One press of Run or Submit, or one file that was handed in, kept for ever. A trigger lets only its status and measurements change."""

    __tablename__ = "submission_attempts"
    __table_args__ = (
        sa.UniqueConstraint("student_id", "assignment_problem_id", "attempt_number"),
        sa.UniqueConstraint("student_id", "assignment_problem_id", "idempotency_key"),
        one_of("type", AttemptType),
        one_of("status", AttemptStatus),
        sa.CheckConstraint("(type = 'file') = (status = 'kept')", name="file_is_kept"),
        sa.CheckConstraint("attempt_number >= 1", name="number_from_one"),
        sa.CheckConstraint("code_blob_ref ~ '^sha256/[0-9a-f]{64}$'", name="blob_ref_form"),
        sa.Index(
            "ix_submission_attempts_team_id",
            "team_id",
            "assignment_problem_id",
            postgresql_where=sa.text("team_id IS NOT NULL"),
        ),
        sa.Index("ix_submission_attempts_problem_created", "assignment_problem_id", "created_at"),
        sa.Index(
            "ix_submission_attempts_open",
            "created_at",
            postgresql_where=sa.text("status IN ('queued', 'processing')"),
        ),
    )

    type: Mapped[str]
    student_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    """Who pressed the button."""
    team_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("submission_teams.id"))
    """With whom it was handed in, who pressed among them; None where it is one student's alone."""
    assignment_problem_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("assignment_problems.id", ondelete="RESTRICT")
    )
    problem_version_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("problem_versions.id", ondelete="RESTRICT"), index=True
    )
    attempt_number: Mapped[int]
    idempotency_key: Mapped[str]
    code_blob_ref: Mapped[str]
    code_bytes: Mapped[int]
    language: Mapped[str]
    status: Mapped[str] = mapped_column(default=AttemptStatus.QUEUED)
    created_at: Mapped[dt.datetime]
    execution_time_ms: Mapped[int | None]
    memory_usage_kb: Mapped[int | None]
    time_focused_seconds: Mapped[int] = mapped_column(default=0, server_default="0")
