"""What answers to quizzes are worth, and what papers students are given."""

import itertools
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_grader.problems.quizzes.answers import BadAnswers, handed_in, read, sealed
from lti_grader.problems.quizzes.complaints import complaints
from lti_grader.problems.quizzes.editing import doubled, into_section, moved_question, with_section, without_question
from lti_grader.problems.quizzes.form import (
    Accepted,
    Item,
    Match,
    Multiple,
    Numeric,
    Option,
    Order,
    Question,
    Quiz,
    Row,
    Scoring,
    Section,
    Single,
    Text,
    quiz_of,
)
from lti_grader.problems.quizzes.marking import mark, mark_paper
from lti_grader.problems.quizzes.numbers import readings
from lti_grader.problems.quizzes.papers import Sheet, draw
from lti_grader.problems.quizzes.showing import shown_paper, shown_question
from lti_grader.problems.quizzes.wording import pattern_trouble
from tests.fixtures.quizzes import MOST, RIGHT, a_quiz

ids = st.lists(st.text("abcdef", min_size=1, max_size=3), min_size=2, max_size=6, unique=True)
scorings = st.sampled_from(Scoring)
points = st.decimals("0.25", 20, places=2)


@st.composite
def chosen_among(draw_: st.DrawFn) -> tuple[Multiple, set[str], set[str]]:
    """A question of several options, those that are right, and those that are chosen."""
    names = draw_(ids)
    right = draw_(st.sets(st.sampled_from(names), min_size=1))
    options = [Option(id=one, text=one, right=one in right) for one in names]
    question = Multiple(id="q", prompt="?", points=draw_(points), options=options, scoring=draw_(scorings))
    return question, right, draw_(st.sets(st.sampled_from(names)))


@settings(max_examples=40)
@given(chosen_among(), st.randoms())
def test_the_order_of_options_never_changes_a_mark(case: Any, random: Any) -> None:
    question, _, chosen = case
    mixed, answer = list(question.options), sorted(chosen)
    random.shuffle(mixed)
    random.shuffle(answer)
    assert mark(question.model_copy(update={"options": mixed}), answer) == mark(question, sorted(chosen))


@settings(max_examples=40)
@given(chosen_among())
def test_a_choice_is_worth_from_nothing_to_all_and_all_only_where_it_is_right(case: Any) -> None:
    question, right, chosen = case
    found = mark(question, sorted(chosen))
    assert 0 <= found.points <= question.points
    assert (found.points == question.points) == (chosen == right) == found.is_right


@settings(max_examples=40)
@given(chosen_among())
def test_one_more_that_is_right_never_costs_points_nor_does_one_less_that_is_wrong(case: Any) -> None:
    question, right, chosen = case
    here = mark(question, sorted(chosen)).share
    for one in right - chosen:
        assert mark(question, sorted(chosen | {one})).share >= here
    for one in chosen - right:
        assert mark(question, sorted(chosen - {one})).share >= here


@given(ids, scorings)
def test_everything_chosen_of_several_is_worth_no_more_than_what_is_right_less_what_is_not(
    names: Any, how: Any
) -> None:
    half = len(names) // 2
    options = [Option(id=one, text=one, right=place < half) for place, one in enumerate(names)]
    assert mark(Multiple(id="q", options=options, scoring=how), names).share == 0


@given(ids, st.randoms())
def test_an_order_that_comes_nearer_to_the_right_one_is_worth_no_less(names: list[str], random: Any) -> None:
    question = Order(id="q", prompt="?", items=[Item(id=one, text=one) for one in names], scoring=Scoring.PARTIAL)
    now = list(names)
    random.shuffle(now)
    assert mark(question, names).is_right
    share = mark(question, now).share
    for place, (one, other) in enumerate(itertools.pairwise(now)):
        if names.index(one) > names.index(other):
            better = [*now[:place], other, one, *now[place + 2 :]]
            assert mark(question, better).share >= share


@settings(max_examples=40)
@given(ids, st.data())
def test_each_row_that_is_matched_rightly_counts_the_same(names: list[str], data: Any) -> None:
    rows = [Row(id=one, text=one, choice=f"{one}-c") for one in names]
    question = Match(id="q", prompt="?", rows=rows, choices=[Item(id=f"{one}-c", text=one) for one in names])
    right = data.draw(st.sets(st.sampled_from(names)))
    answer = {one: f"{one if one in right else names[names.index(one) - 1]}-c" for one in names}
    assert mark(question, answer).share == Decimal(len(right)) / len(names)
    assert mark(question.model_copy(update={"scoring": Scoring.ALL}), answer).is_right == (len(right) == len(names))


def test_the_right_answers_are_worth_everything_whatever_the_paper() -> None:
    quiz = a_quiz()
    for seed in "abcdefgh":
        marks = mark_paper(quiz, draw(quiz, seed), RIGHT)
        assert sum(one.points for one in marks.values()) == MOST
    assert not any(one.points for one in mark_paper(quiz, draw(quiz, "a"), {}).values())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5", "1.5"), ("1,5", "1.5"), (" +1.5e0 ", "1.5"), ("15 × 10^-1", "1.5"), ("0,15·10^1", "1.5"), ("1.5 kg", "1.5"),
        ("1500", "1500"), ("1 500", "1500"), ("1'500", "1500"), ("1,500", "1500"), ("1.500,0", "1500"), ("1,500.0", "1500"),
        ("1,500", "1.5"), ("−3", "-3"), (".5", "0.5"), ("12 345 678", "12345678"), ("1,234,567", "1234567"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text: str, value: str) -> None:
    assert Decimal(value) in readings(text, unit="kg")


@pytest.mark.parametrize(
    "text", ["", "abc", "1.2.3", "1,2,3", "12 34", "1e", "e5", "1e99999", "--1", "9" * 100, "1.5 m", "1 2"]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert readings(text, unit="kg") == []


@given(st.decimals(-1000, 1000, places=3), st.decimals(0, 10, places=2), st.decimals(-20, 20, places=3))
def test_a_number_is_right_within_its_tolerance_and_not_beyond(value: Decimal, near: Decimal, off: Decimal) -> None:
    question = Numeric(id="q", prompt="?", value=value, absolute=near)
    assert mark(question, f"{value + off:f}").is_right == (abs(off) <= near)
    relative = Numeric(id="q", prompt="?", value=value, relative=Decimal("0.1"))
    assert mark(relative, f"{value + off:f}".replace(".", ",")).is_right == (abs(off) <= abs(value) / 10)


def test_words_are_compared_by_what_counts_in_them() -> None:
    question = Text(
        id="q", accepted=[Accepted(text="Zürich"), Accepted(text="Zue?rich", pattern=True, share=Decimal("0.5"))]
    )
    assert [mark(question, one).share for one in ("zürich", "  ZÜRICH ", "zuerich", "Zurich am See", "")] == [
        1, 1, Decimal("0.5"), 0, 0,
    ]  # fmt: skip
    strict = question.model_copy(update={"case": True, "spaces": True, "accents": False})
    assert [mark(strict, one).share for one in ("Zurich", "zürich", " Zürich")] == [1, 0, 0]


def test_a_pattern_never_takes_long_and_one_that_cannot_be_read_is_told() -> None:
    question = Text(id="q", accepted=[Accepted(text="(a+)+$", pattern=True)])
    began = time.process_time()
    assert mark(question, "a" * 1900 + "!").share == 0
    assert time.process_time() - began < 1
    assert pattern_trouble("(a")
    assert pattern_trouble(r"(a)\1")
    assert not pattern_trouble("colou?r")


def test_a_paper_is_the_same_for_a_seed_and_draws_as_many_as_it_says() -> None:
    pool = [Numeric(id=f"n{one}", value=Decimal(one)) for one in range(20)]
    quiz = Quiz(
        sections=[
            Section(id="s", draw=5, shuffle=True, questions=pool),
            Section(id="t", questions=[Numeric(id="last")]),
        ]
    )
    papers = {seed: [one.question for one in draw(quiz, seed)] for seed in map(str, range(200))}
    assert all(len(set(one)) == 6 and one[-1] == "last" for one in papers.values())
    assert draw(quiz, "7") == draw(quiz, "7")
    drawn = [sum(f"n{one}" in paper for paper in papers.values()) for one in range(20)]
    assert min(drawn) > 20, "each of the pool is drawn for about a quarter of 200 students"
    assert max(drawn) < 85
    more = with_section(quiz, Section(id="u", questions=[Numeric(id="other")]))
    assert draw(more, "7")[:6] == draw(quiz, "7"), "what is added elsewhere moves nothing"


@settings(max_examples=40)
@given(ids, st.text(max_size=5))
def test_things_to_order_are_never_shown_in_the_right_order(names: list[str], seed: str) -> None:
    order = Order(id="q", items=[Item(id=one, text=one) for one in names])
    (sheet,) = draw(Quiz(sections=[Section(id="s", questions=[order])]), seed)
    assert sheet.order != names
    assert sorted(sheet.order) == sorted(names)


def test_what_is_handed_in_is_kept_with_its_paper_and_nothing_foreign() -> None:
    quiz = a_quiz()
    paper = draw(quiz, "me")
    given_ = read(
        '{"sitting": 0, "answers": {"capital": "o2", "primes": "p2", "unknown": "x", "steps": []}, "extra": 1}'
    )
    kept = sealed(given_, quiz, paper)
    assert kept.answers == {"capital": "o2"}
    assert handed_in(kept.written()) == kept
    for broken in ("[]", '{"answers": 1}', '{"answers": {"a b": "x"}}', "\ud800", 7):
        with pytest.raises(BadAnswers):
            read(broken)


def test_the_form_reads_what_it_writes_and_refuses_two_of_one_name() -> None:
    quiz = a_quiz()
    assert quiz_of(quiz.as_json()) == quiz
    twice = {"sections": [{"id": "s", "questions": [{"kind": "text", "id": "q"}, {"kind": "text", "id": "q"}]}]}
    with pytest.raises(Exception, match="'q'"):
        quiz_of(twice)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (Single(id="q", prompt="?", options=[Option(id="a", text="a"), Option(id="b", text="b")]), "no option is right"),
        (Single(id="q", prompt="?", options=[Option(id="a", text="a", right=True)]), "two options"),
        (Numeric(id="q", prompt="?"), "no right number"), (Numeric(id="q", value=Decimal(1)), "no text"),
        (Numeric(id="q", prompt="?", value=Decimal(1), points=Decimal(0)), "no points"),
        (Text(id="q", prompt="?", accepted=[Accepted(text="(", pattern=True)]), "cannot be used"),
        (Order(id="q", prompt="?", items=[Item(id="a", text="a"), Item(id="b", text="a")]), "read 'a'"),
        (Match(id="q", prompt="?", rows=[Row(id="a", text="a")], choices=[Item(id="b", text="b"), Item(id="c", text="c")]), "belongs"),
    ],
)  # fmt: skip
def test_what_is_missing_is_told_before_a_quiz_is_published(question: Question, words: str) -> None:
    found = complaints(Quiz(sections=[Section(id="s", questions=[question])]))
    assert any(words in one.text and one.question_id == "q" for one in found)


def test_a_complete_quiz_has_nothing_missing_and_a_pool_has_to_be_large_enough() -> None:
    assert complaints(a_quiz()) == []
    assert "no question" in complaints(Quiz())[0].text
    one = a_quiz().questions[0]
    assert "draw 3" in complaints(Quiz(sections=[Section(id="s", draw=3, questions=[one])]))[0].text


def test_questions_are_doubled_moved_and_removed() -> None:
    quiz = a_quiz()
    more, copy = doubled(quiz, "capital")
    assert [one.id for one in more.questions][:3] == ["capital", copy, "primes"]
    assert [one.id for one in moved_question(more, copy, 99).questions][-1] == copy
    assert without_question(more, copy) == quiz
    apart = into_section(with_section(quiz, Section(id="late")), "capital", "late")
    assert [one.id for one in apart.sections[1].questions] == ["capital"]


def test_a_page_shows_blanks_where_they_stand_and_forged_ones_nowhere() -> None:
    quiz = a_quiz()
    gaps = next(one for one in quiz.questions if one.id == "gaps")
    forged = gaps.model_copy(update={"text": "\ue0000\ue001 <b>{{a}}</b> and `{{b}}` {{unknown}}"})
    pieces = shown_question(forged, Sheet(question="gaps"), 1).pieces
    assert [one.blank.id for one in pieces if one.blank] == ["a", "b"]
    text = "".join(str(one.html) for one in pieces if one.html)
    assert "&lt;b&gt;" in text
    assert "{{unknown}}" in text
    shown = shown_paper(quiz, draw(quiz, "me"), RIGHT)
    assert "right" not in repr([one.items for section in shown for one in section.questions])
