"""A section and a student get dates of their own: what the teacher says, and what each of the students reads."""

import re

import pytest
from playwright.sync_api import FrameLocator, expect

from tests.browser.conftest import AtTheLms, Seat, look, new_student, press, tick
from tests.fixtures.installation import Installation

pytestmark = pytest.mark.browser

HEADING = "Dates for sections and students"


def place(teacher: AtTheLms, title: str) -> None:
    """Add an assignment to the course that was due long ago."""
    teacher.course()
    teacher.page.get_by_role("link", name="Add an assignment from").first.click()
    picker = teacher.tool
    tick(picker.get_by_label("A new assignment"))
    picker.get_by_label("Title").fill(title)
    tick(picker.get_by_role("checkbox", name="Double the number"))
    press(picker.get_by_role("button", name="Add to the course"))
    expect(teacher.page.get_by_role("link", name=title, exact=True)).to_be_visible()
    staff = teacher.open(title)
    press(staff.get_by_role("link", name="Dates and publishing"))
    staff.get_by_label("Due").fill("2026-01-05T12:00")
    staff.get_by_label("Closes for good").fill("2026-01-06T12:00")
    press(staff.get_by_role("button", name="Keep"))
    expect(staff.get_by_text("Everybody has the dates above.")).to_be_visible()


def say(staff: FrameLocator, due: str) -> None:
    """Give whoever is chosen another due date."""
    when = staff.get_by_label("Due: date and time")
    expect(when).to_be_hidden()
    staff.get_by_label("Due", exact=True).select_option("On a date")
    when.fill(due)
    staff.get_by_label("Why").fill("Fire drill")


def test_a_section_and_a_student_get_more_time(seat: Seat, student_id: str, installation: Installation) -> None:
    other_id = new_student(installation)
    for one in (student_id, other_id):
        installation.control.post("members", person_id=one, sections=["Morning"] if one == student_id else ["Evening"])
    teacher = seat("person-teacher")
    # Another one each time that this is tried.
    title = f"Week 5: doubling in time, {student_id}"
    place(teacher, title)
    student, other = seat(student_id), seat(other_id, color_scheme="dark")
    expect(student.work(title).get_by_text("closed on").first).to_be_visible()
    other.work(title)

    staff = teacher.tool
    press(staff.get_by_role("link", name="Other dates for a section or a student"))
    expect(staff.get_by_role("heading", level=1, name=HEADING)).to_be_visible()
    look(teacher)
    staff.get_by_label("A section").select_option("Morning")
    press(staff.get_by_role("button", name="Choose"))
    expect(staff.get_by_role("heading", name="Section Morning")).to_be_visible()
    say(staff, "2036-01-05T12:00")
    look(teacher)
    press(staff.get_by_role("button", name="Keep"))
    line = staff.get_by_role("listitem").filter(has_text="Morning")
    expect(line).to_contain_text("Fire drill")
    look(teacher)

    # The section's student may write again, by a date of their own; the other may not.
    tool = student.work(title)
    expect(tool.get_by_text("Your due date (extended)")).to_be_visible()
    expect(tool.get_by_text("Jan 5, 2036")).to_be_visible()
    expect(tool.get_by_role("button", name="Submit")).to_be_enabled()
    look(student)
    tool = other.work(title)
    expect(tool.get_by_text("closed on").first).to_be_visible()
    expect(tool.get_by_text("Your due date")).to_have_count(0)

    # One student, found by name.
    name = installation.rows(f"SELECT name FROM users WHERE sub = '{other_id}'")[0][0]
    staff.get_by_label("or a student").fill(name)
    press(staff.get_by_role("button", name="Find"))
    press(staff.get_by_role("list", name="Students found").get_by_role("link", name=name))
    expect(staff.get_by_role("heading", name=name)).to_be_visible()
    say(staff, "2036-02-07T12:00")
    press(staff.get_by_role("button", name="Keep"))
    expect(staff.get_by_role("listitem").filter(has_text=name)).to_be_visible()
    expect(other.work(title).get_by_text("Feb 7, 2036")).to_be_visible()
    look(other)

    # And taken back: closed again, with nothing lost.
    press(staff.get_by_role("button", name=re.compile(f"Remove.*{re.escape(name)}")))
    expect(staff.get_by_role("listitem").filter(has_text=name)).to_have_count(0)
    expect(other.work(title).get_by_text("closed on").first).to_be_visible()
    staff = teacher.open(title)
    card = staff.get_by_role("region", name=HEADING)
    expect(card.get_by_role("listitem")).to_contain_text("Jan 5, 2036")
    look(teacher)
