"""Writing problems and publishing them."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import Conflict, Unprocessable
from lti_grader.problems.drafts import DraftGroup, DraftTest
from lti_grader.problems.harness import Harness
from lti_grader.problems.models import (
    Difficulty,
    KeptSubmission,
    LanguageLimit,
    Problem,
    ProblemKind,
    ProblemVersion,
    TestCase,
    TestGroup,
    VersionState,
)
from lti_grader.problems.quizzes.complaints import complaints
from lti_grader.problems.quizzes.form import Quiz, quiz_of
from lti_grader.problems.quizzes.units import units_of
from lti_grader.problems.rubrics import DraftRubric, points_of, write_rubric

__all__ = [
    "DraftGroup",
    "DraftProblem",
    "DraftTest",
    "NotReadyToPublish",
    "SlugTaken",
    "create_problem",
    "create_version",
    "publish",
]


class SlugTaken(Conflict):
    code = "slug_taken"


class NotReadyToPublish(Unprocessable):
    code = "not_ready_to_publish"


@dataclasses.dataclass(frozen=True)
class DraftProblem:
    """A problem as an author writes it; texts by language id."""

    slug: str
    title: str
    description_markdown: str
    groups: Sequence[DraftGroup]
    starter_code: Mapping[str, str] = dataclasses.field(default_factory=dict)
    reference_solution: Mapping[str, str] = dataclasses.field(default_factory=dict)
    hint: str = ""
    tags: Sequence[str] = ()
    difficulty: Difficulty | None = None
    cpu_ms: int = 2000
    memory_kb: int = 262_144
    checker: Mapping[str, Any] = dataclasses.field(default_factory=lambda: {"kind": "tokens"})
    harness: Harness | None = None
    """How an answer becomes a program, where it is none."""
    language_limits: Mapping[str, LanguageLimit] = dataclasses.field(default_factory=dict)
    submissions: Sequence[KeptSubmission] = ()
    rubric: DraftRubric | None = None
    """By what people mark answers, beside the tests."""
    pictures: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """What the statement shows: name -> blob."""
    quiz: Quiz | None = None
    """Its questions, where it is a quiz: then its groups are made of those when it is published."""


def create_problem(draft: DraftProblem, *, owner_id: uuid.UUID | None = None) -> ProblemVersion:
    """Keep a new problem with its first version, as a draft.

    Raises
    ------
    SlugTaken
        The institution has a problem of that slug.
    """
    tenant = current_tenant()
    if session().scalar(sa.select(Problem.id).where(Problem.slug == draft.slug)):
        raise SlugTaken(f"There is a problem called {draft.slug!r} already: choose another name.")
    problem = Problem(
        tenant_id=tenant, owner_id=owner_id, slug=draft.slug, title=draft.title, tags=list(draft.tags),
        difficulty=draft.difficulty,
    )  # fmt: skip
    session().add(problem)
    session().flush()
    return _add_version(problem.id, 1, draft, owner_id)


def create_version(problem_id: uuid.UUID, draft: DraftProblem, *, by: uuid.UUID | None = None) -> ProblemVersion:
    """Keep another version of a problem as its draft, in the place of a draft that there was.

    Published versions stay as they are, and the title and name are those of the problem.
    """
    mine = ProblemVersion.problem_id == problem_id
    session().execute(sa.select(Problem.id).where(Problem.id == problem_id).with_for_update())
    session().execute(sa.delete(ProblemVersion).where(mine, ProblemVersion.state == VersionState.DRAFT))
    last = session().scalars(sa.select(sa.func.max(ProblemVersion.number)).where(mine)).one()
    return _add_version(problem_id, (last or 0) + 1, draft, by)


def _add_version(problem_id: uuid.UUID, number: int, draft: DraftProblem, by: uuid.UUID | None) -> ProblemVersion:
    version = ProblemVersion(
        tenant_id=current_tenant(),
        problem_id=problem_id,
        number=number,
        description_markdown=draft.description_markdown,
        starter_code=dict(draft.starter_code),
        reference_solution=dict(draft.reference_solution),
        hint=draft.hint,
        cpu_ms=draft.cpu_ms,
        memory_kb=draft.memory_kb,
        checker=dict(draft.checker),
        harness=draft.harness.model_dump(mode="json", exclude_defaults=True) if draft.harness else {},
        created_by=by,
        language_limits={name: dict(limit) for name, limit in draft.language_limits.items()},
        submissions=[dict(one) for one in draft.submissions],
        pictures=dict(draft.pictures),
        kind=ProblemKind.CODE if draft.quiz is None else ProblemKind.QUIZ,
        quiz={} if draft.quiz is None else draft.quiz.as_json(),
    )
    session().add(version)
    session().flush()
    if draft.quiz is None:
        _add_groups(version.id, draft.groups)
    write_rubric(version.id, draft.rubric)
    return version


def _add_groups(version_id: uuid.UUID, groups: Sequence[DraftGroup]) -> None:
    ids: dict[str, uuid.UUID] = {}
    for place, group in enumerate(groups):
        ids[group.name] = _add_group(version_id, place, group, ids)


def _add_group(version_id: uuid.UUID, place: int, draft: DraftGroup, before: Mapping[str, uuid.UUID]) -> uuid.UUID:
    tenant = current_tenant()
    group = TestGroup(
        tenant_id=tenant,
        problem_version_id=version_id,
        order_index=place,
        name=draft.name,
        points=draft.points,
        aggregation=draft.aggregation,
        on_reject=draft.on_reject,
        requires=[before[name] for name in draft.requires],
    )
    session().add(group)
    session().flush()
    session().add_all(
        TestCase(
            tenant_id=tenant,
            test_group_id=group.id,
            order_index=order,
            name=test.name,
            input=test.input if isinstance(test.input, bytes) else None,
            input_blob_ref=test.input if isinstance(test.input, str) else None,
            expected=test.expected if isinstance(test.expected, bytes) else None,
            expected_blob_ref=test.expected if isinstance(test.expected, str) else None,
            points=test.points,
            visibility=test.visibility,
            code=test.code,
            extra=test.extra,
            cpu_ms=test.cpu_ms,
            memory_kb=test.memory_kb,
        )
        for order, test in enumerate(draft.tests)
    )
    session().flush()
    return group.id


def publish(version: ProblemVersion, *, at: dt.datetime, by: uuid.UUID | None = None) -> None:
    """Publish a draft. From here on neither it nor its tests change.

    Raises
    ------
    NotReadyToPublish
        It has no test, or nothing of it is worth points; or something of a quiz is missing.
    """
    if (quiz := quiz_of(version.quiz)) is not None:
        if found := complaints(quiz):
            raise NotReadyToPublish(" ".join(one.text for one in found))
        session().execute(sa.delete(TestGroup).where(TestGroup.problem_version_id == version.id))
        _add_groups(version.id, units_of(quiz))
    if not worth_of(version.id):
        raise NotReadyToPublish(
            "A problem needs at least one test, and points for its tests or by a rubric, before it can be published."
        )
    version.state = VersionState.PUBLISHED
    version.published_at, version.published_by = at, by
    session().flush()


def worth_of(version_id: uuid.UUID) -> Decimal:
    """Return what the tests and the rubric of a version are worth together; 0 where it has no test."""
    tests = session().scalar(
        sa.select(sa.func.sum(TestGroup.points))
        .join(TestCase, TestCase.test_group_id == TestGroup.id)
        .where(TestGroup.problem_version_id == version_id)
    )
    return Decimal(0) if tests is None else tests + points_of(version_id)
