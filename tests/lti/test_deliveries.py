"""Scores on bad days: workers side by side, LMSs that answer nonsense, late or not at all, and those with ways of their own."""

import concurrent.futures
import datetime as dt
from typing import Any

import flask
import pytest

from lti_grader import adapters
from lti_grader.core.db import session, transaction
from lti_grader.lti import passback
from lti_grader.lti.models import Platform, ProductFamily
from tests.fixtures.world import World
from tests.lti.desk import RESULTS, Desk
from tests.lti.scripted import Answer, Asked, ScriptedPlatform


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


def test_canvas_gets_one_score_at_a_time(app: flask.Flask, world: World, desk: Desk, lms: ScriptedPlatform) -> None:
    be(world, ProductFamily.CANVAS)
    first = desk.score(8)
    other = desk.neighbour()
    second = other.score(5)
    said = []

    at_the_post(lms, in_context(app, lambda: said.append(other.carry(second))), (200, {}, {}))
    desk.carry(first)
    assert said == ["put off"]
    assert (other.last.status, other.last.tries) == ("pending", 0), "waiting for one's turn is no try"
    other.later(seconds=2)
    assert other.carry() == "verified"


def test_a_score_put_off_gives_way_to_a_newer_one(
    app: flask.Flask, world: World, desk: Desk, held: adapters.Adapters
) -> None:
    be(world, ProductFamily.CANVAS)
    held.kv.put(f"lti:posting:{world.platform_id}", "1", 60)
    older = desk.score(8)
    with transaction(world.tenant_id):
        parcel = passback.claim(older, at=desk.at, lease=dt.timedelta(minutes=1))
    assert parcel is not None
    desk.score(9)
    with transaction(world.tenant_id):
        passback.put_off(parcel, at=desk.at, seconds=1)
    assert [row.status for row in desk.rows()] == ["superseded", "pending"]
