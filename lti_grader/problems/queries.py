"""Reads of the problem bank."""

import dataclasses
import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH, distinct_on

from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.problems.models import Problem, ProblemVersion, TestCase, TestGroup, VersionState


@dataclasses.dataclass(frozen=True)
class PublishedProblem:
    """The newest published version of a problem, as a picker lists it."""

    version_id: uuid.UUID
    title: str
    slug: str
    tags: list[str]
    difficulty: str | None
    number: int


def published_problems(*conditions: sa.ColumnElement[bool]) -> list[PublishedProblem]:
    """Return every problem with a published version for which conditions hold, by title."""
    rows = session().execute(
        sa.select(
            ProblemVersion.id, Problem.title, Problem.slug, Problem.tags, Problem.difficulty, ProblemVersion.number
        )
        .join(Problem, Problem.id == ProblemVersion.problem_id)
        .where(ProblemVersion.state == VersionState.PUBLISHED, *conditions)
        .ext(distinct_on(Problem.id))
        .order_by(Problem.id, ProblemVersion.number.desc())
    )
    return sorted((PublishedProblem(*row) for row in rows), key=lambda one: one.title.casefold())


def problem_named(slug: str) -> Problem | None:
    """Return the institution's problem of that name, None where it has none."""
    return session().scalar(sa.select(Problem).where(Problem.slug == slug))


def version(version_id: uuid.UUID) -> ProblemVersion:
    """Return a version, or raise `NotFound`."""
    found = session().get(ProblemVersion, version_id)
    if found is None:
        raise NotFound("There is no such problem.")
    return found


# The templates' languages alone: their texts may be long.
answer_languages = sa.func.jsonb_path_query_array(
    ProblemVersion.harness, sa.cast("$.templates.keyvalue().key", JSONPATH), type_=JSONB
)


def languages_of(version_id: uuid.UUID) -> list[str]:
    """Return the languages that a version can be answered in; none where it takes whatever its assignment takes."""
    return list(session().scalars(sa.select(answer_languages).where(ProblemVersion.id == version_id)).one())


def title_of(version_id: uuid.UUID) -> str:
    """Return the title of the problem that a version is of."""
    return session().scalars(sa.select(Problem.title).join(ProblemVersion).where(ProblemVersion.id == version_id)).one()


def slug_of(version_id: uuid.UUID) -> str:
    """Return the name of the problem that a version is of, as addresses and files have it."""
    return session().scalars(sa.select(Problem.slug).join(ProblemVersion).where(ProblemVersion.id == version_id)).one()


def tests_of(version_id: uuid.UUID) -> Sequence[sa.Row[TestGroup, TestCase]]:
    """Return the groups and tests of a version in their order."""
    return (
        session()
        .execute(
            sa.select(TestGroup, TestCase)
            .join(TestCase, TestCase.test_group_id == TestGroup.id)
            .where(TestGroup.problem_version_id == version_id)
            .order_by(TestGroup.order_index, TestCase.order_index)
        )
        .all()
    )
