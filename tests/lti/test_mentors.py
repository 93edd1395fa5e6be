"""Mentors, such as parents and advisers: they see what each of theirs sees of their own results, and nothing else."""

import datetime as dt
import re
import uuid
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader import adapters
from lti_grader.adapters.redis import KeyValue
from lti_grader.assignments.models import Assignment
from lti_grader.classes.mentors import mentored
from lti_grader.classes.models import Class, Enrollment, EnrollmentSource, Mentorship, Role
from lti_grader.classes.operations import create_class, enroll
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.grading import tasks
from lti_grader.grading.models import GradingJob
from lti_grader.lti import claims as c
from lti_grader.lti import joining, mentoring, operations, roster
from lti_grader.lti.models import ClassContext, Deployment, Platform, ScoreDelivery
from lti_grader.lti.privacy import erasing, export, holdings
from lti_grader.people.models import User
from tests.fixtures.world import NOW, World
from tests.lti.conftest import Browser
from tests.lti.scripted import LEARNER, ScriptedPlatform, Way, browser

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


@pytest.fixture
def family(world: World) -> Family:
    return Family(world)


@pytest.fixture
def at_home(family: Family, browser_of: Browser) -> FlaskClient:
    return browser_of(family.mentor)


class TestWhatTheySee:
    def test_what_there_is_to_do_and_how_it_went(self, family: Family, at_home: FlaskClient) -> None:
        page = at_home.get(f"/classes/{family.world.class_id}", follow_redirects=True)
        assert page.request.path.endswith(f"/mentored/{family.child}")
        assert f"/assignments/{family.assignment}/students/{family.child}" in page.text
        assert "Only they can hand in work" in page.text

    def test_an_assignment_as_its_student_stands_with_it(self, family: Family, at_home: FlaskClient) -> None:
        page = at_home.get(f"/assignments/{family.assignment}", follow_redirects=True)
        assert page.request.path.endswith(f"/students/{family.child}")
        text = re.sub(r"\s+", " ", re.sub("<[^>]+>", "", page.text))
        assert "10 / 20 points" in text
        assert "1. Double 1 submission 10 / 10" in text
        assert "2. Double Not begun – / 10" in text
        assert str(family.attempt) in page.text

    def test_an_attempt_with_no_more_of_its_tests_than_the_student(
        self, family: Family, at_home: FlaskClient, browser_of: Browser
    ) -> None:
        headers = {"Accept": "application/json"}
        mine = at_home.get(f"/attempts/{family.attempt}", headers=headers)
        theirs = browser_of(family.child).get(f"/attempts/{family.attempt}", headers=headers)
        assert mine.json == theirs.json
        assert {one["name"] for one in mine.json["tests"]} == {"sample", "seen"}
        assert at_home.get(f"/attempts/{family.attempt}").status_code == 200
        assert at_home.get(f"/attempts/{family.attempt}/code").status_code == 200

    def test_who_mentors_several_chooses(self, family: Family, browser_of: Browser) -> None:
        client = browser_of(family.launch([family.sub(family.child), family.sub(family.other)]))
        home = client.get(f"/classes/{family.world.class_id}")
        page = client.get(f"/assignments/{family.assignment}")
        for one in (family.child, family.other):
            assert f"/mentored/{one}" in home.text
            assert f"/students/{one}" in page.text

    def test_a_student_who_mentors_too_keeps_their_own_pages(self, family: Family, browser_of: Browser) -> None:
        tutor = family.launch([family.sub(family.child)], roles=[LEARNER, MENTOR], sub="tutor")
        client = browser_of(tutor)
        home = client.get(f"/classes/{family.world.class_id}")
        assert f"/mentored/{family.child}" in home.text
        assert f'href="/assignments/{family.assignment}"' in home.text
        assert client.get(f"/assignments/{family.assignment}/students/{family.child}").status_code == 200
        assert "Your work" in client.get(f"/assignments/{family.assignment}/students/{tutor}").text


class TestWhatTheyDoNot:
    def test_nothing_of_other_students(self, family: Family, at_home: FlaskClient) -> None:
        for address in (
            f"/attempts/{family.others_attempt}", f"/attempts/{family.others_attempt}/code",
            f"/attempts/{family.others_attempt}/events", f"/attempts/{family.attempt}/diff?against={family.others_attempt}",
            f"/assignments/{family.assignment}/students/{family.other}",
            f"/classes/{family.world.class_id}/mentored/{family.other}",
            f"/classes/{family.world.class_id}/mentored/{family.mentor}",
        ):  # fmt: skip
            assert at_home.get(address).status_code == 404, address

    def test_no_page_of_staff(self, family: Family, at_home: FlaskClient) -> None:
        for part in ("gradebook", "roster", f"students/{family.child}", "deliveries"):
            assert at_home.get(f"/classes/{family.world.class_id}/{part}").status_code in (403, 404), part

    def test_what_is_not_published_stays_so(self, family: Family, at_home: FlaskClient) -> None:
        with transaction(family.world.tenant_id):
            session().execute(sa.text("UPDATE content_items SET is_published = false"))
        assert at_home.get(f"/assignments/{family.assignment}/students/{family.child}").status_code == 403
        assert at_home.get(f"/attempts/{family.attempt}").status_code == 403
        assert "nothing to do here yet" in at_home.get(f"/classes/{family.world.class_id}", follow_redirects=True).text

    def test_marks_and_results_that_are_held_back_from_students_are_from_mentors_too(
        self, family: Family, at_home: FlaskClient, browser_of: Browser
    ) -> None:
        with transaction(family.world.tenant_id):
            assignment = session().get_one(Assignment, family.assignment)
            by_hand = {"when": "by_hand"}
            assignment.config = {**assignment.config, "marks": by_hand, "feedback": by_hand}
        text = re.sub("<[^>]+>", "", at_home.get(f"/assignments/{family.assignment}", follow_redirects=True).text)
        assert "when your teacher releases them" in text
        assert "10 /" not in text
        shown = at_home.get(f"/attempts/{family.attempt}", headers={"Accept": "application/json"}).json
        theirs = browser_of(family.child).get(f"/attempts/{family.attempt}", headers={"Accept": "application/json"})
        assert shown == theirs.json
        assert (shown["points"], shown["tests"]) == (None, [])
        home = at_home.get(f"/classes/{family.world.class_id}", follow_redirects=True).text
        assert "10 /" not in re.sub("<[^>]+>", "", home)

    def test_they_hand_nothing_in_and_are_not_graded(self, family: Family, at_home: FlaskClient) -> None:
        item = family.items[0]
        save = {"code": "x", "language": "python", "base_revision": 0, "save_id": "save-0001"}
        press = {"type": "final_submission", "code": "x", "language": "python", "idempotency_key": "press-001"}
        assert at_home.put(f"/work/{item}/draft", json=save).status_code == 403
        for kind in ("test_run", "final_submission"):
            assert at_home.post(f"/work/{item}/attempts", json=press | {"type": kind}).status_code == 403
        with transaction(family.world.tenant_id):
            for table, whose in (
                (GradebookEntry, GradebookEntry.student_id), (ScoreDelivery, ScoreDelivery.user_id),
            ):  # fmt: skip
                assert session().scalar(sa.select(table.id).where(whose == family.mentor)) is None

    def test_another_class_of_the_same_student_is_not_theirs(self, family: Family, at_home: FlaskClient) -> None:
        world = family.world
        with transaction(world.tenant_id):
            elsewhere = create_class("CS102", owner_id=None).id
            enroll(elsewhere, family.child, Role.STUDENT, source=EnrollmentSource.LAUNCH)
            enroll(elsewhere, family.mentor, Role.OBSERVER, source=EnrollmentSource.LAUNCH)
        assert family.mentored(elsewhere) == set()
        assert at_home.get(f"/classes/{elsewhere}/mentored/{family.child}").status_code == 404

    def test_who_left_the_class_is_seen_no_more(self, family: Family, at_home: FlaskClient) -> None:
        with transaction(family.world.tenant_id):
            session().execute(
                sa.update(Enrollment).where(Enrollment.user_id == family.child).values(status="dropped", dropped_at=NOW)
            )
        assert at_home.get(f"/attempts/{family.attempt}").status_code == 404


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


class TestPersonalData:
    def erase(self, family: Family, user_id: uuid.UUID, kv: KeyValue) -> None:
        with transaction(family.world.tenant_id):
            erasing.erase(session().get_one(User, user_id), family.world.teacher_id, kv, at=NOW)

    @pytest.mark.parametrize("whose", ["child", "mentor"])
    def test_erasing_either_ends_it(self, family: Family, whose: str) -> None:
        self.erase(family, getattr(family, whose), adapters.installed().kv)
        assert family.kept() == []

    def test_both_find_it_in_the_copy_of_what_is_held(self, family: Family) -> None:
        with transaction(family.world.tenant_id):
            child, mentor = (session().get_one(User, one) for one in (family.child, family.mentor))
            for one, expected in ((child, {"mentored_by": "parent"}), (mentor, {"mentors": child.sub})):
                assert holdings.counts(one)["mentors and mentored"] == 1
                (row,) = export.gather(one)["mentors"]
                assert row == {"class": "CS101", "named_at": NOW, **expected}
            other = session().get_one(User, family.other)
            assert export.gather(other)["mentors"] == []


def test_a_mentor_opens_the_work_of_theirs_from_the_lms_gradebook_and_nobody_elses(
    app: flask.Flask, family: Family, lms: ScriptedPlatform
) -> None:
    lms.client_id = "client"
    family.world.column(family.assignment, lms.column)

    def open_it(student: uuid.UUID) -> Any:
        way = browser(app, lms)
        way.login(client_id="client")
        return way.launch(
            **{
                "sub": "parent", c.ROLES: [MENTOR], c.MENTORED: [family.sub(family.child)], c.CONTEXT: {"id": "course"},
                c.MESSAGE_TYPE: c.SUBMISSION_REVIEW_REQUEST, c.FOR_USER: {"user_id": family.sub(student)},
            }
        )  # fmt: skip

    assert open_it(family.child).headers["Location"].endswith(f"/students/{family.child}")
    assert open_it(family.other).status_code == 401
