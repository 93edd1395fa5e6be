"""The administrators' pages: let in by an address, readable by everybody, on any width."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Seat, go, look_by_day_and_night
from tests.fixtures.installation import Installation

pytestmark = pytest.mark.browser


def _command(installation: Installation, *words: str) -> str:
    command = [str(Path(sys.executable).parent / "lti-grader"), *words]
    return subprocess.run(command, env=installation.env, check=True, capture_output=True, text=True).stdout.strip()


def test_an_administrator_looks_after_the_platforms(seat: Seat, installation: Installation) -> None:
    address = _command(installation, "admin", "link", "--tenant", "Test University", "--name", "Ada Lovelace")
    page = seat("person-teacher", viewport={"width": 740, "height": 900}).page

    def look() -> None:
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        look_by_day_and_night(page, page.main_frame)

    page.goto(address)
    look()
    go(page, page.get_by_role("button", name="Sign in"))
    look()
    go(page, page.get_by_role("link", name="Platforms", exact=True))
    look()
    go(page, page.get_by_role("button", name="Make a registration address"))
    expect(page.get_by_label("Copy it now")).to_have_value(
        # What comes after is a secret.
        re.compile(r"/lti/register/.{40}")
    )
    look()
    go(page, page.get_by_role("link", name="Platforms", exact=True))
    go(page, page.get_by_role("link", name="Register by hand"))
    look()
    go(page, page.get_by_role("link", name="Platforms", exact=True))
    page.get_by_role("link", name="Demo University").first.click()
    look()
    go(page, page.get_by_role("button", name="Test this registration"))
    expect(page.get_by_role("heading", name="Test of Demo University")).to_be_visible()
    expect(page.get_by_role("row", name="Permission to send scores")).to_contain_text("Works")
    look()
    go(page, page.get_by_role("link", name="Back to Demo University"))
    page.get_by_label("Name", exact=True).fill("Demo University")
    go(page, page.get_by_role("button", name="Save"))
    expect(page.get_by_role("heading", name="Demo University")).to_be_visible()
    go(page, page.get_by_role("button", name="Sign out"))
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    page.goto(f"{installation.url}/administration/")
    expect(page.get_by_text("administrators of this tool")).to_be_visible()
