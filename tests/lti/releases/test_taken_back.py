"""What a release leaves alone, and what becomes of one that is taken back."""

import datetime as dt
import io
import zipfile

import pytest
import sqlalchemy as sa

from lti_grader.classes.models import Enrollment
from lti_grader.classes.operations import drop
from lti_grader.core.db import session, transaction
from lti_grader.lti import board_operations, comparing, freezes, releases
from lti_grader.lti.board import Filter
from lti_grader.lti.board_models import Reconciliation
from lti_grader.lti.board_operations import Selection
from lti_grader.lti.errors import CannotResend
from lti_grader.lti.exports import board_csv, one_roster
from lti_grader.lti.leavers import owe_again
from lti_grader.lti.models import LineItem
from lti_grader.lti.trail import Actor
from tests.fixtures.world import World
from tests.lti.desk import Desk
from tests.lti.releases.releasing import BY_HAND, let_go, owed, set_rule, take, work
from tests.lti.scripted import ScriptedPlatform


def test_taken_back_what_is_in_the_lms_stays_and_what_waits_to_be_sent_waits_on(
    held: Desk, lms: ScriptedPlatform
) -> None:
    beside = held.neighbour()
    let_go(held)
    held.score(8)
    held.carry()
    beside.score(3)
    take(held)
    assert beside.carry() == "not due"
    assert beside.last.status == "withheld"
    assert beside.sub not in lms.scores
    assert lms.scores[held.sub]["scoreGiven"] == 8
    let_go(held)
    assert work(held) == [1]
    beside.at = held.at
    assert beside.carry() == "verified"
    assert len(held.rows()) == 1


def test_a_release_that_was_taken_back_before_a_worker_came_sends_nothing(held: Desk) -> None:
    held.score(8)
    held.carry()
    let_go(held)
    (row,) = owed(held)
    take(held)
    assert releases.carry_out(held.world.tenant_id, row.id, lambda: held.at) is None
    assert [one.status for one in held.rows()] == ["withheld"]


def test_of_two_workers_with_one_release_one_does_it(held: Desk) -> None:
    held.score(8)
    let_go(held)
    (row,) = owed(held)
    held.later(minutes=1)
    tenant = held.world.tenant_id
    assert [releases.carry_out(tenant, row.id, lambda: held.at) for _ in range(2)] == [1, None]


def test_a_frozen_score_stays_frozen_through_a_release(held: Desk) -> None:
    world, ruth = held.world, Actor(None, "Ruth Abernathy")
    held.score(8)
    with transaction(world.tenant_id):
        kept = freezes.freeze(
            world.class_id, item_id=held.assignment, student_id=None, reason="Board", by=ruth, at=held.at
        )
    let_go(held)
    assert work(held) == [1]
    assert held.last.status == "frozen"
    with transaction(world.tenant_id):
        freezes.ask_release(world.class_id, kept.id, by=ruth, at=held.at)
        assert freezes.release(world.class_id, kept.id, by=Actor(None, "Somebody else"), at=held.at) == 1
    assert held.carry() == "verified"


def test_who_has_left_gets_the_score_once_they_are_back(held: Desk, lms: ScriptedPlatform) -> None:
    world = held.world
    held.score(8)
    held.carry()
    with transaction(world.tenant_id):
        drop(world.class_id, {held.student}, at=held.at)
    let_go(held)
    work(held)
    assert lms.to("/lineitems/1/scores")[-1].json["gradingProgress"] == "PendingManual"
    with transaction(world.tenant_id):
        session().scalars(sa.select(Enrollment).where(Enrollment.user_id == held.student)).one().status = "active"
    owe_again(world.tenant_id, world.context_id, {held.student}, at=held.at)
    assert held.carry() == "verified"
    assert lms.scores[held.sub]["scoreGiven"] == 8


def test_the_lmss_test_student_is_never_told_of(world: World, lms: ScriptedPlatform) -> None:
    desk = Desk(world, lms, is_test_user=True)
    desk.at = dt.datetime.now(dt.UTC)
    set_rule(desk, BY_HAND)
    desk.score(8)
    let_go(desk)
    work(desk)
    assert {one.status for one in desk.rows()} == {"excluded"}
    assert desk.carry() == "not due"


def test_an_unreleased_score_is_no_difference(held: Desk) -> None:
    held.score(8)
    held.carry()
    with transaction(held.world.tenant_id):
        run = Reconciliation(tenant_id=held.world.tenant_id, class_context_id=held.world.context_id, started_at=held.at)
        session().add(run)
        session().flush()
        item = session().get_one(LineItem, held.column)
    found = comparing.compare(held.world.tenant_id, run.id, item, held.world.platform_id, {}, at=held.at)
    assert found == (0, 0)


def test_nobody_sends_it_from_the_board_before_its_time(held: Desk) -> None:
    world = held.world
    let_go(held)
    held.score(8)
    held.carry()
    take(held)
    everything = Selection(world.class_id, Filter())
    with transaction(world.tenant_id):
        plan = board_operations.plan(everything, at=held.at)
    assert (plan.plain, plan.held_back) == (0, 1)
    by = Actor(world.teacher_id)
    assert board_operations.resend(world.tenant_id, everything, over=True, as_of=held.at, at=held.at, by=by) == 0
    with pytest.raises(CannotResend, match="not released"):
        held.resend()


def test_what_goes_to_other_systems_has_no_unreleased_mark(held: Desk) -> None:
    let_go(held)
    held.score("7.77")
    take(held)
    held.carry()
    assert held.last.status == "withheld"
    world = held.world
    archive = zipfile.ZipFile(io.BytesIO(b"".join(one_roster(world.tenant_id, [world.class_id], at=held.at))))
    results = archive.read("results.csv").decode()
    assert "7.77" not in results
    assert "submitted" in results
    assert b"withheld" in b"".join(board_csv(world.tenant_id, [world.class_id]))
