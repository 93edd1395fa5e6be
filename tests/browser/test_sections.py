"""The sections of a class, kept apart on its teacher's word."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Seat, go, new_student, tick
from tests.browser.test_looks import _tab
from tests.fixtures.installation import Installation

pytestmark = pytest.mark.browser


@pytest.fixture
def assistant(installation: Installation) -> Iterator[str]:
    """An assistant of the course, who is a student again for the tests that follow."""
    name = new_student(installation)
    installation.control.post("members", person_id=name, sections=[f"Apart with {name}"], role="assistant")
    yield name
    installation.control.post("members", person_id=name, sections=[], role="student")


def test_an_assistant_sees_their_own_section_once_a_teacher_says_so(
    seat: Seat, installation: Installation, assistant: str
) -> None:
    mine, theirs = (new_student(installation) for _ in range(2))
    # Another one each time that this is tried.
    section = f"Apart with {assistant}"
    installation.control.post("members", person_id=mine, sections=[section])
    installation.control.post("members", person_id=theirs, sections=["And another"])
    for one in (mine, theirs):
        installation.student(int(one.removeprefix("person-student")))
    at = seat("person-teacher")
    _tab("Sections")(at)
    choice = at.tool.get_by_role("radio", name="Assistants see the sections that they are in", exact=True)
    tick(choice)
    go(at.tool, at.tool.get_by_role("button", name="Keep", exact=True))
    expect(at.tool.get_by_role("status").filter(has_text="Kept.")).to_be_visible()
    expect(choice).to_be_checked()
    helper = seat(assistant)
    _tab("Gradebook")(helper)
    expect(helper.tool.get_by_text(f"You see section {section} of this class.")).to_be_visible()
    students = helper.tool.locator("tbody a[href*='/students/']")
    expect(students).to_have_count(1)
    tick(at.tool.get_by_role("radio", name="All staff see the whole class"))
    go(at.tool, at.tool.get_by_role("button", name="Keep", exact=True))
    expect(at.tool.get_by_role("status").filter(has_text="Kept.")).to_be_visible()
    _tab("Gradebook")(helper)
    expect(students.nth(1)).to_be_visible()
