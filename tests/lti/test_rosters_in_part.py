"""Rosters of which a platform tells the differences, and rosters that are read in a rhythm."""

import datetime as dt
import json
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.classes.models import Class, Enrollment, EnrollmentSource, EnrollmentStatus, Role
from lti_grader.core.db import session, transaction
from lti_grader.lti import claims as c
from lti_grader.lti import operations, roster, roster_schedule, tasks
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.models import ClassContext, Platform
from lti_grader.lti.roster_models import Roster
from lti_grader.people.models import User
from tests.fixtures.world import NOW, World
from tests.lti.scripted import INSTRUCTOR, LEARNER, Asked, ScriptedPlatform

HOUR = dt.timedelta(hours=1)


def member(number: int, **more: Any) -> dict[str, Any]:
    return {"user_id": f"member-{number}", "name": f"Member {number}", "roles": [LEARNER], "status": "Active", **more}


class Telling(ScriptedPlatform):
    """A platform that tells differences."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.news: list[dict[str, Any]] = []
        self.times = 0

    def answer(self, asked: Asked) -> Any:
        if asked.path != "/members":
            return super().answer(asked)
        self.times += 1
        link = {"Link": f'<{self.url}/members?since={self.times}>; rel="differences"'}
        found = self.news if "since" in asked.query else self.members[0]
        return 200, link, {"id": "x", "members": found}


@pytest.fixture
def lms(world: World, platform_key: Any) -> Any:
    platform = Telling(platform_key)
    with transaction(world.tenant_id):
        row = session().get_one(Platform, world.platform_id)
        row.issuer, row.auth_token_url, row.jwks_url = platform.url, f"{platform.url}/token", f"{platform.url}/jwks"
        session().get_one(ClassContext, world.context_id).memberships_url = f"{platform.url}/members"
    yield platform
    platform.close()


def sync(world: World, *, at: dt.datetime = NOW) -> roster.Synced:
    done = roster.sync(world.tenant_id, world.context_id, adapters.installed(), at=at)
    assert done is not None
    return done


def state(world: World) -> Roster:
    with transaction(world.tenant_id):
        return session().scalars(sa.select(Roster)).one()


def statuses(world: World) -> dict[str, str]:
    with transaction(world.tenant_id):
        found = session().execute(sa.select(User.sub, Enrollment.status).join(User, User.id == Enrollment.user_id))
        return {sub: status for sub, status in found if sub.startswith("member")}


def asked_since(lms: Telling) -> list[str | None]:
    return [one.query.get("since") for one in lms.to("/members")]


def test_what_has_changed_is_read_where_the_platform_tells_it(world: World, lms: Telling) -> None:
    lms.members = [[member(1), member(2), member(3)]]
    assert sync(world).is_whole
    lms.news = [member(2, status="Deleted"), member(3, status="Inactive"), member(4), member(1, name="New Name")]
    done = sync(world, at=NOW + HOUR)
    assert (done.is_whole, done.joined, done.dropped) == (False, 1, 2)
    assert statuses(world) == {
        "member-1": EnrollmentStatus.ACTIVE, "member-2": EnrollmentStatus.DROPPED,
        "member-3": EnrollmentStatus.DROPPED, "member-4": EnrollmentStatus.ACTIVE,
    }  # fmt: skip
    lms.news = []
    sync(world, at=NOW + 2 * HOUR)
    assert asked_since(lms) == [None, "1", "2"]
    assert state(world).members == 2


def test_nothing_new_drops_nobody(world: World, lms: Telling) -> None:
    lms.members = [[member(1), member(2)]]
    sync(world)
    assert sync(world, at=NOW + HOUR).dropped == 0
    assert set(statuses(world).values()) == {EnrollmentStatus.ACTIVE}


@pytest.mark.parametrize("refusal", [(400, {}, "no"), (404, {}, "gone"), (410, {}, ""), (200, {}, "<html>")])
def test_where_differences_are_refused_everything_is_read(world: World, lms: Telling, refusal: Any) -> None:
    lms.members = [[member(1), member(2)]]
    sync(world)
    lms.members, lms.script["/members"] = [[member(1)]], [refusal]
    done = sync(world, at=NOW + HOUR)
    assert (done.is_whole, done.dropped) == (True, 1)
    assert asked_since(lms) == [None, "1", None]


def test_everything_is_read_after_a_week_all_the_same(world: World, lms: Telling) -> None:
    lms.members = [[member(1)]]
    sync(world)
    sync(world, at=NOW + dt.timedelta(days=6))
    sync(world, at=NOW + dt.timedelta(days=7))
    assert asked_since(lms) == [None, "1", None]


@pytest.mark.parametrize("link", ["http://127.0.0.1:1/members?since=1", "http://[", "javascript:1"])
def test_differences_that_are_told_elsewhere_are_not_asked_for(world: World, lms: Telling, link: str) -> None:
    lms.members = [[member(1)]]
    answer = {"id": "x", "members": lms.members[0]}
    lms.script["/members"] = [(200, {"Link": f'<{link}>; rel="differences"'}, answer)]
    sync(world)
    assert state(world).differences_url is None


def test_who_is_held_back_is_read_again_in_full(world: World, lms: Telling) -> None:
    lms.members = [[member(number) for number in range(30)]]
    sync(world)
    lms.news = [member(number, status="Deleted") for number in range(20)]
    assert sync(world, at=NOW + HOUR).held == 20
    assert sync(world, at=NOW + 2 * HOUR).is_whole
    assert set(statuses(world).values()) == {EnrollmentStatus.ACTIVE}


def test_a_roster_is_due_first_at_once_and_then_in_a_rhythm_of_its_own(world: World, lms: Telling) -> None:
    lms.members = [[member(1)]]
    mine = (world.tenant_id, world.context_id)
    assert roster_schedule.due(at=NOW) == [mine]
    sync(world)
    assert roster_schedule.due(at=NOW + 10 * HOUR) == []
    assert roster_schedule.due(at=NOW + 14 * HOUR) == [mine]
    with transaction(world.tenant_id):
        session().get_one(Platform, world.platform_id).disabled_at = NOW
    assert roster_schedule.due(at=NOW + 14 * HOUR) == []


def test_what_was_read_meanwhile_is_not_due_any_more(world: World, lms: Telling) -> None:
    lms.members = [[member(1)]]
    sync(world)
    lms.asked.clear()
    assert roster_schedule.sync_if_due(*_own(world), at=NOW + HOUR) == "not due"
    assert lms.asked == []


def _own(world: World) -> tuple[uuid.UUID, uuid.UUID, adapters.Adapters]:
    return world.tenant_id, world.context_id, adapters.installed()


def test_a_class_that_nobody_opens_any_more_is_left_alone_until_somebody_does(world: World, lms: Telling) -> None:
    lms.members = [[member(1)]]
    student = world.user(last_launch_at=NOW)
    sync(world)
    assert roster_schedule.sync_if_due(*_own(world), at=NOW + dt.timedelta(days=61)) == "sleeps"
    assert roster_schedule.due(at=NOW + dt.timedelta(days=62)) == []
    with transaction(world.tenant_id):
        session().get_one(User, student).last_launch_at = NOW + dt.timedelta(days=67)
    assert "members=1" in roster_schedule.sync_if_due(*_own(world), at=NOW + dt.timedelta(days=69))
    with transaction(world.tenant_id):
        session().get_one(Class, world.class_id).archived_at = NOW
    assert roster_schedule.sync_if_due(*_own(world), at=NOW + dt.timedelta(days=71)) == "sleeps"


def test_a_roster_that_cannot_be_read_is_tried_again_later_each_time(world: World, lms: Telling) -> None:
    waits = []
    for _ in range(8):
        lms.script["/members"] = [(500, {}, "down")]
        with pytest.raises(ServiceError):
            sync(world)
        waits.append((state(world).next_read_at or NOW) - NOW)
    assert waits[:3] == [HOUR / 4, HOUR / 2, HOUR]
    assert waits[-1] == 12 * HOUR
    assert roster_schedule.failed_lately(world.tenant_id, world.context_id, at=NOW + HOUR)
    assert tasks.sync_roster_for_launch(str(world.tenant_id), str(world.context_id)).startswith("Synced")


def sent() -> list[str]:
    """Return the names of the messages that wait for workers, and take them away."""
    client = adapters.installed().kv.client
    queues = [name for name in client.keys("passback*") if client.type(name) == "list"]
    found = [json.loads(one)["headers"]["task"] for name in queues for one in client.lrange(name, 0, -1)]
    for name in queues:
        client.delete(name)
    return found


@pytest.mark.parametrize(
    ("role", "known", "asks"),
    [(INSTRUCTOR, True, True), (LEARNER, False, True), (LEARNER, True, False)],
)  # fmt: skip
def test_staff_and_whom_the_roster_does_not_know_have_it_read(
    world: World, lms: Telling, role: str, known: bool, asks: bool
) -> None:
    lms.members = [[member(1, roles=[role]), *([member(2, roles=[role])] if known else [])]]
    sync(world)
    claims = {
        "sub": "member-2", c.ROLES: [role], c.DEPLOYMENT_ID: "1", c.CONTEXT: {"id": "course"},
        c.MESSAGE_TYPE: c.RESOURCE_LINK_REQUEST, c.RESOURCE_LINK: {"id": "link"},
    }  # fmt: skip
    for minutes, again in ((1, False), (16, asks)):
        with transaction(world.tenant_id):
            platform = session().get_one(Platform, world.platform_id)
            operations.arrive(claims, platform, at=NOW + dt.timedelta(minutes=minutes))
        assert ("roster.sync_for_launch" in sent()) == again


def test_who_came_back_by_a_launch_is_known_by_it(world: World, lms: Telling) -> None:
    lms.members = [[member(1), member(2)]]
    sync(world)
    lms.members, lms.script["/members"] = [[member(1)]], [(404, {}, "")]
    sync(world, at=NOW + HOUR)
    with transaction(world.tenant_id):
        user_id = session().scalars(sa.select(User.id).where(User.sub == "member-2")).one()
        came = operations.enroll(world.class_id, user_id, Role.STUDENT, source=EnrollmentSource.LAUNCH)
    assert came.source == EnrollmentSource.LAUNCH
