"""A quiz with one thing in it changed. Pure: what is there stays as it is, and the changed one is returned."""

import secrets
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from lti_grader.core.errors import NotFound
from lti_grader.problems.quizzes.form import MOST_QUESTIONS, BadQuiz, Question, Quiz, Section, quiz_of

Part = TypeVar("Part", bound=BaseModel)


def new_id() -> str:
    """Return a name for a part, which tells nothing of it."""
    return secrets.token_hex(4)


def section_of(quiz: Quiz, section_id: str) -> Section:
    """Return a section, or raise `NotFound`."""
    return _one(quiz.sections, section_id, "section")


def question_of(quiz: Quiz, question_id: str) -> Question:
    """Return a question, or raise `NotFound`."""
    return _one(quiz.questions, question_id, "question")


def _one(parts: Sequence[Part], part_id: str, what: str) -> Part:
    for one in parts:
        if one.id == part_id:  # type: ignore[attr-defined]
            return one
    raise NotFound(f"This quiz has no such {what}: somebody may have removed it. Reload the page.")


def with_section(quiz: Quiz, section: Section) -> Quiz:
    """Return a quiz with a section in the place of the one of that id, or behind the others."""
    known = any(one.id == section.id for one in quiz.sections)
    sections = [section if one.id == section.id else one for one in quiz.sections]
    return _with(quiz, sections if known else [*sections, section])


def without_section(quiz: Quiz, section_id: str) -> Quiz:
    """Return a quiz without a section and its questions."""
    section_of(quiz, section_id)
    return _with(quiz, [one for one in quiz.sections if one.id != section_id])


def moved_section(quiz: Quiz, section_id: str, place: int) -> Quiz:
    """Return a quiz with a section at a place, from 1."""
    return _with(quiz, _moved(quiz.sections, section_of(quiz, section_id), place))


def with_question(quiz: Quiz, question: Question, section_id: str | None = None) -> Quiz:
    """Return a quiz with a question in the place of the one of that id, or at the end of a section.

    Raises
    ------
    BadQuiz
        It has as many questions as there can be.
    """
    if any(one.id == question.id for one in quiz.questions):
        return _each(quiz, lambda held: [question if one.id == question.id else one for one in held])
    if len(quiz.questions) >= MOST_QUESTIONS:
        raise BadQuiz(f"A quiz has {MOST_QUESTIONS} questions at most: make another one of the rest.")
    section = section_of(quiz, section_id or "")
    return with_section(quiz, _changed(section, questions=[*section.questions, question]))


def without_question(quiz: Quiz, question_id: str) -> Quiz:
    """Return a quiz without a question."""
    question_of(quiz, question_id)
    return _each(quiz, lambda held: [one for one in held if one.id != question_id])


def doubled(quiz: Quiz, question_id: str) -> tuple[Quiz, str]:
    """Return a quiz with a copy of a question behind it, and the copy's id."""
    found = question_of(quiz, question_id)
    copy = _changed(found, id=new_id(), title=f"{found.title} (copy)"[:200] if found.title else "")
    if len(quiz.questions) >= MOST_QUESTIONS:
        raise BadQuiz(f"A quiz has {MOST_QUESTIONS} questions at most: make another one of the rest.")
    made = _each(quiz, lambda held: [both for one in held for both in ((one, copy) if one is found else (one,))])
    return made, copy.id


def moved_question(quiz: Quiz, question_id: str, place: int) -> Quiz:
    """Return a quiz with a question at a place of its section, from 1."""
    found = question_of(quiz, question_id)
    return _each(quiz, lambda held: _moved(held, found, place) if found in held else list(held))


def into_section(quiz: Quiz, question_id: str, section_id: str) -> Quiz:
    """Return a quiz with a question at the end of another section."""
    found, section = question_of(quiz, question_id), section_of(quiz, section_id)
    if found in section.questions:
        return quiz
    rest = without_question(quiz, question_id)
    target = section_of(rest, section_id)
    return with_section(rest, _changed(target, questions=[*target.questions, found]))


def _moved(parts: Sequence[Part], part: Part, place: int) -> list[Part]:
    others = [one for one in parts if one is not part]
    others.insert(max(0, min(place - 1, len(others))), part)
    return others


def _each(quiz: Quiz, change: Callable[[Sequence[Question]], Sequence[Question]]) -> Quiz:
    return _with(quiz, [_changed(one, questions=list(change(one.questions))) for one in quiz.sections])


def _with(quiz: Quiz, sections: Sequence[Section]) -> Quiz:
    changed = quiz_of({**quiz.as_json(), "sections": [_json(one) for one in sections]})
    assert changed is not None
    return changed


def _json(section: Section) -> dict[str, Any]:
    sections: list[dict[str, Any]] = Quiz(sections=[section]).as_json()["sections"]
    return sections[0]


def _changed(part: Part, **what: Any) -> Part:
    return part.model_copy(update=what)
