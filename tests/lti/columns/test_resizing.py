"""Other points of an assignment: what its column in the LMS shows afterwards, whatever the LMS does with grades in it."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from lti_grader.assignments.points import set_points
from lti_grader.core.db import session, transaction
from lti_grader.gradebook import rescoring
from lti_grader.lti.models import Platform, ProductFamily
from lti_grader.lti.products import canvas
from tests.lti.columns.bench import Bench, Gradebook, column_of, press
from tests.lti.scripted import Answer, Asked

Grades = dict[str, dict[str, Any]]


def keep_points(grades: Grades, maximum: float) -> None:
    """Leave the points as they are, of the new maximum."""
    for one in grades.values():
        one["scoreMaximum"] = maximum


def scale(grades: Grades, maximum: float) -> None:
    for one in grades.values():
        one.update(scoreGiven=one["scoreGiven"] * maximum / one["scoreMaximum"], scoreMaximum=maximum)


def keep_all(grades: Grades, maximum: float) -> None:
    """Go on telling the points and the maximum of before, as Canvas's results do."""


def be(bench: Bench, family: ProductFamily, resize: Callable[[Grades, float], None]) -> None:
    """Let the LMS do with its grades what that product does when a column gets another maximum."""
    with transaction(bench.world.tenant_id):
        session().get_one(Platform, bench.world.platform_id).product_family = family
    usual = bench.lms.answer

    def answer(asked: Asked) -> Answer:
        if asked.method == "PUT":
            resize(bench.lms.scores, asked.json["scoreMaximum"])
        return usual(asked)

    bench.lms.answer = answer  # type: ignore[method-assign]


@pytest.fixture
def marked(bench: Bench, book: Gradebook, teacher: Any) -> Bench:
    """A column that holds 8 of 10, from a submission."""
    press(bench, teacher)
    assert bench.tend() == "ok"
    bench.column = bench.item.id
    world = bench.world
    world.judge(world.hand_in(bench.student, world.items(bench.assignment)[0], stored=False), 8)
    carry(bench)
    assert bench.last.status == "verified"
    return bench


def carry(bench: Bench) -> None:
    bench.at = max(bench.at, dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1))
    bench.pump()


def give(bench: Bench, points: int) -> None:
    """Let the one problem be worth other points."""
    world = bench.world
    items = dict.fromkeys(world.items(bench.assignment), Decimal(points))
    with transaction(world.tenant_id):
        set_points(bench.assignment, items, by=world.teacher_id, at=bench.at)
    bench.at = max(bench.at, dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1))


def rescore(bench: Bench) -> None:
    for tenant, change in rescoring.due(at=bench.at):
        rescoring.carry_out(tenant, change, lambda: bench.at)


def sent(bench: Bench) -> list[tuple[float, float]]:
    path = (bench.item.url or "").removeprefix(bench.lms.url)
    return [(one.json["scoreGiven"], one.json["scoreMaximum"]) for one in bench.lms.to(f"{path}/scores")]


@pytest.mark.parametrize("column_first", [True, False])
@pytest.mark.parametrize(
    ("family", "resize", "again"),
    [
        (ProductFamily.OTHER, keep_points, [(16, 20)]),
        (ProductFamily.OTHER, scale, []),
        (ProductFamily.CANVAS, keep_all, [(16, 20)]),
    ],
)
def test_the_lms_shows_the_new_points_and_is_sent_them_only_where_it_would_not(
    marked: Bench, book: Gradebook, family: ProductFamily, resize: Any, again: list[Any], column_first: bool
) -> None:
    be(marked, family, resize)
    give(marked, 20)
    assert marked.item.state == "changed"
    steps = [marked.tend, lambda: (rescore(marked), carry(marked))]
    for step in steps[:: 1 if column_first else -1]:
        step()
    carry(marked)
    assert column_of(marked, book)["scoreMaximum"] == 20
    assert sent(marked)[1:] == again
    assert (marked.last.status, marked.last.score, marked.last.lms_holds) == ("verified", 16, 16)
    carry(marked)
    assert sent(marked)[1:] == again, "nothing is owed any more"


def test_canvas_counts_no_attempt_for_it(marked: Bench) -> None:
    be(marked, ProductFamily.CANVAS, keep_all)
    give(marked, 20)
    rescore(marked)
    carry(marked)
    marked.tend()
    carry(marked)
    path = (marked.item.url or "").removeprefix(marked.lms.url)
    said = [one.json[canvas.SUBMISSION]["new_submission"] for one in marked.lms.to(f"{path}/scores")[1:]]
    assert said == [False]


def test_moodle_keeps_its_maximum_and_its_grades(marked: Bench, book: Gradebook) -> None:
    be(marked, ProductFamily.MOODLE, scale)
    give(marked, 20)
    assert marked.tend() == "ok"
    rescore(marked)
    carry(marked)
    assert column_of(marked, book)["scoreMaximum"] == 10
    assert len(sent(marked)) == 1
    assert (marked.last.status, marked.last.score, marked.last.maximum) == ("verified", 16, 20)


def test_another_mark_before_the_column_is_changed_is_not_taken_for_somebody_elses(marked: Bench) -> None:
    be(marked, ProductFamily.OTHER, keep_points)
    world = marked.world
    give(marked, 20)
    world.judge(world.hand_in(marked.student, world.items(marked.assignment)[0], stored=False), 9)
    carry(marked)
    assert sent(marked)[1:] == [(18, 20)]
    # The LMS keeps it as 9 of its 10, and leaves the 9 when the 10 become 20.
    grade = marked.lms.scores[marked.sub]
    grade.update(scoreGiven=9, scoreMaximum=10)
    marked.tend()
    carry(marked)
    assert sent(marked)[1:] == [(18, 20), (18, 20)]
    assert (marked.last.status, marked.lms.scores[marked.sub]["scoreGiven"]) == ("verified", 18)


def test_a_grade_that_somebody_set_there_outlives_the_change(marked: Bench) -> None:
    be(marked, ProductFamily.OTHER, keep_points)
    marked.lms.scores[marked.sub]["scoreGiven"] = 3
    give(marked, 20)
    marked.tend()
    rescore(marked)
    carry(marked)
    assert len(sent(marked)) == 1
    assert (marked.last.status, marked.last.lms_holds) == ("overridden", 3)
