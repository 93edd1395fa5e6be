"""Rubrics in `lti-grader.yaml`, both ways."""

from collections.abc import Callable
from typing import Any

from lti_grader.problems.packages import yaml_form as form
from lti_grader.problems.packages.package import BadPackage
from lti_grader.problems.packages.yaml_lines import Lines, Place
from lti_grader.problems.rubrics import BadRubric, DraftCriterion, DraftLevel, DraftRubric, require_usable


def read(said: form.RubricForm, lines: Lines, words: Callable[[form.Text, Place], str]) -> DraftRubric:
    """Return a rubric as its file says it.

    Parameters
    ----------
    words
        Returns a text that stands at a place, or in a file.

    Raises
    ------
    BadPackage
    """
    rubric = DraftRubric(
        [_criterion(one, ("rubric", "criteria", number), words) for number, one in enumerate(said.criteria)],
        said.shown,
    )
    try:
        require_usable(rubric)
    except BadRubric as error:
        raise BadPackage(f"{lines.at(('rubric',))}: {error.message}") from None
    return rubric


def _criterion(said: form.CriterionForm, place: Place, words: Callable[[form.Text, Place], str]) -> DraftCriterion:
    levels = [
        DraftLevel(one.points, one.description.strip(), words(one.exemplar, (*place, "levels", number, "exemplar")))
        for number, one in enumerate(said.levels)
    ]
    return DraftCriterion(said.name.strip(), levels, words(said.description, (*place, "description")))


def write(
    rubric: DraftRubric, text: Callable[[str, str], Any], number: Callable[[Any], Any], given: Callable[..., Any]
) -> dict[str, Any]:
    """Return a rubric as its file is to say it.

    Parameters
    ----------
    text
        Returns a text as it is to stand there, given it and the name of a file for it.
    number
        Returns a number so.
    given
        Returns names with values, without those that say nothing.
    """
    said: dict[str, Any] = {} if rubric.is_shown else {"shown": False}
    said["criteria"] = [
        {"name": one.name}
        | given(description=text(one.description, f"rubric/{place}.md"))
        | {
            "levels": [
                {"points": number(level.points), "description": level.description}
                | given(exemplar=text(level.exemplar, f"rubric/{place}-{step}.md"))
                for step, level in enumerate(one.levels, start=1)
            ]
        }
        for place, one in enumerate(rubric.criteria, start=1)
    ]
    return said
