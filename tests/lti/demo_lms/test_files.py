"""The demo LMS as Canvas: notices, files that go to a tool, and what the tool says of them; as others: work behind a score."""

import base64
import hashlib
from typing import Any

import jwt
import pytest

from lti_grader.demo.lms.client import Person, forms
from tests.fixtures.demo_lms import AMINA, BEN, COURSE, DL, LTI, REGISTRAR, TEACHER, Lms

NOTICES = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
READ = "https://purl.imsglobal.org/spec/lti/scope/asset.readonly"
REPORT = "https://purl.imsglobal.org/spec/lti/scope/report"
SUBMITTED = "LtiAssetProcessorSubmissionNotice"


@pytest.fixture(autouse=True)
def _as_canvas(lms: Lms) -> None:
    lms.control.post("mode", mode="canvas")
    lms.tool.posted.clear()


def claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def launched(lms: Lms, person: Person, path: str) -> dict[str, Any]:
    """Begin a launch as a browser would, with the tool's part done here; return what the LMS says."""
    begun = person.send("GET", f"{lms.url}{path}", follow=False)
    assert begun.status_code == 302, begun.text[:300]
    query = dict(httpx_query(begun.headers["Location"]))
    wish = {
        "response_type": "id_token", "response_mode": "form_post", "scope": "openid", "prompt": "none", "nonce": "n",
        "client_id": lms.tool.client_id, "redirect_uri": f"{lms.tool.url}/launch", "state": "s",
        "login_hint": query["login_hint"], "lti_message_hint": query["lti_message_hint"],
    }  # fmt: skip
    fields = forms(person.send("GET", f"{lms.url}/auth", params=wish))[0].fields
    return claims(fields["id_token"]) if "id_token" in fields else fields


def httpx_query(url: str) -> list[tuple[str, str]]:
    from urllib.parse import parse_qsl, urlsplit

    return parse_qsl(urlsplit(url).query)


def ask(lms: Lms, kind: str, **changes: Any) -> Any:
    body = {"notice_type": kind, "handler": f"{lms.tool.url}/notices", "max_batch_size": 50} | changes
    return lms.tool.call("PUT", f"{lms.url}/notice-handlers/{lms.tool.client_id}", NOTICES, json=body)


def activity(lms: Lms, teacher: Person) -> str:
    made = teacher.send("POST", f"{lms.url}/courses/{COURSE}/activities", data={"title": "Essay"}, follow=False)
    return str(made.headers["Location"]).rpartition("/")[2]


def with_processor(lms: Lms, teacher: Person, activity_id: str) -> None:
    said = launched(lms, teacher, f"/launch/activities/{activity_id}/choose/{lms.tool.client_id}")
    settings = said[DL + "deep_linking_settings"]
    assert settings["accept_types"] == ["ltiAssetProcessor"]
    assert said[LTI + "activity"] == {"id": activity_id, "title": "Essay"}
    item = {"type": "ltiAssetProcessor", "title": "Stand-in", "custom": {"mine": "7"}}
    answer = teacher.send("POST", f"{lms.url}/deep-links", data={"JWT": lms.tool.choice(settings, [item])})
    assert answer.status_code == 200, answer.text[:300]


def hand_in(lms: Lms, student: Person, activity_id: str, content: bytes = b"essay") -> Any:
    return student.send(
        "POST", f"{lms.url}/activities/{activity_id}/hand-in", files={"file": ("essay.txt", content, "text/plain")}
    )


class TestNotices:
    def test_who_asks_to_be_greeted_is_greeted(self, lms: Lms) -> None:
        assert ask(lms, "LtiHelloWorldNotice").json()["handler"].endswith("/notices")
        (batch,) = lms.tool.posted
        said = claims(batch["notices"][0]["jwt"])
        assert said[LTI + "notice"]["type"] == "LtiHelloWorldNotice"
        assert (said["iss"], said["aud"]) == (lms.url, lms.tool.client_id)

    @pytest.mark.parametrize("wrong", [{"notice_type": "Other"}, {"handler": None}, {"max_batch_size": 5}])
    def test_what_cannot_be_asked_for_is_refused(self, lms: Lms, wrong: dict[str, Any]) -> None:
        assert ask(lms, "LtiContextCopyNotice", **wrong).status_code == 400

    def test_a_copied_course_is_told(self, lms: Lms) -> None:
        ask(lms, "LtiContextCopyNotice")
        assert lms.control.post("copied", **{"course_id": "course-copy", "from": COURSE})["answers"] == [202]
        said = claims(lms.tool.posted[-1]["notices"][0]["jwt"])
        assert (said[LTI + "context"]["id"], said[LTI + "origin_contexts"]) == ("course-copy", [COURSE])

    def test_launches_say_where_to_ask_as_canvas_only(self, lms: Lms) -> None:
        teacher = Person(lms.url, TEACHER)
        path = f"/courses/{COURSE}/deep-link/{lms.tool.client_id}"
        service = launched(lms, teacher, path)[LTI + "platformnotificationservice"]
        assert service["platform_notification_service_url"].endswith(lms.tool.client_id)
        lms.control.post("mode", mode="moodle")
        assert LTI + "platformnotificationservice" not in launched(lms, teacher, path)


class TestFiles:
    def test_a_file_goes_to_the_tool_and_its_report_comes_back(self, lms: Lms) -> None:
        ask(lms, SUBMITTED)
        teacher, amina = Person(lms.url, TEACHER), Person(lms.url, AMINA)
        essay = activity(lms, teacher)
        with_processor(lms, teacher, essay)
        assert hand_in(lms, amina, essay).status_code == 200
        said = claims(lms.tool.posted[-1]["notices"][0]["jwt"])
        (asset,) = said[LTI + "assetservice"]["assets"]
        assert said[LTI + "for_user"] == {"user_id": AMINA}
        assert said[LTI + "custom"] == {"mine": "7"}
        assert asset["sha256_checksum"] == base64.b64encode(hashlib.sha256(b"essay").digest()).decode()
        assert lms.tool.call("GET", asset["url"], READ).content == b"essay"
        assert lms.tool.call("GET", asset["url"], REPORT).status_code == 401
        report = {
            "assetId": asset["asset_id"], "type": "t", "timestamp": "2026-03-01T10:00:00.000Z",
            "processingProgress": "PendingManual", "comment": "Kept.",
        }  # fmt: skip
        url = said[LTI + "assetreport"]["report_url"]
        assert lms.tool.call("POST", url, REPORT, json=report).status_code == 201
        assert lms.tool.call("POST", url, REPORT, json=report).status_code == 201
        older = report | {"timestamp": "2026-02-01T10:00:00.000Z"}
        assert lms.tool.call("POST", url, REPORT, json=older).status_code == 409
        assert lms.tool.call("POST", url, REPORT, json={"assetId": "other"}).status_code == 400
        assert "Kept." in teacher.send("GET", f"{lms.url}/activities/{essay}").text
        seen = launched(lms, amina, f"/launch/activities/{essay}/report/{asset['asset_id']}")
        assert seen[LTI + "message_type"] == "LtiReportReviewRequest"
        assert seen[LTI + "asset"] == {"id": asset["asset_id"]}

    def test_files_are_their_owners_and_settings_the_staffs(self, lms: Lms) -> None:
        teacher, amina, ben = (Person(lms.url, one) for one in (TEACHER, AMINA, BEN))
        essay = activity(lms, teacher)
        with_processor(lms, teacher, essay)
        hand_in(lms, amina, essay)
        assert "essay.txt" not in ben.send("GET", f"{lms.url}/activities/{essay}").text
        assert launched(lms, ben, f"/launch/activities/{essay}/settings")["error"] == "access_denied"
        said = launched(lms, teacher, f"/launch/activities/{essay}/settings")
        assert said[LTI + "message_type"] == "LtiAssetProcessorSettingsRequest"
        assert hand_in(lms, teacher, essay).status_code == 403
        assert hand_in(lms, amina, essay, b"").status_code == 400


class TestReviews:
    def test_a_column_that_says_so_leads_to_the_work(self, lms: Lms) -> None:
        lms.control.post("mode", mode="generic")
        teacher, amina, ben = (Person(lms.url, one) for one in (TEACHER, AMINA, BEN))
        settings = launched(lms, teacher, f"/courses/{COURSE}/deep-link/{lms.tool.client_id}")[
            DL + "deep_linking_settings"
        ]
        review = {"reviewableStatus": ["Submitted"], "label": "Show it", "url": f"{lms.tool.url}/review"}
        item = {
            "type": "ltiResourceLink", "title": "Week 1",
            "lineItem": {"scoreMaximum": 10, "label": "Week 1", "submissionReview": review},
        }  # fmt: skip
        teacher.send("POST", f"{lms.url}/deep-links", data={"JWT": lms.tool.choice(settings, [item])})
        (column,) = lms.control.state()["columns"]
        lms.post(f"{lms.url}/courses/{COURSE}/lineitems/{column['id']}/lineitem")
        assert "Show it" in teacher.send("GET", f"{lms.url}/courses/{COURSE}/gradebook").text
        path = f"/launch/courses/{COURSE}/review/{column['id']}/{AMINA}"
        for person in (teacher, amina):
            said = launched(lms, person, path)
            assert said[LTI + "message_type"] == "LtiSubmissionReviewRequest"
            assert said[LTI + "for_user"] == {"user_id": AMINA}
            assert said[LTI + "target_link_uri"] == f"{lms.tool.url}/review"
            assert column["id"] in said["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"]["lineitem"]
        assert launched(lms, ben, path)["error"] == "access_denied"

    def test_the_registrar_has_a_way_to_personal_data(self, lms: Lms) -> None:
        lms.control.post("mode", mode="generic")
        said = launched(lms, Person(lms.url, REGISTRAR), f"/launch/courses/{COURSE}/privacy")
        assert said[LTI + "message_type"] == "DataPrivacyLaunchRequest"
        assert said[LTI + "roles"][0].endswith("institution/person#Administrator")
        assert launched(lms, Person(lms.url, TEACHER), f"/launch/courses/{COURSE}/privacy")["error"] == "access_denied"
