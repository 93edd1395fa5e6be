"""Problems of a file that may be here already, or in it twice: by the measures of `duplicates`, for hundreds in four queries."""

import difflib
import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict

import sqlalchemy as sa

from lti_grader.authoring.duplicates import (
    QUESTIONS,
    STATEMENT,
    TESTS,
    TITLE,
    are_near,
    even,
    lengths_near,
    questions,
    statements,
    test_sizes,
    tests_of_versions,
)
from lti_grader.core.db import session
from lti_grader.problems.drafts import DraftTest
from lti_grader.problems.models import Problem
from lti_grader.problems.packages.keeping import INLINE_BYTES
from lti_grader.problems.packages.package import Package
from lti_grader.problems.quizzes.form import Quiz

MOST = 3
"""Problems that are told of one."""
SURE = (STATEMENT, QUESTIONS, TESTS)
# As PostgreSQL's \s reads what statements have between words.
_SPACE = re.compile(r"[ \t\n\r\f\v]+")


class Print(TypedDict):
    """What of a problem others are compared by; hashes as `duplicates` makes them, "" where there is nothing to compare."""

    statement: str
    questions: str
    tests: str
    count: int
    """Of tests."""
    bytes: int
    """That stand in the rows of these."""


class Alike(TypedDict):
    """A problem that is here and may be the same."""

    id: str
    because: str


def print_of(package: Package) -> Print:
    """Return what of a package others are compared by, before it is kept.

    Parameters
    ----------
    package
        With every test in it, as `grading.packages.settled` returns it.
    """
    tests = [test for group in package.groups for test in group.tests] if package.quiz is None else []
    words = _SPACE.sub(" ", package.statement) if package.quiz is None else ""
    return {
        "questions": _asked(package.quiz) if package.quiz is not None else "",
        "statement": _md5(words.encode()) if words.strip(" ") else "",
        "tests": _md5(",".join(sorted(map(_hash, tests))).encode()) if tests else "",
        "count": len(tests),
        "bytes": sum(len(one) for test in tests for one in _inline(test)),
    }


def _asked(quiz: Quiz) -> str:
    texts = [one.prompt for one in quiz.questions] + [getattr(one, "text", "") for one in quiz.questions]
    said = [one for one in texts if one]
    return _md5(json.dumps(said, ensure_ascii=False).encode()) if said else ""


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _hash(test: DraftTest) -> str:
    return _md5("|".join((_part(test.input), _part(test.expected), _md5(test.code.encode()))).encode())


def _part(content: bytes | str) -> str:
    if isinstance(content, str):
        return content
    # Larger ones are kept in the store, which calls them so.
    return _md5(content) if len(content) <= INLINE_BYTES else f"sha256/{hashlib.sha256(content).hexdigest()}"


def _inline(test: DraftTest) -> Iterator[bytes]:
    yield from (one for one in (test.input, test.expected) if isinstance(one, bytes) and len(one) <= INLINE_BYTES)


def marked(
    found: Sequence[Mapping[str, Any]], may_read: sa.ColumnElement[bool], *, other_than: uuid.UUID | None = None
) -> list[dict[str, Any]]:
    """Return what an import tells of its problems, each with those that are `alike` here, and the place where it stands `twice` in it.

    Parameters
    ----------
    found
        As imports hold it; what has a `print` is compared.
    may_read
        The condition that a `Problem` is told, such as `access.readable`.
    other_than
        A problem that is not told.
    """
    compared = {place: one for place, one in enumerate(found) if one.get("print")}
    alike: dict[int, dict[str, str]] = {place: {} for place in compared}
    for because, name, hashes in (
        (STATEMENT, "statement", statements()),
        (QUESTIONS, "questions", questions()),
        (TESTS, "tests", tests_of_versions(_of_like_tests(compared.values()))),
    ):
        same = _same(hashes, {one["print"][name] for one in compared.values()} - {""}, may_read)
        for place, one in compared.items():
            for problem_id in same.get(one["print"][name], ()):
                alike[place].setdefault(str(problem_id), because)
    titles = [(str(problem_id), even(title)) for problem_id, title in _titles(may_read)] if compared else []
    first: dict[tuple[str, str], int] = {}
    for place, one in compared.items():
        for near_id in _near(one["title"], titles):
            alike[place].setdefault(near_id, TITLE)
        alike[place].pop(str(other_than), None)
    told = []
    for place, one in enumerate(found):
        line = {name: value for name, value in one.items() if name != "print"}
        if place in compared:
            line["alike"] = [Alike(id=id_, because=why) for id_, why in list(alike[place].items())[:MOST]]
            twice = [
                first.setdefault((name, one["print"][name]), place)
                for name in ("statement", "questions", "tests")
                if one["print"][name]
            ]
            line |= {"twice": min(twice)} if twice and min(twice) < place else {}
        told.append(line)
    return told


def _of_like_tests(compared: Any) -> sa.Select[tuple[uuid.UUID]]:
    sizes = test_sizes()
    pairs = {(one["print"]["count"], one["print"]["bytes"]) for one in compared if one["print"]["tests"]}
    return sa.select(sizes.c.version_id).where(sa.tuple_(sizes.c.count, sizes.c.bytes).in_(sorted(pairs)))


def _same(hashes: sa.Subquery, wanted: set[str], may_read: sa.ColumnElement[bool]) -> dict[str, list[uuid.UUID]]:
    """Return by hash the problems that have it, of those that may be read."""
    if not wanted:
        return {}
    rows = session().execute(
        sa.select(hashes.c.hash, Problem.id)
        .join(Problem, Problem.id == hashes.c.problem_id)
        .where(hashes.c.hash.in_(sorted(wanted)), may_read)
        .distinct()
        .order_by(hashes.c.hash, Problem.id)
    )
    same: dict[str, list[uuid.UUID]] = {}
    for hash_, problem_id in rows:
        if len(held := same.setdefault(hash_, [])) < MOST:
            held.append(problem_id)
    return same


def _titles(may_read: sa.ColumnElement[bool]) -> Sequence[sa.Row[uuid.UUID, str]]:
    return session().execute(sa.select(Problem.id, Problem.title).where(may_read).order_by(Problem.id)).all()


def _near(title: str, others: Sequence[tuple[str, str]]) -> list[str]:
    """Return up to `MOST` of those whose evened titles are nearly a title, in the order in which they are named."""
    least, most = lengths_near(title)
    # What it is held against is looked over once; only titles of about its length are compared at all.
    matcher = difflib.SequenceMatcher(None, "", even(title), autojunk=False)
    found: list[str] = []
    for problem_id, other in others:
        if least <= len(other) <= most:
            matcher.set_seq1(other)
            if are_near(matcher):
                found.append(problem_id)
        if len(found) == MOST:
            break
    return found


def titles_of(problem_ids: set[uuid.UUID], may_read: sa.ColumnElement[bool]) -> dict[uuid.UUID, str]:
    """Return the titles of those of some problems that may be read, in one query."""
    rows = session().execute(sa.select(Problem.id, Problem.title).where(Problem.id.in_(problem_ids), may_read))
    found: dict[uuid.UUID, str] = dict(rows.all())
    return found
