"""Who gets a second marking, whether two agree, and which one stands."""

import uuid
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from lti_grader.assignments.models import MarkingRules, SecondMarking
from lti_grader.marking.second import (
    FIRST,
    MODERATED,
    SECOND,
    Decided,
    Decision,
    Given,
    Standing,
    differs,
    is_drawn,
    may_see,
    mean,
    standing,
    wants_second,
)

points = st.decimals(-20, 100, places=4)
positive = st.decimals(0, 100, places=2)
percent = st.integers(0, 100)
maybe = st.none() | st.decimals(0, 3, places=0)
rules = st.builds(MarkingRules, tolerance_percent=percent)
decisions = st.none() | st.builds(
    Decided, st.sampled_from(Decision), st.decimals(0, 3, places=0), st.decimals(0, 3, places=0)
)


@given(points, points, positive, percent, percent)
def test_who_tolerates_more_disputes_no_more(
    first: Decimal, other: Decimal, most: Decimal, less: int, more: int
) -> None:
    less, more = sorted((less, more))
    assert differs(first, other, most, less) == differs(other, first, most, less)
    assert not differs(first, first, most, less)
    assert differs(first, other, most, less) or not differs(first, other, most, more)


@given(points, points)
def test_a_mean_lies_between_and_is_as_far_from_both(first: Decimal, other: Decimal) -> None:
    found = mean(first, other)
    assert min(first, other) <= found <= max(first, other)
    assert abs(abs(found - first) - abs(found - other)) <= Decimal("0.0001")


@given(st.uuids(), st.uuids(), st.integers(1, 100), st.integers(1, 100))
def test_who_is_drawn_for_fewer_is_drawn_for_more(item: uuid.UUID, student: uuid.UUID, less: int, more: int) -> None:
    less, more = sorted((less, more))
    assert is_drawn(item, student, less) <= is_drawn(item, student, more)
    assert is_drawn(item, student, 100)


def test_a_sample_has_about_as_many_as_it_says() -> None:
    item = uuid.UUID(int=7)
    drawn = sum(is_drawn(item, uuid.UUID(int=one), 20) for one in range(2000))
    assert 340 < drawn < 460


@given(st.builds(MarkingRules, second=st.sampled_from(SecondMarking)), st.uuids(), st.uuids(), st.booleans())
def test_the_rule_says_who_gets_a_second_marking(
    how: MarkingRules, item: uuid.UUID, student: uuid.UUID, asked: bool
) -> None:
    expected = {
        SecondMarking.NONE: False, SecondMarking.CHOSEN: asked, SecondMarking.ALL: True,
        SecondMarking.SAMPLE: asked or is_drawn(item, student, how.sample_percent),
    }  # fmt: skip
    assert wants_second(how, item, student, is_asked=asked) is expected[how.second]


@given(st.builds(Given, maybe, maybe, maybe), positive, rules, decisions, st.booleans())
def test_only_what_is_done_stands_and_only_by_agreement_or_a_decision_that_holds(
    marks: Given, most: Decimal, how: MarkingRules, decided: Decided | None, wanted: bool
) -> None:
    state, stands = standing(marks, most, how, decided, is_second_wanted=wanted)
    assert stands is None or {FIRST: marks.first, SECOND: marks.second, MODERATED: marks.moderated}[stands] is not None
    assert (stands is None) == (
        state in (Standing.FIRST_AWAITED, Standing.SECOND_AWAITED, Standing.DISPUTED, Standing.OWN_AWAITED)
    )
    if not wanted:
        assert stands in (None, FIRST)
        return
    both = marks.first is not None and marks.second is not None
    if decided is None:
        assert stands == (
            FIRST if both and not differs(marks.first, marks.second, most, how.tolerance_percent) else None
        )
    elif decided.decision == Decision.OWN:
        assert stands == (None if marks.moderated is None else MODERATED)
    elif both and (decided.first, decided.second) != (marks.first, marks.second):
        assert state in (Standing.AGREED, Standing.DISPUTED), "a decision about other marks holds no more"


people = st.sampled_from([uuid.UUID(int=one) for one in range(3)])


@given(people, st.none() | people, st.none() | people)
def test_neither_of_two_markers_sees_the_others_marks_while_they_are_blind(
    me: uuid.UUID, marker: uuid.UUID | None, other: uuid.UUID | None
) -> None:
    assert may_see(me, marker, other, is_blind=False)
    if may_see(me, marker, other, is_blind=True):
        assert marker in (None, me)
        assert marker == me or other != me
