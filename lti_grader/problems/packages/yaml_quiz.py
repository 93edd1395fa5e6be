"""Quizzes in `lti-grader.yaml`: there parts need no ids, and numbers stand as such."""

import hashlib
from collections.abc import Mapping
from typing import Any

from lti_grader.problems.quizzes.form import Quiz

_PARTS = {
    "sections": "title",
    "questions": "prompt",
    "options": "text",
    "items": "text",
    "rows": "text",
    "choices": "text",
}
"""Lists whose members have an id, and what of a member it is made of where none is written."""
NUMBERS = frozenset({"points", "value", "absolute", "relative", "share", "draw"})


def with_ids(value: Any) -> Any:
    """Return a quiz as somebody wrote it with ids where they left them out.

    They follow from the texts, so that a file that is read again makes the same parts, and tell nothing of their order. What
    belongs to a row may be named by its text.
    """
    return _filled(value, "quiz", "") if isinstance(value, Mapping) else value


def _filled(value: Mapping[str, Any], name: str, path: str) -> dict[str, Any]:
    said = dict(value)
    for part, text in _PARTS.items():
        if isinstance(said.get(part), list):
            said[part] = _members(said[part], part, text, path)
    if isinstance(said.get("blanks"), list):
        said["blanks"] = [
            _filled(one, "blanks", f"{path}:{one.get('id')}") if isinstance(one, Mapping) else one
            for one in said["blanks"]
        ]
    if isinstance(said.get("rows"), list) and isinstance(said.get("choices"), list):
        ids = {
            one["text"]: one["id"]
            for one in said["choices"]
            if isinstance(one, Mapping) and isinstance(one.get("text"), str)
        }
        said["rows"] = [
            {**one, "choice": ids.get(one["choice"], one["choice"])}
            if isinstance(one, Mapping) and isinstance(one.get("choice"), str)
            else one
            for one in said["rows"]
        ]
    return said


def _members(members: list[Any], part: str, text: str, path: str) -> list[Any]:
    found: list[Any] = []
    seen: dict[str, int] = {}
    for one in members:
        if not isinstance(one, Mapping):
            found.append(
                {"id": _id(f"{path}:{part}:{one}"), "text": one} if isinstance(one, str) and text == "text" else one
            )
            continue
        words = str(one.get(text, "")) or str(one.get("text", ""))
        # Two of the same words are told apart by which of them they are.
        seen[words] = seen.get(words, 0) + 1
        own = str(one.get("id") or _id(f"{path}:{part}:{words}:{seen[words]}"))
        found.append({"id": own} | _filled(one, part, f"{path}:{own}"))
    return found


def _id(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def quiz_said(quiz: Quiz, number: Any) -> dict[str, Any]:
    """Return a quiz as the file holds it.

    Parameters
    ----------
    number
        Makes of a number's text what is written as one.
    """

    def plain(value: Any, name: str = "") -> Any:
        if isinstance(value, Mapping):
            return {key: plain(one, key) for key, one in value.items()}
        if isinstance(value, list):
            return [plain(one) for one in value]
        return number(str(value)) if name in NUMBERS and value is not None else value

    said: dict[str, Any] = plain(quiz.as_json())
    return said
