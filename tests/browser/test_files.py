"""An answer of several files: made and brought in, run, submitted, restored, and in two tabs at once."""

import datetime as dt
import io
import uuid
import zipfile
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from lti_grader.adapters import installed
from lti_grader.app import create_app
from lti_grader.assignments.models import AssignmentConfig
from lti_grader.assignments.operations import create_assignment
from lti_grader.assignments.queries import problem_lines
from lti_grader.core.db import db, transaction
from lti_grader.problems.harness import AnswerFiles, Harness
from lti_grader.problems.models import Visibility
from lti_grader.problems.operations import DraftGroup, DraftProblem, DraftTest, create_problem, publish
from tests.browser.conftest import AtTheLms, Seat, look, press, write, written
from tests.fixtures.installation import Installation

pytestmark = pytest.mark.browser
MAIN = "from twice import twice\n\nprint(twice(int(input())))\n"
TWICE = "def twice(number):\n    return 2 * number\n"


@pytest.fixture(scope="module")
def item_id(installation: Installation) -> uuid.UUID:
    """A problem whose answer is several files, in an assignment that no link of the LMS leads to."""
    app = create_app(installation.settings)
    with app.app_context():
        given = installed().blobs.put(b"2,4,6\n")
        draft = DraftProblem(
            slug="twice-in-files", title="Twice, in files",
            description_markdown="Read a number and write its double, by a function `twice` in a file of its own.",
            groups=[DraftGroup("All", Decimal(2), [DraftTest("Sample", b"2\n", b"4\n", Visibility.SAMPLE)])],
            starter_code={"python": MAIN},
            harness=Harness(answer_files=AnswerFiles(most=6, required=["main.py"]), files={"numbers.csv": given}),
        )  # fmt: skip
        with transaction(installation.tenant_id):
            version = create_problem(draft)
            publish(version, at=dt.datetime.now(dt.UTC))
            made = create_assignment(
                installation.class_id, title="Files", problems=[(version.id, Decimal(10))], config=AssignmentConfig()
            ).id
        with transaction(installation.tenant_id):
            item = problem_lines(made)[0].item.id
        db.session.remove()
        db.engine.dispose()
    app.extensions["adapters"].kv.client.connection_pool.disconnect()
    return item


def at_work(student: AtTheLms, item_id: uuid.UUID) -> Page:
    """Open the problem in a window of its own."""
    page = student.window()
    page.goto(f"{student.installation.url}/work/{item_id}")
    page.locator("html[data-ready]").wait_for(state="attached")
    return page


def make(page: Page, name: str, text: str) -> None:
    press(page.get_by_role("button", name="New file"))
    field = page.get_by_role("dialog").get_by_label("Name")
    field.fill(name)
    field.press("Enter")
    expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
    write(page, text)


def save(page: Page) -> None:
    page.keyboard.press("Control+s")
    expect(page.locator("#saved-text")).to_contain_text("Saved")


def test_two_files_from_an_error_in_the_second_to_an_earlier_attempt(
    seat: Seat, student_id: str, item_id: uuid.UUID
) -> None:
    page = at_work(seat(student_id), item_id)
    expect(page.get_by_role("tab", name="main.py")).to_be_visible()
    make(page, "twice.py", TWICE.replace("* number", "* number)"))
    press(page.get_by_role("tab", name="main.py"))
    press(page.get_by_role("button", name="Run sample tests"))
    press(page.get_by_role("button", name='twice.py", line 2'))
    expect(page.get_by_role("tab", name="twice.py")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".cm-activeLine")).to_contain_text("return 2 * number")

    write(page, TWICE)
    press(page.get_by_role("button", name="Submit"))
    expect(page.locator("#result")).to_contain_text("10 / 10 points")
    page.get_by_role("tab", name="twice.py").press("Delete")
    expect(page.locator("#files-told")).to_contain_text("twice.py is removed.")
    expect(page.get_by_role("tab", name="main.py")).to_be_focused()
    press(page.get_by_role("tab", name="History"))
    press(page.get_by_role("button", name="Restore into editor").nth(1))
    press(page.get_by_role("tab", name="twice.py"))
    assert "return 2 * number)\n" in written(page)


def test_an_archive_is_brought_in_and_what_is_there_is_asked_about(
    seat: Seat, student_id: str, item_id: uuid.UUID
) -> None:
    at = seat(student_id)
    page = at_work(at, item_id)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        for name, text in (
            ("main.py", "mine = 1\n"),
            ("twice.py", TWICE),
            ("main.pyc", "x"),
            ("a.png", b"\x89P\0"),
        ):
            packed.writestr(f"project/{name}", text)
    files = page.locator("#file-input")
    files.set_input_files({"name": "mine.zip", "mimeType": "application/zip", "buffer": archive.getvalue()})
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("main.py")
    press(dialog.get_by_role("button", name="Replace it"))
    expect(page.locator("#files-told")).to_contain_text("main.py, a.png and twice.py are here now.")
    expect(page.locator("#files-told")).to_contain_text("main.pyc. ")
    expect(page.locator(".cm-content")).to_contain_text("mine = 1")
    press(page.get_by_role("tab", name="a.png"))
    expect(page.locator("#file-panel")).to_contain_text("3 B. It is no text")
    look(at)
    save(page)
    # What gave way is not lost, and what was brought in is there after a visit.
    press(page.get_by_role("tab", name="History"))
    expect(page.locator("#kept")).to_contain_text("Before files were brought in · Python, 1 file, ")
    page.reload()
    expect(page.get_by_role("tablist", name="Your files").get_by_role("tab")).to_have_count(3)


def test_two_tabs_show_files_by_name_and_keep_both(seat: Seat, student_id: str, item_id: uuid.UUID) -> None:
    first = seat(student_id)
    one, other = at_work(first, item_id), first.page.context.new_page()
    other.goto(one.url)
    other.locator("html[data-ready]").wait_for(state="attached")
    make(one, "twice.py", TWICE)
    save(one)
    other.bring_to_front()
    make(other, "thrice.py", "three = 3\n")
    other.keyboard.press("Control+s")
    dialog = other.get_by_role("dialog")
    expect(dialog.get_by_role("heading", level=4)).to_have_text([
        "main.py · the same in both", "thrice.py", "twice.py · not in this one",
        "main.py · the same in both", "thrice.py · not in this one", "twice.py",
    ])  # fmt: skip
    assert '{"files"' not in dialog.inner_text()
    press(dialog.get_by_role("button", name="Take this one"))
    expect(other.get_by_role("tab", name="twice.py")).to_be_visible()
    expect(other.get_by_role("tab", name="thrice.py")).to_have_count(0)


def test_a_file_dropped_on_a_program_opens_it_and_keeps_what_was_there(seat: Seat, student_id: str) -> None:
    tool = seat(student_id).work()
    write(tool, "# mine")
    expect(tool.get_by_role("button", name="Open file")).to_be_enabled()
    tool.locator(".cm-content").evaluate(
        """place => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File(["print('theirs')\\n"], "theirs.py"));
            place.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
        }"""
    )
    expect(tool.locator(".cm-content")).to_have_text("print('theirs')")
    press(tool.get_by_role("tab", name="History"))
    expect(tool.locator("#kept")).to_contain_text("Replaced by theirs.py")
    picture = {"name": "a.png", "mimeType": "image/png", "buffer": b"\x89P\0"}
    tool.locator("#file-input").set_input_files(picture)
    expect(tool.locator("#notices")).to_contain_text("a.png is no text.")
