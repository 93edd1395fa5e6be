"""Nothing that decides a mark differs unseen between two versions of a problem."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from lti_grader.authoring import access, drafting
from lti_grader.authoring.comparing import compare
from lti_grader.core.db import session, transaction
from lti_grader.problems.harness import AnswerFiles, Autograder, Harness, Stream, StyleCheck, Template, UnitTests
from lti_grader.problems.models import ProblemVersion, TestCase, TestGroup, Visibility
from lti_grader.problems.operations import DraftGroup, DraftProblem, DraftTest, create_problem
from tests.fixtures.world import World

BLOB = f"sha256/{'a' * 64}"
KEPT = {"path": "submissions/a.py", "language": "python", "source": BLOB, "expected": ["fail"], "beside": {}}
HARNESSES = {
    "templates": Harness(templates={"java": Template(file="Answer.java")}), "parameters": Harness(parameters={"deep": {"er": 1}}),
    "files": Harness(files={"a.csv": BLOB}), "checks": Harness(checks={"style": StyleCheck(tool="ruff", most=Decimal("0.5"))}),
    "unit_tests": Harness(
        files={"t.py": BLOB}, unit_tests=UnitTests(runner="pytest", tests={"t.py": Visibility.HIDDEN}, answer="a.py")
    ),
    "answer_files": Harness(answer_files=AnswerFiles()), "only_for": Harness(files={"a.h": BLOB}, only_for={"a.h": ["c"]}),
    "links": Harness(links={"in.txt": Stream.INPUT}),
    "autograder": Harness(files={"a.zip": BLOB}, autograder=Autograder(archive="a.zip", points=Decimal(7))),
}  # fmt: skip
OTHERWISE: dict[type, dict[str, Any]] = {
    ProblemVersion: {
        "kind": "essay", "quiz": {"sections": [{"id": "s", "questions": []}]}, "description_markdown": "x", "starter_code": {"c": "x"}, "reference_solution": {"c": "x"}, "hint": "x",
        "pictures": {"a.png": BLOB}, "cpu_ms": 1, "memory_kb": 2048, "language_limits": {"java": {"memory_kb": 9}}, "submissions": [KEPT],
        "checker": {"kind": "tokens", "line_sensitive": True}, "harness": {"templates": {"python": {}}},
    },
    TestGroup: {
        "name": "x", "points": Decimal(1), "aggregation": "min", "on_reject": "stop", "requires": ..., "order_index": 9,
    },
    TestCase: {
        "name": "x", "input": b"x", "expected": b"x", "input_blob_ref": BLOB, "expected_blob_ref": BLOB, "points": Decimal(9),
        "visibility": "sample", "cpu_ms": 1, "memory_kb": 9, "arguments": ["x"], "code": "x", "extra": "x", "order_index": 9,
    },
}  # fmt: skip
OF_THE_ROW = {"id", "tenant_id", "problem_id", "problem_version_id", "test_group_id", *drafting._OWN}


@pytest.fixture
def two(world: World) -> Iterator[tuple[ProblemVersion, ProblemVersion]]:
    """A version, and a draft that is a copy of it."""
    test = [DraftTest(name, b"1", b"1", Visibility.HIDDEN) for name in ("a", "b")]
    groups = [DraftGroup(name, Decimal(2), test) for name in ("first", "second")]
    with transaction(world.tenant_id):
        version = create_problem(DraftProblem("p", "P", "", groups), owner_id=world.teacher_id)
        version.state = "published"
        session().flush()
        yield (
            version,
            drafting.begin(access.open_problem(version.problem_id, world.teacher_id), version, by=world.teacher_id),
        )


def test_every_column_that_differs_is_told(two: tuple[ProblemVersion, ProblemVersion]) -> None:
    before, draft = two
    assert compare(before, draft).is_nothing
    for table, values in OTHERWISE.items():
        assert set(values) == {one.key for one in sa.inspect(table).columns} - OF_THE_ROW, "a column is new"
        for column, value in values.items():
            with session().begin_nested() as undone:
                row = _last(draft, table)
                if value is ...:
                    value = [_first_group(draft).id]
                if column.endswith("_blob_ref"):
                    setattr(row, column.removesuffix("_blob_ref"), None)
                # The first behind the last is another order.
                if column == "order_index":
                    row = _first_group(draft) if table is TestGroup else _first_test(draft)
                # A quiz has questions, and nothing else has.
                if column == "quiz":
                    draft.kind = "quiz"
                setattr(row, column, value)
                session().flush()
                assert not compare(before, draft).is_nothing, (table, column)
                undone.rollback()


def test_every_part_of_a_harness_that_differs_is_told(two: tuple[ProblemVersion, ProblemVersion]) -> None:
    before, draft = two
    assert set(HARNESSES) == set(Harness.model_fields) - {"kind"}, "a part is new"
    for part, harness in HARNESSES.items():
        draft.harness = harness.model_dump(mode="json", exclude_defaults=True)
        assert compare(before, draft).settings, part


def _groups(draft: ProblemVersion) -> sa.Select[tuple[TestGroup]]:
    return sa.select(TestGroup).where(TestGroup.problem_version_id == draft.id).order_by(TestGroup.order_index)


def _first_group(draft: ProblemVersion) -> TestGroup:
    return session().scalars(_groups(draft)).all()[0]


def _first_test(draft: ProblemVersion) -> TestCase:
    tests = sa.select(TestCase).where(TestCase.test_group_id == _first_group(draft).id).order_by(TestCase.order_index)
    return session().scalars(tests).all()[0]


def _last(draft: ProblemVersion, table: type) -> Any:
    if table is TestCase:
        return _first_test(draft)
    return draft if table is ProblemVersion else session().scalars(_groups(draft)).all()[-1]
