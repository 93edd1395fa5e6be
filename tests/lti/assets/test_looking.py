"""Files that were handed in: who may look at them, and the activities that they belong to."""

import uuid
from typing import Any

import jwt
import pytest

from lti_grader.core.db import session, transaction
from lti_grader.demo.lms.client import forms
from lti_grader.lti import claims as c
from lti_grader.lti.asset_models import AssetActivity
from lti_grader.people.models import User
from tests.lti.assets.course import ESSAY, ITEMS, Course, Page, page


class TestLooking:
    def test_staff_see_what_came_in_and_save_it(self, course: Course) -> None:
        course.hand_in(course.file(filename='../\u00fcber "x".html', content_type="text/html"))
        course.fetch()
        client, answer = course.launch(c.ASSET_SETTINGS_REQUEST)
        assert "über" in page(client, answer)
        saved = client.get(f"/assets/{course.asset.id}/file")
        assert (saved.data, saved.headers["Content-Type"]) == (ESSAY, "application/octet-stream")
        assert saved.headers["Content-Disposition"].startswith('attachment; filename=".._')
        assert saved.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in saved.headers["Content-Security-Policy"]
        overview = client.get(f"/classes/{course.world.class_id}/handed-in").text
        assert "Essay on loops" in overview

    def test_a_report_leads_to_its_file_for_staff_and_for_who_handed_it_in(self, course: Course) -> None:
        course.hand_in()
        course.fetch()
        # Whoever looks is what Canvas puts into for_user.
        for sub in ("teacher", course.sub):
            shown = page(*course.launch(c.REPORT_REVIEW_REQUEST, sub, **{c.FOR_USER: {"user_id": sub}}))
            assert "essay.pdf" in shown

    def test_a_report_leads_nobody_else_there(self, course: Course) -> None:
        course.hand_in()
        outsider = course.world.user()
        with transaction(course.world.tenant_id):
            sub = session().get_one(User, outsider).sub
        assert course.launch(c.REPORT_REVIEW_REQUEST, sub)[1].status_code == 401
        assert course.launch(c.REPORT_REVIEW_REQUEST, **{c.ASSET: {"id": "other"}})[1].status_code == 401
        assert course.launch(c.REPORT_REVIEW_REQUEST, **{c.CONTEXT: {"id": "elsewhere"}})[1].status_code == 401
        assert course.launch(c.ASSET_SETTINGS_REQUEST, course.sub)[1].status_code == 401

    @pytest.mark.parametrize(
        ("kind", "missing"),
        [
            (c.ASSET_SETTINGS_REQUEST, c.ACTIVITY),
            (c.REPORT_REVIEW_REQUEST, c.ACTIVITY),
            (c.REPORT_REVIEW_REQUEST, c.ASSET),
        ],
    )
    def test_such_launches_say_what_they_are_about(self, course: Course, kind: str, missing: str) -> None:
        assert course.launch(kind, **{missing: ...})[1].status_code == 401
        assert course.launch(kind, **{missing: {"id": 7}})[1].status_code == 401

    def test_staff_say_later_what_the_files_belong_to(self, course: Course) -> None:
        assignment = course.world.assignment()
        client, answer = course.launch(c.ASSET_SETTINGS_REQUEST)
        where = answer.headers["Location"]
        assert client.post(where, data={"assignment": str(assignment)}).status_code == 303
        assert course.rows(AssetActivity)[0].assignment_id == assignment
        for wrong in (str(uuid.uuid4()), "x"):
            assert client.post(where, data={"assignment": wrong}).status_code == 422
        client.post(where, data={"assignment": ""})
        assert course.rows(AssetActivity)[0].assignment_id is None

    def test_staff_have_a_file_fetched_again(self, course: Course) -> None:
        course.lms.script["/files/1"].append((404, {}, "gone"))
        course.hand_in()
        course.fetch()
        client, _ = course.launch(c.ASSET_SETTINGS_REQUEST)
        assert "Fetch it again" in client.get(f"/assets/{course.asset.id}").text
        assert client.post(f"/assets/{course.asset.id}/fetch").status_code == 303
        assert course.fetch() == "kept"


class TestPlacing:
    def ask(self, course: Course, sub: str = "teacher", **changes: Any) -> tuple[Any, Any]:
        settings = {
            "deep_link_return_url": f"{course.lms.url}/return", "accept_types": ["ltiAssetProcessor"], "data": "d-1",
        }  # fmt: skip
        return course.launch(c.DEEP_LINKING_REQUEST, sub, **({c.DEEP_LINKING_SETTINGS: settings} | changes))

    def choose(self, course: Course, assignment: object) -> Any:
        client, answer = self.ask(course)
        assert "Receive what students hand in" in page(client, answer)
        return client.post(answer.headers["Location"], data={"assignment": str(assignment)})

    def test_the_choice_goes_back_as_an_asset_processor(self, course: Course) -> None:
        assignment = course.world.assignment()
        answer = self.choose(course, assignment)
        assert answer.status_code == 200, answer.text[:300]
        said = jwt.decode(forms(Page(answer.text))[0].fields["JWT"], options={"verify_signature": False})
        (item,) = said[ITEMS]
        assert (item["type"], item["custom"]) == ("ltiAssetProcessor", {c.OWN_ASSIGNMENT: str(assignment)})
        assert item["report"]["url"].endswith("/lti/launch")
        assert said["https://purl.imsglobal.org/spec/lti-dl/claim/data"] == "d-1"
        assert (said["iss"], said["aud"]) == ("client", course.lms.url)
        (activity,) = course.rows(AssetActivity)
        assert (activity.activity_id, activity.assignment_id) == ("essay", assignment)

    def test_it_can_be_decided_later(self, course: Course) -> None:
        said = forms(Page(self.choose(course, "").text))[0].fields["JWT"]
        (item,) = jwt.decode(said, options={"verify_signature": False})[ITEMS]
        assert item["custom"] == {}

    def test_an_assignment_of_another_class_is_not_chosen(self, course: Course) -> None:
        assert self.choose(course, uuid.uuid4()).status_code == 422

    def test_a_choice_is_made_once_and_by_who_was_asked(self, course: Course) -> None:
        client, answer = self.ask(course)
        assert client.post(answer.headers["Location"]).status_code == 200
        assert client.post(answer.headers["Location"]).status_code == 404
        _, again = self.ask(course)
        student, _ = course.launch(c.RESOURCE_LINK_REQUEST, course.sub, **{c.RESOURCE_LINK: {"id": "x"}})
        assert student.get(again.headers["Location"]).status_code in (401, 404)

    def test_a_student_places_nothing(self, course: Course) -> None:
        assert self.ask(course, course.sub)[1].status_code == 401

    def test_where_links_are_taken_too_links_are_offered(self, course: Course) -> None:
        settings = {
            "deep_link_return_url": f"{course.lms.url}/return", "accept_types": ["ltiAssetProcessor", "ltiResourceLink"],
        }  # fmt: skip
        _, answer = self.ask(course, **{c.DEEP_LINKING_SETTINGS: settings})
        assert "/lti/choose/" in answer.headers["Location"]
