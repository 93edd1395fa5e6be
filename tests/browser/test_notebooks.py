"""A lecturer brings a notebook in and tries it as a student does: chosen as a file, run, submitted, and read."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Seat, look, press
from tests.fixtures.notebooks import squares

pytestmark = pytest.mark.browser


def handed_in(answer: str) -> bytes:
    told = json.loads(squares())
    told["cells"][4]["source"] = answer
    return json.dumps(told).encode()


def test_a_notebook_is_brought_in_and_handed_in_as_a_file(seat: Seat) -> None:
    at = seat("person-teacher")
    tool = at.open("Double")
    press(tool.get_by_role("link", name="Class", exact=True))
    press(tool.get_by_role("link", name="Problems"))
    press(tool.get_by_role("link", name="Bring problems in"))
    tool.locator("#file").set_input_files(
        {"name": "squares.ipynb", "mimeType": "application/json", "buffer": squares()}
    )
    press(tool.get_by_role("button", name="Read it"))
    # A worker runs its solution first, to find its limit.
    expect(tool.get_by_text("is marked by a person in nbgrader")).to_be_visible(timeout=60_000)
    look(at)
    press(tool.get_by_role("button", name="Keep what is ticked as drafts"))
    press(tool.get_by_role("link", name="Look at the draft, check and publish it"))
    expect(tool.get_by_role("heading", name="A draft")).to_be_visible()
    press(tool.get_by_role("link", name="Try it as a student"))
    tool.locator("html[data-ready]").wait_for(state="attached")
    press(tool.locator("#submit"))
    expect(tool.get_by_text("Choose your notebook first.")).to_be_visible()
    file = {"name": "mine.ipynb", "mimeType": "application/json", "buffer": handed_in("half = 51")}
    tool.locator("#notebook-file").set_input_files(file)
    expect(tool.locator("#notebook-chosen")).to_contain_text("5 cells of code")
    press(tool.locator("#run"))
    expect(tool.locator("#result")).to_contain_text("1 of 2 sample tests passed")
    expect(tool.locator("#result")).to_contain_text("half of 100 is 50")
    tool.locator("#notebook-file").set_input_files({**file, "buffer": handed_in("half = limit / 2")})
    press(tool.locator("#submit"))
    expect(tool.locator("#result")).to_contain_text("All 3 tests passed")
    look(at)
