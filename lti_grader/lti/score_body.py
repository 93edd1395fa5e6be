"""What is posted of a score (Assignment and Grade Services 2.0, section 3.4)."""

import datetime as dt
from typing import Any

from lti_grader.lti.passback import Parcel
from lti_grader.lti.products import ScoreFacts, product_of
from lti_grader.lti.results import Held


def score_json(parcel: Parcel, comment: str) -> dict[str, Any]:
    """Return the score as section 3.4 wants it: points, not per cent."""
    body: dict[str, Any] = {
        "userId": parcel.sub,
        "activityProgress": parcel.activity_progress,
        "gradingProgress": parcel.grading_progress,
        "timestamp": _moment(parcel.timestamp),
    }
    if parcel.score is not None:
        body |= {"scoreGiven": float(parcel.score), "scoreMaximum": float(parcel.maximum)}
    if comment:
        body["comment"] = comment
    if parcel.submitted_at is not None:
        body["submission"] = {"submittedAt": _moment(parcel.submitted_at)}
    return body


def facts(parcel: Parcel, public_url: str, *, is_new_submission: bool) -> ScoreFacts:
    """Return what a product may say more about."""
    return ScoreFacts(
        attempt_url=f"{public_url}/lti/attempts/{parcel.attempt_id}" if parcel.attempt_id else None,
        submitted_at=_moment(parcel.submitted_at) if parcel.submitted_at else None,
        is_new_submission=is_new_submission,
        is_final=parcel.score is not None or parcel.clears,
        replaces_by_word=parcel.forced,
    )


def comment_to_keep(parcel: Parcel, before: Held | None) -> str:
    """Return the comment that somebody wrote there and that this score would take away; "" where there is none.

    Parameters
    ----------
    before
        What the LMS held before the score.
    """
    product, there = product_of(parcel.platform), before.comment if before is not None else ""
    if product.comments_stay or _line_ends(there) in {_line_ends(one) for one in parcel.comments}:
        return ""
    return product.comment_to_keep(there).strip()


def _line_ends(comment: str) -> str:
    # An LMS may keep other ends of lines than it was given.
    return "\n".join(comment.strip().splitlines())


def _moment(when: dt.datetime) -> str:
    return when.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
