"""Files that students hand in to the LMS: told of, fetched, kept once, and the LMS told in turn."""

import base64
import dataclasses
import datetime as dt
import hashlib
import uuid
from typing import Any

import flask
import jwt
import pytest
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.core.db import session, transaction
from lti_grader.demo.lms.client import forms
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.gradebook.todo import todo_of
from lti_grader.grading.models import GradingJob
from lti_grader.lti import claims as c
from lti_grader.lti.asset_models import AssetActivity, AssetAttempt, AssetReport, LtiAsset
from lti_grader.lti.assets import fetching, reporting, tasks
from lti_grader.lti.models import ClassContext, Platform
from lti_grader.lti.notice_models import Notice
from lti_grader.lti.notices import handling
from lti_grader.people.models import User
from tests.fixtures.world import World
from tests.lti.scripted import INSTRUCTOR, LEARNER, LOST, ScriptedPlatform, browser

ESSAY = b"%PDF-1.7 an essay"
MINUTE = dt.timedelta(minutes=1)
ITEMS = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def checksum(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


@dataclasses.dataclass
class _Page:
    text: str
    url: str = "http://localhost/"


class Course:
    """A course at the scripted platform with one assignment whose files come to us."""

    def __init__(self, app: flask.Flask, lms: ScriptedPlatform, world: World) -> None:
        self.app, self.lms, self.world, self.held = app, lms, world, adapters.installed()
        lms.client_id = "client"
        lms.files["/files/1"] = ("application/pdf", ESSAY)
        self.student = world.user()
        with transaction(world.tenant_id):
            self.sub = session().get_one(User, self.student).sub

    def file(self, **changes: Any) -> dict[str, Any]:
        return {
            "asset_id": "file-1", "url": f"{self.lms.url}/files/1", "sha256_checksum": checksum(ESSAY),
            "timestamp": "2026-03-01T10:00:00Z", "size": len(ESSAY), "content_type": "application/pdf",
            "filename": "essay.pdf", "title": "Essay",
        } | changes  # fmt: skip

    def hand_in(self, *files: dict[str, Any], submission: str = "work:1", **changes: Any) -> str:
        """Have the platform tell of a submission; return what came of the notice."""
        at = int(now().timestamp())
        claims = {
            "iss": self.lms.url, "aud": "client", "iat": at, "exp": at + 300, c.VERSION: "1.3.0", c.DEPLOYMENT_ID: "1",
            c.NOTICE: {"id": uuid.uuid4().hex, "timestamp": now().isoformat(), "type": c.SUBMISSION_NOTICE},
            c.CONTEXT: {"id": "course"}, c.ACTIVITY: {"id": "essay", "title": "Essay on loops"},
            c.FOR_USER: {"user_id": self.sub}, c.SUBMISSION: {"id": submission},
            c.ASSET_SERVICE: {"scope": [c.ASSET_READ], "assets": list(files) or [self.file()]},
            c.ASSET_REPORT: {"scope": [c.ASSET_REPORT_SCOPE], "report_url": f"{self.lms.url}/reports"},
        } | changes  # fmt: skip
        token = self.lms.sign({name: value for name, value in claims.items() if value is not ...})
        posted = self.app.test_client().post("/lti/notices", json={"notices": [{"jwt": token}]})
        assert posted.status_code == 202, posted.text
        (_, _, tenant, row), *_ = [one for one in handling.due(at=now()) if one[0] == "notices.handle"]
        return handling.handle(tenant, row, at=now())

    def rows(self, table: Any) -> list[Any]:
        with transaction(self.world.tenant_id):
            return list(session().scalars(sa.select(table).order_by(table.id)))

    @property
    def asset(self) -> LtiAsset:
        (row,) = self.rows(LtiAsset)
        return row

    def rows_of_attempts(self) -> list[AssetAttempt]:
        with transaction(self.world.tenant_id):
            return list(session().scalars(sa.select(AssetAttempt)))

    def as_(self, user_id: uuid.UUID) -> Any:
        """Return a browser with the session of a person."""
        client = self.app.test_client()
        with client.session_transaction() as kept:
            kept.update(
                user=str(user_id), tenant=str(self.world.tenant_id), platform=str(self.world.platform_id), frames=[]
            )
        return client

    def fetch(self, at: dt.datetime | None = None) -> str:
        return fetching.fetch(self.world.tenant_id, self.asset.id, self.held, at=at or now())

    def report(self, at: dt.datetime | None = None) -> str:
        return reporting.send(self.world.tenant_id, self.rows(AssetReport)[-1].id, self.held, at=at or now())

    def told(self) -> list[dict[str, Any]]:
        return [one.json for one in self.lms.to("/reports")]

    def launch(self, kind: str, sub: str = "teacher", **changes: Any) -> tuple[Any, Any]:
        way = browser(self.app, self.lms)
        assert way.login(client_id="client").status_code == 302
        claims = {
            "sub": sub, c.MESSAGE_TYPE: kind, c.RESOURCE_LINK: ..., c.CONTEXT: {"id": "course"},
            c.ROLES: [INSTRUCTOR if sub == "teacher" else LEARNER], c.ACTIVITY: {"id": "essay", "title": "Essay on loops"},
            c.ASSET: {"id": "file-1"}, c.SUBMISSION: {"id": "work:1"},
        } | changes  # fmt: skip
        return way.client, way.launch(**claims)


@pytest.fixture
def course(app: flask.Flask, lms: ScriptedPlatform, world: World) -> Course:
    app.config["WTF_CSRF_ENABLED"] = False
    return Course(app, lms, world)


def page(client: Any, answer: Any) -> str:
    assert answer.status_code == 303, (answer.status_code, answer.text[:400])
    shown = client.get(answer.headers["Location"])
    assert shown.status_code == 200, shown.text[:400]
    return str(shown.text)


class TestTellingAndFetching:
    def test_from_the_notice_to_the_file_that_is_kept_and_the_report_that_says_so(self, course: Course) -> None:
        assert course.hand_in() == "handled"
        assert course.fetch() == "kept"
        asset = course.asset
        assert (asset.user_id, asset.filename, asset.bytes) == (course.student, "essay.pdf", len(ESSAY))
        assert course.held.blobs.get(asset.blob_ref) == ESSAY
        assert course.lms.to("/files/1")[0].headers["Authorization"].startswith("Bearer ")
        assert course.report() == "sent"
        (told,) = course.told()
        assert told["assetId"] == "file-1"
        assert (told["processingProgress"], told["priority"], told["type"]) == ("PendingManual", 0, "lti_grader")
        assert told["timestamp"].endswith("Z")
        assert [one.form["scope"] for one in course.lms.to("/token")] == [c.ASSET_READ, c.ASSET_REPORT_SCOPE]

    def test_a_second_worker_and_a_second_message_change_nothing(self, course: Course) -> None:
        course.hand_in()
        assert [course.fetch(), course.fetch(), course.report(), course.report()] == [
            "kept", "not owed", "sent", "not owed",
        ]  # fmt: skip
        assert len(course.told()) == 1

    def test_a_submission_has_files_of_its_own_and_the_next_one_too(self, course: Course) -> None:
        course.hand_in(course.file(), course.file(asset_id="file-2"))
        course.hand_in(submission="work:2")
        assert [(one.submission_id, one.asset_id) for one in course.rows(LtiAsset)] == [
            ("work:1", "file-1"), ("work:1", "file-2"), ("work:2", "file-1"),
        ]  # fmt: skip
        assert len(course.rows(AssetActivity)) == 1

    def test_who_has_never_launched_is_kept_by_their_name_in_the_lms(self, course: Course) -> None:
        course.hand_in(**{c.FOR_USER: {"user_id": "somebody-new"}})
        owner = course.asset.user_id
        with transaction(course.world.tenant_id):
            assert session().get_one(User, owner).sub == "somebody-new"

    def test_a_course_that_nobody_has_launched_from_gets_its_class(self, course: Course) -> None:
        assert course.hand_in(**{c.CONTEXT: {"id": "new-course", "title": "New"}}) == "handled"
        assert [one.title for one in course.rows(ClassContext)] == ["CS101", "New"]
        assert course.fetch() == "kept"

    @pytest.mark.parametrize("changes", [{c.FOR_USER: ...}, {c.ASSET_SERVICE: {}}, {c.ACTIVITY: {}}, {c.CONTEXT: ...}])
    def test_a_notice_that_says_too_little_is_kept_with_its_reason(
        self, course: Course, changes: dict[str, Any]
    ) -> None:
        assert course.hand_in(**changes) == "handled"
        (notice,) = course.rows(Notice)
        assert notice.error.startswith("The ")
        assert course.rows(LtiAsset) == []

    def test_told_again_what_is_here_is_only_reported_again(self, course: Course) -> None:
        course.hand_in()
        course.fetch()
        course.report()
        course.hand_in()
        assert course.fetch() == "not owed"
        assert course.report() == "sent"
        first, second = course.told()
        assert first["timestamp"] < second["timestamp"]

    def test_an_address_that_is_not_safe_is_not_fetched(self, course: Course) -> None:
        course.hand_in(course.file(url="http://lms.example/files/1"))
        assert course.asset.status == "refused"
        course.report()
        assert course.told()[0]["errorCode"] == "DOWNLOAD_FAILED"

    def test_the_assignment_that_the_content_item_named_is_bound(self, course: Course) -> None:
        assignment = course.world.assignment()
        course.hand_in(**{c.CUSTOM: {c.OWN_ASSIGNMENT: str(assignment)}})
        assert course.rows(AssetActivity)[0].assignment_id == assignment

    def test_what_is_kept_never_changes(self, course: Course) -> None:
        course.hand_in()
        course.fetch()
        for change in ("UPDATE lti_assets SET sha256 = 'x'", "DELETE FROM lti_assets"):
            with pytest.raises(sa.exc.IntegrityError, match="never changes"), transaction(course.world.tenant_id):
                session().execute(sa.text(change))


class TestBadDays:
    def test_a_fault_is_tried_again_until_it_is_here(self, course: Course) -> None:
        course.lms.script["/files/1"] += [(503, {"Retry-After": "7"}, "later"), (LOST, {}, "")]
        course.hand_in()
        assert course.fetch() == "owed"
        assert "503" in course.asset.error
        assert course.fetch() == "not owed"
        assert course.fetch(course.asset.next_try_at + MINUTE) == "owed"
        assert course.fetch(course.asset.next_try_at + MINUTE) == "kept"
        assert course.asset.error is None

    def test_an_answer_of_gone_is_given_up_and_said(self, course: Course) -> None:
        course.lms.script["/files/1"].append((404, {}, "gone"))
        course.hand_in()
        assert course.fetch() == "refused"
        course.report()
        (told,) = course.told()
        assert (told["processingProgress"], told["errorCode"]) == ("Failed", "DOWNLOAD_FAILED")

    def test_what_is_told_again_after_that_is_fetched(self, course: Course) -> None:
        course.lms.script["/files/1"].append((404, {}, "gone"))
        course.hand_in()
        course.fetch()
        course.hand_in()
        assert course.fetch() == "kept"

    @pytest.mark.parametrize(
        ("content", "announced"),
        [
            (b"another file", {}),
            (b"another file", {"sha256_checksum": hashlib.sha256(ESSAY).hexdigest()}),
            (ESSAY[:-1], {"sha256_checksum": None}),
        ],
    )
    def test_another_file_than_announced_is_not_kept(
        self, course: Course, content: bytes, announced: dict[str, Any]
    ) -> None:
        course.lms.files["/files/1"] = ("application/pdf", content)
        course.hand_in(course.file(**announced))
        assert course.fetch() == "owed"
        assert course.asset.blob_ref is None

    @pytest.mark.parametrize("written", [hashlib.sha256(ESSAY).hexdigest(), "no checksum at all", None])
    def test_a_checksum_is_read_in_both_ways_of_writing_it(self, course: Course, written: str | None) -> None:
        course.hand_in(course.file(sha256_checksum=written))
        assert course.fetch() == "kept"

    def test_a_sign_in_page_in_place_of_a_file_is_not_kept(self, course: Course) -> None:
        course.lms.files["/files/1"] = ("text/html; charset=utf-8", b"<h1>Sign in</h1>")
        course.hand_in(course.file(sha256_checksum=None, size=None))
        assert course.fetch() == "owed"

    def test_a_file_above_the_limit_is_refused_whatever_was_announced(self, course: Course) -> None:
        course.held = dataclasses.replace(
            course.held, settings=course.held.settings.model_copy(update={"max_asset_bytes": 1024})
        )
        course.lms.files["/files/1"] = ("application/pdf", b"x" * 5000)
        course.hand_in(course.file(size=10, sha256_checksum=None))
        assert course.fetch() == "refused"
        course.report()
        assert course.told()[0]["errorCode"] == "ASSET_TOO_LARGE"

    def test_a_file_announced_above_the_limit_is_not_even_asked_for(self, course: Course) -> None:
        course.hand_in(course.file(size=10**12))
        assert course.fetch() == "refused"
        assert course.lms.to("/files/1") == []

    def test_a_file_lies_elsewhere_and_the_token_stays_here(self, course: Course, platform_key: Any) -> None:
        store = ScriptedPlatform(platform_key)
        store.files["/bucket/1"] = ("application/pdf", ESSAY)
        course.lms.script["/files/1"].append((302, {"Location": f"{store.url}/bucket/1"}, ""))
        course.hand_in()
        assert course.fetch() == "kept"
        assert "Authorization" not in store.to("/bucket/1")[0].headers
        store.close()

    @pytest.mark.parametrize("there", ["http://lms.example/x", "file:///etc/passwd", "/files/1"])
    def test_nobody_is_led_elsewhere_or_in_circles(self, course: Course, there: str) -> None:
        course.lms.script["/files/1"] += [(302, {"Location": there}, "")] * 9
        course.hand_in()
        assert course.fetch() == "owed"

    def test_a_report_is_owed_until_it_is_taken(self, course: Course) -> None:
        course.hand_in()
        course.fetch()
        course.lms.script["/reports"] += [(500, {}, "down"), (LOST, {}, "")]
        assert course.report() == "owed"
        times = {course.told()[0]["timestamp"]}
        assert course.report(course.rows(AssetReport)[0].next_try_at + MINUTE) == "owed"
        assert course.report(course.rows(AssetReport)[0].next_try_at + MINUTE) == "sent"
        times |= {one["timestamp"] for one in course.told()}
        assert len(times) == 1, "a repetition is the same report"

    @pytest.mark.parametrize(("status", "state"), [(409, "superseded"), (400, "refused")])
    def test_a_no_to_a_report_is_the_last_word(self, course: Course, status: int, state: str) -> None:
        course.hand_in()
        course.fetch()
        course.lms.script["/reports"].append((status, {}, {"error": "why"}))
        assert course.report() == state
        assert "why" in course.rows(AssetReport)[0].last_answer

    def test_lost_messages_are_found_by_the_sweep(self, course: Course) -> None:
        course.hand_in()
        course.held.kv.client.flushdb()
        assert tasks.sweep() == 1
        course.fetch()
        course.held.kv.client.flushdb()
        assert tasks.sweep() == 1

    def test_a_platform_that_is_switched_off_is_not_called(self, course: Course) -> None:
        course.hand_in()
        with transaction(course.world.tenant_id):
            session().execute(sa.update(Platform).values(disabled_at=now()))
        assert course.fetch() == "owed"
        assert course.lms.to("/files/1") == []


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
        said = jwt.decode(forms(_Page(answer.text))[0].fields["JWT"], options={"verify_signature": False})
        (item,) = said[ITEMS]
        assert (item["type"], item["custom"]) == ("ltiAssetProcessor", {c.OWN_ASSIGNMENT: str(assignment)})
        assert item["report"]["url"].endswith("/lti/launch")
        assert said["https://purl.imsglobal.org/spec/lti-dl/claim/data"] == "d-1"
        assert (said["iss"], said["aud"]) == ("client", course.lms.url)
        (activity,) = course.rows(AssetActivity)
        assert (activity.activity_id, activity.assignment_id) == ("essay", assignment)

    def test_it_can_be_decided_later(self, course: Course) -> None:
        said = forms(_Page(self.choose(course, "").text))[0].fields["JWT"]
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


class TestAttempts:
    """A file that belongs to an assignment of ours is an attempt at it, which nothing judges."""

    @pytest.fixture
    def bound(self, course: Course) -> uuid.UUID:
        """The assignment that the course's files belong to."""
        return course.world.assignment()

    def take(self, course: Course, assignment: uuid.UUID, **changes: Any) -> None:
        course.hand_in(**{c.CUSTOM: {c.OWN_ASSIGNMENT: str(assignment)}} | changes)
        course.fetch()

    def test_a_file_is_an_attempt_once_it_is_kept(self, course: Course, bound: uuid.UUID) -> None:
        self.take(course, bound)
        (attempt,) = course.rows(SubmissionAttempt)
        assert (attempt.type, attempt.status, attempt.language) == ("file", "kept", "")
        assert (attempt.student_id, attempt.attempt_number) == (course.student, 1)
        assert (attempt.code_blob_ref, attempt.code_bytes) == (course.asset.blob_ref, len(ESSAY))
        assert attempt.created_at == dt.datetime(2026, 3, 1, 10, tzinfo=dt.UTC)
        assert attempt.assignment_problem_id == course.world.items(bound)[0]

    def test_nothing_judges_it_and_it_has_no_points(self, course: Course, bound: uuid.UUID) -> None:
        self.take(course, bound)
        assert course.rows(GradingJob) == []
        assert course.rows(GradebookEntry) == []
        with transaction(course.world.tenant_id):
            (line,) = todo_of(course.student, course.world.class_id, at=now())
        assert (line.state, line.score) == ("handed_in", None)

    def test_it_cannot_be_changed_or_made_something_that_is_judged(self, course: Course, bound: uuid.UUID) -> None:
        self.take(course, bound)
        for change in ("type = 'final_submission'", "status = 'queued'", "code_bytes = 1"):
            with pytest.raises(sa.exc.DBAPIError), transaction(course.world.tenant_id):
                session().execute(sa.text(f"UPDATE submission_attempts SET {change}"))

    def test_told_of_again_it_stays_one(self, course: Course, bound: uuid.UUID) -> None:
        self.take(course, bound)
        course.hand_in(**{c.CUSTOM: {c.OWN_ASSIGNMENT: str(bound)}})
        assert course.fetch() == "not owed"
        assert len(course.rows(SubmissionAttempt)) == 1

    def test_a_moment_that_is_yet_to_come_is_not_believed(self, course: Course, bound: uuid.UUID) -> None:
        course.hand_in(course.file(timestamp="2999-01-01T00:00:00Z"), **{c.CUSTOM: {c.OWN_ASSIGNMENT: str(bound)}})
        course.fetch()
        (attempt,) = course.rows(SubmissionAttempt)
        assert attempt.created_at == course.asset.received_at

    def test_what_came_before_a_teacher_said_where_it_belongs_is_kept_then(
        self, course: Course, bound: uuid.UUID
    ) -> None:
        course.hand_in()
        course.fetch()
        assert course.rows(SubmissionAttempt) == []
        client, _ = course.launch(c.ASSET_SETTINGS_REQUEST)
        activity = course.rows(AssetActivity)[0].id
        other = course.world.assignment()
        for chosen, attempts in ((bound, 1), (bound, 1), (other, 2)):
            assert client.post(f"/activities/{activity}", data={"assignment": str(chosen)}).status_code == 303
            assert len(course.rows(SubmissionAttempt)) == attempts
        assert {one.asset_id for one in course.rows_of_attempts()} == {course.asset.id}

    def test_student_and_staff_find_it_in_the_history_and_save_it(self, course: Course, bound: uuid.UUID) -> None:
        self.take(course, bound)
        (attempt,) = course.rows(SubmissionAttempt)
        item = course.world.items(bound)[0]
        program = course.world.hand_in(course.student, item)
        for person in (course.student, course.world.teacher_id):
            client = course.as_(person)
            shown = client.get(f"/attempts/{attempt.id}")
            assert shown.status_code == 200
            assert "essay.pdf" in shown.text
            assert f"/assets/{course.asset.id}/file" in shown.text
            assert client.get(f"/attempts/{attempt.id}", headers={"Accept": "application/json"}).json["type"] == "file"
            saved = client.get(f"/assets/{course.asset.id}/file")
            assert saved.data == ESSAY
            assert saved.headers["Content-Disposition"].startswith("attachment")
            assert saved.headers["Content-Type"] == "application/octet-stream"
            listed = client.get(f"/assignments/{bound}/students/{course.student}").text
            assert f"/attempts/{attempt.id}" in listed
            # As a program it cannot be read, compared or watched.
            for part in ("code", f"diff?against={program}", "events"):
                assert client.get(f"/attempts/{attempt.id}/{part}").status_code == 404
            assert client.get(f"/attempts/{program}/diff?against={attempt.id}").status_code == 404
        history = course.as_(course.student).get(f"/work/{item}/history").text
        assert history.count("data-restore") == 1
        assert f"/attempts/{attempt.id}" in history

    def test_nobody_hands_in_a_file_by_the_editor(self, course: Course, bound: uuid.UUID) -> None:
        press = {"type": "file", "code": "x", "language": "python", "idempotency_key": "press-001"}
        item = course.world.items(bound)[0]
        assert course.as_(course.student).post(f"/work/{item}/attempts", json=press).status_code == 400
