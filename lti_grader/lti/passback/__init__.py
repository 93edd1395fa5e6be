"""Scores on their way to the LMS: a row for each says what is owed until the LMS was seen to hold it.

pending -> sending -> sent -> verified; or failed, or overridden where the LMS holds another grade.
"""

from lti_grader.lti.passback.claiming import Parcel, claim, claim_next, due, due_column
from lti_grader.lti.passback.outcomes import (
    mark_answer,
    mark_excluded,
    mark_overridden,
    mark_sent,
    mark_unseen,
    mark_verified,
    mark_waiting,
    mark_withheld,
    set_overridden,
)
from lti_grader.lti.passback.owing import (
    QUEUE,
    TASK,
    owe_again,
    queue_known_scores,
    queue_score,
    queue_scores_of,
    resend,
)
from lti_grader.lti.passback.turns import wait_for_all

__all__ = [
    "QUEUE", "TASK", "Parcel", "claim", "claim_next", "due", "due_column", "mark_answer", "mark_excluded",
    "mark_overridden", "mark_sent", "mark_unseen", "mark_verified", "mark_waiting", "mark_withheld", "owe_again",
    "queue_known_scores", "queue_score", "queue_scores_of", "resend", "set_overridden", "wait_for_all",
]  # fmt: skip
