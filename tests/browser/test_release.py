"""A teacher keeps the marks to themselves for a while: what the student sees, what the LMS shows, and the release."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import AtTheLms, Seat, look, press, tick, write
from tests.fixtures.installation import DOUBLE, until

pytestmark = pytest.mark.browser

NOTE = "Marks and the results of the tests come when your teacher releases them."


def place(teacher: AtTheLms, title: str, *, release: bool = True) -> None:
    """Add an assignment to the course, whose marks and feedback its teacher releases unless that is not wanted."""
    teacher.course()
    teacher.page.get_by_role("link", name="Add an assignment from").first.click()
    picker = teacher.tool
    tick(picker.get_by_label("A new assignment"))
    picker.get_by_label("Title").fill(title)
    tick(picker.get_by_role("checkbox", name="Double the number"))
    if release:
        picker.get_by_label("Students see their marks").select_option("On a date")
        expect(picker.get_by_label("Marks from")).to_be_visible()
        picker.get_by_label("Students see their marks").select_option("When I release them")
        expect(picker.get_by_label("Marks from")).to_be_hidden()
        picker.get_by_label("Students see the results of the tests").select_option("When I release them")
    press(picker.get_by_role("button", name="Add to the course"))
    expect(teacher.page.get_by_role("link", name=title, exact=True)).to_be_visible()


def come_back(at: AtTheLms) -> None:
    """Let the window be looked at again, as after another tab: pages that wait ask at once then."""
    at.frame.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_marks_by_hand_from_the_picker_to_the_release(seat: Seat, student_id: str) -> None:
    teacher = seat("person-teacher")
    title = f"Midterm: doubling, {student_id}"
    place(teacher, title)

    student = seat(student_id, color_scheme="dark")
    tool = student.work(title)
    write(tool, DOUBLE)
    press(tool.get_by_role("button", name="Run sample tests"))
    result = tool.locator("#result")
    expect(result).to_contain_text("sample test passed", timeout=60_000)
    press(tool.get_by_role("button", name="Submit"))
    expect(result.locator(".verdict")).to_have_text(re.compile("Handed in"), timeout=60_000)
    expect(result).to_contain_text(NOTE)
    assert "passed" not in result.inner_text()
    assert "10" not in result.inner_text()
    look(student)

    installation, login = teacher.installation, student_id.removeprefix("person-")

    def cell() -> dict[str, object]:
        found = [one for one in installation.control.state()["grades"] if one["person_id"] == student_id]
        return found[0] if found else {}

    until(lambda: cell().get("grading") == "PendingManual", "the LMS was told that it is handed in")
    assert cell()["score"] is None
    assert teacher.score_of(login, title) == "–"

    staff = teacher.open(title)
    expect(staff.get_by_text("Marks: not released")).to_be_visible()
    look(teacher)
    press(staff.get_by_role("link", name="Release, or take back"))
    expect(staff.get_by_role("heading", level=1, name="Release")).to_be_visible()
    look(teacher)
    press(staff.get_by_role("button", name="Release the marks of 1 student"))
    expect(staff.get_by_text("Marks: released")).to_be_visible()

    # The student's page was open all the while.
    come_back(student)
    expect(result).to_contain_text("10 / 10 points")
    expect(result).to_contain_text("The results of the tests come when your teacher releases them.")
    until(lambda: cell().get("score") == 10, "the mark in the LMS")
    tool = student.work(title)
    expect(tool.locator("#result")).to_contain_text("10 / 10 points")
    press(tool.get_by_role("tab", name="History"))
    press(tool.get_by_role("link", name="Attempt 2"))
    expect(tool.get_by_role("heading", name="Attempt 2")).to_be_visible()
    expect(tool.locator("#result")).to_contain_text("10 / 10 points")
    expect(tool.locator("#result")).to_contain_text("The results of the tests come when your teacher releases them.")
    expect(tool.locator("#result")).to_contain_text("Your LMS has it")
    look(student)

    staff = teacher.open(title)
    press(staff.get_by_role("link", name="Release, or take back"))
    press(staff.get_by_role("button", name="Release the results of 1 student"))
    expect(staff.get_by_text("Results of the tests: released")).to_be_visible()
    come_back(student)
    expect(tool.locator("#result")).to_contain_text("All 4 tests passed")
    expect(tool.locator("#result")).not_to_contain_text("The results of the tests come")
