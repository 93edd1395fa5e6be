"""A version's groups and tests as lists show them, without loading megabytes."""

import dataclasses
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.problems.models import ProblemVersion, TestCase, TestGroup

HEAD_BYTES = 200
"""So much of a test's input and output is shown in a list."""


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


def place_of(group: TestGroup, test: TestCase | None) -> tuple[int, int]:
    """Return at which place of its group a test stands, from 1, and of how many; another one stands behind them."""
    before = sa.func.count().filter(TestCase.order_index < test.order_index) if test else sa.func.count()
    query = sa.select(before, sa.func.count()).where(TestCase.test_group_id == group.id)
    place, count = session().execute(query).one()
    return place + 1, count if test else count + 1
