"""Similarity: which submissions to a problem are alike, for a person to look at; no verdict on anybody."""

import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Annotated

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Row, Tenanted, one_of
from lti_grader.core.owed import Owed

Share = Annotated[Decimal, mapped_column(sa.Numeric(5, 4))]
"""A share of the whole, 0 to 1."""


class ReportState(enum.StrEnum):
    COMPARING = "comparing"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class SimilarityReport(Owed, Base):
    """One comparison of what was submitted to a problem of an assignment; what it compares is fixed when it starts."""

    __tablename__ = "similarity_reports"
    __table_args__ = (
        one_of("state", ReportState),
        sa.Index("ix_similarity_reports_problem_started", "assignment_problem_id", "started_at"),
        sa.Index(
            "uq_similarity_reports_one_open",
            "assignment_problem_id",
            unique=True,
            postgresql_where=sa.text("state = 'comparing'"),
        ),
        sa.Index("ix_similarity_reports_owed", "next_try_at", postgresql_where=sa.text("state = 'comparing'")),
        sa.CheckConstraint("(state = 'comparing') = (ended_at IS NULL)", name="ended_has_time"),
        sa.CheckConstraint("(state = 'failed') = (error IS NOT NULL)", name="failed_says_why"),
    )

    assignment_problem_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("assignment_problems.id", ondelete="CASCADE")
    )
    with_earlier: Mapped[bool]
    """Also with what was submitted to the same problem elsewhere: in other classes, and in earlier terms."""
    without_solution: Mapped[bool]
    """Passages of the reference solution do not count, as those of the starter code never do."""
    state: Mapped[str] = mapped_column(default=ReportState.COMPARING)
    started_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    started_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    error: Mapped[str | None]
    """Why it failed, for people."""
    read: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many programs of the language in hand have been read so far."""
    earlier_left_out: Mapped[int] = mapped_column(default=0, server_default="0")
    """Earlier programs that are not compared because there are too many; the oldest ones."""


class SimilarityProgram(Row, Tenanted, Base):
    """A submission that a report compares: each student's latest in each language."""

    __tablename__ = "similarity_programs"
    __table_args__ = (
        sa.UniqueConstraint("report_id", "attempt_id"),
        sa.CheckConstraint("(size IS NULL) = (highest IS NULL)", name="compared_at_once"),
    )

    report_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("similarity_reports.id", ondelete="CASCADE"))
    attempt_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("submission_attempts.id", ondelete="CASCADE"), index=True
    )
    kin: Mapped[str]
    """Programs of one kin are compared with each other: those whose languages are read by the same grammar."""
    is_own: Mapped[bool]
    """Of this assignment, not of earlier ones."""
    size: Mapped[int | None]
    """How much of it there is to compare, in fingerprints; None until it is compared."""
    highest: Mapped[Decimal | None] = mapped_column(sa.Numeric(5, 4))
    """How alike the program is that is most like it."""


class SimilarityPair(Row, Tenanted, Base):
    """Two programs that have much in common."""

    __tablename__ = "similarity_pairs"
    __table_args__ = (
        sa.UniqueConstraint("left_id", "right_id"),
        sa.Index("ix_similarity_pairs_report_score", "report_id", "score"),
        sa.CheckConstraint("left_id <> right_id", name="two"),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name="score_is_share"),
    )

    report_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("similarity_reports.id", ondelete="CASCADE"))
    left_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("similarity_programs.id", ondelete="CASCADE"))
    right_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("similarity_programs.id", ondelete="CASCADE"), index=True)
    score: Mapped[Share]
    """The share of both together that they have in common."""
    left_share: Mapped[Share]
    right_share: Mapped[Share]
    longest: Mapped[int]
    """The longest passage that they have in common, in fingerprints."""
    passages: Mapped[list[list[int]]] = mapped_column(JSONB)
    """Of each common passage its first and last line in the left program, then in the right one; the first line is 1."""
    cluster: Mapped[int | None]
    """The number of the group of more than two that both belong to, by how alike they are."""


class Decision(enum.StrEnum):
    NOTHING = "nothing"
    """There is nothing to it."""
    LOOKED = "looked"
    """Looked at, and still open."""
    TALK = "talk"
    """Somebody is to talk to them."""


class SimilarityNote(Row, Tenanted, Base):
    """What somebody thinks of two submissions after looking; it stands for later reports too. The last one counts."""

    __tablename__ = "similarity_notes"
    __table_args__ = (
        one_of("decision", Decision),
        sa.Index("ix_similarity_notes_pair", "first_attempt_id", "second_attempt_id"),
        sa.CheckConstraint("first_attempt_id < second_attempt_id", name="in_order"),
    )

    first_attempt_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("submission_attempts.id", ondelete="CASCADE"))
    second_attempt_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("submission_attempts.id", ondelete="CASCADE"), index=True
    )
    decision: Mapped[str]
    words: Mapped[str] = mapped_column(default="", server_default="")
    by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    at: Mapped[dt.datetime]


class ActKind(enum.StrEnum):
    STARTED = "started"
    CANCELLED = "cancelled"
    OPENED = "opened"
    COMPARED = "compared"
    """Somebody looked at two programs side by side."""
    NOTED = "noted"
    EXPORTED = "exported"


class SimilarityAct(Row, Tenanted, Base):
    """What somebody did with a report. The application may only add to these."""

    __tablename__ = "similarity_acts"
    __table_args__ = (one_of("kind", ActKind),)

    report_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("similarity_reports.id", ondelete="CASCADE"), index=True)
    pair_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("similarity_pairs.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str]
    by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    at: Mapped[dt.datetime]
