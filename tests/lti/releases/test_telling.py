"""Marks that are released later than they are known: what the LMS is told until then, and that all of them arrive."""

import pytest

from lti_grader.assignments.models import Assignment
from lti_grader.assignments.release import Part, ReleaseRule
from lti_grader.core.db import session, transaction
from lti_grader.lti.models import ProductFamily
from lti_grader.lti.products import canvas
from tests.fixtures.world import World
from tests.lti.desk import Desk
from tests.lti.releases.releasing import BY_HAND, is_over, let_go, set_rule, take, work
from tests.lti.scripted import LOST, ScriptedPlatform
from tests.lti.test_deliveries import be


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


@pytest.mark.parametrize("family", [ProductFamily.MOODLE, ProductFamily.CANVAS, ProductFamily.OTHER])
def test_a_comment_that_is_released_after_the_marks_is_sent_with_the_score_it_is_for(
    held: Desk, world: World, family: ProductFamily
) -> None:
    be(world, family)
    beside = held.neighbour()
    set_rule(held, BY_HAND, feedback=BY_HAND)
    held.score(8, feedback="Canary of the feedback.")
    beside.score(3)
    let_go(held)
    assert work(held) == [2]
    beside.at = held.at
    assert (held.carry(), beside.carry()) == ("verified", "verified")
    before = len(held.posts())
    let_go(held, Part.FEEDBACK)
    assert work(held) == [1], "who has no comment is sent nothing again"
    assert held.carry() == "verified"
    (said,) = held.posts()[before:]
    assert (said["userId"], said["scoreGiven"], said["comment"]) == (held.sub, 8, "Canary of the feedback.")
    if family is ProductFamily.CANVAS:
        assert said[canvas.SUBMISSION]["new_submission"] is False
    set_rule(held, ReleaseRule())
    assert work(held) == []
    held.later(minutes=1)
    assert held.carry() == "not due"


def test_a_comment_whose_marks_are_not_released_goes_with_them(held: Desk) -> None:
    set_rule(held, BY_HAND, feedback=BY_HAND)
    held.score(8, feedback="Canary of the feedback.")
    held.carry()
    let_go(held, Part.FEEDBACK)
    assert work(held) == []
    let_go(held)
    assert work(held) == [1]
    assert held.carry() == "verified"
    assert [one.get("comment") for one in held.posts()] == [None, "Canary of the feedback."]


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
    assert is_over(held)


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
