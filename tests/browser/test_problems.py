"""A teacher makes the next version of a problem: a draft, tried as a student, checked by a worker, published."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Seat, look, write
from tests.fixtures.installation import DOUBLE

pytestmark = pytest.mark.browser


def test_a_teacher_publishes_the_next_version_once_its_solution_passes(seat: Seat) -> None:
    at = seat("person-teacher")
    tool = at.open("Double")
    tool.get_by_role("link", name="Double the number", exact=True).click()
    expect(tool.get_by_role("heading", level=1, name="Double the number")).to_be_visible()
    tool.get_by_role("button", name="Make a draft of the next version").press("Enter")
    expect(tool.get_by_role("heading", name="A draft")).to_be_visible()
    number = int(tool.get_by_role("heading", level=1).inner_text().removeprefix("Version "))
    tool.get_by_role("button", name="Check and publish").press("Enter")
    expect(tool.get_by_text("It has no reference solution.")).to_be_visible()
    look(at)
    tool.get_by_role("link", name="Edit the texts and limits").press("Enter")
    tool.locator("#solution-python").fill(DOUBLE)
    tool.get_by_role("button", name="Save").press("Enter")
    expect(tool.get_by_role("heading", name="A draft")).to_be_visible()
    # As a student, with a worker's answer.
    tool.get_by_role("link", name="Try it as a student").press("Enter")
    tool.locator("html[data-ready]").wait_for(state="attached")
    write(tool, DOUBLE)
    tool.locator("#submit").press("Enter")
    expect(tool.locator("#result")).to_contain_text("All 4 tests passed")
    tool.get_by_role("link", name="Draft", exact=True).press("Enter")
    # The page follows the worker by itself.
    tool.get_by_role("button", name="Check and publish").press("Enter")
    expect(tool.locator("#check")).to_contain_text("All 4 tests passed")
    tool.get_by_role("link", name="Double the number").press("Enter")
    expect(tool.get_by_role("heading", level=2).first).to_have_text(f"Version {number}")
    expect(tool.get_by_text("Published", exact=True)).to_have_count(1)
    expect(tool.get_by_text(f"Move it to version {number}").first).to_be_visible()
    look(at)
