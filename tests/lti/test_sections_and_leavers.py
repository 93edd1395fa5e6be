"""Sections as each LMS tells them, and the scores of those who leave and come back."""

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.classes.models import Enrollment, EnrollmentSource, Role
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.lti import claims as c
from lti_grader.lti import leavers, operations, roster
from lti_grader.lti.models import DeliveryStatus, Platform, ProductFamily
from lti_grader.lti.products import PRODUCTS
from lti_grader.people.models import User
from tests.fixtures.world import NOW, World
from tests.lti.desk import Desk
from tests.lti.scripted import INSTRUCTOR, LEARNER, ScriptedPlatform

HOUR = dt.timedelta(hours=1)
CANVAS, MOODLE, OTHER = (PRODUCTS[one] for one in (ProductFamily.CANVAS, ProductFamily.MOODLE, ProductFamily.OTHER))
LIS = {c.LIS: {"course_section_sourcedid": "CS101-A"}}


def canvas_says(value: Any) -> dict[str, Any]:
    return {c.CUSTOM: {c.OWN_SECTIONS: value}}


@pytest.mark.parametrize(
    ("product", "message", "found"),
    [
        (OTHER, LIS, ["CS101-A"]),
        (OTHER, {}, None),
        (OTHER, {c.LIS: "CS101"}, None),
        (OTHER, {c.LIS: {"course_section_sourcedid": ["x"]}}, None),
        (MOODLE, LIS, None),
        (CANVAS, LIS, None),
        (CANVAS, canvas_says('["Section 1, M-T", "TA Section"]'), ["Section 1, M-T", "TA Section"]),
        (CANVAS, canvas_says(["Morning"]), ["Morning"]),
        (CANVAS, canvas_says("[]"), []),
        (CANVAS, canvas_says("$com.instructure.User.sectionNames"), None),
        (CANVAS, canvas_says('[1, null, "B\\u0000"]'), ["B"]),
        (CANVAS, canvas_says("[" * 100_000), None),
        (CANVAS, {c.CUSTOM: "x"}, None),
    ],
)
def test_sections_are_read_as_each_lms_tells_them(product: Any, message: dict[str, Any], found: Any) -> None:
    assert product.sections(message) == found


def be(world: World, family: ProductFamily) -> None:
    with transaction(world.tenant_id):
        session().get_one(Platform, world.platform_id).product_family = family


def member(number: int, **more: Any) -> dict[str, Any]:
    return {"user_id": f"member-{number}", "name": f"Member {number}", "roles": [LEARNER], **more}


def sync(world: World, *, at: dt.datetime = NOW) -> roster.Synced:
    done = roster.sync(world.tenant_id, world.context_id, adapters.installed(), at=at)
    assert done is not None
    return done


def sections(world: World) -> dict[str, tuple[list[str], str | None]]:
    with transaction(world.tenant_id):
        rows = session().execute(
            sa.select(User.sub, Enrollment.sections, Enrollment.section).join(User, User.id == Enrollment.user_id)
        )
        return {sub: (several, first) for sub, several, first in rows}


def test_canvas_is_asked_for_what_launches_would_say_and_names_the_sections(
    world: World, lms: ScriptedPlatform
) -> None:
    be(world, ProductFamily.CANVAS)
    lms.members = [[member(1, message=[canvas_says('["Morning", "Lab 2"]')]), member(2)]]
    sync(world)
    assert lms.to("/members")[0].query == {"rlid": "course", "limit": "100"}
    assert sections(world)["member-1"] == (["Morning", "Lab 2"], "Morning")
    assert sections(world)["member-2"] == ([], None)
    # Nothing said leaves them; something else said changes them; nothing new writes nothing.
    lms.members = [[member(1), member(2, message=[canvas_says('["Evening"]')])]]
    assert sync(world).changed == 1
    assert sections(world)["member-1"][0] == ["Morning", "Lab 2"]
    assert sections(world)["member-2"][0] == ["Evening"]
    assert sync(world).changed == 0


@pytest.mark.parametrize("status", [400, 404, 422])
def test_where_that_is_refused_the_roster_is_read_without(world: World, lms: ScriptedPlatform, status: int) -> None:
    be(world, ProductFamily.CANVAS)
    lms.members, lms.script["/members"] = [[member(1)]], [(status, {}, "rlid is unknown")]
    assert sync(world).members == 1
    assert lms.to("/members")[1].query == {}


def test_who_stands_there_once_for_each_section_is_in_all_of_them(world: World, lms: ScriptedPlatform) -> None:
    lms.members = [[member(1, message=[LIS]), member(1, message=[{c.LIS: {"course_section_sourcedid": "CS101-B"}}])]]
    sync(world)
    assert sections(world)["member-1"][0] == ["CS101-A", "CS101-B"]


def arrive(world: World, sub: str, role: str, **more: Any) -> operations.Arrival:
    claims = {
        "sub": sub, c.ROLES: [role], c.DEPLOYMENT_ID: "1", c.CONTEXT: {"id": "course"},
        c.MESSAGE_TYPE: c.RESOURCE_LINK_REQUEST, c.RESOURCE_LINK: {"id": "link"}, **more,
    }  # fmt: skip
    with transaction(world.tenant_id):
        return operations.arrive(claims, session().get_one(Platform, world.platform_id), at=NOW)


def test_a_launch_names_sections_as_well(world: World) -> None:
    arrive(world, "person-x", LEARNER, **LIS)
    assert sections(world)["person-x"][0] == ["CS101-A"]
    arrive(world, "person-x", LEARNER)
    assert sections(world)["person-x"][0] == ["CS101-A"]


def test_moodles_assistant_is_one_from_the_first_roster_on_also_at_the_next_launch(
    world: World, lms: ScriptedPlatform
) -> None:
    be(world, ProductFamily.MOODLE)
    lms.members = [[member(1)]]
    arrive(world, "member-1", INSTRUCTOR)
    sync(world)
    assert arrive(world, "member-1", INSTRUCTOR).role == Role.ASSISTANT
    # Made a teacher there, they are one here as soon as the list says so.
    lms.members = [[member(1, roles=["Instructor"])]]
    sync(world)
    assert arrive(world, "member-1", INSTRUCTOR).role == Role.TEACHER
    # Who switches to the role of a student looks as one, and is one once the list says so.
    assert arrive(world, "member-1", LEARNER).role == Role.PREVIEW
    lms.members = [[member(1)]]
    sync(world)
    assert arrive(world, "member-1", LEARNER).role == Role.STUDENT


@pytest.fixture
def listed(world: World, lms: ScriptedPlatform) -> Desk:
    """A student whom the roster named, with a column."""
    desk = Desk(world, lms)
    lms.members = [[member(1), {"user_id": desk.sub, "roles": [LEARNER]}]]
    sync(world)
    return desk


def test_who_has_left_gets_no_scores_and_has_them_all_once_they_are_back(
    world: World, lms: ScriptedPlatform, listed: Desk
) -> None:
    listed.score(5)
    lms.members = [[member(1)]]
    assert sync(world, at=NOW + HOUR).dropped == 1
    assert (listed.last.status, listed.last.last_error) == (DeliveryStatus.EXCLUDED, leavers.AWAY)
    with transaction(world.tenant_id):
        # A late result, of work that was handed in before.
        entry = session().scalars(sa.select(GradebookEntry).where(GradebookEntry.student_id == listed.student)).one()
        entry.score_obtained, entry.revision = 7, 2
    lms.members = [[member(1), {"user_id": listed.sub, "roles": [LEARNER]}]]
    assert sync(world, at=NOW + 2 * HOUR).joined == 1
    assert [(int(one.score), one.status) for one in listed.rows()] == [
        (5, DeliveryStatus.SUPERSEDED), (7, DeliveryStatus.PENDING),
    ]  # fmt: skip
    listed.later(hours=3)
    assert listed.carry() == "verified"


def test_what_had_arrived_before_they_left_stays_as_it_is(world: World, lms: ScriptedPlatform, listed: Desk) -> None:
    listed.score(5)
    assert listed.carry() == "verified"
    lms.members = [[member(1)]]
    sync(world, at=NOW + HOUR)
    assert listed.last.status == DeliveryStatus.VERIFIED


def test_who_comes_back_by_a_launch_has_their_scores_owed_at_once(
    world: World, lms: ScriptedPlatform, listed: Desk
) -> None:
    listed.score(5)
    lms.members = [[member(1)]]
    sync(world, at=NOW + HOUR)
    assert listed.last.status == DeliveryStatus.EXCLUDED
    arrive(world, listed.sub, LEARNER)
    assert listed.last.status == DeliveryStatus.PENDING
    assert listed.carry() == "verified"
    lms.members = [[member(1), {"user_id": listed.sub, "roles": [LEARNER]}]]
    sync(world, at=NOW + 2 * HOUR)
    assert listed.last.status == DeliveryStatus.VERIFIED
    with transaction(world.tenant_id):
        one = session().scalars(sa.select(Enrollment).where(Enrollment.user_id == listed.student)).one()
        assert one.source == EnrollmentSource.ROSTER


def test_a_student_is_graded_before_they_ever_launched(world: World, lms: ScriptedPlatform) -> None:
    lms.members = [[member(1)]]
    sync(world)
    desk = Desk(world, lms)
    with transaction(world.tenant_id):
        desk.student = session().scalars(sa.select(User.id).where(User.sub == "member-1")).one()
    desk.score(8)
    assert desk.carry() == "verified"
    assert [one["userId"] for one in desk.posts()] == ["member-1"]
