"""Assignments: problems set to a class, with the rules under which they are worked on."""

import datetime as dt
import enum
import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.orm import Mapped, column_property, mapped_column

from lti_grader.assignments.dates import AT_ONCE, NEVER, Dates, OtherDates, UsualDates, dates
from lti_grader.assignments.hints import HintRule
from lti_grader.assignments.lateness import LatePolicy, length_in_words
from lti_grader.assignments.release import Part, Release, ReleaseRule
from lti_grader.classes.models import ContentItem, ContentType
from lti_grader.core.db import Base, Json, Points, Row, Tenanted, one_of
from lti_grader.core.owed import Owed
from lti_grader.problems.models import Difficulty

MOST_COOLDOWN_SECONDS = 24 * 3600


class Mode(enum.StrEnum):
    PRACTICE = "practice"
    EXAM = "exam"
    HOMEWORK = "homework"


class Counts(enum.StrEnum):
    """Which of a student's submissions makes the score of a problem."""

    BEST = "best"
    LATEST = "latest"
    AVERAGE = "average"


class SecondMarking(enum.StrEnum):
    """Which submissions are marked by a second person as well."""

    NONE = "none"
    CHOSEN = "chosen"
    """Those for which somebody of the staff asks."""
    SAMPLE = "sample"
    """Some by chance, and those for which somebody asks."""
    ALL = "all"


class MarkingRules(BaseModel):
    """How people mark what was handed in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    is_anonymous: bool = False
    """Whether pages of marking hide whose work it is."""
    second: SecondMarking = SecondMarking.NONE
    sample_percent: int = Field(default=10, ge=1, le=100)
    """How many of a hundred submissions a sample has."""
    is_blind: bool = True
    """Whether neither of two markers sees the other's marks before both are done."""
    tolerance_percent: int = Field(default=10, ge=0, le=100)
    """Of what the rubric is worth: two markings that differ by more go to a teacher."""


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
    late: LatePolicy = LatePolicy()
    """What late work counts; by default all of its points."""
    cooldown_seconds: int = Field(default=0, ge=0, le=MOST_COOLDOWN_SECONDS)
    """Between two submissions to one problem; Runs are free."""
    show_points: bool = True
    marks: ReleaseRule = ReleaseRule()
    """When students see their points, and the LMS gets them."""
    feedback: ReleaseRule = ReleaseRule()
    """When students see what each test came to, and comments."""
    marking: MarkingRules = MarkingRules()
    hints: HintRule = HintRule()
    """When students see the hints of its problems."""

    regrade_request_days: int | None = Field(default=None, ge=1, le=365)
    """For how many days after the marks are out students may ask for a regrade; None for never."""

    @property
    def cooldown_in_words(self) -> str:
        """The pause between two submissions, in words."""
        return length_in_words(dt.timedelta(seconds=self.cooldown_seconds), seconds=True)

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
    group_set_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("group_sets.id"), index=True)
    """By whose groups it is handed in; None where everybody hands in alone."""
    mode: Mapped[str] = mapped_column(default=Mode.HOMEWORK)
    points_total: Mapped[Points]
    difficulty: Mapped[str] = mapped_column(default=Difficulty.EASY)
    config: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    marks_released_at: Mapped[dt.datetime | None]
    """When a teacher released the marks, or, by nobody, when they came out after the due date; None where the rule alone
    decides.
    """
    marks_released_by: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    feedback_released_at: Mapped[dt.datetime | None]
    feedback_released_by: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), index=True
    )

    def release(self, part: Part, *, last_due: dt.datetime | None) -> Release:
        """How it stands with the release of the marks or the feedback.

        Parameters
        ----------
        last_due
            When the work of the last of its students is due, as `assignments.access` finds it.
        """
        rules, due = self.rules, self.due_date
        if part is Part.MARKS:
            return Release(part, rules.marks, due, last_due, self.marks_released_at, self.marks_released_by)
        return Release(part, rules.feedback, due, last_due, self.feedback_released_at, self.feedback_released_by)

    @property
    def usual_dates(self) -> UsualDates:
        """What it says of everybody whom nothing else is said of."""
        rules = self.rules
        return UsualDates(
            rules.opens_at, self.due_date, rules.closes_at, rules.attempts_allowed, due_closes=self.mode == Mode.EXAM
        )

    def dates(self, own: OtherDates | None = None, of_sections: Sequence[OtherDates] = ()) -> Dates:
        """Return the dates of one person, given what is said of them and of their sections."""
        return dates(self.usual_dates, own, of_sections)

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


class AccessOverride(Row, Tenanted, Base):
    """Dates and attempts of an assignment for one student, or for those of one section."""

    __tablename__ = "access_overrides"
    __table_args__ = (
        sa.UniqueConstraint("assignment_id", "user_id"),
        sa.UniqueConstraint("assignment_id", "section"),
        sa.CheckConstraint("num_nonnulls(user_id, section) = 1", name="for_one"),
        sa.CheckConstraint("section <> ''", name="section_named"),
        sa.CheckConstraint("NOT opens_at_once OR opens_at IS NULL", name="opens_once"),
        sa.CheckConstraint("NOT never_due OR due_date IS NULL", name="due_once"),
        sa.CheckConstraint("NOT never_closes OR closes_at IS NULL", name="closes_once"),
        sa.CheckConstraint("extra_attempts BETWEEN 0 AND 1000", name="extra_attempts_in_bounds"),
        sa.CheckConstraint(
            "opens_at_once OR never_due OR never_closes"
            " OR num_nonnulls(opens_at, due_date, closes_at, extra_attempts) > 0",
            name="says_something",
        ),
    )

    assignment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("assignments.id", ondelete="CASCADE"))
    user_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    section: Mapped[str | None]
    """As in `Enrollment.sections`."""
    opens_at: Mapped[dt.datetime | None]
    """Here and below: None leaves it as it would be without this row."""
    opens_at_once: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Open from the beginning, whatever the assignment says."""
    due_date: Mapped[dt.datetime | None]
    never_due: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    closes_at: Mapped[dt.datetime | None]
    never_closes: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    extra_attempts: Mapped[int | None]
    reason: Mapped[str] = mapped_column(default="", server_default="")
    granted_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    """Who said so last."""
    created_at: Mapped[dt.datetime]
    changed_at: Mapped[dt.datetime | None]
    """When it was last changed, if it was."""

    @property
    def dates(self) -> OtherDates:
        """What it says, for the rule."""
        return OtherDates(
            AT_ONCE if self.opens_at_once else self.opens_at,
            NEVER if self.never_due else self.due_date,
            NEVER if self.never_closes else self.closes_at,
            self.extra_attempts,
        )


class PointsChange(Owed, Base):
    """That somebody changed the points of an assignment, and that the marks given before are owed to be worked out anew."""

    __tablename__ = "points_changes"
    __table_args__ = (
        sa.Index("ix_points_changes_assignment_id_changed_at", "assignment_id", "changed_at"),
        sa.Index("ix_points_changes_owed", "next_try_at", postgresql_where=sa.text("done_at IS NULL")),
    )

    assignment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("assignments.id", ondelete="CASCADE"))
    changed_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    changed_at: Mapped[dt.datetime]
    before: Mapped[Json]
    """The points of each problem of the assignment by its id there, as text, so that they stay exact; `after` likewise."""
    after: Mapped[Json]
    total_before: Mapped[Points]
    total_after: Mapped[Points]
    marks_changed: Mapped[int | None]
    """How many marks came out different; None while they are worked out."""
    done_at: Mapped[dt.datetime | None]
