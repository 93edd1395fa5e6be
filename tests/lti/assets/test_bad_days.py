"""Files that cannot be had at once, or are not what they were said to be."""

import dataclasses
import hashlib
from typing import Any

import pytest
import sqlalchemy as sa

from lti_grader.core.db import session, transaction
from lti_grader.lti.asset_models import AssetReport
from lti_grader.lti.assets import tasks
from lti_grader.lti.models import Platform
from tests.lti.assets.course import ESSAY, MINUTE, Course, now
from tests.lti.scripted import LOST, ScriptedPlatform


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
