"""Scores held back: by one person, and released by two."""

import datetime as dt
import re
import uuid

import pytest
import sqlalchemy as sa

from lti_grader.classes.models import Role
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import NotFound
from lti_grader.lti import board, board_operations, freezes, queries
from lti_grader.lti.board import Filter
from lti_grader.lti.board_models import ScoreDeliveryEvent, ScoreFreeze
from lti_grader.lti.board_operations import Selection
from lti_grader.lti.errors import CannotFreeze, CannotRelease, CannotResend
from lti_grader.lti.trail import Actor
from lti_grader.people.models import User
from tests.fixtures.world import World
from tests.lti.conftest import Browser
from tests.lti.desk import Desk
from tests.lti.scripted import ScriptedPlatform

RUTH = Actor(None, "Ruth Abernathy")


def freeze(desk: Desk, *, item: bool = False, student: bool = False, by: Actor | None = None) -> uuid.UUID:
    world = desk.world
    with transaction(world.tenant_id):
        return freezes.freeze(
            world.class_id, item_id=desk.assignment if item or student else None,
            student_id=desk.student if student else None, reason="The exam board has decided.",
            by=by or Actor(world.teacher_id), at=desk.at,
        ).id  # fmt: skip


def release(desk: Desk, one: uuid.UUID, *, asks: Actor | None = None, confirms: Actor = RUTH) -> int:
    world = desk.world
    with transaction(world.tenant_id):
        freezes.ask_release(world.class_id, one, by=asks or Actor(world.teacher_id), at=desk.at)
    with transaction(world.tenant_id):
        return freezes.release(world.class_id, one, by=confirms, at=desk.at)


@pytest.mark.parametrize("scope", [{}, {"item": True}, {"student": True}])
def test_new_scores_wait_and_the_newest_goes_once_it_is_released(
    desk: Desk, lms: ScriptedPlatform, scope: dict[str, bool]
) -> None:
    one = freeze(desk, **scope)
    desk.score(4)
    newest = desk.score(9)
    assert [row.status for row in desk.rows()] == ["superseded", "frozen"]
    assert desk.last.last_error == "Held back by Marta Lindqvist: The exam board has decided."
    assert desk.carry(newest) == "not due"
    assert desk.posts() == []
    assert release(desk, one) == 1
    assert desk.carry(newest) == "verified"
    assert lms.scores[desk.sub]["scoreGiven"] == 9


def test_what_waits_to_be_sent_is_held_back_too_and_what_is_there_stays(desk: Desk, lms: ScriptedPlatform) -> None:
    desk.score(4)
    assert desk.carry() == "verified"
    waiting = desk.neighbour()
    waiting.score(5)
    freeze(desk)
    assert (desk.last.status, waiting.last.status) == ("verified", "frozen")
    assert waiting.carry() == "not due"


def test_a_score_that_was_claimed_just_before_is_not_tried_again(desk: Desk, lms: ScriptedPlatform) -> None:
    lms.script["/lineitems/1/scores"] = [(503, {}, "later")]
    desk.score(4)
    assert desk.carry() == "again"
    with transaction(desk.world.tenant_id):
        session().execute(sa.text("UPDATE score_deliveries SET status = 'sending'"))
    freeze(desk)
    with transaction(desk.world.tenant_id):
        session().execute(sa.text("UPDATE score_deliveries SET status = 'pending'"))
    desk.later(minutes=1)
    assert desk.carry() == "not due"
    assert desk.last.status == "frozen"


def test_others_go_on(desk: Desk, lms: ScriptedPlatform) -> None:
    freeze(desk, student=True)
    other = desk.neighbour()
    other.score(5)
    assert other.carry() == "verified"


def test_a_student_reads_who_holds_it_back(desk: Desk) -> None:
    freeze(desk)
    desk.score(4)
    with transaction(desk.world.tenant_id):
        state = queries.delivery_state(desk.student, desk.assignment)
    assert state == {"state": "frozen", "text": "Held back by the staff"}


def test_what_is_held_back_cannot_be_sent_again(desk: Desk, lms: ScriptedPlatform) -> None:
    desk.score(4)
    desk.carry()
    freeze(desk)
    with pytest.raises(CannotResend, match="held back"):
        desk.resend()
    world = desk.world
    selection = Selection(world.class_id, Filter())
    with transaction(world.tenant_id):
        plan = board_operations.plan(selection, at=desk.at)
    assert (plan.plain, plan.held_back) == (0, 1)
    assert board_operations.resend(world.tenant_id, selection, over=True, as_of=desk.at, at=desk.at, by=RUTH) == 0


def test_one_person_alone_releases_nothing(desk: Desk) -> None:
    one = freeze(desk)
    with pytest.raises(CannotRelease, match="second person"):
        release(desk, one, confirms=Actor(desk.world.teacher_id))
    with pytest.raises(sa.exc.IntegrityError, match="two_people"), transaction(desk.world.tenant_id):
        row = session().get_one(ScoreFreeze, one)
        row.released_at, row.released_by = desk.at, row.release_asked_by


def test_nobody_confirms_what_nobody_asked_for(desk: Desk) -> None:
    one = freeze(desk)
    with pytest.raises(CannotRelease, match="ask for it first"), transaction(desk.world.tenant_id):
        freezes.release(desk.world.class_id, one, by=RUTH, at=desk.at)


def test_asking_holds_for_a_day(desk: Desk) -> None:
    one, world = freeze(desk), desk.world
    with transaction(world.tenant_id):
        freezes.ask_release(world.class_id, one, by=RUTH, at=desk.at)
    with pytest.raises(CannotRelease, match="Ruth Abernathy has asked"), transaction(world.tenant_id):
        freezes.ask_release(world.class_id, one, by=Actor(world.teacher_id), at=desk.at)
    late = desk.at + dt.timedelta(days=1, seconds=1)
    with pytest.raises(CannotRelease, match="within the last day"), transaction(world.tenant_id):
        freezes.release(world.class_id, one, by=Actor(world.teacher_id), at=late)
    with transaction(world.tenant_id):
        freezes.ask_release(world.class_id, one, by=Actor(world.teacher_id), at=late)


def test_what_another_hold_covers_stays_held_back(desk: Desk, lms: ScriptedPlatform) -> None:
    whole, student = freeze(desk), freeze(desk, student=True)
    desk.score(4)
    assert release(desk, whole) == 0
    assert desk.last.status == "frozen"
    assert release(desk, student) == 1
    assert desk.carry() == "verified"


def test_the_same_is_not_held_back_twice(desk: Desk) -> None:
    one = freeze(desk)
    with pytest.raises(CannotFreeze, match="already"):
        freeze(desk)
    release(desk, one)
    freeze(desk)
    with pytest.raises(CannotRelease, match="released these scores already"):
        release(desk, one)


def test_only_what_is_in_the_class_is_held_back(desk: Desk) -> None:
    world, stranger = desk.world, desk.world.user(enrolled=False)
    for item, student in ((uuid.uuid4(), None), (desk.assignment, stranger)):
        with pytest.raises(NotFound), transaction(world.tenant_id):
            freezes.freeze(world.class_id, item_id=item, student_id=student, reason="x", by=RUTH, at=desk.at)


def test_the_trail_names_who_held_back_and_who_released(desk: Desk) -> None:
    desk.score(4)
    release(desk, freeze(desk))
    with transaction(desk.world.tenant_id):
        found = session().scalars(sa.select(ScoreDeliveryEvent).order_by(ScoreDeliveryEvent.id)).all()
    assert [(one.kind, one.actor_id, one.actor_name) for one in found] == [
        ("queued", None, None),
        ("frozen", desk.world.teacher_id, None),
        ("unfrozen", None, "Ruth Abernathy"),
    ]


def test_by_the_pages_a_teacher_holds_back_and_a_registrar_confirms(
    desk: Desk, world: World, browser_of: Browser
) -> None:
    desk.score(4)
    teacher, registrar = browser_of(world.teacher_id), browser_of(administrator="Ruth Abernathy")
    url = f"/classes/{world.class_id}/holds"
    refused = teacher.post(url, data={"reason": " "})
    assert refused.status_code == 409
    assert "Say why" in refused.text
    assert teacher.post(url, data={"reason": "Board", "item_id": str(desk.assignment)}).status_code == 303
    page = teacher.get(url).text
    one = re.search(r"/holds/([0-9a-f-]{36})/ask", page)[1]
    assert teacher.post(f"{url}/{one}/ask").status_code == 303
    assert "You asked: a second person confirms" in teacher.get(url).text
    assert teacher.post(f"{url}/{one}/release").status_code == 409
    assert "Confirm the release" in registrar.get(url).text
    assert registrar.post(f"{url}/{one}/release").status_code == 303
    assert "confirmed by Ruth Abernathy" in teacher.get(url).text
    assert desk.last.status == "pending"


def test_assistants_look_and_hold_nothing_back(desk: Desk, world: World, browser_of: Browser) -> None:
    assistant, one = browser_of(world.user(Role.ASSISTANT)), freeze(desk)
    url = f"/classes/{world.class_id}/holds"
    assert "Teachers of the class and registrars" in assistant.get(url).text
    for path in ("", f"/{one}/ask", f"/{one}/release"):
        assert assistant.post(url + path, data={"reason": "x"}).status_code == 403


def test_the_board_says_what_is_held_back(desk: Desk, world: World, browser_of: Browser) -> None:
    freeze(desk, student=True)
    desk.score(4)
    page = browser_of(world.teacher_id).get(f"/classes/{world.class_id}/deliveries").text
    assert "scores are held back" in page
    with transaction(world.tenant_id):
        assert board.read(world.class_id, Filter(status="frozen")).matching == 1


def test_who_was_erased_is_named_nowhere(desk: Desk) -> None:
    release(desk, freeze(desk))
    freeze(desk, student=True)
    world = desk.world
    with transaction(world.tenant_id):
        for person in (world.teacher_id, desk.student):
            board_operations.forget(session().get_one(User, person))
    with transaction(world.tenant_id):
        older, newer = session().scalars(sa.select(ScoreFreeze).order_by(ScoreFreeze.id))
    assert (older.frozen_by_name, older.release_asked_by_name, older.released_by_name) == (
        "Somebody who was erased", "Somebody who was erased", "Ruth Abernathy",
    )  # fmt: skip
    assert newer.reason == "Not kept."
