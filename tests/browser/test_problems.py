"""A teacher makes the next version of a problem: a draft, tried as a student, checked by a worker, published."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Seat, look, press, write
from tests.fixtures.installation import DOUBLE

pytestmark = pytest.mark.browser


def test_a_teacher_publishes_the_next_version_once_its_solution_passes(seat: Seat) -> None:
    at = seat("person-teacher")
    tool = at.open("Double")
    press(tool.get_by_role("link", name="Double the number", exact=True))
    expect(tool.get_by_role("heading", level=1, name="Double the number")).to_be_visible()
    press(tool.get_by_role("button", name="Make a draft of the next version"))
    expect(tool.get_by_role("heading", name="A draft")).to_be_visible()
    number = int(tool.get_by_role("heading", level=1).inner_text().removeprefix("Version "))
    press(tool.get_by_role("button", name="Check and publish"))
    expect(tool.get_by_text("It has no reference solution.")).to_be_visible()
    look(at)
    press(tool.get_by_role("link", name="Edit the texts and limits"))
    tool.locator("#solution-python").fill(DOUBLE)
    press(tool.get_by_role("button", name="Save"))
    expect(tool.get_by_role("heading", name="A draft")).to_be_visible()
    # As a student, with a worker's answer.
    press(tool.get_by_role("link", name="Try it as a student"))
    tool.locator("html[data-ready]").wait_for(state="attached")
    write(tool, DOUBLE)
    press(tool.locator("#submit"))
    expect(tool.locator("#result")).to_contain_text("All 4 tests passed", timeout=60_000)
    press(tool.get_by_role("link", name="Draft", exact=True))
    # The page follows the worker by itself.
    press(tool.get_by_role("button", name="Check and publish"))
    expect(tool.locator("#check")).to_contain_text("accepted · 4 of 4 tests passed", timeout=60_000)
    press(tool.get_by_role("link", name="Double the number"))
    expect(tool.get_by_role("heading", level=2).first).to_have_text(f"Version {number}")
    expect(tool.get_by_text("Published", exact=True)).to_have_count(1)
    expect(tool.get_by_text(f"Move it to version {number}").first).to_be_visible()
    look(at)
