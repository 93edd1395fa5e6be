"""A mark is typed into the gradebook by keyboard: kept at once; what cannot be kept stays as it was typed."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Seat, go, look
from tests.browser.test_release import place

pytestmark = pytest.mark.browser


def test_marks_are_typed_into_the_grid_by_keyboard(seat: Seat, student_id: str) -> None:
    teacher, title = seat("person-teacher"), f"Typed marks, {student_id}"
    place(teacher, title, release=False)
    student = seat(student_id)
    student.work(title)
    staff = teacher.open(title)
    go(staff, staff.get_by_role("link", name="Class").first)
    go(staff, staff.get_by_role("navigation", name="Class").get_by_role("link", name="Gradebook"))
    column = staff.locator("#grid thead th").filter(has_text=title).evaluate("head => head.cellIndex")
    row = staff.locator("#grid tbody tr").first
    cell = row.locator("th, td").nth(column)
    staff.locator("#grid td[tabindex]").focus()
    teacher.page.keyboard.press("End")
    expect(row.locator("th, td").last).to_be_focused()
    # Whatever was placed after it stands to its right.
    for _ in range(row.locator("th, td").count() - 1 - column):
        teacher.page.keyboard.press("ArrowLeft")
    expect(cell).to_be_focused()
    sent: list[str] = []
    teacher.page.on("request", lambda one: sent.append(one.post_data or "") if one.method == "POST" else None)
    teacher.page.keyboard.type("5")
    teacher.page.keyboard.press("Escape")
    expect(cell).to_have_text("")
    expect(cell).to_be_focused()
    teacher.page.keyboard.type("lots")
    teacher.page.keyboard.press("Tab")
    expect(cell.get_by_role("alert")).to_contain_text("is no mark")
    expect(cell.locator("input")).to_have_value("lots")
    look(teacher)
    cell.locator("input").press("Escape")
    expect(cell).to_have_text("")
    teacher.page.keyboard.type("7.5")
    teacher.page.keyboard.press("Enter")
    expect(cell).to_have_text("7.5")
    expect(row.locator("[data-total]")).to_contain_text("%")
    # What was given up was not sent, and what was kept once only.
    assert [json.loads(one)["points"] for one in sent if "points" in one] == ["lots", "7.5"]
    teacher.page.keyboard.press("Shift+Enter")
    expect(staff.get_by_role("heading", name="Give the mark by hand")).to_be_visible()
    look(teacher)
