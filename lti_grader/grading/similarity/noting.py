"""What staff make of a pair after looking at it."""

import datetime as dt
import uuid

from lti_grader.core.db import current_tenant, session
from lti_grader.grading.similarity.errors import BadReport
from lti_grader.grading.similarity.findings import OpenedPair
from lti_grader.grading.similarity.models import ActKind, Decision, SimilarityNote
from lti_grader.grading.similarity.reports import note
from lti_grader.grading.similarity.sides import key

MOST_CHARACTERS = 2000


def decide(pair: OpenedPair, decision: str, words: str, *, by: uuid.UUID, at: dt.datetime) -> None:
    """Keep what somebody thinks of a pair; it stands for the same submissions in later reports.

    Raises
    ------
    BadReport
        The decision is none of those that there are, or the words are too many.
    """
    if decision not in [*Decision]:
        raise BadReport("Say what you make of it: nothing, looked at, or talk to them.")
    if len(words) > MOST_CHARACTERS:
        raise BadReport(f"The note has {len(words):,} characters; at most {MOST_CHARACTERS:,} are kept.")
    first, second = key(pair.line.left, pair.line.right)
    session().add(
        SimilarityNote(
            tenant_id=current_tenant(), first_attempt_id=first, second_attempt_id=second, decision=decision,
            words=words.strip(), by=by, at=at,
        )
    )  # fmt: skip
    note(pair.line.row.report_id, ActKind.NOTED, by=by, at=at, pair_id=pair.line.row.id)
