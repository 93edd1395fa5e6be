"""Whose dates count: a student's own, their sections', the assignment's."""

import dataclasses
import datetime as dt
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_grader.assignments.dates import AT_ONCE, NEVER, Dates, OtherDates, UsualDates, dates, last_due, together

MONDAY = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)


def day(number: int) -> dt.datetime:
    return MONDAY + dt.timedelta(days=number)


USUAL = UsualDates(opens_at=day(0), due_date=day(7), closes_at=day(9), attempts_allowed=3)


def test_where_nothing_is_said_the_assignments_dates_hold() -> None:
    assert dates(USUAL) == Dates(day(0), day(7), day(9), 3, usual_due_date=day(7))
    assert dates(USUAL, OtherDates(), [OtherDates()]) == dates(USUAL)
    assert dates(UsualDates()) == Dates(None, None, None, None, None)


def test_a_students_own_dates_come_before_the_sections_and_those_before_the_assignments_each_by_itself() -> None:
    own, section = OtherDates(due=day(8)), OtherDates(opens=day(1), due=day(20), extra_attempts=2)
    assert dates(USUAL, own, [section]) == Dates(day(1), day(8), day(9), 5, day(7))
    assert dates(USUAL, OtherDates(extra_attempts=0), [section]).attempts_allowed == 3


def test_of_two_sections_the_most_generous_counts() -> None:
    early = OtherDates(opens=day(-1), due=day(3), closes=day(4), extra_attempts=1)
    late = OtherDates(opens=day(2), due=day(8), closes=day(12), extra_attempts=4)
    assert dates(USUAL, None, [early, late]) == Dates(day(-1), day(8), day(12), 7, day(7))
    assert dates(USUAL, None, [early, OtherDates(opens=AT_ONCE, due=NEVER, closes=NEVER)]) == Dates(
        None, None, None, 4, day(7)
    )


def test_no_due_date_and_no_end_can_be_said() -> None:
    free = dates(USUAL, OtherDates(opens=AT_ONCE, due=NEVER, closes=NEVER))
    assert (free.opens_at, free.due_date, free.closes_at) == (None, None, None)
    assert (free.is_due_otherwise, free.is_extended) == (True, True)
    # Without a due date it still closes when it does.
    assert dates(USUAL, OtherDates(due=NEVER)).closes_at == day(9)


def test_more_time_moves_the_closing_along() -> None:
    assert dates(USUAL, OtherDates(due=day(14))).closes_at == day(14)
    assert dates(USUAL, None, [OtherDates(due=day(14)), OtherDates(due=NEVER)]).closes_at == day(14)
    # What a section was given is not taken away by what is said of one of its students besides.
    assert dates(USUAL, OtherDates(due=day(10)), [OtherDates(closes=day(20))]).closes_at == day(20)


def test_who_closes_earlier_is_due_by_then() -> None:
    assert dates(USUAL, OtherDates(closes=day(5))).due_date == day(5)
    assert dates(UsualDates(closes_at=day(9)), OtherDates(closes=day(5))).due_date is None


def test_an_exam_ends_with_the_due_date_that_one_has() -> None:
    exam = UsualDates(due_date=day(7), due_closes=True)
    assert dates(exam).closes_at == day(7)
    assert dates(exam, None, [OtherDates(due=day(8))]).closes_at == day(8)
    assert dates(exam, OtherDates(due=day(6)), [OtherDates(due=day(8))]).closes_at == day(6)
    assert dates(exam, OtherDates(due=day(8), closes=day(9))).closes_at == day(9)
    assert dates(exam, OtherDates(due=NEVER)).closes_at is None
    assert dates(exam, OtherDates(closes=NEVER)).closes_at is None
    # Who need not end gets no end by a section that has one, but by one that is said of them.
    assert dates(exam, OtherDates(due=NEVER), [OtherDates(closes=day(9))]).closes_at is None
    assert dates(exam, None, [OtherDates(due=NEVER), OtherDates(closes=day(9))]).closes_at is None
    assert dates(exam, OtherDates(due=NEVER, closes=day(9))).closes_at == day(9)
    assert dates(exam, OtherDates(due=day(6)), [OtherDates(due=NEVER)]).closes_at == day(6)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], day(7)),
        ([OtherDates(due=day(3))], day(7)),
        ([OtherDates(due=day(14)), OtherDates(due=day(12))], day(14)),
        ([OtherDates(due=NEVER)], day(9)),
        ([OtherDates(due=NEVER, closes=day(30)), OtherDates(due=day(14))], day(30)),
        ([OtherDates(due=NEVER), OtherDates(closes=day(30))], day(30)),
        ([OtherDates(due=NEVER, closes=NEVER), OtherDates(due=day(14))], None),
    ],
)
def test_results_wait_for_whoever_is_last(others: list[OtherDates], expected: dt.datetime | None) -> None:
    assert last_due(USUAL, others) == expected


def test_an_assignment_without_a_due_date_has_no_last_one() -> None:
    assert last_due(UsualDates(), [OtherDates(due=day(1))]) is None


moments = st.integers(-30, 60).map(day)


def either(first: st.SearchStrategy[dt.datetime], other: dt.datetime) -> st.SearchStrategy[dt.datetime | None]:
    return st.one_of(st.none(), first, st.just(other))


others = st.builds(
    OtherDates, either(moments, AT_ONCE), either(moments, NEVER), either(moments, NEVER),
    st.one_of(st.none(), st.integers(0, 9)),
)  # fmt: skip


@st.composite
def usuals(draw: st.DrawFn) -> UsualDates:
    """What an assignment can say: it opens, is due and closes in this order, where it does."""
    opens, due, closes = sorted(draw(st.lists(moments, min_size=3, max_size=3, unique=True)))
    maybe = st.booleans()
    return UsualDates(
        opens if draw(maybe) else None, due if draw(maybe) else None, closes if draw(maybe) else None,
        draw(st.one_of(st.none(), st.integers(1, 9))), due_closes=draw(maybe),
    )  # fmt: skip


def gives_no_less(than: Dates, found: Dates) -> bool:
    return (
        (found.opens_at or AT_ONCE) <= (than.opens_at or AT_ONCE)
        and (found.due_date or NEVER) >= (than.due_date or NEVER)
        and (found.closes_at or NEVER) >= (than.closes_at or NEVER)
        and (found.attempts_allowed or 10_000) >= (than.attempts_allowed or 10_000)
    )


def generous(usual: UsualDates, other: OtherDates) -> OtherDates:
    """Return what is said without all by which it would give less than the assignment does."""
    return dataclasses.replace(
        other,
        opens=other.opens if other.opens and other.opens <= (usual.opens_at or AT_ONCE) else None,
        due=other.due if other.due and other.due >= (usual.due_date or NEVER) else None,
        closes=other.closes if other.closes and other.closes >= (dates(usual).closes_at or NEVER) else None,
    )


@given(usuals(), others, st.lists(others, max_size=4))
def test_nothing_is_taken_away_but_by_saying_so(
    usual: UsualDates, own: OtherDates, of_sections: Sequence[OtherDates]
) -> None:
    more = [generous(usual, one) for one in of_sections]
    assert gives_no_less(dates(usual), dates(usual, generous(usual, own), more))


@given(usuals(), others, st.lists(others, max_size=4), others)
def test_another_section_never_takes_away_what_one_has_by_the_others(
    usual: UsualDates, own: OtherDates, of_sections: list[OtherDates], another: OtherDates
) -> None:
    before = dates(usual, generous(usual, own), [generous(usual, one) for one in of_sections])
    after = dates(usual, generous(usual, own), [generous(usual, one) for one in [*of_sections, another]])
    assert gives_no_less(before, after)


@given(usuals(), others, st.lists(others, max_size=4), st.randoms())
def test_the_order_of_what_is_said_does_not_matter(
    usual: UsualDates, own: OtherDates, of_sections: list[OtherDates], chance: object
) -> None:
    mixed = list(of_sections)
    chance.shuffle(mixed)
    assert dates(usual, own, mixed) == dates(usual, own, of_sections)
    assert last_due(usual, [*mixed, own]) == last_due(usual, [own, *of_sections])


@given(usuals(), others, st.lists(others, max_size=4))
def test_what_is_said_of_a_student_holds_whatever_is_said_of_their_sections(
    usual: UsualDates, own: OtherDates, of_sections: list[OtherDates]
) -> None:
    found = dates(usual, own, of_sections)
    if own.opens:
        assert (found.opens_at or AT_ONCE) == own.opens
    if own.due and own.closes and own.due <= own.closes:
        assert (found.due_date or NEVER) == own.due
        assert (found.closes_at or NEVER) == own.closes
    if own.extra_attempts is not None and usual.attempts_allowed:
        assert found.attempts_allowed == usual.attempts_allowed + own.extra_attempts


@given(usuals(), st.lists(st.tuples(st.one_of(st.none(), others), st.lists(others, max_size=3)), max_size=4))
def test_nobody_with_a_due_date_has_one_after_the_last(
    usual: UsualDates, people: list[tuple[OtherDates | None, list[OtherDates]]]
) -> None:
    said = [one for own, of_sections in people for one in [*([own] if own else []), *of_sections]]
    last = last_due(usual, said)
    if usual.due_date is None or last is None:
        return
    for own, of_sections in people:
        found = dates(usual, own, of_sections)
        assert (found.due_date or found.closes_at or NEVER) <= last


@given(usuals(), st.lists(st.tuples(others, st.integers(0, 3)), min_size=1, max_size=5), st.randoms())
def test_a_group_has_what_the_most_generous_dates_of_its_members_give_and_no_more(
    usual: UsualDates, said: list[tuple[OtherDates, int]], chance: object
) -> None:
    members = [dates(usual, one).later_by(days) for one, days in said]
    found = together(members)
    assert all(gives_no_less(one, found) for one in members)
    for field in ("opens_at", "due_date", "closes_at", "attempts_allowed", "usual_due_date"):
        assert getattr(found, field) in [getattr(one, field) for one in members]
    chance.shuffle(members)
    assert together(members) == together([*members, found]) == found
    assert found.late_days in [one.late_days for one in members if one.due_date == found.due_date]
