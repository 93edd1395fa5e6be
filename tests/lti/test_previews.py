"""Staff who switch to the role of a student in the LMS, and teachers who are made students: told apart by the roster."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.classes.models import Enrollment, Role
from lti_grader.classes.queries import Membership
from lti_grader.classes.queries import roster as people_of
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.grid import Asked, grid
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.lti import claims as c
from lti_grader.lti import roster
from lti_grader.lti.models import ClassContext, ScoreDelivery
from tests.fixtures.world import World
from tests.lti.scripted import INSTRUCTOR, LEARNER, ScriptedPlatform, Way
from tests.lti.test_sessions import one, opened, platform_of

NOW = dt.datetime.now(dt.UTC)


def read(scripted: ScriptedPlatform, *roles: str) -> None:
    """Read a roster that lists the person who launches with these roles."""
    scripted.members = [[{"user_id": "person-1", "name": "Ada Byron", "roles": list(roles), "status": "Active"}]]
    tenant = platform_of(scripted).tenant_id
    with transaction(tenant):
        context = session().scalars(sa.select(ClassContext)).one()
    assert roster.sync(tenant, context.id, adapters.installed(), at=dt.datetime.now(dt.UTC)) is not None


def read_long_ago(scripted: ScriptedPlatform) -> None:
    read(scripted, INSTRUCTOR)
    with transaction(platform_of(scripted).tenant_id):
        session().execute(sa.update(ClassContext).values(roster_synced_at=NOW - dt.timedelta(days=4)))


def role(scripted: ScriptedPlatform) -> str:
    return str(one(scripted, Enrollment).role)


@pytest.fixture
def teacher(way: Way, scripted: ScriptedPlatform) -> Way:
    """A browser whose person came as a teacher, whom the roster lists as one."""
    opened(way)
    read(scripted, INSTRUCTOR)
    assert role(scripted) == "teacher"
    return way


def work_as_they_are(scripted: ScriptedPlatform) -> None:
    """Let the person hand in an assignment of their class that has a column, and have it judged."""
    place = one(scripted, Enrollment)
    platform = platform_of(scripted)
    with transaction(platform.tenant_id):
        context = session().scalars(sa.select(ClassContext)).one()
    world = World(platform.tenant_id, platform.id, place.class_id, context.id, place.user_id)
    assignment = world.assignment()
    world.column(assignment, f"{scripted.url}/lineitems/9")
    world.judge(world.hand_in(place.user_id, world.items(assignment)[0], stored=False), 8)


def kept(scripted: ScriptedPlatform, table: Any) -> list[Any]:
    with transaction(platform_of(scripted).tenant_id):
        return list(session().scalars(sa.select(table)))


class TestWhoIsListedAsStaff:
    def test_has_the_rights_of_a_student_at_once_and_stands_among_none(
        self, teacher: Way, scripted: ScriptedPlatform
    ) -> None:
        home = f"/classes/{one(scripted, Enrollment).class_id}/gradebook"
        assert teacher.client.get(home).status_code == 200
        before = teacher.client
        opened(teacher, **{c.ROLES: [LEARNER]})
        assert role(scripted) == "preview"
        assert before.get(home).status_code == 403
        class_id = one(scripted, Enrollment).class_id
        with transaction(platform_of(scripted).tenant_id):
            assert people_of(class_id, Role.STUDENT) == []
            assert grid(Membership(class_id, uuid.uuid4(), Role.TEACHER), Asked(), at=NOW).people == []

    def test_what_they_try_is_judged_and_no_score_of_theirs_is_owed(
        self, teacher: Way, scripted: ScriptedPlatform
    ) -> None:
        opened(teacher, **{c.ROLES: [LEARNER]})
        work_as_they_are(scripted)
        assert kept(scripted, GradebookEntry) == []
        assert kept(scripted, ScoreDelivery) == []

    def test_stays_so_through_a_roster_until_they_switch_back(self, teacher: Way, scripted: ScriptedPlatform) -> None:
        opened(teacher, **{c.ROLES: [LEARNER]})
        read(scripted, INSTRUCTOR)
        assert role(scripted) == "preview"
        opened(teacher, **{c.ROLES: [LEARNER]})
        assert role(scripted) == "preview"
        opened(teacher, **{c.ROLES: [INSTRUCTOR]})
        assert role(scripted) == "teacher"

    def test_the_page_of_the_roster_says_what_they_are(self, teacher: Way, scripted: ScriptedPlatform) -> None:
        opened(teacher, **{c.ROLES: [LEARNER]})
        teacher.login()
        teacher.launch(sub="person-2", name="Bob")
        page = teacher.client.get(f"/classes/{one(scripted, Enrollment).class_id}/roster").text
        assert "Staff, looking as a student" in page


class TestWhoWasMadeAStudent:
    def test_is_one_as_soon_as_the_roster_says_so_with_what_they_handed_in(
        self, teacher: Way, scripted: ScriptedPlatform
    ) -> None:
        opened(teacher, **{c.ROLES: [LEARNER]})
        work_as_they_are(scripted)
        read(scripted, LEARNER)
        assert role(scripted) == "student"
        (entry,) = kept(scripted, GradebookEntry)
        assert entry.points == 8
        assert [(row.status, row.score) for row in kept(scripted, ScoreDelivery)] == [("pending", 8)]

    @pytest.mark.parametrize("know", [lambda scripted: None, read_long_ago])
    def test_is_one_at_once_where_no_recent_roster_says_otherwise(
        self, way: Way, scripted: ScriptedPlatform, know: Callable[[ScriptedPlatform], None]
    ) -> None:
        opened(way)
        know(scripted)
        opened(way, **{c.ROLES: [LEARNER]})
        assert role(scripted) == "student"


def test_a_student_who_launches_as_ever_is_a_student(way: Way, scripted: ScriptedPlatform) -> None:
    opened(way, **{c.ROLES: [LEARNER]})
    read(scripted, LEARNER)
    opened(way, **{c.ROLES: [LEARNER]})
    assert role(scripted) == "student"
