"""What reports on similarity hold about one person: for a copy of their data, and for taking it out."""

import uuid
from typing import Any

import sqlalchemy as sa

from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.core.db import session
from lti_grader.grading.similarity.models import (
    SimilarityNote,
    SimilarityPair,
    SimilarityProgram,
    SimilarityReport,
)


def is_note_on(person_id: uuid.UUID) -> sa.ColumnElement[bool]:
    """Return the condition that a note is about a submission of a person's."""
    mine = sa.select(SubmissionAttempt.id).where(SubmissionAttempt.student_id == person_id)
    return sa.or_(SimilarityNote.first_attempt_id.in_(mine), SimilarityNote.second_attempt_id.in_(mine))


def is_pair_of(person_id: uuid.UUID) -> sa.ColumnElement[bool]:
    """Return the condition that one of a pair is a submission of a person's."""
    mine = (
        sa.select(SimilarityProgram.id)
        .join(SubmissionAttempt, SubmissionAttempt.id == SimilarityProgram.attempt_id)
        .where(SubmissionAttempt.student_id == person_id)
    )
    return sa.or_(SimilarityPair.left_id.in_(mine), SimilarityPair.right_id.in_(mine))


def held_about(person_id: uuid.UUID) -> dict[str, list[dict[str, Any]]]:
    """Return what reports found of a person's submissions, and what staff noted; nothing of the other one's."""
    mine = SubmissionAttempt.student_id == person_id
    pairs = session().execute(
        sa.select(SubmissionAttempt.id, SimilarityReport.started_at, SimilarityPair.score)
        .join(SimilarityProgram, SimilarityProgram.attempt_id == SubmissionAttempt.id)
        .join(
            SimilarityPair,
            sa.or_(SimilarityPair.left_id == SimilarityProgram.id, SimilarityPair.right_id == SimilarityProgram.id),
        )
        .join(SimilarityReport, SimilarityReport.id == SimilarityPair.report_id)
        .where(mine)
        .order_by(SimilarityReport.started_at, SimilarityPair.score.desc())
    )
    notes = session().execute(
        sa.select(SubmissionAttempt.id, SimilarityNote.decision, SimilarityNote.words, SimilarityNote.at)
        .join(
            SimilarityNote,
            sa.or_(
                SimilarityNote.first_attempt_id == SubmissionAttempt.id,
                SimilarityNote.second_attempt_id == SubmissionAttempt.id,
            ),
        )
        .where(mine)
        .order_by(SimilarityNote.at)
    )
    return {
        "found": [{"attempt": one, "at": at, "alike": score} for one, at, score in pairs],
        "notes": [{"attempt": one, "decision": said, "note": words, "at": at} for one, said, words, at in notes],
    }


def forget(person_id: uuid.UUID) -> None:
    """Take out what staff wrote about a person's submissions; the decisions stay."""
    session().execute(
        sa.update(SimilarityNote)
        .where(is_note_on(person_id))
        .values(words="")
        .execution_options(synchronize_session=False)
    )
