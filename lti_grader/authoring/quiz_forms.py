"""What the forms of a quiz's questions say."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import MultiDict

from lti_grader.authoring.errors import BadDraft
from lti_grader.problems.quizzes.editing import new_id
from lti_grader.problems.quizzes.form import (
    BLANK,
    QUESTIONS,
    Accepted,
    Blanks,
    ChoiceBlank,
    Match,
    Question,
    Quiz,
    Section,
    WordsBlank,
)
from lti_grader.problems.quizzes.numbers import readings

Form = MultiDict[str, str]
Part = TypeVar("Part", bound=BaseModel)
KINDS = {
    "single": "One of several options", "multiple": "Several of several options", "numeric": "A number",
    "text": "A word or a few", "blanks": "A text with blanks", "match": "Match things", "order": "Put things in order",
}  # fmt: skip
"""What an author chooses from for a new question."""
SPARE_ROWS = 3
"""Empty rows that a form shows below those that are filled in."""
_HUNDRED = Decimal(100)
_SHARE = re.compile(r"(\d{1,3}(?:[.,]\d+)?)\s*%\s+(.+)")


def new_question(kind: str) -> Question:
    """Return an empty question.

    Raises
    ------
    BadDraft
        There is no such kind.
    """
    if kind not in QUESTIONS:
        raise BadDraft("Choose from the list what kind of question it is.")
    return QUESTIONS[kind](id=new_id())  # type: ignore[return-value]


def settings_of(form: Form, quiz: Quiz) -> Quiz:
    """Return a quiz with the settings that a form says."""
    return _checked(Quiz, {**quiz.as_json(), "papers": form.get("papers", ""), "solutions": form.get("solutions", "")})


def section_of(form: Form, section: Section) -> Section:
    """Return a section as a form says it; its questions stay."""
    draw = form.get("draw", "").strip()
    if draw and not draw.isdecimal():
        raise BadDraft("Give the number of questions that are drawn, or leave it empty for all of them.")
    said = {
        "id": section.id,
        "title": _line(form, "title"),
        "draw": int(draw) if draw else None,
        "shuffle": "shuffle" in form,
    }
    return _checked(Section, said).model_copy(update={"questions": section.questions})


def question_of(form: Form, before: Question) -> Question:
    """Return a question as a form says it, of the same kind and id as it was.

    Raises
    ------
    BadDraft
    """
    said: dict[str, Any] = {
        "id": before.id, "title": _line(form, "title"), "prompt": _text(form, "prompt"),
        "points": _number(form.get("points", ""), "points") or Decimal(0),
        **{name: _text(form, name) for name in ("feedback", "feedback_right", "feedback_wrong")},
    }  # fmt: skip
    said |= _PARTS[before.kind](form, before)
    if "scoring" in type(before).model_fields:
        said["scoring"] = form.get("scoring", "")
    if "shuffle" in type(before).model_fields:
        said["shuffle"] = "shuffle" in form
    return _checked(type(before), said)


def _checked(model: type[Part], said: Mapping[str, Any]) -> Part:
    try:
        return model.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        where = " ".join(str(part) for part in first["loc"]) or "This"
        raise BadDraft(f"{where.capitalize()}: {first['msg']}.") from None


def _text(form: Form, name: str) -> str:
    return form.get(name, "").replace("\r\n", "\n").replace("\0", "").strip()


def _line(form: Form, name: str) -> str:
    return " ".join(_text(form, name).split())


def _number(text: str, what: str) -> Decimal | None:
    if not text.strip():
        return None
    found = readings(text)
    if not found:
        raise BadDraft(f"{text.strip()[:40]!r} is no number: give the {what} as 12, 1.5 or 1,5.")
    return found[0]


def _rows(form: Form) -> list[str]:
    """Return the names of the rows that a form holds, in the order that it gives them."""
    rows = form.getlist("row")[:200]

    def place(row: str) -> tuple[Decimal, int]:
        given = _number(form.get(f"{row}.place", ""), "place")
        return (Decimal(rows.index(row) + 1) if given is None else given, rows.index(row))

    return [one for one in sorted(rows, key=place) if _text(form, f"{one}.text")]


def _row_id(form: Form, row: str) -> str:
    return form.get(f"{row}.id", "") or new_id()


def _options(form: Form, before: Question) -> dict[str, Any]:
    right = set(form.getlist("right"))
    return {
        "options": [
            {
                "id": _row_id(form, row), "text": _text(form, f"{row}.text"), "right": row in right,
                "feedback": _text(form, f"{row}.feedback"),
            }
            for row in _rows(form)
        ]
    }  # fmt: skip


def _number_said(form: Form, before: Question) -> dict[str, Any]:
    return _figure(form)


def _figure(form: Form, prefix: str = "") -> dict[str, Any]:
    relative = _number(form.get(f"{prefix}relative", ""), "tolerance")
    return {
        "value": _number(form.get(f"{prefix}value", ""), "right number"),
        "absolute": _number(form.get(f"{prefix}absolute", ""), "tolerance") or Decimal(0),
        "relative": (relative or Decimal(0)) / _HUNDRED,
        "unit": _line(form, f"{prefix}unit"),
    }


def _wording(form: Form, before: Question) -> dict[str, Any]:
    return {
        "accepted": [
            {
                "text": _text(form, f"{row}.text"), "pattern": f"{row}.pattern" in form,
                "share": (_number(form.get(f"{row}.share", ""), "part of the points") or _HUNDRED) / _HUNDRED,
                "feedback": _text(form, f"{row}.feedback"),
            }
            for row in _rows(form)
        ],
        **{name: name in form for name in ("case", "accents", "spaces")},
    }  # fmt: skip


def _items(form: Form, before: Question) -> dict[str, Any]:
    return {"items": [{"id": _row_id(form, row), "text": _text(form, f"{row}.text")} for row in _rows(form)]}


def _matching(form: Form, before: Question) -> dict[str, Any]:
    """Return rows and choices: what belongs to a row is written beside it, what belongs to none below."""
    known = {one.text: one.id for one in before.choices} if isinstance(before, Match) else {}
    rows = _rows(form)
    texts = [_line(form, f"{row}.choice") for row in rows] + [
        " ".join(one.split()) for one in _text(form, "others").split("\n")
    ]
    ids = {one: known.get(one) or new_id() for one in dict.fromkeys(texts) if one}
    return {
        "rows": [
            {
                "id": _row_id(form, row),
                "text": _text(form, f"{row}.text"),
                "choice": ids.get(_line(form, f"{row}.choice")),
            }
            for row in rows
        ],
        "choices": [{"id": ids[one], "text": one} for one in ids],
    }


def _blanks(form: Form, before: Question) -> dict[str, Any]:
    text = _text(form, "text")
    known = {one.id: one for one in before.blanks} if isinstance(before, Blanks) else {}
    return {
        "text": text,
        "blanks": [_blank(form, name, known.get(name)) for name in dict.fromkeys(BLANK.findall(text))],
    }


def _blank(form: Form, name: str, before: Any) -> dict[str, Any]:
    prefix, kind = f"blank.{name}.", form.get(f"blank.{name}.kind", "words")
    said: dict[str, Any] = {"id": name, "kind": kind}
    if kind == "number":
        return said | _figure(form, prefix)
    lines = [
        one.strip()
        for one in _text(form, f"{prefix}{'options' if kind == 'choice' else 'accepted'}").split("\n")
        if one.strip()
    ]
    if kind == "choice":
        known = {one.text: one.id for one in before.options} if isinstance(before, ChoiceBlank) else {}
        texts = [(one.removeprefix("*").strip(), one.startswith("*")) for one in lines]
        return said | {
            "options": [{"id": known.get(one) or new_id(), "text": one, "right": right} for one, right in texts]
        }
    accepted = [_accepted(one) for one in lines]
    return said | {"accepted": accepted} | {one: f"{prefix}{one}" in form for one in ("case", "accents", "spaces")}


def _accepted(line: str) -> dict[str, Any]:
    """Return the form that a line says: "word", "50% word" for half of the points, "/pattern/"."""
    found = _SHARE.fullmatch(line)
    share, text = (found[1].replace(",", "."), found[2]) if found else ("100", line)
    is_pattern = len(text) > 2 and text.startswith("/") and text.endswith("/")
    return {"text": text[1:-1] if is_pattern else text, "pattern": is_pattern, "share": Decimal(share) / _HUNDRED}


def lines_of(blank: WordsBlank | ChoiceBlank) -> str:
    """Return what stands in the form of a blank, line by line."""
    if isinstance(blank, ChoiceBlank):
        return "\n".join(f"{'* ' if one.right else ''}{one.text}" for one in blank.options)
    return "\n".join(map(_accepted_line, blank.accepted))


def _accepted_line(one: Accepted) -> str:
    share = "" if one.share == 1 else f"{(one.share * _HUNDRED).normalize():f}% "
    return share + (f"/{one.text}/" if one.pattern else one.text)


def choice_texts(question: Match) -> dict[str, str]:
    """Return the texts of the choices by their ids."""
    return {one.id: one.text for one in question.choices}


def others_of(question: Match) -> Sequence[str]:
    """Return the choices that belong to no row."""
    taken = {one.choice for one in question.rows}
    return [one.text for one in question.choices if one.id not in taken]


_PARTS = {
    "single": _options, "multiple": _options, "numeric": _number_said,
    "text": _wording, "order": _items, "match": _matching, "blanks": _blanks,
}  # fmt: skip
