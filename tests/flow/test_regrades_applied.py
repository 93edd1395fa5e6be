"""What becomes of marks when a regrade is applied on a teacher's word."""

import datetime as dt
import threading
from decimal import Decimal
from typing import Any

import flask
import pytest
import sqlalchemy as sa

from lti_grader.assignments.models import Counts
from lti_grader.core.db import session, transaction
from lti_grader.gradebook import by_hand
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.gradebook.regrades import applying, judging
from lti_grader.gradebook.regrades.errors import BadRegrade
from lti_grader.gradebook.regrades.models import RegradeStep, Which
from lti_grader.grading import queries
from tests.fixtures.statements import statements
from tests.fixtures.world import NOW, World
from tests.flow.many import many_marks
from tests.flow.regraded import Course, now

MANY = 1000


@pytest.fixture
def course(world: World) -> Course:
    return Course(world)


def test_points_that_somebody_gives_while_a_regrade_is_applied_are_no_change_of_it(
    course: Course, app: flask.Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    (given, _), (other, _) = course.submitted(5), course.submitted(5)
    regrade = course.start()
    course.judge_all(regrade, 9)
    seven, let_stand = by_hand.typed("7"), applying._let_stand

    def give() -> None:
        with app.app_context(), transaction(course.world.tenant_id):
            by_hand.decide(
                given, course.assignment, seven, "Seen", by=course.world.teacher_id, at=now(), seen=None
            )  # fmt: skip

    def meanwhile(*args: Any) -> None:
        giving = threading.Thread(target=give)
        giving.start()
        giving.join()
        let_stand(*args)

    monkeypatch.setattr(applying, "_let_stand", meanwhile)
    assert course.apply(regrade) == 1
    assert course.marks() == {given: 7, other: 9}
    found = {one: (it.mark_before, it.mark_after, it.is_by_hand) for one, it in course.effects(regrade).items()}
    assert found == {given: (7, 7, True), other: (5, 9, False)}


def test_applying_that_breaks_off_is_finished_by_the_next_worker(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "CHUNK", 2)
    students = [course.submitted(5)[0] for _ in range(5)]
    regrade = course.start()
    course.judge_all(regrade, 9)
    course.do(applying.apply, regrade, "The tests were wrong.")
    clock = iter([now(), now()])
    with pytest.raises(StopIteration):
        applying.carry_out(course.world.tenant_id, regrade, lambda: next(clock))
    assert sorted(course.marks().values()) == [5, 5, 5, 9, 9]
    assert applying.due(at=now()) == [], "another worker has it"
    later = now() + dt.timedelta(minutes=6)
    assert applying.due(at=later) == [(course.world.tenant_id, regrade)]
    assert applying.carry_out(course.world.tenant_id, regrade, lambda: later) == 5
    assert course.owed() == {one: [5, 9] for one in students}, "each was told once"
    assert applying.carry_out(course.world.tenant_id, regrade, lambda: later) is None


def test_a_mark_that_a_person_set_stays_and_nobody_is_told(course: Course) -> None:
    student, _ = course.submitted(5)
    with transaction(course.world.tenant_id):
        session().scalars(sa.select(GradebookEntry)).one().override_points = Decimal(7)
    regrade = course.start()
    course.judge_all(regrade, 9)
    effect = course.effects(regrade)[student]
    assert (effect.points_after, effect.mark_before, effect.mark_after, effect.is_by_hand) == (9, 7, 7, True)
    assert course.apply(regrade) == 0
    assert (course.marks(), course.owed()) == ({student: 7}, {student: [5]})
    with transaction(course.world.tenant_id):
        assert session().scalars(sa.select(GradebookEntry)).one().score_obtained == 9


def test_applying_needs_a_reason_and_is_written_down(course: Course) -> None:
    course.submitted(5)
    regrade = course.start()
    course.judge_all(regrade, 6)
    with pytest.raises(BadRegrade, match="Say why"):
        course.do(applying.apply, regrade, "  ")
    course.apply(regrade, "Test 3 was wrong.")
    with transaction(course.world.tenant_id):
        steps = session().scalars(sa.select(RegradeStep).order_by(RegradeStep.at)).all()
        assert [(one.kind, one.by) for one in steps] == [
            ("started", course.world.teacher_id), ("applied", course.world.teacher_id),
        ]  # fmt: skip
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            session().execute(sa.delete(RegradeStep))
            session().flush()


def test_one_after_the_other_and_back_to_the_old_tests(course: Course) -> None:
    student, attempt = course.submitted(5)
    for version, points in ((course.second, 9), (course.first, 4)):
        regrade = course.start(version=version)
        course.judge_all(regrade, points)
        assert course.apply(regrade) == 1
        assert (course.marks(), course.version()) == ({student: points}, version)
    with transaction(course.world.tenant_id):
        earlier = queries.earlier_results(attempt)
        assert [(one.job.points, one.version, one.regrade_id == regrade) for one in earlier] == [
            (9, 2, True), (5, 1, False),
        ]  # fmt: skip
    assert course.owed() == {student: [5, 9, 4]}


def test_the_best_may_be_another_one_afterwards(world: World) -> None:
    course = Course(world, counts=Counts.BEST)
    student, low, high = course.submitted(4, 9)
    regrade = course.start(Which.COUNTING)
    course.judge_all(regrade, {high: 2})
    course.apply(regrade)
    assert course.marks() == {student: 4}, "by the ordinary rule"
    with transaction(world.tenant_id):
        entry = session().scalars(sa.select(GradebookEntry)).one()
        assert entry.submitted_at == NOW
        assert queries.current_job(low).regrade_id is None


def test_a_thousand_results_take_few_statements(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    course = Course(world, has_column=False)
    many_marks(world, course.assignment, MANY)
    monkeypatch.setattr(judging, "WINDOW", 0)
    with statements() as starting:
        regrade = course.start()
    # As workers would have judged them: half of them come out with more.
    with transaction(world.tenant_id):
        session().execute(
            sa.text(
                "UPDATE grading_jobs j SET status = 'tried', maximum = 10, finished_at = now(),"
                " points = CASE WHEN right(u.sub, 1) IN ('1', '3', '5', '7', '9') THEN 10 ELSE 8 END"
                " FROM submission_attempts a JOIN users u ON u.id = a.student_id"
                " WHERE a.id = j.attempt_id AND j.regrade_id IS NOT NULL"
            )
        )
        judging.feed(judging.locked(regrade), at=now())
    with statements() as reading:
        assert len(course.effects(regrade)) == MANY
    with statements() as applying_it:
        assert course.apply(regrade) == MANY // 2
    chunks = -(-MANY // applying.CHUNK)
    assert len(starting) <= 40
    assert len(reading) <= 15
    assert len(applying_it) <= 40 * (chunks + 1), len(applying_it)
    told = course.owed()
    assert sorted(len(scores) for scores in told.values()) == [1] * (MANY // 2) + [2] * (MANY // 2)
