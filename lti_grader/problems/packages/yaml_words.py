"""Mistakes in `lti-grader.yaml`, each in a line that says where it is and what to do."""

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from lti_grader.problems.packages import yaml_form as form
from lti_grader.problems.packages.yaml_lines import Lines, Place, nested

_MOST_ERRORS = 10


def named(place: Place) -> str:
    """Return how a place is called in words."""
    said = ""
    for step in place:
        said += f"[{step + 1}]" if isinstance(step, int) else f"{'.' if said else ''}{step}"
    return said


def in_words(lines: Lines, error: ValidationError) -> Iterator[str]:
    """Return a line for each mistake: where it is, and what to do."""
    seen = set()
    for one in error.errors():
        # Of a value that may be one thing or another, pydantic adds which.
        place = tuple(
            step
            for step in one["loc"]
            if step not in ("str", "InFile", "InFolder")
            and "[" not in str(step)
            and not str(step).startswith("literal")
        )
        if place in seen:
            continue
        seen.add(place)
        if len(seen) > _MOST_ERRORS:
            yield "and more."
            return
        yield f"{lines.at(place)}: {_advice(str(one['type']), place, one, lines)}"


def _advice(kind: str, place: Place, error: Any, lines: Lines) -> str:
    name, value = named(place), nested(lines.content, place)
    if kind == "extra_forbidden":
        close = difflib.get_close_matches(str(place[-1]), sorted(KEYS), n=1)
        return f"{name} is not known here" + (f": is {close[0]} meant?" if close else ": leave it out.")
    if kind == "missing":
        return f"{name} is missing: add it."
    if kind in ("enum", "literal_error"):
        return f"{name} cannot be {value!r}: choose {error['ctx']['expected']}."
    if kind.startswith("decimal"):
        return f"{name} is {value!r}, and has to be a number."
    if kind.startswith("bool"):
        return f"{name} is {value!r}, and has to be true or false."
    if kind in ("list_type", "dict_type", "model_type", "model_attributes_type"):
        return f"{name} has to be {'a list' if kind == 'list_type' else 'names with values'}."
    if kind == "string_type":
        return f"{name} has to be a text, or {{file: NAME}} where a file holds it."
    return f"{name}: {error['msg']}."


def _keys(models: Sequence[type[BaseModel]]) -> set[str]:
    return {name for one in models for name in one.model_fields}


KEYS = _keys([
    form.ProblemForm, form.LimitsForm, form.GroupForm, form.TestForm, form.TemplateForm, form.SolutionForm,
    form.LanguageLimits, form.InFile, form.InFolder, form.AnswerForm, form.RubricForm, form.CriterionForm, form.LevelForm,
])  # fmt: skip
