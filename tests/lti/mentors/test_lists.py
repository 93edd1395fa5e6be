"""Whom a mentor's launches name: kept as the last list says, until mentor or mentored has left."""

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader import adapters
from lti_grader.classes.models import Class, Enrollment, EnrollmentSource, Mentorship, Role
from lti_grader.classes.operations import enroll
from lti_grader.core.db import session, transaction
from lti_grader.lti import claims as c
from lti_grader.lti import joining, mentoring, operations, roster
from lti_grader.lti.models import ClassContext, Deployment, Platform
from lti_grader.people.models import User
from tests.fixtures.world import NOW
from tests.lti.mentors.family import MENTOR, Family
from tests.lti.scripted import LEARNER, ScriptedPlatform, Way


class TestTheList:
    def test_is_that_of_the_last_launch(self, family: Family, at_home: FlaskClient) -> None:
        family.launch([family.sub(family.other)])
        assert family.mentored() == {family.other}
        assert at_home.get(f"/attempts/{family.attempt}").status_code == 404
        family.launch(...)
        assert (family.mentored(), family.kept()) == (set(), [])

    def test_is_each_courses_own(self, family: Family) -> None:
        world = family.world
        with transaction(world.tenant_id):
            here = session().get_one(ClassContext, world.context_id)
            session().add(
                ClassContext(
                    tenant_id=world.tenant_id, deployment_id=here.deployment_id, context_id="second", class_id=world.class_id,
                    title="Second",
                )
            )  # fmt: skip
        family.launch([family.sub(family.other)], context="second")
        assert family.mentored() == {family.child, family.other}
        family.launch([], context="second")
        assert family.mentored() == {family.child}

    def test_waits_for_people_who_have_not_appeared_yet(self, family: Family) -> None:
        family.launch([family.sub(family.child), "person-to-come"])
        assert family.mentored() == {family.child}
        family.launch(..., roles=[LEARNER], sub="person-to-come")
        assert len(family.mentored()) == 2

    @pytest.mark.parametrize("roles", [[], [LEARNER], ["http://purl.imsglobal.org/vocab/lis/v2/membership#Member"]])
    def test_counts_for_mentors_only(self, family: Family, roles: list[str]) -> None:
        family.launch([family.sub(family.child)], roles=roles)
        assert family.kept() == []

    def test_of_staff_is_not_kept(self, family: Family) -> None:
        family.launch(
            [family.sub(family.child)], roles=[MENTOR, "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"]
        )
        assert family.kept() == []

    def test_names_no_staff_nobody_of_another_platform_and_not_oneself(self, family: Family) -> None:
        world = family.world
        with transaction(world.tenant_id):
            elsewhere = Platform(
                tenant_id=world.tenant_id, issuer="https://other.example", client_id="x", name="Other",
                auth_login_url="https://o.example/a", auth_token_url="https://o.example/t", jwks_url="https://o.example/k",
            )  # fmt: skip
            session().add(elsewhere)
            session().flush()
            session().add(Deployment(tenant_id=world.tenant_id, platform_id=elsewhere.id, deployment_id="1"))
            stranger = User(tenant_id=world.tenant_id, platform_id=elsewhere.id, sub="stranger")
            session().add(stranger)
            session().flush()
            enroll(world.class_id, stranger.id, Role.STUDENT, source=EnrollmentSource.LAUNCH)
        family.launch(["teacher", "stranger", "parent"])
        assert family.mentored() == set()

    @pytest.mark.parametrize(
        ("named", "kept"),
        [
            ("person-1", []), ({"a": "b"}, []), (7, []), (True, []), (None, []), ([], []), ([[], {}, None, True, 1.5], []),
            ([5, "5", "x\0", "\ud800", "", "a" * 256], ["5"]), ([["a"] * 9], []),
        ],
    )  # fmt: skip
    def test_that_is_none_or_holds_no_ids_is_as_good_as_empty(
        self, family: Family, named: Any, kept: list[str]
    ) -> None:
        family.launch(named)
        assert family.kept() == kept

    def test_of_ten_thousand_is_cut(self, family: Family) -> None:
        family.launch([str(number) for number in range(10_000)])
        assert len(family.kept()) == mentoring.MOST


def test_hostile_lists_arrive_as_any_other_launch(way: Way, scripted: ScriptedPlatform) -> None:
    for named in ("x", 5, {"a": 1}, [None, {}, 5], [str(number) for number in range(5_000)]):
        way.login()
        answer = way.launch(**{c.ROLES: [MENTOR], c.MENTORED: named})
        assert answer.status_code == 303
        assert way.client.get(answer.headers["Location"]).status_code == 200


class TestLeaving:
    def listed(self, family: Family, lms: ScriptedPlatform, **mentor: Any) -> None:
        people = [{"user_id": family.sub(one), "roles": [LEARNER]} for one in (family.child, family.other)]
        lms.members = [people + ([{"user_id": "parent", **mentor}] if mentor else [])]
        at = dt.datetime.now(dt.UTC) + dt.timedelta(days=2)
        roster.sync(family.world.tenant_id, family.world.context_id, adapters.installed(), at=at)

    def test_on_the_roster_they_stay_mentors(self, family: Family, lms: ScriptedPlatform) -> None:
        self.listed(family, lms, roles=[MENTOR])
        assert family.mentored() == {family.child}

    def test_gone_from_the_roster_they_mentor_nobody_and_coming_back_begins_anew(
        self, family: Family, lms: ScriptedPlatform
    ) -> None:
        self.listed(family, lms)
        assert family.kept() == []
        self.listed(family, lms, roles=[MENTOR])
        assert family.mentored() == set()

    def test_as_something_else_there_they_mentor_nobody(self, family: Family, lms: ScriptedPlatform) -> None:
        self.listed(family, lms, roles=[LEARNER])
        assert family.kept() == []

    def test_where_their_course_joins_another_class_they_go_along(self, family: Family) -> None:
        world = family.world
        with transaction(world.tenant_id):
            alone = operations.context_named(
                session().scalars(sa.select(Deployment)).one(), "alone", "Alone", owner_id=None
            ).class_id
        family.launch(["later"], context="alone", sub="adviser")
        with transaction(world.tenant_id):
            joining.join(alone, session().get_one(Class, world.class_id), at=NOW)
            found = session().execute(
                sa.select(Enrollment.class_id).join(Mentorship, Mentorship.enrollment_id == Enrollment.id).where(
                    Mentorship.sub == "later"
                )
            ).scalars().all()  # fmt: skip
        assert found == [world.class_id]
