"""Points that are changed after marks were given: what becomes of the marks, and of results that come in meanwhile."""

import datetime as dt
import threading
import uuid
from decimal import Decimal

import flask
import pytest
import sqlalchemy as sa

from lti_grader.assignments.errors import BadAssignment
from lti_grader.assignments.models import Assignment, Counts, PointsChange
from lti_grader.assignments.points import let_stand, set_points
from lti_grader.core.db import session, transaction
from lti_grader.gradebook import rescoring
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.gradebook.operations import recompute
from lti_grader.lti.models import ScoreDelivery
from tests.fixtures.statements import statements
from tests.fixtures.world import NOW, World
from tests.flow.many import many_marks

MANY = 1000


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)


def give(world: World, assignment: uuid.UUID, *points: str) -> PointsChange | None:
    """Let the problems of an assignment be worth other points, in their order."""
    wanted = {item: Decimal(one) for item, one in zip(world.items(assignment), points, strict=True)}
    with transaction(world.tenant_id):
        return set_points(assignment, wanted, by=world.teacher_id, at=NOW)


def work() -> list[int | None]:
    """Do what beat and a worker do."""
    return [rescoring.carry_out(tenant, change, now) for tenant, change in rescoring.due(at=now())]


def entry_of(world: World, student: uuid.UUID) -> GradebookEntry:
    with transaction(world.tenant_id):
        return session().scalars(sa.select(GradebookEntry).where(GradebookEntry.student_id == student)).one()


def deliveries(world: World) -> list[tuple[Decimal | None, Decimal, str]]:
    with transaction(world.tenant_id):
        rows = session().scalars(sa.select(ScoreDelivery).order_by(ScoreDelivery.revision))
        return [(one.score, one.maximum, one.status) for one in rows]


def test_marks_given_before_are_worked_out_from_the_same_results(world: World) -> None:
    student, assignment = world.user(), world.assignment(problems=2)
    world.column(assignment)
    first, second = world.items(assignment)
    world.judge(world.hand_in(student, first, stored=False), 8)
    world.judge(world.hand_in(student, second, stored=False), 5)
    assert entry_of(world, student).points == 13
    change = give(world, assignment, "10", "30.5")
    assert change is not None
    assert entry_of(world, student).points == 13, "until a worker has come"
    assert work() == [1]
    entry = entry_of(world, student)
    assert (entry.points, entry.max_score, entry.status) == (Decimal("23.25"), Decimal("40.5"), "graded")
    assert deliveries(world)[-1] == (Decimal("23.25"), Decimal("40.5"), "pending")
    assert [status for *_, status in deliveries(world)[:-1]] == ["superseded"] * 2
    assert work() == []


def test_who_changed_what_is_written_down(world: World) -> None:
    assignment = world.assignment(problems=2)
    first, second = (str(one) for one in world.items(assignment))
    give(world, assignment, "10", "2.5")
    with transaction(world.tenant_id):
        kept = session().scalars(sa.select(PointsChange)).one()
        assert (kept.before, kept.after) == ({first: "10", second: "10"}, {first: "10", second: "2.5"})
        assert (kept.total_before, kept.total_after, kept.changed_by) == (20, Decimal("12.5"), world.teacher_id)
    assert work() == [0]


def test_points_that_a_person_gave_stay_of_the_new_maximum(world: World) -> None:
    student, assignment = world.user(), world.assignment(counts=Counts.LATEST)
    world.column(assignment)
    world.judge(world.hand_in(student, world.items(assignment)[0], stored=False), 8)
    with transaction(world.tenant_id):
        session().scalars(sa.select(GradebookEntry)).one().override_points = Decimal(7)
    give(world, assignment, "5")
    work()
    entry = entry_of(world, student)
    assert (entry.points, entry.score_obtained, entry.max_score) == (7, 4, 5)
    assert deliveries(world)[-1][:2] == (7, 5)


def test_the_same_points_again_are_no_change(world: World) -> None:
    student, assignment = world.user(), world.assignment()
    world.judge(world.hand_in(student, world.items(assignment)[0], stored=False), 8)
    assert give(world, assignment, "10.00") is None
    assert work() == []
    assert entry_of(world, student).revision == 1


def test_one_whose_worker_died_is_finished_by_the_next(world: World) -> None:
    student, assignment = world.user(), world.assignment()
    world.judge(world.hand_in(student, world.items(assignment)[0], stored=False), 8)
    change = give(world, assignment, "20")
    assert change is not None
    with transaction(world.tenant_id):
        assert (
            rescoring.owed.claim(PointsChange, change.id, PointsChange.done_at.is_(None), at=now(), seconds=300)
            is not None
        )
    assert work() == [], "another worker has it"
    later = now() + dt.timedelta(minutes=6)
    assert rescoring.due(at=later) == [(world.tenant_id, change.id)]
    assert rescoring.carry_out(world.tenant_id, change.id, lambda: later) == 1
    assert entry_of(world, student).points == 16


@pytest.mark.parametrize("points", ["-1", "10000.01", "1.005", "NaN", "Infinity", "0"])
def test_what_are_no_points_are_refused(world: World, points: str) -> None:
    assignment = world.assignment()
    with pytest.raises(BadAssignment):
        give(world, assignment, points)
    with transaction(world.tenant_id):
        assert session().get_one(Assignment, assignment).points_total == 10


def test_a_result_that_comes_in_meanwhile_counts_with_the_new_points(app: flask.Flask, world: World) -> None:
    student, assignment = world.user(), world.assignment()
    attempt = world.hand_in(student, world.items(assignment)[0], stored=False)

    def change() -> None:
        with app.app_context():
            give(world, assignment, "20")

    changing = threading.Thread(target=change)
    with transaction(world.tenant_id):
        let_stand(assignment)
        changing.start()
        waits = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        while not session().scalar(waits):
            assert changing.is_alive(), "a change of points waits for the results that are being written"
        session().execute(
            sa.text("UPDATE grading_jobs SET status = 'done', points = 8, maximum = 10 WHERE attempt_id = :id"),
            {"id": attempt},
        )
        assert recompute(student, assignment).points == 8
    changing.join()
    assert entry_of(world, student).max_score == 10
    assert work() == [1]
    assert (entry_of(world, student).points, entry_of(world, student).max_score) == (16, 20)
    # And one that comes after the change, and before its worker.
    give(world, assignment, "30")
    world.judge(world.hand_in(student, world.items(assignment)[0], stored=False), 9)
    assert (entry_of(world, student).points, entry_of(world, student).max_score) == (27, 30)


def test_a_thousand_marks_take_few_statements(world: World) -> None:
    assignment = world.assignment()
    many_marks(world, assignment, MANY)
    give(world, assignment, "20")
    with statements() as said:
        assert work() == [MANY]
    chunks = -(-MANY // rescoring.CHUNK)
    assert len(said) <= 25 * (chunks + 1), len(said)
    with transaction(world.tenant_id):
        newest = sa.select(sa.func.count()).where(ScoreDelivery.is_newest, ScoreDelivery.score == 16)
        assert session().scalar(newest.where(ScoreDelivery.status == "pending")) == MANY
        older = sa.select(sa.func.count()).where(ScoreDelivery.status == "superseded", ~ScoreDelivery.is_newest)
        assert session().scalar(older) == MANY
