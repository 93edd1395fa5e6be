"""Releasing marks and feedback of a desk's assignment, and taking that back."""

import datetime as dt

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment
from lti_grader.assignments.operations import reschedule
from lti_grader.assignments.release import Part, ReleaseRule, When
from lti_grader.assignments.releasing import release, take_back
from lti_grader.core.db import session, transaction
from lti_grader.lti import releases
from lti_grader.lti.release_models import OwedRelease
from tests.lti.desk import Desk

HOUR = dt.timedelta(hours=1)
BY_HAND = ReleaseRule(when=When.BY_HAND)


def set_rule(
    desk: Desk, marks: ReleaseRule, *, feedback: ReleaseRule | None = None, due: dt.datetime | None = None
) -> None:
    with transaction(desk.world.tenant_id):
        assignment = session().get_one(Assignment, desk.assignment)
        reschedule(
            assignment, opens_at=None, closes_at=None, due_date=due, is_published=True, marks=marks, feedback=feedback
        )


def let_go(desk: Desk, *parts: Part) -> set[Part]:
    with transaction(desk.world.tenant_id):
        return release(desk.assignment, set(parts or [Part.MARKS]), by=desk.world.teacher_id, at=desk.at)


def take(desk: Desk) -> None:
    with transaction(desk.world.tenant_id):
        take_back(desk.assignment, {Part.MARKS}, at=desk.at)


def owed(desk: Desk) -> list[OwedRelease]:
    with transaction(desk.world.tenant_id):
        return list(session().scalars(sa.select(OwedRelease).where(OwedRelease.done_at.is_(None))))


def work(desk: Desk) -> list[int | None]:
    """Do what beat and a worker do with the releases that are due."""
    desk.at = max(desk.at, dt.datetime.now(dt.UTC))
    found = releases.due(at=desk.at)
    return [releases.carry_out(tenant, row, lambda: desk.at) for tenant, row in found]


def is_over(desk: Desk) -> bool:
    """Let the minute pass after which it is looked for what was under way at a release, and return whether nothing is owed then."""
    desk.at = max(desk.at, dt.datetime.now(dt.UTC)) + dt.timedelta(minutes=1)
    assert work(desk) == [0]
    return owed(desk) == []
