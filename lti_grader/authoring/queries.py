"""Reads of problems as their authors see them: versions, what uses them, and their tests without loading megabytes."""

import dataclasses
import datetime as dt
import enum
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, aliased

from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.authoring.access import Author, OpenedProblem, readable, used_where
from lti_grader.authoring.models import ProblemImport, VersionCheck, VersionJudging
from lti_grader.classes.models import Class, Module
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.people.models import User
from lti_grader.problems.models import Problem, ProblemVersion, TestCase, TestGroup, VersionState

HEAD_BYTES = 200
"""So much of a test's input and output is shown in a list."""


class Standing(enum.StrEnum):
    """Where a version stands among its problem's."""

    DRAFT = "draft"
    PUBLISHED = "published"
    """The newest that is published: what new assignments get."""
    SUPERSEDED = "superseded"
    """A newer one is published; assignments that use it go on doing so."""
    RETIRED = "retired"


@dataclasses.dataclass(frozen=True)
class Use:
    """An assignment that uses a version."""

    version_id: uuid.UUID
    item_id: uuid.UUID
    assignment_id: uuid.UUID
    title: str
    class_id: uuid.UUID
    class_name: str


@dataclasses.dataclass(frozen=True)
class VersionLine:
    """A version as its problem's page lists it. People are named, None where it came by a command."""

    id: uuid.UUID
    number: int
    standing: Standing
    created_at: dt.datetime
    created_by: str | None
    published_at: dt.datetime | None
    published_by: str | None
    uses: Sequence[Use]
    used_elsewhere: int
    """How many assignments of other classes use it."""


def versions_of(opened: OpenedProblem) -> list[VersionLine]:
    """Return the versions of a problem, the newest first, with the assignments that use them."""
    maker, publisher = aliased(User), aliased(User)
    rows = session().execute(
        sa.select(ProblemVersion, maker, publisher)
        .outerjoin(maker, maker.id == ProblemVersion.created_by)
        .outerjoin(publisher, publisher.id == ProblemVersion.published_by)
        .where(ProblemVersion.problem_id == opened.problem.id)
        .order_by(ProblemVersion.number.desc())
    )
    found = rows.all()
    newest = max((one.number for one, *_ in found if one.state == VersionState.PUBLISHED), default=0)
    uses, elsewhere = _uses_of(opened)
    return [
        VersionLine(
            one.id, one.number, _standing(one, newest), one.created_at, made.display_name if made else None,
            one.published_at, by.display_name if by else None,
            [use for use in uses if use.version_id == one.id], elsewhere.get(one.id, 0),
        )
        for one, made, by in found
    ]  # fmt: skip


def _standing(version: ProblemVersion, newest: int) -> Standing:
    if version.state == VersionState.PUBLISHED and version.number < newest:
        return Standing.SUPERSEDED
    return Standing(version.state)


def _uses_of(opened: OpenedProblem) -> tuple[list[Use], dict[uuid.UUID, int]]:
    """Return the uses in classes that somebody is of the staff of, and by version how many there are elsewhere."""
    rows = session().execute(
        sa.select(
            AssignmentProblem.problem_version_id, AssignmentProblem.id, Assignment.id, Assignment.title, Class.id,
            Class.name,
        )
        .join(ProblemVersion, ProblemVersion.id == AssignmentProblem.problem_version_id)
        .join(Assignment, Assignment.id == AssignmentProblem.assignment_id)
        .join(Module, Module.id == Assignment.module_id)
        .join(Class, Class.id == Module.class_id)
        .where(ProblemVersion.problem_id == opened.problem.id)
        .order_by(Class.name, Assignment.title)
    )  # fmt: skip
    uses: list[Use] = []
    elsewhere: dict[uuid.UUID, int] = {}
    for use in (Use(*row) for row in rows):
        if use.class_id in opened.author.staffs:
            uses.append(use)
        else:
            elsewhere[use.version_id] = elsewhere.get(use.version_id, 0) + 1
    return uses, elsewhere


def version_of(opened: OpenedProblem, version_id: uuid.UUID) -> ProblemVersion:
    """Return a version of a problem, or raise `NotFound`."""
    found = session().get(ProblemVersion, version_id)
    if found is None or found.problem_id != opened.problem.id:
        raise NotFound("This problem has no such version.")
    return found


def draft_of(problem_id: uuid.UUID) -> ProblemVersion | None:
    """Return a problem's draft, None where it has none."""
    return session().scalar(
        sa.select(ProblemVersion).where(
            ProblemVersion.problem_id == problem_id, ProblemVersion.state == VersionState.DRAFT
        )
    )


@dataclasses.dataclass(frozen=True)
class Part:
    """What a test gives or expects: its beginning, and how large it is."""

    head: bytes
    size: int | None
    """In bytes; None for one in the object store, which knows it."""
    ref: str | None

    @property
    def is_whole(self) -> bool:
        return self.size is not None and self.size <= len(self.head)

    @property
    def text(self) -> str:
        return self.head.decode(errors="replace")


@dataclasses.dataclass(frozen=True)
class TestLine:
    """A test as its author's list shows it."""

    __test__ = False

    id: uuid.UUID
    name: str
    visibility: str
    points: Decimal
    cpu_ms: int | None
    memory_kb: int | None
    input: Part
    expected: Part
    code: str
    has_extra: bool


@dataclasses.dataclass(frozen=True)
class GroupLine:
    """A group of tests; `requires` are names of groups."""

    row: TestGroup
    requires: Sequence[str]
    tests: Sequence[TestLine]


def groups_of(version_id: uuid.UUID) -> list[GroupLine]:
    """Return the groups of a version with their tests, of each no more than the beginning."""
    groups = (
        session()
        .scalars(
            sa.select(TestGroup)
            .where(TestGroup.problem_version_id == version_id)
            .order_by(TestGroup.order_index)
            .execution_options(populate_existing=True)
        )
        .all()
    )
    names = {one.id: one.name for one in groups}
    tests: dict[uuid.UUID, list[TestLine]] = {one.id: [] for one in groups}
    for group_id, line in _test_lines(version_id):
        tests[group_id].append(line)
    return [GroupLine(one, [names[id_] for id_ in one.requires if id_ in names], tests[one.id]) for one in groups]


def _test_lines(version_id: uuid.UUID) -> list[tuple[uuid.UUID, TestLine]]:
    def part(column: InstrumentedAttribute[bytes | None]) -> list[Any]:
        return [sa.func.substring(column, 1, HEAD_BYTES, type_=sa.LargeBinary), sa.func.octet_length(column)]

    query: sa.Select[Any] = (
        sa.select(
            TestCase.test_group_id, TestCase.id, TestCase.name, TestCase.visibility, TestCase.points, TestCase.cpu_ms,
            TestCase.memory_kb, *part(TestCase.input), TestCase.input_blob_ref,
            *part(TestCase.expected), TestCase.expected_blob_ref,
            sa.func.left(TestCase.code, 2000), TestCase.extra != "",
        )
        .join(TestGroup, TestGroup.id == TestCase.test_group_id)
        .where(TestGroup.problem_version_id == version_id)
        .order_by(TestGroup.order_index, TestCase.order_index)
    )  # fmt: skip
    return [
        (
            group_id,
            TestLine(
                test_id, name, visibility, points, cpu_ms, memory_kb,
                Part(bytes(given[0] or b""), given[1], given[2]), Part(bytes(given[3] or b""), given[4], given[5]),
                code, has_extra,
            ),
        )
        for group_id, test_id, name, visibility, points, cpu_ms, memory_kb, *given, code, has_extra
        in session().execute(query)
    ]  # fmt: skip


def test_of(version: ProblemVersion, test_id: uuid.UUID) -> tuple[TestGroup, TestCase]:
    """Return a test of a version with its group, or raise `NotFound`."""
    found = (
        session()
        .execute(
            sa.select(TestGroup, TestCase)
            .join(TestCase, TestCase.test_group_id == TestGroup.id)
            .where(TestGroup.problem_version_id == version.id, TestCase.id == test_id)
        )
        .one_or_none()
    )
    if found is None:
        raise NotFound("This version has no such test.")
    return found[0], found[1]


@dataclasses.dataclass(frozen=True)
class ProblemRow:
    """A problem as a list shows it."""

    id: uuid.UUID
    title: str
    slug: str
    published: int | None
    """The number of its newest published version."""
    draft: int | None
    is_used: bool
    """Whether the class uses it whose list this is."""


def problems_for(me: Author, class_id: uuid.UUID, *, most: int = 500) -> list[ProblemRow]:
    """Return the problems that somebody may read, those first that a class of theirs uses, then by title."""
    number = ProblemVersion.number
    used = used_where(Module.class_id == class_id, ProblemVersion.problem_id == Problem.id).correlate(Problem)
    numbers = (
        sa.select(
            ProblemVersion.problem_id,
            sa.func.max(number).filter(ProblemVersion.state == VersionState.PUBLISHED).label("published"),
            sa.func.max(number).filter(ProblemVersion.state == VersionState.DRAFT).label("draft"),
        )
        .group_by(ProblemVersion.problem_id)
        .subquery()
    )
    rows = session().execute(
        sa.select(Problem.id, Problem.title, Problem.slug, numbers.c.published, numbers.c.draft, used)
        .join(numbers, numbers.c.problem_id == Problem.id)
        .where(readable(me))
        .order_by(used.desc(), sa.func.lower(Problem.title), Problem.id)
        .limit(most)
    )
    return [ProblemRow(*row) for row in rows]


@dataclasses.dataclass(frozen=True)
class CheckLine:
    """A check of a version, with what each of its solutions came to."""

    row: VersionCheck
    by: str
    judgings: Sequence[VersionJudging]

    @property
    def tests_total(self) -> int:
        return sum(one.tests_total for one in self.judgings)

    @property
    def tests_done(self) -> int:
        return sum(one.tests_done for one in self.judgings)


def checks_of(version_id: uuid.UUID, *, most: int = 20) -> list[CheckLine]:
    """Return the checks of a version, the last first."""
    checks = session().execute(
        sa.select(VersionCheck, User)
        .join(User, User.id == VersionCheck.started_by)
        .where(VersionCheck.problem_version_id == version_id)
        .order_by(VersionCheck.started_at.desc(), VersionCheck.id.desc())
        .limit(most)
    )
    found = checks.all()
    rows = session().scalars(
        sa.select(VersionJudging)
        .where(VersionJudging.check_id.in_([check.id for check, _ in found]))
        .order_by(VersionJudging.language)
    )
    judgings: dict[uuid.UUID | None, list[VersionJudging]] = {}
    for row in rows:
        judgings.setdefault(row.check_id, []).append(row)
    return [CheckLine(check, user.display_name, judgings.get(check.id, [])) for check, user in found]


def imports_of(class_id: uuid.UUID, *, most: int = 20) -> list[tuple[ProblemImport, str]]:
    """Return the imports of a class with who made each, the last first."""
    rows = session().execute(
        sa.select(ProblemImport, User)
        .join(User, User.id == ProblemImport.by)
        .where(ProblemImport.class_id == class_id)
        .order_by(ProblemImport.created_at.desc(), ProblemImport.id.desc())
        .limit(most)
    )
    return [(row, user.display_name) for row, user in rows]


def try_of(try_id: uuid.UUID, user_id: uuid.UUID) -> VersionJudging:
    """Return what somebody tried, or raise `NotFound`."""
    found = session().get(VersionJudging, try_id)
    if found is None or found.by != user_id or found.check_id is not None:
        raise NotFound("There is no such try of yours.")
    return found


def tries_of(version_id: uuid.UUID, user_id: uuid.UUID, *, most: int = 50) -> Sequence[VersionJudging]:
    """Return what somebody tried on a version, the last first."""
    return (
        session()
        .scalars(
            sa.select(VersionJudging)
            .where(
                VersionJudging.problem_version_id == version_id,
                VersionJudging.by == user_id,
                VersionJudging.check_id.is_(None),
            )
            .order_by(VersionJudging.number.desc())
            .limit(most)
        )
        .all()
    )
