"""Releasing marks and feedback by hand, and taking that back."""

import datetime as dt
import uuid
from collections.abc import Collection

from lti_grader.assignments.access import last_dues
from lti_grader.assignments.events import ReleaseChanged
from lti_grader.assignments.models import Assignment
from lti_grader.assignments.queries import release_of
from lti_grader.assignments.release import Part, ReleaseRule, When
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.core.events import publish

_LOOK_AGAIN = dt.timedelta(hours=1)
_UNDER_WAY = dt.timedelta(minutes=1)
"""What was under way when a moment came is committed by then: it knew nothing of it, and is looked for once more."""


def release(assignment_id: uuid.UUID, parts: set[Part], *, by: uuid.UUID, at: dt.datetime) -> set[Part]:
    """Release marks, feedback or both now, and return what was not released before.

    Parameters
    ----------
    by
        The teacher who says so.
    """
    assignment = locked(assignment_id)
    fresh = {part for part in parts if not release_of(assignment, part).is_out(at=at)}
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
    assignment = locked(assignment_id)
    shown = {part for part in parts if release_of(assignment, part).is_out(at=at)}
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


def keep_released(assignment: Assignment, *, at: dt.datetime) -> None:
    """Note what has come out after the due date as released: it stays so, whoever gets more time afterwards.

    Everybody has read it by then, and the LMS has it.
    """
    for part in Part:
        one = release_of(assignment, part)
        if one.rule.when is not When.AFTER_DUE or one.by_hand_at is not None or not one.is_out(at=at):
            continue
        if part is Part.MARKS:
            assignment.marks_released_at = one.comes_at
        else:
            assignment.feedback_released_at = one.comes_at
    session().flush()


def next_look(assignment: Assignment, parts: Collection[Part], *, at: dt.datetime) -> dt.datetime | None:
    """Return when to look next whether any of these parts has come out; None where that only a person decides.

    What waits for everybody's due date is looked at ever again from the assignment's own on: whoever had the latest
    may have left the class by then.
    """
    last_due = last_dues([assignment])[assignment.id]
    looks: list[dt.datetime | None] = []
    for one in (assignment.release(part, last_due=last_due) for part in parts):
        if one.is_out(at=at):
            looks.append(once_more(one.comes_at, at=at))
        elif one.by_hand_at is None:
            looks.append(one.comes_at)
            if one.rule.when is When.AFTER_DUE and one.due_date is not None:
                looks.append(max(one.due_date, at + _LOOK_AGAIN))
    return min((one for one in looks if one is not None), default=None)


def once_more(moment: dt.datetime | None, *, at: dt.datetime) -> dt.datetime | None:
    """Return when to look at something next that comes at a moment: then, and once more soon after; None where both are over."""
    if moment is None or at < moment:
        return moment
    return moment + _UNDER_WAY if at < moment + _UNDER_WAY else None


def locked(assignment_id: uuid.UUID) -> Assignment:
    """Return an assignment as it stands now; nobody else changes it until the transaction ends.

    Raises
    ------
    NotFound
    """
    found = session().get(Assignment, assignment_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound("There is no such assignment.")
    return found
