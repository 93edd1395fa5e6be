"""A paper as it was answered, with what came of each question, as much of it as somebody may see."""

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from lti_grader.core.markdown import to_html
from lti_grader.problems.pictures import Show, in_words
from lti_grader.problems.quizzes.answers import Answer, HandedIn
from lti_grader.problems.quizzes.form import (
    Accepted,
    Blank,
    Blanks,
    ChoiceBlank,
    Match,
    Multiple,
    NumberBlank,
    Numeric,
    Order,
    Question,
    Quiz,
    Single,
    Text,
    Wording,
    WordsBlank,
)
from lti_grader.problems.quizzes.marking import Mark, mark
from lti_grader.problems.quizzes.showing import ShownQuestion, shown_question
from lti_grader.problems.quizzes.wording import accepted_form


@dataclasses.dataclass(frozen=True)
class Sight:
    """What of a result is shown."""

    marks: bool
    feedback: bool
    solutions: bool


@dataclasses.dataclass(frozen=True)
class Reviewed:
    """A question with what came of it. What is not to be seen is None or empty."""

    question: ShownQuestion
    outcome: str = ""
    """right, partly, wrong or unanswered; "" where that is not told."""
    points: Decimal | None = None
    feedback: Sequence[Markup] = ()
    parts: Mapping[str, bool] = dataclasses.field(default_factory=dict)
    """Of what was chosen, matched, ordered or filled in: whether it is right."""
    solution: Sequence[str] = ()
    """What is right, line by line, where it is not marked among what can be chosen."""
    right: frozenset[str] = frozenset()
    """The options that are right."""


def reviewed(seen: Quiz, judged: Quiz, given: HandedIn, sight: Sight, *, show: Show = to_html) -> list[Reviewed]:
    """Return each question of a paper as it was answered.

    Parameters
    ----------
    seen
        The quiz that was answered.
    judged
        The one that it was judged by: what is right, and what is told of it, are its.
    show
        Makes HTML of a text of either.
    """
    found = []
    for number, sheet in enumerate(given.paper, start=1):
        question = seen.question(sheet.question)
        if question is None:
            continue
        answer = given.answers.get(question.id)
        told = judged.question(question.id)
        shown = shown_question(question, sheet, number, answer, show)
        found.append(Reviewed(shown) if told is None else _told(shown, told, answer, sight, show))
    return found


def _told(shown: ShownQuestion, question: Question, answer: Answer, sight: Sight, show: Show) -> Reviewed:
    if not sight.feedback:
        return Reviewed(shown)
    came_to = mark(question, answer)
    # Which of the chosen options are right gives away the others.
    tells_parts = sight.solutions or not isinstance(question, Multiple)
    return Reviewed(
        question=shown,
        outcome=_outcome(came_to),
        points=came_to.points if sight.marks else None,
        feedback=[show(one) for one in _feedback(question, answer, came_to) if one.strip()],
        parts=came_to.parts if tells_parts else {},
        solution=solution_of(question) if sight.solutions else (),
        right=_right_options(question) if sight.solutions else frozenset(),
    )


def _outcome(came_to: Mark) -> str:
    if not came_to.answered:
        return "unanswered"
    if came_to.is_right:
        return "right"
    return "partly" if came_to.share else "wrong"


def _feedback(question: Question, answer: Any, came_to: Mark) -> list[str]:
    own: list[str] = []
    if came_to.answered and isinstance(question, Single | Multiple):
        chosen = {answer} if isinstance(answer, str) else set(answer)
        own = [one.feedback for one in question.options if one.id in chosen]
    elif came_to.answered and isinstance(question, Text):
        own = _of_form(accepted_form(answer, question))
    elif came_to.answered and isinstance(question, Blanks):
        own = [told for one in question.blanks for told in _of_blank(one, answer.get(one.id, ""))]
    return [*own, question.feedback_right if came_to.is_right else question.feedback_wrong, question.feedback]


def _of_form(form: Accepted | None) -> list[str]:
    return [form.feedback] if form is not None else []


def _of_blank(blank: Blank, answer: str) -> list[str]:
    if isinstance(blank, ChoiceBlank):
        return [one.feedback for one in blank.options if one.id == answer]
    return _of_form(accepted_form(answer, blank)) if isinstance(blank, WordsBlank) else []


def _right_options(question: Question) -> frozenset[str]:
    if not isinstance(question, Single | Multiple):
        return frozenset()
    return frozenset(one.id for one in question.options if one.right)


def solution_of(question: Question) -> list[str]:
    """Return what is right in words, line by line; nothing for what is marked among the options."""
    match question:
        case Numeric():
            return [figure_words(question)]
        case Text():
            return [_wording(question)]
        case Order():
            return [f"{place}. {in_words(one.text)}" for place, one in enumerate(question.items, start=1)]
        case Match():
            texts = {one.id: one.text for one in question.choices}
            return [f"{in_words(one.text)}: {texts.get(one.choice or '', '?')}" for one in question.rows]
        case Blanks():
            return [f"Blank {number}: {_blank(one)}" for number, one in enumerate(question.blanks, start=1)]
        case _:
            return []


def _blank(blank: Blank) -> str:
    match blank:
        case ChoiceBlank():
            return " or ".join(one.text for one in blank.options if one.right)
        case NumberBlank():
            return figure_words(blank)
        case WordsBlank():
            return _wording(blank)


def _wording(wording: Wording) -> str:
    forms = [one.text for one in wording.accepted if not one.pattern and one.share == 1]
    return " or ".join(forms) or "whatever has the form that was asked for"


def figure_words(figure: Numeric | NumberBlank) -> str:
    """Return a number with its tolerance and its unit in words."""
    if figure.value is None:
        return "?"
    unit = f" {figure.unit}" if figure.unit else ""
    apart = [f"{number_words(figure.absolute)}{unit}"] if figure.absolute else []
    apart += [f"{100 * figure.relative:.6g} %"] if figure.relative else []
    return f"{number_words(figure.value)}{unit}" + (f" (or as near as {' or '.join(apart)})" if apart else "")


def number_words(number: Decimal) -> str:
    """Return a number as people write it."""
    plain = number.normalize()
    return f"{plain:f}" if not plain or Decimal("1e-9") < abs(plain) < Decimal("1e12") else str(plain)
