"""The whole way: a teacher places an assignment, a student works on it, the LMS holds the score."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import AtTheLms, Seat, press, tick, write

pytestmark = pytest.mark.browser

RIGHT = "number = int(input())\nprint(number * 2)\n"


def place(teacher: AtTheLms, title: str) -> None:
    """Add an assignment to the course by the tool's picker."""
    teacher.course()
    teacher.page.get_by_role("link", name="Add an assignment from").first.click()
    picker = teacher.tool
    tick(picker.get_by_label("A new assignment"))
    picker.get_by_label("Title").fill(title)
    tick(picker.get_by_role("checkbox", name="Double the number"))
    picker.get_by_label("Points of Double the number").fill("25")
    press(picker.get_by_role("button", name="Add to the course"))
    expect(teacher.page.get_by_role("link", name=title, exact=True)).to_be_visible()


@pytest.mark.parametrize("mode", ["canvas", "moodle", "generic"])
def test_from_the_teachers_picker_to_the_score_in_the_gradebook(seat: Seat, student_id: str, mode: str) -> None:
    teacher = seat("person-teacher")
    teacher.installation.control.post("mode", mode=mode)
    title = f"Doubling, {mode}, {student_id}"
    place(teacher, title)

    student = seat(student_id)
    tool = student.work(title)
    expect(tool.get_by_role("heading", name="Double the number")).to_be_visible()
    assert student.cookies()
    assert all(one.get("partitionKey") for one in student.cookies()), "an ordinary cookie would be blocked in a frame"

    # Python is what the problem has a beginning in, so it is what the editor begins with.
    expect(tool.get_by_label("Language")).to_have_value("python")
    write(tool, "number = int(input())\nprint(number + 2)\n")
    expect(tool.locator("#saved-text")).to_contain_text("Saved")
    press(tool.get_by_role("button", name="Run sample tests"))
    result = tool.locator("#result")
    expect(result).to_contain_text("sample test passed")
    press(tool.get_by_role("button", name="Submit"))
    expect(result).to_contain_text("Wrong answer")
    expect(result).to_contain_text("6.25")

    write(tool, RIGHT)
    press(tool.get_by_role("button", name="Submit"))
    expect(result).to_contain_text("All 4 tests passed")
    expect(result).to_contain_text("25 / 25 points")
    expect(result).to_contain_text("Your LMS has it")
    # What is hidden stays so: neither name nor data of a hidden test is on the page.
    assert "Unseen" not in student.frame.content()

    press(tool.get_by_role("tab", name="History"))
    history = tool.locator("#attempts")
    expect(history.get_by_role("link")).to_have_text(["Attempt 3", "Attempt 2", "Attempt 1"])

    login = student_id.removeprefix("person-")
    assert teacher.score_of(login, title) == "25"
    cell = next(one for one in teacher.installation.control.state()["grades"] if one["person_id"] == student_id)
    assert cell["posts"] in (1, 2)

    board = teacher.open(title)
    expect(board.get_by_text("25", exact=False).first).to_be_visible()


def test_history_shows_what_changed_between_two_attempts(seat: Seat, student_id: str) -> None:
    student = seat(student_id)
    tool = student.work()
    for code in ("print(3 * int(input()))\n", "print(2 * int(input()))\n"):
        write(tool, code)
        press(tool.get_by_role("button", name="Run sample tests"))
        expect(tool.locator("#result")).to_contain_text("passed" if "2 *" in code else "Wrong answer")
    press(tool.get_by_role("tab", name="History"))
    tool.get_by_label("Compare attempt 2 with").select_option("attempt 1 (previous)")
    expect(tool.locator(".diff .removed")).to_contain_text("3 * int")
    expect(tool.locator(".diff .added")).to_contain_text("2 * int")
    press(tool.locator("#attempts li").nth(1).get_by_role("button", name="Restore into editor"))
    expect(tool.locator(".cm-content")).to_contain_text("3 * int")
    press(tool.get_by_role("link", name="Attempt 1"))
    expect(tool.get_by_role("heading", name="Attempt 1")).to_be_visible()
    expect(tool.locator("#code")).to_contain_text("3 * int")


def test_a_java_program_that_does_not_compile_leads_to_its_line(seat: Seat, student_id: str) -> None:
    tool = seat(student_id).work()
    tool.get_by_label("Language").select_option("java")
    write(tool, "public class Main {\n    public static void main(String[] a) {\n        int x = 1\n    }\n}\n")
    press(tool.get_by_role("button", name="Run sample tests"))
    line = tool.get_by_role("button", name="error").first
    expect(line).to_contain_text("3")
    line.press("Enter")
    expect(tool.locator(".cm-activeLine")).to_contain_text("int x = 1")
