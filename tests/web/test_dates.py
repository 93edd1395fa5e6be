"""Dates of sections and students as pages show them, and the page on which teachers say them."""

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa

from lti_grader.assignments.dates import NEVER
from lti_grader.assignments.queries import held_back
from lti_grader.classes.apart import keep_apart
from lti_grader.classes.models import Apart, Enrollment, Mentorship, Role
from lti_grader.classes.operations import drop
from lti_grader.classes.queries import get_class, membership
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.todo import TodoState, todo_of
from lti_grader.people.models import User
from tests.fixtures.statements import statements
from tests.fixtures.world import NOW, World
from tests.web.two_sections import AFTER_DUE, CLOSES, DAY, DUE, Term, Visit, plain


class TestPages:
    def test_a_list_of_what_there_is_to_do(self, term: Term) -> None:
        term.grant("Morning", due=CLOSES + DAY)

        def line(student: uuid.UUID, at: dt.datetime) -> tuple[str, bool]:
            with transaction(term.tenant_id):
                (found,) = todo_of(student, term.world.class_id, at=at)
                return found.state, found.is_overdue

        assert line(term.evening, DUE + dt.timedelta(hours=1)) == (TodoState.NOT_BEGUN, True)
        assert line(term.morning, DUE + dt.timedelta(hours=1)) == (TodoState.NOT_BEGUN, False)
        assert line(term.evening, CLOSES) == (TodoState.CLOSED, True)
        assert line(term.morning, CLOSES) == (TodoState.NOT_BEGUN, False)

    def test_a_student_reads_their_own_date_and_nobody_elses(self, term: Term, visit: Visit) -> None:
        term.grant(term.morning, due=DUE + 5 * DAY)
        mine, others = visit(term.morning), visit(term.evening)
        urls = [f"/work/{term.item}", f"/assignments/{term.assignment}/students/"]
        for url in urls:
            own = url + str(term.morning) if url.endswith("/") else url
            assert "Your due date (extended) 8 Mar 2026, 10:00 UTC" in plain(mine.get(own).text), own
            own = url + str(term.evening) if url.endswith("/") else url
            assert "Due 3 Mar 2026, 10:00 UTC" in plain(others.get(own).text), own
        home = f"/classes/{term.world.class_id}"
        assert "8 Mar 2026, 10:00 UTC extended" in plain(mine.get(home).text)
        assert "extended" not in others.get(home).text

    def test_no_due_date_and_an_earlier_one(self, term: Term, visit: Visit) -> None:
        term.grant(term.morning, due=NEVER)
        term.grant(term.evening, due=DUE - dt.timedelta(hours=1))
        assert "Your work has no due date (extended)" in plain(visit(term.morning).get(f"/work/{term.item}").text)
        assert "Your due date 3 Mar 2026, 09:00 UTC" in plain(visit(term.evening).get(f"/work/{term.item}").text)

    def test_staff_see_the_students_date_with_their_work_and_the_assignments_elsewhere(
        self, term: Term, visit: Visit
    ) -> None:
        term.grant("Morning", due=DUE + 5 * DAY)
        term.move(term.world.teacher_id, "Morning")
        staff = visit(term.world.teacher_id)
        review = plain(staff.get(f"/assignments/{term.assignment}/students/{term.morning}").text)
        assert "Their due date (extended) 8 Mar 2026" in review
        overview = plain(staff.get(f"/assignments/{term.assignment}").text)
        assert "Due 3 Mar 2026, 10:00 UTC" in overview
        assert "Morning Section due 8 Mar 2026" in overview

    def test_mentors_read_their_students_date(self, term: Term, visit: Visit) -> None:
        term.grant("Morning", due=DUE + 5 * DAY)
        mentor = term.world.user(Role.OBSERVER)
        with transaction(term.tenant_id):
            enrollment = session().scalars(sa.select(Enrollment).where(Enrollment.user_id == mentor)).one()
            session().add(
                Mentorship(
                    tenant_id=term.tenant_id, enrollment_id=enrollment.id, class_context_id=term.world.context_id,
                    sub=session().get_one(User, term.morning).sub, named_at=NOW,
                )
            )  # fmt: skip
        client = visit(mentor)
        assert "8 Mar 2026, 10:00 UTC extended" in plain(
            client.get(f"/classes/{term.world.class_id}/mentored/{term.morning}").text
        )
        review = plain(client.get(f"/assignments/{term.assignment}/students/{term.morning}").text)
        assert "Their due date (extended) 8 Mar 2026" in review

    def test_an_overview_says_when_it_closes_for_whoever_looks(self, term: Term, visit: Visit) -> None:
        two = term.world.assignment(problems=2, due_date=DUE, closes_at=CLOSES, attempts_allowed=2)
        term.grant("Morning", assignment=two, closes=CLOSES + DAY, extra_attempts=3)
        mine = plain(visit(term.morning).get(f"/assignments/{two}").text)
        assert "Closes 5 Mar 2026, 10:00 UTC for you." in mine
        assert "submitted 5 times" in mine
        assert "Closes 4 Mar 2026, 10:00 UTC." in plain(visit(term.evening).get(f"/assignments/{two}").text)

    def test_however_many_assignments_a_list_takes_the_same_number_of_questions(self, term: Term, world: World) -> None:
        def asked() -> int:
            with transaction(world.tenant_id) as opened:
                opened.connection()
                with statements() as found:
                    todo_of(term.morning, world.class_id, at=NOW)
                    held_back(world.class_id, at=NOW)
            return len(found)

        term.release_after_due()
        term.grant("Morning", due=DUE + DAY)
        before = asked()
        for _ in range(4):
            another = world.assignment(due_date=DUE, marks=AFTER_DUE)
            term.grant("Morning", assignment=another, due=DUE + DAY)
            term.grant(term.evening, assignment=another, due=DUE + DAY)
        assert asked() == before == 4


class TestThePage:
    def form(self, **more: str) -> dict[str, str]:
        return {"opens": "", "due": "on_date", "due_on": "2026-03-09T10:00", "closes": "", "reason": "Ill", **more}

    def test_teachers_choose_say_change_and_remove(self, term: Term, visit: Visit) -> None:
        url, staff = f"/assignments/{term.assignment}/dates", visit(term.world.teacher_id)
        first = plain(staff.get(url).text)
        assert "Nobody has other dates" in first
        assert "Morning" in first
        assert "most generous counts" in first
        assert "Section Morning" in plain(staff.get(url, query_string={"section": "Morning"}).text)
        form = self.form(section="Morning", closes="never", extra="2")
        assert staff.post(url, data=form).status_code == 303
        page = plain(staff.get(url).text)
        assert "due 9 Mar 2026, 10:00 UTC never closes 2 further attempts" in page
        assert "Ill" in page
        assert "by Marta Lindqvist" in page
        again = staff.get(url, query_string={"section": "Morning"}).text
        assert 'value="2026-03-09T10:00"' in again
        assert 'value="2"' in again
        (row,) = term.rows()
        assert staff.post(f"{url}/{row.id}/remove").status_code == 303
        assert staff.post(f"{url}/{row.id}/remove").status_code == 404
        assert term.rows() == []

    def test_a_student_is_found_by_name(self, term: Term, visit: Visit) -> None:
        url, staff = f"/assignments/{term.assignment}/dates", visit(term.world.teacher_id)
        name = self.name(term, term.morning)
        found = staff.get(url, query_string={"find": name.lower()}).text
        assert f"?student={term.morning}" in found
        assert "No student of the class" in staff.get(url, query_string={"find": "100%"}).text
        assert "No student of the class" in staff.get(url, query_string={"find": "Lindqvist"}).text
        assert staff.post(url, data=self.form(student=str(term.morning))).status_code == 303
        assert term.dates(term.morning).due_date == dt.datetime(2026, 3, 9, 10, tzinfo=dt.UTC)

    def name(self, term: Term, student: uuid.UUID) -> str:
        with transaction(term.tenant_id):
            return session().get_one(User, student).display_name

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"due_on": ""}, "Say on which date it is due"),
            ({"due_on": "soon"}, "Give dates as"),
            ({"extra": "two"}, "whole number"),
            ({"extra": "99999"}, "from 0 to 1000"),
            ({"due": ""}, "Say what is different"),
        ],
    )
    def test_mistakes_are_told_and_what_was_typed_stays(
        self, term: Term, visit: Visit, more: dict[str, str], words: str
    ) -> None:
        answer = visit(term.world.teacher_id).post(
            f"/assignments/{term.assignment}/dates", data=self.form(section="Morning", **more)
        )
        assert answer.status_code == 422
        assert words in answer.text
        assert 'value="Ill"' in answer.text
        assert term.rows() == []

    @pytest.mark.parametrize("who", [{"section": "Noon"}, {"student": "x"}, {"student": str(uuid.uuid4())}, {}])
    def test_nobody_else_can_be_meant(self, term: Term, visit: Visit, who: dict[str, str]) -> None:
        staff, url = visit(term.world.teacher_id), f"/assignments/{term.assignment}/dates"
        assert staff.post(url, data=self.form(**who)).status_code == 404
        stranger = {"student": str(term.world.user(enrolled=False))}
        assert staff.get(url, query_string=stranger).status_code == 404

    def test_assistants_look(self, term: Term, visit: Visit) -> None:
        term.grant("Morning", due=DUE + DAY, reason="Strike of the trains")
        assistant, url = visit(term.world.user(Role.ASSISTANT)), f"/assignments/{term.assignment}/dates"
        page = assistant.get(url, query_string={"section": "Morning"}).text
        assert "Strike of the trains" in page
        assert 'name="due"' not in page
        assert "/remove" not in page
        assert "Teachers of the class give other dates" in page
        (row,) = term.rows()
        assert assistant.post(url, data=self.form(section="Morning")).status_code == 403
        assert assistant.post(f"{url}/{row.id}/remove").status_code == 403

    def test_who_has_left_is_marked(self, term: Term, visit: Visit) -> None:
        term.grant(term.morning, due=DUE + DAY)
        term.grant("Evening", due=DUE + DAY)
        term.move(term.evening)
        with transaction(term.tenant_id):
            drop(term.world.class_id, {term.morning}, at=NOW)
        staff, url = visit(term.world.teacher_id), f"/assignments/{term.assignment}/dates"
        page = plain(staff.get(url).text)
        assert "Nobody is in it now" in page
        assert "Has left the class" in page
        for row in term.rows():
            assert staff.post(f"{url}/{row.id}/remove").status_code == 303
        assert term.rows() == []

    def test_staff_who_see_one_section_give_dates_to_theirs(self, term: Term, visit: Visit) -> None:
        teacher, url = term.world.user(Role.TEACHER), f"/assignments/{term.assignment}/dates"
        term.move(teacher, "Morning")
        with transaction(term.tenant_id):
            owner = membership(term.world.class_id, term.world.teacher_id)
            keep_apart(get_class(term.world.class_id), Apart.STAFF, owner)
        term.grant("Evening", due=DUE + DAY)
        term.grant(term.evening, due=DUE + DAY)
        staff = visit(teacher)
        assert "Nobody has other dates" in staff.get(url).text
        for whose in ({"section": "Evening"}, {"student": str(term.evening)}):
            assert staff.get(url, query_string=whose).status_code == 404
            assert staff.post(url, data=self.form(**whose)).status_code == 404
        assert "No student" in staff.get(url, query_string={"find": self.name(term, term.evening)}).text
        for row in term.rows():
            assert staff.post(f"{url}/{row.id}/remove").status_code == 404
        assert staff.post(url, data=self.form(student=str(term.morning))).status_code == 303
        assert term.dates(term.morning).due_date == dt.datetime(2026, 3, 9, 10, tzinfo=dt.UTC)
