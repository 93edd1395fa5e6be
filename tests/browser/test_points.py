"""A teacher changes what a problem is worth after a student has a mark: what both see, and what the LMS shows."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import AtTheLms, Seat, look, press, write
from tests.browser.test_release import place
from tests.fixtures.installation import DOUBLE, until

pytestmark = pytest.mark.browser


def mark_in_the_lms(at: AtTheLms, title: str, student_id: str) -> tuple[object, object]:
    """Return the student's score in the new assignment's column, and the column's maximum."""
    state = at.installation.control.state()
    (column,) = [one for one in state["columns"] if one["label"] == title]
    found = [
        one["score"] for one in state["grades"] if one["person_id"] == student_id and one["column_id"] == column["id"]
    ]
    return (found[0] if found else None), column["maximum"]


def test_other_points_from_the_page_to_the_lms(seat: Seat, student_id: str) -> None:
    teacher = seat("person-teacher")
    title = f"Points: doubling, {student_id}"
    place(teacher, title, release=False)
    student = seat(student_id)
    tool = student.work(title)
    write(tool, DOUBLE)
    press(tool.get_by_role("button", name="Submit"))
    expect(tool.locator("#result")).to_contain_text("10 / 10 points", timeout=60_000)
    until(lambda: mark_in_the_lms(teacher, title, student_id) == (10, 10), "the mark in the LMS")

    staff = teacher.open(title)
    press(staff.get_by_role("link", name="Points", exact=True))
    expect(staff.get_by_role("heading", level=1, name="Points", exact=True)).to_be_visible()
    look(teacher)
    staff.get_by_label("Double the number").fill("25")
    expect(staff.locator("#points-total")).to_have_text("25")
    press(staff.get_by_role("button", name="Change the points…"))
    expect(staff.get_by_role("heading", name="Change the points?")).to_be_visible()
    expect(staff.get_by_role("heading", name="1 student has a mark")).to_be_visible()
    expect(staff.get_by_text("It stays the same share of all points.")).to_be_visible()
    expect(staff.get_by_text("its column gets the new maximum")).to_be_visible()
    look(teacher)
    press(staff.get_by_role("button", name="Change the points"))
    expect(staff.get_by_role("heading", name="Change the points?")).to_have_count(0)
    expect(staff.get_by_text("10 → 25 points")).to_be_visible()
    look(teacher)

    until(lambda: mark_in_the_lms(teacher, title, student_id) == (25, 25), "the new mark and maximum in the LMS")
    # Who comes back finds the last submission's result, with the points that hold now.
    tool = student.work(title)
    expect(tool.locator("#result")).to_contain_text("25 / 25 points")
    expect(tool.locator("#result")).to_contain_text("Your LMS has it")
