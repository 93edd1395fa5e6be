"""Columns that a teacher of the demo LMS changes or deletes, and what tools are told of them then."""

import pytest

from lti_grader.demo.lms.client import Person
from tests.fixtures.demo_lms import AMINA, COURSE, TEACHER, Lms

MODES = ["canvas", "moodle", "generic"]


def change(lms: Lms, column: str, person: str = TEACHER, **form: str) -> int:
    """Send the form that stands at the head of a column."""
    teacher = Person(lms.url, person)
    answer = teacher.send(
        "POST", f"{lms.url}/courses/{COURSE}/gradebook/{column.split('/')[-2]}/column", data=form, follow=False
    )
    teacher.close()
    return answer.status_code


@pytest.mark.parametrize("mode", MODES)
def test_a_deleted_column_is_gone_for_the_tool(lms: Lms, mode: str) -> None:
    lms.control.post("mode", mode=mode)
    column = lms.column()
    lms.post(column)
    assert change(lms, column, what="delete") == 303
    for method, url in (("GET", column), ("GET", f"{column}/results")):
        assert lms.tool.call(method, url).status_code == 404
    assert lms.post(column).status_code == 404
    assert change(lms, column, what="delete") == 303, "twice does no harm"


@pytest.mark.parametrize(("mode", "score", "maximum"), [("canvas", 7, 10), ("moodle", 14, 20), ("generic", 14, 20)])
def test_another_maximum_does_to_grades_what_the_product_does(
    lms: Lms, mode: str, score: float, maximum: float
) -> None:
    lms.control.post("mode", mode=mode)
    column = lms.column()
    lms.post(column)
    assert change(lms, column, label="Loops, again", maximum="20") == 303
    shown = lms.tool.call("GET", column).json()
    assert (shown["label"], shown["scoreMaximum"]) == ("Loops, again", 20)
    (result,) = lms.tool.call("GET", f"{column}/results?user_id={AMINA}").json()
    assert (result["resultScore"], result["resultMaximum"]) == (score, maximum)
    lms.post(column, timestamp="2026-03-01T10:00:05.000Z")
    (result,) = lms.tool.call("GET", f"{column}/results?user_id={AMINA}").json()
    assert (result["resultScore"], result["resultMaximum"]) == (14, 20), "a new score is of the new maximum"


@pytest.mark.parametrize("text", ["", "none", "-3", "inf"])
def test_what_is_no_maximum_changes_none(lms: Lms, text: str) -> None:
    column = lms.column()
    assert change(lms, column, label="", maximum=text) == 303
    assert lms.tool.call("GET", column).json()["scoreMaximum"] == 10


def test_students_change_no_columns(lms: Lms) -> None:
    column = lms.column()
    change(lms, column, AMINA, what="delete")
    assert lms.tool.call("GET", column).is_success
