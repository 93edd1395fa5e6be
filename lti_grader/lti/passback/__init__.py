"""Scores on their way to the LMS: a row for each says what is owed until the LMS was seen to hold it.

pending -> sending -> sent -> verified; or failed, or overridden where the LMS holds another grade.
"""

from lti_grader.lti.passback.claiming import claim, claim_some, due, due_column
from lti_grader.lti.passback.outcomes import Became, Outcome, record, set_overridden
from lti_grader.lti.passback.owing import (
    QUEUE,
    TASK,
    owe_again,
    queue_known_scores,
    queue_score,
    queue_scores_of,
    resend,
)
from lti_grader.lti.passback.parcels import Parcel
from lti_grader.lti.passback.sending import begin, give_back, note_sent
from lti_grader.lti.passback.turns import wait_for_all

__all__ = [
    "QUEUE", "TASK", "Became", "Outcome", "Parcel", "begin", "claim", "claim_some", "due", "due_column", "give_back",
    "note_sent", "owe_again", "queue_known_scores", "queue_score", "queue_scores_of", "record", "resend", "set_overridden",
    "wait_for_all",
]  # fmt: skip
