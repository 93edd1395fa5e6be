"""A class is arranged by a mouse; what buttons do by keyboard is tested with the pages."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Seat, look_by_day_and_night

pytestmark = pytest.mark.browser


def _drag(page: Page, what: Locator, to: Locator, *, above: bool) -> None:
    """Drag something by its grip to the upper or the lower end of another, as a hand does: in some steps."""
    what.locator(".grip").first.hover()
    page.mouse.down()
    box = to.bounding_box()
    assert box is not None
    for share in (0.5, 0.1 if above else 0.9):
        page.mouse.move(box["x"] + 60, box["y"] + share * box["height"], steps=3)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.mouse.up()


def test_modules_and_items_are_dragged_to_their_places(seat: Seat) -> None:
    at = seat("person-teacher")
    page = at.page
    page.goto(f"{at.installation.lms_url}/launch/{at.installation.link_id}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto(f"{at.installation.url}/classes/{at.installation.class_id}/contents")
    modules = page.locator("[data-module]")
    titles = modules.locator("h2").all_inner_texts()
    items = modules.first.locator("li[data-item] > a").all_inner_texts()
    page.get_by_label("New module", exact=True).fill("Dropped here")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(modules.locator("h2")).to_have_text([*titles, "Dropped here"])

    _drag(page, modules.last, modules.first, above=True)
    expect(modules.locator("h2")).to_have_text(["Dropped here", *titles])
    _drag(page, modules.nth(1).locator("li[data-item]").first, modules.first.locator("[data-places]"), above=False)
    expect(modules.first.locator("li[data-item] > a")).to_have_text(items[:1])
    page.reload()
    expect(modules.first.locator("li[data-item] > a")).to_have_text(items[:1])
    look_by_day_and_night(page, page.main_frame)
    # And as it was before.
    if len(items) > 1:
        _drag(page, modules.first.locator("li[data-item]"), modules.nth(1).locator("li[data-item]").first, above=True)
    else:
        _drag(page, modules.first.locator("li[data-item]"), modules.nth(1).locator("[data-places]"), above=False)
    expect(modules.nth(1).locator("li[data-item] > a")).to_have_text(items)
    page.get_by_role("button", name="Remove Dropped here").click()
    expect(modules.locator("h2")).to_have_text(titles)
