"""Two terms of a course at the scripted platform: one with assignments, and a copy of it that nobody has opened yet."""

import dataclasses
import uuid
from typing import Any
from urllib.parse import quote

import flask
import sqlalchemy as sa
from werkzeug.test import TestResponse

from lti_grader.assignments.models import Assignment
from lti_grader.classes.models import Class, Module
from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.lti import claims as c
from lti_grader.lti.models import ClassContext, CourseCopy, Platform
from tests.fixtures.world import World
from tests.lti.scripted import INSTRUCTOR, LEARNER, ScriptedPlatform, browser

OLD, NEW = "course-1", "course-2"
TEACHER, COLLEAGUE, STUDENT = "teacher-1", "teacher-2", "student-1"


@dataclasses.dataclass
class Term:
    """What happens in the two courses; `old` is the class of the first."""

    app: flask.Flask
    platform: ScriptedPlatform
    old: World

    def launch(self, course: str, link: str, sub: str = TEACHER, **more: Any) -> TestResponse:
        """Open a link of a course; `named` is what its custom parameters name, `custom` what else stands there."""
        return self.browse(course, link, sub, **more)[1]

    def browse(self, course: str, link: str, sub: str = TEACHER, **more: Any) -> tuple[Any, TestResponse]:
        way = browser(self.app, self.platform)
        way.login()
        custom = {
            c.LINK_HISTORY: "$ResourceLink.id.history", c.CONTEXT_HISTORY: "$Context.id.history", **more.pop("custom", {}),
        }  # fmt: skip
        if named := more.pop("named", None):
            custom[c.OWN_ASSIGNMENT] = str(named)
        column = f"{self.platform.url}/lineitems/{course}/{quote(link)}"
        answer = way.launch(sub=sub, **{
            c.ROLES: [INSTRUCTOR if sub.startswith("teacher") else LEARNER],
            c.RESOURCE_LINK: {"id": link, "title": link}, c.CONTEXT: {"id": course, "title": f"The {course}"},
            c.CUSTOM: custom, c.AGS: {"scope": [c.SCORE], "lineitem": column}, **more,
        })  # fmt: skip
        return way.client, answer

    def opened(self, answer: TestResponse) -> uuid.UUID:
        """Return the assignment that a launch led to."""
        assert answer.status_code == 303, answer.text[:500]
        assert "/assignments/" in answer.headers["Location"], answer.headers["Location"]
        return uuid.UUID(answer.headers["Location"].rpartition("/")[2])

    def class_of(self, course: str) -> uuid.UUID:
        with transaction(self.old.tenant_id):
            query = sa.select(ClassContext.class_id).where(ClassContext.context_id == course)
            return session().scalars(query).one()

    def assignments(self, course: str) -> list[Assignment]:
        """Return what stands in a course's class, in order."""
        class_id = self.class_of(course)
        with transaction(self.old.tenant_id):
            query = (
                sa.select(Assignment).join(Module, Module.id == Assignment.module_id)
                .where(Module.class_id == class_id).order_by(Module.order_index, Assignment.order_index)
            )  # fmt: skip
            return list(session().scalars(query))

    def copies(self) -> list[CourseCopy]:
        with transaction(self.old.tenant_id):
            return list(session().scalars(sa.select(CourseCopy)))

    def allow(self, **settings: str) -> None:
        with transaction(self.old.tenant_id):
            session().get_one(Class, self.old.class_id).settings = settings


def make_term(app: flask.Flask, platform: ScriptedPlatform) -> Term:
    """Let the teacher open the first course, and return it."""
    with system_transaction() as opened:
        row = opened.scalars(sa.select(Platform).where(Platform.issuer == platform.url)).one()
    nobody = uuid.UUID(int=0)
    term = Term(app, platform, World(row.tenant_id, row.id, nobody, nobody, nobody))
    assert term.launch(OLD, "front door").status_code == 303
    with transaction(row.tenant_id):
        context = session().scalars(sa.select(ClassContext)).one()
    term.old = World(row.tenant_id, row.id, context.class_id, context.id, nobody)
    return term
