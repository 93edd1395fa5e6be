"""Answers to a quiz: as a page sends them, and as an attempt keeps them together with the paper that was seen."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lti_grader.core.errors import Conflict, TooLarge, Unprocessable
from lti_grader.problems.quizzes.form import Blanks, Key, Match, Multiple, Order, Question, Quiz
from lti_grader.problems.quizzes.papers import Sheet

MOST_BYTES = 262_144
_Short = Annotated[str, Field(max_length=2000)]
Answer = str | list[str] | dict[str, str] | None
"""A chosen option's id or a text; ids of several; or by row or blank. None for no answer."""


class BadAnswers(Unprocessable):
    code = "bad_answers"


class OtherPaper(Conflict):
    """The answers are to a paper that was handed in already."""

    code = "other_paper"


class Answers(BaseModel):
    """What a page sends."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    sitting: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Which paper of this student's it is."""
    answers: Annotated[dict[Key, _Short | list[Key] | dict[Key, _Short]], Field(max_length=500)] = {}


class HandedIn(Answers):
    """What an attempt keeps."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quiz: int = 1
    """The form of this record."""
    paper: list[Sheet] = []

    def written(self) -> bytes:
        """Return it as the attempt's blob holds it: the same answers to the same paper are the same bytes."""
        return json.dumps(
            self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, separators=(",", ":")
        ).encode()


def is_answered(answer: Any) -> bool:
    """Return whether anything was answered."""
    if isinstance(answer, str):
        return bool(answer.strip())
    if isinstance(answer, Mapping):
        return any(one.strip() for one in answer.values())
    return bool(answer)


def read(text: object) -> Answers:
    """Return the answers that a page sends, for "" none.

    Raises
    ------
    BadAnswers, TooLarge
        They are no answers; or more than any quiz asks for.
    """
    if not isinstance(text, str):
        raise BadAnswers("The answers are missing from the request. Reload the page and try again.")
    if len(text) > MOST_BYTES:
        raise TooLarge(f"These answers have {len(text):,} characters; at most {MOST_BYTES:,} are accepted.")
    try:
        return Answers.model_validate_json(text or "{}")
    except (ValidationError, UnicodeEncodeError):
        raise BadAnswers("These answers cannot be read. Reload the page: what was saved of them is kept.") from None


def sealed(given: Answers, quiz: Quiz, paper: list[Sheet]) -> HandedIn:
    """Return answers with the paper that they are to. What is no answer to one of its questions is left out."""
    kept: dict[str, str | list[str] | dict[str, str]] = {}
    for sheet in paper:
        question = quiz.question(sheet.question)
        answer = given.answers.get(sheet.question)
        if question is not None and answer is not None and is_answered(answer) and _is_of_kind(question, answer):
            kept[question.id] = answer
    return HandedIn(sitting=given.sitting, paper=paper, answers=kept)


def _is_of_kind(question: Question, answer: Answer) -> bool:
    match question:
        case Multiple() | Order():
            return isinstance(answer, list)
        case Match() | Blanks():
            return isinstance(answer, dict)
        case _:
            return isinstance(answer, str)


def handed_in(content: bytes) -> HandedIn:
    """Return what an attempt keeps.

    Raises
    ------
    BadAnswers
        The attempt is none to a quiz.
    """
    try:
        return HandedIn.model_validate_json(content)
    except ValidationError:
        raise BadAnswers("This attempt holds no answers to a quiz.") from None
