"""How graders are compared, whatever they gave."""

from hypothesis import given
from hypothesis import strategies as st

from lti_grader.marking.statistics import Agreement, Marked, in_words, lean, lean_in_all

shares = st.floats(0, 1)
marks = st.lists(shares, min_size=1, max_size=8)


def marked(given_: list[float]) -> Marked:
    return Marked(len(given_), sum(given_) / len(given_), 0.0)


@given(marks, marks)
def test_of_two_graders_one_gives_as_much_more_as_the_other_gives_less(one: list[float], other: list[float]) -> None:
    everybody = marked(one + other)
    first, second = lean(marked(one), everybody), lean(marked(other), everybody)
    assert first is not None
    assert second is not None
    assert abs(first + second) < 1e-9
    assert abs(first - (marked(one).mean - marked(other).mean)) < 1e-9


@given(marks)
def test_who_marked_alone_is_compared_with_nobody(one: list[float]) -> None:
    assert lean(marked(one), marked(one)) is None
    assert lean_in_all([(marked(one), None)]) is None


@given(st.lists(st.tuples(marks, st.floats(-1, 1)), min_size=1, max_size=4))
def test_a_lean_in_all_lies_between_those_of_the_problems(parts: list[tuple[list[float], float]]) -> None:
    found = lean_in_all((marked(own), one) for own, one in parts)
    assert found is not None
    assert min(one for _, one in parts) - 1e-9 <= found <= max(one for _, one in parts) + 1e-9


@given(st.lists(st.tuples(shares, shares), min_size=1, max_size=8))
def test_both_of_a_pair_agree_as_often_and_lean_the_other_way(pairs: list[tuple[float, float]]) -> None:
    whole = sum((Agreement(1, int(a == b), a - b, abs(a - b)) for a, b in pairs), Agreement())
    other = whole.of_the_other
    assert (whole.pairs, whole.agreed, whole.apart) == (other.pairs, other.agreed, other.apart)
    assert abs((whole.lean or 0) + (other.lean or 0)) < 1e-12
    assert abs(whole.lean or 0) <= (whole.apart or 0) + 1e-12


def test_little_is_not_said_in_words() -> None:
    assert [in_words(5, one) for one in (None, 0.04, 0.06, -0.06)] == ["", "", "milder", "harsher"]
    assert in_words(4, 0.5) == ""
