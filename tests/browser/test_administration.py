"""The administrators' pages: let in by an address, readable by everybody, on any width."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Seat, trouble_found_by_axe
from tests.fixtures.installation import Installation

pytestmark = pytest.mark.browser


def _command(installation: Installation, *words: str) -> str:
    command = [str(Path(sys.executable).parent / "lti-grader"), *words]
    return subprocess.run(command, env=installation.env, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_administrator_looks_after_the_platforms(seat: Seat, installation: Installation, scheme: str) -> None:
    address = _command(installation, "admin", "link", "--tenant", "Test University", "--name", f"Ada {scheme}")
    page = seat("person-teacher", color_scheme=scheme, viewport={"width": 740, "height": 900}).page

    def look() -> None:
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert trouble_found_by_axe(page.main_frame) == []
        for width in (740, 430):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        page.set_viewport_size({"width": 740, "height": 900})

    page.goto(address)
    look()
    page.get_by_role("button", name="Sign in").click()
    look()
    page.get_by_role("link", name="Platforms", exact=True).click()
    look()
    page.get_by_role("button", name="Make a registration address").click()
    expect(page.get_by_label("Copy it now")).to_have_value(
        # What comes after is a secret.
        re.compile(r"/lti/register/.{40}")
    )
    look()
    page.get_by_role("link", name="Platforms", exact=True).click()
    page.get_by_role("link", name="Register by hand").click()
    look()
    page.get_by_role("link", name="Platforms", exact=True).click()
    page.get_by_role("link", name="Demo University").first.click()
    look()
    page.get_by_role("button", name="Test this registration").click()
    expect(page.get_by_role("heading", name="Test of Demo University")).to_be_visible()
    expect(page.get_by_role("row", name="Permission to send scores")).to_contain_text("Works")
    look()
    page.get_by_role("link", name="Back to Demo University").click()
    page.get_by_label("Name", exact=True).fill("Demo University")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Demo University")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    page.goto(f"{installation.url}/administration/")
    expect(page.get_by_text("administrators of this tool")).to_be_visible()
