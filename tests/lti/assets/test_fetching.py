"""Files that students hand in to the LMS: told of, fetched, kept once, and the LMS told in turn."""

from typing import Any

import pytest
import sqlalchemy as sa

from lti_grader.core.db import session, transaction
from lti_grader.lti import claims as c
from lti_grader.lti.asset_models import AssetActivity, LtiAsset
from lti_grader.lti.models import ClassContext
from lti_grader.lti.notice_models import Notice
from lti_grader.people.models import User
from tests.lti.assets.course import ESSAY, Course


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
