"""Conformance rows 35 and 37: rosters in pages, who is what, and rosters that break off."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.classes.models import Enrollment, EnrollmentStatus, Role
from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.lti import roster
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.models import ClassContext, Platform, ProductFamily
from lti_grader.people.models import User
from tests.fixtures.world import NOW, World
from tests.lti.scripted import LEARNER, ScriptedPlatform, Way

TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"


def _member(number: int, **more: Any) -> dict[str, Any]:
    return {"user_id": f"member-{number}", "name": f"Member {number}", "roles": [LEARNER], "status": "Active", **more}


def _sync(world: World) -> roster.Synced | None:
    return roster.sync(world.tenant_id, world.context_id, adapters.installed(), at=NOW)


def _roles(world: World) -> dict[str, tuple[str, str]]:
    with transaction(world.tenant_id):
        found = session().execute(
            sa.select(User.sub, Enrollment.role, Enrollment.status).join(User, User.id == Enrollment.user_id)
        )
        return {sub: (role, status) for sub, role, status in found}


@pytest.mark.parametrize(
    "link",
    [
        lambda url: f'<{url}>; rel="next"',
        lambda url: f"<{url}>; rel=next",
        lambda url: f'<{url}>;rel="first", <{url}>; title="x, y"; rel="next"',
        lambda url: f"<{url}>; rel=“next”".encode().decode("latin-1"),
        lambda url: f'<{url.replace("&", "&amp;")}>; rel="next"',
    ],
)
def test_row_35_a_roster_in_pages_has_every_member(
    world: World, lms: ScriptedPlatform, link: Callable[[str], str]
) -> None:
    lms.members = [[_member(1), _member(2)], [_member(3)], [_member(4, roles=[INSTRUCTOR])]]
    lms.link = link
    done = _sync(world)
    assert done is not None
    assert done.members == 4
    assert [one.query.get("page", "0") for one in lms.asked if one.path.casefold() == "/members"] == ["0", "1", "2"]
    found = _roles(world)
    assert found["member-3"] == (Role.STUDENT, EnrollmentStatus.ACTIVE)
    assert found["member-4"] == (Role.TEACHER, EnrollmentStatus.ACTIVE)


def test_row_35_who_leaves_is_dropped_and_who_comes_back_is_there_again(world: World, lms: ScriptedPlatform) -> None:
    lms.members = [[_member(1), _member(2)]]
    _sync(world)
    lms.members = [[_member(1), _member(2, status="Inactive")]]
    _sync(world)
    assert _roles(world)["member-2"][1] == EnrollmentStatus.DROPPED
    lms.members = [[_member(1), _member(2)]]
    _sync(world)
    assert _roles(world)["member-2"][1] == EnrollmentStatus.ACTIVE


@pytest.mark.parametrize(
    "second", [(500, {}, "down"), (200, {}, "<html>"), (200, {}, {"members": "none"}), (403, {}, "no")]
)
def test_a_roster_that_breaks_off_drops_nobody(world: World, lms: ScriptedPlatform, second: Any) -> None:
    lms.members = [[_member(1)], [_member(2)]]
    _sync(world)
    lms.script["/Members"] = [second]
    with pytest.raises(ServiceError):
        _sync(world)
    assert {_roles(world)[f"member-{number}"][1] for number in (1, 2)} == {EnrollmentStatus.ACTIVE}
    with transaction(world.tenant_id):
        assert session().get_one(ClassContext, world.context_id).roster_error


def test_a_roster_is_not_followed_to_another_server(world: World, lms: ScriptedPlatform) -> None:
    lms.members = [[_member(1)], [_member(2)]]
    lms.link = lambda url: '<http://127.0.0.1:1/members>; rel="next"'
    with pytest.raises(ServiceError, match="another server"):
        _sync(world)


def test_row_37_moodles_assistants_stay_assistants(world: World, lms: ScriptedPlatform) -> None:
    # Moodle launches them as instructors, and lists them as learners.
    assistant = world.user(Role.TEACHER, last_launch_at=NOW)
    with transaction(world.tenant_id):
        session().get_one(Platform, world.platform_id).product_family = ProductFamily.MOODLE
        sub = session().get_one(User, assistant).sub
    lms.members = [[_member(1, user_id=sub)]]
    for _ in range(2):
        _sync(world)
        assert _roles(world)[sub][0] == Role.ASSISTANT


def test_row_37_moodles_assistants_launch_as_assistants_once_the_roster_has_listed_them(
    way: Way, scripted: ScriptedPlatform
) -> None:
    def role() -> Role:
        with transaction(tenant_id):
            return session().scalars(sa.select(Enrollment.role).join(User).where(User.sub == "ned")).one()

    def listed(as_what: str) -> None:
        scripted.members = [[{"user_id": "ned", "roles": [as_what]}]]
        roster.sync(tenant_id, context_id, adapters.installed(), at=NOW)

    def launches() -> None:
        way.login()
        assert way.launch(sub="ned").status_code == 303

    launches()
    with system_transaction() as opened:
        tenant_id, context_id = opened.execute(sa.select(ClassContext.tenant_id, ClassContext.id)).one()
    assert role() == Role.TEACHER
    for _ in range(2):
        listed("Learner")
        launches()
        assert role() == Role.ASSISTANT
    # Made a teacher there.
    listed("Instructor")
    launches()
    assert role() == Role.TEACHER


def test_elsewhere_a_roster_knows_best_who_is_what(world: World, lms: ScriptedPlatform) -> None:
    teacher = world.user(Role.TEACHER, last_launch_at=NOW)
    with transaction(world.tenant_id):
        sub = session().get_one(User, teacher).sub
    lms.members = [[_member(1, user_id=sub)]]
    _sync(world)
    assert _roles(world)[sub][0] == Role.STUDENT


def test_a_roster_without_names_takes_none_away(world: World, lms: ScriptedPlatform) -> None:
    lms.members = [[_member(1)]]
    _sync(world)
    lms.members = [[{"user_id": "member-1", "roles": [LEARNER]}]]
    _sync(world)
    with transaction(world.tenant_id):
        assert session().scalars(sa.select(User.name).where(User.sub == "member-1")).one() == "Member 1"
