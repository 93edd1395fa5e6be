"""The calendar, by keyboard."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Seat, go, look, press
from tests.browser.test_looks import _home

pytestmark = pytest.mark.browser


def test_a_calendar_is_turned_by_keyboard_and_keeps_the_focus(seat: Seat) -> None:
    at = seat("person-teacher")
    _home(at)
    go(at.tool, at.tool.get_by_role("link", name="Calendar", exact=True))
    title = at.tool.locator("#calendar-title")
    month = title.inner_text()
    look(at)
    later = at.tool.get_by_role("link", name="Later", exact=True)
    press(later)
    expect(title).not_to_have_text(month)
    expect(later).to_be_focused()
    press(at.tool.get_by_role("link", name="Earlier", exact=True))
    expect(title).to_have_text(month)
    press(at.tool.get_by_role("link", name="Agenda", exact=True))
    expect(at.tool.locator("table.month")).to_have_count(0)
    look(at)
