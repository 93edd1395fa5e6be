"""Writing problems and publishing them."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import Conflict, Unprocessable
from lti_grader.problems.models import (
    Aggregation,
    Problem,
    ProblemVersion,
    TestCase,
    TestGroup,
    VersionState,
    Visibility,
)


class SlugTaken(Conflict):
    code = "slug_taken"


class NotReadyToPublish(Unprocessable):
    code = "not_ready_to_publish"


@dataclasses.dataclass(frozen=True)
class DraftTest:
    """A test as an author writes it; `points` is its weight within the group.

    What it reads and what is expected are bytes, or the name of a blob that holds them where they are large.
    """

    name: str
    input: bytes | str
    expected: bytes | str
    visibility: Visibility
    points: Decimal = Decimal(1)


@dataclasses.dataclass(frozen=True)
class DraftGroup:
    name: str
    points: Decimal
    tests: Sequence[DraftTest]
    aggregation: Aggregation = Aggregation.SUM


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
    cpu_ms: int = 2000
    memory_kb: int = 262_144


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
    problem = Problem(tenant_id=tenant, owner_id=owner_id, slug=draft.slug, title=draft.title, tags=list(draft.tags))
    session().add(problem)
    session().flush()
    version = ProblemVersion(
        tenant_id=tenant,
        problem_id=problem.id,
        number=1,
        description_markdown=draft.description_markdown,
        starter_code=dict(draft.starter_code),
        reference_solution=dict(draft.reference_solution),
        hint=draft.hint,
        cpu_ms=draft.cpu_ms,
        memory_kb=draft.memory_kb,
    )
    session().add(version)
    session().flush()
    for place, group in enumerate(draft.groups):
        _add_group(version.id, place, group)
    return version


def _add_group(version_id: uuid.UUID, place: int, draft: DraftGroup) -> None:
    tenant = current_tenant()
    group = TestGroup(
        tenant_id=tenant,
        problem_version_id=version_id,
        order_index=place,
        name=draft.name,
        points=draft.points,
        aggregation=draft.aggregation,
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
        )
        for order, test in enumerate(draft.tests)
    )
    session().flush()


def publish(version: ProblemVersion, *, at: dt.datetime) -> None:
    """Publish a draft. From here on neither it nor its tests change.

    Raises
    ------
    NotReadyToPublish
        It has no test, or its tests are worth nothing.
    """
    worth = session().scalar(
        sa.select(sa.func.sum(TestGroup.points))
        .join(TestCase, TestCase.test_group_id == TestGroup.id)
        .where(TestGroup.problem_version_id == version.id)
    )
    if not worth:
        raise NotReadyToPublish("A problem needs at least one test that is worth points before it can be published.")
    version.state = VersionState.PUBLISHED
    version.published_at = at
    session().flush()
