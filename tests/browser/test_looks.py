"""Every page, in light and dark, in a narrow frame and by keyboard."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import (
    AtTheLms,
    Seat,
    go,
    look_by_day_and_night,
    new_student,
    press,
    trouble_found_by_axe,
    write,
    written,
)
from tests.fixtures.installation import DOUBLE, Installation

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def worked(installation: Installation) -> str:
    """A student with two submissions, one wrong and one right, so that no page is empty."""
    name = new_student(installation)
    installation.control.post("members", person_id=name, sections=["Morning", "Laboratory on Thursdays, second group"])
    student = installation.student(int(name.removeprefix("person-student")))
    for code in ("print(1 / 0)\n", DOUBLE):
        assert student.hand_in(code).status_code == 202
    student.wait_for_score(10)
    installation.control.post("members", person_id="person-parent", observes=[name])
    return name


def _work(at: AtTheLms) -> None:
    tool = at.work()
    press(tool.get_by_role("tab", name="History"))
    expect(tool.get_by_role("link", name="Attempt 1")).to_be_visible()


def _attempt(at: AtTheLms) -> None:
    _work(at)
    press(at.tool.get_by_role("link", name="Attempt 1"))
    expect(at.tool.get_by_role("heading", name="Attempt 1")).to_be_visible()
    expect(at.tool.locator("#code .cm-content")).to_be_visible()


def _overview(at: AtTheLms) -> None:
    at.open("Double")
    # Not just any heading: on the way there, the page that keeps a login's secret has one as well.
    expect(at.tool.get_by_role("heading", level=1, name="Double")).to_be_visible()


def _home(at: AtTheLms) -> None:
    _overview(at)
    press(at.tool.get_by_role("link", name="Class").first)
    expect(at.tool.get_by_role("navigation", name="Class")).to_be_visible()


def _tab(name: str) -> Callable[[AtTheLms], None]:
    def open_tab(at: AtTheLms) -> None:
        _home(at)
        tabs = at.tool.get_by_role("navigation", name="Class")
        if not tabs.get_by_role("link", name=name).count():
            press(tabs.locator("summary"))
        go(at.tool, tabs.get_by_role("link", name=name))
        expect(at.tool.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")

    return open_tab


def _picker(at: AtTheLms) -> None:
    at.course()
    at.page.get_by_role("link", name="Add an assignment from").first.click()
    expect(at.tool.get_by_role("heading", level=1, name="to your course")).to_be_visible()


def _mentors_review(at: AtTheLms) -> None:
    at.open("Double")
    expect(at.tool.get_by_role("row", name="1. Double").get_by_text("2 submissions")).to_be_visible()


def _mentors_home(at: AtTheLms) -> None:
    _mentors_review(at)
    press(at.tool.get_by_role("navigation", name="Where you are").get_by_role("link").first)
    expect(at.tool.get_by_text("Only they can hand in work.")).to_be_visible()


def _mentors_attempt(at: AtTheLms) -> None:
    _mentors_review(at)
    press(at.tool.get_by_role("link", name="No. 2"))
    expect(at.tool.get_by_role("heading", name="Attempt 2")).to_be_visible()
    expect(at.tool.locator("#code .cm-content")).to_be_visible()


PAGES = {
    "work": ("student", _work),
    "attempt": ("student", _attempt),
    "overview": ("person-teacher", _overview),
    "home": ("person-teacher", _home),
    "gradebook": ("person-teacher", _tab("Gradebook")),
    "roster": ("person-teacher", _tab("Roster")),
    "sections": ("person-teacher", _tab("Sections")),
    "deliveries": ("person-registrar", _tab("LMS deliveries")),
    "history": ("person-teacher", _tab("History")),
    "mentor's review": ("person-parent", _mentors_review),
    "mentor's home": ("person-parent", _mentors_home),
    "mentor's attempt": ("person-parent", _mentors_attempt),
    "picker": ("person-teacher", _picker),
}


@pytest.mark.parametrize("name", list(PAGES))
def test_a_page_can_be_read_by_everybody_and_fits_its_frame(seat: Seat, worked: str, name: str) -> None:
    who, open_page = PAGES[name]
    at = seat(worked if who == "student" else who, viewport={"width": 740, "height": 900})
    open_page(at)
    look_by_day_and_night(at.page, at.frame)


def test_a_students_pages_say_in_forced_colours_what_they_say_in_their_own(seat: Seat, worked: str) -> None:
    at = seat(worked, forced_colors="active")
    _work(at)
    tool, frame = at.tool, at.frame
    assert trouble_found_by_axe(frame) == []
    # What is selected is marked by the browser itself: a drawn selection is a background, which goes.
    expect(tool.locator(".cm-selectionLayer")).to_have_count(0)
    edges = "found => found.map(one => getComputedStyle(one).borderTopStyle)"
    assert set(tool.locator(".pill").evaluate_all(edges)) == {"solid"}
    for page in ("Class", "My marks", "Notifications"):
        go(tool, tool.get_by_role("link", name=page).first)
        assert trouble_found_by_axe(at.frame) == [], page


def test_a_student_can_do_everything_by_keyboard(seat: Seat, student_id: str) -> None:
    at = seat(student_id)
    tool = at.work()
    keys = at.page.keyboard
    tool.locator(".cm-content").focus()
    keys.press("Control+a")
    keys.type("print(2 * int(input()))")
    keys.press("Control+s")
    expect(tool.locator("#saved-text")).to_contain_text("Saved")
    keys.press("Control+Enter")
    expect(tool.locator("#result")).to_contain_text("sample test passed")
    # Out of the editor, and on to Run and Submit.
    keys.press("Escape")
    keys.press("Tab")
    expect(tool.locator("#run")).to_be_focused()
    keys.press("Tab")
    expect(tool.locator("#submit")).to_be_focused()
    keys.press("Enter")
    expect(tool.locator("#result")).to_contain_text("All 4 tests passed")
    # Tab indents inside the editor.
    tool.locator(".cm-content").focus()
    keys.press("Control+Home")
    keys.press("Tab")
    assert re.match(r"\s+print", written(tool))


def test_what_happens_is_read_out(seat: Seat, student_id: str) -> None:
    at = seat(student_id)
    tool = at.work()
    write(tool, DOUBLE)
    press(tool.get_by_role("button", name="Submit"))
    live = tool.locator("[aria-live], [role=status]")
    expect(live.filter(has_text="Your LMS has it").or_(live.filter(has_text="All 4 tests")).first).to_be_attached()
