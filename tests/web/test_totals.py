"""How marks become totals: said on a page, tried out before it is kept, and the same wherever a total stands."""

import datetime as dt
import re
import uuid
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.assignments.models import Assignment
from lti_grader.classes.models import Role
from lti_grader.core.db import session, transaction
from lti_grader.gradebook import by_hand
from lti_grader.gradebook.by_hand import typed
from lti_grader.gradebook.items import graded_items
from lti_grader.gradebook.marks import marks
from lti_grader.gradebook.totals.reads import scheme_of, totals
from tests.fixtures.world import NOW, World
from tests.web.two_sections import Visit, plain

RULES = {"weighting": "weights", "averaging": "points", "missing": "left_out", "places": "1", "rounding": "nearest"}
LETTERS = {"letters": "pass 50\nfail 0"}


class Book:
    """A class of two students, with two homeworks and an exam."""

    def __init__(self, world: World, visit: Visit) -> None:
        self.world = world
        self.first, self.second, self.exam = (world.assignment() for _ in range(3))
        self.ada, self.ben = world.user(name="Ada"), world.user(name="Ben")
        self.browser: FlaskClient = visit(world.user(Role.TEACHER))
        self.url = f"/classes/{world.class_id}/gradebook/totals"

    def give(self, student: uuid.UUID, item: uuid.UUID, mark: str) -> None:
        with transaction(self.world.tenant_id):
            by_hand.decide(student, item, typed(mark), "By eye", by=self.world.teacher_id, at=NOW, seen=None)

    def form(self, **more: str) -> dict[str, str]:
        rows = {"name-0": "Homework", "weight-0": "40", "drop-0": "1", "name-1": "Exam", "weight-1": "60"}
        filed = {f"item-{self.first}": "0", f"item-{self.second}": "0", f"item-{self.exam}": "1"}
        return RULES | LETTERS | rows | filed | more

    def shown(self) -> dict[str, str]:
        page = self.browser.get(f"/classes/{self.world.class_id}/gradebook").text
        rows = re.findall(r'<tr data-student=".*?>([^<]+)</a>.*?data-total>([^<]*)</td>', page, re.DOTALL)
        return dict(rows)


@pytest.fixture
def book(world: World, visit: Visit) -> Book:
    book = Book(world, visit)
    for student, item, mark in (
        (book.ada, book.first, "2"), (book.ada, book.second, "8"), (book.ada, book.exam, "5"),
        (book.ben, book.first, "10"), (book.ben, book.second, "ex"),
    ):  # fmt: skip
        book.give(student, item, mark)
    return book


def test_what_other_rules_would_do_is_shown_before_they_hold(book: Book) -> None:
    assert book.shown() == {"Ada": "50.0 % F", "Ben": "100.0 % A"}
    tried = plain(book.browser.post(book.url, data=book.form()).text)
    assert "1 total rises, 0 fall, and 1 stays the same. 2 students get another letter." in tried
    assert "Ada50.0 F62.0 pass" in tried.replace(" 50.0", "50.0").replace(" 62.0", "62.0")
    assert book.shown()["Ada"] == "50.0 % F"
    assert book.browser.post(book.url, data=book.form(do="keep")).status_code == 303
    # The worse homework is dropped; Ben has no exam yet, and what he is excused from is no homework of his.
    assert book.shown() == {"Ada": "62.0 % pass", "Ben": "100.0 % pass"}
    page = book.browser.get(book.url).text
    assert 'value="Homework"' in page
    said = plain(book.browser.get(f"/classes/{book.world.class_id}/history").text)
    assert "Made a category of the gradebook “Homework”" in said
    assert "Category" in said


def test_categories_are_renamed_exchanged_and_removed(book: Book) -> None:
    book.browser.post(book.url, data=book.form(do="keep"))
    with transaction(book.world.tenant_id):
        homework, exam = [str(one.id) for one in scheme_of(book.world.class_id).categories]
    exchanged = {"id-0": homework, "name-0": "Exam", "id-1": exam, "name-1": "Homework"}
    assert book.browser.post(book.url, data=book.form(do="keep", **exchanged)).status_code == 303
    assert book.shown()["Ada"] == "62.0 % pass"
    removed = book.form(do="keep", **exchanged | {"name-1": ""})
    assert book.browser.post(book.url, data=removed).status_code == 303
    assert book.shown()["Ada"] == "80.0 % pass"
    with transaction(book.world.tenant_id):
        assert [one.name for one in scheme_of(book.world.class_id).categories] == ["Exam"]


@pytest.mark.parametrize(
    ("given", "words"),
    [({"weight-0": "much"}, "is no weight"), ({"weight-0": "-1"}, "weights are numbers"), ({"drop-0": "x"}, "marks to drop"),
     ({"name-1": "Homework"}, "a name of its own"), ({"letters": "A"}, "Letters, line 1"),
     ({"letters": "A 90\nB 90"}, "two letters"), ({"places": "9"}, "Choose from the page")],
)  # fmt: skip
def test_nonsense_is_refused_with_what_was_typed_still_there(book: Book, given: dict[str, str], words: str) -> None:
    answer = book.browser.post(book.url, data=book.form(do="keep", **given))
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="40"' in answer.text or "weight-0" in given


def test_what_is_missing_is_nothing_once_it_is_due_for_the_student(book: Book) -> None:
    with transaction(book.world.tenant_id):
        session().get_one(Assignment, book.exam).due_date = NOW
    before = {name: one.partition(" ")[0] for name, one in book.shown().items()}
    assert before == {"Ada": "50.0", "Ben": "50.0"}
    later = {"due": "on_date", "due_on": f"{dt.datetime.now(dt.UTC) + dt.timedelta(days=9):%Y-%m-%dT%H:%M}"}
    dates = f"/assignments/{book.exam}/dates"
    assert book.browser.post(dates, data={"student": str(book.ben), **later}).status_code == 303
    assert book.shown()["Ben"] == "100.0 % A"


def test_a_total_is_the_same_on_the_page_as_what_the_database_adds_up(book: Book) -> None:
    rows = sa.text(
        "SELECT round(100 * sum(coalesce(override_points, score_obtained)) / sum(max_score), 1) FROM gradebook_entries"
        " WHERE student_id = :student AND status <> 'excused'"
    )
    with transaction(book.world.tenant_id):
        found = {one: session().scalar(rows, {"student": one}) for one in (book.ada, book.ben)}
        items = graded_items(book.world.class_id)
        worked = totals(
            book.world.class_id, scheme_of(book.world.class_id), items, list(found), marks(book.world.class_id), at=NOW
        )
    assert (
        {one: worked[one].percent for one in found} == found == {book.ada: Decimal("50.0"), book.ben: Decimal("100.0")}
    )
    assert book.shown() == {"Ada": "50.0 % F", "Ben": "100.0 % A"}


def test_assistants_read_how_totals_are_worked_out_and_do_not_say_it(book: Book, visit: Visit) -> None:
    assistant = visit(book.world.user(Role.ASSISTANT))
    assert "Teachers who see the whole class" in assistant.get(book.url).text
    assert assistant.post(book.url, data=book.form(do="keep")).status_code == 403
