"""The registrar's way: from the board of the institution to a score that arrived after all."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import FrameLocator, Locator, expect

from tests.browser.conftest import AtTheLms, Seat, go, look_by_day_and_night, new_student, press, trouble_found_by_axe
from tests.fixtures.installation import Installation, until

pytestmark = pytest.mark.browser


@pytest.fixture
def refused(installation: Installation, seat: Seat) -> Iterator[str]:
    """A student whose score the LMS refuses."""
    installation.control.post("faults", status=422, services=["scores"])
    name = new_student(installation)
    student = installation.student(int(name.removeprefix("person-student")))
    assert student.hand_in().status_code == 202
    query = f"SELECT d.status FROM score_deliveries d JOIN users u ON u.id = d.user_id WHERE u.sub = '{name}'"
    until(lambda: [row.status for row in installation.rows(query)] == ["failed"], "the score is refused", 150)
    yield name
    installation.control.post("faults", status=0)


def board(at: AtTheLms) -> FrameLocator:
    """Open the board of the class."""
    tool = at.open("Double")
    press(tool.get_by_role("link", name="Class").first)
    press(tool.get_by_role("navigation", name="Class").get_by_role("link", name="LMS deliveries"))
    expect(tool.get_by_role("navigation", name="By state")).to_be_visible()
    return tool


def row_of(tool: FrameLocator, name: str) -> Locator:
    """Find a student's row by the LMS's own id of them."""
    tool.get_by_label("Student", exact=True).fill(name)
    # One score may have been all there was before as well.
    go(tool, tool.get_by_role("button", name="Show", exact=True))
    expect(tool.get_by_role("heading", name="1 score", exact=True)).to_be_visible()
    return tool.locator(".board-table tbody tr")


def no_trouble(at: AtTheLms) -> None:
    assert trouble_found_by_axe(at.frame) == []


def test_a_refused_score_is_understood_sent_again_and_seen_to_arrive(
    seat: Seat, installation: Installation, refused: str
) -> None:
    ruth = seat("person-registrar")
    tool = board(ruth)
    press(tool.get_by_role("link", name="All classes"))
    expect(tool.get_by_role("heading", name="Score deliveries of all classes")).to_be_visible()
    no_trouble(ruth)
    press(tool.get_by_role("link", name="in trouble in").first)
    expect(tool.get_by_role("heading", name="Why the LMS did not take them")).to_be_visible()
    row = row_of(tool, refused)
    expect(row).to_contain_text("often the person is not a student")
    no_trouble(ruth)

    installation.control.post("faults", status=0)
    press(row.get_by_role("button", name="Send again"))
    expect(tool.get_by_text("1 score will be sent again")).to_be_visible()
    no_trouble(ruth)
    press(tool.get_by_role("button", name="Send again"))
    expect(tool.get_by_text("1 score is on the way again.")).to_be_visible()
    login = refused.removeprefix("person-")
    cell = until(
        lambda: [one for one in installation.control.state()["grades"] if one["login"] == login and one["score"] == 10],
        "the score is in the LMS",
    )
    assert cell[0]["posts"] == 1

    query = f"SELECT d.status FROM score_deliveries d JOIN users u ON u.id = d.user_id WHERE u.sub = '{refused}'"
    until(lambda: [one.status for one in installation.rows(query)] == ["verified"], "it was seen there")
    row = row_of(board(ruth), refused)
    expect(row).to_contain_text("In the LMS")
    press(row.get_by_role("rowheader").get_by_role("link"))
    steps = tool.locator(".timeline li")
    expect(steps).to_have_count(5)
    expect(steps.nth(0)).to_contain_text("Seen in the LMS: 10 of 10")
    expect(steps.nth(2)).to_contain_text("Sent again by Ruth Abernathy")
    expect(steps.nth(3)).to_contain_text("often the person is not a student")
    no_trouble(ruth)


def test_one_student_is_held_back_and_released_by_two_people(
    seat: Seat, installation: Installation, refused: str
) -> None:
    teacher, ruth = seat("person-teacher"), seat("person-registrar")
    tool = board(teacher)
    press(row_of(tool, refused).get_by_role("rowheader").get_by_role("link"))
    press(tool.get_by_role("link", name="Hold this student's score back"))
    tool.get_by_label("Why").fill("The exam board has decided.")
    press(tool.get_by_role("button", name="Hold back"))
    # Others may be held back as well, where this is tried a second time.
    ((name,),) = installation.rows(f"SELECT name FROM users WHERE sub = '{refused}'")
    held = tool.locator(".hold").filter(has_text=name)
    expect(held).to_contain_text("Held back by Marta Lindqvist")
    no_trouble(teacher)
    press(held.get_by_role("button", name="Ask for the release"))
    expect(held.get_by_text("You asked: a second person confirms.")).to_be_visible()

    other = board(ruth)
    expect(other.get_by_text("scores are held back")).to_be_visible()
    press(other.get_by_role("link", name="See what is held back"))
    held = other.locator(".hold").filter(has_text=name)
    press(held.get_by_role("button", name="Confirm the release"))
    expect(held).to_contain_text("confirmed by Ruth Abernathy")
    no_trouble(ruth)


def test_the_boards_pages_fit_their_frames(seat: Seat, refused: str) -> None:
    ruth = seat("person-registrar", viewport={"width": 740, "height": 900})
    tool = board(ruth)
    press(row_of(tool, refused).get_by_role("rowheader").get_by_role("link"))
    expect(tool.locator(".timeline")).to_be_visible()
    look_by_day_and_night(ruth.page, ruth.frame)
    press(tool.get_by_role("link", name="LMS deliveries"))
    expect(tool.locator(".board-table")).to_be_visible()
    look_by_day_and_night(ruth.page, ruth.frame)
    for link in ("Hold scores back", "Comparisons with the LMS", "All classes"):
        go(tool, board(ruth).get_by_role("link", name=link))
        expect(tool.get_by_role("navigation", name="By state")).to_have_count(0)
        expect(tool.get_by_role("heading", level=1)).to_be_visible()
        look_by_day_and_night(ruth.page, ruth.frame)
    tool = board(ruth)
    press(tool.get_by_role("button", name="Send the whole class again"))
    expect(tool.get_by_role("link", name="Back to the board")).to_be_visible()
    look_by_day_and_night(ruth.page, ruth.frame)
