"""Mentors, such as parents and advisers: they see what each of theirs sees of their own results, and nothing else."""

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
from lti_grader.classes.models import Enrollment, EnrollmentSource, Role
from lti_grader.classes.operations import create_class, enroll
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.lti import claims as c
from lti_grader.lti.models import ScoreDelivery
from lti_grader.lti.privacy import erasing, export, holdings
from lti_grader.people.models import User
from tests.fixtures.world import NOW
from tests.lti.conftest import Browser
from tests.lti.mentors.family import MENTOR, Family
from tests.lti.scripted import LEARNER, ScriptedPlatform, browser


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
