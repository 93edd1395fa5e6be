"""When an output is what was asked for."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_grader.core.errors import GraderError
from lti_grader.problems.checkers import checker

WORDS = st.lists(st.binary(min_size=1, max_size=6).filter(lambda word: word.split() == [word]), max_size=8)
SPACE = st.sampled_from([b" ", b"\n", b"\t", b"\r\n", b"  \n"])


@given(words=WORDS, one=SPACE, other=SPACE, end=SPACE)
def test_white_space_makes_no_difference_to_tokens(words: list[bytes], one: bytes, other: bytes, end: bytes) -> None:
    assert checker({})(one.join(words) + end, other.join(words)).right


@given(mine=WORDS, theirs=WORDS)
def test_tokens_are_right_exactly_when_the_words_are_the_same(mine: list[bytes], theirs: list[bytes]) -> None:
    checked = checker({"kind": "tokens"})(b" ".join(mine), b"\n".join(theirs))
    assert checked.right == (mine == theirs)
    assert bool(checked.message) != checked.right


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (b"", "The program wrote nothing."),
        (b"1 2", "The output ends after 2 of 3 words."),
        (b"1 2 3 4", "The output goes on after the 3 words that were asked for."),
        (b"1 5 3", "Word 2 is different."),
    ],
)
def test_a_wrong_output_is_described_without_the_answer(output: bytes, message: str) -> None:
    assert checker({})(output, b"1 2 3").message == message


@pytest.mark.parametrize(
    ("kind", "output", "expected", "right"),
    [
        ("exact", b"a b\n", b"a b\n", True),
        ("exact", b"a b", b"a b\n", False),
        ("exact", b"a  b\n", b"a b\n", False),
        ("stripped", b"a b  \nc\n\n", b"a b\nc", True),
        ("stripped", b"a  b\nc", b"a b\nc", False),
        ("stripped", b"a\n\nb", b"a\nb", False),
        ("tokens", b"\xff\xfe\0", b"\xff\xfe\0\n", True),
        ("tokens", b"Yes", b"yes", False),
    ],
)
def test_a_checker_is_as_strict_as_its_name(kind: str, output: bytes, expected: bytes, *, right: bool) -> None:
    assert checker({"kind": kind})(output, expected).right is right


@pytest.mark.parametrize(
    ("output", "expected", "right"),
    [
        (b"0.3333333", b"0.33333333333", True),
        (b"1e3", b"1000.0", True),
        (b"-0", b"0", True),
        (b"1.1", b"1.0", False),
        (b"nan", b"1", False),
        (b"inf", b"1e308", False),
        (b"1 2", b"1", False),
        (b"about 1.0000001", b"about 1", True),
        (b"roughly 1", b"about 1", False),
        (b"", b"1", False),
    ],
)
def test_numbers_may_differ_by_the_tolerance(output: bytes, expected: bytes, *, right: bool) -> None:
    assert checker({"kind": "float"})(output, expected).right is right


def test_either_tolerance_is_enough() -> None:
    near_zero = checker({"kind": "float", "absolute": 0.01, "relative": 0})
    large = checker({"kind": "float", "absolute": 0, "relative": 0.01})
    assert near_zero(b"0.009", b"0").right
    assert not near_zero(b"1009", b"1000").right
    assert large(b"1009", b"1000").right
    assert not large(b"0.009", b"0").right


def test_the_relative_tolerance_is_a_share_of_the_expected_number() -> None:
    tenth = checker({"kind": "float", "absolute": 0, "relative": 0.1})
    assert tenth(b"1.09", b"1").right
    assert tenth(b"0.91", b"1").right
    assert not tenth(b"1.105", b"1").right


def test_digits_of_another_script_are_no_number() -> None:
    assert not checker({"kind": "float"})("\N{FULLWIDTH DIGIT ONE}\N{FULLWIDTH DIGIT ZERO}".encode(), b"10").right


def test_a_number_has_no_underscores() -> None:
    assert not checker({"kind": "float"})(b"1_0", b"10").right


def test_an_unknown_checker_is_refused_with_the_choices() -> None:
    with pytest.raises(GraderError, match=r"'magic': choose tokens, exact, stripped, float, lines, regex") as caught:
        checker({"kind": "magic"})
    assert (caught.value.code, caught.value.status) == ("unknown_checker", 422)


@pytest.mark.parametrize("tolerance", ["little", -1])
def test_a_tolerance_that_is_none_is_refused(tolerance: object) -> None:
    with pytest.raises(GraderError, match="absolute"):
        checker({"kind": "float", "absolute": tolerance})(b"1.5", b"1")


@pytest.mark.parametrize(
    ("config", "output", "expected", "right"),
    [
        ({"case_sensitive": False}, b"YES  no", b"yes No\n", True),
        ({"case_sensitive": True}, b"YES", b"yes", False),
        ({"space_sensitive": True}, b"a  b\n", b"a b\n", False),
        ({"space_sensitive": True}, b"a b\n", b"a b\n", True),
        ({"space_sensitive": True}, b"a b", b"a b\n", False),
        ({"absolute": 0.5}, b"1.4 yes", b"1 yes", True),
        ({"absolute": 0.5}, b"1.6 yes", b"1 yes", False),
        ({"relative": 0.01}, b"1009", b"1000", True),
        ({"relative": 0.01}, b"1011", b"1000", False),
        ({"absolute": 0.1, "case_sensitive": False}, b"NaN", b"nan", True),
    ],
)
def test_tokens_as_kattis_default_validator_takes_them(
    config: dict[str, object], output: bytes, expected: bytes, right: bool
) -> None:
    assert checker({"kind": "tokens", **config})(output, expected).right is right


LINE = st.binary(min_size=1, max_size=5).filter(lambda one: one.rstrip() == one and one.splitlines() == [one])


@given(st.lists(LINE), st.randoms())
def test_lines_may_stand_in_any_order(wanted: list[bytes], random: Random) -> None:
    mine = list(wanted)
    random.shuffle(mine)
    check = checker({"kind": "lines"})
    assert check(b"\n".join(mine), b"\r\n".join(wanted)).right
    assert not check(b"\n".join([*mine, b"one more"]), b"\n".join(wanted)).right


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (b"b\na\na\n", "1 line is too many"),
        (b"b\n", "1 of 2 lines is missing."),
        (b"c\nd\n", "2 of 2 lines are missing, and 2 were not asked for."),
    ],
)
def test_which_lines_are_wrong_is_counted_and_not_told(output: bytes, words: str) -> None:
    assert words in checker({"kind": "lines"})(output, b"a\nb\n").message


@pytest.mark.parametrize(
    ("pattern", "output", "anywhere", "right"),
    [
        (rb"[0-9]+ (yes|no)", b"12 yes\n", False, True),
        (rb"[0-9]+ (yes|no)", b"12 yes and more\n", False, False),
        (rb"[0-9]+ (yes|no)", b"so: 12 yes and more\n", True, True),
        (rb"(?s)a.*b", b"a\n\xff\nb", False, True),
        (rb"caf\xe9", b"caf\xe9\n", False, True),
    ],
)
def test_a_pattern_stands_in_place_of_the_output(pattern: bytes, output: bytes, anywhere: bool, right: bool) -> None:
    assert checker({"kind": "regex", "anywhere": anywhere})(output, pattern + b"\n").right is right


def test_a_pattern_that_would_take_for_ever_elsewhere_takes_no_time() -> None:
    assert not checker({"kind": "regex"})(b"a" * 200_000 + b"!", rb"(a+)+$").right


@pytest.mark.parametrize("pattern", [rb"(", rb"(?=ahead)", rb"(a)\1", rb"[z-a]"])
def test_a_pattern_that_cannot_be_used_is_the_tests_fault(pattern: bytes) -> None:
    checked = checker({"kind": "regex"})(b"a", pattern)
    assert not checked.right
    assert "pattern cannot be used" in checked.trouble


def test_what_a_checker_does_not_know_is_refused() -> None:
    with pytest.raises(GraderError, match="cannot have tolerence"):
        checker({"kind": "float", "tolerence": 1})
