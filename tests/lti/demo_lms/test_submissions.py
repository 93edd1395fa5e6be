"""Canvas's submission extension of a score."""

from typing import Any

import pytest

from lti_grader.demo.lms.client import Person
from tests.fixtures.demo_lms import AMINA, COURSE, TEACHER, Lms

EXTENSION = "https://canvas.instructure.com/lti/submission"
LINK = {"submission_type": "basic_lti_launch", "submission_data": "https://tool.example/attempts/1"}


@pytest.fixture
def column(lms: Lms) -> str:
    lms.control.post("mode", mode="canvas")
    return lms.column()


def post(lms: Lms, column: str, extension: dict[str, Any] | None, second: int = 0, **changes: Any) -> int:
    moment = f"2026-03-01T10:00:{second:02}Z"
    return lms.post(column, timestamp=moment, **{EXTENSION: extension}, **changes).status_code


def attempts(lms: Lms) -> list[tuple[int, str]]:
    return [(one["attempt"], one["kind"]) for one in lms.control.state()["submissions"]]


def test_each_score_is_an_attempt_unless_it_says_otherwise(lms: Lms, column: str) -> None:
    for second, extension in enumerate((None, LINK, {"new_submission": False}, {"submission_type": "none"})):
        assert post(lms, column, extension, second) == 200
    assert attempts(lms) == [(1, "external_tool"), (2, "basic_lti_launch")]
    assert lms.cell()["posts"] == 4


def test_what_was_handed_in_stands_beside_the_grade(lms: Lms, column: str) -> None:
    teacher = Person(lms.url, TEACHER)
    for second, (extension, seen) in enumerate(
        (
            (LINK, 'href="https://tool.example/attempts/1"'),
            ({"submission_type": "online_text_entry", "submission_data": "print(<7>)"}, "print(&lt;7&gt;)"),
            ({"content_items": [{"type": "file", "url": "https://tool.example/a", "title": "a.py"}]}, "a.py"),
        )
    ):
        assert post(lms, column, extension, second) == 200
        assert seen in teacher.send("GET", f"{lms.url}/courses/{COURSE}/gradebook").text
    teacher.close()


def test_an_address_that_would_run_as_a_script_is_no_link(lms: Lms, column: str) -> None:
    post(lms, column, LINK | {"submission_data": "javascript:alert(1)"})
    teacher = Person(lms.url, TEACHER)
    assert 'href="javascript:' not in teacher.send("GET", f"{lms.url}/courses/{COURSE}/gradebook").text
    teacher.close()


def test_files_are_named_in_the_answer(lms: Lms, column: str) -> None:
    file = {"type": "file", "url": "https://tool.example/a", "title": "a.py"}
    answer = lms.post(column, **{EXTENSION: {"content_items": [file]}})
    assert answer.json()[EXTENSION] == {"content_items": [file]}


@pytest.mark.parametrize(
    ("extension", "status"),
    [
        ({"submission_type": "online_upload"}, 422),
        ({"submitted_at": "yesterday"}, 400),
        ({"submitted_at": "2999-01-01T00:00:00Z"}, 400),
    ],
)
def test_a_submission_that_canvas_refuses_is_refused(
    lms: Lms, column: str, extension: dict[str, Any], status: int
) -> None:
    assert post(lms, column, extension) == status
    assert lms.control.state()["grades"] == []


def test_when_it_was_handed_in_is_kept(lms: Lms, column: str) -> None:
    post(lms, column, {"submitted_at": "2026-02-28T08:00:00Z"})
    assert lms.cell()["submitted_at"] == "2026-02-28T08:00:00Z"


def test_a_teachers_grade_stays_where_the_tool_asks_for_that(lms: Lms, column: str) -> None:
    post(lms, column, None)
    lms.control.post("grades", column_id=lms.cell()["column_id"], person_id=AMINA, override=3)
    assert post(lms, column, {"prioritize_non_tool_grade": True}, 1, scoreGiven=9) == 200
    assert (lms.cell()["score"], lms.cell()["override"]) == (7, 3)


def test_other_products_know_no_such_extension(lms: Lms) -> None:
    for mode in ("moodle", "generic"):
        lms.control.post("reset")
        lms.control.post("mode", mode=mode)
        assert post(lms, lms.column(), LINK) == 200
        assert attempts(lms) == []
