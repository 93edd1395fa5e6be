"""Comments on submissions: by lines, by criterion, or on the whole. Who marks them writes them."""

import dataclasses
import datetime as dt
import uuid

import sqlalchemy as sa

from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.marking.errors import BadMarking
from lti_grader.marking.locking import require_held
from lti_grader.marking.models import Feedback, FeedbackSource, FeedbackState, FeedbackType, Marking
from lti_grader.problems.models import RubricCriterion

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
        last_line=lines.last if lines else None, text=_text(said.text), author_id=by, created_at=at,
    )  # fmt: skip
    session().add(row)
    session().flush()
    return row


def _text(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not text or len(text) > MOST_CHARACTERS:
        raise BadMarking(f"A comment has from 1 to {MOST_CHARACTERS} characters.")
    return text


def change_comment(marking: Marking, feedback_id: uuid.UUID, text: str, *, by: uuid.UUID, at: dt.datetime) -> None:
    """Let a comment say something else.

    Raises
    ------
    HeldByAnother, BadMarking, NotFound
    """
    require_held(marking, by, at=at)
    row = _of(marking, feedback_id)
    row.text, row.author_id = _text(text), by
    session().flush()


def remove_comment(marking: Marking, feedback_id: uuid.UUID, *, by: uuid.UUID, at: dt.datetime) -> None:
    """Take a comment away.

    Raises
    ------
    HeldByAnother, NotFound
    """
    require_held(marking, by, at=at)
    session().delete(_of(marking, feedback_id))
    session().flush()


def _of(marking: Marking, feedback_id: uuid.UUID) -> Feedback:
    found = session().scalar(sa.select(Feedback).where(Feedback.id == feedback_id, Feedback.marking_id == marking.id))
    if found is None:
        raise NotFound("There is no such comment any more.")
    return found
