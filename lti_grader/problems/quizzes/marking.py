"""What answers are worth. Pure: it sees a question and an answer, and neither a clock nor a row."""

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from typing import Any

from lti_grader.problems.quizzes.answers import Answer, is_answered
from lti_grader.problems.quizzes.form import (
    Blank,
    Blanks,
    ChoiceBlank,
    Figure,
    Match,
    Multiple,
    NumberBlank,
    Numeric,
    Order,
    Question,
    Quiz,
    Scoring,
    Single,
    Text,
    WordsBlank,
)
from lti_grader.problems.quizzes.numbers import is_within, readings
from lti_grader.problems.quizzes.papers import Sheet
from lti_grader.problems.quizzes.wording import accepted_form

_NOTHING, _WHOLE, _STEP = Decimal(0), Decimal(1), Decimal("0.0001")


@dataclasses.dataclass(frozen=True)
class Mark:
    """What an answer came to. `share` is 0 to 1."""

    share: Decimal
    answered: bool
    parts: Mapping[str, bool] = dataclasses.field(default_factory=dict)
    """Of an answer with parts (rows, blanks, items in their places, chosen options): which of them are right."""
    points: Decimal = _NOTHING

    @property
    def is_right(self) -> bool:
        return self.share == _WHOLE


def mark_paper(quiz: Quiz, paper: Sequence[Sheet], answers: Mapping[str, Answer]) -> dict[str, Mark]:
    """Return what each question of a paper came to, in the paper's order. One that the quiz has no more is left out."""
    marks = {}
    for sheet in paper:
        question = quiz.question(sheet.question)
        if question is not None:
            marks[question.id] = mark(question, answers.get(question.id))
    return marks


def mark(question: Question, answer: Answer) -> Mark:
    """Return what an answer to a question came to."""
    if not is_answered(answer):
        return Mark(_NOTHING, answered=False)
    found = _marked(question, answer)
    share = max(_NOTHING, min(_WHOLE, found.share))
    return dataclasses.replace(found, share=share, points=(share * question.points).quantize(_STEP))


def _marked(question: Question, answer: Any) -> Mark:
    match question:
        case Single():
            right = {one.id: one.right for one in question.options}
            return _mark(
                _share(right.get(answer, False)), {answer: right.get(answer, False)} if answer in right else {}
            )
        case Multiple():
            return _multiple(question, answer)
        case Numeric():
            return _mark(_share(_is_figure(answer, question)))
        case Text():
            fitting = accepted_form(str(answer), question)
            return _mark(fitting.share if fitting else _NOTHING)
        case Order():
            return _order(question, answer)
        case Match():
            right = {one.id: one.choice is not None and answer.get(one.id) == one.choice for one in question.rows}
            return _of_parts({name: _share(one) for name, one in right.items()}, question.scoring)
        case Blanks():
            return _of_parts({one.id: _blank(one, answer.get(one.id)) for one in question.blanks}, question.scoring)


def _mark(share: Decimal, parts: Mapping[str, bool] | None = None) -> Mark:
    return Mark(share, answered=True, parts=parts or {})


def _share(right: object) -> Decimal:
    return _WHOLE if right else _NOTHING


def _of_parts(shares: Mapping[str, Decimal], scoring: Scoring) -> Mark:
    parts = {name: share == _WHOLE for name, share in shares.items()}
    if not shares:
        return _mark(_NOTHING)
    if scoring is Scoring.ALL:
        return _mark(_share(all(parts.values())), parts)
    return _mark(sum(shares.values(), _NOTHING) / len(shares), parts)


def _multiple(question: Multiple, answer: Sequence[str]) -> Mark:
    chosen, right = set(answer), {one.id for one in question.options if one.right}
    parts = {one.id: one.right for one in question.options if one.id in chosen}
    if question.scoring is Scoring.ALL or not right:
        return _mark(_share(right and chosen == right), parts)
    # What is chosen wrongly takes away as much as what is right gives: choosing all is worth nothing.
    return _mark(Decimal(len(chosen & right) - len(chosen - right)) / len(right), parts)


def _order(question: Order, answer: Sequence[str]) -> Mark:
    wanted = [one.id for one in question.items]
    given = [one for one in dict.fromkeys(answer) if one in set(wanted)]
    parts = {one: place < len(given) and given[place] == one for place, one in enumerate(wanted)}
    if question.scoring is Scoring.ALL or len(wanted) < 2:
        return _mark(_share(given == wanted), parts)
    place = {one: number for number, one in enumerate(given)}
    pairs = list(combinations(wanted, 2))
    kept = sum(one in place and other in place and place[one] < place[other] for one, other in pairs)
    # Kendall's tau, with nothing below zero: an order by chance keeps half of the pairs.
    return _mark(Decimal(2 * kept - len(pairs)) / len(pairs), parts)


def _blank(blank: Blank, answer: Any) -> Decimal:
    if not isinstance(answer, str) or not answer.strip():
        return _NOTHING
    match blank:
        case WordsBlank():
            fitting = accepted_form(answer, blank)
            return fitting.share if fitting else _NOTHING
        case NumberBlank():
            return _share(_is_figure(answer, blank))
        case ChoiceBlank():
            return _share(any(one.right for one in blank.options if one.id == answer))


def _is_figure(answer: str, figure: Figure) -> bool:
    value = figure.value
    return value is not None and any(
        is_within(one, value, absolute=figure.absolute, relative=figure.relative)
        for one in readings(str(answer), unit=figure.unit)
    )
