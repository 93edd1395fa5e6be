"""The registrar's board of the whole institution, and who may stand at it."""

import concurrent.futures
import uuid

import flask
import pytest
import sqlalchemy as sa

from lti_grader.classes.models import EnrollmentSource, Role
from lti_grader.classes.operations import create_class, enroll
from lti_grader.core.db import session, transaction
from lti_grader.lti import board_institution
from lti_grader.lti.models import Platform, ScoreDelivery
from tests.fixtures.world import NOW, World, make_world
from tests.lti.conftest import Browser
from tests.lti.desk import SCORES, Desk
from tests.lti.scripted import ScriptedPlatform


def read(world: World, search: str = "") -> board_institution.Institution:
    with transaction(world.tenant_id):
        return board_institution.read(search=search)


def test_classes_in_trouble_come_first(world: World, desk: Desk, lms: ScriptedPlatform) -> None:
    desk.score(4)
    desk.carry()
    desk.later(minutes=1)
    lms.script[SCORES] = [(422, {}, "no")]
    desk.score(9)
    assert desk.carry() == "failed"
    neighbour = desk.neighbour()
    neighbour.score(3)
    with transaction(world.tenant_id):
        create_class("Nothing graded", owner_id=None)
    (line,) = read(world).classes
    assert (line.name, line.total, line.trouble, line.waiting, line.verified) == ("CS101", 2, 1, 1, 0)
    assert line.oldest == desk.at


def test_whoever_hands_in_at_once_is_counted_once_with_their_newest_score(
    app: flask.Flask, world: World, desk: Desk
) -> None:
    desks = [desk, desk.neighbour(), desk.neighbour()]
    given = [(one, revision) for revision in range(1, 6) for one in desks]

    def owe(what: tuple[Desk, int]) -> None:
        with app.app_context():
            what[0].owe(what[1])

    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        list(pool.map(owe, given))
    rows = [row for one in desks for row in one.rows()]
    newest = {row.user_id: row.id for row in sorted(rows, key=lambda row: row.revision)}
    assert len(rows) > len(desks)
    assert {row.user_id: row.id for row in rows if row.is_newest} == newest
    assert sum(row.is_newest for row in rows) == len(desks)
    assert read(world).classes[0].total == len(desks)


def test_an_older_score_that_comes_late_is_not_owed_any_more(world: World, desk: Desk) -> None:
    for revision in (3, 2, 4, 1):
        desk.owe(revision)
    assert [(row.revision, row.status, row.is_newest) for row in desk.rows()] == [
        (3, "superseded", False),
        (4, "pending", True),
    ]


def test_the_newest_score_stays_so_in_whatever_order_rows_are_written(world: World, desk: Desk) -> None:
    desk.owe(2)
    copied = (
        "INSERT INTO score_deliveries (id, tenant_id, platform_id, line_item_id, user_id, revision, score, maximum,"
        " activity_progress, grading_progress, status, next_try_at, created_at) SELECT gen_random_uuid(), tenant_id,"
        " platform_id, line_item_id, user_id, :revision, 1, 10, activity_progress, grading_progress, 'verified', now(), now()"
        " FROM score_deliveries WHERE revision = 2"
    )
    for revision, newest in ((1, 2), (4, 4), (3, 4)):
        with transaction(world.tenant_id):
            session().execute(sa.text(copied), {"revision": revision})
        assert [row.revision for row in desk.rows() if row.is_newest] == [newest]


def test_two_newest_scores_cannot_be_written(world: World, desk: Desk) -> None:
    desk.owe(1)
    desk.owe(2)
    with pytest.raises(sa.exc.IntegrityError, match="uq_score_deliveries_newest"), transaction(world.tenant_id):
        session().execute(sa.update(ScoreDelivery).values(is_newest=True))


def test_a_class_is_found_by_a_part_of_its_name(world: World, desk: Desk) -> None:
    desk.score(4)
    assert [line.name for line in read(world, "s10").classes] == ["CS101"]
    assert read(world, "%").classes == []


def test_an_lms_is_well_while_its_last_news_is_good(world: World, desk: Desk, lms: ScriptedPlatform) -> None:
    (line,) = read(world).platforms
    assert (line.last_success, line.last_failure, line.is_failing) == (None, None, False)
    desk.score(4)
    lms.script[SCORES] = [(503, {}, "closed")]
    desk.carry()
    (line,) = read(world).platforms
    assert line.is_failing
    assert "fault of its own (503)" in line.failure
    assert line.waiting == 1
    desk.later(minutes=5)
    desk.carry()
    (line,) = read(world).platforms
    assert not line.is_failing
    assert line.last_success == desk.at


def test_an_lms_that_is_switched_off_says_so(world: World, browser_of: Browser) -> None:
    with transaction(world.tenant_id):
        session().get_one(Platform, world.platform_id).disabled_at = NOW
    assert "Switched off" in browser_of(administrator="Ruth").get("/registrar").text


def test_registrars_are_administrators_and_those_whom_the_lms_calls_so(
    world: World, desk: Desk, browser_of: Browser
) -> None:
    desk.score(4)
    registrar = world.user(enrolled=False, is_institution_admin=True)
    for who in (
        browser_of(registrar),
        browser_of(administrator="Ruth"),
        browser_of(desk.student, administrator="Ruth"),
    ):
        assert "CS101" in who.get("/registrar").text
        page = who.get(f"/classes/{world.class_id}/deliveries")
        assert page.status_code == 200
        assert "All classes" in page.text
        assert "Gradebook" not in page.text, "the class's own pages are its staff's"
        url = f"/classes/{world.class_id}/students/{desk.student}/items/{desk.assignment}/scores"
        assert who.get(url).status_code == 200


@pytest.mark.parametrize("role", list(Role))
def test_nobody_else_is_one(world: World, browser_of: Browser, role: Role) -> None:
    assert browser_of(world.user(role)).get("/registrar").status_code == 403


def test_without_a_session_nobody_is(app: flask.Flask, world: World) -> None:
    assert app.test_client().get("/registrar").status_code == 401
    assert app.test_client().get(f"/classes/{world.class_id}/deliveries").status_code == 401


def test_another_institutions_registrar_finds_nothing(world: World, desk: Desk, browser_of: Browser) -> None:
    desk.score(4)
    other = make_world("South University")
    with transaction(other.tenant_id):
        elsewhere = create_class("CS999", owner_id=None)
        enroll(elsewhere.id, other.teacher_id, Role.TEACHER, source=EnrollmentSource.LAUNCH)
    ruth = browser_of(administrator="Ruth")
    assert ruth.get(f"/classes/{elsewhere.id}/deliveries").status_code == 404
    assert ruth.get(f"/classes/{uuid.uuid4()}/deliveries").status_code == 404
    assert ruth.post(f"/classes/{elsewhere.id}/deliveries/resend", data={"what": "class"}).status_code == 404
    assert ruth.post(f"/classes/{elsewhere.id}/holds", data={"reason": "x"}).status_code == 404


def test_a_registrar_sends_again_under_their_own_name(
    world: World, desk: Desk, lms: ScriptedPlatform, browser_of: Browser
) -> None:
    lms.script[SCORES] = [(422, {}, "no")]
    desk.score(9)
    desk.carry()
    form = {"what": "class", "confirmed": "yes", "as_of": NOW.isoformat()}
    answer = browser_of(administrator="Ruth Abernathy").post(f"/classes/{world.class_id}/deliveries/resend", data=form)
    assert answer.status_code == 303
    assert desk.last.status == "pending"
    page = browser_of(world.teacher_id).get(
        f"/classes/{world.class_id}/students/{desk.student}/items/{desk.assignment}/scores"
    )
    assert "Sent again</strong> by Ruth Abernathy" in page.text
