"""Dates of sections and students: said, and in force for handing in and for results."""

import datetime as dt

import pytest
import sqlalchemy as sa

from lti_grader.assignments.access import last_dues, overrides_of
from lti_grader.assignments.copying import take_one
from lti_grader.assignments.dates import AT_ONCE, NEVER
from lti_grader.assignments.errors import AssignmentClosed, AssignmentNotOpen, AttemptsUsedUp, BadAssignment
from lti_grader.assignments.models import AccessOverride, Assignment, Mode
from lti_grader.assignments.operations import reschedule
from lti_grader.assignments.queries import held_back, open_assignment, releases_of
from lti_grader.assignments.release import Part
from lti_grader.classes.models import Role
from lti_grader.classes.operations import create_class, drop
from lti_grader.classes.queries import membership
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import NotFound
from lti_grader.grading.shown import may_see_test
from lti_grader.problems.models import Visibility
from tests.fixtures.world import NOW, make_world
from tests.web.two_sections import CLOSES, DAY, DUE, Term, Visit, plain


class TestWhoseDates:
    def test_a_section_is_everybody_who_is_in_it_by_then(self, term: Term) -> None:
        term.grant("Morning", due=DUE + DAY)
        assert [term.dates(one).due_date for one in (term.morning, term.evening, term.nowhere)] == [DUE + DAY, DUE, DUE]
        term.move(term.evening, "Evening", "Morning")
        term.move(term.morning)
        assert [term.dates(one).due_date for one in (term.morning, term.evening)] == [DUE, DUE + DAY]

    def test_a_students_own_before_the_sections(self, term: Term) -> None:
        term.grant("Morning", due=DUE + 3 * DAY, extra_attempts=2)
        term.grant(term.morning, due=DUE + DAY)
        assert (term.dates(term.morning).due_date, term.dates(term.morning).attempts_allowed) == (DUE + DAY, 3)

    def test_of_two_sections_the_most_generous(self, term: Term) -> None:
        term.grant("Morning", due=DUE + 3 * DAY)
        term.grant("Evening", due=DUE + DAY, closes=NEVER)
        both = term.student("Evening", "Morning")
        assert (term.dates(both).due_date, term.dates(both).closes_at) == (DUE + 3 * DAY, None)

    def test_another_assignments_and_another_classs_are_none_of_these(self, term: Term) -> None:
        other = term.world.assignment(due_date=DUE)
        term.grant("Morning", assignment=other, due=DUE + DAY)
        assert term.dates(term.morning).due_date == DUE
        assert term.dates(term.morning, other).due_date == DUE + DAY

    def test_another_institution_sees_none(self, term: Term) -> None:
        term.grant("Morning", due=DUE + DAY)
        with transaction(make_world("South University").tenant_id):
            assert session().scalars(sa.select(AccessOverride)).all() == []


class TestSaying:
    def test_it_is_kept_with_who_and_why_and_replaced_by_what_is_said_later(self, term: Term) -> None:
        term.grant(term.morning, due=DUE + DAY, extra_attempts=1, reason="  Away for a match ")
        assistant = term.world.user(Role.TEACHER)
        term.grant(term.morning, closes=NEVER, opens=AT_ONCE, at=NOW + DAY, by=assistant)
        (row,) = term.rows()
        assert (row.due_date, row.never_closes, row.opens_at_once, row.extra_attempts) == (None, True, True, None)
        assert (row.reason, row.granted_by, row.created_at, row.changed_at) == ("", assistant, NOW, NOW + DAY)
        with transaction(term.tenant_id):
            (line,) = overrides_of(term.assignment, membership(term.world.class_id, assistant))
        assert line.has_anybody

    @pytest.mark.parametrize(
        ("other", "words"),
        [
            ({}, "Say what is different"),
            ({"closes": DUE - DAY}, "before it is due"),
            ({"opens": CLOSES}, "before it opens"),
            ({"opens": DUE + dt.timedelta(hours=1)}, "due before it opens"),
            ({"due": DUE + 3 * DAY, "closes": DUE + 2 * DAY}, "before it is due"),
            ({"extra_attempts": 1001}, "from 0 to 1000"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, term: Term, other: dict[str, object], words: str) -> None:
        with pytest.raises(BadAssignment, match=words):
            term.grant("Morning", **other)
        assert term.rows() == []

    def test_only_sections_and_students_of_the_class_have_dates(self, term: Term) -> None:
        gone = term.student()
        with transaction(term.tenant_id):
            drop(term.world.class_id, {gone}, at=NOW)
        for whose in ("Noon", term.world.user(enrolled=False), term.world.teacher_id, gone):
            with pytest.raises(NotFound):
                term.grant(whose, due=DUE + DAY)

    def test_the_database_holds_one_row_to_one_of_both(self, term: Term) -> None:
        base = {"tenant_id": term.tenant_id, "assignment_id": term.assignment, "due_date": DUE, "created_at": NOW}
        for wrong in (
            {}, {"user_id": term.morning, "section": "Morning"}, {"section": ""},
            {"section": "Morning", "never_due": True}, {"section": "Morning", "due_date": None},
        ):  # fmt: skip
            with pytest.raises(sa.exc.IntegrityError), transaction(term.tenant_id):
                session().add(AccessOverride(**{**base, **wrong}))

    def test_a_copy_has_none(self, term: Term) -> None:
        term.grant("Morning", due=DUE + DAY)
        with transaction(term.tenant_id):
            other = create_class("CS101 again", owner_id=term.world.teacher_id)
            copy = take_one(session().get_one(Assignment, term.assignment), other.id, at=NOW)
            assert session().scalars(sa.select(AccessOverride.assignment_id)).all() == [term.assignment]
            assert copy != term.assignment
        assert len(term.rows()) == 1


class TestHandingIn:
    def test_until_ones_own_closing(self, term: Term) -> None:
        term.grant("Morning", due=CLOSES + DAY)
        later = CLOSES + dt.timedelta(hours=1)
        term.world.hand_in(term.morning, term.item, at=later, stored=False)
        with pytest.raises(AssignmentClosed):
            term.world.hand_in(term.evening, term.item, at=later, stored=False)
        with pytest.raises(AssignmentClosed, match="5 March 2026"):
            term.world.hand_in(term.student("Morning"), term.item, at=CLOSES + DAY, stored=False)

    def test_not_before_ones_own_opening(self, term: Term) -> None:
        term.grant("Morning", opens=NOW + dt.timedelta(hours=3))
        with pytest.raises(AssignmentNotOpen, match="13:00"):
            term.world.hand_in(term.morning, term.item, stored=False)
        term.world.hand_in(term.evening, term.item, stored=False)

    def test_an_exam_ends_with_ones_own_due_date(self, term: Term) -> None:
        exam = term.world.assignment(mode=Mode.EXAM, due_date=DUE)
        item = term.world.items(exam)[0]
        term.grant(term.morning, assignment=exam, due=DUE + DAY)
        term.world.hand_in(term.morning, item, at=DUE, stored=False)
        for student, at in ((term.evening, DUE), (term.morning, DUE + DAY)):
            with pytest.raises(AssignmentClosed):
                term.world.hand_in(student, item, at=at, stored=False)

    def test_as_often_as_one_may_and_who_has_more_keeps_them(self, term: Term, visit: Visit) -> None:
        term.grant(term.morning, extra_attempts=1)
        for _ in range(2):
            term.world.hand_in(term.morning, term.item, stored=False)
        with pytest.raises(AttemptsUsedUp, match="2 times"):
            term.world.hand_in(term.morning, term.item, stored=False)
        term.world.hand_in(term.evening, term.item, stored=False)
        with pytest.raises(AttemptsUsedUp, match="once"):
            term.world.hand_in(term.evening, term.item, stored=False)
        term.withdraw()
        page = visit(term.morning).get(f"/work/{term.item}").text
        assert "2 of 1 submissions used" in plain(page)
        assert 'data-left="0"' in page

    def test_a_draft_is_saved_while_it_is_open_for_whoever_writes_and_is_there_afterwards(
        self, term: Term, visit: Visit
    ) -> None:
        # The page goes by the clock.
        now = dt.datetime.now(dt.UTC)
        save = {"code": "text", "language": "python", "base_revision": 0, "save_id": "save-0001"}
        client = visit(term.morning)
        assert client.put(f"/work/{term.item}/draft", json=save).status_code == 409
        term.grant(term.morning, due=now + DAY)
        assert client.put(f"/work/{term.item}/draft", json=save).status_code == 200
        assert '"read_only": false' in client.get(f"/work/{term.item}").text
        term.withdraw()
        refused = client.put(f"/work/{term.item}/draft", json={**save, "base_revision": 1, "save_id": "save-0002"})
        assert (refused.status_code, refused.json["error"]["code"]) == (409, "assignment_closed")
        page = client.get(f"/work/{term.item}").text
        assert '"read_only": true' in page
        assert '"code": "text"' in page


class TestResults:
    def test_what_comes_after_the_due_date_waits_for_the_last_who_is_in_the_class(self, term: Term) -> None:
        term.release_after_due()
        term.grant("Morning", due=DUE + 3 * DAY)
        term.grant(term.nowhere, due=DUE + 5 * DAY)
        term.grant(term.evening, due=DUE - dt.timedelta(hours=1))
        assert term.last_due() == DUE + 5 * DAY
        with transaction(term.tenant_id):
            opened = open_assignment(term.assignment, term.evening)
            seen = opened.shown(at=DUE + 4 * DAY)
            assert (seen.marks, seen.feedback) == (False, False)
            assert "after everybody's due date, 8 March 2026" in seen.note
            assert opened.shown(at=DUE + 5 * DAY).marks
            assert list(held_back(term.world.class_id, at=DUE + 4 * DAY)) == [term.assignment]
            drop(term.world.class_id, {term.nowhere}, at=NOW)
        assert term.last_due() == DUE + 3 * DAY
        term.move(term.morning, "Evening")
        assert term.last_due() == DUE

    def test_somebody_without_an_end_leaves_the_release_to_a_person(self, term: Term, visit: Visit) -> None:
        term.release_after_due()
        term.grant("Morning", due=NEVER)
        assert term.last_due() == CLOSES
        term.grant("Morning", due=NEVER, closes=NEVER)
        assert term.last_due() is None
        assert not term.is_out(Part.MARKS, NOW + 1000 * DAY)
        staff = visit(term.world.teacher_id)
        assert "release them by hand" in staff.get(f"/assignments/{term.assignment}").text
        assert "come when you release them" in plain(staff.get(f"/assignments/{term.assignment}/dates").text)

    def test_tests_that_show_after_the_due_date_wait_in_the_same_way(self, term: Term) -> None:
        term.grant("Morning", due=DUE + 3 * DAY)
        with transaction(term.tenant_id):
            for student in (term.morning, term.evening):
                opened = open_assignment(term.assignment, student)
                assert not may_see_test(Visibility.AFTER_DUE, opened, now=DUE + DAY)
                assert may_see_test(Visibility.AFTER_DUE, opened, now=DUE + 3 * DAY)

    def test_what_is_out_stays_out_whoever_gets_more_time(self, term: Term, visit: Visit) -> None:
        term.release_after_due()
        term.grant(term.morning, due=DUE + 5 * DAY, at=DUE + DAY)
        assert term.is_out(Part.MARKS, DUE + DAY)
        assert term.is_out(Part.FEEDBACK, DUE + DAY)
        with transaction(term.tenant_id):
            marks = releases_of(session().get_one(Assignment, term.assignment))[0]
        assert (marks.release.comes_at, marks.by) == (DUE, None)
        page = plain(visit(term.world.teacher_id).get(f"/assignments/{term.assignment}/dates").text)
        assert "Results are out." in page
        assert "come after the due date" not in page
        # Another due date for all is another matter.
        with transaction(term.tenant_id):
            one = session().get_one(Assignment, term.assignment)
            reschedule(one, opens_at=None, due_date=DUE + 2 * DAY, closes_at=None, is_published=True)
        assert not term.is_out(Part.MARKS, DUE + DAY)

    def test_only_what_waits_is_asked_for(self, term: Term) -> None:
        term.grant("Morning", due=DUE + 3 * DAY)
        with transaction(term.tenant_id):
            one = session().get_one(Assignment, term.assignment)
            assert last_dues([one]) == {term.assignment: DUE}
