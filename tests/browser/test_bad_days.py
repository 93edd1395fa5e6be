"""What goes wrong on a bad day is said, and the student's text is there afterwards."""

import datetime as dt
import json
import uuid

import pytest
import sqlalchemy as sa
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.conftest import AtTheLms, Seat, new_student, press, write, written
from tests.fixtures.installation import Installation, Student

pytestmark = pytest.mark.browser

# The first half of a pair of surrogates.
HALF = "\ud83d"
MINE = "number = int(input())\nprint(number * 2)  # mine"


def saved(tool: FrameLocator | Page) -> None:
    expect(tool.locator("#saved-text")).to_contain_text("Saved")


def end_session(at: AtTheLms) -> None:
    # Each answer renews the cookie: none may be on its way.
    at.page.wait_for_load_state("networkidle")
    assert at.cookies()
    at.page.context.clear_cookies(name="__Host-lti-grader")
    assert not at.cookies()


def attempts_of(installation: Installation, student_id: str) -> int:
    query = "SELECT count(*) FROM submission_attempts a JOIN users u ON u.id = a.student_id WHERE u.sub = '{}'"
    return int(installation.rows(query.format(student_id))[0][0])


def test_a_text_that_is_too_long_says_by_how_much_and_stays(seat: Seat, student_id: str) -> None:
    student = seat(student_id)
    tool = student.work()
    write(tool, MINE + "\n# " + "x" * 70_000)
    expect(tool.locator("#notices")).to_contain_text("at most 65,536 are accepted")
    expect(tool.locator("#saved-text")).to_have_text("Not saved")
    assert MINE in written(tool)
    write(tool, MINE)
    saved(tool)
    expect(tool.locator("#notices")).not_to_contain_text("at most")


def test_two_tabs_keep_both_texts(seat: Seat, student_id: str) -> None:
    first = seat(student_id)
    second = seat(student_id, first.page.context)
    one, other = first.work(), second.window()
    write(one, MINE)
    saved(one)
    second.page.bring_to_front()
    write(other, "print('theirs')")
    dialog = other.get_by_role("dialog")
    expect(dialog).to_contain_text("also saved elsewhere")
    expect(dialog).to_contain_text("# mine")
    press(dialog.get_by_role("button", name="Take this one"))
    expect(other.locator(".cm-content")).to_contain_text("# mine")
    press(other.get_by_role("tab", name="History"))
    kept = other.get_by_role("region", name="Texts kept in this browser")
    expect(kept).to_contain_text("Not chosen")
    press(kept.get_by_role("button", name="Restore").first)
    expect(other.locator(".cm-content")).to_contain_text("theirs")
    saved(other)


def test_a_double_click_on_submit_is_one_attempt(seat: Seat, student_id: str) -> None:
    student = seat(student_id)
    tool = student.work()
    write(tool, MINE)
    tool.get_by_role("button", name="Submit").evaluate("button => { button.click(); button.click(); }")
    expect(tool.locator("#result")).to_contain_text("All 4 tests passed")
    assert attempts_of(student.installation, student_id) == 1


def test_a_session_that_ended_keeps_the_text_and_goes_on_after_the_next_launch(seat: Seat, student_id: str) -> None:
    student = seat(student_id)
    tool = student.work()
    write(tool, "print('before')")
    saved(tool)
    end_session(student)
    write(tool, MINE)
    # A frame whose browser lets it store nothing promises nothing.
    expect(tool.locator("#saved-text")).to_have_text("Session ended – not saved: keep this page open")
    expect(tool.locator("#notices")).to_contain_text("Nothing is saved at the moment")
    expect(tool.get_by_role("button", name="Copy my code")).to_be_visible()
    again = seat(student_id, student.page.context)
    again.work()
    again.page.close()
    student.page.bring_to_front()
    press(tool.get_by_role("button", name="Try again"))
    saved(tool)
    assert written(tool).rstrip("\n") == MINE
    assert written(student.work()).rstrip("\n") == MINE


def test_somebody_elses_session_never_gets_the_text(seat: Seat, student_id: str) -> None:
    student = seat(student_id)
    tool = student.work()
    end_session(student)
    write(tool, MINE)
    expect(tool.locator("#saved-text")).to_contain_text("Session ended")
    other = seat(new_student(student.installation), student.page.context)
    others = other.work()
    student.page.bring_to_front()
    press(tool.get_by_role("button", name="Try again"))
    expect(tool.locator("#notices")).to_contain_text("Somebody else is signed in")
    assert "mine" not in written(others)
    assert written(tool).rstrip("\n") == MINE


def test_a_page_closed_after_its_session_ended_gives_the_text_back(seat: Seat, student_id: str) -> None:
    student = seat(student_id)
    page = student.window()
    end_session(student)
    write(page, MINE)
    expect(page.locator("#saved-text")).to_have_text("Session ended – kept in this browser")
    back = student.window()
    expect(back.locator("#notices")).to_contain_text("Your latest text is back")
    saved(back)
    assert written(back).rstrip("\n") == MINE


def test_without_a_network_the_text_is_kept_and_saved_later(seat: Seat, student_id: str) -> None:
    student = seat(student_id)
    page = student.window()
    student.page.context.set_offline(True)
    write(page, MINE)
    expect(page.locator("#saved-text")).to_have_text("Offline – kept in this browser")
    student.page.context.set_offline(False)
    saved(page)
    assert written(student.work()).rstrip("\n") == MINE


def test_an_assignment_that_closes_while_somebody_writes(seat: Seat, student_id: str) -> None:
    student = seat(student_id)
    tool = student.window()
    installation = student.installation
    engine = sa.create_engine(installation.settings.database_url)

    def close_at(when: dt.datetime | None) -> None:
        with engine.begin() as connection:
            connection.execute(
                sa.text("SELECT set_config('app.tenant_id', :t, true)"), {"t": str(installation.tenant_id)}
            )
            connection.execute(
                sa.text("UPDATE assignments SET config = jsonb_set(config, '{closes_at}', :w) WHERE id = :a"),
                {"w": json.dumps(when and when.isoformat()), "a": installation.assignment_id},
            )

    close_at(dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1))
    try:
        write(tool, MINE)
        expect(tool.locator("#notices")).to_contain_text("Nothing more is accepted")
        expect(tool.locator("#saved-text")).to_contain_text("kept in this browser")
        assert written(tool).rstrip("\n") == MINE
        tool = student.window()
        expect(tool.get_by_role("button", name="Submit")).to_be_disabled()
        press(tool.get_by_role("tab", name="History"))
        expect(tool.get_by_role("region", name="Texts kept in this browser")).to_contain_text("Never saved")
    finally:
        close_at(None)
        engine.dispose()


@pytest.fixture(scope="module")
def student(installation: Installation) -> Student:
    number = int(new_student(installation).removeprefix("person-student"))
    return installation.student(number)


@pytest.mark.parametrize(
    ("code", "language", "words"),
    [
        ("print('\\u0000')\n\0", "python", "Line 2 has a NUL character"),
        ("x = 1\n" + HALF, "python", "Line 2 has a character that is not valid Unicode"),
        ("y" * 65_537, "python", "at most 65,536 are accepted"),
        ("print(1)", "cobol", "choose one of them"),
        (None, "python", "program text is missing"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_what_to_do(
    student: Student, code: str | None, language: str, words: str
) -> None:
    key = uuid.uuid4().hex
    work = f"{student.installation.url}/work/{student.installation.item_id}"
    given = {"code": code, "language": language, "type": "test_run", "idempotency_key": key, "save_id": key}
    for method, url in (("PUT", f"{work}/draft"), ("POST", f"{work}/attempts")):
        # ASCII JSON can name half a character that UTF-8 cannot hold.
        answer = student.send(method, url, content=json.dumps(given), headers={"Content-Type": "application/json"})
        assert 400 <= answer.status_code < 500
        error = answer.json()["error"]
        assert words in error["message"]
        assert not error["retryable"]


def test_bytes_that_are_no_text_are_refused(student: Student) -> None:
    url = f"{student.installation.url}/work/{student.installation.item_id}/attempts"
    answer = student.send(
        "POST", url, content=b'{"code": "\xff\xfe", "language": "python"}', headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert "UTF-8" in answer.json()["error"]["message"]


def test_a_stale_revision_gets_the_newer_text_and_changes_nothing(student: Student) -> None:
    first = student.save("one", 0).json()["revision"]
    newer = student.save("two", first).json()["revision"]
    late = student.save("three", first)
    assert late.status_code == 409
    assert late.json()["error"]["code"] == "stale_revision"
    assert late.json()["draft"]["code"] == "two"
    assert student.save("four", newer).status_code == 200


def test_a_request_that_is_not_the_pages_own_is_refused(student: Student) -> None:
    url = f"{student.installation.url}/work/{student.installation.item_id}/attempts"
    answer = student.person.send("POST", url, json={"type": "test_run", "code": "", "language": "python"})
    assert answer.status_code == 401
    assert "session" in answer.json()["error"]["message"]


def test_an_unknown_page_says_so(student: Student) -> None:
    answer = student.send("GET", f"{student.installation.url}/work/{uuid.uuid4()}")
    assert answer.status_code == 404
