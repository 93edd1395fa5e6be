"""Notices: asked for after a launch, verified like one, kept once, and done once."""

import concurrent.futures
import datetime as dt
import uuid
from typing import Any

import flask
import pytest
import sqlalchemy as sa

from lti_grader.adapters import Adapters
from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.lti import claims as c
from lti_grader.lti.keysets import keysets
from lti_grader.lti.models import ClassContext, CourseCopy, Deployment, Platform
from lti_grader.lti.notice_models import Notice, NoticeSubscription
from lti_grader.lti.notices import handling, subscribing, tasks
from tests.lti.scripted import INSTRUCTOR, ScriptedPlatform, Way, browser

MINUTE = dt.timedelta(minutes=1)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Post:
    """The platform's side: notices to be posted to us, and what we have of them."""

    def __init__(self, app: flask.Flask, lms: ScriptedPlatform) -> None:
        self.app, self.lms = app, lms
        with system_transaction() as opened:
            self.tenant_id = opened.scalars(sa.select(Platform.tenant_id).where(Platform.issuer == lms.url)).one()

    def claims(self, kind: str = c.HELLO_WORLD, **changes: Any) -> dict[str, Any]:
        at = int(now().timestamp())
        good = {
            "iss": self.lms.url, "aud": self.lms.client_id, "iat": at, "exp": at + 300, "nonce": uuid.uuid4().hex,
            c.VERSION: "1.3.0", c.DEPLOYMENT_ID: "1",
            c.NOTICE: {"id": uuid.uuid4().hex, "timestamp": now().isoformat(), "type": kind},
        } | changes  # fmt: skip
        return {name: value for name, value in good.items() if value is not ...}

    def notice(self, kind: str = c.HELLO_WORLD, **changes: Any) -> dict[str, str]:
        return {"jwt": self.lms.sign(self.claims(kind, **changes))}

    def post(self, *notices: Any) -> Any:
        return self.app.test_client().post("/lti/notices", json={"notices": list(notices)})

    def refused(self, *notices: Any, status: int = 400) -> list[str]:
        answer = self.post(*notices)
        assert answer.status_code == status, answer.text
        return [one["reason"] for one in answer.json["refused"]]

    def rows(self, table: Any = Notice) -> list[Any]:
        with transaction(self.tenant_id):
            return list(session().scalars(sa.select(table).order_by(table.id)))

    def launch(self, **service: Any) -> Any:
        way = browser(self.app, self.lms)
        way.login()
        offered = {
            "platform_notification_service_url": f"{self.lms.url}/notice-handlers",
            "scope": [c.NOTICE_HANDLERS],
            "notice_types_supported": list(c.NOTICE_TYPES),
        } | service
        answer = way.launch(**{c.NOTICE_SERVICE: offered, c.ROLES: [INSTRUCTOR]})
        assert answer.status_code == 303, answer.text[:300]
        return answer


@pytest.fixture
def post(app: flask.Flask, scripted: ScriptedPlatform) -> Post:
    return Post(app, scripted)


def work(post: Post, *, at: dt.datetime | None = None) -> list[str]:
    """Do what a worker would do with everything that is due."""
    done = []
    for task, _, tenant, row in handling.due(at=at or now()):
        if task == subscribing.TASK:
            done.append(str(subscribing.subscribe(tenant, row, post.app.extensions["adapters"], at=at or now())))
        else:
            done.append(handling.handle(tenant, row, at=at or now()))
    return done


class TestAsking:
    def test_a_launch_has_each_kind_asked_for_once(self, post: Post) -> None:
        post.launch()
        assert work(post) == ["registered"] * len(c.NOTICE_TYPES)
        post.launch()
        assert work(post) == []
        asked = post.lms.to("/notice-handlers")
        public = post.app.extensions["settings"].public_url
        assert [one.json["notice_type"] for one in asked] == list(c.NOTICE_TYPES)
        assert {(one.method, one.json["handler"], one.json["max_batch_size"]) for one in asked} == {
            ("PUT", f"{public}/lti/notices", 50)
        }
        assert post.lms.to("/token")[0].form["scope"] == c.NOTICE_HANDLERS

    def test_only_what_is_offered_is_asked_for(self, post: Post) -> None:
        post.launch(notice_types_supported=[c.CONTEXT_COPY, "SomethingElse"])
        assert [one.notice_type for one in post.rows(NoticeSubscription)] == [c.CONTEXT_COPY]

    @pytest.mark.parametrize(
        "service",
        [
            {"scope": []},
            {"platform_notification_service_url": "http://elsewhere.example/x"},
            {"platform_notification_service_url": None},
            {"notice_types_supported": "all"},
        ],
    )
    def test_what_is_not_granted_or_not_safe_is_not_asked_for(self, post: Post, service: dict[str, Any]) -> None:
        post.launch(**service)
        assert post.rows(NoticeSubscription) == []

    def test_a_fault_is_tried_again_and_a_no_is_not(self, post: Post) -> None:
        post.launch(notice_types_supported=[c.HELLO_WORLD])
        post.lms.script["/notice-handlers"] += [(500, {}, "down"), (403, {}, {"error": "not yours"})]
        assert work(post) == ["owed"]
        (row,) = post.rows(NoticeSubscription)
        assert "500" in row.last_error
        assert work(post, at=row.next_try_at + MINUTE) == ["refused"]
        (row,) = post.rows(NoticeSubscription)
        assert (row.status, row.tries) == ("refused", 2)
        assert "not yours" in row.last_answer
        post.launch(notice_types_supported=[c.HELLO_WORLD])
        assert work(post, at=now() + dt.timedelta(hours=2)) == []

    def test_another_address_is_asked_anew(self, post: Post) -> None:
        post.launch(notice_types_supported=[c.HELLO_WORLD])
        work(post)
        moved = f"{post.lms.url}/notice-handlers?course=2"
        post.launch(notice_types_supported=[c.HELLO_WORLD], platform_notification_service_url=moved)
        assert work(post) == ["registered"]
        assert post.lms.to("/notice-handlers")[-1].query == {"course": "2"}

    def test_two_workers_ask_once(self, post: Post) -> None:
        post.launch(notice_types_supported=[c.HELLO_WORLD])
        (row,) = post.rows(NoticeSubscription)
        assert tasks.subscribe(str(post.tenant_id), str(row.id)) == "registered"
        assert tasks.subscribe(str(post.tenant_id), str(row.id)) == "not owed"


class TestTakingIn:
    def test_a_notice_is_kept_and_its_kind_was_heard_of(self, post: Post) -> None:
        post.launch(notice_types_supported=[c.HELLO_WORLD])
        answer = post.post(post.notice())
        assert (answer.status_code, answer.json["kept"]) == (202, 1)
        (row,) = post.rows()
        assert (row.type, row.handled_at) == (c.HELLO_WORLD, None)
        assert post.rows(NoticeSubscription)[0].heard_at is not None

    def test_the_same_notice_is_taken_once(self, post: Post) -> None:
        one = post.notice()
        assert post.post(one).json["kept"] == 1
        again = post.post(one)
        assert (again.status_code, again.json["kept"], again.json["known"]) == (202, 0, 1)
        # Signed anew, as a platform does that tries again, it is still the same.
        named = {c.NOTICE: {"id": "the-same", "type": c.HELLO_WORLD, "timestamp": "x"}}
        assert [post.post(post.notice(**named)).json["kept"] for _ in range(2)] == [1, 0]
        assert len(post.rows()) == 2

    def test_of_many_at_once_one_is_kept(self, post: Post) -> None:
        one = post.notice()

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            assert sum(answer.json["kept"] for answer in pool.map(post.post, [one] * 6)) == 1
        assert len(post.rows()) == 1

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"iss": "https://elsewhere.example"}, "unknown_platform"),
            ({"aud": "another-tool"}, "unknown_platform"),
            ({"azp": "another-tool"}, "azp_mismatch"),
            ({c.DEPLOYMENT_ID: "99"}, "unknown_deployment"),
            ({c.DEPLOYMENT_ID: ...}, "deployment_missing"),
            ({"iat": 1000, "exp": 2000}, "expired"),
            ({"exp": ...}, "exp_missing"),
            ({"iat": ...}, "iat_missing"),
            ({c.VERSION: ...}, "bad_version"),
            ({c.NOTICE: ...}, "notice_missing"),
            ({c.NOTICE: {"type": c.HELLO_WORLD}}, "notice_missing"),
            ({c.NOTICE: {"id": "x"}}, "notice_missing"),
            ({"extra": "\0"}, "unstorable"),
            ({"extra": float("nan")}, "unstorable"),
        ],
    )
    def test_what_does_not_hold_is_refused(self, post: Post, changes: dict[str, Any], reason: str) -> None:
        assert post.refused(post.notice(**changes)) == [reason]
        assert post.rows() == []

    def test_a_notice_needs_no_person(self, post: Post) -> None:
        assert "sub" not in post.claims()
        assert post.post(post.notice(sub="person-1"), post.notice()).json["kept"] == 2

    def test_a_forged_signature_is_refused(self, post: Post, other_key: Any) -> None:
        post.lms.key = other_key
        assert post.refused(post.notice()) == ["bad_signature"]
        post.lms.kid = "key-9"
        assert post.refused(post.notice()) == ["unknown_kid"]
        assert post.refused({"jwt": "a.b.c"}, {"jwt": "x" * 70_000}, {}, 7) == ["not_a_token"] * 4

    def test_one_that_does_not_hold_keeps_none_of_the_others_out(self, post: Post) -> None:
        answer = post.post(post.notice(), post.notice(iat=1000, exp=2000), post.notice())
        assert (answer.status_code, answer.json["kept"]) == (400, 2)
        assert [one["index"] for one in answer.json["refused"]] == [1]
        assert len(post.rows()) == 2

    def test_a_keyset_that_is_down_makes_it_come_again(self, post: Post) -> None:
        keysets.forget()
        post.lms.script["/jwks"] += [(500, {}, "down")] * 3
        assert post.refused(post.notice(), status=503) == ["keyset_unavailable"]

    def test_a_platform_that_is_switched_off_says_nothing(self, post: Post) -> None:
        with transaction(post.tenant_id):
            session().execute(sa.update(Platform).values(disabled_at=now()))
        assert post.refused(post.notice()) == ["platform_disabled"]

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"notices": []}', b"\xff", b"[" * 100_000])
    def test_what_is_no_batch_is_no_fault_of_ours(self, post: Post, body: bytes) -> None:
        assert post.app.test_client().post("/lti/notices", data=body).status_code == 400

    def test_a_batch_has_its_limit(self, post: Post) -> None:
        assert post.post(*[{}] * 101).status_code == 413


class TestDoing:
    def test_hello_is_heard_and_done(self, post: Post) -> None:
        post.post(post.notice())
        assert work(post) == ["handled"]
        (row,) = post.rows()
        assert (row.handled_at is not None, row.error) == (True, None)
        assert work(post, at=now() + dt.timedelta(days=1)) == []

    def test_a_kind_that_is_not_known_is_kept_and_left(self, post: Post) -> None:
        post.post(post.notice("LtiSomethingNewNotice"))
        assert work(post) == ["handled"]
        assert "does nothing" in post.rows()[0].error

    def test_a_copied_course_may_be_copied_here_before_anybody_opens_it(self, post: Post) -> None:
        post.launch(notice_types_supported=[])
        post.post(post.notice(c.CONTEXT_COPY, **{c.CONTEXT: {"id": "new"}, c.ORIGIN_CONTEXTS: ["course-1"]}))
        assert work(post) == ["handled"]
        assert post.rows()[0].error is None
        old, new = post.rows(ClassContext)
        (copy,) = post.rows(CourseCopy)
        assert (copy.from_class_id, copy.class_context_id, copy.state) == (old.class_id, new.id, "granted")

    @pytest.mark.parametrize(
        "changes",
        [
            {c.CONTEXT: ..., c.ORIGIN_CONTEXTS: ["course-1"]},
            {c.CONTEXT: {"id": "new"}},
            {c.CONTEXT: {"id": "new"}, c.ORIGIN_CONTEXTS: ["unknown"]},
            {c.CONTEXT: {"id": "new"}, c.ORIGIN_CONTEXTS: [7, None, "x" * 300]},
        ],
    )
    def test_a_copy_of_what_is_not_known_here_is_kept_with_its_reason(
        self, post: Post, changes: dict[str, Any]
    ) -> None:
        post.post(post.notice(c.CONTEXT_COPY, **changes))
        assert work(post) == ["handled"]
        assert post.rows()[0].error
        assert post.rows(ClassContext) == []

    def test_a_lost_message_is_found_by_the_sweep(self, post: Post, held: Adapters) -> None:
        post.post(post.notice())
        held.kv.client.flushdb()
        assert tasks.sweep() == 1
        kv = held.kv.client
        assert sum(kv.llen(key) for key in kv.keys("default*")) == 1

    def test_a_notice_of_another_tenant_is_not_seen(self, post: Post) -> None:
        post.lms.register(tenant="Second University", client_id="client-2", deployments=["b"])
        post.post(post.notice(aud="client-2", **{c.DEPLOYMENT_ID: "b"}))
        assert post.rows() == []
        with system_transaction() as opened:
            (tenant,) = opened.scalars(sa.select(Notice.tenant_id))
        assert tenant != post.tenant_id
        with transaction(tenant):
            assert session().scalars(sa.select(Deployment.deployment_id)).all() == ["b"]


def test_a_launch_that_tells_of_no_notices_owes_none(post: Post, way: Way) -> None:
    way.login()
    assert way.launch().status_code == 303
    assert post.rows(NoticeSubscription) == []
