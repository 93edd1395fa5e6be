"""How what people give makes points, whatever numbers there are."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from lti_grader.assignments.models import Counts
from lti_grader.gradebook.policy import Judged, counting, problem_score
from lti_grader.marking.policy import ByHand, carried, held, share
from lti_grader.problems.rubrics import DraftCriterion, DraftLevel

WHEN = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
points = st.decimals(0, 100, places=2)
signed = st.decimals(-100, 100, places=2)
hands = st.none() | st.builds(ByHand, points, st.none() | signed)
levels = st.lists(st.builds(DraftLevel, points, st.sampled_from(["Bad", "Fair", "Good"])), min_size=1, max_size=3)
criteria = st.lists(
    st.builds(DraftCriterion, st.sampled_from("abcd"), levels), max_size=4, unique_by=lambda one: one.name
)


@st.composite
def submissions(draw: st.DrawFn) -> list[Judged]:
    most, rubric = draw(points), draw(st.none() | points)
    return [
        Judged(
            number, WHEN, most * draw(st.decimals(0, 1, places=1)), most, draw(st.sampled_from([Decimal(1), Decimal("0.5"), Decimal(0)])),
            by_hand=None if rubric is None else ByHand(rubric, draw(st.none() | signed)), attempt_id=uuid.uuid4(),
        )
        for number in range(1, draw(st.integers(1, 5)) + 1)
    ]  # fmt: skip


@given(points, points, hands)
def test_a_share_is_never_less_than_none_or_more_than_all(
    tests: Decimal, most: Decimal, by_hand: ByHand | None
) -> None:
    assert 0 <= share(min(tests, most), most, by_hand) <= 1


@given(points, points, points, signed, points)
def test_who_is_given_more_has_no_less(
    tests: Decimal, most: Decimal, rubric: Decimal, given_: Decimal, more: Decimal
) -> None:
    before, after = (share(min(tests, most), most, ByHand(rubric, one)) for one in (given_, given_ + more))
    assert before <= after
    whole = most + rubric
    assert before * whole == held(min(tests, most) + given_, whole) or abs(
        before * whole - held(min(tests, most) + given_, whole)
    ) < Decimal("1e-9")


@given(submissions(), st.sampled_from(Counts))
def test_which_submission_counts_is_known_before_anybody_has_marked_anything(
    theirs: Sequence[Judged], counts: Counts
) -> None:
    unmarked = [dataclasses.replace(one, by_hand=one.by_hand and ByHand(one.by_hand.maximum, None)) for one in theirs]
    assert [one.attempt_number for one in counting(theirs, counts)] == [
        one.attempt_number for one in counting(unmarked, counts)
    ]


@given(submissions(), st.sampled_from(Counts), points)
def test_a_score_is_awaited_as_long_as_one_that_counts_is_not_marked(
    theirs: Sequence[Judged], counts: Counts, worth: Decimal
) -> None:
    score = problem_score(theirs, worth, counts)
    stands = counting(theirs, counts)
    assert score is not None
    assert score.is_awaited == any(one.by_hand is not None and one.by_hand.points is None for one in stands)
    assert score.marked == tuple(one.attempt_id for one in stands if one.by_hand is not None)
    assert 0 <= score.points <= worth


@given(criteria, criteria)
def test_what_was_given_holds_for_the_criteria_that_are_the_same_and_no_others(
    before: list[DraftCriterion], after: list[DraftCriterion]
) -> None:
    places = carried(before, after)
    assert {(before[old], after[new]) for old, new in places.items() if before[old] != after[new]} == set()
    assert {one.name for one in before if one in after} == {before[old].name for old in places}
    assert carried(before, before) == {place: place for place in range(len(before))}
