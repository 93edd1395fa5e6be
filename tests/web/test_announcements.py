"""What staff announce to a class or to some of its sections."""

import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_grader.classes.models import Class, Role
from lti_grader.core.db import session, transaction
from lti_grader.notifications.models import Announcement, Notification
from tests.fixtures.world import World
from tests.web.test_notifications import told
from tests.web.two_sections import Term, Visit


def announced(browser: FlaskClient, world: World, *sections: str, title: str = "Room *changed*") -> TestResponse:
    form = {"do": "announce", "title": title, "body": "We meet in **B 12**.", "section": list(sections)}
    return browser.post(f"/classes/{world.class_id}/announcements", data=form)


def test_an_announcement_reaches_those_whom_it_is_for(term: Term, visit: Visit) -> None:
    world = term.world
    where = f"/classes/{world.class_id}/announcements"
    teacher = visit(world.teacher_id)
    assert announced(teacher, world, "Morning").status_code == 303
    assert told(world, term.morning) == [("announced", "CS101: Room *changed*")]
    assert told(world, term.evening) == []
    assert "<strong>B 12</strong>" in visit(term.morning).get(where).text
    assert "B 12" not in visit(term.evening).get(where).text
    with transaction(world.tenant_id):
        one = session().scalars(sa.select(Announcement)).one()
        row = session().scalars(sa.select(Notification)).one()
    assert visit(term.morning).get(f"/notifications/{row.id}").location == f"{where}#announcement-{one.id}"
    # Taken back, it stays in what staff read.
    for status in (303, 409):
        assert teacher.post(where, data={"do": "withdraw", "announcement": str(one.id)}).status_code == status
    assert told(world, term.morning) == []
    assert "B 12" not in visit(term.morning).get(where).text
    assert "Taken back" in teacher.get(where).text
    assert announced(teacher, world, title=" ").status_code == 422


def test_staff_who_see_a_section_announce_to_it_alone(term: Term, visit: Visit) -> None:
    world = term.world
    assistant = world.user(Role.ASSISTANT)
    term.move(assistant, "Morning")
    with transaction(world.tenant_id):
        session().get_one(Class, world.class_id).settings = {"apart": "assistants"}
    theirs, where = visit(assistant), f"/classes/{world.class_id}/announcements"
    assert announced(theirs, world, "Evening").status_code == 403
    assert announced(theirs, world).status_code == 303
    assert (len(told(world, term.morning)), told(world, term.evening)) == (1, [])
    # What is for others is none of theirs.
    announced(visit(world.teacher_id), world, "Evening", title="Quiet")
    assert "Quiet" not in theirs.get(where).text
    with transaction(world.tenant_id):
        quiet = session().scalars(sa.select(Announcement.id).where(Announcement.title == "Quiet")).one()
    assert theirs.post(where, data={"do": "withdraw", "announcement": str(quiet)}).status_code == 404
    announced(visit(world.teacher_id), world, title="To all")
    with transaction(world.tenant_id):
        to_all = session().scalars(sa.select(Announcement.id).where(Announcement.title == "To all")).one()
    assert theirs.post(where, data={"do": "withdraw", "announcement": str(to_all)}).status_code == 403
