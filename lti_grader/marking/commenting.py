"""Comments on submissions: by lines, by criterion, or on the whole. Who marks them writes them."""

import dataclasses
import datetime as dt
import uuid
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.marking.adding_up import comments_changed
from lti_grader.marking.errors import BadMarking
from lti_grader.marking.locking import require_held
from lti_grader.marking.models import Feedback, FeedbackSource, FeedbackState, FeedbackType, Marking
from lti_grader.problems.models import RubricCriterion
from lti_grader.problems.rubrics import MOST_POINTS

MOST_CHARACTERS = 10_000
_MOST_LINE = 1_000_000


@dataclasses.dataclass(frozen=True)
class Lines:
    """Lines of a file, from 1; the path is "" where an answer is one text."""

    path: str
    first: int
    last: int


@dataclasses.dataclass(frozen=True)
class Comment:
    """A comment as somebody writes it: on lines, on a criterion, or on the whole."""

    text: str
    lines: Lines | None = None
    criterion_id: uuid.UUID | None = None
    points: Decimal | None = None
    """What it gives or takes; None where it only says something."""


def add_comment(marking: Marking, said: Comment, *, by: uuid.UUID, at: dt.datetime) -> Feedback:
    """Add a comment.

    Parameters
    ----------
    marking
        As `operations.locked` returns it.

    Raises
    ------
    HeldByAnother, BadMarking
    """
    require_held(marking, by, at=at)
    lines = said.lines
    if lines is not None and not 1 <= lines.first <= lines.last <= _MOST_LINE:
        raise BadMarking("Say from which line to which the comment is: the first is not behind the last.")
    if said.criterion_id is not None:
        criterion = session().get(RubricCriterion, said.criterion_id)
        if criterion is None or criterion.problem_version_id != marking.problem_version_id:
            raise BadMarking("The rubric has no such criterion: reload the page.")
    row = Feedback(
        tenant_id=marking.tenant_id, attempt_id=marking.attempt_id, marking_id=marking.id,
        assignment_id=marking.assignment_id, student_id=marking.student_id, type=FeedbackType.CODE,
        source=FeedbackSource.TEACHER, state=FeedbackState.ACCEPTED, criterion_id=said.criterion_id,
        path=lines.path if lines else None, first_line=lines.first if lines else None,
        last_line=lines.last if lines else None, text=worded(said.text), points=points_of(said.points),
        author_id=by, created_at=at,
    )  # fmt: skip
    session().add(row)
    session().flush()
    comments_changed(marking)
    return row


def worded(text: str, most: int = MOST_CHARACTERS) -> str:
    """Return the text of a comment as it is kept, or raise `BadMarking` where it is none, or longer than `most` characters."""
    text = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not text or len(text) > most:
        raise BadMarking(f"A comment has from 1 to {most} characters.")
    return text


def points_of(points: Decimal | None) -> Decimal | None:
    """Return what a comment gives or takes as it is kept, None for nothing, or raise `BadMarking` for what is no such number."""
    if points is not None and not (points.is_finite() and abs(points) <= MOST_POINTS):
        raise BadMarking(f"A comment gives or takes a number of points, {MOST_POINTS} at most.")
    return points or None


def change_comment(
    marking: Marking,
    feedback_id: uuid.UUID,
    text: str,
    points: Decimal | None = None,
    *,
    by: uuid.UUID,
    at: dt.datetime,
) -> None:
    """Let a comment say something else.

    Raises
    ------
    HeldByAnother, BadMarking, NotFound
    """
    require_held(marking, by, at=at)
    row = comment_of(marking, feedback_id)
    row.text, row.points, row.author_id = worded(text), points_of(points), by
    session().flush()
    comments_changed(marking)


def remove_comment(marking: Marking, feedback_id: uuid.UUID, *, by: uuid.UUID, at: dt.datetime) -> None:
    """Take a comment away.

    Raises
    ------
    HeldByAnother, NotFound
    """
    require_held(marking, by, at=at)
    session().delete(comment_of(marking, feedback_id))
    session().flush()
    comments_changed(marking)


def comment_of(marking: Marking, feedback_id: uuid.UUID) -> Feedback:
    """Return a comment of a marking, or raise `NotFound`."""
    found = session().scalar(sa.select(Feedback).where(Feedback.id == feedback_id, Feedback.marking_id == marking.id))
    if found is None:
        raise NotFound("There is no such comment any more.")
    return found
