"""Problems that are there twice: with the same statement, tests or questions, or nearly the same title."""

import dataclasses
import difflib
import math
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH, aggregate_order_by

from lti_grader.authoring.access import OpenedProblem, readable
from lti_grader.core.db import session
from lti_grader.problems.models import Problem, ProblemKind, ProblemVersion, TestCase, TestGroup

_NEAR = 0.85
_MOST = 10
# White space alone makes no other statement.
_STATEMENT = sa.func.md5(sa.func.regexp_replace(ProblemVersion.description_markdown, r"\s+", " ", "g"))


STATEMENT, TESTS, TITLE = "The statement is the same.", "All tests are the same.", "The title is nearly the same."
QUESTIONS = "All questions are the same."
# A quiz is its questions: introductions are often alike, and what the rows of its tests hold says nothing.
_IS_QUIZ = ProblemVersion.kind == ProblemKind.QUIZ


def _of_each_question(field: str) -> sa.ColumnElement[Any]:
    path = sa.cast(f"$.sections[*].questions[*].{field}", JSONPATH)
    return sa.func.jsonb_path_query_array(ProblemVersion.quiz, path, type_=JSONB)


_ASKED = _of_each_question("prompt").op("||")(_of_each_question("text"))


@dataclasses.dataclass(frozen=True)
class Duplicate:
    """A problem that may be the same."""

    id: uuid.UUID
    title: str
    because: str
    """What of it is the same."""


def duplicates_of(opened: OpenedProblem) -> list[Duplicate]:
    """Return problems that somebody may read which may be this one once more, the surest first, in four queries.

    The same statement, tests or questions means those of any version of either; a title is near from 85 % of difflib's ratio on.
    """
    problem, found = opened.problem, dict[uuid.UUID, Duplicate]()
    others = (Problem.id != problem.id, readable(opened.author))
    for because, hashes in (
        (STATEMENT, statements()),
        (QUESTIONS, questions()),
        (TESTS, tests_of_versions(_of_like_tests(problem.id))),
    ):
        own = sa.select(hashes.c.hash).where(hashes.c.problem_id == problem.id)
        query = (
            sa.select(Problem.id, Problem.title)
            .join(hashes, hashes.c.problem_id == Problem.id)
            .where(hashes.c.hash.in_(own), *others)
            .distinct()
            .order_by(Problem.title, Problem.id)
            .limit(_MOST)
        )
        for id_, title in session().execute(query):
            found.setdefault(id_, Duplicate(id_, title, because))
    for id_, title in session().execute(
        sa.select(Problem.id, Problem.title)
        .where(*others, _may_be_near(problem.title))
        .order_by(Problem.title, Problem.id)
    ):
        if id_ not in found and is_near(title, problem.title):
            found[id_] = Duplicate(id_, title, TITLE)
    return list(found.values())[:_MOST]


def _may_be_near(title: str) -> sa.ColumnElement[bool]:
    """Return a condition that every near title meets: of twice the shorter in both, the share is 85 % at least."""
    least, most = lengths_near(title)
    length = sa.func.char_length(sa.func.regexp_replace(sa.func.btrim(Problem.title), r"\s+", " ", "g"))
    # Some letters become two in small letters: the bounds leave room for a few.
    return length.between(least - 2, most + 2)


def lengths_near(title: str) -> tuple[int, int]:
    """Return how few and how many characters a title has, evened, that is near another."""
    own = len(even(title))
    return math.floor(own * _NEAR / (2 - _NEAR)), math.ceil(own * (2 - _NEAR) / _NEAR)


def even(title: str) -> str:
    """Return a title as titles are held against each other."""
    return " ".join(title.casefold().split())


def is_near(one: str, other: str) -> bool:
    """Return whether two titles are nearly the same."""
    return are_near(difflib.SequenceMatcher(None, even(one), even(other), autojunk=False))


def are_near(matcher: difflib.SequenceMatcher[str]) -> bool:
    """Return whether the two evened titles of a matcher are nearly the same."""
    return matcher.real_quick_ratio() >= _NEAR and matcher.quick_ratio() >= _NEAR and matcher.ratio() >= _NEAR


def statements() -> sa.Subquery:
    """Return the hashes of the statements of each problem, `problem_id` and `hash`."""
    has_words = sa.func.length(sa.func.trim(ProblemVersion.description_markdown)) > 0
    return (
        sa.select(ProblemVersion.problem_id, _STATEMENT.label("hash"))
        .where(has_words, ~_IS_QUIZ)
        .distinct()
        .subquery("statements")
    )


def questions() -> sa.Subquery:
    """Return the hashes of what each quiz asks, `problem_id` and `hash`: its questions' texts, and those of their blanks, as JSON."""
    return (
        sa.select(ProblemVersion.problem_id, sa.func.md5(sa.cast(_ASKED, sa.Text)).label("hash"))
        .where(_IS_QUIZ, sa.func.jsonb_array_length(_ASKED) > 0)
        .distinct()
        .subquery("questions")
    )


def _of_like_tests(problem_id: uuid.UUID) -> sa.Select[tuple[uuid.UUID]]:
    sizes, of = test_sizes(), test_sizes()
    return (
        sa.select(sizes.c.version_id)
        .join(of, sa.and_(of.c.count == sizes.c.count, of.c.bytes == sizes.c.bytes))
        .where(of.c.problem_id == problem_id)
    )


def tests_of_versions(versions: sa.Select[tuple[uuid.UUID]]) -> sa.Subquery:
    """Return a hash of all that the tests of each version give and expect, in whatever order they stand: `problem_id` and `hash`.

    Parameters
    ----------
    versions
        The ids of those that are read at all, such as those with as many tests, of as many bytes: tests may be large.
    """
    parts = [
        sa.func.coalesce(sa.func.md5(TestCase.input), TestCase.input_blob_ref, ""),
        sa.func.coalesce(sa.func.md5(TestCase.expected), TestCase.expected_blob_ref, ""),
        sa.func.md5(TestCase.code),
    ]
    each = sa.func.md5(sa.func.concat_ws("|", *parts))
    return (
        sa.select(
            ProblemVersion.problem_id,
            sa.func.md5(sa.func.array_to_string(sa.func.array_agg(aggregate_order_by(each, each)), ",")).label("hash"),
        )
        .join(TestGroup, TestGroup.problem_version_id == ProblemVersion.id)
        .join(TestCase, TestCase.test_group_id == TestGroup.id)
        .where(ProblemVersion.id.in_(versions), ~_IS_QUIZ)
        .group_by(ProblemVersion.problem_id, ProblemVersion.id)
        .subquery("tests")
    )


def test_sizes() -> sa.Subquery:
    """Return how many tests each version has and how many bytes stand in them: `version_id`, `problem_id`, `count`, `bytes`."""
    length = sa.func.coalesce(sa.func.octet_length(TestCase.input), 0) + sa.func.coalesce(
        sa.func.octet_length(TestCase.expected), 0
    )
    return (
        sa.select(
            ProblemVersion.problem_id,
            ProblemVersion.id.label("version_id"),
            sa.func.count().label("count"),
            sa.func.sum(length).label("bytes"),
        )
        .join(TestGroup, TestGroup.problem_version_id == ProblemVersion.id)
        .join(TestCase, TestCase.test_group_id == TestGroup.id)
        .group_by(ProblemVersion.problem_id, ProblemVersion.id)
        .subquery()
    )
