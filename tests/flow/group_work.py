"""A class with two groups, and an assignment that they hand in."""

import datetime as dt
import uuid
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments.group_work import hand_in_by
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.classes.groups import operations as groups
from lti_grader.classes.groups.models import GroupSet
from lti_grader.classes.groups.queries import group_set
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.lti.models import ScoreDelivery
from tests.fixtures.world import NOW, World


class Teams:
    """Students 0 and 1 are in Group 1, 2 and 3 in Group 2; student 4 is in none."""

    def __init__(self, world: World, assignment: uuid.UUID | None = None, **config: object) -> None:
        self.world = world
        self.students = [world.user(name=f"Student {letter}") for letter in "ABCDE"]
        self.assignment = assignment or world.assignment(**config)
        (self.item,) = world.items(self.assignment)
        if assignment is None:
            world.column(self.assignment)
        with transaction(world.tenant_id):
            row = groups.make_set(world.class_id, "Teams", at=NOW)
            self.set_id = row.id
            self.groups = [one.id for one in groups.add_groups(row, 2)]
            hand_in_by(self.assignment, row.id, has_work=False)
        self.move(0, 0)
        self.move(1, 0)
        self.move(2, 1)
        self.move(3, 1)

    def move(self, student: int, group: int | None) -> None:
        with transaction(self.world.tenant_id):
            row: GroupSet = group_set(self.world.class_id, self.set_id, alone=True)
            groups.put(row, [self.students[student]], None if group is None else self.groups[group], at=NOW)

    def hand_in(
        self, student: int, *, after: dt.timedelta = dt.timedelta(0), points: int | None = None, stored: bool = False
    ) -> uuid.UUID:
        attempt = self.world.hand_in(self.students[student], self.item, at=NOW + after, stored=stored)
        if points is not None:
            self.world.judge(attempt, points)
        return attempt

    def number(self, attempt_id: uuid.UUID) -> int:
        with transaction(self.world.tenant_id):
            return session().get_one(SubmissionAttempt, attempt_id).attempt_number

    def marks(self) -> list[Decimal | None]:
        """Return what each student's entry is worth."""
        with transaction(self.world.tenant_id):
            rows = session().scalars(sa.select(GradebookEntry).where(GradebookEntry.content_item_id == self.assignment))
            found = {one.student_id: one.points for one in rows}
        return [found.get(one) for one in self.students]

    def sent(self) -> list[Decimal | None]:
        """Return what is owed to the LMS for each student."""
        with transaction(self.world.tenant_id):
            rows = session().execute(
                sa.select(ScoreDelivery.user_id, ScoreDelivery.score).where(ScoreDelivery.is_newest)
            )
            found = dict(rows.all())
        return [found.get(one) for one in self.students]
