"""A student, who mentors them, and others of their class."""

import uuid
from typing import Any

import sqlalchemy as sa

from lti_grader.classes.mentors import mentored
from lti_grader.classes.models import Mentorship
from lti_grader.core.db import session, transaction
from lti_grader.grading import tasks
from lti_grader.grading.models import GradingJob
from lti_grader.lti import claims as c
from lti_grader.lti import operations
from lti_grader.lti.models import Platform
from lti_grader.people.models import User
from tests.fixtures.world import NOW, World

MENTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Mentor"


class Family:
    """A mentor of one student of a class, whose work is graded, and another student whom they do not mentor."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.child, self.other = world.user(), world.user()
        self.assignment = world.assignment(problems=2)
        self.items = world.items(self.assignment)
        self.attempt = self.graded(self.child)
        self.others_attempt = self.graded(self.other)
        self.mentor = self.launch([self.sub(self.child)])

    def graded(self, student: uuid.UUID) -> uuid.UUID:
        attempt = self.world.hand_in(student, self.items[0])
        with transaction(self.world.tenant_id):
            job = session().scalars(sa.select(GradingJob.id).where(GradingJob.attempt_id == attempt)).one()
        assert tasks.grade(str(self.world.tenant_id), str(job)) == "done"
        tasks.close_sandbox()
        return attempt

    def sub(self, user_id: uuid.UUID) -> str:
        with transaction(self.world.tenant_id):
            return session().get_one(User, user_id).sub

    def launch(self, named: Any, *, roles: Any = (MENTOR,), sub: str = "parent", context: str = "course") -> uuid.UUID:
        """Launch as a mentor; `named` of ... leaves the claim out."""
        claims = {
            "sub": sub, "name": "Karim Yusuf", c.ROLES: list(roles), c.DEPLOYMENT_ID: "1", c.CONTEXT: {"id": context},
            c.MESSAGE_TYPE: c.RESOURCE_LINK_REQUEST, c.RESOURCE_LINK: {"id": "link"}, c.MENTORED: named,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not ...}
        with transaction(self.world.tenant_id):
            return operations.arrive(claims, session().get_one(Platform, self.world.platform_id), at=NOW).user_id

    def mentored(self, class_id: uuid.UUID | None = None) -> set[uuid.UUID]:
        with transaction(self.world.tenant_id):
            return {one.id for one in mentored(class_id or self.world.class_id, self.mentor)}

    def kept(self) -> list[str]:
        with transaction(self.world.tenant_id):
            return list(session().scalars(sa.select(Mentorship.sub).order_by(Mentorship.sub)))
