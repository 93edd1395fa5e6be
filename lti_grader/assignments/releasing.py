"""Releasing marks and feedback by hand, and taking that back."""

import datetime as dt
import uuid

from lti_grader.assignments.events import ReleaseChanged
from lti_grader.assignments.models import Assignment
from lti_grader.assignments.release import Part, ReleaseRule, When
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.core.events import publish


def release(assignment_id: uuid.UUID, parts: set[Part], *, by: uuid.UUID, at: dt.datetime) -> set[Part]:
    """Release marks, feedback or both now, and return what was not released before.

    Parameters
    ----------
    by
        The teacher who says so.
    """
    assignment = _locked(assignment_id)
    fresh = {part for part in parts if not assignment.release(part).is_out(at=at)}
    if Part.MARKS in fresh:
        assignment.marks_released_at, assignment.marks_released_by = at, by
    if Part.FEEDBACK in fresh:
        assignment.feedback_released_at, assignment.feedback_released_by = at, by
    session().flush()
    if fresh:
        publish(ReleaseChanged(assignment_id))
    return fresh


def take_back(assignment_id: uuid.UUID, parts: set[Part], *, at: dt.datetime) -> None:
    """Show students marks, feedback or both no longer, until they are released by hand.

    What the LMS holds by then stays there: a tool does not take grades away.
    """
    assignment = _locked(assignment_id)
    shown = {part for part in parts if assignment.release(part).is_out(at=at)}
    by_hand = ReleaseRule(when=When.BY_HAND)
    rules = assignment.rules.model_copy(update={str(part): by_hand for part in shown})
    assignment.config = rules.model_dump(mode="json")
    if Part.MARKS in shown:
        assignment.marks_released_at = assignment.marks_released_by = None
    if Part.FEEDBACK in shown:
        assignment.feedback_released_at = assignment.feedback_released_by = None
    session().flush()
    if shown:
        publish(ReleaseChanged(assignment_id))


def _locked(assignment_id: uuid.UUID) -> Assignment:
    found = session().get(Assignment, assignment_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound("There is no such assignment.")
    return found
