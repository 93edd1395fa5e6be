"""Every route, walked by those who have no business there."""

import uuid
from collections.abc import Callable
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.classes.models import Class, Enrollment, EnrollmentSource, Mentorship, Role
from lti_grader.classes.operations import create_class, drop, enroll
from lti_grader.core.db import session, transaction
from lti_grader.pages import IN_ARCHIVE
from lti_grader.people.models import User
from tests.fixtures.world import NOW, World, make_world
from tests.web.one_of_each import ids

__all__ = ["ids"]

# What needs no session, on purpose. A new route is not among them, and so has to refuse.
PUBLIC = {
    "static",
    "health",
    "ready",
    "metrics",
    "lti.begin",
    "lti.launch",
    "lti.jwks",
    "lti.leave",
    "administration.sign_in",
    "lti.register",
    "lti.canvas_json",
    "lti.take_notices",
    "feed.read",
    "mails.ask_to_stop",
    "mails.stop",
    "class_exports.file",
}
# What is the viewer's own, whoever they are: everybody with a session has it, and sees nobody else's there.
OWN = {
    "mails.preferences", "mails.choose", "notifications.inbox", "notifications.read_all", "notifications.unread_number",
    "calendar.mine", "calendar.choose_zone", "events.new_own", "events.add_own", "feed.page", "feed.change",
}  # fmt: skip
# What students are let into, each to what is their own or shown to them. All else is the staff's, a new route as well.
STUDENTS = {
    "announcements.of_class", "calendar.of_class", "events.show", "gradebook.home", "gradebook.mentored_home", "gradebook.review",
    "group_drafts.beside", "group_drafts.draft", "group_drafts.share", "groups.choose", "groups.of_class", "late_days.page", "late_days.spend", "leaderboard.of_assignment", "leaderboard.of_class",
    "leaderboard.take_part", "lti.asset", "lti.asset_file", "lti.attempt_link", "lti.fetch_again", "materials.file",
    "materials.page", "notifications.open_one", "own_marks.mentored", "own_marks.mine", "passcodes.enter", "passcodes.page",
    "requests.act", "requests.ask", "requests.new", "requests.thread", "results.attempt", "results.cancel", "results.code",
    "results.diff", "results.events", "results.files_zip", "results.history", "results.picture",
    "work.hand_in", "work.notebook", "work.overview",
    "work.page", "work.picture", "work.save_draft", "work.unpack",
}  # fmt: skip
# What a student's page sends, so that only the person is wrong.
BODY = {
    "code": "x", "language": "python", "base_revision": 0, "save_id": "save-0001", "type": "test_run",
    "idempotency_key": "press-001",
}  # fmt: skip


Visitor = Callable[[uuid.UUID | None, World], FlaskClient]


@pytest.fixture
def visitor(app: flask.Flask) -> Visitor:
    """A browser with the session of a person, or with none."""
    app.config["WTF_CSRF_ENABLED"] = False

    def open_browser(user_id: uuid.UUID | None, world: World) -> FlaskClient:
        client = app.test_client()
        if user_id is not None:
            with client.session_transaction() as kept:
                kept.update(
                    user=str(user_id), tenant=str(world.tenant_id), platform=str(world.platform_id), frames=[]
                )  # fmt: skip
        return client

    return open_browser


def walk(
    app: flask.Flask, client: FlaskClient, ids: dict[str, Any], *, only: set[str] | None = None, looks: bool = True
) -> dict[str, int]:
    """Ask for every route in every method it takes; return the answers by endpoint and method."""
    found = {}
    with app.test_request_context():
        asked = [
            (rule.endpoint, method, flask.url_for(rule.endpoint, **{name: ids[name] for name in rule.arguments}))
            for rule in app.url_map.iter_rules()
            if rule.endpoint not in PUBLIC and (rule.endpoint not in OWN if only is None else rule.endpoint in only)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"} - (set() if looks else {"GET"}))
        ]
    for endpoint, method, url in asked:
        answer = client.open(url, method=method, json=BODY if method != "GET" else None, buffered=False)
        found[f"{endpoint} {method}"] = answer.status_code
        answer.close()
    assert found
    return found


def of_staff(app: flask.Flask) -> set[str]:
    """Return the routes that students have no business at: all that are not named above."""
    return set(app.view_functions) - PUBLIC - OWN - STUDENTS


def test_nobody_gets_in_without_a_session(
    app: flask.Flask, visitor: Visitor, world: World, ids: dict[str, Any]
) -> None:
    found = walk(app, visitor(None, world), ids) | walk(app, visitor(None, world), ids, only=OWN)
    assert set(found.values()) == {401}, found


def test_another_institutions_teacher_finds_nothing(app: flask.Flask, visitor: Visitor, ids: dict[str, Any]) -> None:
    other = make_world("South University")
    found = walk(app, visitor(other.teacher_id, other), ids)
    assert set(found.values()) <= {403, 404}, found


def test_a_person_of_no_class_finds_nothing(
    app: flask.Flask, visitor: Visitor, world: World, ids: dict[str, Any]
) -> None:
    found = walk(app, visitor(world.user(enrolled=False), world), ids)
    assert set(found.values()) <= {403, 404}, found


def test_a_teacher_of_another_class_finds_nothing_of_this_one(
    app: flask.Flask, visitor: Visitor, world: World, ids: dict[str, Any]
) -> None:
    other = world.user(enrolled=False)
    with transaction(world.tenant_id):
        elsewhere = create_class("CS102", owner_id=other)
        enroll(elsewhere.id, other, Role.TEACHER, source=EnrollmentSource.LAUNCH)
    found = walk(app, visitor(other, world), ids)
    assert set(found.values()) <= {403, 404}, found


def test_who_has_left_the_class_finds_nothing_any_more(
    app: flask.Flask, visitor: Visitor, world: World, ids: dict[str, Any]
) -> None:
    with transaction(world.tenant_id):
        drop(world.class_id, {ids["student_id"]}, at=NOW)
    found = walk(app, visitor(ids["student_id"], world), ids)
    assert set(found.values()) <= {403, 404}, found


@pytest.mark.parametrize("role", [Role.STUDENT, Role.OBSERVER])
def test_staffs_pages_are_staffs(
    app: flask.Flask, visitor: Visitor, world: World, ids: dict[str, Any], role: Role
) -> None:
    found = walk(app, visitor(world.user(role), world), ids, only=of_staff(app))
    assert set(found.values()) <= {403, 404}, found


@pytest.mark.parametrize("role", [Role.STUDENT, Role.OBSERVER])
def test_a_students_attempts_are_their_own(
    app: flask.Flask, visitor: Visitor, world: World, ids: dict[str, Any], role: Role
) -> None:
    mine = {
        "results.attempt", "results.cancel", "results.code", "results.diff", "results.files_zip", "results.events", "gradebook.review", "lti.attempt_link",
        "lti.asset", "lti.asset_file", "lti.fetch_again", "gradebook.mentored_home",
    }  # fmt: skip
    found = walk(app, visitor(world.user(role), world), ids, only=mine)
    assert set(found.values()) <= {403, 404}, found
    # Neither to who mentors somebody else in the class.
    found = walk(app, visitor(mentor_of(world.user(), world), world), ids, only=mine)
    assert set(found.values()) <= {403, 404}, found
    for me in (ids["student_id"], world.teacher_id):
        for address in (
            f"/attempts/{ids['attempt_id']}", f"/lti/attempts/{ids['attempt_id']}",
            f"/assignments/{ids['assignment_id']}/students/{ids['student_id']}", f"/assets/{ids['asset_id']}",
        ):  # fmt: skip
            assert visitor(me, world).get(address).status_code == 200


def mentor_of(student: uuid.UUID, world: World) -> uuid.UUID:
    """Return an observer of the world's class who mentors a student there."""
    mentor = world.user(Role.OBSERVER)
    with transaction(world.tenant_id):
        enrollment = session().scalars(sa.select(Enrollment).where(Enrollment.user_id == mentor)).one()
        session().add(
            Mentorship(
                tenant_id=world.tenant_id, enrollment_id=enrollment.id, class_context_id=world.context_id,
                sub=session().get_one(User, student).sub, named_at=NOW,
            )
        )  # fmt: skip
    return mentor


def test_a_mentor_reads_what_their_student_does_and_changes_nothing(
    app: flask.Flask, visitor: Visitor, world: World, ids: dict[str, Any]
) -> None:
    mentor = visitor(mentor_of(ids["student_id"], world), world)
    assert set(walk(app, mentor, ids, only=of_staff(app)).values()) <= {403, 404}
    for address in (
        f"/attempts/{ids['attempt_id']}", f"/attempts/{ids['attempt_id']}/code", f"/lti/attempts/{ids['attempt_id']}",
        f"/assignments/{ids['assignment_id']}/students/{ids['student_id']}", f"/assets/{ids['asset_id']}",
        f"/classes/{ids['class_id']}/mentored/{ids['student_id']}",
    ):  # fmt: skip
        assert mentor.get(address).status_code == 200, address
    writes = {"work.save_draft", "work.hand_in", "work.unpack", "results.cancel", "lti.fetch_again"}
    found = walk(app, mentor, ids, only=writes)
    assert {status for asked, status in found.items() if not asked.endswith("GET")} == {403}, found


def test_an_observer_reads_and_hands_nothing_in(visitor: Visitor, world: World, ids: dict[str, Any]) -> None:
    client = visitor(world.user(Role.OBSERVER), world)
    page = client.get(f"/work/{ids['item_id']}")
    assert page.status_code == 200
    assert "handing in work is for its students" in page.text
    save = {"code": "x", "language": "python", "base_revision": 0, "save_id": "save-0001"}
    assert client.put(f"/work/{ids['item_id']}/draft", json=save).status_code == 403
    press = {"type": "final_submission", "code": "x", "language": "python", "idempotency_key": "press-001"}
    assert client.post(f"/work/{ids['item_id']}/attempts", json=press).status_code == 403


def test_every_table_of_this_walk_names_routes_that_exist(app: flask.Flask) -> None:
    there = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert there >= PUBLIC | STUDENTS | OWN


def test_pages_carry_their_safety_in_their_headers(visitor: Visitor, world: World, ids: dict[str, Any]) -> None:
    for url in (f"/work/{ids['item_id']}", f"/classes/{ids['class_id']}", "/nothing/here"):
        headers = visitor(world.teacher_id, world).get(url).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


# What belongs to no class: a person's problems, and what an archived class takes all the same.
NO_CLASS = (
    "authoring.",
    "drafts.",
    "test_tables.",
    "checks.",
    "imports.",
    "pictures.",
    "previews.",
    "rubrics.",
    "lti.registrar",
    "administration.",
)


def test_in_an_archived_class_nothing_is_changed(
    app: flask.Flask, visitor: Visitor, world: World, ids: dict[str, Any]
) -> None:
    with transaction(world.tenant_id):
        session().get_one(Class, world.class_id).archived_at = NOW
    of_class = {one for one in app.view_functions if not one.startswith(NO_CLASS)} - PUBLIC - OWN
    for person in (world.teacher_id, ids["student_id"]):
        found = walk(
            app, visitor(person, world), ids, only=of_class - {"class_settings.archive", "lti.leave"}, looks=False
        )
        assert {one for one, status in found.items() if status < 400} <= {f"{one} POST" for one in IN_ARCHIVE}, found
        assert found["work.save_draft PUT"] == 409
    teacher = visitor(world.teacher_id, world)
    assert "This class is archived" in teacher.post(f"/classes/{world.class_id}/contents").text
    assert "This class is archived" in teacher.get(f"/classes/{world.class_id}").text
