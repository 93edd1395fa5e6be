"""The form of a draft's rubric: criteria and levels by their places, as it was sent or as the draft has it."""

import dataclasses
from collections.abc import Sequence

from werkzeug.datastructures import MultiDict

from lti_grader.authoring.errors import BadDraft
from lti_grader.authoring.forms import number
from lti_grader.problems.rubrics import (
    MOST_LEVELS,
    DraftCriterion,
    DraftLevel,
    DraftRubric,
)

Form = MultiDict[str, str]
_SPARE = 2


@dataclasses.dataclass(frozen=True)
class LevelFields:
    """What the fields of a level hold; texts that may be wrong still."""

    points: str = ""
    description: str = ""
    exemplar: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.points.strip() or self.description.strip() or self.exemplar.strip())


@dataclasses.dataclass(frozen=True)
class CriterionFields:
    name: str = ""
    description: str = ""
    levels: Sequence[LevelFields] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.name.strip() or self.description.strip() or self.levels)

    @property
    def shown_levels(self) -> list[LevelFields]:
        """Its levels, with empty ones behind them for more."""
        spare = min(max(_SPARE, 3 - len(self.levels)), max(0, MOST_LEVELS - len(self.levels)))
        return [*self.levels, *[LevelFields()] * spare]


@dataclasses.dataclass(frozen=True)
class RubricFields:
    is_shown: bool = True
    criteria: Sequence[CriterionFields] = (CriterionFields(),)


def fields_of(rubric: DraftRubric | None) -> RubricFields:
    """Return what the form shows of a rubric; an empty criterion where there is none."""
    if rubric is None:
        return RubricFields()
    return RubricFields(
        rubric.is_shown,
        [
            CriterionFields(
                one.name,
                one.description,
                [
                    LevelFields(f"{level.points.normalize():f}", level.description, level.exemplar)
                    for level in one.levels
                ],
            )
            for one in rubric.criteria
        ],
    )


def sent(form: Form) -> RubricFields:
    """Return what a form holds, without what is empty."""
    criteria = []
    for key in form.getlist("criterion"):
        columns = (form.getlist(f"{name}-{key}") for name in ("points", "level", "exemplar"))
        levels = [LevelFields(*map(_lines, one)) for one in zip(*columns, strict=False)]
        criterion = CriterionFields(
            _lines(form.get(f"name-{key}", "")),
            _lines(form.get(f"description-{key}", "")),
            [one for one in levels if not one.is_empty],
        )
        if not criterion.is_empty:
            criteria.append(criterion)
    return RubricFields("shown" in form, criteria)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\0", "")


def arranged(form: Form, act: str) -> RubricFields:
    """Return what a form holds once one of its buttons was pressed: add, up-N, down-N or remove-N, N from 0.

    Raises
    ------
    BadDraft
        There is no such button.
    """
    fields = sent(form)
    if act == "add":
        return dataclasses.replace(fields, criteria=[*fields.criteria, CriterionFields()])
    verb, _, place = act.partition("-")
    steps = {"up": -1, "down": 1}
    if not place.isdecimal() or int(place) >= len(fields.criteria) or verb not in {*steps, "remove"}:
        raise BadDraft("The form has no such button: reload the page.")
    others = list(fields.criteria)
    moved = others.pop(int(place))
    if verb in steps:
        others.insert(max(0, int(place) + steps[verb]), moved)
    return dataclasses.replace(fields, criteria=others)


def rubric_of(fields: RubricFields) -> DraftRubric | None:
    """Return the rubric that fields say; None where they say none.

    Raises
    ------
    BadDraft
        Points are no number.
    """
    if not fields.criteria:
        return None
    return DraftRubric(
        [
            DraftCriterion(
                one.name,
                [
                    DraftLevel(
                        round(number(level.points, f"points of each level of “{one.name}”"), 4),
                        level.description,
                        level.exemplar,
                    )
                    for level in one.levels
                ],
                one.description,
            )
            for one in fields.criteria
        ],
        fields.is_shown,
    )
