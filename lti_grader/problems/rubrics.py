"""Rubrics of versions: written as a whole, read with their criteria and levels in order."""

import dataclasses
import uuid
from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import Unprocessable
from lti_grader.problems.models import Rubric, RubricCriterion, RubricLevel

MOST_CRITERIA, MOST_LEVELS, MOST_POINTS = 50, 9, Decimal(100_000)
"""As many levels as there are digits to choose them by."""
_MOST_NAME, _MOST_TEXT = 200, 20_000


class BadRubric(Unprocessable):
    """A rubric cannot be used as it is; the message says what to change."""

    code = "bad_rubric"


@dataclasses.dataclass(frozen=True)
class DraftLevel:
    """A level as an author writes it."""

    points: Decimal
    description: str
    exemplar: str = ""


@dataclasses.dataclass(frozen=True)
class DraftCriterion:
    """A criterion as an author writes it; its best level says what it is worth."""

    name: str
    levels: Sequence[DraftLevel]
    description: str = ""

    @property
    def points(self) -> Decimal:
        return max((one.points for one in self.levels), default=Decimal(0))


@dataclasses.dataclass(frozen=True)
class DraftRubric:
    """A rubric as an author writes it."""

    criteria: Sequence[DraftCriterion]
    is_shown: bool = True

    @property
    def points(self) -> Decimal:
        return sum((one.points for one in self.criteria), Decimal(0))


@dataclasses.dataclass(frozen=True)
class CriterionLine:
    """A criterion with its levels in order."""

    row: RubricCriterion
    levels: Sequence[RubricLevel]


@dataclasses.dataclass(frozen=True)
class RubricLines:
    """A rubric with its criteria in order."""

    row: Rubric
    criteria: Sequence[CriterionLine]

    @property
    def draft(self) -> DraftRubric:
        """It as an author writes it: what two rubrics are compared by."""
        return DraftRubric(
            [
                DraftCriterion(
                    one.row.name,
                    [DraftLevel(level.points, level.description, level.exemplar) for level in one.levels],
                    one.row.description,
                )
                for one in self.criteria
            ],
            self.row.is_shown,
        )


def require_usable(rubric: DraftRubric) -> None:
    """Raise `BadRubric` for a rubric that nobody could mark by."""
    if not rubric.criteria:
        raise BadRubric("Give the rubric a criterion.")
    if len(rubric.criteria) > MOST_CRITERIA:
        raise BadRubric(f"A rubric has {MOST_CRITERIA} criteria at most.")
    names = [one.name.strip() for one in rubric.criteria]
    if len(set(names)) < len(names):
        raise BadRubric("Two criteria have one name: give each its own.")
    for one in rubric.criteria:
        _require_usable_criterion(one)
    if not rubric.points:
        raise BadRubric("The rubric is worth nothing: give a level points.")


def _require_usable_criterion(one: DraftCriterion) -> None:
    if not one.name.strip() or len(one.name) > _MOST_NAME:
        raise BadRubric(f"Give each criterion a name of at most {_MOST_NAME} characters.")
    if not one.levels or len(one.levels) > MOST_LEVELS:
        raise BadRubric(f"“{one.name}” needs from 1 to {MOST_LEVELS} levels.")
    if any(not level.description.strip() or len(level.description) > _MOST_NAME for level in one.levels):
        raise BadRubric(f"Say of each level of “{one.name}” what it is, in at most {_MOST_NAME} characters.")
    if not all(0 <= level.points <= MOST_POINTS for level in one.levels):
        raise BadRubric(f"The points of a level of “{one.name}” are from 0 to {MOST_POINTS}.")
    texts = [one.description, *(level.exemplar for level in one.levels)]
    if max(map(len, texts)) > _MOST_TEXT:
        raise BadRubric(f"A text of “{one.name}” is longer than {_MOST_TEXT} characters: shorten it.")


def write_rubric(version_id: uuid.UUID, wanted: DraftRubric | None) -> None:
    """Let a draft have this rubric, or none. What stays in its place keeps its row.

    Raises
    ------
    BadRubric
    """
    if wanted is None:
        session().execute(sa.delete(Rubric).where(Rubric.problem_version_id == version_id))
        return
    require_usable(wanted)
    own = {"tenant_id": current_tenant(), "problem_version_id": version_id}
    before = rubric_of(version_id)
    rubric = before.row if before else Rubric(**own)
    rubric.points, rubric.is_shown = wanted.points, wanted.is_shown
    session().add(rubric)
    session().flush()
    kept = list(before.criteria) if before else []
    for place, one in enumerate(wanted.criteria):
        line = kept[place] if place < len(kept) else CriterionLine(RubricCriterion(**own, order_index=place), [])
        line.row.name, line.row.description, line.row.points = one.name.strip(), one.description, one.points
        session().add(line.row)
        session().flush()
        _write_levels(line, one.levels)
    for line in kept[len(wanted.criteria) :]:
        session().delete(line.row)
    session().flush()


def _write_levels(line: CriterionLine, wanted: Sequence[DraftLevel]) -> None:
    kept, criterion = list(line.levels), line.row
    for place, one in enumerate(wanted):
        level = kept[place] if place < len(kept) else RubricLevel(
            tenant_id=criterion.tenant_id, problem_version_id=criterion.problem_version_id, criterion_id=criterion.id,
            order_index=place,
        )  # fmt: skip
        level.points, level.description, level.exemplar = one.points, one.description.strip(), one.exemplar
        session().add(level)
    for level in kept[len(wanted) :]:
        session().delete(level)
    session().flush()


def rubric_of(version_id: uuid.UUID) -> RubricLines | None:
    """Return the rubric of a version, in two queries; None where only its tests count."""
    row = session().scalar(sa.select(Rubric).where(Rubric.problem_version_id == version_id))
    if row is None:
        return None
    found: dict[uuid.UUID, tuple[RubricCriterion, list[RubricLevel]]] = {}
    for criterion, level in session().execute(
        sa.select(RubricCriterion, RubricLevel)
        .join(RubricLevel, RubricLevel.criterion_id == RubricCriterion.id)
        .where(RubricCriterion.problem_version_id == version_id)
        .order_by(RubricCriterion.order_index, RubricLevel.order_index)
    ):
        found.setdefault(criterion.id, (criterion, []))[1].append(level)
    return RubricLines(row, [CriterionLine(*one) for one in found.values()])


def shown_rubric(version_id: uuid.UUID) -> RubricLines | None:
    """Return the rubric that students read with a version's statement; None where they read none."""
    found = rubric_of(version_id)
    return found if found is not None and found.row.is_shown else None


def points_of(version_id: uuid.UUID) -> Decimal:
    """Return the most that people give for an answer to a version; 0 where only its tests count."""
    found = session().scalar(sa.select(Rubric.points).where(Rubric.problem_version_id == version_id))
    return found or Decimal(0)


def in_words(rubric: DraftRubric | None) -> str:
    """Return a rubric as lines of text, by which versions are compared."""
    if rubric is None:
        return ""
    lines = ["Students read it" if rubric.is_shown else "Students do not read it"]
    for one in rubric.criteria:
        lines += [f"{one.name} ({_plain(one.points)} points)", *_indented(one.description)]
        for level in one.levels:
            lines += [f"- {_plain(level.points)}: {level.description}", *_indented(level.exemplar)]
    return "\n".join(lines)


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.splitlines()]


def _plain(points: Decimal) -> str:
    return f"{points.normalize():f}"
