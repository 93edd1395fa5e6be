"""The roster page: pressed, it fetches who has come since."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Seat, go, new_student
from tests.browser.test_looks import _tab
from tests.fixtures.installation import Installation, until

pytestmark = pytest.mark.browser


READ_AT = "SELECT coalesce(max(roster_synced_at), to_timestamp(0)) AS at FROM class_contexts WHERE context_id = 'course-cs101'"


def test_a_teacher_has_the_roster_read_and_sees_who_has_come(seat: Seat, installation: Installation) -> None:
    at = seat("person-teacher")
    _tab("Roster")(at)
    login = new_student(installation).removeprefix("person-")
    installation.control.post("members", person_id=f"person-{login}", sections=["Morning"])
    [before] = installation.rows(READ_AT)
    go(at.tool, at.tool.get_by_role("button", name="Read it now"))
    until(lambda: installation.rows(READ_AT)[0].at > before.at, "the list is read")
    # The press shows everybody; what comes by itself once the list is read has local times.
    expect(at.tool.get_by_role("button", name="Read it now")).to_be_enabled()
    at.tool.get_by_label("Person", exact=True).fill(login)
    go(at.tool, at.tool.get_by_role("button", name="Show", exact=True))
    expect(at.tool.get_by_role("heading", name="1 person")).to_be_visible()
    expect(at.tool.get_by_role("rowheader", name=f"{login}@university.example")).to_be_visible()
    expect(at.tool.get_by_role("cell", name="Morning")).to_be_visible()
    expect(at.tool.locator("time[data-local]")).to_have_count(0)
