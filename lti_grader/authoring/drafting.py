"""Writing a draft: made from a version, edited part by part, given up. Each edit makes what was found before worthless."""

import dataclasses
import datetime as dt
import re
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lti_grader.authoring import checking
from lti_grader.authoring.access import OpenedProblem
from lti_grader.authoring.errors import BadDraft, DraftExists, NoDraft
from lti_grader.authoring.owing import locked
from lti_grader.authoring.queries import draft_of
from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import GraderError, NotFound
from lti_grader.core.ids import new_id
from lti_grader.problems.checkers import checker_config
from lti_grader.problems.models import (
    Aggregation,
    KeptSubmission,
    OnReject,
    Problem,
    ProblemVersion,
    TestCase,
    TestGroup,
    VersionState,
    Visibility,
)
from lti_grader.problems.operations import DraftGroup, DraftProblem, create_problem
from lti_grader.problems.queries import problem_named
from lti_grader.problems.quizzes.editing import new_id as quiz_id
from lti_grader.problems.quizzes.form import Quiz, Section
from lti_grader.problems.rubrics import rubric_of, write_rubric

_OWN = frozenset({"id", "number", "state", "revision", "created_at", "created_by", "published_at", "published_by"})
MOST_POINTS, _MOST_CPU_MS, _MOST_MEMORY_KB = Decimal(100_000), 60_000, 4_194_304


def new_problem(title: str, *, by: uuid.UUID, is_quiz: bool = False) -> ProblemVersion:
    """Make a problem with an empty draft.

    Parameters
    ----------
    is_quiz
        Whether it is to be a quiz, and not a program that students write.

    Raises
    ------
    BadDraft
        It has no title.
    """
    title = title.strip()[:200]
    if not title:
        raise BadDraft("Give the problem a title.")
    quiz = Quiz(sections=[Section(id=quiz_id())]) if is_quiz else None
    draft = DraftProblem(free_slug(title), title, "", [DraftGroup("Tests", Decimal(10), [])], quiz=quiz)
    return create_problem(draft, owner_id=by)


def free_slug(title: str) -> str:
    """Return a name that no problem of the institution has, made of a title."""
    plain = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "problem"
    number = 1
    while problem_named(plain if number == 1 else f"{plain}-{number}") is not None:
        number += 1
    return plain if number == 1 else f"{plain}-{number}"


def begin(opened: OpenedProblem, version: ProblemVersion, *, by: uuid.UUID) -> ProblemVersion:
    """Make a draft that is a copy of a version.

    Raises
    ------
    DraftExists
        The problem has a draft.
    """
    session().execute(sa.select(Problem.id).where(Problem.id == opened.problem.id).with_for_update())
    if draft_of(opened.problem.id) is not None:
        raise DraftExists("This problem has a draft already: edit that one, or give it up.")
    last = session().scalars(
        sa.select(sa.func.max(ProblemVersion.number)).where(ProblemVersion.problem_id == opened.problem.id)
    )
    copied = {one.key: getattr(version, one.key) for one in sa.inspect(ProblemVersion).column_attrs}
    draft = ProblemVersion(
        id=new_id(), number=(last.one() or 0) + 1, state=VersionState.DRAFT, created_by=by,
        **{name: value for name, value in copied.items() if name not in _OWN},
    )  # fmt: skip
    session().add(draft)
    session().flush()
    if not version.is_quiz:
        _copy_tests(version.id, draft.id)
    if (rubric := rubric_of(version.id)) is not None:
        write_rubric(draft.id, rubric.draft)
    return draft


def _copy_tests(version_id: uuid.UUID, draft_id: uuid.UUID) -> None:
    """Copy groups and tests within the database: tests may be megabytes."""
    groups = session().scalars(
        sa.select(TestGroup).where(TestGroup.problem_version_id == version_id).order_by(TestGroup.order_index)
    )
    ids: dict[uuid.UUID, uuid.UUID] = {}
    columns = [one for one in sa.inspect(TestCase).columns if one.key not in ("id", "test_group_id")]
    for group in groups.all():
        ids[group.id] = new_id()
        copied = {one.key: getattr(group, one.key) for one in sa.inspect(TestGroup).column_attrs}
        requires = [ids[one] for one in group.requires if one in ids]
        session().add(
            TestGroup(**{**copied, "id": ids[group.id], "problem_version_id": draft_id, "requires": requires})
        )
        session().flush()
        tests = sa.select(sa.func.gen_random_uuid(), sa.literal(ids[group.id]), *columns)
        session().execute(
            sa.insert(TestCase).from_select(
                ["id", "test_group_id", *(one.key for one in columns)], tests.where(TestCase.test_group_id == group.id)
            )
        )


def editable(version: ProblemVersion, *, at: dt.datetime) -> ProblemVersion:
    """Return a draft for an edit: nobody else changes it meanwhile, and what was being judged of it is dropped.

    Raises
    ------
    NoDraft
        It is published.
    """
    draft = locked(version.id)
    if draft.state != VersionState.DRAFT:
        raise NoDraft("A published version never changes: make a new draft of it.")
    draft.revision += 1
    checking.drop(draft, at=at)
    session().flush()
    return draft


def discard(version: ProblemVersion, *, at: dt.datetime) -> bool:
    """Give a draft up. Return whether its problem is gone with it, which had no other version."""
    draft = editable(version, at=at)
    problem_id = draft.problem_id
    session().delete(draft)
    session().flush()
    others = sa.select(ProblemVersion.id).where(ProblemVersion.problem_id == problem_id).limit(1)
    if session().scalar(others) is not None:
        return False
    session().execute(sa.delete(Problem).where(Problem.id == problem_id))
    return True


@dataclasses.dataclass(frozen=True)
class Texts:
    """What a draft says beside its tests; code by language id."""

    description_markdown: str
    hint: str
    cpu_ms: int
    memory_kb: int
    checker: Mapping[str, Any]
    starter_code: Mapping[str, str]
    reference_solution: Mapping[str, str]
    harness: Mapping[str, Any]
    pictures: Mapping[str, str]
    """What the statement shows: name -> blob."""


def write(draft: ProblemVersion, texts: Texts) -> None:
    """Write a draft's texts, limits and checker.

    Raises
    ------
    BadDraft
    """
    if not 0 < texts.cpu_ms <= _MOST_CPU_MS:
        raise BadDraft("The processor time is more than nothing, and a minute at most.")
    if not 1024 <= texts.memory_kb <= _MOST_MEMORY_KB:
        raise BadDraft("The memory is 1 MiB at least and 4096 MiB at most.")
    try:
        checker_config(texts.checker)
    except GraderError as error:
        raise BadDraft(error.message) from None
    for field in dataclasses.fields(texts):
        value = getattr(texts, field.name)
        setattr(draft, field.name, dict(value) if isinstance(value, Mapping) else value)
    session().flush()


def write_quiz(draft: ProblemVersion, quiz: Quiz) -> None:
    """Write the questions of a draft that is a quiz."""
    draft.quiz = quiz.as_json()
    session().flush()


def show_pictures(draft: ProblemVersion, pictures: Mapping[str, str]) -> None:
    """Let a draft's texts show these pictures, name -> blob, and no others."""
    draft.pictures = dict(pictures)
    session().flush()


def introduce(draft: ProblemVersion, statement: str, hint: str) -> None:
    """Write what stands before the questions of a quiz."""
    draft.description_markdown, draft.hint = (one.replace("\r\n", "\n").replace("\0", "") for one in (statement, hint))
    session().flush()


def keep_submission(draft: ProblemVersion, given: KeptSubmission) -> None:
    """Keep a submission with a draft, in the place of one of the same path."""
    others = [one for one in draft.submissions if one["path"] != given["path"]]
    draft.submissions = [*others, dict(given)]
    session().flush()


def keep_no_more(draft: ProblemVersion, path: str) -> None:
    """Drop a submission that is kept with a draft, or raise `NotFound`."""
    left = [one for one in draft.submissions if one["path"] != path]
    if len(left) == len(draft.submissions):
        raise NotFound("No such submission is kept with this draft.")
    draft.submissions = left
    session().flush()


@dataclasses.dataclass(frozen=True)
class GroupText:
    """What a form says of a group."""

    name: str
    points: Decimal
    aggregation: Aggregation
    on_reject: OnReject
    requires: Sequence[uuid.UUID] = ()


def add_group(draft: ProblemVersion, said: GroupText) -> TestGroup:
    """Add a group behind the others."""
    _require_points(said.points, "points of a group")
    last = session().scalar(
        sa.select(sa.func.max(TestGroup.order_index)).where(TestGroup.problem_version_id == draft.id)
    )
    group = TestGroup(
        tenant_id=current_tenant(), problem_version_id=draft.id, order_index=-1 if last is None else last,
        name=said.name[:200], points=said.points, aggregation=said.aggregation, on_reject=said.on_reject,
    )  # fmt: skip
    group.order_index += 1
    session().add(group)
    session().flush()
    return group


def group_of(draft: ProblemVersion, group_id: uuid.UUID) -> TestGroup:
    """Return a group of a draft, or raise `NotFound`."""
    found = session().get(TestGroup, group_id)
    if found is None or found.problem_version_id != draft.id:
        raise NotFound("This draft has no such group.")
    return found


def change_group(group: TestGroup, said: GroupText) -> None:
    """Change a group; it can only require such as are before it.

    Raises
    ------
    BadDraft
    """
    _require_points(said.points, "points of a group")
    before = session().scalars(
        sa.select(TestGroup.id).where(
            TestGroup.problem_version_id == group.problem_version_id, TestGroup.order_index < group.order_index
        )
    )
    if not set(said.requires) <= set(before.all()):
        raise BadDraft("A group can only require groups that stand before it.")
    group.name, group.points, group.requires = said.name[:200], said.points, list(said.requires)
    group.aggregation, group.on_reject = said.aggregation, said.on_reject
    session().flush()


def remove_group(group: TestGroup) -> None:
    """Remove a group with its tests; others require it no more."""
    for other in session().scalars(
        sa.select(TestGroup).where(TestGroup.problem_version_id == group.problem_version_id)
    ):
        if group.id in other.requires:
            other.requires = [one for one in other.requires if one != group.id]
    session().flush()
    session().delete(group)
    session().flush()


@dataclasses.dataclass(frozen=True)
class TestText:
    """What a form says of a test; what it gives and expects is bytes, or the name of a blob where they are many."""

    __test__ = False

    name: str
    visibility: Visibility
    points: Decimal
    input: bytes | str
    expected: bytes | str
    code: str = ""
    extra: str = ""
    cpu_ms: int | None = None
    memory_kb: int | None = None


def put_test(group: TestGroup, said: TestText, test: TestCase | None = None) -> TestCase:
    """Write a test of a draft, or add one behind the others of its group.

    Raises
    ------
    BadDraft
    """
    _require_points(said.points, "weight of a test")
    if not said.name.strip():
        raise BadDraft("Give the test a name.")
    if said.cpu_ms is not None and not 0 < said.cpu_ms <= _MOST_CPU_MS:
        raise BadDraft("The processor time is more than nothing, and a minute at most; or leave it empty.")
    if test is None:
        last = session().scalar(sa.select(sa.func.max(TestCase.order_index)).where(TestCase.test_group_id == group.id))
        test = TestCase(tenant_id=current_tenant(), test_group_id=group.id, order_index=0 if last is None else last + 1)
        session().add(test)
    test.name, test.visibility, test.points = said.name.strip()[:200], said.visibility, said.points
    test.code, test.extra, test.cpu_ms, test.memory_kb = said.code, said.extra, said.cpu_ms, said.memory_kb
    for part in ("input", "expected"):
        value = getattr(said, part)
        setattr(test, part, value if isinstance(value, bytes) else None)
        setattr(test, f"{part}_blob_ref", value if isinstance(value, str) else None)
    session().flush()
    return test


def _require_points(points: Decimal, what: str) -> None:
    if not 0 <= points <= MOST_POINTS:
        raise BadDraft(f"The {what} are from 0 to {MOST_POINTS}.")
