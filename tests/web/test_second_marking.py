"""Second markings: by another person, blind, and between two that differ a teacher decides."""

import datetime as dt
import re
import threading
import uuid
from decimal import Decimal
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.classes.models import Class, Enrollment, Role
from lti_grader.core.db import session, transaction
from lti_grader.gradebook import rescoring
from lti_grader.gradebook.models import Rescoring
from lti_grader.marking import operations
from lti_grader.marking.models import Marking, RubricScore
from lti_grader.marking.queries import open_marking
from lti_grader.notifications.models import Mail, Notification
from tests.fixtures.world import NOW, World
from tests.web.desk import Desk
from tests.web.two_sections import Visit, plain


class TwoDesks(Desk):
    """A desk where Ben marks first, Ida second, and Marta is the teacher."""

    def __init__(self, world: World, visit: Visit, **marking: Any) -> None:
        super().__init__(world, visit, marking={"second": "all", "tolerance_percent": 20} | marking)
        self.ida = world.user(Role.ASSISTANT, name="Ida Roth")
        self.second = visit(self.ida)
        self.marta = visit(world.teacher_id)

    def give(self, attempt: uuid.UUID, *levels: int, round_: int = 1, status: int = 303, **more: Any) -> str:
        """Let Ben mark first, Ida second or Marta third, of rubric points that are three for each level."""
        by = {1: self.browser, 2: self.second, 3: self.marta}[round_]
        form = self.form(attempt, *levels, round_=round_, **({"do": "finish"} | more))
        answer = by.post(f"/marking/{self.marking(attempt, round_).id}", data=form)
        assert answer.status_code == status, answer.text
        return answer.text

    def decide(self, attempt: uuid.UUID, decision: str, *, reason: str = "Because", status: int = 303) -> Any:
        answer = self.marta.post(
            f"/marking/{self.marking(attempt).id}/moderation", data={"decision": decision, "reason": reason}
        )
        assert answer.status_code == status, answer.text
        return answer

    def stands(self, student: uuid.UUID) -> tuple[str, Decimal | None]:
        entry = self.entry(student)
        return entry.status, entry.points


@pytest.fixture
def two(world: World, visit: Visit) -> TwoDesks:
    return TwoDesks(world, visit)


PENDING = ("pending", None)


def test_a_score_is_pending_until_a_second_person_agrees(two: TwoDesks) -> None:
    student, attempt = two.hand_in(5)
    two.give(attempt, 1, 2)
    assert two.stands(student) == PENDING
    assert two.told(student) == ("PendingManual", None)
    # Of nine points they may differ by 1.8.
    two.give(attempt, 1, 2, round_=2, adjustment="-1", adjustment_reason="Spelling")
    assert two.stands(student) == ("graded", 5 + 9)
    two.give(attempt, 1, 2, round_=2, adjustment="-2", adjustment_reason="Spelling", do="save")
    assert two.stands(student) == PENDING


def test_between_two_that_differ_a_teacher_decides(two: TwoDesks) -> None:
    student, attempt = two.hand_in(5)
    two.give(attempt, 1, 2, private_notes="Seen in class")
    two.decide(attempt, "first", status=403)
    two.give(attempt, 0, 1, round_=2)
    page = plain(two.marta.get(f"/classes/{two.world.class_id}/marking").text)
    assert "Decide" in page
    onward = two.marta.get(f"/assignments/{two.assignment}/moderation").headers["Location"]
    page = plain(two.marta.get(onward).text)
    for words in ("Ben Osei", "Ida Roth", "Seen in class", "they differ by 6 of 9 points", "Good", "Bad"):
        assert words in page
    for other in (two.browser, two.second):
        assert other.get(onward).status_code == 403
    assert "Say why" in two.decide(attempt, "mean", reason=" ", status=422).text
    for decision, points in (("first", 9), ("second", 3), ("mean", 6)):
        two.decide(attempt, decision)
        assert two.stands(student) == ("graded", 5 + points), decision
    read = plain(two.visit(student).get(f"/attempts/{attempt}").text)
    assert "The mean of two markings." in read
    assert "Because" not in read
    # Whoever changes their marks then has it decided once more.
    two.give(attempt, 1, 1, do="save")
    assert two.stands(student) == PENDING


def test_a_teachers_own_marking_stands_once_it_is_done(two: TwoDesks) -> None:
    student, attempt = two.hand_in(5)
    two.comment(attempt, text="From the first", points="-1")
    two.give(attempt, 1, 2)
    two.give(attempt, 0, 0, round_=2)
    two.decide(attempt, "mean")
    assert two.stands(student) == ("graded", 5 + 4)
    onward = two.decide(attempt, "own").headers["Location"]
    assert two.stands(student) == PENDING
    page = plain(two.marta.get(onward).text)
    assert "First marking by Ben Osei" in page
    assert "From the first" in page
    assert two.browser.post(onward, data={"do": "save"}).status_code == 403
    two.give(attempt, 0, 2, round_=3)
    assert two.stands(student) == ("graded", 5 + 6)
    two.give(attempt, 0, 1, do="save")
    assert two.stands(student) == ("graded", 5 + 6), "it depends on neither of the two"
    with transaction(two.world.tenant_id):
        assert session().scalar(sa.select(sa.func.count()).select_from(RubricScore)) == 6


def test_two_markers_are_two_people_who_see_nothing_of_each_other(two: TwoDesks, world: World, visit: Visit) -> None:
    _, attempt = two.hand_in(5)
    first, other = (f"/marking/{two.marking(attempt, one).id}" for one in (1, 2))
    two.give(attempt, 1, 2)
    assert two.second.get(first).status_code == 403
    assert two.browser.get(other).status_code == 403
    assert two.browser.post(other, data=two.form(attempt, 0, 0, round_=2, do="finish")).status_code == 403
    assert "First marking by" not in two.second.get(other).text
    queued = [
        one.get(f"/assignments/{two.assignment}/marking?round=2").headers["Location"]
        for one in (two.browser, two.second)
    ]
    assert [other in one for one in queued] == [False, True]
    two.give(attempt, 1, 1, round_=2)
    # Then both are read, and neither marks the other's.
    assert "You look at this marking only" in two.second.get(first).text
    assert two.second.post(first, data=two.form(attempt, 0, 0)).status_code == 403
    open_ = TwoDesks(world, visit, is_blind=False)
    _, attempt = open_.hand_in(5)
    open_.give(attempt, 1, 2)
    assert "First marking by Ben Osei" in open_.second.get(f"/marking/{open_.marking(attempt, 2).id}").text


def test_other_rules_change_what_is_pending(two: TwoDesks) -> None:
    student, attempt = two.hand_in(5)
    two.give(attempt, 1, 2)
    rules = f"/assignments/{two.assignment}/marking"
    assert two.marta.post(rules, data={"second": "sample", "percent": "0"}).status_code == 422
    for second, expected in (("none", ("graded", 14)), ("all", PENDING), ("chosen", ("graded", 14))):
        assert two.marta.post(rules, data={"second": second, "percent": "10", "tolerance": "10"}).status_code == 303
        with transaction(two.world.tenant_id):
            owed = session().scalars(sa.select(Rescoring.id).where(Rescoring.done_at.is_(None))).one()
        rescoring.carry_out(two.world.tenant_id, owed, lambda: dt.datetime.now(dt.UTC), kind=Rescoring)
        assert two.stands(student) == expected, second
    assert two.told(student) == ("FullyGraded", Decimal(14))
    assert not two.marking(attempt, 2).is_wanted
    two.give(attempt, 1, 2, do="ask")
    assert two.stands(student) == PENDING
    assert two.marking(attempt, 2).is_wanted
    two.give(attempt, 1, 2, do="ask_no_more")
    assert two.stands(student) == ("graded", 14)


def test_the_other_submission_of_a_student_is_marked_twice_when_it_counts(two: TwoDesks) -> None:
    student, attempt = two.hand_in(5)
    two.give(attempt, 1, 2)
    two.give(attempt, 0, 0, round_=2)
    two.decide(attempt, "second")
    _, better = two.hand_in(8, student)
    assert two.stands(student) == PENDING
    with transaction(two.world.tenant_id):
        wanted = session().execute(sa.select(Marking.attempt_id, Marking.round).where(Marking.is_wanted)).all()
    assert sorted(wanted) == [(better, 1), (better, 2)]
    two.give(better, 1, 1)
    two.give(better, 1, 1, round_=2)
    assert two.stands(student) == ("graded", 8 + 6)


def notices(two: TwoDesks, *people: uuid.UUID) -> list[list[str]]:
    """Return what each of these people was told of markings and has not read."""
    with transaction(two.world.tenant_id):
        rows = session().execute(
            sa.select(Notification.recipient_id, Notification.type)
            .where(Notification.type.in_(["second_awaited", "decision_awaited"]), ~Notification.is_read)
            .order_by(Notification.created_at, Notification.id)
        )
        found = [tuple(one) for one in rows]
    return [[kind for person, kind in found if person == one] for one in people]


def home_of(two: TwoDesks, browser: FlaskClient) -> str:
    page = plain(browser.get(f"/classes/{two.world.class_id}").text)
    return page.split("For you to mark")[1].split("Students")[0] if "For you to mark" in page else ""


def test_who_is_to_mark_once_more_or_to_decide_is_told_once_and_finds_it_at_home(two: TwoDesks) -> None:
    who = two.ben, two.ida, two.world.teacher_id
    (_, one), (_, other) = two.hand_in(5), two.hand_in(6)
    assert notices(two, *who) == [[], [], []]
    assert ["2 to mark" in home_of(two, by) for by in (two.browser, two.second, two.marta)] == [True, True, True]
    two.give(one, 1, 2)
    two.give(other, 1, 2)
    # One line however many there are, and none for whoever made the first marking.
    assert notices(two, *who) == [[], ["second_awaited"], ["second_awaited"]]
    assert "2 second markings" in home_of(two, two.second)
    assert home_of(two, two.browser) == ""
    inbox = re.search(r'href="(/notifications/[0-9a-f-]{36})"', two.second.get("/notifications").text)
    assert inbox is not None
    queue = two.second.get(inbox.group(1)).headers["Location"]
    assert (
        str(two.marking(one, 2).id) in (found := two.second.get(queue).headers["Location"])
        or str(two.marking(other, 2).id) in found
    )
    two.give(one, 0, 0, round_=2)
    assert notices(two, *who) == [[], [], ["second_awaited", "decision_awaited"]]
    assert "1 to decide" in home_of(two, two.marta)
    assert "to decide" not in home_of(two, two.browser) + home_of(two, two.second)
    two.give(other, 1, 2, round_=2)
    assert notices(two, *who) == [[], [], ["decision_awaited"]], "there is no second marking left for the teacher"
    two.decide(one, "second")
    assert notices(two, *who) == [[], [], []]
    assert home_of(two, two.marta) == ""


def test_what_an_e_mail_has_carried_is_not_told_twice_a_day(two: TwoDesks) -> None:
    _, attempt = two.hand_in(5)
    two.give(attempt, 1, 2)
    two.give(attempt, 0, 0, round_=2)
    with transaction(two.world.tenant_id):
        mail = Mail(
            tenant_id=two.world.tenant_id, recipient_id=two.world.teacher_id, made_at=NOW, next_try_at=NOW, state="sent",
            ended_at=NOW,
        )  # fmt: skip
        session().add(mail)
        session().flush()
        session().execute(sa.update(Notification).values(mail_id=mail.id))
    two.decide(attempt, "second")
    assert notices(two, two.world.teacher_id) == [[]]
    two.give(attempt, 1, 1, do="save")
    assert two.marking(attempt).is_disputed
    assert notices(two, two.world.teacher_id) == [[]]


def test_a_second_marking_is_told_to_those_who_see_the_student(two: TwoDesks) -> None:
    student, attempt = two.hand_in(5)
    with transaction(two.world.tenant_id):
        session().get_one(Class, two.world.class_id).settings = {"apart": "assistants"}
        for person, section in ((two.ida, "B"), (two.ben, "A"), (student, "A")):
            session().scalars(sa.select(Enrollment).where(Enrollment.user_id == person)).one().sections = [section]
    two.give(attempt, 1, 2)
    assert notices(two, two.ben, two.ida, two.world.teacher_id) == [[], [], ["second_awaited"]]
    assert home_of(two, two.second) == ""


def test_a_second_marking_that_a_rule_asks_for_afterwards_is_told(two: TwoDesks, world: World, visit: Visit) -> None:
    asked = TwoDesks(world, visit, second="chosen")
    _, attempt = asked.hand_in(5)
    asked.give(attempt, 1, 2)
    assert notices(asked, asked.ida) == [[]]
    asked.give(attempt, 1, 2, do="ask")
    assert notices(asked, asked.ben, asked.ida) == [[], ["second_awaited"]]
    asked.give(attempt, 1, 2, do="ask_no_more")
    assert notices(asked, asked.ida) == [[]]


def test_two_who_are_done_at_the_same_moment_settle_it(two: TwoDesks, app: flask.Flask) -> None:
    student, attempt = two.hand_in(5)
    two.give(attempt, 1, 2, do="save")
    id_ = two.marking(attempt).id

    def finish_second() -> None:
        with app.app_context():
            two.give(attempt, 1, 2, round_=2)

    with transaction(two.world.tenant_id):
        # The first has read both markings before the second is done, and marks what stands then.
        opened = open_marking(id_, two.ben)
        other = threading.Thread(target=finish_second)
        other.start()
        other.join()
        assert operations.locked(id_) is opened.marking
        operations.finish(opened.marking, by=two.ben, at=dt.datetime.now(dt.UTC))
    assert two.stands(student) == ("graded", 5 + 9)


def test_nobody_decides_on_markings_that_they_have_not_seen_nor_twice(two: TwoDesks) -> None:
    student, attempt = two.hand_in(5)
    two.give(attempt, 1, 2)
    two.give(attempt, 0, 0, round_=2)
    url = f"/marking/{two.marking(attempt).id}/moderation"
    head = two.visit(two.world.user(Role.TEACHER))

    def seen() -> str:
        return re.findall(r'name="seen" value="([^"]*)"', two.marta.get(url).text)[0]

    before = seen()
    two.give(attempt, 0, 1, round_=2, do="save")
    said = {"decision": "second", "reason": "Because", "seen": before}
    refused = two.marta.post(url, data=said)
    assert (refused.status_code, "a marking was changed or somebody else decided" in refused.text) == (409, True)
    assert "Because" in refused.text
    assert two.stands(student) == PENDING
    said["seen"] = seen()
    assert head.post(url, data=said).status_code == 303
    assert two.stands(student) == ("graded", 5 + 3)
    assert two.marta.post(url, data={**said, "decision": "first"}).status_code == 409
    assert two.stands(student) == ("graded", 5 + 3)
