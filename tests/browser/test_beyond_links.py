"""What an LMS opens beside links: files handed in to it, the work behind a score, and personal data."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Seat, look, new_student, press, tick
from tests.fixtures.installation import DOUBLE, Installation, until

pytestmark = pytest.mark.browser


def asked_for_notices(installation: Installation) -> bool:
    """Return whether the tool has asked, after a launch, to be told of files."""
    wanted = "LtiAssetProcessorSubmissionNotice"
    return any(
        one["method"] == "PUT" and one["status"] == 200 and wanted in one["body"] for one in installation.control.log()
    )


def hand_in(page: Page, file: Path) -> None:
    page.get_by_role("link", name="Essay on loops").click()
    page.get_by_label("Your file").set_input_files(str(file))
    page.get_by_role("button", name="Hand in").click()


def test_an_essay_handed_in_to_the_lms_comes_here(
    seat: Seat, student_id: str, installation: Installation, tmp_path: Path
) -> None:
    teacher = seat("person-teacher")
    teacher.open("Double")
    expect(teacher.tool.get_by_role("heading", level=1, name="Double")).to_be_visible()
    until(lambda: asked_for_notices(installation), "the tool asks to be told of files")

    teacher.course()
    teacher.page.get_by_label("A new assignment to hand a file in").fill("Essay on loops")
    teacher.page.get_by_role("button", name="Make it").click()
    teacher.page.get_by_role("link", name="as document processor").first.click()
    expect(teacher.tool.get_by_role("heading", name="Receive what students hand in")).to_be_visible()
    look(teacher)
    tick(teacher.tool.get_by_label("Double"))
    press(teacher.tool.get_by_role("button", name="Receive the files"))
    expect(teacher.page.get_by_role("link", name="Essay on loops")).to_be_visible()

    student = seat(student_id)
    student.course()
    essay = tmp_path / "loops.html"
    essay.write_text("<h1>On loops</h1><script>alert(1)</script>")
    hand_in(student.page, essay)
    page = student.page.url
    until(lambda: "PendingManual" in student.page.request.get(page).text(), "the tool's report")
    student.page.reload()
    student.page.get_by_role("link", name="View report").click()
    expect(student.tool.get_by_role("heading", name="loops.html")).to_be_visible()
    look(student)
    # It is an attempt beside those that were written here.
    tool = student.work()
    press(tool.get_by_role("tab", name="History"))
    press(tool.get_by_role("link", name="Attempt 1"))
    expect(student.tool.get_by_role("heading", name="Attempt 1")).to_be_visible()
    expect(student.tool.get_by_role("link", name="Download")).to_be_visible()
    look(student)

    teacher.open("Double")
    press(teacher.tool.get_by_role("link", name="Class").first)
    press(teacher.tool.get_by_role("link", name="Files"))
    expect(teacher.tool.get_by_role("heading", name="Files handed in to your LMS")).to_be_visible()
    look(teacher)
    press(teacher.tool.get_by_role("link", name="Essay on loops"))
    expect(teacher.tool.get_by_role("row").filter(has_text="loops.html")).to_contain_text("Kept")
    expect(teacher.tool.get_by_label("These files belong to")).to_contain_text("Double")
    look(teacher)
    with teacher.page.expect_download() as saved:
        press(teacher.tool.get_by_role("link", name="Download").first)
    assert saved.value.path().read_text() == essay.read_text()


def test_from_the_gradebook_to_the_work_and_from_the_registrar_to_personal_data(
    seat: Seat, installation: Installation
) -> None:
    name = new_student(installation)
    student = installation.student(int(name.removeprefix("person-student")))
    assert student.hand_in(DOUBLE).status_code == 202
    student.wait_for_score(10)
    installation.control.post("mode", mode="generic")

    teacher = seat("person-teacher")
    teacher.page.goto(f"{installation.lms_url}/courses/course-cs101/gradebook")
    login = name.removeprefix("person-")
    cell = teacher.page.locator(f'td[data-student="{login}"][data-column="Double"]')
    press(cell.get_by_role("link", name="Look at the work"))
    expect(teacher.tool.get_by_role("row").filter(has_text="No. 1")).to_be_visible()
    look(teacher)

    registrar = seat("person-registrar")
    registrar.page.goto(f"{installation.lms_url}/courses/course-cs101/people")
    registrar.page.get_by_role("link", name="Personal data").click()
    tool = registrar.tool
    tool.get_by_label("Name, e-mail").fill(f"{login}@university.example")
    press(tool.get_by_role("button", name="Find"))
    found = tool.get_by_role("row").filter(has_text=login).get_by_role("link")
    expect(found).to_be_visible()
    look(registrar)
    press(found)
    expect(tool.get_by_role("row", name="Submissions 1", exact=True)).to_be_visible()
    look(registrar)
    with registrar.page.expect_download() as saved:
        press(tool.get_by_role("button", name="Take a copy of everything"))
    assert saved.value.suggested_filename.endswith(".zip")
    press(tool.get_by_role("link", name="Erase this person"))
    expect(tool.get_by_role("heading", name="What goes")).to_be_visible()
    look(registrar)
    tool.get_by_label("To confirm").fill("erase")
    press(tool.get_by_role("button", name="Erase this person"))
    expect(tool.get_by_role("heading", name="Erased person")).to_be_visible()
    installation.control.post("mode", mode="canvas")
