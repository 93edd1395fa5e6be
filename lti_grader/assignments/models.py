"""Assignments: problems set to a class, with the rules under which they are worked on."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.orm import Mapped, column_property, mapped_column

from lti_grader.assignments.release import Part, Release, ReleaseRule
from lti_grader.classes.models import ContentItem, ContentType
from lti_grader.core.db import Base, Json, Points, Row, Tenanted, one_of


class Mode(enum.StrEnum):
    PRACTICE = "practice"
    EXAM = "exam"
    HOMEWORK = "homework"


class Difficulty(enum.StrEnum):
    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class Counts(enum.StrEnum):
    """Which of a student's submissions makes the score of a problem."""

    BEST = "best"
    LATEST = "latest"
    AVERAGE = "average"


class AssignmentConfig(BaseModel):
    """The rules of an assignment, as `assignments.config` holds them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    languages: list[str] = Field(default_factory=lambda: ["python", "cpp", "java", "javascript"], min_length=1)
    attempts_allowed: int | None = Field(default=None, ge=1, le=1000)
    """Submissions to one problem; None for as many as one likes. Runs of the samples are not counted."""
    counts: Counts = Counts.BEST
    opens_at: dt.datetime | None = None
    closes_at: dt.datetime | None = None
    """After this nothing is accepted. Between the due date and this, work is late."""
    show_points: bool = True
    marks: ReleaseRule = ReleaseRule()
    """When students see their points, and the LMS gets them."""
    feedback: ReleaseRule = ReleaseRule()
    """When students see what each test came to, and comments."""

    @model_validator(mode="after")
    def _times_are_aware_and_in_order(self) -> "AssignmentConfig":
        for value in (self.opens_at, self.closes_at):
            if value is not None and value.tzinfo is None:
                raise ValueError("times need a time zone")
        if self.opens_at and self.closes_at and self.opens_at >= self.closes_at:
            raise ValueError("the assignment would close before it opens")
        return self


class Assignment(ContentItem):
    """A content item that is worked on and graded."""

    __tablename__ = "assignments"
    __table_args__ = (  # type: ignore[assignment]
        one_of("mode", Mode),
        one_of("difficulty", Difficulty),
        sa.CheckConstraint("points_total >= 0", name="points_not_negative"),
    )
    __mapper_args__ = {"polymorphic_identity": ContentType.ASSIGNMENT}  # noqa: RUF012

    id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("content_items.id", ondelete="CASCADE"), primary_key=True)
    # Row-level security needs the tenant in each table, so the joined one carries it too.
    tenant_id: Mapped[uuid.UUID] = column_property(
        sa.Column(
            "tenant_id",
            sa.UUID(as_uuid=True),
            sa.ForeignKey("tenants.id", ondelete="RESTRICT"),
            nullable=False,
            index=True,
        ),
        ContentItem.tenant_id,
    )
    mode: Mapped[str] = mapped_column(default=Mode.HOMEWORK)
    points_total: Mapped[Points]
    difficulty: Mapped[str] = mapped_column(default=Difficulty.EASY)
    config: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    marks_released_at: Mapped[dt.datetime | None]
    """When a teacher released the marks; None where the rule alone decides."""
    marks_released_by: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    feedback_released_at: Mapped[dt.datetime | None]
    feedback_released_by: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), index=True
    )

    def release(self, part: Part) -> Release:
        """How it stands with the release of the marks or the feedback."""
        rules = self.rules
        if part is Part.MARKS:
            return Release(part, rules.marks, self.due_date, self.marks_released_at, self.marks_released_by)
        return Release(part, rules.feedback, self.due_date, self.feedback_released_at, self.feedback_released_by)

    @property
    def rules(self) -> AssignmentConfig:
        """The assignment's rules, read and checked."""
        return AssignmentConfig.model_validate(self.config)


class AssignmentProblem(Row, Tenanted, Base):
    """A problem's version as one assignment sets it: its place there and its points."""

    __tablename__ = "assignment_problems"
    __table_args__ = (
        sa.UniqueConstraint("assignment_id", "order_index", deferrable=True, initially="DEFERRED"),
        sa.CheckConstraint("points >= 0", name="points_not_negative"),
        sa.CheckConstraint("order_index >= 0", name="order_not_negative"),
    )

    assignment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("assignments.id", ondelete="CASCADE"))
    problem_version_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("problem_versions.id", ondelete="RESTRICT"), index=True
    )
    order_index: Mapped[int]
    points: Mapped[Points]
    config: Mapped[Json] = mapped_column(default=dict, server_default="{}")
