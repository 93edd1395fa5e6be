"""How products answer a score, as their own sources and running systems do."""

import dataclasses
import datetime as dt
import enum
import math
from typing import Any

from lti_grader.demo.lms.submissions import EXTENSION, read_extension

SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"


class Mode(enum.StrEnum):
    CANVAS = "canvas"
    MOODLE = "moodle"
    GENERIC = "generic"


@dataclasses.dataclass(frozen=True)
class Cell:
    """What is in the gradebook before the post."""

    maximum: float
    timestamp: dt.datetime | None
    is_overridden: bool
    is_locked: bool
    is_learner: bool


@dataclasses.dataclass(frozen=True)
class Outcome:
    """The answer, and what the cell holds afterwards; `stores` says whether anything changes."""

    status: int
    body: Any
    stores: bool = False
    score: float | None = None
    """In points of the column's maximum; None empties the cell."""
    keeps_score: bool = False


def _refused(status: int, words: str) -> Outcome:
    return Outcome(status, {"errors": {"type": "bad_request" if status == 400 else "unprocessable", "message": words}})


def take(mode: Mode, cell: Cell, body: Any, content_type: str, *, at: dt.datetime) -> Outcome:
    """Return what the product answers to a score.

    Parameters
    ----------
    body
        The posted JSON.
    at
        Now, by the LMS's clock.
    """
    if mode is Mode.MOODLE and content_type.partition(";")[0].strip() != SCORE_TYPE:
        return _refused(400, "Unsupported content type")
    outcome = _judged(mode, cell, body, at=at)
    # Moodle says why in the status line only, which few see.
    return outcome if outcome.stores or mode is not Mode.MOODLE else dataclasses.replace(outcome, body=[])


def _judged(mode: Mode, cell: Cell, body: Any, *, at: dt.datetime) -> Outcome:
    if not isinstance(body, dict):
        return _refused(400, "The score is not a JSON object")
    for name in ("userId", "activityProgress", "gradingProgress", "timestamp"):
        if not body.get(name):
            return _refused(400, f"{name} is missing")
    when = parse_moment(body["timestamp"])
    if when is None:
        return _refused(400, "timestamp is not an ISO 8601 time")
    refusal = _check_time(mode, cell, when) or _check_numbers(mode, body) or _check_person(mode, cell, body, at)
    if refusal:
        return refusal
    return _stored(mode, cell, body)


def _check_time(mode: Mode, cell: Cell, when: dt.datetime) -> Outcome | None:
    if cell.timestamp is None:
        return None
    before = cell.timestamp
    if mode is Mode.MOODLE:
        # Moodle keeps whole seconds: a later millisecond is the same time.
        when, before = when.replace(microsecond=0), before.replace(microsecond=0)
        return _refused(409, "Refusing score with an earlier timestamp") if when <= before else None
    if when < before:
        return _refused(400, "A newer timestamp was posted before")
    if when == before and mode is Mode.GENERIC:
        return _refused(400, "timestamp must be newer than the last one")
    return None


def _check_numbers(mode: Mode, body: dict[str, Any]) -> Outcome | None:
    given, maximum = body.get("scoreGiven"), body.get("scoreMaximum")
    if given is None:
        return None
    if not _is_number(given) or (maximum is not None and not _is_number(maximum)):
        return _refused(400, "scoreGiven and scoreMaximum are numbers")
    if maximum is None or maximum <= 0:
        return _refused(422 if mode is Mode.CANVAS else 400, "scoreMaximum is required with scoreGiven")
    if given < 0 and mode is Mode.CANVAS:
        return _refused(422, "scoreGiven must not be negative")
    if given < 0 and mode is Mode.GENERIC:
        return Outcome(500, {"errors": {"message": "Internal Server Error"}})
    return None


def _check_person(mode: Mode, cell: Cell, body: dict[str, Any], at: dt.datetime) -> Outcome | None:
    if not cell.is_learner and mode is not Mode.GENERIC:
        return _refused(422 if mode is Mode.CANVAS else 400, "User is not a learner in this course")
    if mode is Mode.CANVAS:
        extension = read_extension(body)
        handed_in = parse_moment(extension.submitted_at)
        if extension.submitted_at and handed_in is None:
            return _refused(400, "submittedAt is not an ISO 8601 time")
        if handed_in is not None and handed_in > at + dt.timedelta(minutes=1):
            return _refused(400, "submittedAt is in the future")
        if extension.kind == "online_upload" and not extension.files:
            return _refused(422, "Content items must be provided with submission type 'online_upload'")
    if mode is Mode.MOODLE and cell.is_locked:
        return Outcome(500, [])
    return None


def _stored(mode: Mode, cell: Cell, body: dict[str, Any]) -> Outcome:
    given = body.get("scoreGiven")
    # A score that waits for a person's look counts already in Canvas.
    ready = ("FullyGraded", "PendingManual") if mode is Mode.CANVAS else ("FullyGraded",)
    final = body["gradingProgress"] in ready and given is not None
    answer: Any = {Mode.CANVAS: {"resultUrl": "results/1"}, Mode.MOODLE: [], Mode.GENERIC: ""}[mode]
    if mode is Mode.CANVAS:
        extension = read_extension(body)
        if extension.files:
            answer[EXTENSION] = {"content_items": extension.files}
        if (extension.preserves_score and not final) or (extension.yields_to_teachers and cell.is_overridden):
            return Outcome(200, answer, stores=True, keeps_score=True)
    # The standard lets points count that are not final, and takes a score without points for none at all.
    if given is None or (not final and mode is not Mode.GENERIC):
        return Outcome(200, answer, stores=True, score=None)
    share = given / body["scoreMaximum"]
    if mode is Mode.MOODLE:
        share = min(max(share, 0.0), 1.0)
    return Outcome(200, answer, stores=True, score=round(share * cell.maximum, 5))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def parse_moment(text: object) -> dt.datetime | None:
    """Return an ISO 8601 time with a zone, None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
