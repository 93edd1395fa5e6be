"""A student who is excused: the LMS is left without a grade of ours, and with one that somebody set there."""

from decimal import Decimal

import sqlalchemy as sa

from lti_grader.core.db import session, transaction
from lti_grader.gradebook import by_hand
from lti_grader.gradebook.by_hand import Decision, Standing
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.lti.models import Platform, ProductFamily
from tests.fixtures.world import World
from tests.lti.desk import Desk
from tests.lti.scripted import ScriptedPlatform


def excuse(desk: Desk) -> None:
    with transaction(desk.world.tenant_id):
        by_hand.decide(
            desk.student,
            desk.assignment,
            Decision(Standing.EXCUSED),
            "Ill",
            by=desk.world.teacher_id,
            at=desk.at,
            seen=None,
        )


def test_what_was_told_before_is_taken_away_and_seen_to_be_gone(desk: Desk, lms: ScriptedPlatform) -> None:
    assert desk.carry(desk.score(7)) == "verified"
    desk.later(seconds=5)
    excuse(desk)
    assert desk.carry() == "verified"
    said = lms.scores[desk.sub]
    assert (said["activityProgress"], said["gradingProgress"]) == ("Initialized", "NotReady")
    assert "scoreGiven" not in said
    assert desk.last.lms_holds is None


def test_canvas_is_told_not_to_preserve_the_score(desk: Desk, lms: ScriptedPlatform) -> None:
    with transaction(desk.world.tenant_id):
        session().get_one(Platform, desk.world.platform_id).product_family = ProductFamily.CANVAS
    desk.carry(desk.score(7))
    desk.later(seconds=5)
    excuse(desk)
    assert desk.carry() == "verified"
    assert lms.scores[desk.sub]["https://canvas.instructure.com/lti/submission"]["preserve_score"] is False


def test_a_grade_that_somebody_set_in_the_lms_is_left_to_them(desk: Desk, lms: ScriptedPlatform) -> None:
    desk.carry(desk.score(7))
    lms.scores[desk.sub]["scoreGiven"] = 9
    desk.later(seconds=5)
    excuse(desk)
    assert desk.carry() == "overridden"
    assert lms.scores[desk.sub]["scoreGiven"] == 9


def test_an_lms_that_was_told_nothing_is_told_nothing(world: World, desk: Desk) -> None:
    excuse(desk)
    assert desk.rows() == []
    with transaction(world.tenant_id):
        entry = session().scalars(sa.select(GradebookEntry)).one()
        assert (entry.status, entry.points, entry.max_score) == ("excused", None, Decimal(10))
