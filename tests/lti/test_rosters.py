"""Rosters as platforms should not send them, and people who come and go."""

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.classes.models import Enrollment, EnrollmentStatus, Role
from lti_grader.core.db import session, transaction
from lti_grader.lti import roster
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.models import ClassContext
from lti_grader.people.models import User
from tests.fixtures.world import NOW, World
from tests.lti.scripted import INSTRUCTOR, LEARNER, ScriptedPlatform

MEMBERS = "/members"


def member(number: int, **more: Any) -> dict[str, Any]:
    return {"user_id": f"member-{number}", "name": f"Member {number}", "roles": [LEARNER], "status": "Active", **more}


def sync(world: World, *, at: dt.datetime = NOW) -> roster.Synced | None:
    return roster.sync(world.tenant_id, world.context_id, adapters.installed(), at=at)


def people(world: World) -> dict[str, tuple[str, str]]:
    with transaction(world.tenant_id):
        found = session().execute(
            sa.select(User.sub, Enrollment.role, Enrollment.status).join(User, User.id == Enrollment.user_id)
        )
        return {sub: (role, status) for sub, role, status in found}


def error_of(world: World) -> str | None:
    with transaction(world.tenant_id):
        return session().get_one(ClassContext, world.context_id).roster_error


def test_a_roster_that_goes_in_a_circle_is_left_and_nobody_dropped(world: World, lms: ScriptedPlatform) -> None:
    lms.members = [[member(1)], [member(2)]]
    sync(world)
    lms.link = lambda url: f'<{lms.url}/members>; rel="next"'
    lms.asked.clear()
    with pytest.raises(ServiceError, match="circle"):
        sync(world)
    assert len(lms.to(MEMBERS)) <= 2
    assert "circle" in (error_of(world) or "")
    assert people(world)["member-2"][1] == EnrollmentStatus.ACTIVE


@pytest.mark.parametrize(
    "link",
    [
        "<http://[>; rel=next",
        "<>; rel=next",
        "<javascript:1>; rel=next",
        "rel=next",
        'http://x/; rel="last next"',
        "; REL=NEXT",
    ],
)
def test_a_next_page_that_is_no_address_is_said(world: World, lms: ScriptedPlatform, link: str) -> None:
    lms.members = [[member(1)], [member(2)]]
    lms.link = lambda url: link
    with pytest.raises(ServiceError):
        sync(world)
    assert error_of(world)


def test_a_next_page_may_be_something_else_as_well(world: World, lms: ScriptedPlatform) -> None:
    lms.members = [[member(1)], [member(2)]]
    lms.link = lambda url: f'<{url}>; rel="next last"; title="a, b; c"'
    done = sync(world)
    assert done is not None
    assert done.members == 2


@pytest.mark.parametrize("link", ["nonsense", "<", ";;;,,,", '<http://x/>; rel="prev"', "rel=nextish", "<a" * 5000])
def test_a_link_that_says_nothing_of_a_next_page_ends_the_roster(
    world: World, lms: ScriptedPlatform, link: str
) -> None:
    lms.members = [[member(1)], [member(2)]]
    lms.link = lambda url: link
    done = sync(world)
    assert done is not None
    assert done.members == 1


@pytest.mark.parametrize(
    ("odd", "role"),
    [
        ({"roles": None}, Role.OBSERVER), ({"roles": []}, Role.OBSERVER), ({"roles": "Learner"}, Role.STUDENT),
        ({"roles": [None, 5, {}, LEARNER]}, Role.STUDENT), ({"roles": {"a": 1}}, Role.OBSERVER),
        ({"roles": 5}, Role.OBSERVER), ({"status": None}, Role.STUDENT), ({"status": "active"}, Role.STUDENT),
        ({"status": ""}, Role.STUDENT), ({"name": None}, Role.STUDENT), ({"name": ["x"]}, Role.STUDENT),
        ({"name": "N\0ul \ud800"}, Role.STUDENT), ({"name": "x" * 100_000}, Role.STUDENT),
        ({"email": {"a": "b"}}, Role.STUDENT), ({"locale": "\0"}, Role.STUDENT),
    ],
)  # fmt: skip
def test_a_member_who_is_oddly_described_is_a_member(
    world: World, lms: ScriptedPlatform, odd: dict[str, Any], role: Role
) -> None:
    lms.members = [[member(1) | odd, member(2)]]
    done = sync(world)
    assert done is not None
    assert done.members == 2
    assert people(world)["member-1"] == (role, EnrollmentStatus.ACTIVE)


@pytest.mark.parametrize("user_id", ["", "nul\0", "\ud800", "x" * 100_000, None, True, [], {}, 1.5, ...])
def test_who_has_no_usable_name_at_the_platform_is_left_out_and_hides_nobody(
    world: World, lms: ScriptedPlatform, user_id: Any
) -> None:
    nobody = {name: value for name, value in (member(1) | {"user_id": user_id}).items() if value is not ...}
    lms.members = [[nobody, "nobody", None, member(2)]]  # type: ignore[list-item]
    done = sync(world)
    assert done is not None
    assert done.members == 1
    assert people(world)["member-2"] == (Role.STUDENT, EnrollmentStatus.ACTIVE)


def test_a_name_that_is_a_number_is_that_number(world: World, lms: ScriptedPlatform) -> None:
    lms.members = [[member(1, user_id=17)]]
    sync(world)
    assert people(world)["17"][0] == Role.STUDENT


def test_who_stands_there_twice_is_one(world: World, lms: ScriptedPlatform) -> None:
    lms.members = [[member(1), member(2)], [member(1, name="Member One")]]
    done = sync(world)
    assert done is not None
    assert done.members == 2


@pytest.mark.parametrize("status", ["Inactive", "Deleted", "inactive"])
def test_who_is_not_active_is_not_taken_in(world: World, lms: ScriptedPlatform, status: str) -> None:
    lms.members = [[member(1), member(2, status=status)]]
    sync(world)
    assert "member-2" not in people(world)


def test_who_is_missing_is_dropped_with_the_time_and_keeps_what_is_theirs(world: World, lms: ScriptedPlatform) -> None:
    assignment = world.assignment()
    lms.members = [[member(1), member(2)]]
    sync(world)
    with transaction(world.tenant_id):
        left = session().scalars(sa.select(User.id).where(User.sub == "member-2")).one()
    attempt = world.hand_in(left, world.items(assignment)[0])
    lms.members = [[member(1)]]
    at = NOW + dt.timedelta(days=1)
    done = sync(world, at=at)
    assert done is not None
    with transaction(world.tenant_id):
        enrollment = session().scalars(sa.select(Enrollment).where(Enrollment.user_id == left)).one()
        assert (enrollment.status, enrollment.dropped_at) == (EnrollmentStatus.DROPPED, at)
        assert (
            session().scalar(sa.text("SELECT count(*) FROM submission_attempts WHERE id = :id"), {"id": attempt}) == 1
        )
    lms.members = [[member(1), member(2)]]
    sync(world, at=at)
    with transaction(world.tenant_id):
        enrollment = session().scalars(sa.select(Enrollment).where(Enrollment.user_id == left)).one()
        assert (enrollment.status, enrollment.dropped_at) == (EnrollmentStatus.ACTIVE, None)


def test_an_empty_roster_drops_nobody(world: World, lms: ScriptedPlatform) -> None:
    lms.members = [[member(1)]]
    sync(world)
    lms.members = [[]]
    sync(world)
    assert people(world)["member-1"][1] == EnrollmentStatus.ACTIVE


def test_a_role_that_changes_there_changes_here(world: World, lms: ScriptedPlatform) -> None:
    lms.members = [[member(1)]]
    sync(world)
    lms.members = [[member(1, roles=[INSTRUCTOR])]]
    sync(world)
    assert people(world)["member-1"][0] == Role.TEACHER
    lms.members = [[member(1)]]
    sync(world)
    assert people(world)["member-1"][0] == Role.STUDENT


def test_a_roster_is_read_once_well_and_its_error_is_forgotten(world: World, lms: ScriptedPlatform) -> None:
    lms.members = [[member(1)]]
    lms.script[MEMBERS] = [(500, {}, "down")]
    with pytest.raises(ServiceError):
        sync(world)
    assert "down" in (error_of(world) or "")
    sync(world)
    assert error_of(world) is None


@pytest.mark.parametrize("url", ["http://[", "https://lms.example:99999/", "members", "http://lms.example/members"])
def test_a_roster_without_a_usable_address_is_said(world: World, lms: ScriptedPlatform, url: str) -> None:
    with transaction(world.tenant_id):
        session().get_one(ClassContext, world.context_id).memberships_url = url
    with pytest.raises(ServiceError):
        sync(world)
    assert error_of(world)


def test_a_course_without_a_roster_has_none(world: World, lms: ScriptedPlatform) -> None:
    with transaction(world.tenant_id):
        session().get_one(ClassContext, world.context_id).memberships_url = None
    assert sync(world) is None
    assert lms.asked == []
