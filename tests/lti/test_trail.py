"""The trail: each thing that happens to a score is written down, and stays as it was written."""

import pytest
import sqlalchemy as sa

from lti_grader.core.db import session, transaction
from lti_grader.lti import passback, trail
from lti_grader.lti.board_models import ScoreDeliveryEvent
from lti_grader.people.models import User
from tests.fixtures.world import World
from tests.lti.desk import RESULTS, SCORES, Desk
from tests.lti.scripted import ScriptedPlatform


def kinds(desk: Desk) -> list[str]:
    return [event.kind for event in events(desk)]


def events(desk: Desk) -> list[ScoreDeliveryEvent]:
    with transaction(desk.world.tenant_id):
        return list(session().scalars(sa.select(ScoreDeliveryEvent).order_by(ScoreDeliveryEvent.id)))


def test_a_score_that_arrives_leaves_three_steps(desk: Desk, lms: ScriptedPlatform) -> None:
    desk.score(8)
    desk.carry()
    assert kinds(desk) == ["queued", "sent", "verified"]
    queued, sent, verified = events(desk)
    assert (queued.holds, sent.holds, verified.holds) == (None, None, 8)
    assert sent.words == "Dated 2026-03-02 10:00:00 UTC."


def test_an_answer_that_will_be_tried_again_is_kept_in_words_and_as_it_came(desk: Desk, lms: ScriptedPlatform) -> None:
    lms.script[SCORES] = [(503, {}, {"error": "closed for the night"})]
    desk.score(8)
    desk.carry()
    assert kinds(desk) == ["queued", "answered"]
    assert "fault of its own (503)" in events(desk)[-1].words
    assert "closed for the night" in events(desk)[-1].raw_answer
    desk.later(minutes=1)
    desk.carry()
    assert kinds(desk) == ["queued", "answered", "sent", "verified"]
    assert events(desk)[-1].raw_answer is None


def test_who_sends_again_over_another_grade_stands_there_by_name(
    desk: Desk, lms: ScriptedPlatform, world: World
) -> None:
    result = {"userId": desk.sub, "resultScore": 3, "resultMaximum": 10}
    lms.script[RESULTS] = [(200, {}, [result])]
    desk.score(8)
    assert desk.carry() == "overridden"
    delivery = desk.last.id
    with transaction(world.tenant_id):
        passback.resend(delivery, at=desk.at, by=trail.Actor(world.teacher_id))
    assert kinds(desk) == ["queued", "overridden", "resent"]
    overridden, resent = events(desk)[1:]
    assert overridden.holds == 3
    assert (resent.actor_id, resent.words) == (world.teacher_id, "Also over the grade that was set in the LMS.")


def test_a_newer_score_ends_the_trail_of_the_older(desk: Desk, lms: ScriptedPlatform) -> None:
    older = desk.score(4)
    desk.score(9)
    with transaction(desk.world.tenant_id):
        of_older = session().scalars(
            sa.select(ScoreDeliveryEvent.kind)
            .where(ScoreDeliveryEvent.delivery_id == older)
            .order_by(ScoreDeliveryEvent.id)
        )
        assert list(of_older) == ["queued", "superseded"]


def test_a_test_students_score_says_why_it_stays_here(world: World, lms: ScriptedPlatform) -> None:
    desk = Desk(world, lms, is_test_user=True)
    desk.score(4)
    assert kinds(desk) == ["excluded"]
    assert "test student" in events(desk)[0].words


@pytest.mark.parametrize(
    "statement", ["UPDATE score_delivery_events SET words = 'x'", "DELETE FROM score_delivery_events"]
)
def test_nobody_changes_the_trail(desk: Desk, world: World, statement: str) -> None:
    desk.score(4)
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"), transaction(world.tenant_id):
        session().execute(sa.text(statement))


def test_a_person_with_a_trail_is_not_removed_in_passing(desk: Desk, world: World) -> None:
    desk.score(4)
    with pytest.raises(sa.exc.IntegrityError, match="trail of a score never changes"), transaction(world.tenant_id):
        session().execute(sa.delete(User).where(User.id == desk.student))
