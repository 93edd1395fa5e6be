"""The paper that a student is given: which questions, in which order, with which order of what can be chosen.

What is drawn follows from the seed and the names of the parts alone, so that a question that is added elsewhere moves
nothing, and it is kept with what is handed in, so that an attempt is always shown as it was seen.
"""

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from lti_grader.problems.quizzes.form import (
    Item,
    Key,
    Match,
    Multiple,
    Order,
    Papers,
    Question,
    Quiz,
    Section,
    Single,
)

Named = TypeVar("Named", bound=BaseModel)


class Sheet(BaseModel):
    """A question on a paper."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: Key
    order: list[Key] = []
    """How what can be chosen, put in order or matched with stands there; empty where there is none.

    What can be chosen for a blank stands in the order of the alphabet, which tells nothing.
    """


def seed_of(student_id: uuid.UUID, item_id: uuid.UUID, sitting: int) -> str:
    """Return what a student's paper is drawn by.

    Parameters
    ----------
    item_id
        The quiz's place in an assignment.
    sitting
        Which of their papers it is: see `sitting_of`.
    """
    return f"{student_id}:{item_id}:{sitting}"


def sitting_of(quiz: Quiz, submissions_made: int) -> int:
    """Return which paper is a student's now, given how often they have handed in."""
    return submissions_made if quiz.papers is Papers.EACH else 0


def draw(quiz: Quiz, seed: str) -> list[Sheet]:
    """Return the paper of a seed."""
    return [
        Sheet(question=one.id, order=_order(one, f"{seed}:{one.id}"))
        for section in quiz.sections
        for one in _drawn(section, f"{seed}:{section.id}")
    ]


def _drawn(section: Section, seed: str) -> Sequence[Question]:
    questions: Sequence[Question] = section.questions
    if section.draw is not None and section.draw < len(questions):
        chosen = {one.id for one in _shuffled(questions, f"{seed}:draw")[: section.draw]}
        questions = [one for one in questions if one.id in chosen]
    return _shuffled(questions, seed) if section.shuffle else questions


def _order(question: Question, seed: str) -> list[str]:
    match question:
        case Single() | Multiple():
            return _ids(_shuffled(question.options, seed) if question.shuffle else question.options)
        case Match():
            return _ids(_shuffled(question.choices, seed) if question.shuffle else question.choices)
        case Order():
            return _wrong_order(question.items, seed)
        case _:
            return []


def _wrong_order(items: Sequence[Item], seed: str) -> list[str]:
    """Return an order that is not the right one: whoever leaves it as it is has not answered."""
    shown = _shuffled(items, seed)
    if len(shown) > 1 and _ids(shown) == _ids(items):
        shown = [*shown[1:], shown[0]]
    return _ids(shown)


def _ids(items: Iterable[Item]) -> list[str]:
    return [one.id for one in items]


def _shuffled(parts: Sequence[Named], seed: str) -> list[Named]:
    return sorted(parts, key=lambda one: hashlib.sha256(f"{seed}:{one.id}".encode()).digest())  # type: ignore[attr-defined]
