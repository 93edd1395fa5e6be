"""From Run or Submit to the gradebook, on real servers and in the real sandbox."""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from decimal import Decimal

import flask
import pytest
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.assignments.errors import AssignmentClosed, AttemptsUsedUp, UnknownLanguage
from lti_grader.assignments.languages import available_languages
from lti_grader.assignments.models import Counts, Mode
from lti_grader.attempts.errors import TooManyOpen
from lti_grader.attempts.models import AttemptType, SubmissionAttempt
from lti_grader.classes.models import Role
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.grading import operations, queries, sweeping, taking_in, tasks, turns
from lti_grader.grading.errors import LostLease
from lti_grader.grading.graders.code import GroupSpec, TestSpec, longest_test
from lti_grader.grading.load import Rank, load
from lti_grader.grading.models import GradingJob, TestResult
from lti_grader.problems.models import Aggregation, Visibility
from lti_grader.problems.operations import DraftTest
from tests.fixtures.world import DOUBLE, NOW, World

LEASE = dt.timedelta(seconds=60)
HALF_RIGHT = "n = int(input())\nprint(2 * n if n < 6 and n > 0 else 0)\n"


@pytest.fixture(scope="module", autouse=True)
def _no_sandbox_left() -> Iterator[None]:
    yield
    tasks.close_sandbox()


def job_of(world: World, attempt_id: uuid.UUID) -> GradingJob:
    with transaction(world.tenant_id):
        return (
            session()
            .scalars(
                sa.select(GradingJob).where(GradingJob.attempt_id == attempt_id).order_by(GradingJob.created_at.desc())
            )
            .first()
        )


def grade(world: World, attempt_id: uuid.UUID) -> None:
    assert tasks.grade(str(world.tenant_id), str(job_of(world, attempt_id).id)) == "done"


def entry_of(world: World, student_id: uuid.UUID) -> GradebookEntry | None:
    with transaction(world.tenant_id):
        return session().scalar(sa.select(GradebookEntry).where(GradebookEntry.student_id == student_id))


def statuses(world: World, attempt_id: uuid.UUID) -> list[str]:
    with transaction(world.tenant_id):
        return list(session().scalars(sa.select(TestResult.status).where(TestResult.attempt_id == attempt_id)))


def test_a_right_submission_gets_all_points_in_the_gradebook(world: World) -> None:
    student, assignment = world.user(), world.assignment()
    attempt = world.hand_in(student, world.items(assignment)[0])
    grade(world, attempt)
    assert statuses(world, attempt) == ["pass"] * 4
    entry = entry_of(world, student)
    assert (entry.score_obtained, entry.max_score, entry.status) == (Decimal(10), Decimal(10), "graded")
    assert entry.submitted_at == NOW


def test_a_run_is_judged_on_the_samples_only_and_never_counts(world: World) -> None:
    student, assignment = world.user(), world.assignment()
    attempt = world.hand_in(student, world.items(assignment)[0], kind=AttemptType.TEST_RUN)
    grade(world, attempt)
    assert statuses(world, attempt) == ["pass"]
    assert entry_of(world, student) is None


@pytest.mark.parametrize(("counts", "score"), [(Counts.BEST, "10"), (Counts.LATEST, "5"), (Counts.AVERAGE, "7.5")])
def test_the_policy_says_which_submission_counts(world: World, counts: Counts, score: str) -> None:
    student, assignment = world.user(), world.assignment(counts=counts)
    item = world.items(assignment)[0]
    for code in (DOUBLE, HALF_RIGHT):
        grade(world, world.hand_in(student, item, code))
    assert entry_of(world, student).score_obtained == Decimal(score)


def test_a_score_that_does_not_change_is_no_news(world: World) -> None:
    student, assignment = world.user(), world.assignment()
    item = world.items(assignment)[0]
    for _ in range(2):
        grade(world, world.hand_in(student, item))
    assert entry_of(world, student).revision == 1


def test_a_teachers_own_try_is_graded_but_has_no_entry(world: World) -> None:
    teacher, assignment = world.user(Role.TEACHER), world.assignment()
    grade(world, world.hand_in(teacher, world.items(assignment)[0]))
    assert entry_of(world, teacher) is None


def test_a_program_that_does_not_compile_says_so_with_its_line(world: World) -> None:
    student, assignment = world.user(), world.assignment()
    attempt = world.hand_in(student, world.items(assignment)[0], "x = 1\nprint(x\n")
    grade(world, attempt)
    assert set(statuses(world, attempt)) == {"compile_error"}
    assert "line 2" in job_of(world, attempt).compiler_output


def test_the_same_key_makes_one_attempt(world: World) -> None:
    student, assignment = world.user(), world.assignment()
    item = world.items(assignment)[0]
    assert len({world.hand_in(student, item, key="double-click") for _ in range(2)}) == 1


def test_two_workers_with_one_job_give_one_result(world: World) -> None:
    student, assignment = world.user(), world.assignment()
    attempt = world.hand_in(student, world.items(assignment)[0])
    job = job_of(world, attempt)
    now = dt.datetime.now(dt.UTC)
    with transaction(world.tenant_id):
        first = operations.claim(job.id, at=now, lease=LEASE)
    with transaction(world.tenant_id):
        assert operations.claim(job.id, at=now, lease=LEASE) is None
    with transaction(world.tenant_id):
        second = operations.claim(job.id, at=now + 2 * LEASE, lease=LEASE)
    assert first is not None
    assert second is not None
    with pytest.raises(LostLease), transaction(world.tenant_id):
        operations.renew(first, at=now, lease=LEASE)
    with transaction(world.tenant_id):
        operations.give_back(second, "the worker is sent home", most_tries=5, at=now)
    grade(world, attempt)
    assert len(statuses(world, attempt)) == 4


def test_a_job_that_ends_every_worker_is_given_up_and_says_so(world: World) -> None:
    student, assignment = world.user(), world.assignment()
    attempt = world.hand_in(student, world.items(assignment)[0])
    job, now = job_of(world, attempt), dt.datetime.now(dt.UTC)
    for turn in range(5):
        with transaction(world.tenant_id):
            assert operations.claim(job.id, at=now + turn * 2 * LEASE, lease=LEASE) is not None
    assert [one.job_id for one in sweeping.overdue(at=now + 20 * LEASE, patience=LEASE)] == [job.id]
    with transaction(world.tenant_id):
        assert sweeping.give_up_poisoned(job.id, most_tries=5, at=now + 20 * LEASE)
    with transaction(world.tenant_id):
        assert session().get_one(SubmissionAttempt, attempt).status == "error"
    assert sweeping.overdue(at=now + 30 * LEASE, patience=LEASE) == []


def test_nothing_is_accepted_after_closing(world: World) -> None:
    student = world.user()
    assignment = world.assignment(closes_at=NOW - dt.timedelta(minutes=1))
    with pytest.raises(AssignmentClosed, match="2 March 2026"):
        world.hand_in(student, world.items(assignment)[0])


def test_attempts_are_counted_by_submissions_not_by_runs(world: World) -> None:
    student, assignment = world.user(), world.assignment(attempts_allowed=1)
    item = world.items(assignment)[0]
    world.hand_in(student, item, kind=AttemptType.TEST_RUN)
    world.hand_in(student, item)
    with pytest.raises(AttemptsUsedUp):
        world.hand_in(student, item)
    world.hand_in(student, item, kind=AttemptType.TEST_RUN)


def test_a_language_that_the_assignment_does_not_take_is_refused(world: World) -> None:
    student, assignment = world.user(), world.assignment(languages=["cpp"])
    with pytest.raises(UnknownLanguage, match="cpp"):
        world.hand_in(student, world.items(assignment)[0])


def test_one_student_cannot_fill_the_queue(world: World) -> None:
    student, assignment = world.user(), world.assignment()
    item = world.items(assignment)[0]
    for _ in range(4):
        world.hand_in(student, item, kind=AttemptType.TEST_RUN)
    with pytest.raises(TooManyOpen):
        world.hand_in(student, item, kind=AttemptType.TEST_RUN)


def served(world: World, count: int) -> list[uuid.UUID]:
    """Return the attempts that workers take, one after the other, whichever job they are told of."""
    with transaction(world.tenant_id):
        jobs = list(session().scalars(sa.select(GradingJob.id).order_by(GradingJob.created_at)))
    taken = []
    for told in jobs[:count]:
        with transaction(world.tenant_id):
            now = dt.datetime.now(dt.UTC)
            work = operations.claim(turns.next_job(told, at=now), at=now, lease=LEASE)
            assert work is not None
            taken.append(work.attempt_id)
    return taken


def test_somebody_with_much_waiting_does_not_hold_up_the_others(world: World) -> None:
    busy, other, item = world.user(), world.user(), world.items(world.assignment())[0]
    theirs = [world.hand_in(busy, item) for _ in range(3)]
    mine = world.hand_in(other, item)
    assert served(world, 4) == [theirs[0], mine, *theirs[1:]]


def test_an_exam_that_comes_last_is_served_first(world: World) -> None:
    practice, exam = (world.items(world.assignment(mode=mode))[0] for mode in (Mode.PRACTICE, Mode.EXAM))
    early = [world.hand_in(world.user(), practice) for _ in range(2)]
    late = world.hand_in(world.user(), exam)
    assert served(world, 3) == [late, *early]


def test_what_has_just_failed_waits_a_while_and_then_has_its_turn(world: World) -> None:
    item = world.items(world.assignment())[0]
    first, second = (job_of(world, world.hand_in(world.user(), item)) for _ in range(2))
    now = dt.datetime.now(dt.UTC)
    with transaction(world.tenant_id):
        work = operations.claim(first.id, at=now, lease=LEASE)
        operations.give_back(work, "the disk is full", most_tries=5, at=now)
    with transaction(world.tenant_id):
        assert turns.next_job(second.id, at=now + dt.timedelta(seconds=1)) == second.id
        assert turns.next_job(second.id, at=now + dt.timedelta(seconds=3)) == first.id
        assert turns.next_job(first.id, at=now) == first.id


def test_the_wait_is_told_by_the_pace_of_late(world: World) -> None:
    item = world.items(world.assignment())[0]
    attempts = [world.hand_in(world.user(), item) for _ in range(6)]
    began = dt.datetime.now(dt.UTC)
    with transaction(world.tenant_id):
        nobody_knows = queries.wait(attempts[5], at=began + dt.timedelta(seconds=40))
        assert (nobody_knows.before, nobody_knows.seconds) == (5, None)
        for number in range(3):
            job = session().scalars(sa.select(GradingJob).where(GradingJob.attempt_id == attempts[number])).one()
            job.status, job.points, job.finished_at = "done", 1, began + dt.timedelta(seconds=10 * (number + 1))
        session().flush()
        last = queries.wait(attempts[5], at=began + dt.timedelta(seconds=40))
        # Three in forty seconds; two are before it.
        assert last.before == 2
        assert 38 <= last.seconds <= 42
        assert queries.wait(attempts[0], at=began) is None


def test_exams_go_before_homework_and_submissions_before_runs() -> None:
    order = [
        taking_in.priority(mode, kind)
        for mode in (Mode.EXAM, Mode.HOMEWORK, Mode.PRACTICE)
        for kind in (AttemptType.FINAL_SUBMISSION, AttemptType.TEST_RUN)
    ]
    assert order == sorted(set(order))


def test_a_job_is_held_for_as_long_as_its_longest_test_may_take(world: World) -> None:
    student = world.user()
    assignment = world.assignment(versions=[world.problem(cpu_ms=60_000)])
    attempt = world.hand_in(student, world.items(assignment)[0])
    job = job_of(world, attempt)
    seen: list[float] = []
    renew = operations.renew

    def noted(work: operations.Work, *, at: dt.datetime, lease: dt.timedelta) -> None:
        seen.append(lease.total_seconds())
        renew(work, at=at, lease=lease)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "renew", noted)
        assert tasks.grade(str(world.tenant_id), str(job.id)) == "done"
    # Two looks at a test of a minute of processor time, of which the clock may show three.
    assert seen
    assert min(seen) > 2 * 180


def test_each_pass_of_a_test_counts_towards_its_longest() -> None:
    python = available_languages()["python"]
    test = TestSpec(uuid.uuid4(), "1", b"", b"", Decimal(1), 1000, 65_536)
    groups = [GroupSpec(uuid.uuid4(), Decimal(1), Aggregation.SUM, [test])]
    checker = {"kind": "validator", "language": "python", "source": ""}
    once, thrice = (longest_test(python, groups, checker={**checker, "passes": passes}) for passes in (1, 3))
    assert thrice == 3 * once


def test_a_test_whose_data_lie_in_the_file_store_is_judged_with_them(world: World) -> None:
    blobs = adapters.installed().blobs
    large = [
        DraftTest(f"large {n}", blobs.put(b"%d\n" % n), blobs.put(b"%d\n" % (2 * n)), Visibility.HIDDEN) for n in (7, 8)
    ]
    assignment = world.assignment(versions=[world.problem(tests=large)])
    attempt = world.hand_in(world.user(), world.items(assignment)[0], "n = int(input())\nprint(14 if n == 7 else 0)\n")
    grade(world, attempt)
    assert statuses(world, attempt) == ["pass", "fail"]


def test_the_load_says_what_waits_and_how_many_workers_it_takes(world: World, app: flask.Flask) -> None:
    practice, exam = (world.items(world.assignment(mode=mode))[0] for mode in (Mode.PRACTICE, Mode.EXAM))
    at = dt.datetime.now(dt.UTC)
    assert load(at=at).workers_wanted(30) == 0
    attempts = [world.hand_in(world.user(), practice) for _ in range(4)] + [world.hand_in(world.user(), exam)]
    at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=100)
    with transaction(world.tenant_id):
        taken, judged = job_of_attempts(attempts[:2])
        assert operations.claim(taken.id, at=at, lease=LEASE)
        judged.status, judged.points = "done", 1
        judged.sent_at, judged.finished_at = at - dt.timedelta(seconds=12), at
    found = load(at=at)
    waiting = {rank: (queued.waiting, queued.running) for rank, queued in found.ranks.items()}
    assert waiting == {Rank.EXAM: (1, 0), Rank.HOMEWORK: (0, 0), Rank.PRACTICE: (2, 1), Rank.REGRADE: (0, 0)}
    assert 99 <= found.ranks[Rank.EXAM].oldest_seconds <= 101
    assert found.judging_seconds == 12
    # Three of 12 seconds each: two workers for 18 seconds each, and the one that is at work.
    assert [found.workers_wanted(within) for within in (18, 36)] == [3, 2]


def job_of_attempts(attempts: Sequence[uuid.UUID]) -> list[GradingJob]:
    found = session().scalars(sa.select(GradingJob).where(GradingJob.attempt_id.in_(attempts))).all()
    return sorted(found, key=lambda job: attempts.index(job.attempt_id))
