"""Assignments whose problems open to those only who know a word."""

import re
import uuid

from flask.testing import FlaskClient

from lti_grader.classes.models import Role
from tests.fixtures.world import World
from tests.web.two_sections import Visit

SAVE = {"code": "print(1)", "language": "python", "base_revision": 0, "save_id": "save-0001"}


def set_passcode(client: FlaskClient, assignment: uuid.UUID, code: str = "Blue Heron") -> None:
    given = {"do": "set", "passcode": code}
    assert client.post(f"/assignments/{assignment}/passcode/set", data=given).status_code == 303


def enter(client: FlaskClient, assignment: uuid.UUID, code: str) -> int:
    return client.post(f"/assignments/{assignment}/passcode", data={"passcode": code}).status_code


def test_nothing_of_a_problem_is_there_before_the_passcode_is_entered(visit: Visit, world: World) -> None:
    assignment = world.assignment()
    (item,) = world.items(assignment)
    teacher, student = visit(world.teacher_id), visit(world.user())
    set_passcode(teacher, assignment)
    for url in (f"/assignments/{assignment}", f"/work/{item}"):
        answer = student.get(url)
        assert (answer.status_code, answer.location) == (302, f"/assignments/{assignment}/passcode")
    for answer in (
        student.put(f"/work/{item}/draft", json=SAVE),
        student.post(f"/work/{item}/attempts", json=SAVE | {"type": "test_run", "idempotency_key": "press-001"}),
    ):
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (403, "passcode_needed")
    assert student.get(f"/work/{item}/notebook").status_code == 403
    page = student.get(f"/assignments/{assignment}/passcode").text
    assert "Heron" not in page
    assert enter(student, assignment, "blue herring") == 422
    assert student.get(f"/work/{item}").status_code == 302
    assert enter(student, assignment, " BLUE heron") == 303
    assert student.get(f"/work/{item}").status_code == 200
    assert student.put(f"/work/{item}/draft", json=SAVE).status_code == 200


def test_who_is_in_stays_in_until_everybody_is_asked_again(visit: Visit, world: World) -> None:
    assignment = world.assignment()
    (item,) = world.items(assignment)
    teacher, student, late = visit(world.teacher_id), visit(world.user()), visit(world.user())
    set_passcode(teacher, assignment, "first")
    assert enter(student, assignment, "first") == 303
    assert "1 of 2 students has entered it" in _words(teacher, assignment)
    set_passcode(teacher, assignment, "second")
    assert (enter(late, assignment, "first"), student.get(f"/work/{item}").status_code) == (422, 200)
    teacher.post(f"/assignments/{assignment}/passcode/set", data={"do": "ask_again"})
    assert student.get(f"/work/{item}").status_code == 302
    teacher.post(f"/assignments/{assignment}/passcode/set", data={"do": "remove"})
    assert late.get(f"/work/{item}").status_code == 200


def _words(client: FlaskClient, assignment: uuid.UUID) -> str:
    page = client.get(f"/assignments/{assignment}/passcode").text
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", page))


def test_staff_are_asked_for_none_draw_one_and_hear_what_is_wrong_with_theirs(visit: Visit, world: World) -> None:
    assignment = world.assignment()
    (item,) = world.items(assignment)
    assistant = visit(world.user(Role.ASSISTANT))
    refused = assistant.post(f"/assignments/{assignment}/passcode/set", data={"do": "set", "passcode": " a "})
    assert (refused.status_code, "4 to 40 characters" in refused.text) == (422, True)
    assert assistant.post(f"/assignments/{assignment}/passcode/set", data={"do": "draw"}).status_code == 303
    drawn = re.search(r'class="read-out">([A-Z2-9]{8})<', assistant.get(f"/assignments/{assignment}/passcode").text)
    assert drawn is not None
    assert assistant.get(f"/work/{item}").status_code == 200
    history = assistant.get(f"/classes/{world.class_id}/history?item={assignment}").text
    assert "the passcode" in history
    assert drawn[1] not in history
