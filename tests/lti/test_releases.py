"""Marks that are released later than they are known: what the LMS is told until then, and that all of them arrive."""

import datetime as dt
import io
import zipfile

import pytest
import sqlalchemy as sa

from lti_grader.assignments.models import Assignment
from lti_grader.assignments.operations import reschedule
from lti_grader.assignments.release import Part, ReleaseRule, When
from lti_grader.assignments.releasing import release, take_back
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
from lti_grader.lti.models import LineItem, ProductFamily
from lti_grader.lti.products import canvas
from lti_grader.lti.release_models import OwedRelease
from lti_grader.lti.trail import Actor
from tests.fixtures.world import World
from tests.lti.desk import Desk
from tests.lti.scripted import LOST, ScriptedPlatform
from tests.lti.test_deliveries import be

BY_HAND = ReleaseRule(when=When.BY_HAND)


def set_rule(
    desk: Desk, marks: ReleaseRule, *, feedback: ReleaseRule | None = None, due: dt.datetime | None = None
) -> None:
    with transaction(desk.world.tenant_id):
        assignment = session().get_one(Assignment, desk.assignment)
        reschedule(
            assignment, opens_at=None, closes_at=None, due_date=due, is_published=True, marks=marks, feedback=feedback
        )


def let_go(desk: Desk, *parts: Part) -> set[Part]:
    with transaction(desk.world.tenant_id):
        return release(desk.assignment, set(parts or [Part.MARKS]), by=desk.world.teacher_id, at=desk.at)


def take(desk: Desk) -> None:
    with transaction(desk.world.tenant_id):
        take_back(desk.assignment, {Part.MARKS}, at=desk.at)


def owed(desk: Desk) -> list[OwedRelease]:
    with transaction(desk.world.tenant_id):
        return list(session().scalars(sa.select(OwedRelease).where(OwedRelease.done_at.is_(None))))


def work(desk: Desk) -> list[int | None]:
    """Do what beat and a worker do with the releases that are due."""
    desk.at = max(desk.at, dt.datetime.now(dt.UTC))
    found = releases.due(at=desk.at)
    return [releases.carry_out(tenant, row, lambda: desk.at) for tenant, row in found]


@pytest.fixture
def held(desk: Desk) -> Desk:
    """A desk whose marks are released by hand. Its clock is the real one, which releases go by."""
    desk.at = dt.datetime.now(dt.UTC)
    set_rule(desk, BY_HAND)
    return desk


def test_what_is_not_released_is_told_without_points(held: Desk, lms: ScriptedPlatform) -> None:
    held.score(8, feedback="Canary of the feedback.")
    assert held.carry() == "withheld"
    (sent,) = held.posts()
    assert (sent["activityProgress"], sent["gradingProgress"]) == ("Submitted", "PendingManual")
    assert "scoreGiven" not in sent
    assert "scoreMaximum" not in sent
    assert sent["submission"]["submittedAt"].startswith("2026-03-02T10:00:00")
    assert held.last.status == "withheld"
    assert "told that the work is handed in" in held.last.last_error


def test_comments_go_to_the_lms_with_the_feedback_not_with_the_marks(held: Desk) -> None:
    set_rule(held, BY_HAND, feedback=BY_HAND)
    held.score(8, feedback="Canary of the feedback.")
    held.carry()
    let_go(held)
    work(held)
    assert held.carry() == "verified"
    let_go(held, Part.FEEDBACK)
    # The release was a revision of its own.
    held.revision += 1
    held.score(9, feedback="Canary of the feedback.")
    assert held.carry() == "verified"
    assert [one.get("comment") for one in held.posts()] == [None, None, "Canary of the feedback."]


def test_the_lms_is_told_once_so_that_nobody_can_read_there_whether_a_mark_has_changed(
    held: Desk, lms: ScriptedPlatform
) -> None:
    held.score(8)
    held.carry()
    held.later(hours=1)
    held.score(9)
    assert held.carry() == "not due"
    assert len(held.posts()) == 1


def test_a_release_by_hand_brings_every_score(held: Desk, lms: ScriptedPlatform) -> None:
    beside = held.neighbour()
    held.score(8)
    beside.score(3)
    held.carry()
    # The second was not even told yet.
    assert let_go(held) == {Part.MARKS}
    assert work(held) == [2]
    beside.at = held.at
    assert (held.carry(), beside.carry()) == ("verified", "verified")
    assert (lms.scores[held.sub]["scoreGiven"], lms.scores[beside.sub]["scoreGiven"]) == (8, 3)
    assert held.posts()[-1]["gradingProgress"] == "FullyGraded"
    assert owed(held) == []


def test_released_again_does_nothing_twice(held: Desk) -> None:
    held.score(8)
    held.carry()
    let_go(held)
    assert work(held) == [1]
    held.carry()
    rows = [one.id for one in held.rows()]
    assert let_go(held) == set()
    assert work(held) == []
    # And what was noted a second time finds nothing more to do.
    set_rule(held, ReleaseRule())
    assert work(held) == []
    assert [one.id for one in held.rows()] == rows
    assert len(held.posts()) == 2


def test_what_is_graded_after_the_release_goes_at_once(held: Desk) -> None:
    let_go(held)
    held.score(8)
    assert held.carry() == "verified"
    assert [one["scoreGiven"] for one in held.posts()] == [8]


def test_on_its_date_it_is_released_by_itself_also_where_the_tool_was_down(held: Desk, lms: ScriptedPlatform) -> None:
    date = held.at + dt.timedelta(days=1)
    set_rule(held, ReleaseRule(when=When.ON_DATE, date=date))
    held.score(8)
    held.carry()
    assert work(held) == []
    assert [one.next_try_at for one in owed(held)] == [date]
    held.later(days=3)
    assert work(held) == [1]
    assert held.carry() == "verified"
    assert lms.scores[held.sub]["scoreGiven"] == 8
    assert work(held) == []


def test_a_date_that_is_moved_moves_the_release(held: Desk) -> None:
    first, later = (held.at + dt.timedelta(days=days) for days in (1, 5))
    set_rule(held, ReleaseRule(when=When.AFTER_DUE), due=first)
    assert [one.next_try_at for one in owed(held)] == [first]
    set_rule(held, ReleaseRule(when=When.AFTER_DUE), due=later)
    held.score(8)
    held.carry()
    held.later(days=2)
    assert work(held) == []
    held.later(days=4)
    assert work(held) == [1]


def test_a_score_that_was_owed_just_before_the_release_goes_with_its_points(held: Desk, lms: ScriptedPlatform) -> None:
    """Such as one whose judging ended at the very moment, so that the release did not see it."""
    delivery = held.score(8)
    with transaction(held.world.tenant_id):
        session().get_one(Assignment, held.assignment).marks_released_at = held.at
    assert held.carry(delivery) == "verified"
    assert lms.scores[held.sub]["scoreGiven"] == 8


def test_a_telling_whose_answer_was_lost_is_followed_by_a_later_time(held: Desk, lms: ScriptedPlatform) -> None:
    lms.script["/lineitems/1/scores"] = [(LOST, {}, "")]
    delivery = held.score(8)
    assert held.carry() == "again"
    with transaction(held.world.tenant_id):
        session().get_one(Assignment, held.assignment).marks_released_at = held.at
    held.later(minutes=1)
    assert held.carry(delivery) == "verified"
    first, second = held.posts()
    assert first["timestamp"] < second["timestamp"]


@pytest.mark.parametrize("family", [ProductFamily.MOODLE, ProductFamily.OTHER])
def test_a_grade_that_somebody_set_there_is_neither_wiped_nor_called_trouble(
    held: Desk, world: World, lms: ScriptedPlatform, family: ProductFamily
) -> None:
    be(world, family)
    lms.scores[held.sub] = {"userId": held.sub, "scoreGiven": 5, "scoreMaximum": 10}
    held.score(8)
    assert held.carry() == "withheld"
    assert held.posts() == []
    assert "keeps the grade" in held.last.last_error
    let_go(held)
    work(held)
    assert held.carry() == "overridden"
    assert held.posts() == []


def test_moodle_would_empty_our_own_earlier_grade_so_it_is_left(
    held: Desk, world: World, lms: ScriptedPlatform
) -> None:
    be(world, ProductFamily.MOODLE)
    let_go(held)
    held.score(5)
    held.carry()
    take(held)
    held.score(9)
    assert held.carry() == "withheld"
    assert lms.scores[held.sub]["scoreGiven"] == 5
    let_go(held)
    work(held)
    assert held.carry() == "verified"
    assert lms.scores[held.sub]["scoreGiven"] == 9


def test_canvas_keeps_the_grade_and_counts_one_attempt(held: Desk, world: World, lms: ScriptedPlatform) -> None:
    be(world, ProductFamily.CANVAS)
    held.score(8)
    assert held.carry() == "withheld"
    let_go(held)
    work(held)
    assert held.carry() == "verified"
    told, released = (one[canvas.SUBMISSION] for one in held.posts())
    assert (told["new_submission"], told["preserve_score"]) == (True, True)
    assert (released["new_submission"], released["preserve_score"]) == (False, False)


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
