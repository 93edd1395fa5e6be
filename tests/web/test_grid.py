"""The gradebook's grid: who is in it, in which order, and how it is loaded."""

import re
import uuid

import pytest
from flask.testing import FlaskClient

from lti_grader.classes.models import Role
from lti_grader.core.db import transaction
from lti_grader.gradebook import by_hand, grid
from lti_grader.gradebook.by_hand import typed
from tests.fixtures.statements import statements
from tests.fixtures.world import NOW
from tests.web.two_sections import Term, Visit


class Grid:
    """A class of three students and two items, before a teacher."""

    def __init__(self, term: Term, visit: Visit) -> None:
        self.world, self.term = term.world, term
        self.item, self.other = term.assignment, self.world.assignment()
        for student, mark in ((term.morning, "4"), (term.evening, "9.5"), (term.nowhere, "ex")):
            self.give(student, mark)
        self.browser: FlaskClient = visit(self.world.user(Role.TEACHER))
        self.url = f"/classes/{self.world.class_id}/gradebook"

    def give(self, student: uuid.UUID, mark: str) -> None:
        with transaction(self.world.tenant_id):
            by_hand.decide(student, self.item, typed(mark), "By eye", by=self.world.teacher_id, at=NOW, seen=None)

    def order(self, query: str = "", page: str = "") -> list[uuid.UUID]:
        text = self.browser.get(f"{self.url}{page}?{query}").text
        return [uuid.UUID(one) for one in re.findall(r'<tr data-student="([^"]+)"', text)]


@pytest.fixture
def shown(term: Term, visit: Visit) -> Grid:
    return Grid(term, visit)


def test_students_are_sorted_by_name_or_by_a_mark_with_those_without_one_last(shown: Grid) -> None:
    term = shown.term
    assert shown.order() == [term.morning, term.evening, term.nowhere]
    assert shown.order("down=1") == [term.nowhere, term.evening, term.morning]
    assert shown.order(f"sort={shown.item}&down=1") == [term.evening, term.morning, term.nowhere]
    assert shown.order(f"sort={shown.item}") == [term.morning, term.evening, term.nowhere]
    page = shown.browser.get(f"{shown.url}?sort={shown.item}&down=1").text
    assert 'aria-sort="descending"' in page
    assert shown.browser.get(f"{shown.url}?sort=x").status_code == 404


def test_students_are_found_by_section_and_by_a_part_of_their_name(shown: Grid) -> None:
    term, name = shown.term, shown.world.user(name="Zoë Ångström")
    assert shown.order("section=Evening") == [term.evening]
    assert shown.order("search=ångström+zo") == [name]
    assert "Nobody is found" in shown.browser.get(f"{shown.url}?search=nobody-of-that-name").text


def test_a_cell_says_what_stands_whether_by_hand_and_what_the_lms_has(shown: Grid) -> None:
    world = shown.world
    world.column(shown.other)
    student = shown.term.morning
    world.judge(world.hand_in(student, world.items(shown.other)[0], stored=False), 7)
    (row,) = re.findall(rf'<tr data-student="{student}".*?</tr>', shown.browser.get(shown.url).text, re.DOTALL)
    _, by_hand_cell, judged = re.findall(r"<td[^>]*>[^<]*</td>", row)
    assert re.fullmatch(r'<td role="gridcell" data-seen="1\.0" class="by-hand">4</td>', by_hand_cell)
    assert re.fullmatch(r'<td role="gridcell" data-seen="1\.0" data-lms="pending">7</td>', judged)
    assert ">Excused</td>" in shown.browser.get(shown.url).text


def test_names_come_at_once_and_marks_by_parts_in_as_many_queries_whatever_the_number(
    shown: Grid, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "ROWS", 2)
    monkeypatch.setattr("lti_grader.gradebook.grid_views.ROWS", 2)
    shown.browser.get(shown.url)
    with statements() as few:
        page = shown.browser.get(shown.url).text
    assert len(shown.order()) == 3
    (waiting,) = re.findall(r"<tbody class=\"waits\".*?</tbody>", page, re.DOTALL)
    assert str(shown.term.nowhere) in waiting
    assert f'"from": 2, "students": "{shown.term.nowhere}"' in waiting
    assert shown.order(f"from=2&students={shown.term.nowhere}", "/rows") == [shown.term.nowhere]
    part = shown.browser.get(f"{shown.url}/rows?from=2&students={shown.term.nowhere}").text
    assert (">Excused</td>" in part, 'aria-rowindex="4"' in part) == (True, True)
    for query in (
        "from=2",
        "from=x&students=" + str(shown.term.nowhere),
        "from=2&students=x",
        "from=0&students=" + ".".join([str(shown.term.nowhere)] * 3),
    ):
        assert shown.browser.get(f"{shown.url}/rows?{query}").status_code == 404, query
    for _ in range(4):
        shown.give(shown.term.student("Morning"), "3")
    with statements() as many:
        shown.browser.get(shown.url)
    assert len(many) == len(few) <= 16
