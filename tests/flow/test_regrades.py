"""Submissions judged once more: tried first, without touching anything, and applied on a teacher's word."""

import uuid

import pytest
import sqlalchemy as sa

from lti_grader.core.db import session, transaction
from lti_grader.gradebook import tasks as gradebook
from lti_grader.gradebook.regrades import applying, judging
from lti_grader.gradebook.regrades.errors import BadRegrade, OtherState
from lti_grader.gradebook.regrades.models import Which
from lti_grader.grading import operations, queries, sweeping, tasks
from lti_grader.grading.models import GradingJob, JobReason, JobStatus
from tests.fixtures.world import World
from tests.flow.regraded import LEASE, Course, now

HALF_RIGHT = "n = int(input())\nprint(2 * n if n < 6 and n > 0 else 0)\n"


@pytest.fixture
def course(world: World) -> Course:
    return Course(world)


def grade(world: World, job_id: uuid.UUID) -> str:
    try:
        return tasks.grade(str(world.tenant_id), str(job_id))
    finally:
        tasks.close_sandbox()


def test_a_newer_version_is_tried_and_then_applied(world: World, course: Course) -> None:
    right, half = world.user(), world.user()
    attempts = [world.hand_in(right, course.item), world.hand_in(half, course.item, HALF_RIGHT)]
    for attempt in attempts:
        with transaction(world.tenant_id):
            job = session().scalars(sa.select(GradingJob.id).where(GradingJob.attempt_id == attempt)).one()
        assert grade(world, job) == "done"
    before = course.everything()
    assert course.marks() == {right: 10, half: 5}

    regrade = course.start()
    for job in course.jobs(regrade, JobStatus.QUEUED):
        assert grade(world, job.id) == "done"
    assert course.everything() == before, "a trial touches nothing"
    assert course.regrade(regrade).state == "ready"
    found = course.effects(regrade)
    assert {one: (it.points_before, it.points_after, it.difference) for one, it in found.items()} == {
        right: (10, 10, 0), half: (5, 10, 5),
    }  # fmt: skip

    assert course.apply(regrade) == 1
    assert course.marks() == {right: 10, half: 10}
    assert course.owed() == {right: [10], half: [5, 10]}, "the LMS is told where a score changed, once"
    assert course.effects(regrade) == found
    with transaction(world.tenant_id):
        for attempt in attempts:
            stands = queries.current_job(attempt)
            assert (stands.reason, stands.regrade_id, stands.problem_version_id) == ("regrade", regrade, course.second)
            old = session().scalars(sa.select(GradingJob).where(GradingJob.superseded_by == stands.id)).one()
            assert (old.status, old.reason, len(queries.results_of(old.id))) == ("done", "submitted", 4)
    # From here on the assignment uses the new tests.
    third = world.hand_in(half, course.item, HALF_RIGHT)
    with transaction(world.tenant_id):
        assert queries.current_job(third).problem_version_id == course.second


def test_a_trial_waits_behind_everybody_a_few_at_a_time(
    world: World, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "WINDOW", 2)
    attempts = [course.submitted(5)[1] for _ in range(5)]
    regrade = course.start()
    assert len(course.jobs(regrade, JobStatus.QUEUED)) == 2
    assert {job.priority for job in course.jobs(regrade)} == {9}
    course.judge(course.jobs(regrade, JobStatus.QUEUED)[0].id, 6)
    assert len(course.jobs(regrade, JobStatus.QUEUED)) == 2
    assert len(course.jobs(regrade, JobStatus.WAITING)) == 2
    # Who submits now is first, and hears of nothing but their own.
    mine = world.hand_in(world.user(), course.item, stored=False)
    with transaction(world.tenant_id):
        assert queries.wait(mine, at=now()).before == 0
        assert [queries.wait(one, at=now()) for one in attempts] == [None] * 5


def test_paused_nothing_is_judged_and_it_goes_on_where_it_was(course: Course) -> None:
    course.submitted(5)
    course.submitted(7)
    regrade = course.start()
    message = course.jobs(regrade, JobStatus.QUEUED)[0].id
    course.do(judging.pause, regrade)
    with transaction(course.world.tenant_id):
        assert operations.claim(message, at=now(), lease=LEASE) is None, "a message that was sent before finds nothing"
    assert judging.unsent() == []
    with pytest.raises(OtherState):
        course.do(applying.apply, regrade, "Too early")
    course.do(judging.resume, regrade)
    course.judge_all(regrade, 9)
    assert course.regrade(regrade).state == "ready"


@pytest.mark.parametrize("when", ["judging", "paused", "ready"])
def test_cancelled_it_leaves_everything_as_it_was(course: Course, when: str) -> None:
    course.submitted(5, 8)
    course.submitted(7)
    before = course.everything()
    regrade = course.start()
    if when == "paused":
        course.do(judging.pause, regrade)
    elif when == "ready":
        course.judge_all(regrade, 2)
    course.do(judging.cancel, regrade)
    assert course.everything() == before
    assert course.jobs(regrade, JobStatus.QUEUED, JobStatus.WAITING) == []
    with pytest.raises(OtherState):
        course.do(judging.resume, regrade)
    # And another may be started.
    course.start(version=course.first)


def test_one_that_a_worker_had_in_hand_when_it_was_cancelled_changes_nothing(course: Course) -> None:
    course.submitted(5)
    before = course.everything()
    regrade = course.start()
    (job,) = course.jobs(regrade)
    with transaction(course.world.tenant_id):
        work = operations.claim(job.id, at=now(), lease=LEASE)
    course.do(judging.cancel, regrade)
    with transaction(course.world.tenant_id):
        operations.give_back(work, "It broke.", most_tries=5, at=now())
    course.judge(job.id, 10)
    assert (course.regrade(regrade).state, course.everything()) == ("cancelled", before)


def test_a_worker_that_dies_loses_nothing(course: Course) -> None:
    _, attempt = course.submitted(5)
    regrade = course.start()
    (job,) = course.jobs(regrade)
    with transaction(course.world.tenant_id):
        assert operations.claim(job.id, at=now(), lease=LEASE) is not None
    later = now() + 2 * LEASE
    assert [one.job_id for one in sweeping.overdue(at=later, patience=LEASE)] == [job.id]
    course.judge(job.id, 8, at=later)
    assert course.regrade(regrade).state == "ready"
    with transaction(course.world.tenant_id):
        assert queries.current_job(attempt).points == 5


def test_what_lost_its_messages_is_sent_by_the_sweep(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    course.submitted(5)
    monkeypatch.setattr(judging, "WINDOW", 0)
    regrade = course.start()
    assert [job.status for job in course.jobs(regrade)] == ["waiting"]
    monkeypatch.setattr(judging, "WINDOW", 32)
    assert gradebook.sweep() == 1
    assert [job.status for job in course.jobs(regrade)] == ["queued"]


def test_what_could_not_be_judged_keeps_its_result_and_can_be_tried_again(course: Course) -> None:
    student, attempt = course.submitted(5)
    regrade = course.start()
    course.judge_all(regrade, {attempt: None})
    assert [job.status for job in course.jobs(regrade)] == ["failed"]
    assert course.effects(regrade)[student].difference == 0
    with transaction(course.world.tenant_id):
        assert queries.current_job(attempt).points == 5
    course.do(judging.try_again, regrade)
    course.judge_all(regrade, 8)
    assert course.apply(regrade) == 1
    assert course.marks() == {student: 8}


def test_one_that_could_not_be_judged_at_first_gets_its_result(course: Course) -> None:
    student = course.world.user()
    attempt = course.world.hand_in(student, course.item, stored=False)
    with transaction(course.world.tenant_id):
        job = session().scalars(sa.select(GradingJob.id)).one()
    course.judge(job, None)
    regrade = course.start(Which.LATEST, version=course.first)
    course.judge_all(regrade, 8)
    assert course.effects(regrade)[student].points_before is None
    assert course.apply(regrade, "The judge had failed.") == 1
    assert (course.marks(), course.version()) == ({student: 8}, course.first)
    with transaction(course.world.tenant_id):
        assert session().execute(sa.text("SELECT status FROM submission_attempts")).scalar() == "completed"
        assert queries.current_job(attempt).points == 8


def test_what_comes_in_meanwhile_is_judged_with_the_new_tests_after_all(course: Course) -> None:
    course.submitted(5)
    late = course.world.user()
    regrade = course.start()
    course.judge_all(regrade, 6)
    course.submitted(9, student=late)
    in_hand = course.world.hand_in(course.world.user(), course.item, stored=False)
    course.apply(regrade)
    assert course.marks()[late] == 9
    fresh = course.jobs(regrade, JobStatus.QUEUED, JobStatus.WAITING)
    assert [(one.reason, one.problem_version_id) for one in fresh] == [(JobReason.REGRADE, course.second)] * 2
    # One of them is judged with the old tests just now: its turn comes after that.
    assert {one.attempt_id for one in fresh if one.status == JobStatus.WAITING} == {in_hand}
    course.judge_all(regrade, 3)
    assert course.marks()[late] == 3, "also where it is less"
    with transaction(course.world.tenant_id):
        old = (
            session()
            .scalars(sa.select(GradingJob.id).where(GradingJob.attempt_id == in_hand, GradingJob.regrade_id.is_(None)))
            .one()
        )
    course.judge(old, 10)
    assert gradebook.sweep() == 1
    course.judge_all(regrade, 4)
    with transaction(course.world.tenant_id):
        assert queries.current_job(in_hand).points == 4


def test_only_those_whom_one_means_are_judged(course: Course) -> None:
    mine, *two = course.submitted(5, 8)
    course.submitted(7)
    regrade = course.start(Which.LATEST, student_ids=[mine])
    assert [job.attempt_id for job in course.jobs(regrade)] == [two[1]]
    course.do(judging.cancel, regrade)
    with pytest.raises(BadRegrade, match="no judged submission"):
        course.start(sections=["Nowhere"])
    with pytest.raises(BadRegrade, match="published versions"):
        course.start(version=course.world.problem())


def test_a_problem_is_regraded_once_at_a_time(course: Course) -> None:
    course.submitted(5)
    course.start()
    with pytest.raises(OtherState, match="being regraded"):
        course.start()
