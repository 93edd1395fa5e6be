"""Files that become attempts at an assignment."""

import datetime as dt
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.gradebook.todo import todo_of
from lti_grader.grading.models import GradingJob
from lti_grader.lti import claims as c
from lti_grader.lti.asset_models import AssetActivity
from tests.lti.assets.course import ESSAY, Course, now


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
