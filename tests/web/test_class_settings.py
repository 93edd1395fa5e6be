"""The settings of a class on one page, and its archive."""

import uuid

from lti_grader.classes.models import Class, Role
from lti_grader.core.db import session, transaction
from tests.fixtures.world import World
from tests.web.two_sections import Term, Visit


def _class(world: World) -> Class:
    with transaction(world.tenant_id):
        return session().get_one(Class, world.class_id)


def test_a_class_is_renamed_and_its_code_renewed_for_a_reason(world: World, visit: Visit) -> None:
    url, browser, before = f"/classes/{world.class_id}/settings", visit(world.teacher_id), _class(world)
    assert browser.post(url, data={"do": "rename", "name": "  Programming   1 "}).status_code == 303
    assert browser.post(url, data={"do": "rename", "name": " "}).status_code == 422
    assert browser.post(url, data={"do": "code", "reason": " "}).status_code == 422
    assert _class(world).join_code == before.join_code
    assert browser.post(url, data={"do": "code", "reason": "It was on a slide."}).status_code == 303
    after = _class(world)
    assert (after.name, after.chosen.join_code_reason) == ("Programming 1", "It was on a slide.")
    assert after.join_code != before.join_code
    assert browser.post(url, data={"do": "copying", "copying": "institution"}).status_code == 303
    assert _class(world).chosen.copying == "institution"
    told = browser.get(f"/classes/{world.class_id}/history").text
    assert "Why the join code is another" in told
    assert "It was on a slide." in told
    assert browser.post(url, data={"do": "burn"}).status_code == 400


def test_its_owner_gives_it_to_another_teacher_and_nobody_else_does(world: World, visit: Visit) -> None:
    owner, other, assistant = world.user(Role.TEACHER), world.user(Role.TEACHER), world.user(Role.ASSISTANT)
    with transaction(world.tenant_id):
        session().get_one(Class, world.class_id).owner_id = owner
    url = f"/classes/{world.class_id}/settings"

    def give(giver: uuid.UUID, to: uuid.UUID) -> int:
        return visit(giver).post(url, data={"do": "owner", "owner": str(to)}).status_code

    assert give(other, other) == 403
    assert give(assistant, other) == 403
    assert give(owner, assistant) == 422
    assert give(owner, other) == 303
    assert _class(world).owner_id == other
    with transaction(world.tenant_id):
        session().get_one(Class, world.class_id).owner_id = assistant
    assert give(owner, owner) == 303


def test_an_archived_class_is_opened_again(world: World, visit: Visit) -> None:
    assignment, student = world.assignment(), visit(world.user())
    url, browser = f"/classes/{world.class_id}/settings", visit(world.teacher_id)
    assert visit(world.user(Role.ASSISTANT)).post(f"{url}/archive", data={"do": "archive"}).status_code == 403
    assert browser.post(f"{url}/archive", data={"do": "archive"}).status_code == 303
    assert browser.post(f"{url}/archive", data={"do": "archive"}).status_code == 409
    assert "This class is archived" in browser.post(url, data={"do": "rename", "name": "X"}).text
    assert "This class is archived" in student.get(f"/assignments/{assignment}", follow_redirects=True).text
    assert "Take it out of the archive" in browser.get(url).text
    assert browser.post(f"{url}/archive", data={"do": "open"}).status_code == 303
    assert browser.post(url, data={"do": "rename", "name": "X"}).status_code == 303


def test_who_sees_some_sections_only_reads_them(term: Term, visit: Visit) -> None:
    world = term.world
    teacher = world.user(Role.TEACHER)
    term.move(teacher, "Evening")
    with transaction(world.tenant_id):
        session().get_one(Class, world.class_id).settings = {"apart": "staff", "of_later": 1}
    browser, url = visit(teacher), f"/classes/{world.class_id}/settings"
    assert browser.get(url).status_code == 200
    assert browser.post(url, data={"do": "rename", "name": "X"}).status_code == 403
    with transaction(world.tenant_id):
        class_ = session().get_one(Class, world.class_id)
        class_.choose(leaderboard=True)
        assert class_.settings == {"apart": "staff", "of_later": 1, "leaderboard": True}
