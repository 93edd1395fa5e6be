"""Which submission counts, and what an assignment comes to."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_grader.assignments.models import Counts
from lti_grader.gradebook.policy import Judged, ProblemScore, assignment_score, problem_score

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def judged(*points: int) -> list[Judged]:
    return [
        Judged(number, START + dt.timedelta(hours=number), Decimal(one), Decimal(10))
        for number, one in enumerate(points, start=1)
    ]


def test_nothing_handed_in_is_no_score() -> None:
    assert problem_score([], Decimal(5), Counts.BEST) is None
    assert assignment_score([None, None]) is None


@pytest.mark.parametrize(("counts", "points"), [(Counts.BEST, "4"), (Counts.LATEST, "1"), (Counts.AVERAGE, "2.5")])
def test_best_latest_and_average(counts: Counts, points: str) -> None:
    assert problem_score(judged(5, 8, 2), Decimal(5), counts).points == Decimal(points)


def test_of_equal_bests_the_earliest_stands() -> None:
    assert problem_score(judged(3, 8, 8), Decimal(5), Counts.BEST).submitted_at == START + dt.timedelta(hours=2)


def test_an_assignment_counts_what_is_there() -> None:
    scores = [ProblemScore(Decimal(3), START), None, ProblemScore(Decimal("1.5"), START + dt.timedelta(days=1))]
    assert assignment_score(scores) == ProblemScore(Decimal("4.5"), START + dt.timedelta(days=1))


@given(st.lists(st.integers(0, 10), min_size=1, max_size=20), st.integers(1, 100), st.sampled_from(Counts))
def test_a_score_lies_between_nothing_and_the_worth_and_does_not_depend_on_the_order(
    points: list[int], worth: int, counts: Counts
) -> None:
    score = problem_score(judged(*points), Decimal(worth), counts)
    assert 0 <= score.points <= worth
    assert problem_score(judged(*points)[::-1], Decimal(worth), counts) == score
