"""A paper as a page shows it. Nothing of what is right is in it, unless it is shown together with its marks.

`show` makes HTML of the texts: it knows where the pictures of the quiz are found. What shows lists alone, or less, needs none.
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from lti_grader.core.markdown import to_html
from lti_grader.problems.pictures import Show, in_words
from lti_grader.problems.quizzes.answers import Answer
from lti_grader.problems.quizzes.form import (
    BLANK,
    Blank,
    Blanks,
    ChoiceBlank,
    Item,
    Match,
    Multiple,
    NumberBlank,
    Numeric,
    Order,
    Question,
    Quiz,
    Single,
)
from lti_grader.problems.quizzes.papers import Sheet

_LEFT, _RIGHT = "\ue000", "\ue001"
_PLACED = re.compile(f"{_LEFT}([0-9]+){_RIGHT}")


@dataclasses.dataclass(frozen=True)
class ShownItem:
    """Something to choose, to order or to match; `text` is what a list shows of it."""

    id: str
    html: Markup
    text: str


@dataclasses.dataclass(frozen=True)
class ShownBlank:
    """A blank: a field, or a list where it has `options`."""

    id: str
    number: int
    options: Sequence[ShownItem] = ()
    unit: str = ""
    is_number: bool = False


@dataclasses.dataclass(frozen=True)
class Piece:
    """A piece of a text with blanks: HTML, or the blank that follows it."""

    html: Markup | None = None
    blank: ShownBlank | None = None


@dataclasses.dataclass(frozen=True)
class ShownQuestion:
    """A question as a student answers it."""

    id: str
    kind: str
    number: int
    points: Decimal
    prompt: Markup
    items: Sequence[ShownItem] = ()
    """What can be chosen, put in order, or matched with, as it stands on this paper."""
    rows: Sequence[ShownItem] = ()
    pieces: Sequence[Piece] = ()
    unit: str = ""
    answer: Any = None
    """What was answered, where that is known to the page."""


@dataclasses.dataclass(frozen=True)
class ShownSection:
    title: str
    questions: Sequence[ShownQuestion]


def shown_paper(
    quiz: Quiz, paper: Iterable[Sheet], answers: Mapping[str, Answer] | None = None, *, show: Show = to_html
) -> list[ShownSection]:
    """Return a paper section by section, each question with its number on this paper."""
    sheets = {one.question: (number, one) for number, one in enumerate(paper, start=1)}
    found = []
    for section in quiz.sections:
        mine = sorted(
            ((sheets[one.id], one) for one in section.questions if one.id in sheets), key=lambda pair: pair[0][0]
        )
        questions = [
            shown_question(one, sheet, number, (answers or {}).get(one.id), show) for (number, sheet), one in mine
        ]
        if questions:
            found.append(ShownSection(section.title, questions))
    return found


def shown_question(
    question: Question, sheet: Sheet, number: int, answer: Answer = None, show: Show = to_html
) -> ShownQuestion:
    """Return a question as it stands on a paper."""
    shown = ShownQuestion(question.id, question.kind, number, question.points, show(question.prompt), answer=answer)
    match question:
        case Single() | Multiple():
            return dataclasses.replace(shown, items=_ordered(question.options, sheet.order, show))
        case Order():
            given = [one for one in answer if isinstance(one, str)] if isinstance(answer, list) else []
            return dataclasses.replace(shown, items=_ordered(question.items, given or sheet.order, show))
        case Match():
            rows = [_item(one.id, one.text, show) for one in question.rows]
            return dataclasses.replace(shown, items=_ordered(question.choices, sheet.order, to_html), rows=rows)
        case Blanks():
            return dataclasses.replace(shown, pieces=_pieces(question, show))
        case Numeric():
            return dataclasses.replace(shown, unit=question.unit)
        case _:
            return shown


def _item(item_id: str, text: str, show: Show) -> ShownItem:
    return ShownItem(item_id, show(text), in_words(text).strip())


def _ordered(items: Sequence[Item], order: Sequence[str], show: Show) -> list[ShownItem]:
    """Return things in the order in which they were seen; what a later version added stands behind them."""
    place = {one: number for number, one in enumerate(order)}
    return [_item(one.id, one.text, show) for one in sorted(items, key=lambda one: place.get(one.id, len(place)))]


def _pieces(question: Blanks, show: Show) -> list[Piece]:
    """Return the pieces of a text with blanks. They are put in after the Markdown is HTML, so that none can be forged."""
    known = {one.id: one for one in question.blanks}
    placed: list[ShownBlank] = []

    def place(found: re.Match[str]) -> str:
        blank = known.get(found[1])
        if blank is None:
            return found[0]
        placed.append(_blank(blank, len(placed) + 1))
        return f"{_LEFT}{len(placed) - 1}{_RIGHT}"

    text = BLANK.sub(place, question.text.replace(_LEFT, "").replace(_RIGHT, ""))
    parts = _PLACED.split(str(show(text)))
    # What stands between the tokens was cleaned as a whole.
    html = [Piece(Markup(one)) for one in parts[::2]]  # noqa: S704
    fields = [Piece(blank=placed[int(one)]) for one in parts[1::2]]
    return [piece for pair in zip(html, [*fields, Piece()], strict=True) for piece in pair if piece.blank or piece.html]


def _blank(blank: Blank, number: int) -> ShownBlank:
    match blank:
        case ChoiceBlank():
            options = sorted(
                (_item(one.id, one.text, to_html) for one in blank.options), key=lambda one: one.text.casefold()
            )
            return ShownBlank(blank.id, number, options)
        case NumberBlank():
            return ShownBlank(blank.id, number, unit=blank.unit, is_number=True)
        case _:
            return ShownBlank(blank.id, number)
