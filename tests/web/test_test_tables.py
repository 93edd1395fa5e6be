"""The tests of a draft's group as a CSV file: read, taken out, edited and read back."""

import io
import uuid
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_grader.authoring import test_tables
from lti_grader.core.db import session, transaction
from lti_grader.core.tables import BadTable, csv_line, rows, safe, unsafe
from lti_grader.problems.harness import Harness, Template, UnitTests
from lti_grader.problems.models import ProblemVersion, TestCase, Visibility
from lti_grader.problems.operations import DraftGroup, DraftProblem, DraftTest, create_problem
from tests.fixtures.world import World
from tests.web.two_sections import Visit, plain

TESTS = [
    DraftTest("minus", b"-1\r\n2\r\n", b"'-1\n", Visibility.SAMPLE, Decimal("2.5"), extra="kept", cpu_ms=700),
    DraftTest("two", b"2\n", b"4", Visibility.HIDDEN),
]


class Sheet:
    """A teacher with a draft whose only group has tests."""

    def __init__(self, world: World, visit: Visit, *tests: DraftTest, harness: Harness | None = None) -> None:
        self.world, self.client = world, visit(world.teacher_id)
        draft = DraftProblem("sheet", "Sheet", "", [DraftGroup("all", Decimal(4), tests or TESTS)], harness=harness)
        with transaction(world.tenant_id):
            made = create_problem(draft, owner_id=world.teacher_id)
            (group,) = session().scalars(sa.select(TestCase.test_group_id).distinct())
            self.version: uuid.UUID = made.id
            self.url = f"/problems/{made.problem_id}/versions/{made.id}/groups/{group}/tests.csv"

    def give(self, content: bytes, **more: str) -> Any:
        return self.client.post(
            self.url, data={"file": (io.BytesIO(content), "tests.csv"), **more}, follow_redirects=True
        )

    def held(self) -> list[tuple[Any, ...]]:
        columns = (
            TestCase.name,
            TestCase.input,
            TestCase.expected,
            TestCase.points,
            TestCase.visibility,
            TestCase.code,
        )
        with transaction(self.world.tenant_id):
            return [tuple(row) for row in session().execute(sa.select(*columns).order_by(TestCase.order_index))]


def test_a_file_changes_tests_by_their_names_and_adds_the_others(world: World, visit: Visit) -> None:
    sheet = Sheet(world, visit)
    before = sheet.held()
    taken = sheet.client.get(sheet.url)
    assert taken.mimetype == "text/csv"
    assert sheet.client.get(sheet.url.replace("groups", "nothing")).status_code == 404
    assert "0 tests were added and 2 changed; 0 tests were removed" in plain(sheet.give(taken.data).text)
    assert sheet.held() == before, "what goes out comes back as it was, line breaks and signs and all"
    edited = '\ufeffExpected;input;name;visibility\r\n"7\r\n8";5;two;\r\n9;"3\n";;after due\r\n'.encode()
    assert "1 test was added and 1 changed; 1 test was removed" in plain(sheet.give(edited, removes="on").text)
    assert sheet.held() == [
        ("two", b"5", b"7\n8", Decimal(1), "hidden", ""), ("2", b"3\n", b"9", Decimal(1), "after_due", ""),
    ]  # fmt: skip
    with transaction(world.tenant_id):
        assert session().get_one(ProblemVersion, sheet.version).revision == 3, (
            "what was found of it before is worthless"
        )


def test_a_file_with_faults_changes_nothing_and_names_each_line(world: World, visit: Visit) -> None:
    sheet = Sheet(world, visit)
    before = sheet.held()
    faults = b'input,expected,name,points,visibility\n"1\n2",3,a,many,\n4,5,a,,seen\n6,7,,-1,\n'
    refused = sheet.give(faults)
    assert refused.status_code == 422
    text = plain(refused.text)
    assert (
        "Nothing was added. Line 2: Give the points as a number. Line 4: the test “a” stands in line 2 already." in text
    )
    assert "Line 4: the visibility “seen” is none of sample, visible, after_due, hidden." in text
    assert "Line 5: the points are from 0 to 100000." in text
    assert "is no column of tests" in sheet.give(b"input,expected,colour\n1,2,3\n").text
    assert "not in UTF-8" in sheet.give("input,expected\nä,ö\n".encode("latin-1")).text
    assert sheet.held() == before
    with transaction(world.tenant_id):
        assert session().get_one(ProblemVersion, sheet.version).revision == 1


def test_what_no_spreadsheet_holds_is_refused_in_words(world: World, visit: Visit) -> None:
    sheet = Sheet(world, visit, DraftTest("huge", b"x" * 40_000, b"", Visibility.HIDDEN), *TESTS)
    refused = sheet.client.get(sheet.url)
    assert refused.status_code == 422
    assert "larger or no text: huge. Change the tests" in plain(refused.text)


def test_calls_have_a_column_and_tests_of_a_runner_are_refused(world: World, visit: Visit) -> None:
    calls = Sheet(
        world, visit, DraftTest("one", b"", b"1\n", Visibility.SAMPLE, code="print(f(1))"),
        harness=Harness(templates={"python": Template()}),
    )  # fmt: skip
    assert calls.client.get(calls.url).data.splitlines()[0].endswith(b"visibility,code")
    assert "1 test was added" in plain(calls.give(b'code,expected\n"print(f(2), f(3))",2 3\n').text)
    assert calls.held()[1] == ("1", b"", b"2 3", Decimal(1), "hidden", "print(f(2), f(3))")
    runner = UnitTests(runner="pytest", tests={"test_f.py": Visibility.HIDDEN})
    with pytest.raises(BadTable, match="stand in files of their own"):
        test_tables.require_table(Harness(unit_tests=runner, files={"test_f.py": "ref"}))


TEXT = st.text("'=+-@\t\n\r ,;\"a1ü")


@given(st.lists(st.tuples(TEXT, TEXT), max_size=4))
@settings(max_examples=60, deadline=None)
def test_whatever_goes_out_as_a_table_comes_back(cells: list[tuple[str, str]]) -> None:
    text = b"".join(csv_line([safe(one) for one in row]) for row in [("a", "b"), *cells]).decode()
    held = [tuple(unsafe(one) for one in row) for _, row in rows(text)]
    assert held == [("a", "b"), *(row for row in cells if any(safe(one).strip() for one in row))]
