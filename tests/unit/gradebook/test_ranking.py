"""Scores of leaderboards as one number, and the places that follow from it."""

import contextlib
import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_grader.gradebook.leaderboard import names, ranking

BEGINNING = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
POINTS = st.decimals(0, 1_000_000, places=2)
SECONDS = st.integers(0, (1 << 26) - 1)
RESULTS = st.lists(st.tuples(POINTS, SECONDS), min_size=1, max_size=40)


def _score(points: Decimal, seconds: int) -> float:
    # Redis keeps doubles.
    return float(ranking.score(points, BEGINNING + dt.timedelta(seconds=seconds), BEGINNING))


@given(RESULTS)
def test_more_points_stand_higher_and_of_as_many_the_earlier(results: list[tuple[Decimal, int]]) -> None:
    by_number = sorted(results, key=lambda one: -_score(*one))
    assert by_number == sorted(results, key=lambda one: (-one[0], one[1]))
    assert [ranking.points_of(_score(*one)) for one in results] == [points for points, _ in results]


@given(RESULTS)
def test_who_is_equal_shares_a_place_and_the_next_are_left_out(results: list[tuple[Decimal, int]]) -> None:
    numbers = sorted((_score(*one) for one in results), reverse=True)
    found = list(ranking.standings((str(place), number) for place, number in enumerate(numbers)))
    assert [one.place for one in found] == [1 + sum(other > number for other in numbers) for number in numbers]


def test_what_lies_beyond_the_bounds_is_at_them() -> None:
    late = BEGINNING + dt.timedelta(days=4000)
    early = BEGINNING - dt.timedelta(days=1)
    assert ranking.score(Decimal(1), late, BEGINNING) < ranking.score(Decimal(1), early, BEGINNING)
    assert ranking.points_of(float(ranking.score(Decimal(10) ** 9, early, BEGINNING))) == Decimal("1342177.27")


def test_drawn_names_are_not_taken_and_never_run_out() -> None:
    first = names.drawn(())
    taken = {names.folded(next(first)) for _ in range(2500)}
    assert len(taken) == 2500
    assert names.folded(next(names.drawn(taken))) not in taken


@given(st.text(max_size=40))
def test_a_name_of_ones_own_is_refused_in_words_or_kept_in_one_line(text: str) -> None:
    with contextlib.suppress(names.BadName):
        name = names.own(text)
        assert names.own(name) == name
        assert 2 <= len(name) <= names.MOST_CHARACTERS
        assert name.isprintable()


@pytest.mark.parametrize("text", ["x", "y" * 31, "--", "a\u202eb", ""])
def test_a_name_that_is_none_is_refused_in_words(text: str) -> None:
    with pytest.raises(names.BadName, match="A name has"):
        names.own(text)
