"""What is found of a version before it is published: its own solutions judged by its tests, and what its authors try."""

import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Row, Tenanted, one_of
from lti_grader.core.owed import Owed
from lti_grader.grading.verdicts import agrees, came_to


class CheckState(enum.StrEnum):
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    DROPPED = "dropped"
    """Stopped by a person, or its draft was edited meanwhile."""


class VersionCheck(Row, Tenanted, Base):
    """A version's own programs judged by all of its tests, beside what is expected of each; kept with it for ever."""

    __tablename__ = "version_checks"
    __table_args__ = (
        one_of("state", CheckState),
        sa.Index(
            "uq_version_checks_one_running",
            "problem_version_id",
            unique=True,
            postgresql_where=sa.text("state = 'running'"),
        ),
        sa.Index("ix_version_checks_version_started", "problem_version_id", "started_at"),
        sa.CheckConstraint("(state = 'running') = (finished_at IS NULL)", name="running_is_unfinished"),
        sa.CheckConstraint("reason IS NULL OR state = 'failed'", name="reason_of_failed"),
    )

    problem_version_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("problem_versions.id", ondelete="CASCADE"))
    revision: Mapped[int]
    """Of the draft: an edit after it makes what was found worthless."""
    publishes: Mapped[bool]
    """Whether the version is to be published if all agree."""
    state: Mapped[str] = mapped_column(default=CheckState.RUNNING)
    started_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="RESTRICT"), index=True)
    """Nobody where it was made by a command."""
    started_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]
    reason: Mapped[str | None]
    """Why the version is published although something came to what is not expected of it."""


class JudgingKind(enum.StrEnum):
    SOLUTION = "solution"
    """A reference solution or a submission that is kept with the problem, for a check."""
    RUN = "run"
    """Somebody of the staff tries the samples, as a student's Run."""
    SUBMISSION = "submission"


class JudgingStatus(enum.StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    """Could not be judged: `error` says why, which is never the program's fault."""
    LEFT_OUT = "left_out"
    """A solution whose language is not on this machine."""
    DROPPED = "dropped"


class VersionJudging(Row, Tenanted, Base):
    """One program judged by a version's tests, which counts nowhere."""

    __tablename__ = "version_judgings"
    __table_args__ = (
        one_of("kind", JudgingKind),
        one_of("status", JudgingStatus),
        sa.UniqueConstraint("by", "idempotency_key"),
        sa.Index("ix_version_judgings_version_by", "problem_version_id", "by"),
        sa.Index("ix_version_judgings_owed", "sent_at", postgresql_where=sa.text("status IN ('queued', 'running')")),
        sa.CheckConstraint("(kind = 'solution') = (check_id IS NOT NULL)", name="solution_has_check"),
        sa.CheckConstraint("(status = 'running') = (claimed_by IS NOT NULL)", name="running_has_worker"),
        sa.CheckConstraint("(status = 'running') = (lease_until IS NOT NULL)", name="running_has_lease"),
        sa.CheckConstraint("(status = 'done') = (points IS NOT NULL)", name="done_has_points"),
        sa.CheckConstraint("status NOT IN ('failed', 'left_out') OR error IS NOT NULL", name="failed_has_error"),
    )

    problem_version_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("problem_versions.id", ondelete="CASCADE"))
    revision: Mapped[int]
    check_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("version_checks.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str]
    by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="RESTRICT"))
    """Nobody where a command judged it."""
    number: Mapped[int] = mapped_column(default=1, server_default="1")
    """Counts what one person tries."""
    idempotency_key: Mapped[str | None]
    language: Mapped[str]
    """"" where nobody knows it."""
    code_blob_ref: Mapped[str]
    path: Mapped[str] = mapped_column(default="", server_default="")
    """What a program of a check is called; "" for what somebody tries."""
    expected: Mapped[list[str] | None] = mapped_column(ARRAY(sa.Text))
    """Verdicts, of which one has to come out ("accepted" or a `TestStatus`); None where nothing is expected."""
    beside: Mapped[dict[str, str]] = mapped_column(default=dict, server_default="{}")
    """Files that belong to it as well: name -> name of the blob."""
    status: Mapped[str] = mapped_column(default=JudgingStatus.QUEUED)
    claimed_by: Mapped[uuid.UUID | None]
    lease_until: Mapped[dt.datetime | None]
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[dt.datetime]
    sent_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]
    tests_done: Mapped[int] = mapped_column(default=0, server_default="0")
    tests_total: Mapped[int] = mapped_column(default=0, server_default="0")
    points: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    maximum: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    compiler_output: Mapped[str | None]
    error: Mapped[str | None]
    outcomes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")
    """What became of each test, with its names, so that it can be read whatever becomes of a draft's tests."""

    @property
    def verdicts(self) -> frozenset[str]:
        """What it came to: "accepted", or each of the other verdicts that occurred; none until it is judged."""
        return came_to(one["status"] for one in self.outcomes) if self.status == JudgingStatus.DONE else frozenset()

    @property
    def agrees(self) -> bool | None:
        """Whether it came to what is expected of it; None where nothing is, or it was not judged."""
        return agrees(self.verdicts, self.expected)


class ImportState(enum.StrEnum):
    READING = "reading"
    READ = "read"
    """What is in it, and what of that cannot be carried over, is told; nothing is kept yet."""
    KEEPING = "keeping"
    KEPT = "kept"
    FAILED = "failed"
    """It could not be read: `error` says why."""
    DISCARDED = "discarded"


OWED_IMPORTS = (ImportState.READING, ImportState.KEEPING)


class ProblemImport(Owed, Base):
    """A file with problems that a teacher gave: read by a worker, told, and only then kept as drafts."""

    __tablename__ = "problem_imports"
    __table_args__ = (
        one_of("state", ImportState),
        sa.Index("ix_problem_imports_class_created", "class_id", "created_at"),
        sa.Index("ix_problem_imports_owed", "next_try_at", postgresql_where=sa.text("state IN ('reading', 'keeping')")),
        sa.CheckConstraint("state <> 'failed' OR error IS NOT NULL", name="failed_has_error"),
        sa.CheckConstraint("total >= jsonb_array_length(found)", name="found_within_total"),
    )

    class_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("classes.id", ondelete="CASCADE"))
    by: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="RESTRICT"), index=True)
    problem_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("problems.id", ondelete="SET NULL"), index=True)
    """The problem that it is to be the next version of; None for problems of their own."""
    filename: Mapped[str]
    blob_ref: Mapped[str]
    size: Mapped[int]
    prototypes_ref: Mapped[str | None]
    """A Moodle XML file with the types of the questions."""
    state: Mapped[str] = mapped_column(default=ImportState.READING)
    format: Mapped[str] = mapped_column(default="", server_default="")
    total: Mapped[int] = mapped_column(default=0, server_default="0")
    found: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")
    """What each of its problems is, as far as they are read: see `authoring.importing`."""
    wanted: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")
    """Which of them are to be kept, and as what."""
    error: Mapped[str | None]
    created_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]
