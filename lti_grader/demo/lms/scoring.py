"""What each product answers to a score (Assignment and Grade Services 2.0, section 3.4), and what it keeps.

Pure: nothing here sees the store or the clock. The products differ most where a tool is most careless, so
each is written out rather than averaged.
"""

import dataclasses
import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

from lti_grader.demo.lms.products import Product
from lti_grader.demo.lms.wire import Refused, read_moment

ACTIVITY = ("Initialized", "Started", "InProgress", "Submitted", "Completed")
GRADING = ("FullyGraded", "Pending", "PendingManual", "Failed", "NotReady")
CANVAS_SUBMISSION = "https://canvas.instructure.com/lti/submission"
_REQUIRED = ("userId", "activityProgress", "gradingProgress", "timestamp")


@dataclasses.dataclass(frozen=True)
class Score:
    """A score as it was posted; points are the tool's own, not yet scaled to the column."""

    user_id: str
    activity: str
    grading: str
    timestamp: dt.datetime
    given: float | None
    maximum: float | None
    comment: str | None
    submitted_at: dt.datetime | None
    submission: Mapping[str, Any]
    """Canvas's extension."""

    @property
    def counts(self) -> bool:
        """Whether it carries a grade that is final."""
        return self.grading == "FullyGraded" and self.given is not None


@dataclasses.dataclass(frozen=True)
class Standing:
    """What the gradebook knows before the score arrives."""

    column_maximum: float
    known: bool
    learner: bool
    locked: bool
    overridden: bool
    latest: dt.datetime | None
    """The timestamp of the newest score that was taken."""


@dataclasses.dataclass(frozen=True)
class Taken:
    """What becomes of the cell."""

    status: int
    result: float | None
    keeps_result: bool = False
    clears_override: bool = False
    new_submission: bool = False


def read_score(sent: Mapping[str, Any]) -> Score:
    """Return a posted score, or refuse what no product takes.

    Raises
    ------
    Refused
        A field is missing, or is not of its kind.
    """
    for name in _REQUIRED:
        if not isinstance(sent.get(name), str) or not sent[name]:
            raise Refused(400, "bad_request", f"The score has no {name}.")
    if sent["activityProgress"] not in ACTIVITY:
        raise Refused(400, "bad_request", f"activityProgress must be one of {', '.join(ACTIVITY)}.")
    if sent["gradingProgress"] not in GRADING:
        raise Refused(400, "bad_request", f"gradingProgress must be one of {', '.join(GRADING)}.")
    timestamp = read_moment(sent["timestamp"])
    if timestamp is None:
        raise Refused(400, "bad_request", f"Provided timestamp of {sent['timestamp']} not a valid timestamp")
    extension = sent.get(CANVAS_SUBMISSION)
    extension = extension if isinstance(extension, dict) else {}
    standard = sent.get("submission")
    standard = standard if isinstance(standard, dict) else {}
    comment = sent.get("comment")
    return Score(
        user_id=sent["userId"],
        activity=sent["activityProgress"],
        grading=sent["gradingProgress"],
        timestamp=timestamp,
        given=_number(sent, "scoreGiven"),
        maximum=_number(sent, "scoreMaximum"),
        comment=comment if isinstance(comment, str) else None,
        submitted_at=_submitted(extension.get("submitted_at") or standard.get("submittedAt")),
        submission=extension,
    )


def _number(sent: Mapping[str, Any], name: str) -> float | None:
    value = sent.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Refused(400, "bad_request", f"{name} must be a number.")
    return float(value)


def _submitted(text: object) -> dt.datetime | None:
    if text is None:
        return None
    moment = read_moment(text)
    if moment is None:
        raise Refused(400, "bad_request", f"Provided submitted_at timestamp of {text} not a valid timestamp")
    return moment


def judge(product: Product, score: Score, standing: Standing, *, at: dt.datetime) -> Taken:
    """Return what the product makes of a score.

    Raises
    ------
    Refused
        As the product would, with its status and words.
    """
    rules = {Product.CANVAS: _canvas, Product.MOODLE: _moodle, Product.GENERIC: _openedx}
    return rules[product](score, standing, at)


def _canvas(score: Score, standing: Standing, at: dt.datetime) -> Taken:
    if not standing.known or not standing.learner:
        raise Refused(422, "unprocessable_entity", "User not found in course or is not a student")
    if standing.latest is not None and standing.latest > score.timestamp:
        raise Refused(
            400,
            "bad_request",
            f"Provided timestamp of {score.timestamp.isoformat()} before last updated timestamp"
            f" of {standing.latest.isoformat(timespec='milliseconds')}",
        )
    if score.submitted_at is not None and score.submitted_at > at + dt.timedelta(minutes=1):
        raise Refused(400, "bad_request", "Provided submitted_at timestamp in the future")
    # Canvas counts a grade that waits for a person as well as a final one.
    graded = score.given is not None and score.grading in ("FullyGraded", "PendingManual")
    if graded:
        _canvas_points(score)
    fresh = score.submission.get("new_submission") is not False and score.submission.get("submission_type") != "none"
    if not graded:
        return Taken(200, None, keeps_result=score.submission.get("preserve_score") is True, new_submission=fresh)
    return Taken(200, _scaled(score, standing.column_maximum), clears_override=True, new_submission=fresh)


def _canvas_points(score: Score) -> None:
    if score.maximum is None:
        raise Refused(422, "unprocessable_entity", "ScoreMaximum not supplied when ScoreGiven present.")
    if score.maximum < 0 or (score.given or 0) < 0:
        raise Refused(422, "unprocessable_entity", "ScoreGiven and ScoreMaximum must be greater than or equal to 0")


def _moodle(score: Score, standing: Standing, _at: dt.datetime) -> Taken:
    if not standing.known or not standing.learner:
        raise Refused(400, "bad_request", "Incorrect user: not a learner of this course")
    if standing.latest is not None and _whole_seconds(score.timestamp) <= _whole_seconds(standing.latest):
        raise Refused(409, "conflict", "Refusing score with an earlier timestamp")
    if score.given is not None and (score.maximum is None or score.maximum <= 0):
        raise Refused(400, "bad_request", "Score maximum is missing or not positive")
    if standing.locked:
        raise Refused(500, "locked", "The grade is locked.", body="[]")
    if not score.counts:
        return Taken(200, None, new_submission=True)
    scaled = _scaled(score, standing.column_maximum)
    return Taken(200, min(max(scaled, 0.0), standing.column_maximum), new_submission=True)


def _openedx(score: Score, standing: Standing, _at: dt.datetime) -> Taken:
    if not standing.known:
        raise Refused(400, "bad_request", "Unknown user")
    if standing.latest is not None and score.timestamp <= standing.latest:
        raise Refused(400, "bad_request", "Score timestamp must be later than the current one")
    if score.given is not None and score.maximum is None:
        raise Refused(400, "bad_request", "scoreMaximum is a required field when providing a scoreGiven value.")
    if score.given is not None and score.given < 0:
        raise Refused(500, "internal_error", "Server Error (500)", body="<h1>Server Error (500)</h1>")
    if score.given is None:
        return Taken(201, None, new_submission=True)
    return Taken(201, _scaled(score, standing.column_maximum), clears_override=True, new_submission=True)


def _whole_seconds(moment: dt.datetime) -> dt.datetime:
    return moment.replace(microsecond=0)


def _scaled(score: Score, column_maximum: float) -> float:
    """Return the points in the column's own scale; a maximum of nothing scales nothing."""
    given = score.given or 0.0
    return given * column_maximum / score.maximum if score.maximum else given
