"""Courses that the demo LMS copies, and what it tells tools of where they came from."""

from collections.abc import Iterator
from typing import Any

import pytest

from lti_grader.demo.lms.client import Person, forms
from tests.fixtures.demo_lms import AMINA, COURSE, DL, LTI, TEACHER, Lms
from tests.lti.demo_lms.test_deep_links import ITEM, bring
from tests.lti.demo_lms.test_launches import announced, authorise, claims_of

CUSTOM = {"links": "$ResourceLink.id.history", "courses": "$Context.id.history", "own": "kept"}


@pytest.fixture
def teacher(lms: Lms) -> Iterator[Person]:
    person = Person(lms.url, TEACHER)
    yield person
    person.close()


def launched(teacher: Person, lms: Lms, path: str) -> dict[str, Any]:
    found: dict[str, Any] = claims_of(lms, forms(authorise(teacher, lms, announced(teacher, f"{lms.url}{path}")))[0])
    return found


def place(teacher: Person, lms: Lms, *, edits: str = "", **item: Any) -> dict[str, Any]:
    query = f"?edits={edits}" if edits else ""
    path = f"/courses/{COURSE}/deep-link/{lms.tool.client_id}{query}"
    settings: dict[str, Any] = launched(teacher, lms, path)[DL + "deep_linking_settings"]
    assert bring(teacher, settings, lms.tool.choice(settings, [ITEM | item])).status_code == 200
    return settings


def copy(teacher: Person, lms: Lms, course: str) -> str:
    return str(teacher.send("POST", f"{lms.url}/courses/{course}/copy").url).rpartition("/")[2]


@pytest.mark.parametrize(("mode", "remembers"), [("canvas", True), ("generic", True), ("moodle", False)])
def test_a_copy_has_links_and_columns_and_tells_of_its_past_as_its_product_does(
    lms: Lms, teacher: Person, mode: str, remembers: bool
) -> None:
    lms.control.post("mode", mode=mode)
    place(teacher, lms, custom=CUSTOM)
    second = copy(teacher, lms, COURSE)
    third = copy(teacher, lms, second)
    links = {one["course_id"]: one for one in lms.control.state()["links"]}
    assert links.keys() == {COURSE, second, third}
    assert [one["label"] for one in lms.control.state()["columns"]] == ["Loops"] * 3
    said = launched(teacher, lms, f"/launch/{links[third]['id']}")[LTI + "custom"]
    past = {"links": f"{links[second]['id']},{links[COURSE]['id']}", "courses": f"{second},{COURSE}", "own": "kept"}
    assert said == (past if remembers else CUSTOM)
    first = launched(teacher, lms, f"/launch/{links[COURSE]['id']}")[LTI + "custom"]
    assert first == ({"links": "", "courses": "", "own": "kept"} if remembers else CUSTOM)


def test_students_copy_nothing(lms: Lms) -> None:
    student = Person(lms.url, AMINA)
    student.send("POST", f"{lms.url}/courses/{COURSE}/copy")
    assert "Copy this course" not in student.send("GET", f"{lms.url}/courses/{COURSE}").text
    student.close()


def test_a_link_that_is_chosen_anew_stays_the_same_link(lms: Lms, teacher: Person) -> None:
    place(teacher, lms, custom={"task": "1"})
    (link,) = lms.control.state()["links"]
    settings = place(teacher, lms, edits=link["id"], title="Lists", custom={"task": "2"})
    assert settings["accept_multiple"] is False
    (after,) = lms.control.state()["links"]
    assert (after["id"], after["title"], after["custom"]) == (link["id"], "Lists", {"task": "2"})
    assert len(lms.control.state()["columns"]) == 1


def test_a_launch_from_the_menu_is_of_the_course_itself(lms: Lms, teacher: Person) -> None:
    said = launched(teacher, lms, f"/courses/{COURSE}/tools/{lms.tool.client_id}/launch")
    assert said[LTI + "resource_link"]["id"] == said[LTI + "context"]["id"] == COURSE
