"""Late work from the due date that each student has to what the gradebook and the LMS hold."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
import sqlalchemy as sa

from lti_grader.assignments.dates import OtherDates
from lti_grader.assignments.granting import Whose, grant, withdraw
from lti_grader.assignments.lateness import LatePolicy, LateStep
from lti_grader.assignments.models import AccessOverride, Assignment, Counts
from lti_grader.assignments.operations import reschedule, set_late
from lti_grader.classes.events import SectionsChanged
from lti_grader.classes.models import Enrollment, EnrollmentSource, Role
from lti_grader.classes.operations import enroll
from lti_grader.core.db import session, transaction
from lti_grader.core.events import publish
from lti_grader.gradebook import rescoring
from lti_grader.gradebook.models import GradebookEntry, Rescoring
from lti_grader.lti.models import ScoreDelivery
from tests.fixtures.statements import statements
from tests.fixtures.world import NOW, World
from tests.flow.many import many_marks

HOUR = dt.timedelta(hours=1)
STRICT = LatePolicy(steps=(LateStep(hours=24, credit=80), LateStep(hours=48, credit=50)))


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)


def work() -> list[int | None]:
    """Do what beat and a worker do."""
    return [rescoring.carry_out(tenant, row, now, kind=Rescoring) for tenant, row in rescoring.due(Rescoring, at=now())]


class Course:
    """An assignment that is due now, with two submissions of a student: 6 of 10 in time, 8 of 10 two hours late."""

    def __init__(self, world: World, *, late: LatePolicy = STRICT, counts: Counts = Counts.BEST) -> None:
        self.world = world
        self.assignment = world.assignment(due_date=NOW, counts=counts, late=late)
        self.item = world.items(self.assignment)[0]
        self.student = world.user()
        world.column(self.assignment)
        self.hand_in(-HOUR, 6)
        self.hand_in(2 * HOUR, 8)

    def hand_in(self, after: dt.timedelta, points: int, student: uuid.UUID | None = None) -> None:
        who = student or self.student
        self.world.judge(self.world.hand_in(who, self.item, stored=False, at=NOW + after), points)

    def grant(self, whose: uuid.UUID | str, due: dt.datetime) -> None:
        who = Whose(section=whose) if isinstance(whose, str) else Whose(user_id=whose)
        with transaction(self.world.tenant_id):
            grant(self.assignment, who, OtherDates(due=due), reason="", by=self.world.teacher_id, at=NOW)

    def points(self, student: uuid.UUID | None = None) -> tuple[Decimal | None, Decimal | None]:
        """Return what the gradebook has, and what is owed to the LMS."""
        with transaction(self.world.tenant_id):
            who = student or self.student
            entry = session().scalars(sa.select(GradebookEntry).where(GradebookEntry.student_id == who)).one()
            newest = sa.select(ScoreDelivery.score).where(ScoreDelivery.user_id == who, ScoreDelivery.is_newest)
            return entry.points, session().scalars(newest).one()


@pytest.mark.parametrize(("counts", "points"), [(Counts.BEST, "6.4"), (Counts.LATEST, "6.4"), (Counts.AVERAGE, "6.2")])
def test_each_submission_counts_by_its_own_lateness(world: World, counts: Counts, points: str) -> None:
    course = Course(world, counts=counts)
    assert course.points() == (Decimal(points), Decimal(points))


def test_a_late_better_try_takes_nothing_from_an_earlier_one(world: World) -> None:
    course = Course(world)
    course.hand_in(30 * HOUR, 10)
    assert course.points() == (Decimal("6.4"), Decimal("6.4")), "10 at 50 % are less than 8 at 80 %"


def test_more_time_counts_at_once_and_no_more_when_it_is_taken_back(world: World) -> None:
    course = Course(world)
    course.grant(course.student, NOW + 2 * HOUR)
    assert course.points() == (8, 8)
    with transaction(world.tenant_id):
        withdraw(course.assignment, session().scalars(sa.select(AccessOverride.id)).one(), at=NOW)
    assert course.points() == (Decimal("6.4"), Decimal("6.4"))
    assert work() == [], "one student's is done with the change itself"


def test_a_section_with_more_time_is_worked_out_by_a_worker(world: World) -> None:
    course = Course(world)
    with transaction(world.tenant_id):
        session().execute(sa.update(Enrollment).where(Enrollment.user_id == course.student).values(sections=["A"]))
    other = world.user()
    course.hand_in(2 * HOUR, 5, other)
    course.grant("A", NOW + 3 * HOUR)
    assert course.points() == (Decimal("6.4"), Decimal("6.4")), "until a worker has come"
    assert work() == [1]
    assert course.points() == (8, 8)
    assert course.points(other) == (4, 4)


def test_who_moves_to_a_section_with_more_time_has_it(world: World) -> None:
    course, other = Course(world), world.user()
    with transaction(world.tenant_id):
        enroll(world.class_id, other, Role.STUDENT, source=EnrollmentSource.LAUNCH, sections=["B"])
    course.grant("B", NOW + 3 * HOUR)
    assert work() == [0]
    for sections, points in ((["B"], Decimal(8)), (["A"], Decimal("6.4"))):
        with transaction(world.tenant_id):
            enroll(world.class_id, course.student, Role.STUDENT, source=EnrollmentSource.LAUNCH, sections=sections)
        assert course.points() == (points, points)
    with transaction(world.tenant_id):
        publish(SectionsChanged(world.class_id, (course.student, uuid.uuid4()), NOW))
    assert work() == [0], "of many the marks are worked out by a worker"


def test_another_rule_and_another_due_date_are_owed_and_survive_a_worker(world: World) -> None:
    course = Course(world)
    with transaction(world.tenant_id):
        assert set_late(course.assignment, LatePolicy(), at=NOW)
        assert not set_late(course.assignment, LatePolicy(), at=NOW)
    (owed,) = rescoring.due(Rescoring, at=now())
    with transaction(world.tenant_id):
        unfinished = Rescoring.done_at.is_(None)
        assert rescoring.owed.claim(Rescoring, owed[1], unfinished, at=now(), seconds=300) is not None
    assert work() == [], "another worker has it"
    later = now() + dt.timedelta(minutes=6)
    assert rescoring.carry_out(*owed, lambda: later, kind=Rescoring) == 1
    assert course.points() == (8, 8)
    with transaction(world.tenant_id):
        set_late(course.assignment, STRICT, at=NOW)
        one = session().get_one(Assignment, course.assignment)
        reschedule(one, opens_at=None, due_date=NOW - 40 * HOUR, closes_at=None, is_published=True, at=NOW)
    assert sum(filter(None, work())) == 1
    assert course.points() == (4, 4), "42 hours late count half"


def test_a_class_takes_few_statements(world: World) -> None:
    assignment = world.assignment(due_date=NOW)
    many_marks(world, assignment, 260)
    with transaction(world.tenant_id):
        set_late(assignment, LatePolicy(steps=(LateStep(hours=None, credit=50),)), at=NOW)
    with statements() as said:
        assert work() == [260]
    assert len(said) <= 34 * (260 // rescoring.CHUNK + 1), len(said)
