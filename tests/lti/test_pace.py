"""What scores cost, and that carrying many at a time weakens nothing: each once, none that may not go any more."""

import concurrent.futures
import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

import flask
import pytest
import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, AssignmentConfig
from lti_grader.assignments.release import ReleaseRule, When
from lti_grader.core.db import db, session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.lti import freezes, passback, rounds
from lti_grader.lti.carrying import Courier
from lti_grader.lti.models import ColumnState, LineItem, Platform, ProductFamily, ScoreDelivery
from lti_grader.lti.trail import Actor
from tests.fixtures.world import NOW, World
from tests.lti.desk import RESULTS, SCORES, Desk
from tests.lti.scripted import Answer, Asked, ScriptedPlatform
from tests.lti.test_deliveries import be, in_context

MINUTE = dt.timedelta(minutes=1)


def row_of(desk: Desk, count: int) -> list[Desk]:
    """Return that many students' desks at one column, each with a score that is owed."""
    found = [desk, *(desk.neighbour() for _ in range(count - 1))]
    for one in found:
        one.revision = 1
    with transaction(desk.world.tenant_id):
        session().add_all(
            GradebookEntry(
                tenant_id=desk.world.tenant_id, content_item_id=desk.assignment, student_id=one.student,
                max_score=Decimal(10), score_obtained=Decimal(7), status="graded", revision=1, submitted_at=NOW,
            )
            for one in found
        )  # fmt: skip
        session().flush()
        passback.queue_known_scores(desk.column, at=desk.at)
    return found


def status_of(desks: list[Desk]) -> set[str]:
    return {one.last.status for one in desks}


def at_the_first_post(lms: ScriptedPlatform, what: Callable[[], None]) -> None:
    """Do `what` while the LMS has the next score in its hands, which it takes."""
    usual = lms.answer

    def answer(asked: Asked) -> Answer:
        if asked.path == SCORES:
            lms.answer = usual  # type: ignore[method-assign]
            what()
        return usual(asked)

    lms.answer = answer  # type: ignore[method-assign]


def courier(desk: Desk) -> Courier:
    with transaction(desk.world.tenant_id):
        platform = session().get_one(Platform, desk.world.platform_id)
    return Courier(desk.world.tenant_id, platform, desk.held, lambda: desk.at)


def claim(desk: Desk, most: int, workers: int = 1) -> list[passback.Parcel]:
    with transaction(desk.world.tenant_id):
        return passback.claim_some(desk.column, at=desk.at, lease=MINUTE, most=most, workers=workers)


@contextmanager
def counted() -> Iterator[list[str]]:
    """Keep the statements that the context sends to the database."""
    sent: list[str] = []

    def keep(*given: object) -> None:
        sent.append(str(given[2]))

    sa.event.listen(db.engine, "before_cursor_execute", keep)
    try:
        yield sent
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", keep)


def test_a_claim_asks_as_much_for_many_as_for_one(desk: Desk) -> None:
    row_of(desk, 12)
    with counted() as one:
        assert len(claim(desk, 1)) == 1
    with counted() as many:
        assert len(claim(desk, 11)) == 11
    assert len(many) == len(one) <= 10


def test_outcomes_are_written_with_as_many_statements_for_many_as_for_one(desk: Desk) -> None:
    row_of(desk, 9)
    with transaction(desk.world.tenant_id):
        first, *others = passback.claim_some(desk.column, at=desk.at, lease=MINUTE, most=9)
    asked = []
    for parcels in ([first], others):
        outcomes = [passback.Outcome(one, passback.Became.VERIFIED, one.score) for one in parcels]
        with transaction(desk.world.tenant_id), counted() as sent:
            passback.record(outcomes, most_tries=5, at=desk.at)
            session().flush()
        asked.append(len(sent))
    assert asked[0] == asked[1] <= 4


def test_each_score_more_costs_three_statements(desk: Desk, world: World) -> None:
    be(world, ProductFamily.CANVAS)
    # The first asks for tokens besides.
    desk.score(7)
    desk.pump()
    asked = {}
    for count in (5, 15):
        desks = row_of(desk.neighbour(), count)
        with counted() as sent:
            assert desk.pump().carried == count
        assert status_of(desks) == {"verified"}
        asked[count] = len(sent)
    assert asked[15] - asked[5] == 10 * 3


def test_of_many_workers_that_claim_at_once_no_two_get_the_same(app: flask.Flask, desk: Desk) -> None:
    desks = row_of(desk, 40)

    def work(_: int) -> list[passback.Parcel]:
        found = []
        while some := claim(desk, 25, workers=8):
            found += some
        return found

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        claimed = [one.user_id for found in pool.map(in_context(app, work), range(8)) for one in found]
    assert sorted(claimed) == sorted(one.student for one in desks)


def test_one_worker_leaves_some_for_the_others_and_takes_all_where_it_is_the_only_one(desk: Desk) -> None:
    row_of(desk, 40)
    assert len(claim(desk, 25, workers=4)) == 5
    assert len(claim(desk, 25)) == 25
    assert len(claim(desk, 25)) == 10


def test_a_worker_that_is_killed_after_a_post_leaves_one_in_doubt_and_the_others_as_they_were(
    desk: Desk, lms: ScriptedPlatform
) -> None:
    desks = row_of(desk, 6)
    killed = courier(desk)
    trips = killed.claim(desk.column, lease=MINUTE, most=6, workers=1)
    # The second post begins, which says of the first that it was taken; of the second nothing is said any more.
    assert all(killed.send(trip, lambda: None) for trip in trips[:2])
    rows = [one.last for one in desks]
    assert sorted((row.status, row.tries, row.sent_at is not None) for row in rows) == [
        *[("pending", 0, False)] * 4, ("sending", 1, False), ("sending", 1, True),
    ]  # fmt: skip
    assert desk.pump().carried == 0, "they are in its hands as far as anybody knows"
    desk.later(minutes=2)
    desk.pump()
    assert status_of(desks) == {"verified"}
    assert sorted(one["userId"] for one in desk.posts()) == sorted(one.sub for one in desks)


def test_what_was_in_doubt_and_does_not_show_yet_is_taken_once_all_the_same(
    desk: Desk, world: World, lms: ScriptedPlatform
) -> None:
    """Moodle refuses a time that it has seen: that is how the second post finds out."""
    be(world, ProductFamily.MOODLE)
    desk.score(7)
    killed = courier(desk)
    (trip,) = killed.claim(desk.column, lease=MINUTE, most=1, workers=1)
    assert killed.send(trip, lambda: None)
    desk.later(minutes=2)
    lms.script[RESULTS] = [(200, {}, [])]
    lms.script[SCORES] = [(409, {}, "")]
    desk.pump()
    assert desk.last.status == "verified"
    assert {one["timestamp"] for one in desk.posts()} == {desk.posts()[0]["timestamp"]}


def test_a_slow_worker_whose_scores_were_taken_over_changes_nothing_any_more(desk: Desk, lms: ScriptedPlatform) -> None:
    desks = row_of(desk, 5)
    slow = courier(desk)
    trips = slow.claim(desk.column, lease=MINUTE, most=5, workers=1)
    assert slow.send(trips[0], lambda: None)
    desk.later(minutes=2)
    desk.pump()
    before = [(row.status, row.tries, row.verified_at) for one in desks for row in one.rows()]
    slow.note(trips[0].look_later())
    assert not slow.send(trips[1], lambda: None), "it is not its to send"
    slow.give_back(trips[2:])
    assert [(row.status, row.tries, row.verified_at) for one in desks for row in one.rows()] == before
    assert len(desk.posts()) == 5


def freeze(desk: Desk) -> None:
    with transaction(desk.world.tenant_id):
        freezes.freeze(
            desk.world.class_id, item_id=None, student_id=None, reason="Board", by=Actor(None, "Ruth"), at=desk.at
        )


def take_back(desk: Desk) -> None:
    with transaction(desk.world.tenant_id):
        assignment = session().get_one(Assignment, desk.assignment)
        assignment.config = AssignmentConfig(marks=ReleaseRule(when=When.BY_HAND)).model_dump(mode="json")


def lose(desk: Desk) -> None:
    with transaction(desk.world.tenant_id):
        session().get_one(LineItem, desk.column).state = ColumnState.MISSING


@pytest.mark.parametrize(("what", "state"), [(freeze, "frozen"), (take_back, "withheld"), (lose, "pending")])
def test_what_was_claimed_together_and_may_not_go_any_more_stays(
    app: flask.Flask, desk: Desk, world: World, lms: ScriptedPlatform, what: Callable[[Desk], None], state: str
) -> None:
    be(world, ProductFamily.CANVAS)
    desks = row_of(desk, 6)
    at_the_first_post(lms, in_context(app, lambda: what(desk)))
    desk.pump()
    desk.later(seconds=5)
    desk.pump()
    assert len(desk.posts()) == 1
    assert sorted(one.last.status for one in desks) == sorted([state] * 5 + ["verified"])


def test_a_newer_score_takes_the_place_of_one_that_was_claimed_and_not_begun(
    app: flask.Flask, desk: Desk, world: World, lms: ScriptedPlatform
) -> None:
    be(world, ProductFamily.CANVAS)
    desks = row_of(desk, 6)

    def mark_better() -> None:
        for one in desks[3:]:
            one.score(9)

    at_the_first_post(lms, in_context(app, mark_better))
    desk.pump()
    desk.later(minutes=1)
    desk.pump()
    assert status_of(desks) == {"verified"}
    assert [lms.scores[one.sub]["scoreGiven"] for one in desks] == [7] * 3 + [9] * 3
    assert [row.status for one in desks[3:] for row in one.rows()] == ["superseded", "verified"] * 3
    assert len(desk.posts()) == 6


def test_one_reading_ends_a_round_and_begins_the_next(
    desk: Desk, lms: ScriptedPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "_MOST", 4)
    desks = row_of(desk, 12)
    assert desk.pump().carried == 12
    assert status_of(desks) == {"verified"}
    assert len([one for one in lms.to(RESULTS) if "user_id" not in one.query]) == 1 + 3


def test_what_another_worker_has_sent_since_the_column_was_read_is_looked_up(
    app: flask.Flask, desk: Desk, world: World, lms: ScriptedPlatform
) -> None:
    """Else our own newer score would look like a grade that somebody else had set."""
    be(world, ProductFamily.CANVAS)
    late = desk.neighbour()
    late.score(2)
    assert late.carry() == "verified"
    late.later(seconds=1)
    desks = row_of(desk, 4)
    desk.at = late.at
    usual, read = lms.answer, []

    def answer(asked: Asked) -> Answer:
        if asked.path == RESULTS and not asked.query.get("user_id"):
            said = usual(asked)
            if not read:
                # Read, and the next moment another worker sends the late one a newer score, which a third follows.
                read.append(asked)
                in_context(app, supersede)()
            return said
        return usual(asked)

    def supersede() -> None:
        late.at = desk.at = desk.at + dt.timedelta(seconds=1)
        late.score(5)
        assert late.carry() == "verified"
        late.score(6)

    lms.answer = answer  # type: ignore[method-assign]
    desk.pump()
    assert status_of(desks) == {"verified"}
    assert [row.status for row in late.rows()] == ["verified"] * 3
    assert lms.scores[late.sub]["scoreGiven"] == 6


def test_looks_of_one_that_a_newer_has_replaced_end_in_no_fault(desk: Desk, lms: ScriptedPlatform) -> None:
    lms.script[RESULTS] = [(200, {}, [])] * 2
    older = desk.score(7)
    assert desk.carry(older) == "sent"
    desk.later(minutes=1)
    with transaction(desk.world.tenant_id):
        session().get_one(ScoreDelivery, older).tries = 7
    with transaction(desk.world.tenant_id):
        parcel = passback.claim(older, at=desk.at, lease=MINUTE)
    desk.score(9)
    assert parcel is not None
    with transaction(desk.world.tenant_id):
        passback.record([passback.Outcome(parcel, passback.Became.UNSEEN)], most_tries=5, at=desk.at)
    assert [row.status for row in desk.rows()] == ["superseded", "pending"]
