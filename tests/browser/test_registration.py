"""An LMS's administrator adds this tool by its registration address, and opens it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import AtTheLms, Seat, press, tick, trouble_found_by_axe
from tests.fixtures.installation import Installation

pytestmark = pytest.mark.browser


def invite(installation: Installation) -> str:
    """Return a registration address, as whoever runs the tool makes it at the shell."""
    command = [str(Path(sys.executable).parent / "lti-grader"), "platforms", "invite", "--tenant", "Test University"]
    return subprocess.run(command, env=installation.env, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def as_before(installation: Installation) -> Iterator[None]:
    """Leave no second tool in the course for the other tests."""
    known = {one["client_id"] for one in installation.control.state()["tools"]}
    yield
    for one in installation.control.state()["tools"]:
        if one["client_id"] not in known:
            installation.control.post("registrations/remove", client_id=one["client_id"])
    installation.control.post("mode", mode="canvas")


def go_to_registration(teacher: AtTheLms, address: str) -> None:
    teacher.page.goto(f"{teacher.installation.lms_url}/courses/course-cs101/controls")
    teacher.page.get_by_label("Add a tool by its registration address").fill(address)
    teacher.page.get_by_role("button", name="Go on").click()


@pytest.mark.parametrize("mode", ["canvas", "moodle", "generic"])
def test_from_the_registration_address_to_the_first_launch(
    seat: Seat, installation: Installation, as_before: None, mode: str
) -> None:
    teacher = seat("person-teacher", viewport={"width": 740, "height": 900})
    installation.control.post("mode", mode=mode)
    known = {one["client_id"] for one in installation.control.state()["tools"]}
    address = invite(installation)
    go_to_registration(teacher, address)
    page = teacher.tool
    expect(page.get_by_role("heading", name="Register lti_grader with")).to_be_visible()
    expect(page.get_by_text("Test University").first).to_be_visible()
    assert trouble_found_by_axe(teacher.frame) == []
    tick(page.get_by_label("Names", exact=False).nth(1))
    press(page.get_by_role("button", name="Register"))
    expect(page.get_by_role("heading", name="Registered")).to_be_visible()
    press(page.get_by_role("button", name="Close"))
    expect(teacher.page.get_by_role("heading", name="How this LMS behaves")).to_be_visible()

    (tool,) = [one for one in installation.control.state()["tools"] if one["client_id"] not in known]
    assert (tool["shares_names"], tool["shares_email"]) == (True, False)
    teacher.page.goto(f"{installation.lms_url}/courses/course-cs101/add/{tool['client_id']}")
    expect(teacher.tool.get_by_role("heading", level=1, name="to your course")).to_be_visible()
    expect(teacher.tool.get_by_text("This launch did not work")).to_have_count(0)
    found = installation.rows(
        "SELECT d.deployment_id FROM deployments d JOIN platforms p ON p.id = d.platform_id"
        f" WHERE p.client_id = '{tool['client_id']}'"
    )
    assert [one.deployment_id for one in found] == [tool["deployment_id"]]

    go_to_registration(teacher, address)
    expect(teacher.tool.get_by_text("registered with this address already")).to_be_visible()
