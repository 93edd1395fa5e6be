"""A student's page of their marks, and the gradebook as a file."""

import csv
import html
import io
import re
import uuid

import pytest
import sqlalchemy as sa

from lti_grader.assignments.models import Assignment
from lti_grader.classes.models import Class, Role
from lti_grader.core.db import session, transaction
from lti_grader.gradebook import by_hand
from lti_grader.gradebook.by_hand import typed
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.people.models import User
from tests.fixtures.statements import statements
from tests.fixtures.world import NOW, World
from tests.web.two_sections import Term, Visit, plain

HX = {"HX-Request": "true"}


class Book:
    """A class of two students and three items; the marks of the second are not released."""

    def __init__(self, world: World, visit: Visit) -> None:
        self.world, self.visit = world, visit
        self.first, self.secret, self.open = (world.assignment() for _ in range(3))
        self.ada, self.ben = world.user(name="Ada", email="ada@example.edu"), world.user(name="=Ben()")
        for student, item, mark in (
            (self.ada, self.first, "4"),
            (self.ada, self.secret, "9"),
            (self.ben, self.first, "ex"),
        ):
            self.give(student, item, mark)
        with transaction(world.tenant_id):
            one = session().get_one(Assignment, self.secret)
            one.config = one.config | {"marks": {"when": "by_hand"}}
        self.teacher = visit(world.user(Role.TEACHER))
        self.url = f"/classes/{world.class_id}"

    def give(self, student: uuid.UUID, item: uuid.UUID, mark: str) -> None:
        with transaction(self.world.tenant_id):
            by_hand.decide(student, item, typed(mark), "By eye", by=self.world.teacher_id, at=NOW, seen=None)

    def table(self) -> list[list[str]]:
        text = self.teacher.get(f"{self.url}/gradebook.csv").data.decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text)))

    def read(self, rows: list[list[str]], *, status: int = 200, **more: str) -> str:
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        file = (io.BytesIO(text.getvalue().encode()), "marks.csv")
        answer = self.teacher.post(f"{self.url}/gradebook/import", data={"file": file, **more})
        assert answer.status_code == status, answer.text
        return answer.text

    def apply(self, page: str, reason: str = "The exam") -> tuple[int, str]:
        given = {
            "text": html.unescape(re.findall(r'<textarea name="text"[^>]*>(.*?)</textarea>', page, re.DOTALL)[0]),
            "seen": html.unescape(re.findall(r'name="seen" value="([^"]*)"', page)[0]),
        }
        answer = self.teacher.post(f"{self.url}/gradebook/import", data={"do": "apply", "reason": reason, **given})
        return answer.status_code, plain(answer.text)

    def points(self, student: uuid.UUID, item: uuid.UUID) -> object:
        query = sa.select(GradebookEntry).where(
            GradebookEntry.student_id == student, GradebookEntry.content_item_id == item
        )
        with transaction(self.world.tenant_id):
            entry = session().scalar(query)
            return None if entry is None else entry.points


@pytest.fixture
def book(world: World, visit: Visit) -> Book:
    return Book(world, visit)


def test_a_student_reads_what_is_released_and_what_it_comes_to(book: Book) -> None:
    student = book.visit(book.ada)
    page = plain(student.get(f"{book.url}/marks").text)
    assert "Total so far 40.0 % F" in page
    assert "4 / 10" in page
    assert "9 / 10" not in page
    assert "Marks that are not released do not count in it yet" in page
    assert "Excused" in plain(book.visit(book.ben).get(f"{book.url}/marks").text)
    assert f"{book.url}/marks" in student.get(book.url).text
    assert book.teacher.get(f"{book.url}/marks").status_code == 403
    assert student.get(f"{book.url}/mentored/{book.ben}/marks").status_code == 404


def test_what_if_is_worked_out_by_the_same_rules_and_kept_nowhere(book: Book) -> None:
    student = book.visit(book.ada)
    tried = plain(student.get(f"{book.url}/marks?if-{book.open}=10", headers=HX).text)
    assert "With the marks that you try70.0 % C" in tried.replace("try ", "try")
    assert "is no number" in student.get(f"{book.url}/marks?if-{book.open}=lots", headers=HX).text
    assert book.points(book.ada, book.open) is None
    book.give(book.ada, book.open, "10")
    assert "Total so far 70.0 % C" in plain(student.get(f"{book.url}/marks").text)


def test_the_file_holds_all_marks_and_totals_and_no_formula(book: Book) -> None:
    head, ada, ben = sorted(
        book.table(), key=lambda row: ["Student", "Ada"].index(row[0]) if row[0] in ("Student", "Ada") else 2
    )
    assert head[:5] == ["Student", "E-mail", "LMS user id", "Student id", "Sections"]
    assert head[-2:] == ["Total, %", "Letter"]
    assert ada[5:] == ["4", "9", "", "65.0", "D"]
    assert ben[0] == "'=Ben()"
    assert ben[5:] == ["excused", "", "", "", ""]


def test_a_changed_file_is_shown_as_what_it_changes_and_then_applied_with_a_reason(book: Book) -> None:
    rows = book.table()
    by_name = {row[0]: row for row in rows}
    by_name["Ada"][5], by_name["Ada"][7], by_name["'=Ben()"][6] = "4.0", "8,5", "missing"
    page = book.read([*rows, ["", "nobody@example.edu", "", "", "", "3"]])
    text = plain(page)
    assert "2 marks would change" in text
    assert "Line 4: nobody of this class" in text
    assert "8,5" in text
    assert book.points(book.ada, book.open) is None
    assert book.apply(page, reason=" ")[0] == 422
    assert book.apply(page)[0] == 303
    assert (book.points(book.ada, book.open), book.points(book.ben, book.secret)) == (by_hand.Decimal("8.5"), 0)
    assert "0 marks would change" in plain(book.read(book.table()))


def test_a_file_of_many_marks_is_applied_in_as_many_statements_as_one_of_few(book: Book) -> None:
    def asked(points: int, rows: list[list[str]]) -> int:
        page = book.read([["Student id", f"x [{book.first}]"], *([who[3], str(points)] for who in rows)])
        with statements() as found:
            assert book.apply(page)[0] == 303
        return len(found)

    asked(1, book.table()[1:])
    few = asked(2, book.table()[1:])
    for _ in range(6):
        book.world.user()
    asked(1, book.table()[1:])
    assert asked(2, book.table()[1:]) == few
    assert {book.points(uuid.UUID(row[3]), book.first) for row in book.table()[1:]} == {2}


def test_who_changed_a_mark_meanwhile_is_not_overwritten_by_a_file(book: Book) -> None:
    page = book.read([["E-mail", f"x [{book.first}]"], ["ADA@example.edu", "7"]])
    book.give(book.ada, book.first, "5")
    status, text = book.apply(page)
    assert (status, book.points(book.ada, book.first)) == (409, 5)
    assert "Marks were changed since you looked" in text
    assert "1 mark would change" in text


def test_a_file_that_is_no_gradebook_is_refused_with_what_to_do(book: Book) -> None:
    assert "This is no gradebook" in book.read([["a", "b"], ["1", "2"]], status=422)
    bad = book.read([["LMS user id", f"x [{book.first}]"], [_sub(book, book.ada), "ten"]])
    assert "Line 2, " in plain(bad)
    assert "is no mark" in bad
    assert book.teacher.post(f"{book.url}/gradebook/import").status_code == 422


def _sub(book: Book, student: uuid.UUID) -> str:
    with transaction(book.world.tenant_id):
        return session().get_one(User, student).sub


def test_staff_of_one_section_take_out_and_read_back_theirs_only(term: Term, visit: Visit) -> None:
    world, assistant = term.world, term.world.user(Role.ASSISTANT)
    term.move(assistant, "Evening")
    with transaction(world.tenant_id):
        session().get_one(Class, world.class_id).settings = {"apart": "assistants"}
    browser, url = visit(assistant), f"/classes/{world.class_id}"
    text = browser.get(f"{url}/gradebook.csv").text
    assert str(term.evening) in text
    assert str(term.morning) not in text
    rows = f"Student id,x [{term.assignment}]\n{term.morning},3\n{term.evening},4\n"
    page = browser.post(f"{url}/gradebook/import", data={"text": rows}).text
    assert "1 mark would change" in page
    assert "Line 2: nobody of this class" in page
