"""A class of two sections, in which an assignment has dates."""

import datetime as dt
import re
import uuid
from collections.abc import Callable

import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.assignments.access import dates_of
from lti_grader.assignments.dates import Dates, OtherDates
from lti_grader.assignments.granting import Whose, grant, withdraw
from lti_grader.assignments.models import AccessOverride, Assignment
from lti_grader.assignments.operations import reschedule
from lti_grader.assignments.queries import open_assignment, release_of
from lti_grader.assignments.release import Part, ReleaseRule, When
from lti_grader.classes.models import Enrollment
from lti_grader.core.db import session, transaction
from tests.fixtures.world import NOW, World

AFTER_DUE = ReleaseRule(when=When.AFTER_DUE)
DAY = dt.timedelta(days=1)
DUE, CLOSES = NOW + DAY, NOW + 2 * DAY


class Term:
    """A class of two sections with an assignment that is due in a day, closes in two, and takes one submission."""

    def __init__(self, world: World) -> None:
        self.world, self.tenant_id = world, world.tenant_id
        self.assignment = world.assignment(due_date=DUE, closes_at=CLOSES, attempts_allowed=1)
        self.item = world.items(self.assignment)[0]
        self.morning, self.evening, self.nowhere = self.student("Morning"), self.student("Evening"), self.student()

    def student(self, *sections: str) -> uuid.UUID:
        found = self.world.user()
        self.move(found, *sections)
        return found

    def move(self, student: uuid.UUID, *sections: str) -> None:
        with transaction(self.tenant_id):
            session().execute(
                sa.update(Enrollment).where(Enrollment.user_id == student).values(sections=list(sections))
            )

    def grant(
        self, whose: uuid.UUID | str, *, at: dt.datetime = NOW, assignment: uuid.UUID | None = None, reason: str = "",
        by: uuid.UUID | None = None, **other: object,
    ) -> None:  # fmt: skip
        who = Whose(section=whose) if isinstance(whose, str) else Whose(user_id=whose)
        with transaction(self.tenant_id):
            grant(
                assignment or self.assignment, who, OtherDates(**other), reason=reason,
                by=by or self.world.teacher_id, at=at,
            )  # fmt: skip

    def rows(self) -> list[AccessOverride]:
        with transaction(self.tenant_id):
            return list(session().scalars(sa.select(AccessOverride).order_by(AccessOverride.created_at)))

    def withdraw(self, *, at: dt.datetime = NOW) -> None:
        with transaction(self.tenant_id):
            withdraw(self.assignment, session().scalars(sa.select(AccessOverride.id)).one(), at=at)

    def dates(self, student: uuid.UUID, assignment: uuid.UUID | None = None) -> Dates:
        with transaction(self.tenant_id):
            return dates_of(session().get_one(Assignment, assignment or self.assignment), student)

    def last_due(self) -> dt.datetime | None:
        with transaction(self.tenant_id):
            return open_assignment(self.assignment, self.world.teacher_id).last_due

    def is_out(self, part: Part, at: dt.datetime) -> bool:
        with transaction(self.tenant_id):
            return release_of(session().get_one(Assignment, self.assignment), part).is_out(at=at)

    def release_after_due(self) -> None:
        with transaction(self.tenant_id):
            one = session().get_one(Assignment, self.assignment)
            reschedule(one, opens_at=None, due_date=DUE, closes_at=CLOSES, is_published=True, marks=AFTER_DUE,
                       feedback=AFTER_DUE)  # fmt: skip


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", "", page))


Visit = Callable[[uuid.UUID], FlaskClient]
