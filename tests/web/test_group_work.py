"""Group work from its setting to the mark, on the pages of a teacher and of the members."""

import datetime as dt
import threading
import uuid

import flask
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.adapters import Adapters
from lti_grader.assignments.models import Assignment
from lti_grader.assignments.queries import open_assignment
from lti_grader.attempts import drafts
from lti_grader.attempts.queries import attempt as get_attempt
from lti_grader.classes.models import Class, Enrollment
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.requests import asking
from lti_grader.gradebook.requests.errors import NotNow
from lti_grader.gradebook.requests.models import RegradeRequest
from lti_grader.grading.models import GradingJob
from tests.fixtures.world import DOUBLE, World
from tests.flow.group_work import Teams
from tests.web.desk import Desk
from tests.web.two_sections import Visit, plain


@pytest.fixture
def teams(world: World) -> Teams:
    return Teams(world, regrade_request_days=5, attempts_allowed=2)


def _submit(browser: FlaskClient, teams: Teams, *, status: int = 202) -> uuid.UUID | None:
    press = {"type": "final_submission", "code": DOUBLE, "language": "python", "idempotency_key": uuid.uuid4().hex}
    answer = browser.post(f"/work/{teams.item}/attempts", json=press)
    assert answer.status_code == status, answer.text
    return uuid.UUID(answer.json["attempt"]["id"]) if status == 202 else None


def test_what_one_member_submits_every_member_sees_and_nobody_else(teams: Teams, visit: Visit) -> None:
    one, mate, other, alone = (visit(teams.students[place]) for place in (0, 1, 2, 4))
    work = f"/work/{teams.item}"
    assert "You hand in with Group 1: Student A, Student B." in plain(mate.get(work).text)
    assert "You are in no group." in plain(alone.get(work).text)
    refused = alone.post(f"{work}/attempts", json={
        "type": "final_submission", "code": "x", "language": "python", "idempotency_key": "press-001",
    })  # fmt: skip
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "in_no_group")
    attempt = _submit(one, teams)
    teams.world.judge(attempt, 7)
    for browser in (one, mate):
        page = plain(browser.get(f"/attempts/{attempt}").text)
        assert "Group 1: Student A, Student B" in page
        assert browser.get(f"/attempts/{attempt}/code").text == DOUBLE
    assert other.get(f"/attempts/{attempt}").status_code == 404
    assert "by Student A" in plain(mate.get(f"{work}/history").text)
    assert "1 of 2 submissions used" in plain(mate.get(work).text)
    assert "7 / 10" in plain(mate.get(f"/classes/{teams.world.class_id}").text)
    _submit(mate, teams)
    assert "2 of 2 submissions used" in plain(one.get(work).text)
    _submit(one, teams, status=409)


def test_a_draft_is_ones_own_until_its_student_lets_the_group_read_it(
    teams: Teams, visit: Visit, held: Adapters
) -> None:
    world, work = teams.world, f"/work/{teams.item}"
    one, mate, other, alone = (visit(teams.students[place]) for place in (0, 1, 2, 4))
    theirs = f"{work}/group/drafts/{teams.students[0]}"
    save = {"code": "print(1)", "language": "python", "base_revision": 0, "save_id": uuid.uuid4().hex}
    assert one.put(f"{work}/draft", json=save).status_code == 200
    drafts.flush(held.kv)

    def told(browser: FlaskClient) -> str:
        return plain(browser.get(f"{work}/group").text)

    assert "Nobody of your group has submitted anything here yet." in plain(mate.get(work).text)
    assert "lets you read" not in told(mate)
    assert mate.get(theirs).status_code == 404
    assert one.post(f"{work}/group", data={"shared": "1"}).status_code == 303
    assert "They read it now" in told(one)
    assert "Student A lets you read their draft" in told(mate)
    assert mate.get(theirs).text == "print(1)"
    for browser in (other, alone, visit(world.teacher_id)):
        assert "Student A" not in browser.get(f"{work}/group").text
        assert browser.get(theirs).status_code == 404
    assert alone.post(f"{work}/group", data={"shared": "1"}).status_code == 403
    # What was submitted last is told with who did; a draft is taken back at once.
    attempt = _submit(mate, teams)
    assert "Submitted last by Student B" in told(one)
    assert f"/attempts/{attempt}/code" in one.get(f"{work}/group").text
    assert "Submitted last by you" in told(mate)
    assert one.post(f"{work}/group").status_code == 303
    assert "lets you read" not in told(mate)
    assert mate.get(theirs).status_code == 404


def test_a_teacher_says_who_hands_in_and_the_check_list_names_who_cannot(
    world: World, teams: Teams, visit: Visit
) -> None:
    teacher, assignment = visit(world.teacher_id), world.assignment()
    settings = f"/assignments/{assignment}/settings"
    assert "groups of “Teams”" in plain(teacher.get(settings).text)
    given = {"title": "Together", "published": "1", "group_set": str(teams.set_id)}
    assert teacher.post(settings, data=given).status_code == 303
    with transaction(world.tenant_id):
        assert session().get_one(Assignment, assignment).group_set_id == teams.set_id
    found = teacher.get(f"/assignments/{assignment}/checklist").text
    assert "1 student is in no group of “Teams”" in plain(found)
    assert f"/classes/{world.class_id}/groups/{teams.set_id}" in found
    sets = f"/classes/{world.class_id}/groups"
    assert "Together" in plain(teacher.get(sets).text)
    refused = teacher.post(f"{sets}/{teams.set_id}", data={"do": "remove"})
    assert (refused.status_code, "is handed in by these groups" in refused.text) == (409, True)
    teams.hand_in(0)
    back = teacher.post(f"/assignments/{teams.assignment}/settings", data={"published": "1", "group_set": ""})
    assert (back.status_code, "handed in already" in back.text) == (422, True)


def test_who_handed_in_with_a_group_does_not_leave_it_by_themselves(teams: Teams, visit: Visit) -> None:
    address = f"/classes/{teams.world.class_id}/groups/{teams.set_id}"
    teacher, student = visit(teams.world.teacher_id), visit(teams.students[1])
    teacher.post(address, data={"do": "keep", "name": "Teams", "students_join": "1"})
    teams.hand_in(0)
    for form in ({"leave": "1"}, {"group": str(teams.groups[1])}):
        refused = student.post(f"{address}/own", data=form)
        assert (refused.status_code, "Group 1 has handed in something" in refused.text) == (409, True)
    assert visit(teams.students[4]).post(f"{address}/own", data={"group": str(teams.groups[0])}).status_code == 303


def test_a_group_is_marked_once_and_the_marks_are_everybodys(world: World, visit: Visit) -> None:
    desk = Desk(world, visit)
    teams = Teams(world, desk.assignment)
    attempt = teams.hand_in(0, points=5, stored=True)
    # Whoever handed it in is gone: it is marked for those who are there.
    with transaction(world.tenant_id):
        session().get_one(Class, world.class_id).choose(apart="assistants")
        session().execute(sa.update(Enrollment).where(Enrollment.user_id == teams.students[0]).values(status="dropped"))
        mine = sa.update(Enrollment).where(Enrollment.user_id.in_([desk.ben, teams.students[1]]))
        session().execute(mine.values(sections=["A"]))
    assert desk.waiting() == [attempt]
    page = plain(desk.browser.get(f"/marking/{desk.marking(attempt).id}").text)
    assert "1 of 1, 0 done" in page
    assert "Group 1: Student A, Student B: Double" in page
    desk.mark(attempt, 1, 2)
    assert teams.marks()[:2] == [14, 14]
    # The LMS does not list who is gone: their score waits until they are back.
    assert teams.sent()[:2] == [None, 14]
    # Who is gone has no part in what comes after.
    second = teams.hand_in(1, points=9)
    assert desk.waiting() == [second]
    desk.mark(second, 0, 0)
    assert teams.marks()[:2] == [14, 9]


def test_any_member_asks_for_a_regrade_once_and_points_go_to_all(world: World, teams: Teams, visit: Visit) -> None:
    attempt = teams.hand_in(0, points=6)
    with transaction(world.tenant_id):
        job = session().scalars(sa.select(GradingJob).where(GradingJob.attempt_id == attempt)).one()
        job.finished_at = dt.datetime.now(dt.UTC)
    first, mate, teacher = visit(teams.students[0]), visit(teams.students[1]), visit(world.teacher_id)
    address = f"/attempts/{attempt}/regrade-request"
    asked = mate.post(address, data={"text": "Please look again.", "about": ""})
    assert asked.status_code == 303, asked.text
    again = first.post(address, data={"text": "Me too.", "about": ""})
    assert (again.status_code, "Somebody of your group" in again.text) == (409, True)
    thread = asked.headers["Location"]
    assert first.get(thread).status_code == 404
    given = teacher.post(thread, data={"do": "points", "points": "8", "text": "You are right.", "seen": "1"})
    assert given.status_code == 303, given.text
    assert teams.marks() == teams.sent() == [8, 8, None, None, None]


def test_of_members_who_ask_at_the_same_moment_one_does(app: flask.Flask, world: World, teams: Teams) -> None:
    attempts = [teams.hand_in(0, points=6), teams.hand_in(1, points=5)]
    with transaction(world.tenant_id):
        for job in session().scalars(sa.select(GradingJob)):
            job.finished_at = dt.datetime.now(dt.UTC)
    refused: list[str] = []

    def ask(place: int, attempt_id: uuid.UUID) -> None:
        attempt, opened = get_attempt(attempt_id), open_assignment(teams.assignment, teams.students[place])
        asking.ask(attempt, opened, "Look again.", about="", tests=[], at=dt.datetime.now(dt.UTC))

    def press(place: int, attempt_id: uuid.UUID) -> None:
        with app.app_context(), pytest.raises(NotNow) as found, transaction(world.tenant_id):
            ask(place, attempt_id)
        refused.append(found.value.message)

    # In another window of one's own, and a mate about what was handed in next.
    others = [threading.Thread(target=press, args=one) for one in ((0, attempts[0]), (1, attempts[1]))]
    with transaction(world.tenant_id):
        ask(0, attempts[0])
        for one in others:
            one.start()
        while session().scalar(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")) < 2:
            assert all(one.is_alive() for one in others), "who asks waits for who asks about the same"
    for one in others:
        one.join()
    assert [one.split(" about ")[0] for one in sorted(refused)] == [
        "Somebody of your group has asked",
        "You have asked",
    ]
    with transaction(world.tenant_id):
        assert session().scalars(sa.select(sa.func.count()).select_from(RegradeRequest)).one() == 1
