"""Materials: written by staff, with files beside them, and read by students in the class's order."""

import io
import uuid

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_grader.classes import materials
from lti_grader.classes.material_files import BadFile, accept
from lti_grader.classes.material_models import MaterialOpening
from lti_grader.classes.models import Role
from lti_grader.core.db import session, transaction
from lti_grader.core.markdown import to_html_with
from tests.fixtures.world import World, make_world
from tests.web.two_sections import Visit

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(20)


class Desk:
    """A teacher with an empty material in a class that has one assignment."""

    def __init__(self, world: World, visit: Visit) -> None:
        self.world, self.assignment = world, world.assignment()
        self.browser: FlaskClient = visit(world.teacher_id)
        answer = self.browser.post(f"/classes/{world.class_id}/materials", data={"title": " Reading  1 "})
        assert answer.status_code == 303, answer.text
        self.url = answer.headers["Location"].removesuffix("/edit")
        self.id = uuid.UUID(self.url.rsplit("/", 1)[-1])

    def write(self, *files: tuple[str, bytes], revision: int = 0, **more: object) -> TestResponse:
        form = {"title": "Reading 1", "body": "", "revision": revision, "published": "yes", "do": "save", **more}
        form["files"] = [(io.BytesIO(content), name) for name, content in files]
        return self.browser.post(f"{self.url}/edit", data=form)


@pytest.fixture
def desk(world: World, visit: Visit) -> Desk:
    return Desk(world, visit)


def test_students_read_it_in_its_module_once_it_is_published(desk: Desk, visit: Visit) -> None:
    home, student = f"/classes/{desk.world.class_id}", visit(desk.world.user())
    assert desk.url not in student.get(home).text
    assert student.get(desk.url).status_code == 403
    answer = desk.write(
        ("plan.png", PICTURE), ("notes.pdf", b"%PDF-1.7"), body="# Plan\n\n![the plan](plan.png) [notes](notes.pdf)"
    )
    assert answer.status_code == 303, answer.text
    page = student.get(home).text
    assert page.index("Assignments") < page.index("Materials") < page.index("Reading 1")
    assert "Not opened" in page
    page = student.get(desk.url).text
    assert f'<img src="{desk.url}/files/plan.png" alt="the plan">' in page
    assert f'<a href="{desk.url}/files/notes.pdf"' in page
    assert "Opened" in student.get(home).text
    assert "1 student has" in desk.browser.get(desk.url).text


def test_files_come_with_their_type_and_run_nothing(desk: Desk, visit: Visit) -> None:
    desk.write(("plan.png", PICTURE), ("notes.pdf", b"%PDF-1.7"), ("a b.py", b"print()"))
    student = visit(desk.world.user())
    answer = student.get(f"{desk.url}/files/plan.png")
    assert (answer.data, answer.headers["Content-Type"]) == (PICTURE, "image/png")
    assert answer.headers["Content-Disposition"].startswith("inline")
    for name, kind in (("notes.pdf", "application/pdf"), ("a b.py", "text/plain; charset=utf-8")):
        answer = student.get(f"{desk.url}/files/{name}")
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert student.get(f"{desk.url}/files/other.pdf").status_code == 404
    desk.browser.post(
        f"/classes/{desk.world.class_id}/contents", data={"do": "hide", "module": _module(desk)}
    )  # fmt: skip
    assert student.get(f"{desk.url}/files/plan.png").status_code == 403


def _module(desk: Desk) -> uuid.UUID:
    with transaction(desk.world.tenant_id):
        return materials.open_material(desk.id, desk.world.teacher_id).module.id


def test_files_are_replaced_and_taken_away_and_the_log_tells_it(desk: Desk) -> None:
    desk.write(("one.txt", b"1"), ("two.txt", b"2"))
    assert desk.write(("one.txt", b"11"), revision=1, remove="two.txt", title="Reading 2").status_code == 303
    page = desk.browser.get(desk.url).text
    assert "two.txt" not in page
    assert desk.browser.get(f"{desk.url}/files/one.txt").data == b"11"
    told = desk.browser.get(f"/classes/{desk.world.class_id}/history").text
    assert "Changed the material “Reading 2”" in told
    assert "Removed the file “two.txt”" in told


def test_of_two_who_write_at_once_the_second_is_told_and_keeps_their_text(desk: Desk) -> None:
    assert desk.write(body="first").status_code == 303
    answer = desk.write(body="second")
    assert answer.status_code == 409
    assert "Somebody else has changed" in answer.text
    assert "second" in answer.text
    assert "first" in desk.browser.get(desk.url).text


def test_what_cannot_be_kept_is_said_and_nothing_is_lost(desk: Desk) -> None:
    answer = desk.write(("page.html", b"<script>"), body="My text")
    assert answer.status_code == 422
    assert "“page.html” cannot be kept here" in answer.text
    assert "My text" in answer.text
    assert desk.write(title=" ").status_code == 422
    for name, content in (("plan.png", b"no picture"), ("empty.txt", b""), ("...", b"x"), ("x" * 130 + ".txt", b"x")):
        with pytest.raises(BadFile):
            accept(name, content)
    assert accept("C:\\folder\\..\\a\x00b.TXT", b"x").name == "ab.TXT"


def test_removing_it_asks_first_and_leaves_the_others_in_order(desk: Desk, visit: Visit) -> None:
    more = [
        desk.browser.post(f"/classes/{desk.world.class_id}/materials", data={"title": t, "module": _module(desk)})
        for t in "ab"
    ]
    desk.write(("one.txt", b"1"))
    visit(desk.world.user()).get(desk.url)
    assert "1 file" in desk.browser.get(f"{desk.url}/remove").text
    assert desk.browser.post(f"{desk.url}/remove").status_code == 303
    assert desk.browser.get(desk.url).status_code == 404
    with transaction(desk.world.tenant_id):
        assert session().query(MaterialOpening).count() == 0
    page = desk.browser.get(f"/classes/{desk.world.class_id}/contents").text
    assert all(one.headers["Location"].removesuffix("/edit") in page for one in more)
    assert "Removed the material “Reading 1”" in desk.browser.get(f"/classes/{desk.world.class_id}/history").text


def test_only_who_sees_the_whole_class_writes(desk: Desk, visit: Visit) -> None:
    other = make_world("South University")
    for person in (desk.world.user(), desk.world.user(Role.OBSERVER), other.teacher_id):
        browser = visit(person)
        assert browser.get(f"{desk.url}/edit").status_code in (403, 404)
        assert browser.post(f"{desk.url}/preview", data={"body": "x"}).status_code in (403, 404)
    assert "<strong>x</strong>" in desk.browser.post(f"{desk.url}/preview", data={"body": "**x**"}).text


def test_pictures_from_elsewhere_are_told_by_their_words() -> None:
    page = to_html_with(
        "![a cat](https://evil.example/cat.png) ![b](b.png) [c](c%20d.pdf)", {"b.png": "/b", "c d.pdf": "/c"}
    )
    assert "evil" not in page
    assert "a cat" in page
    assert '<img src="/b" alt="b">' in page
    assert 'href="/c"' in page
