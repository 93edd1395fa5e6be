"""Groups of LMS courses: read where a platform lists them, and kept as it does."""

import re
from collections.abc import Iterator
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import rsa

from lti_grader import adapters
from lti_grader.core.db import session, transaction
from lti_grader.lti import claims as c
from lti_grader.lti import operations, roster
from lti_grader.lti.group_models import ClassGroup, ClassGroupMember
from lti_grader.lti.models import ClassContext, Platform
from lti_grader.people.models import User
from tests.fixtures.world import NOW, World
from tests.lti.scripted import INSTRUCTOR, LEARNER, Asked, ScriptedPlatform


class Grouping(ScriptedPlatform):
    """A platform with groups."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.groups: list[Any] = [
            {"id": "g1", "name": "Red", "set_id": 7}, {"id": 2, "name": "Blue", "set_id": 7}, {"id": "g3"},
        ]  # fmt: skip
        self.sets: Any = {"sets": [{"id": 7, "name": "Project"}]}

    def answer(self, asked: Asked) -> Any:
        if asked.path == "/groups":
            return 200, {}, {"id": "x", "groups": self.groups}
        if asked.path == "/sets":
            return 200, {}, self.sets
        return super().answer(asked)


@pytest.fixture
def lms(world: World, platform_key: rsa.RSAPrivateKey) -> Iterator[Grouping]:
    platform = Grouping(platform_key)
    with transaction(world.tenant_id):
        row = session().get_one(Platform, world.platform_id)
        row.issuer, row.auth_token_url, row.jwks_url = platform.url, f"{platform.url}/token", f"{platform.url}/jwks"
        session().get_one(ClassContext, world.context_id).memberships_url = f"{platform.url}/members"
    launch(world, {"context_groups_url": f"{platform.url}/groups", "context_group_sets_url": f"{platform.url}/sets"})
    yield platform
    platform.close()


def launch(world: World, service: Any) -> None:
    claims = {
        "sub": "teacher", c.ROLES: [INSTRUCTOR], c.DEPLOYMENT_ID: "1", c.CONTEXT: {"id": "course"},
        c.MESSAGE_TYPE: c.RESOURCE_LINK_REQUEST, c.RESOURCE_LINK: {"id": "link"}, c.GROUPS: service,
    }  # fmt: skip
    with transaction(world.tenant_id):
        operations.arrive(claims, session().get_one(Platform, world.platform_id), at=NOW)


def member(number: int, *groups: Any) -> dict[str, Any]:
    return {
        "user_id": f"member-{number}", "name": f"Member {number}", "roles": [LEARNER],
        "group_enrollments": [{"group_id": one} for one in groups],
    }  # fmt: skip


def sync(world: World) -> roster.Synced:
    done = roster.sync(world.tenant_id, world.context_id, adapters.installed(), at=NOW)
    assert done is not None
    return done


def kept(world: World) -> dict[str, set[str]]:
    with transaction(world.tenant_id):
        found: dict[str, set[str]] = {one: set() for one in session().scalars(sa.select(ClassGroup.name))}
        rows = session().execute(
            sa.select(ClassGroup.name, User.sub)
            .join(ClassGroupMember, ClassGroupMember.class_group_id == ClassGroup.id)
            .join(User, User.id == ClassGroupMember.user_id)
        )
        for name, sub in rows:
            found[name].add(sub)
        return found


def test_groups_are_kept_with_who_is_in_them_and_change_with_the_lms(world: World, lms: Grouping) -> None:
    lms.members = [[member(1, "g1", 2), member(2, "2"), member(3, "unknown", None)]]
    sync(world)
    assert kept(world) == {"Red": {"member-1"}, "Blue": {"member-1", "member-2"}, "Group g3": set()}
    assert lms.to("/members")[-1].query == {"groups": "true"}
    with transaction(world.tenant_id):
        assert set(session().scalars(sa.select(ClassGroup.set_name))) == {"Project", None}
    lms.groups = [{"id": "g1", "name": "Crimson"}, {"id": 2, "name": "Blue"}]
    lms.members = [[member(1, 2), member(2, "2"), member(3)]]
    sync(world)
    assert kept(world) == {"Crimson": set(), "Blue": {"member-1", "member-2"}}


def test_of_whom_the_roster_says_nothing_nothing_changes(world: World, lms: Grouping) -> None:
    lms.members = [[member(1, "g1")]]
    sync(world)
    lms.members = [[{"user_id": "member-1", "roles": [LEARNER]}]]
    sync(world)
    assert kept(world)["Red"] == {"member-1"}


@pytest.mark.parametrize(
    "answer", [(403, {}, "no scope"), (200, {}, "<html>"), (200, {}, {"groups": "none"}), (500, {}, "")]
)
@pytest.mark.parametrize("path", ["/groups", "/sets"])
def test_groups_that_cannot_be_read_stay_and_people_come_in(
    world: World, lms: Grouping, path: str, answer: Any
) -> None:
    lms.members = [[member(1, "g1")]]
    sync(world)
    lms.script[path], lms.members = [answer], [[member(1, 2), member(2)]]
    assert sync(world).joined == 1
    assert kept(world)["Red"] == {"member-1"}


@pytest.mark.parametrize(
    "odd",
    [{"id": None}, {"id": ""}, {"id": {}}, {}, "x", None, {"id": "g9", "name": ["x"]}, {"id": "g9", "set_id": []}],
)
def test_a_group_that_is_oddly_described_hides_no_other(world: World, lms: Grouping, odd: Any) -> None:
    lms.groups, lms.members = [odd, {"id": "g1", "name": "Red"}], [[member(1, "g1")]]
    sync(world)
    assert kept(world)["Red"] == {"member-1"}


@pytest.mark.parametrize("service", [None, "x", {}, {"context_groups_url": ["x"]}, {"context_groups_url": ""}])
def test_where_no_groups_are_offered_none_are_asked_for(world: World, service: Any) -> None:
    launch(world, service)
    with transaction(world.tenant_id):
        assert session().get_one(ClassContext, world.context_id).groups_url is None


def test_the_roster_page_shows_groups_and_can_be_narrowed_to_one(app: flask.Flask, world: World, lms: Grouping) -> None:
    lms.members = [[member(1, "g1"), member(2, 2)]]
    sync(world)
    client = app.test_client()
    with client.session_transaction() as session_:
        session_.update(
            user=str(world.teacher_id), tenant=str(world.tenant_id), platform=str(world.platform_id), frames=[]
        )
    page = f"/classes/{world.class_id}/roster"
    text = client.get(page).text
    assert "Project: Red" in text
    group = re.findall(r'<option value="([0-9a-f-]{36})"[^>]*>Project: Blue', text)[0]
    narrowed = client.get(f"{page}?group={group}").text
    assert "Member 2" in narrowed
    assert "Member 1" not in narrowed
