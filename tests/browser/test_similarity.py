"""A teacher has submissions compared, reads two of them side by side by keyboard, and says what it is."""

import re

import pytest
from playwright.sync_api import FrameLocator, expect

from tests.browser.conftest import AtTheLms, Seat, look, new_student, press, tick
from tests.fixtures.installation import Installation
from tests.flow.alike import COPIED, COUNTING

pytestmark = pytest.mark.browser


def compared(teacher: AtTheLms, installation: Installation) -> FrameLocator:
    """Have the submissions to "Double" compared, and return the finished report's page."""
    staff = teacher.open("Double")
    press(staff.get_by_role("link", name="Similarity"))
    expect(staff.get_by_role("heading", level=1, name="Similarity")).to_be_visible()
    look(teacher)
    press(staff.get_by_role("button", name="Compare"))
    expect(staff.get_by_role("heading", name="What was compared")).to_be_visible()
    # The page follows the worker by itself.
    expect(staff.get_by_role("heading", name="How alike they are")).to_be_visible(timeout=60_000)
    return staff


def test_two_that_are_alike_are_read_side_by_side(seat: Seat, installation: Installation) -> None:
    for code in (COUNTING, COPIED):
        student = installation.student(int(new_student(installation).removeprefix("person-student")))
        assert student.hand_in(code).status_code == 202
    teacher = seat("person-teacher")
    staff = compared(teacher, installation)
    expect(staff.get_by_role("heading", name="How alike they are")).to_be_visible()
    look(teacher)
    press(staff.get_by_role("region", name="Pairs").get_by_role("link", name=re.compile(" and ")).first)
    expect(staff.get_by_role("heading", level=1, name="alike")).to_be_visible()
    look(teacher)
    # A number leads to the same passage in the other program.
    passage = staff.get_by_role("link", name="Passage 1: go to it in the other program").first
    passage.press("Enter")
    expect(staff.locator("tr:target")).to_have_count(1)
    tick(staff.get_by_label("Talk to them"))
    staff.get_by_label("Note").fill("The same rule for ties.")
    press(staff.get_by_role("button", name="Keep"))
    expect(staff.get_by_role("listitem").filter(has_text="The same rule for ties.")).to_contain_text("Talk to them")
    look(teacher)
