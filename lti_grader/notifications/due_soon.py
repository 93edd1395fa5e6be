"""Who has not handed in what is due within a day is told so, once for each date that they have."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from lti_grader.assignments.access import dates_of_all
from lti_grader.assignments.dates import Dates
from lti_grader.assignments.events import ReleaseChanged
from lti_grader.assignments.late_day_models import LateDaysSpent
from lti_grader.assignments.models import AccessOverride, Assignment, AssignmentProblem
from lti_grader.attempts.models import AssignmentProgress
from lti_grader.classes.events import SectionsChanged
from lti_grader.classes.models import Class, ContentItem, Module
from lti_grader.classes.publishing import seen_by_students
from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.notifications.kinds import DUE_SOON
from lti_grader.notifications.models import Notification
from lti_grader.notifications.operations import News, students_of, take_back, tell_each
from lti_grader.people.models import Tenant

AHEAD = dt.timedelta(hours=24)


def is_due_soon(dates: Dates, *, at: dt.datetime) -> bool:
    """Return whether work with these dates is under way and due within a day."""
    is_open = dates.opens_at is None or dates.opens_at <= at
    return is_open and dates.due_date is not None and at < dates.due_date <= at + AHEAD


def tell_everywhere(*, at: dt.datetime) -> int:
    """Tell those of every institution, and return how many were told."""
    with system_transaction() as opened:
        tenants = list(opened.scalars(sa.select(Tenant.id)))
    told = 0
    for tenant_id in tenants:
        with transaction(tenant_id):
            told += sum(_tell(one, class_id, at) for one, class_id in _candidates(at))
    return told


def _candidates(at: dt.datetime) -> list[tuple[Assignment, uuid.UUID]]:
    """Return the assignments that are due within a day for anybody, or may be, with their classes."""
    rows = session().execute(
        sa.select(Assignment, Module.class_id)
        .join(Module, Module.id == Assignment.module_id)
        .join(Class, Class.id == Module.class_id)
        .where(Assignment.id.in_(_due_soon(at)), seen_by_students(at=at), Class.archived_at.is_(None))
    )
    return [(one, class_id) for one, class_id in rows]


def _due_soon(at: dt.datetime) -> sa.CompoundSelect[uuid.UUID]:
    """Return the question for what is due within a day: for everybody, by dates of somebody's own, or with late days spent."""
    items = ContentItem.__table__.c
    # In hours: a day's length is not for a time zone of the database to say.
    spent = sa.func.make_interval(0, 0, 0, 0, LateDaysSpent.days * 24)

    def is_soon(due: Any) -> sa.ColumnElement[bool]:
        return sa.and_(due > at, due <= at + AHEAD)

    return sa.union(
        sa.select(items.id).where(is_soon(items.due_date)),
        sa.select(AccessOverride.assignment_id).where(is_soon(AccessOverride.due_date)),
        sa.select(LateDaysSpent.assignment_id)
        .join(ContentItem.__table__, items.id == LateDaysSpent.assignment_id)
        .outerjoin(AccessOverride, AccessOverride.assignment_id == LateDaysSpent.assignment_id)
        .where(sa.or_(is_soon(items.due_date + spent), is_soon(AccessOverride.due_date + spent))),
    )


def _tell(assignment: Assignment, class_id: uuid.UUID, at: dt.datetime) -> int:
    done = _done(assignment.id)
    theirs = dates_of_all(assignment, [one for one in students_of(class_id) if one not in done])
    soon = {one: dates for one, dates in theirs.items() if is_due_soon(dates, at=at)}
    told = {(one.recipient_id, one.key) for one in _told(assignment.id)}
    fresh = [
        (one, _news(assignment, class_id, dates))
        for one, dates in soon.items()
        if (one, _key(assignment.id, dates)) not in told
    ]
    return tell_each(fresh, at=at)


def _done(assignment_id: uuid.UUID) -> set[uuid.UUID]:
    """Return who has handed in something to each of its problems."""
    problems = sa.select(sa.func.count()).where(AssignmentProblem.assignment_id == assignment_id).scalar_subquery()
    query = (
        sa.select(AssignmentProgress.student_id)
        .join(AssignmentProblem, AssignmentProblem.id == AssignmentProgress.assignment_problem_id)
        .where(AssignmentProblem.assignment_id == assignment_id, AssignmentProgress.handed_in_at.is_not(None))
        .group_by(AssignmentProgress.student_id)
        .having(sa.func.count() >= problems)
    )
    return set(session().scalars(query))


def _news(assignment: Assignment, class_id: uuid.UUID, dates: Dates) -> News:
    assert dates.due_date is not None
    parts = {"item": assignment.title, "assignment_id": str(assignment.id), "due": dates.due_date.isoformat()}
    return News(DUE_SOON, _key(assignment.id, dates), parts, class_id, assignment.id)


def _key(assignment_id: uuid.UUID, dates: Dates) -> str:
    return f"due:{assignment_id}:{dates.due_date.isoformat() if dates.due_date else 'never'}"


@dataclasses.dataclass(frozen=True)
class _Told:
    id: uuid.UUID
    recipient_id: uuid.UUID
    key: str


def _told(assignment_id: uuid.UUID) -> list[_Told]:
    rows = session().execute(
        sa.select(Notification.id, Notification.recipient_id, Notification.key).where(
            Notification.content_item_id == assignment_id, Notification.type == DUE_SOON.name
        )
    )
    return [_Told(*row) for row in rows]


def sections_changed(event: SectionsChanged) -> None:
    """Take back what says another due date than those have by now who are in other sections."""
    told = session().scalars(
        sa.select(Notification.content_item_id)
        .distinct()
        .where(
            Notification.class_id == event.class_id,
            Notification.type == DUE_SOON.name,
            Notification.recipient_id.in_(event.user_ids),
        )
    )
    for assignment_id in filter(None, told.all()):
        dates_changed(ReleaseChanged(assignment_id))


def dates_changed(event: ReleaseChanged) -> None:
    """Take back what says another due date than somebody has by now: they are told again when theirs comes near."""
    told = _told(event.assignment_id)
    if not told:
        return
    assignment = session().get_one(Assignment, event.assignment_id)
    theirs: Mapping[uuid.UUID, Dates] = dates_of_all(assignment, {one.recipient_id for one in told})
    old = [
        one.id
        for one in told
        if one.recipient_id not in theirs or one.key != _key(assignment.id, theirs[one.recipient_id])
    ]
    if old:
        take_back(Notification.id.in_(old))
