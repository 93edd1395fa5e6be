"""Totals: what holds of them whatever the marks and the rules are."""

import uuid
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from lti_grader.gradebook.totals.policy import Category, Counted, Total, letter, rounded, total
from lti_grader.gradebook.totals.rules import Averaging, Letter, Rounding, Rules, Weighting

FINE = {"places": 3}
points = st.decimals(0, 120, places=2)
maxima = st.sampled_from([Decimal(one) for one in (1, 5, 10, 40, 100)])
marks = st.lists(st.tuples(points, maxima), min_size=1, max_size=7)
rules = st.builds(
    Rules, weighting=st.sampled_from(Weighting), averaging=st.sampled_from(Averaging),
    places=st.integers(0, 3), rounding=st.sampled_from(Rounding),
)  # fmt: skip


def category(weight: object = 1, drop: int = 0) -> Category:
    return Category(uuid.uuid4(), "Category", Decimal(str(weight)), drop)


def counted(given: list[tuple[Decimal, Decimal]]) -> list[Counted]:
    return [Counted(uuid.uuid4(), one, most) for one, most in given]


def of_one(given: list[tuple[Decimal, Decimal]], drop: int, by: Rules) -> Decimal:
    one = category(drop=drop)
    found = total(by, [one], {one.id: counted(given)}).percent
    assert found is not None
    return found


def of_two(
    first: list[tuple[Decimal, Decimal]], second: list[tuple[Decimal, Decimal]], by: Rules, **more: int
) -> Total:
    one, other = category(2, **more), category(3, **more)
    return total(by, [one, other], {one.id: counted(first), other.id: counted(second)})


@given(marks, st.integers(0, 6), rules)
def test_dropping_one_more_never_lowers_a_total(given: list[tuple[Decimal, Decimal]], drop: int, by: Rules) -> None:
    assert of_one(given, drop + 1, by) >= of_one(given, drop, by)


@given(marks, marks, st.integers(0, 3), rules, st.data())
def test_a_better_mark_never_lowers_a_total(
    first: list[tuple[Decimal, Decimal]],
    second: list[tuple[Decimal, Decimal]],
    drop: int,
    by: Rules,
    data: st.DataObject,
) -> None:
    place = data.draw(st.integers(0, len(first) - 1))
    better = data.draw(st.decimals(first[place][0], 120, places=2))
    raised = [(better, most) if index == place else (was, most) for index, (was, most) in enumerate(first)]
    before, after = of_two(first, second, by, drop=drop).percent, of_two(raised, second, by, drop=drop).percent
    assert before is not None
    assert after is not None
    assert after >= before


@given(marks, marks, rules)
def test_the_worth_of_what_counts_is_1_in_all_and_of_what_does_not_nothing(
    first: list[tuple[Decimal, Decimal]], second: list[tuple[Decimal, Decimal]], by: Rules
) -> None:
    assert sum(one.worth for one in of_two(first, second, by).categories) == 1
    alone = of_two(first, [], by)
    assert [one.worth for one in alone.categories] == [1, 0]
    assert alone.percent == alone.categories[0].percent


@given(marks, rules)
def test_a_total_is_rounded_once_from_the_exact_share(given: list[tuple[Decimal, Decimal]], by: Rules) -> None:
    by = by.model_copy(update={"averaging": Averaging.POINTS})
    exact = Fraction(sum(one for one, _ in given)) / Fraction(sum(most for _, most in given)) * 100
    found, step = Fraction(of_one(given, 0, by)), Fraction(1, 10**by.places)
    slack = {Rounding.NEAREST: (-step / 2, step / 2), Rounding.UP: (0, step), Rounding.DOWN: (-step, 0)}[by.rounding]
    assert slack[0] <= found - exact <= slack[1]
    assert (found / step).denominator == 1


@given(st.lists(st.tuples(points, maxima), min_size=1, max_size=6), st.integers(0, 6))
def test_what_is_dropped_is_the_best_choice_there_is(given: list[tuple[Decimal, Decimal]], drop: int) -> None:
    keep = max(len(given) - drop, 1)
    every = range(len(given))
    choices = [[given[place] for place in every if chosen >> place & 1] for chosen in range(2 ** len(given))]
    by = Rules(**FINE)
    best = max(
        rounded(Fraction(sum(one for one, _ in kept)) / Fraction(sum(most for _, most in kept)), by)
        for kept in choices if len(kept) == keep
    )  # fmt: skip
    assert of_one(given, drop, by) == best


def test_weights_count_by_weights_and_by_points_each_item_does() -> None:
    first, second = [(Decimal(10), Decimal(10))], [(Decimal(0), Decimal(30))]
    assert of_two(first, second, Rules(weighting=Weighting.WEIGHTS)).percent == Decimal("40.0")
    assert of_two(first, second, Rules()).percent == Decimal("25.0")
    loose = total(Rules(), [], {None: counted(first + second)})
    assert (loose.percent, loose.letter) == (Decimal("25.0"), "F")
    assert total(Rules(weighting=Weighting.WEIGHTS), [], {None: counted(first)}).percent is None


def test_a_letter_goes_by_the_rounded_total() -> None:
    by = Rules(places=0)
    assert rounded(Fraction(895, 1000), by) == 90
    assert letter(Decimal(90), by) == "A"
    assert letter(Decimal("89.9"), by) == "B"
    assert letter(Decimal(3), Rules(letters=(Letter(name="pass", least=Decimal(50)),))) is None
