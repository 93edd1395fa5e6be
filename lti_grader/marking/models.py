"""What people give for answers, beside the tests."""

import datetime as dt
import enum
import uuid
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Points, Row, Tenanted, one_of
from lti_grader.marking.second import Decision


class MarkingState(enum.StrEnum):
    UNMARKED = "unmarked"
    IN_PROGRESS = "in_progress"
    DONE = "done"


class Marking(Row, Tenanted, Base):
    """One person's marking of one submission, from when it is wanted; the one that `stands` counts."""

    __tablename__ = "markings"
    __table_args__ = (
        sa.UniqueConstraint("attempt_id", "round"),
        sa.UniqueConstraint("id", "assignment_id", "student_id"),
        sa.Index("uq_markings_one_stands", "attempt_id", unique=True, postgresql_where=sa.text("stands")),
        sa.Index("ix_markings_assignment_problem_id_state", "assignment_problem_id", "state"),
        one_of("state", MarkingState),
        sa.CheckConstraint("round BETWEEN 1 AND 3", name="round_known"),
        sa.CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name="done_has_time"),
        sa.CheckConstraint("NOT stands OR state = 'done'", name="what_stands_is_done"),
        sa.CheckConstraint("adjustment = 0 OR adjustment_reason <> ''", name="adjustment_has_reason"),
        sa.CheckConstraint("(locked_by IS NULL) = (locked_until IS NULL)", name="lock_has_end"),
        sa.CheckConstraint("revision >= 0", name="revision_not_negative"),
        sa.CheckConstraint("seconds_spent >= 0", name="seconds_not_negative"),
    )

    attempt_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("submission_attempts.id", ondelete="CASCADE"))
    # These three are the attempt's: for queues and for the log of changes.
    student_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    assignment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("assignments.id", ondelete="CASCADE"), index=True)
    assignment_problem_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("assignment_problems.id", ondelete="CASCADE")
    )
    problem_version_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("problem_versions.id", ondelete="RESTRICT"), index=True
    )
    """By whose rubric it is marked: that of the version which the tests' result that stands is of."""
    round: Mapped[int] = mapped_column(sa.SmallInteger, default=1, server_default="1")
    """1 the first marker, 2 the second, 3 whoever settles what those two differ in."""
    is_wanted: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    """Whether the submission is one that counts; others keep what they were given."""
    is_second_asked: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Of a first marking: whether somebody asked for a second one of this submission."""
    is_disputed: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Of a first marking: whether a teacher has to decide between it and the second one."""
    state: Mapped[str] = mapped_column(default=MarkingState.UNMARKED)
    stands: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    points: Mapped[Points] = mapped_column(default=Decimal(0), server_default="0")
    """What is given by the rubric, and by comments that change the points; without the adjustment."""
    adjustment: Mapped[Decimal] = mapped_column(sa.Numeric(10, 4), default=Decimal(0), server_default="0")
    adjustment_reason: Mapped[str] = mapped_column(default="", server_default="")
    """Students read it."""
    private_notes: Mapped[str] = mapped_column(default="", server_default="")
    """For staff."""
    marker_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    """Who marked it, or changed it last."""
    done_at: Mapped[dt.datetime | None]
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    """Rises with each change: a page that shows an older one writes over nothing."""
    seconds_spent: Mapped[int] = mapped_column(default=0, server_default="0")
    """For how long its page was open to whoever held it, until it was done."""
    locked_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    locked_until: Mapped[dt.datetime | None]


class RubricScore(Row, Tenanted, Base):
    """What was given for one criterion, in the words of its time."""

    __tablename__ = "rubric_scores"
    __table_args__ = (
        sa.UniqueConstraint("marking_id", "criterion_id"),
        sa.ForeignKeyConstraint(
            ["marking_id", "assignment_id", "student_id"],
            ["markings.id", "markings.assignment_id", "markings.student_id"],
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("points >= 0", name="points_not_negative"),
    )

    marking_id: Mapped[uuid.UUID]
    assignment_id: Mapped[uuid.UUID] = mapped_column(index=True)
    student_id: Mapped[uuid.UUID] = mapped_column(index=True)
    criterion_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("rubric_criteria.id", ondelete="RESTRICT"), index=True
    )
    level_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("rubric_levels.id", ondelete="RESTRICT"), index=True)
    points: Mapped[Points]
    grader_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    criterion_name: Mapped[str]
    criterion_points: Mapped[Points]
    level_description: Mapped[str]
    given_at: Mapped[dt.datetime]


class Moderation(Row, Tenanted, Base):
    """What a teacher decided between two markings of a submission."""

    __tablename__ = "moderations"
    __table_args__ = (
        one_of("decision", Decision),
        sa.CheckConstraint("reason <> ''", name="has_reason"),
    )

    attempt_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("submission_attempts.id", ondelete="CASCADE"), unique=True
    )
    # These two are the attempt's: for the log of changes.
    student_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    assignment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("assignments.id", ondelete="CASCADE"), index=True)
    decision: Mapped[str]
    reason: Mapped[str]
    """For staff."""
    first_points: Mapped[Decimal] = mapped_column(sa.Numeric(10, 4))
    """What the first marking gave in all when it was decided; `second_points` likewise."""
    second_points: Mapped[Decimal] = mapped_column(sa.Numeric(10, 4))
    decided_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    decided_at: Mapped[dt.datetime]


class FeedbackType(enum.StrEnum):
    GRAMMAR = "grammar"
    STYLE = "style"
    STRUCTURE = "structure"
    CONTENT = "content"
    CODE = "code"


class FeedbackSource(enum.StrEnum):
    RULE = "rule"
    AI = "ai"
    TEACHER = "teacher"


class FeedbackState(enum.StrEnum):
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    EDITED = "edited"
    REJECTED = "rejected"
    RELEASED = "released"


class Feedback(Row, Tenanted, Base):
    """A comment on a submission: on lines of it, on a criterion, or on the whole."""

    __tablename__ = "feedback"
    __table_args__ = (
        one_of("type", FeedbackType),
        one_of("source", FeedbackSource),
        one_of("state", FeedbackState),
        sa.ForeignKeyConstraint(
            ["marking_id", "assignment_id", "student_id"],
            ["markings.id", "markings.assignment_id", "markings.student_id"],
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("num_nonnulls(path, first_line, last_line) IN (0, 3)", name="lines_of_a_file"),
        sa.CheckConstraint("first_line >= 1 AND last_line >= first_line", name="lines_in_order"),
        sa.CheckConstraint("text <> ''", name="says_something"),
        sa.Index("ix_feedback_marking_id", "marking_id"),
    )

    attempt_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("submission_attempts.id", ondelete="CASCADE"), index=True
    )
    marking_id: Mapped[uuid.UUID]
    assignment_id: Mapped[uuid.UUID] = mapped_column(index=True)
    student_id: Mapped[uuid.UUID] = mapped_column(index=True)
    type: Mapped[str] = mapped_column(default=FeedbackType.CODE)
    source: Mapped[str] = mapped_column(default=FeedbackSource.TEACHER)
    state: Mapped[str] = mapped_column(default=FeedbackState.ACCEPTED)
    criterion_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("rubric_criteria.id", ondelete="RESTRICT"), index=True
    )
    path: Mapped[str | None]
    """The file whose lines are meant; "" where the answer is one text."""
    first_line: Mapped[int | None]
    last_line: Mapped[int | None]
    text: Mapped[str]
    """Markdown."""
    points: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    """What the comment gives or takes, beside the rubric; None where it only says something."""
    author_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[dt.datetime]


class SavedComment(Row, Tenanted, Base):
    """A comment that is kept to be used again: its owner's in all their classes, or shared with the staff of one."""

    __tablename__ = "saved_comments"
    __table_args__ = (
        sa.CheckConstraint("text <> ''", name="says_something"),
        sa.CheckConstraint("points <> 0", name="points_change_something"),
        sa.CheckConstraint("uses >= 0", name="uses_not_negative"),
    )

    owner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    class_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("classes.id", ondelete="CASCADE"), index=True)
    """With whose staff it is shared; None for its owner's alone."""
    problem_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("problems.id", ondelete="CASCADE"), index=True)
    """Offered where this problem is marked; None for every one."""
    text: Mapped[str]
    """Markdown."""
    points: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 4))
    """What it gives or takes where it is used; None where it only says something."""
    uses: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often it was put on a submission."""
    created_at: Mapped[dt.datetime]
    retired_at: Mapped[dt.datetime | None]
    """Since when it is not offered any more."""
