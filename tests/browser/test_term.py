"""A lecturer's first week, from an empty course to a mark in the LMS; and a regrade request to its effect there."""

import datetime as dt

import pytest
from playwright.sync_api import FrameLocator, Locator, expect

from tests.browser.conftest import AtTheLms, Seat, go, press, tick, write
from tests.browser.test_story import place
from tests.fixtures.installation import DOUBLE, Installation

pytestmark = pytest.mark.browser

ONCE = "print(int(input()))\n"


def of_class(tool: FrameLocator, name: str) -> Locator:
    """Return one of the pages of a class, opening "More" for those that stand there."""
    tabs = tool.get_by_role("navigation", name="Class")
    expect(tabs).to_be_visible()
    found = tabs.get_by_role("link", name=name, exact=True)
    if not found.is_visible():
        press(tabs.locator("summary"))
    return found


def of_assignment(tool: FrameLocator, name: str) -> None:
    """Go to one of the pages of the assignment that is open."""
    go(tool, tool.get_by_role("link", name=name, exact=True).first)


def write_problem(tool: FrameLocator, title: str) -> None:
    """Write a problem with two tests, let a worker check it, and publish it."""
    go(tool, of_class(tool, "Problems"))
    tool.get_by_role("textbox", name="Title", exact=True).fill(title)
    go(tool, tool.get_by_role("button", name="Write it"))
    tool.get_by_label("Statement", exact=True).fill("Read a number and write its **double**.")
    tool.get_by_role("region", name="Code by language").get_by_label("Language").select_option("python")
    tool.get_by_label("Solution", exact=True).fill(DOUBLE)
    go(tool, tool.get_by_role("button", name="Save"))
    for name, seen, number in (("Two", "sample", 2), ("Seven", "hidden", 7)):
        go(tool, tool.get_by_role("link", name="Add a test", exact=True))
        tool.get_by_label("Name", exact=True).fill(name)
        tool.get_by_label("Students see it").select_option(seen)
        tool.get_by_label("Input", exact=True).fill(f"{number}\n")
        tool.get_by_label("Expected output", exact=True).fill(f"{2 * number}\n")
        go(tool, tool.get_by_role("button", name="Save"))
    press(tool.get_by_role("button", name="Check and publish"))
    expect(tool.locator("#check")).to_contain_text("accepted · 2 of 2 tests passed", timeout=60_000)


def test_from_an_empty_course_to_the_first_mark_in_the_lms(
    seat: Seat, installation: Installation, student_id: str
) -> None:
    course = installation.control.post("courses", code=f"New {student_id}", title="Programming, continued")["id"]
    problem, title = f"Twice {student_id}", f"First homework {student_id}"
    teacher = seat("person-teacher")
    teacher.course_id = course
    teacher.course()
    teacher.page.get_by_role("link", name="in the course's menu").click()
    tool = teacher.tool
    go(tool, of_class(tool, "Contents"))
    tool.get_by_label("New module").fill("Week 1")
    go(tool, tool.get_by_role("button", name="Add", exact=True))
    expect(tool.get_by_role("heading", name="Week 1")).to_be_visible()
    write_problem(tool, problem)

    # Into the course, as the LMS wants it; nobody sees it yet.
    teacher.course()
    teacher.page.get_by_role("link", name="Add an assignment from").first.click()
    tick(tool.get_by_label("A new assignment"))
    tool.get_by_label("Title").fill(title)
    tool.get_by_label("Module", exact=True).fill("Week 1")
    tick(tool.get_by_role("checkbox", name=problem))
    tool.get_by_label(f"Points of {problem}").fill("20")
    tool.get_by_label("Students see their marks").select_option("When I release them")
    press(tool.get_by_role("button", name="Add to the course"))
    expect(teacher.page.get_by_role("link", name=title, exact=True)).to_be_visible()

    teacher.open(title)
    of_assignment(tool, "Dates and publishing")
    tool.get_by_label("Published").press("Space")
    due = dt.datetime.now(dt.UTC) + dt.timedelta(days=7)
    tool.get_by_label("Due", exact=True).fill(f"{due:%Y-%m-%dT%H:%M}")
    go(tool, tool.get_by_role("button", name="Keep"))
    of_assignment(tool, "Late work")
    tool.get_by_label("Up to").first.fill("2")
    tool.get_by_label("Hours or days").first.select_option("days")
    tool.get_by_label("counts, in %").first.fill("50")
    go(tool, tool.get_by_role("button", name="Change…"))
    expect(tool.get_by_text("Up to 2 days after the due date: 50 % of the points")).to_be_visible()
    go(tool, tool.get_by_role("link", name=title, exact=True).first)
    of_assignment(tool, "What would go wrong")
    expect(tool.get_by_text("Nothing was found that would go wrong.")).to_be_visible()
    go(tool, tool.get_by_role("button", name="Publish it"))

    student = seat("person-amina")
    student.course_id = course
    work = student.open(title)
    work.locator("html[data-ready]").wait_for(state="attached")
    work.get_by_label("Language").select_option("python")
    write(work, DOUBLE)
    press(work.get_by_role("button", name="Submit"))
    expect(work.locator("#result")).to_contain_text("All 2 tests passed")

    teacher.open(title)
    of_assignment(tool, "Release, or take back…")
    go(tool, tool.get_by_role("button", name="Release the marks of 1 student"))
    student.open(title)
    expect(student.tool.locator("#result")).to_contain_text("Your LMS has it")
    assert teacher.score_of("amina", title) == "20"


def told(at: AtTheLms, words: str, times: int = 1) -> Locator:
    """Open what somebody was told, and return the line that says it: there are so many of it."""
    go(at.tool, at.tool.get_by_role("navigation", name="Yours").get_by_role("link"))
    lines = at.tool.get_by_role("list", name="Notifications").get_by_role("link").filter(has_text=words)
    expect(lines).to_have_count(times)
    return lines.first


def test_a_regrade_request_comes_to_its_effect_in_the_lms(seat: Seat, student_id: str) -> None:
    teacher, student = seat("person-teacher"), seat(student_id)
    title, login = f"Disputed {student_id}", student_id.removeprefix("person-")
    place(teacher, title)
    staffs = teacher.open(title)
    of_assignment(staffs, "Dates and publishing")
    staffs.get_by_label("Days for regrade requests").fill("7")
    go(staffs, staffs.get_by_role("button", name="Keep"))

    tool = student.work(title)
    write(tool, ONCE)
    press(tool.get_by_role("button", name="Submit"))
    expect(tool.locator("#result")).to_contain_text("Your LMS has it")
    press(tool.get_by_role("tab", name="History"))
    go(tool, tool.get_by_role("link", name="Attempt 1"))
    go(tool, tool.get_by_role("link", name="Ask for a regrade"))
    tool.get_by_label("What is wrong, and why").fill("The statement does not say double of what.")
    go(tool, tool.get_by_role("button", name="Ask"))
    expect(tool.get_by_text("Waits for the staff")).to_be_visible()

    go(staffs, told(teacher, f"Students ask for regrades of {title}"))
    request = staffs.get_by_role("row").filter(has_text=title).get_by_role("link")
    go(staffs, request)
    expect(staffs.get_by_text("double of what")).to_be_visible()
    staffs.get_by_label("Answer, or reason for your decision").fill("Which sentence do you mean?")
    go(staffs, staffs.get_by_role("button", name="Answer only"))

    go(tool, told(student, f"Your regrade request about {title} was answered"))
    expect(tool.get_by_text("Which sentence do you mean?")).to_be_visible()
    tool.get_by_label("Anything to add").fill("The first one.")
    go(tool, tool.get_by_role("button", name="Add it"))
    # The staff is told once a day that there are requests about an assignment.
    go(staffs, told(teacher, f"Students ask for regrades of {title}"))
    go(staffs, request)
    staffs.get_by_label("Answer, or reason for your decision").fill("You are right.")
    staffs.get_by_label("Points of the whole assignment").fill("20")
    go(staffs, staffs.get_by_role("button", name="Give these points"))

    told(student, f"Your mark for {title} was changed")
    go(tool, told(student, f"Your regrade request about {title} was accepted"))
    for words in ("You are right.", "The first one.", "Accepted"):
        expect(tool.get_by_text(words, exact=True).first).to_be_visible()
    expect(tool.locator("dl.figures")).to_contain_text("20 of 25")
    student.open(title)
    expect(tool.locator("#result")).to_contain_text("Your LMS has it")
    assert teacher.score_of(login, title) == "20"
    cell = next(one for one in teacher.installation.control.state(student_id)["grades"] if one["score"] == 20)
    assert cell["posts"] == 2, "one for each mark"
