"""Many scores owed to one platform: as many side by side as it takes, each once, and none while it takes none."""

import concurrent.futures
import datetime as dt
import threading
import time
from decimal import Decimal
from typing import Any

import flask
import pytest

from lti_grader.core.db import session, transaction
from lti_grader.lti.models import Platform, ProductFamily
from lti_grader.lti.products import PRODUCTS
from tests.fixtures.world import NOW, World
from tests.lti.desk import RESULTS, SCORES, Desk
from tests.lti.scripted import LOST, Answer, Asked, ScriptedPlatform
from tests.lti.test_deliveries import be, in_context

CANVAS = "https://canvas.instructure.com/lti/submission"


@pytest.fixture
def desks(desk: Desk) -> list[Desk]:
    """Twelve students, each with a score that is owed."""
    found = [desk, *(desk.neighbour() for _ in range(11))]
    for points, one in enumerate(found, 1):
        one.score(f"{points}.5")
    return found


def states(desks: list[Desk]) -> set[str]:
    return {one.last.status for one in desks}


def test_a_column_is_read_once_before_and_once_after_many_scores(desks: list[Desk], lms: ScriptedPlatform) -> None:
    lms.results_page = 5
    assert desks[0].pump().carried == 12
    assert states(desks) == {"verified"}
    assert len(desks[0].posts()) == 12
    # Nothing before; three pages after.
    assert len(lms.to(RESULTS)) == 1 + 3
    assert {one.last.lms_holds for one in desks} == {Decimal(n) + Decimal("0.5") for n in range(1, 13)}


def test_a_grade_that_somebody_changed_is_left_alone_among_many(desks: list[Desk], lms: ScriptedPlatform) -> None:
    lms.scores[desks[3].sub] = {"userId": desks[3].sub, "scoreGiven": 9, "scoreMaximum": 10}
    desks[0].pump()
    assert desks[3].last.status == "overridden"
    assert states(desks[:3] + desks[4:]) == {"verified"}
    assert desks[3].sub not in [one["userId"] for one in desks[0].posts()]


def test_a_column_that_cannot_be_read_whole_is_taken_one_by_one(desks: list[Desk], lms: ScriptedPlatform) -> None:
    usual = lms.answer

    def each(asked: Asked) -> Answer:
        return (
            (400, {}, "user_id is wanted") if asked.path == RESULTS and "user_id" not in asked.query else usual(asked)
        )

    lms.answer = each  # type: ignore[method-assign]
    assert desks[0].pump().carried == 12
    assert states(desks) == {"verified"}


def test_moodle_is_not_asked_for_pages_which_break_there(
    desks: list[Desk], world: World, lms: ScriptedPlatform
) -> None:
    be(world, ProductFamily.MOODLE)
    desks[0].pump()
    assert states(desks) == {"verified"}
    assert len(lms.to(RESULTS)) == 2
    assert not any("limit" in one.query for one in lms.to(RESULTS))


def test_what_was_posted_and_not_seen_is_looked_for_later(desks: list[Desk], lms: ScriptedPlatform) -> None:
    lms.script[RESULTS] = [None, (500, {}, "no")]
    desks[0].pump()
    assert states(desks) == {"sent"}
    desks[0].later(seconds=10)
    desks[0].pump()
    assert states(desks) == {"verified"}
    assert len(desks[0].posts()) == 12


@pytest.mark.parametrize("answer", [(503, {}, "maintenance"), (429, {"Retry-After": "5"}, ""), (LOST, {}, "")])
def test_an_outage_costs_one_score_a_try_and_the_others_none(
    desks: list[Desk], lms: ScriptedPlatform, answer: Answer
) -> None:
    lms.script[SCORES] = [answer]
    desks[0].pump()
    assert len(desks[0].posts()) == 1
    assert sorted(one.last.tries for one in desks) == [0] * 11 + [1]
    assert desks[0].pump().carried == 0, "until the pause is over"
    desks[0].held.kv.forget(f"lti:pause:{desks[0].world.platform_id}")
    desks[0].later(minutes=1)
    desks[0].pump()
    assert states(desks) == {"verified"}


def test_a_score_that_the_lms_chokes_on_does_not_hold_up_the_others(desks: list[Desk], lms: ScriptedPlatform) -> None:
    usual = lms.answer

    def chokes(asked: Asked) -> Answer:
        is_it = asked.path == SCORES and asked.json["userId"] == desks[5].sub
        return (500, {}, "undefined method for nil") if is_it else usual(asked)

    lms.answer = chokes  # type: ignore[method-assign]
    desks[0].pump()
    assert desks[5].last.status == "pending"
    assert states(desks[:5] + desks[6:]) == {"verified"}


def test_an_outage_of_days_is_waited_out(desk: Desk, lms: ScriptedPlatform) -> None:
    desk.score(8)
    lms.script[SCORES] = [(503, {}, "maintenance")] * 40
    for _ in range(40):
        assert desk.carry() == "again"
        desk.later(hours=4)
    assert desk.last.status == "pending"
    assert desk.carry() == "verified"


def test_an_outage_of_weeks_is_a_persons_matter(desk: Desk, lms: ScriptedPlatform) -> None:
    desk.score(8)
    lms.script[SCORES] = [(503, {}, "maintenance")] * 20
    for _ in range(20):
        desk.carry()
        desk.later(hours=12)
    assert desk.last.status == "failed"
    assert "Given up" in desk.last.last_error


class Busy:
    """Counts how many scores the LMS has in its hands at once."""

    def __init__(self, lms: ScriptedPlatform) -> None:
        self.now = self.most = 0
        self._lock, self._usual = threading.Lock(), lms.answer
        lms.answer = self._answer  # type: ignore[method-assign]

    def _answer(self, asked: Asked) -> Answer:
        if asked.path != SCORES:
            return self._usual(asked)
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.02)
        with self._lock:
            self.now -= 1
            return self._usual(asked)


@pytest.mark.parametrize("family", [ProductFamily.CANVAS, ProductFamily.MOODLE])
def test_a_platform_gets_as_many_scores_at_once_as_it_takes_and_each_once(
    app: flask.Flask, desks: list[Desk], lms: ScriptedPlatform, family: ProductFamily
) -> None:
    be(desks[0].world, family)
    busy, most = Busy(lms), PRODUCTS[family].posts_at_once
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        done = list(pool.map(in_context(app, lambda _: desks[0].pump()), range(8)))
    assert busy.most <= most
    while desks[0].pump().carried:
        pass
    assert states(desks) == {"verified"}
    posted = [one["userId"] for one in desks[0].posts()]
    assert sorted(posted) == sorted(one.sub for one in desks)
    if family is ProductFamily.CANVAS:
        assert any(one.is_busy for one in done)


def test_scores_to_a_platform_that_is_switched_off_wait(desk: Desk, world: World, lms: ScriptedPlatform) -> None:
    desk.score(8)
    with transaction(world.tenant_id):
        session().get_one(Platform, world.platform_id).disabled_at = NOW
    assert desk.pump().carried == 0
    with transaction(world.tenant_id):
        session().get_one(Platform, world.platform_id).disabled_at = None
    assert desk.pump().carried == 1
    assert desk.last.status == "verified"


class TestCanvas:
    """Counts attempts, clears what is not final, and may be told to leave a teacher's grade alone."""

    @pytest.fixture(autouse=True)
    def _is_canvas(self, world: World, desk: Desk) -> None:
        be(world, ProductFamily.CANVAS)
        self.desk = desk

    def extension(self) -> Any:
        return self.desk.posts()[-1][CANVAS]

    def test_work_handed_in_is_an_attempt_and_a_changed_mark_is_none(self) -> None:
        self.desk.score(5)
        self.desk.carry()
        assert self.extension()["new_submission"] is True
        assert self.extension()["submitted_at"] == "2026-03-02T10:00:00.000Z"
        self.desk.score(6)
        self.desk.carry()
        assert self.extension()["new_submission"] is False
        self.desk.score(7, handed_in=NOW + dt.timedelta(hours=1))
        self.desk.carry()
        assert self.extension()["new_submission"] is True

    def test_a_teachers_grade_is_left_alone_until_a_person_says_otherwise(self, lms: ScriptedPlatform) -> None:
        self.desk.score(5)
        self.desk.carry()
        assert self.extension()["prioritize_non_tool_grade"] is True
        lms.scores[self.desk.sub]["scoreGiven"] = 9
        self.desk.score(6)
        assert self.desk.carry() == "overridden"
        self.desk.resend()
        self.desk.carry()
        assert self.extension()["prioritize_non_tool_grade"] is False

    def test_when_its_attempts_are_used_up_the_mark_arrives_all_the_same(self, lms: ScriptedPlatform) -> None:
        words = "The maximum number of allowed attempts has been reached for this submission"
        lms.script[SCORES] = [(422, {}, {"errors": {"type": "unprocessable_entity", "message": words}})]
        self.desk.score(5)
        assert self.desk.carry() == "verified"
        assert self.extension()["new_submission"] is False

    def test_a_course_that_has_ended_is_told_from_a_student_who_left(self, lms: ScriptedPlatform) -> None:
        words = "This course has concluded. AGS requests will no longer be accepted for this course."
        lms.script[SCORES] = [(422, {}, {"errors": {"message": words}})]
        self.desk.score(5)
        assert self.desk.carry() == "failed"
        assert "course has ended" in self.desk.last.last_error

    def test_work_that_waits_for_a_look_leaves_the_grade(self, lms: ScriptedPlatform) -> None:
        self.desk.score(5)
        self.desk.carry()
        self.desk.waiting()
        assert self.desk.carry() == "verified"
        sent = self.desk.posts()[-1]
        assert "scoreGiven" not in sent
        assert (sent["activityProgress"], sent["gradingProgress"]) == ("Submitted", "PendingManual")
        assert self.extension()["preserve_score"] is True


class TestWaitingForALook:
    @pytest.mark.parametrize("family", [ProductFamily.MOODLE, ProductFamily.OTHER])
    def test_the_grade_would_be_taken_away_so_nothing_is_sent(
        self, desk: Desk, world: World, lms: ScriptedPlatform, family: ProductFamily
    ) -> None:
        be(world, family)
        desk.score(5)
        desk.carry()
        desk.waiting()
        assert desk.carry() == "excluded"
        assert "keeps the grade" in desk.last.last_error
        assert len(desk.posts()) == 1
        desk.score(9)
        assert desk.carry() == "verified"
        assert lms.scores[desk.sub]["scoreGiven"] == 9

    def test_where_no_grade_stands_yet_the_lms_is_told(self, desk: Desk, world: World) -> None:
        be(world, ProductFamily.OTHER)
        desk.waiting()
        assert desk.carry() == "verified"
        assert desk.posts()[-1]["gradingProgress"] == "PendingManual"

    def test_a_comment_is_sent_once(self, desk: Desk) -> None:
        desk.score(5, feedback="Mind the empty list.")
        desk.carry()
        desk.score(6, feedback="Mind the empty list.")
        desk.carry()
        desk.score(7, feedback="Well done.")
        desk.carry()
        assert [one.get("comment") for one in desk.posts()] == ["Mind the empty list.", None, "Well done."]

    def test_moodle_is_told_the_comment_each_time_since_a_score_without_one_empties_it(
        self, desk: Desk, world: World
    ) -> None:
        be(world, ProductFamily.MOODLE)
        desk.score(5, feedback="Mind the empty list.")
        desk.carry()
        desk.score(6, feedback="Mind the empty list.")
        desk.carry()
        assert [one.get("comment") for one in desk.posts()] == ["Mind the empty list."] * 2
