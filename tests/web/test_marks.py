"""Marks that people give by hand, on the page of one mark."""

import uuid
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.assignments.points import set_points
from lti_grader.classes.models import Class, Role
from lti_grader.core.db import session, transaction
from lti_grader.gradebook import rescoring
from lti_grader.gradebook.by_hand import seen_of
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.lti.models import ScoreDelivery
from tests.fixtures.world import NOW, World
from tests.web.two_sections import Term, Visit, plain


class Desk:
    """A teacher before the mark of one student, whose submission came to 4 of 10."""

    def __init__(self, world: World, visit: Visit) -> None:
        self.world = world
        self.assignment = world.assignment()
        world.column(self.assignment)
        self.student = world.user()
        self.item = world.items(self.assignment)[0]
        world.judge(world.hand_in(self.student, self.item, stored=False), 4)
        self.browser: FlaskClient = visit(world.user(Role.TEACHER, name="Ada Lovelace"))
        self.url = f"/classes/{world.class_id}/students/{self.student}/marks/{self.assignment}"

    @property
    def entry(self) -> GradebookEntry:
        with transaction(self.world.tenant_id):
            return session().scalars(sa.select(GradebookEntry)).one()

    def say(self, *, status: int = 303, **given: str) -> str:
        answer = self.browser.post(self.url, data={"reason": "By eye", "seen": seen_of(self.entry), **given})
        assert answer.status_code == status, answer.text
        return plain(answer.text)

    def told(self) -> tuple[Decimal | None, str]:
        with transaction(self.world.tenant_id):
            row = session().scalars(sa.select(ScoreDelivery).where(ScoreDelivery.is_newest)).one()
            return row.score, row.grading_progress


@pytest.fixture
def desk(world: World, visit: Visit) -> Desk:
    return Desk(world, visit)


def test_points_by_hand_stand_through_new_results_and_other_points_until_they_are_taken_back(desk: Desk) -> None:
    world = desk.world
    desk.say(do="points", points="7,5")
    assert (desk.entry.points, desk.told()[0]) == (Decimal("7.5"), Decimal("7.5"))
    world.judge(world.hand_in(desk.student, desk.item, stored=False), 6)
    assert desk.entry.points == Decimal("7.5")
    with transaction(world.tenant_id):
        change = set_points(desk.assignment, {desk.item: Decimal(20)}, by=world.teacher_id, at=NOW)
        assert change is not None
        change_id = change.id
    rescoring.carry_out(world.tenant_id, change_id, lambda: NOW)
    assert (desk.entry.points, desk.entry.max_score, desk.entry.score_obtained) == (Decimal("7.5"), 20, 12)
    page = plain(desk.browser.get(desk.url).text)
    assert "Points by hand By eye (Ada Lovelace)" in page
    assert "The results come to 12 points" in page
    assert "Ada Lovelace" in page.split("What people changed")[1]
    desk.say(do="results")
    assert (desk.entry.points, desk.told()[0]) == (12, 12)
    assert desk.entry.override_reason is None


def test_whoever_is_excused_stays_so_and_the_lms_is_told_that_there_is_no_score(desk: Desk, visit: Visit) -> None:
    world = desk.world
    assert desk.told() == (4, "FullyGraded")
    desk.say(do="excused")
    assert desk.told() == (None, "NotReady")
    world.judge(world.hand_in(desk.student, desk.item, stored=False), 9)
    assert (desk.entry.points, desk.entry.status, desk.entry.score_obtained) == (None, "excused", 9)
    student = visit(desk.student)
    assert "Excused" in plain(student.get(f"/classes/{world.class_id}").text)
    assert "Excused it does not count" in plain(
        student.get(f"/assignments/{desk.assignment}/students/{desk.student}").text
    )
    desk.say(do="results")
    assert (desk.entry.points, desk.told()) == (9, (9, "FullyGraded"))


def test_missing_work_is_worth_nothing_until_something_is_graded(world: World, visit: Visit) -> None:
    desk, other = Desk(world, visit), world.user()
    url = f"/classes/{world.class_id}/students/{other}/marks/{desk.assignment}"
    assert desk.browser.post(url, data={"do": "missing", "reason": "Never came"}).status_code == 303
    assert "Missing Never came" in plain(desk.browser.get(url).text)
    world.judge(world.hand_in(other, desk.item, stored=False), 5)
    with transaction(world.tenant_id):
        rows = session().scalars(sa.select(ScoreDelivery).where(ScoreDelivery.user_id == other))
        assert sorted((one.revision, one.score) for one in rows) == [(1, 0), (2, 5)]
        entry = session().scalars(sa.select(GradebookEntry).where(GradebookEntry.student_id == other)).one()
        assert (entry.status, entry.points) == ("graded", 5)


def test_who_looked_before_somebody_else_changed_it_is_told_and_overwrites_nothing(desk: Desk) -> None:
    before = seen_of(desk.entry)
    desk.say(do="points", points="8")
    page = desk.say(do="points", points="2", seen=before, status=409)
    assert "This mark was changed since you looked at it" in page
    answer = desk.browser.post(desk.url, json={"points": "2", "reason": "By eye", "seen": before})
    assert answer.status_code == 409
    assert answer.json["text"] == "8"
    notes = desk.browser.post(f"{desk.url}/comments", data={"notes": "Mine", "seen": before})
    assert (notes.status_code, desk.entry.points, desk.entry.private_notes) == (409, 8, "")
    assert "Mine" in notes.text


@pytest.mark.parametrize(
    "given", [{"points": "ten"}, {"points": "-1"}, {"points": "1e3"}, {"points": "NaN"}, {"points": "20000"},
              {"points": "1.23456"}, {"points": ""}, {"points": "7", "reason": " "}, {"do": "burn"}]
)  # fmt: skip
def test_nonsense_is_refused_with_what_was_typed_still_there(desk: Desk, given: dict[str, str]) -> None:
    answer = desk.browser.post(desk.url, data={"do": "points", "reason": "By eye", "seen": seen_of(desk.entry)} | given)
    assert (answer.status_code, desk.entry.points) == (422, 4)
    assert f'value="{given.get("points", "")}"' in answer.text


def test_a_comment_goes_to_the_student_and_the_lms_and_notes_to_neither(desk: Desk, visit: Visit) -> None:
    seen = seen_of(desk.entry)
    form = {"feedback": "Well begun.\r\nGo on.", "notes": "canary-of-a-note", "seen": seen}
    assert desk.browser.post(f"{desk.url}/comments", data=form).status_code == 303
    with transaction(desk.world.tenant_id):
        row = session().scalars(sa.select(ScoreDelivery).where(ScoreDelivery.is_newest)).one()
        assert (row.comment, row.score) == ("Well begun.\nGo on.", 4)
    page = visit(desk.student).get(f"/assignments/{desk.assignment}/students/{desk.student}").text
    assert "Well begun." in page
    assert "canary" not in page
    assert "canary-of-a-note" in desk.browser.get(desk.url).text


def test_the_grid_is_answered_with_what_its_cell_shows(desk: Desk) -> None:
    answer = desk.browser.post(desk.url, json={"points": "11", "reason": "Bonus", "seen": seen_of(desk.entry)})
    assert answer.json == {
        "text": "11",
        "seen": seen_of(desk.entry),
        "by_hand": True,
        "above": True,
        "lms": "pending",
        "total": "110.0 % A",
    }
    answer = desk.browser.post(desk.url, json={"points": "ex", "reason": "Ill"})
    assert (answer.json["text"], desk.entry.status) == ("Excused", "excused")
    assert desk.browser.post(desk.url, json={"points": "", "reason": ""}).json["text"] == "4"


def test_staff_of_another_section_find_no_such_mark(term: Term, visit: Visit) -> None:
    world, assistant = term.world, term.world.user(Role.ASSISTANT)
    term.move(assistant, "Evening")
    with transaction(world.tenant_id):
        session().get_one(Class, world.class_id).settings = {"apart": "assistants"}
    browser, url = visit(assistant), f"/classes/{world.class_id}/students"
    form = {"do": "points", "points": "3", "reason": "By eye"}
    assert browser.post(f"{url}/{term.morning}/marks/{term.assignment}", data=form).status_code == 404
    assert browser.post(f"{url}/{uuid.uuid4()}/marks/{term.assignment}", data=form).status_code == 404
    assert browser.post(f"{url}/{term.evening}/marks/{term.assignment}", data=form).status_code == 303
