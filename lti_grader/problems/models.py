"""Problems: reusable, and versioned so that a published one never changes under anybody."""

import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Any, TypedDict, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lti_grader.core.db import Base, Json, Points, Row, Tenanted, one_of


class Sharing(enum.StrEnum):
    SELF = "self"
    CLASS = "class"
    TENANT = "tenant"


class VersionState(enum.StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class ProblemKind(enum.StrEnum):
    CODE = "code"
    ESSAY = "essay"
    QUIZ = "quiz"


class Aggregation(enum.StrEnum):
    """How the tests of a group make its points."""

    SUM = "sum"
    MIN = "min"
    PASS_FAIL = "pass_fail"


class OnReject(enum.StrEnum):
    CONTINUE = "continue"
    STOP = "stop"


class Visibility(enum.StrEnum):
    """What a student sees of a test: samples are also run by Run; hidden ones only count."""

    SAMPLE = "sample"
    VISIBLE = "visible"
    AFTER_DUE = "after_due"
    HIDDEN = "hidden"


class Difficulty(enum.StrEnum):
    """How difficult a problem is, or an assignment, from the easiest."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class LanguageLimit(TypedDict, total=False):
    """What a test may use in one language: as it stands, without what is usually added for that language."""

    cpu_ms: int
    memory_kb: int


class KeptSubmission(TypedDict):
    """A submission that came with a problem; `source` and the values of `beside` are names of blobs."""

    path: str
    language: str | None
    source: str
    expected: list[str] | None
    beside: dict[str, str]


class Problem(Row, Tenanted, Base):
    __tablename__ = "problems"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "slug"),
        one_of("shared_with", Sharing),
        one_of("difficulty", Difficulty),
    )

    owner_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), index=True)
    slug: Mapped[str]
    title: Mapped[str]
    tags: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list, server_default="{}")
    difficulty: Mapped[str | None]
    """None where nobody says."""
    shared_with: Mapped[str] = mapped_column(default=Sharing.TENANT)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())


class ProblemVersion(Row, Tenanted, Base):
    """One edition of a problem. Once published, a trigger keeps it and its tests as they are."""

    __tablename__ = "problem_versions"
    __table_args__ = (
        sa.UniqueConstraint("problem_id", "number"),
        one_of("state", VersionState),
        one_of("kind", ProblemKind),
        sa.CheckConstraint("number >= 1", name="number_from_one"),
        sa.CheckConstraint("cpu_ms > 0 AND memory_kb > 0", name="limits_positive"),
        sa.CheckConstraint("(kind = 'quiz') = (quiz <> '{}')", name="quiz_has_questions"),
        sa.Index(
            "uq_problem_versions_one_draft", "problem_id", unique=True, postgresql_where=sa.text("state = 'draft'")
        ),
    )

    problem_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("problems.id", ondelete="RESTRICT"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(default=VersionState.DRAFT)
    kind: Mapped[str] = mapped_column(default=ProblemKind.CODE)
    description_markdown: Mapped[str]
    starter_code: Mapped[dict[str, str]] = mapped_column(default=dict, server_default="{}")
    """Language id -> what the editor holds at first."""
    reference_solution: Mapped[dict[str, str]] = mapped_column(default=dict, server_default="{}")
    """Language id -> a solution that passes every test. Never shown to students."""
    hint: Mapped[str] = mapped_column(default="", server_default="")
    cpu_ms: Mapped[int] = mapped_column(default=2000, server_default="2000")
    memory_kb: Mapped[int] = mapped_column(default=262_144, server_default="262144")
    language_limits: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    """Language id -> `LanguageLimit`, for those that have limits of their own."""
    checker: Mapped[Json] = mapped_column(default=lambda: {"kind": "tokens"}, server_default='{"kind": "tokens"}')
    harness: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    """How an answer becomes a program where it is none (`problems.harness`); {} where it is one."""
    quiz: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    """The questions of a quiz, as `problems.quizzes.form` reads and writes them; {} where it is none."""
    pictures: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    """Name in the statement -> blob of a picture that it shows."""
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    """Counts a draft's edits: what was found of it holds for one revision only."""
    submissions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")
    """`KeptSubmission`s: what its author wants to be judged so. Never shown to students."""
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    created_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="RESTRICT"), index=True)
    """Nobody where it came by a command."""
    published_at: Mapped[dt.datetime | None]
    published_by: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="RESTRICT"), index=True)

    @property
    def is_quiz(self) -> bool:
        """Whether it is answered by answering questions."""
        return self.kind == ProblemKind.QUIZ

    @property
    def kept_submissions(self) -> list[KeptSubmission]:
        """What `submissions` holds."""
        return cast("list[KeptSubmission]", self.submissions)


class TestGroup(Row, Tenanted, Base):
    __test__ = False
    __tablename__ = "test_groups"
    __table_args__ = (
        sa.UniqueConstraint("problem_version_id", "order_index"),
        one_of("aggregation", Aggregation),
        one_of("on_reject", OnReject),
        sa.CheckConstraint("points >= 0", name="points_not_negative"),
    )

    problem_version_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("problem_versions.id", ondelete="CASCADE"))
    order_index: Mapped[int]
    name: Mapped[str] = mapped_column(default="", server_default="")
    points: Mapped[Points]
    aggregation: Mapped[str] = mapped_column(default=Aggregation.SUM)
    requires: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(sa.UUID(as_uuid=True)), default=list, server_default="{}")
    """Groups of the same version that must be passed for this one to be judged."""
    on_reject: Mapped[str] = mapped_column(default=OnReject.CONTINUE)


class TestCase(Row, Tenanted, Base):
    __test__ = False
    __tablename__ = "test_cases"
    __table_args__ = (
        sa.UniqueConstraint("test_group_id", "order_index"),
        one_of("visibility", Visibility),
        sa.CheckConstraint("points >= 0", name="points_not_negative"),
        sa.CheckConstraint("num_nonnulls(input, input_blob_ref) = 1", name="one_input"),
        sa.CheckConstraint("num_nonnulls(expected, expected_blob_ref) = 1", name="one_expected"),
        sa.CheckConstraint("cpu_ms > 0", name="cpu_positive"),
        sa.CheckConstraint("memory_kb > 0", name="memory_positive"),
    )

    test_group_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("test_groups.id", ondelete="CASCADE"))
    order_index: Mapped[int]
    name: Mapped[str]
    input: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    input_blob_ref: Mapped[str | None]
    expected: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    expected_blob_ref: Mapped[str | None]
    points: Mapped[Decimal] = mapped_column(sa.Numeric(10, 4))
    """Its weight within the group."""
    visibility: Mapped[str] = mapped_column(default=Visibility.HIDDEN)
    cpu_ms: Mapped[int | None]
    memory_kb: Mapped[int | None]
    arguments: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list, server_default="{}")
    code: Mapped[str] = mapped_column(default="", server_default="")
    """What is run together with the answer, such as calls of its function; whoever sees the test sees this."""
    extra: Mapped[str] = mapped_column(default="", server_default="")
    """More for the version's template; never shown to students."""


class Rubric(Row, Tenanted, Base):
    """By what people mark the answers to a version, beside its tests. Once that is published, a trigger keeps it as it is."""

    __tablename__ = "rubrics"
    __table_args__ = (
        sa.UniqueConstraint("problem_version_id"),
        sa.CheckConstraint("points >= 0", name="points_not_negative"),
    )

    problem_version_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("problem_versions.id", ondelete="CASCADE"))
    points: Mapped[Points]
    """The most that it gives: the sum of its criteria."""
    is_shown: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    """Whether students read it with the statement."""


class RubricCriterion(Row, Tenanted, Base):
    __tablename__ = "rubric_criteria"
    __table_args__ = (
        sa.UniqueConstraint("problem_version_id", "order_index", deferrable=True, initially="DEFERRED"),
        sa.UniqueConstraint("id", "problem_version_id"),
        sa.CheckConstraint("points >= 0", name="points_not_negative"),
    )

    problem_version_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("rubrics.problem_version_id", ondelete="CASCADE")
    )
    order_index: Mapped[int]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="", server_default="")
    """Markdown."""
    points: Mapped[Points]
    """The most that it gives: those of its best level."""


class RubricLevel(Row, Tenanted, Base):
    __tablename__ = "rubric_levels"
    __table_args__ = (
        sa.UniqueConstraint("criterion_id", "order_index", deferrable=True, initially="DEFERRED"),
        # The version stands here too, so that one rule keeps the three tables of a rubric.
        sa.ForeignKeyConstraint(
            ["criterion_id", "problem_version_id"],
            ["rubric_criteria.id", "rubric_criteria.problem_version_id"],
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("points >= 0", name="points_not_negative"),
    )

    criterion_id: Mapped[uuid.UUID]
    problem_version_id: Mapped[uuid.UUID] = mapped_column(index=True)
    order_index: Mapped[int]
    points: Mapped[Points]
    description: Mapped[str]
    exemplar: Mapped[str] = mapped_column(default="", server_default="")
    """What work of this level looks like, in Markdown."""
