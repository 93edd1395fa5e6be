"""What is missing of a quiz before it can be published, in words for its author. Pure."""

import dataclasses
from collections.abc import Iterator, Sequence

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
    Option,
    Order,
    Question,
    Quiz,
    Section,
    Single,
    Text,
    Wording,
    WordsBlank,
)
from lti_grader.problems.quizzes.wording import folded, pattern_trouble


@dataclasses.dataclass(frozen=True)
class Complaint:
    """Something that keeps a quiz from being published."""

    text: str
    question_id: str | None = None
    """The question that it is about; None for the quiz or a section."""


def complaints(quiz: Quiz) -> list[Complaint]:
    """Return all that keeps a quiz from being published, in its order; nothing where it is ready."""
    found = [] if quiz.questions else [Complaint("It has no question yet.")]
    number = 0
    for place, section in enumerate(quiz.sections, start=1):
        found += [Complaint(one) for one in _of_section(section, place)]
        for question in section.questions:
            number += 1
            found += [Complaint(f"{named(question, number)}: {one}", question.id) for one in of_question(question)]
    return found


def named(question: Question, number: int) -> str:
    """Return what a question is called where its author reads of it."""
    return f"Question {number} ({question.title})" if question.title else f"Question {number}"


def _of_section(section: Section, place: int) -> Iterator[str]:
    name, count = section.title or f"Section {place}", len(section.questions)
    if not count:
        yield f"{name} has no question: add one, or remove the section."
    elif section.draw is not None and section.draw > count:
        yield f"{name} is to draw {section.draw} questions and has {count}: add questions, or draw fewer."
    elif section.draw is not None and len({one.points for one in section.questions}) > 1:
        yield (
            f"{name} draws {section.draw} of {count} questions, which are worth different points: give all of them the same,"
            " so that everybody can reach as many."
        )


def of_question(question: Question) -> list[str]:
    """Return what keeps a question from being asked."""
    found = []
    if not question.points:
        found.append("it is worth no points.")
    if not question.prompt.strip() and not isinstance(question, Blanks):
        found.append("it has no text.")
    return [*found, *_of_kind(question)]


def _of_kind(question: Question) -> Iterator[str]:
    match question:
        case Single() | Multiple():
            yield from _options(question.options, several=isinstance(question, Multiple))
        case Numeric():
            if question.value is None:
                yield "it has no right number."
        case Text():
            yield from _wording(question)
        case Order():
            yield from _items(question.items, "things to put in order")
        case Match():
            yield from _matching(question)
        case Blanks():
            yield from _blanks(question)


def _options(options: Sequence[Option], *, several: bool) -> Iterator[str]:
    yield from _items(options, "options")
    right = sum(one.right for one in options)
    if not right:
        yield "no option is right."
    elif right > 1 and not several:
        yield f"{right} options are right: only one can be, or let several be chosen."


def _items(items: Sequence[Item], what: str) -> Iterator[str]:
    if len(items) < 2:
        yield f"it needs two {what} at least."
    if any(not one.text.strip() for one in items):
        yield f"one of the {what} has no text."
    texts = [one.text.strip() for one in items]
    if twice := next((one for one in texts if one and texts.count(one) > 1), None):
        yield f"two of the {what} read {twice[:60]!r}."


def _wording(wording: Wording) -> Iterator[str]:
    if not any(one.share == 1 for one in wording.accepted):
        yield "no accepted form is worth all of the points."
    for one in wording.accepted:
        if not one.pattern and not folded(one.text, wording):
            yield "one of the accepted forms is empty."
        elif one.pattern and (trouble := pattern_trouble(one.text)):
            yield f"the pattern {one.text[:60]!r} cannot be used: {trouble}."


def _matching(question: Match) -> Iterator[str]:
    if not question.rows:
        yield "it has nothing to match."
    yield from _items(question.choices, "choices")
    known = {one.id for one in question.choices}
    for one in question.rows:
        if not one.text.strip():
            yield "one of its rows has no text."
        elif one.choice not in known:
            yield f"nothing belongs to {one.text[:60]!r}."


def _blanks(question: Blanks) -> Iterator[str]:
    placed = BLANK.findall(question.text)
    if not placed:
        yield "its text has no blank: write {{name}} where one is to stand."
    for name in sorted({one for one in placed if placed.count(one) > 1}):
        yield f"the blank {name} stands in its text twice."
    known = {one.id for one in question.blanks}
    for name in dict.fromkeys(one for one in placed if one not in known):
        yield f"nothing is said of the blank {name}."
    for one in question.blanks:
        if one.id not in placed:
            yield f"the blank {one.id} does not stand in its text."
        else:
            yield from (f"blank {one.id}: {words}" for words in _blank(one))


def _blank(blank: Blank) -> Iterator[str]:
    match blank:
        case WordsBlank():
            yield from _wording(blank)
        case NumberBlank():
            if blank.value is None:
                yield "it has no right number."
        case ChoiceBlank():
            yield from _options(blank.options, several=False)
