"""What late work counts: pure rules, for any steps, lateness and order of submissions."""

import datetime as dt
import random
import uuid
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_grader.assignments.errors import BadAssignment
from lti_grader.assignments.late_bank import Bank
from lti_grader.assignments.lateness import Late, LatePolicy, LateStep, credit_of, length_in_words
from lti_grader.assignments.models import Counts
from lti_grader.gradebook.policy import Judged, problem_score

DUE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
MINUTES = st.integers(-10_000, 60_000)
POINTS = st.integers(0, 10)


@st.composite
def policies(draw: st.DrawFn) -> LatePolicy:
    percents = sorted(draw(st.sets(st.integers(0, 100), min_size=1, max_size=5)), reverse=True)
    hours: list[int | None] = sorted(draw(st.sets(st.integers(1, 800), min_size=len(percents), max_size=len(percents))))
    if draw(st.booleans()):
        hours[-1] = None
    steps = tuple(LateStep(hours=until, credit=credit) for until, credit in zip(hours, percents, strict=True))
    return LatePolicy(steps=steps, grace_minutes=draw(st.integers(0, 1440)))


def at(minutes: int) -> dt.datetime:
    return DUE + dt.timedelta(minutes=minutes)


def handed_in(policy: LatePolicy, due: dt.datetime, tries: list[tuple[int, int]]) -> list[Judged]:
    return [
        Judged(number, at(minutes), Decimal(points), Decimal(10), credit_of(policy.late(at(minutes), due)))
        for number, (minutes, points) in enumerate(sorted(tries), start=1)
    ]


def points_of(policy: LatePolicy, due: dt.datetime, tries: list[tuple[int, int]], counts: Counts) -> Decimal:
    score = problem_score(handed_in(policy, due, tries), Decimal(7), counts)
    assert score is not None
    return score.points


@given(policies(), MINUTES, MINUTES)
def test_later_work_never_counts_more(policy: LatePolicy, one: int, other: int) -> None:
    earlier, later = sorted([one, other])
    assert 0 <= credit_of(policy.late(at(later), DUE)) <= credit_of(policy.late(at(earlier), DUE)) <= 1


@given(policies(), st.integers(-10_000, 0))
def test_within_the_grace_it_counts_in_full(policy: LatePolicy, before: int) -> None:
    assert policy.late(at(policy.grace_minutes), DUE) is None
    assert policy.late(at(before), DUE) is None
    assert policy.late(at(before + 100_000), None) is None, "without a due date nothing is late"


TRIES = st.lists(st.tuples(MINUTES, POINTS), min_size=1, max_size=8)


@given(policies(), TRIES, st.tuples(MINUTES, POINTS))
def test_another_try_never_lowers_what_the_best_counts(
    policy: LatePolicy, tries: list[tuple[int, int]], another: tuple[int, int]
) -> None:
    before = points_of(policy, DUE, tries, Counts.BEST)
    assert points_of(policy, DUE, [*tries, another], Counts.BEST) >= before


@given(policies(), TRIES, st.integers(0, 30_000), st.sampled_from(Counts))
def test_an_extension_never_lowers_a_mark(
    policy: LatePolicy, tries: list[tuple[int, int]], more: int, counts: Counts
) -> None:
    assert points_of(policy, at(more), tries, counts) >= points_of(policy, DUE, tries, counts)


@given(policies(), TRIES, st.sampled_from(Counts), st.randoms())
def test_the_order_in_which_results_come_in_is_of_no_matter(
    policy: LatePolicy, tries: list[tuple[int, int]], counts: Counts, chance: random.Random
) -> None:
    judged = handed_in(policy, DUE, tries)
    score = problem_score(judged, Decimal(7), counts)
    chance.shuffle(judged)
    assert problem_score(judged, Decimal(7), counts) == score


def test_steps_are_said_and_counted_as_a_teacher_means_them() -> None:
    policy = LatePolicy(steps=(LateStep(hours=24, credit=80), LateStep(hours=72, credit=50)), grace_minutes=10)
    assert policy.in_words == [
        "up to 10 min late: all of its points",
        "up to 1 day after the due date: 80 % of the points",
        "up to 3 days after the due date: 50 % of the points",
        "later: none of the points",
    ]
    found = [policy.late(at(minutes), DUE) for minutes in (10, 11, 24 * 60, 24 * 60 + 1, 72 * 60 + 1)]
    assert [one and one.percent for one in found] == [None, 80, 80, 50, 0]
    assert Late(dt.timedelta(hours=5, minutes=20), 80).in_words == "Late by 5 h 20 min: 80 % of the points."
    endless = LatePolicy(steps=(LateStep(hours=None, credit=70),))
    assert endless.in_words == ["after the due date: 70 % of the points"]
    assert LatePolicy().late(at(1_000_000), DUE) is None


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "1 min"), (61, "2 min"), (3600, "1 h"), (86400 * 2 + 60, "2 days 1 min")]
)
def test_a_length_of_time_is_never_nothing(seconds: int, words: str) -> None:
    assert length_in_words(dt.timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([(24, 80), (24, 50)], "ends no later than the one before"),
        ([(24, 80), (48, 80)], "counts no less than the one before"),
        ([(None, 80), (48, 50)], "has no end"),
        ([(24, 101)], "from 0 to 100"),
        ([(0, 50)], "hours or days"),
    ],
)
def test_steps_that_make_no_sense_are_refused_in_words(steps: list[tuple[int | None, int]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        LatePolicy(steps=tuple(LateStep(hours=hours, credit=credit) for hours, credit in steps))


def test_a_grace_alone_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="say what late work counts"):
        LatePolicy(grace_minutes=5)


ITEMS = [uuid.UUID(int=one) for one in range(4)]
CHOICES = st.lists(st.tuples(st.sampled_from(ITEMS), st.integers(-1, 6), st.integers(0, 4)))


@given(st.integers(0, 5), st.integers(0, 3), CHOICES)
def test_a_bank_is_never_spent_beyond_its_size_and_what_is_taken_back_is_there_again(
    usual: int, further: int, choices: list[tuple[uuid.UUID, int, int]]
) -> None:
    bank = Bank(usual, further)
    for item, days, allowed in choices:
        most = bank.most_for(item, allowed)
        if not 0 <= days <= most:
            with pytest.raises(BadAssignment, match=f"from 0 to {most}"):
                bank.spending(item, days, allowed=allowed)
            continue
        bank = bank.spending(item, days, allowed=allowed)
        assert bank.spent.get(item, 0) == days
        assert sum(bank.spent.values()) + bank.left == bank.size
    for item in ITEMS:
        bank = bank.spending(item, 0, allowed=0)
    assert bank == Bank(usual, further)


@given(policies(), TRIES, st.integers(0, 5), st.integers(0, 5), st.sampled_from(Counts))
def test_a_late_day_never_lowers_a_mark(
    policy: LatePolicy, tries: list[tuple[int, int]], some: int, more: int, counts: Counts
) -> None:
    few, many = (points_of(policy, DUE + dt.timedelta(days=one), tries, counts) for one in (some, some + more))
    assert many >= few
