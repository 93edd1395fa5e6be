"""Students are told when their dates for an assignment were changed for them alone, or for their section."""

import uuid
from collections.abc import Collection

import sqlalchemy as sa

from lti_grader.assignments.access import dates_of_all
from lti_grader.assignments.dates import Dates
from lti_grader.assignments.events import AccessChanged
from lti_grader.assignments.models import Assignment
from lti_grader.classes.groups.teams import mates_of
from lti_grader.classes.models import Module
from lti_grader.core.db import session
from lti_grader.notifications.kinds import EXTENDED
from lti_grader.notifications.operations import News, students_of, tell_each


def access_changed(event: AccessChanged) -> None:
    """Tell those whose dates were changed what they have now."""
    found = session().execute(
        sa.select(Assignment, Module)
        .join(Module, Module.id == Assignment.module_id)
        .where(Assignment.id == event.assignment_id)
    )
    assignment, module = found.one()
    if not (assignment.is_out(at=event.at) and module.is_out(at=event.at)):
        return
    theirs = dates_of_all(assignment, _whom(event, assignment, module.class_id))
    tell_each([(one, _news(assignment, module.class_id, dates, event)) for one, dates in theirs.items()], at=event.at)


def _whom(event: AccessChanged, assignment: Assignment, class_id: uuid.UUID) -> Collection[uuid.UUID]:
    """Return whose dates were changed: where groups hand in, of all who are in one with them."""
    said_of = [event.user_id] if event.user_id is not None else students_of(class_id, [event.section or ""])
    mates = mates_of([assignment.group_set_id], said_of) if assignment.group_set_id is not None else {}
    return {*said_of, *(one for members in mates.values() for one in members)}


def _news(assignment: Assignment, class_id: uuid.UUID, dates: Dates, event: AccessChanged) -> News:
    parts = {
        "item": assignment.title,
        "assignment_id": str(assignment.id),
        "due": dates.due_date.isoformat() if dates.due_date else "",
        "dates": in_words(dates),
    }
    return News(EXTENDED, f"dates:{assignment.id}:{event.at.isoformat()}", parts, class_id, assignment.id)


def in_words(dates: Dates) -> str:
    """Return what else there is to say of somebody's dates than when their work is due."""
    said = [] if dates.due_date else ["It has no due date for you."]
    if dates.attempts_allowed is not None:
        said.append(f"You may hand in {dates.attempts_allowed} {'time' if dates.attempts_allowed == 1 else 'times'}.")
    return " ".join(said)
