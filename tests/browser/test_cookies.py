"""Browsers that keep no cookies for the tool, and LMSs that help them or do not."""

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from tests.browser.conftest import AtTheLms, Seat, SetUp, press, trouble_found_by_axe, write

pytestmark = pytest.mark.browser

RIGHT = "number = int(input())\nprint(number * 2)\n"


@pytest.mark.parametrize("mode", ["canvas", "generic"])
def test_the_whole_way_in_a_browser_that_keeps_nothing_for_the_tool(
    seat: Seat, keeps_nothing: BrowserContext, student_id: str, mode: str
) -> None:
    student = seat(student_id, keeps_nothing)
    student.installation.control.post("mode", mode=mode)
    work_without_cookies(student)
    assert student.cookies() == []


def test_where_nobody_keeps_anything_the_page_says_what_to_do(
    seat: Seat, keeps_nothing: BrowserContext, student_id: str
) -> None:
    student = seat(student_id, keeps_nothing)
    student.installation.control.post("mode", mode="generic")
    # A window of its own has no page of the LMS around it, and this browser keeps nothing there either.
    student.page.goto(f"{student.installation.lms_url}/launch/{student.installation.link_id}")
    expect(student.page.get_by_text("Allow cookies for")).to_be_visible()


def test_a_platform_without_storage_is_helped_by_the_tab(seat: Seat, set_up: SetUp, student_id: str) -> None:
    # Storage in frames, each apart by the site around it: what Safari and Firefox give where they keep cookies back.
    student = seat(student_id, set_up(cookie_controls_mode=0))
    student.installation.control.post("mode", mode="moodle")
    lose_cookies(student)
    work_without_cookies(student)


def test_a_frame_in_which_nothing_is_kept_leads_to_a_window_in_which_it_is(
    seat: Seat, keeps_nothing: BrowserContext, student_id: str
) -> None:
    student = seat(student_id, keeps_nothing)
    student.installation.control.post("mode", mode="generic")
    # As in an editor's preview: the page around ours does not answer.
    student.page.add_init_script("if (window === top) addEventListener('message', (e) => e.stopImmediatePropagation())")
    # What is offered stands there before the page's script has looked around, and once it has.
    tool = student.work("Double")
    expect(tool.get_by_role("heading", name="One more click")).to_be_visible()
    assert trouble_found_by_axe(student.frame) == []
    with student.page.context.expect_page() as opened:
        press(tool.get_by_role("link", name="Open in a new window"))
    expect(opened.value.get_by_text("Allow cookies for")).to_be_visible()


def work_without_cookies(student: AtTheLms) -> None:
    """Run, submit and look back, by a session that stands in the address and in no cookie."""
    tool = student.work()
    assert "/~" in student.frame.url
    write(tool, RIGHT)
    expect(tool.locator("#saved-text")).to_contain_text("Saved")
    press(tool.get_by_role("button", name="Run sample tests"))
    result = tool.locator("#result")
    expect(result).to_contain_text("sample test passed")
    press(tool.get_by_role("button", name="Submit"))
    expect(result).to_contain_text("All 4 tests passed")
    expect(result).to_contain_text("Your LMS has it")
    press(tool.get_by_role("tab", name="History"))
    press(tool.locator("#attempts").get_by_role("link", name="Attempt 2"))
    expect(tool.get_by_role("heading", name="Attempt 2")).to_be_visible()
    assert "/~" in student.frame.url


def lose_cookies(student: AtTheLms) -> None:
    """Forget the tool's cookies while the browser is at the LMS between login and launch; its storage is left."""

    def forget(route: Route) -> None:
        student.page.context.clear_cookies(domain="127.0.0.1")
        route.continue_()

    student.page.context.route(f"{student.installation.lms_url}/auth**", forget)
