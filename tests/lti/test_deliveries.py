"""Scores on bad days: workers side by side, LMSs that answer nonsense, late or not at all, and those with ways of their own."""

import concurrent.futures
import dataclasses
import datetime as dt
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import flask
import pytest

from lti_grader.core.db import session, transaction
from lti_grader.lti import passback
from lti_grader.lti.models import LineItem, Platform, ProductFamily
from tests.fixtures.world import World
from tests.lti.desk import RESULTS, SCORES, Desk
from tests.lti.scripted import LOST, SILENT, Answer, Asked, ScriptedPlatform


def be(world: World, family: ProductFamily) -> None:
    """Let the world's platform be of a family."""
    with transaction(world.tenant_id):
        session().get_one(Platform, world.platform_id).product_family = family


def at_the_post(lms: ScriptedPlatform, what: Any, answer: Answer) -> None:
    """Do `what` while the LMS has the next score in its hands, and let it answer so."""
    usual = lms.answer

    def interrupt(asked: Asked) -> Answer:
        if not asked.path.endswith("/scores"):
            return usual(asked)
        lms.answer = usual  # type: ignore[method-assign]
        what()
        return answer

    lms.answer = interrupt  # type: ignore[method-assign]


def in_context(app: flask.Flask, what: Any) -> Any:
    def run(*given: Any) -> Any:
        with app.app_context():
            return what(*given)

    return run


@pytest.mark.parametrize("status", [500, 429])
def test_row_36_a_newer_score_that_comes_while_the_older_is_refused_takes_its_place(
    app: flask.Flask, desk: Desk, lms: ScriptedPlatform, status: int
) -> None:
    older = desk.score(4)
    at_the_post(lms, in_context(app, lambda: desk.score(9)), (status, {}, "not now"))
    assert desk.carry(older) == "again"
    assert [row.status for row in desk.rows()] == ["superseded", "pending"]
    desk.later(seconds=2)
    assert desk.carry() == "verified"
    assert lms.scores[desk.sub]["scoreGiven"] == 9


def test_row_36_a_newer_score_that_comes_while_the_older_is_taken_follows_it(
    app: flask.Flask, desk: Desk, lms: ScriptedPlatform
) -> None:
    older = desk.score(4)
    at_the_post(lms, in_context(app, lambda: desk.score(9)), (200, {}, {}))
    desk.carry(older)
    desk.later(seconds=3)
    assert desk.carry() == "verified"
    first, second = desk.posts()
    assert (first["scoreGiven"], second["scoreGiven"]) == (4, 9)
    assert first["timestamp"] < second["timestamp"]


def test_an_older_score_that_was_never_seen_is_not_looked_for_once_a_newer_one_is_there(
    desk: Desk, lms: ScriptedPlatform
) -> None:
    lms.script[RESULTS] = [(200, {}, [])] * 2
    older = desk.score(4)
    assert desk.carry(older) == "sent"
    newer = desk.score(9)
    desk.later(minutes=1)
    with transaction(desk.world.tenant_id):
        assert passback.claim(newer, at=desk.at, lease=dt.timedelta(minutes=1)) is not None
    assert desk.carry(older) == "not due", "the newer one is under way"
    desk.later(minutes=2)
    assert desk.carry(newer) == "verified"
    desk.later(minutes=5)
    assert desk.carry(older) == "not due"
    assert [row.status for row in desk.rows()] == ["superseded", "verified"]


def test_of_many_workers_with_one_delivery_one_posts(app: flask.Flask, desk: Desk, lms: ScriptedPlatform) -> None:
    delivery = desk.score(8)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        done = list(pool.map(in_context(app, lambda _: desk.carry(delivery)), range(8)))
    assert sorted(done) == ["not due"] * 7 + ["verified"]
    assert len(desk.posts()) == 1


def test_row_36_an_lms_that_never_answers_costs_one_time_limit(desk: Desk, lms: ScriptedPlatform) -> None:
    desk.held = dataclasses.replace(
        desk.held, settings=desk.held.settings.model_copy(update={"lms_timeout_seconds": 0.3})
    )
    lms.script[SCORES] = [(SILENT, {}, "")]
    desk.score(8)
    assert desk.carry() == "again"
    assert "did not answer within 0.3 seconds" in desk.last.last_error
    desk.later(minutes=1)
    assert desk.carry() == "verified"
    assert len(desk.posts()) == 1


def test_row_36_an_lms_that_is_not_there_is_waited_for(desk: Desk, lms: ScriptedPlatform) -> None:
    lms.close()
    desk.score(8)
    assert desk.carry() == "again"
    assert "cannot be reached" in desk.last.last_error


@pytest.mark.parametrize("points", ["7.5", 0.75, 7.501, 7.499])
def test_row_34_points_are_compared_in_points_of_our_maximum(desk: Desk, lms: ScriptedPlatform, points: Any) -> None:
    maximum = 1 if points == 0.75 else 10
    lms.script[RESULTS] = [None, (200, {}, [{"userId": desk.sub, "resultScore": points, "resultMaximum": maximum}])]
    desk.score("7.5")
    assert desk.carry() == "verified"
    assert abs(desk.last.lms_holds - Decimal("7.5")) < Decimal("0.01")


def test_results_of_others_are_not_the_students(desk: Desk, lms: ScriptedPlatform) -> None:
    other = {"userId": "somebody-else", "resultScore": 8, "resultMaximum": 10}
    lms.script[RESULTS] = [(200, {}, [other]), (200, {}, [other, None, "x", {}])]
    desk.score(8)
    assert desk.carry() == "sent"
    assert len(desk.posts()) == 1


_HUGE = 10**9
NONSENSE = [
    {"resultScore": float("nan"), "resultMaximum": 10}, {"resultScore": float("inf"), "resultMaximum": 10},
    {"resultScore": _HUGE, "resultMaximum": 10}, {"resultScore": 5, "resultMaximum": 1e-12},
    {"resultScore": "many", "resultMaximum": 10}, {"resultScore": [], "resultMaximum": 10},
    {"resultScore": True, "resultMaximum": 10}, {"resultScore": 5, "resultMaximum": "ten"},
    {"resultScore": 5, "resultMaximum": float("nan")}, {"resultScore": 5, "resultMaximum": -1},
]  # fmt: skip


@pytest.mark.parametrize("nonsense", NONSENSE, ids=lambda one: "-".join(map(str, one.values())))
@pytest.mark.parametrize("after_the_post", [False, True])
def test_results_that_are_no_points_are_said_and_asked_for_again(
    desk: Desk, lms: ScriptedPlatform, nonsense: dict[str, Any], after_the_post: bool
) -> None:
    lms.script[RESULTS] = [None] * after_the_post + [(200, {}, [{"userId": desk.sub} | nonsense])]
    desk.score(8)
    assert desk.carry() == "again"
    assert desk.last.status == ("sent" if after_the_post else "pending")
    assert "no points" in desk.last.last_error
    desk.later(minutes=1)
    assert desk.carry() == "verified"
    assert len(desk.posts()) == 1


@pytest.mark.parametrize(
    "url",
    ["http://[", "https://lms.example.edu:99999/1", "lineitems/1", "", "https://a b/1", "http://lms.example.edu/1",
     "ftp://lms.example.edu/1", "https://lms\u2028.example/1", "javascript:alert(1)"],
)  # fmt: skip
def test_a_column_without_a_usable_address_is_said(desk: Desk, lms: ScriptedPlatform, url: str) -> None:
    with transaction(desk.world.tenant_id):
        session().get_one(LineItem, desk.column).url = url
    desk.score(8)
    assert desk.carry() == "again"
    assert desk.last.status == "pending"
    assert desk.last.last_error
    assert lms.asked == []


TOKEN_REFUSED = "no access token"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((400, {}, {"error": "invalid_client"}), TOKEN_REFUSED), ((401, {}, {"error": "invalid_client"}), TOKEN_REFUSED),
        ((403, {}, "no"), TOKEN_REFUSED), ((429, {"Retry-After": "30"}, "later"), "slow down"),
        ((500, {}, "[]"), "fault of its own"), ((200, {}, "<html>"), "not JSON"), ((200, {}, {}), "gave no token"),
        ((200, {}, {"access_token": 5}), "gave no token"), ((200, {}, {"access_token": ""}), "gave no token"),
        ((200, {}, []), "gave no token"), ((302, {"Location": "https://elsewhere.example"}, ""), TOKEN_REFUSED),
        ((SILENT, {}, ""), "did not answer"), ((LOST, {}, ""), "cannot be reached"),
    ],
)  # fmt: skip
def test_row_36_without_a_token_a_score_waits_and_says_why(
    desk: Desk, lms: ScriptedPlatform, answer: Answer, words: str
) -> None:
    desk.held = dataclasses.replace(
        desk.held, settings=desk.held.settings.model_copy(update={"lms_timeout_seconds": 0.3})
    )
    lms.script["/token"] = [answer]
    desk.score(8)
    assert desk.carry() == "again"
    assert words in desk.last.last_error
    assert len(lms.to("/token")) == 1
    desk.later(minutes=1)
    assert desk.carry() == "verified"


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -5, 0, "3600", None, [], True, 10**30])
def test_a_token_whose_end_makes_no_sense_is_used(desk: Desk, lms: ScriptedPlatform, seconds: Any) -> None:
    lms.script["/token"] = [(200, {}, {"access_token": "token-1", "expires_in": seconds})] * 2
    desk.score(8)
    assert desk.carry() == "verified"


@pytest.mark.parametrize("token", ["t\u00f6ken", "to\nken", "\u2028"])
def test_a_token_that_no_header_can_carry_is_said(desk: Desk, lms: ScriptedPlatform, token: str) -> None:
    lms.script["/token"] = [(200, {}, {"access_token": token})]
    desk.score(8)
    assert desk.carry() == "again"
    assert desk.last.last_error


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [("90", 90, 90), ("0", 1, 3), ("99999999", 3600, 3600), ("-5", 1, 3), ("soon", 1, 3), ("\u00b2", 1, 3), ("", 1, 3),
     ("1e3", 1, 3), ("Wed, 99 Foo 2026 99:99:99 GMT", 1, 3), ("Thu, 01 Jan 1970 00:00:00 GMT", 1, 3)],
)  # fmt: skip
def test_row_36_retry_after_in_all_its_forms(
    desk: Desk, lms: ScriptedPlatform, value: str, least: float, most: float
) -> None:
    lms.script[SCORES] = [(429, {"Retry-After": value}, "slow down")]
    desk.score(8)
    assert desk.carry() == "again"
    assert least <= (desk.last.next_try_at - desk.at).total_seconds() <= most


def test_row_36_retry_after_as_a_time(desk: Desk, lms: ScriptedPlatform) -> None:
    then = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=30)
    lms.script[SCORES] = [(429, {"Retry-After": format_datetime(then, usegmt=True)}, "slow down")]
    desk.score(8)
    assert desk.carry() == "again"
    assert 1500 <= (desk.last.next_try_at - desk.at).total_seconds() <= 1800


@pytest.mark.parametrize("path", [SCORES, RESULTS])
def test_row_36_a_column_that_was_deleted_in_the_lms(desk: Desk, lms: ScriptedPlatform, path: str) -> None:
    lms.script[path] = [(404, {}, {"errors": {"type": "not_found"}})]
    desk.score(8)
    assert desk.carry() == "failed"
    assert "no longer has this column" in desk.last.last_error
    # Restored there, and sent again by a person.
    desk.resend()
    assert desk.carry() == "verified"


class TestMoodle:
    """Leaves a zero out of its results, and takes no time twice."""

    @pytest.fixture(autouse=True)
    def _is_moodle(self, world: World, desk: Desk, lms: ScriptedPlatform) -> None:
        be(world, ProductFamily.MOODLE)
        self.desk, self.lms = desk, lms
        usual = lms.answer

        def moodle(asked: Asked) -> Answer:
            before = lms.scores.get(asked.json["userId"]) if asked.path.endswith("/scores") else None
            if before and before["timestamp"][:19] >= asked.json["timestamp"][:19]:
                return 409, {"Content-Type": "text/html"}, ""
            status, headers, said = usual(asked)
            if asked.path.endswith("/results"):
                said = [{k: v for k, v in one.items() if k != "resultScore" or v} for one in said]
            return status, {**headers, "Content-Type": "text/html"}, said

        lms.answer = moodle  # type: ignore[method-assign]

    def test_a_zero_is_sent_and_seen(self) -> None:
        self.desk.score(0)
        assert self.desk.carry() == "verified"
        assert [one["scoreGiven"] for one in self.desk.posts()] == [0]

    def test_an_empty_cell_is_no_zero(self) -> None:
        self.lms.script[RESULTS] = [(200, {}, [{"userId": self.desk.sub, "resultMaximum": 10}])]
        self.desk.score(0)
        assert self.desk.carry() == "verified"
        assert [one["scoreGiven"] for one in self.desk.posts()] == [0]

    @pytest.mark.parametrize("points", [0, 7])
    def test_an_answer_that_gets_lost(self, points: int) -> None:
        self.lms.script[SCORES] = [(LOST, {}, "")]
        self.desk.score(points)
        assert self.desk.carry() == "again"
        self.desk.later(minutes=1)
        assert self.desk.carry() == "verified"

    def test_many_scores_within_a_second_are_all_taken(self) -> None:
        for points in (3, 0, 7, 7, 1):
            self.desk.score(points)
            assert self.desk.carry() == "verified"
        assert self.lms.scores[self.desk.sub]["scoreGiven"] == 1

    def test_somebody_who_graded_there_later_is_told_from_a_fault(self) -> None:
        self.desk.score(3)
        ahead = {"userId": self.desk.sub, "scoreGiven": 3, "scoreMaximum": 10, "timestamp": "2030-01-01T00:00:00Z"}
        self.lms.scores[self.desk.sub] = ahead | {"scoreGiven": 9}
        self.lms.script[RESULTS] = [(200, {}, [])]
        assert self.desk.carry() == "failed"
        assert "refused the score's time" in self.desk.last.last_error


def test_row_36_a_locked_grade_of_moodle_is_told_from_a_fault(desk: Desk, world: World, lms: ScriptedPlatform) -> None:
    """Moodle answers 500 to both, and to a lock with an empty list."""
    be(world, ProductFamily.MOODLE)
    lms.script[SCORES] = [(500, {"Content-Type": "text/html"}, "[]"), (500, {}, "broken")]
    desk.score(8)
    desk.carry()
    assert desk.last.status == "failed"
    assert "locked" in desk.last.last_error
    desk.later(days=1)
    assert desk.carry() == "not due"
    desk.resend()
    assert desk.carry() == "again"


def test_row_36_moodle_refuses_who_is_no_student_without_a_word(
    desk: Desk, world: World, lms: ScriptedPlatform
) -> None:
    be(world, ProductFamily.MOODLE)
    lms.script[SCORES] = [(400, {"Content-Type": "application/vnd.ims.lis.v1.score+json"}, "[]")]
    desk.score(8)
    desk.carry()
    assert desk.last.status == "failed"
    assert "no student of the course" in desk.last.last_error
