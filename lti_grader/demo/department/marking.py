"""What people mark of a term, beside the tests: one problem of an exam, by a rubric; most of it is done, the rest waits."""

import dataclasses
import datetime as dt
import random
import uuid
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.core.db import current_tenant, session
from lti_grader.core.ids import new_id
from lti_grader.marking.models import Marking, MarkingState, RubricScore
from lti_grader.problems.rubrics import DraftCriterion, DraftLevel, DraftRubric, rubric_of


@dataclasses.dataclass(frozen=True)
class Place:
    """A problem of an assignment that people mark."""

    assignment_id: uuid.UUID
    item_id: uuid.UUID
    version_id: uuid.UUID


MARKED = "Second midterm"
"""The title of the assignment whose first problem people mark."""
_DONE = 0.7
RUBRIC = DraftRubric(
    [
        DraftCriterion(
            "Clarity",
            [
                DraftLevel(Decimal(0), "Cannot be followed"),
                DraftLevel(Decimal(1), "Can be followed with some effort"),
                DraftLevel(Decimal(2), "Reads well: names say what is meant"),
            ],
            "Would somebody else understand it in half a year?",
        ),
        DraftCriterion(
            "Approach",
            [
                DraftLevel(Decimal(0), "Does not fit the task"),
                DraftLevel(Decimal(1), "Fits, with more work than the task needs"),
                DraftLevel(Decimal(3), "Fits the task"),
            ],
        ),
    ]
)


def mark(
    place: Place,
    wanted: Mapping[uuid.UUID, Collection[uuid.UUID]],
    marker_ids: Sequence[uuid.UUID],
    rng: random.Random,
    *,
    at: dt.datetime,
) -> int:
    """Have submissions marked by people, mark most of them, and return how many those are. A transaction is open.

    The rows are those that markers' pages write: nothing of them waits for anybody, so they are written at once.

    Parameters
    ----------
    wanted
        The submissions that count, by student.
    marker_ids
        Who marks.
    at
        Everything is marked in the three days before.
    """
    rubric = rubric_of(place.version_id)
    assert rubric is not None
    markings: list[dict[str, object]] = []
    scores: list[dict[str, object]] = []
    for student_id, attempt_id in [(one, attempt) for one, attempts in wanted.items() for attempt in attempts]:
        shared: dict[str, object] = {
            "tenant_id": current_tenant(),
            "assignment_id": place.assignment_id,
            "student_id": student_id,
        }
        marking = shared | {
            "id": new_id(), "attempt_id": attempt_id, "assignment_problem_id": place.item_id,
            "problem_version_id": place.version_id, "round": 1, "state": MarkingState.UNMARKED, "stands": False,
            "points": Decimal(0), "marker_id": None, "done_at": None, "revision": 0,
        }  # fmt: skip
        if rng.random() < _DONE:
            marker_id, done_at = rng.choice(marker_ids), at - dt.timedelta(hours=rng.uniform(0, 72))
            given = [
                (line.row, rng.choices(line.levels, range(1, len(line.levels) + 1))[0]) for line in rubric.criteria
            ]
            marking |= {
                "state": MarkingState.DONE, "stands": True, "points": sum(level.points for _, level in given),
                "marker_id": marker_id, "done_at": done_at, "revision": 1,
            }  # fmt: skip
            scores += [
                shared | {
                    "id": new_id(), "marking_id": marking["id"], "criterion_id": criterion.id, "level_id": level.id,
                    "points": level.points, "grader_id": marker_id, "criterion_name": criterion.name,
                    "criterion_points": criterion.points, "level_description": level.description, "given_at": done_at,
                }
                for criterion, level in given
            ]  # fmt: skip
        markings.append(marking)
    for table, rows in ((Marking, markings), (RubricScore, scores)):
        if rows:
            session().execute(sa.insert(table), rows)
    return sum(one["state"] == MarkingState.DONE for one in markings)
