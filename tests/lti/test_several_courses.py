"""Several LMS courses that feed one class: each student's scores go to their own course, and who leaves one may stay."""

import concurrent.futures
import datetime as dt
import uuid
from decimal import Decimal

import flask
import pytest
import sqlalchemy as sa

from lti_grader.classes.models import Enrollment, EnrollmentStatus
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.lti import claims as c
from lti_grader.lti import enrolling, enrollments, operations, passback
from lti_grader.lti.enrolling import Course
from lti_grader.lti.memberships import Member, Reading
from lti_grader.lti.models import ClassContext, EnrolledThrough, LineItem, Platform, ScoreDelivery
from lti_grader.lti.roster_models import Roster
from lti_grader.people.described import Described
from lti_grader.people.models import User
from tests.fixtures.world import NOW, World

LATER = NOW + dt.timedelta(hours=1)


class Twin:
    """A class with two courses of one platform, an assignment, and a column of it in each course."""

    def __init__(self, world: World) -> None:
        self.world, self.assignment = world, world.assignment()
        self.columns = {world.context_id: world.column(self.assignment)}
        with transaction(world.tenant_id):
            first = session().get_one(ClassContext, world.context_id)
            second = ClassContext(
                tenant_id=world.tenant_id, deployment_id=first.deployment_id, context_id="course-2",
                class_id=world.class_id, title="CS101 evening",
            )  # fmt: skip
            session().add(second)
            session().flush()
            column = LineItem(
                tenant_id=world.tenant_id, class_context_id=second.id, content_item_id=self.assignment,
                url="https://lms.example/lineitems/2", score_maximum=Decimal(10),
            )  # fmt: skip
            session().add(column)
            session().flush()
            self.columns[second.id] = column.id
        self.day, self.evening = world.context_id, second.id
        for context_id in (self.day, self.evening):
            self.seen(context_id, world.teacher_id)

    def seen(self, context_id: uuid.UUID, *users: uuid.UUID, at: dt.datetime = NOW) -> None:
        with transaction(self.world.tenant_id):
            enrollments.note_seen(session().get_one(ClassContext, context_id), users, at=at)

    def roster(self, context_id: uuid.UUID, *users: uuid.UUID) -> int:
        with transaction(self.world.tenant_id):
            platform = session().get_one(Platform, self.world.platform_id)
            # Long ago, so that no launch of theirs says otherwise.
            session().execute(sa.update(Enrollment).values(created_at=NOW - dt.timedelta(days=30)))
            subs = session().scalars(sa.select(User.sub).where(User.id.in_(users))).all()
        course = Course(self.world.tenant_id, context_id, self.world.class_id, platform, dt.timedelta(hours=12))
        members = tuple(Member(Described(sub), ("Learner",)) for sub in subs)
        with transaction(self.world.tenant_id):
            session().merge(Roster(id=context_id, tenant_id=self.world.tenant_id, class_context_id=context_id))
        return enrolling.take_in(course, Reading(members), at=LATER).dropped

    def grade(self, student: uuid.UUID) -> set[uuid.UUID]:
        """Grade a student, and return the columns that the score is owed to."""
        with transaction(self.world.tenant_id):
            entry = GradebookEntry(
                tenant_id=self.world.tenant_id, content_item_id=self.assignment, student_id=student, revision=1,
                max_score=Decimal(10), score_obtained=Decimal(7), submitted_at=NOW, status="graded",
            )  # fmt: skip
            session().add(entry)
            session().flush()
            for column in self.columns.values():
                passback.queue_known_scores(column, at=NOW)
            return set(session().scalars(sa.select(ScoreDelivery.line_item_id).where(ScoreDelivery.user_id == student)))

    def launch(self, course: str, student: uuid.UUID, *, at: dt.datetime = LATER) -> None:
        """Let a student open the tool from a course's menu."""
        with transaction(self.world.tenant_id):
            claims = {
                "sub": session().get_one(User, student).sub, c.ROLES: ["Learner"], c.DEPLOYMENT_ID: "1",
                c.CONTEXT: {"id": course}, c.MESSAGE_TYPE: c.RESOURCE_LINK_REQUEST, c.RESOURCE_LINK: {"id": "menu"},
            }  # fmt: skip
            operations.arrive(claims, session().get_one(Platform, self.world.platform_id), at=at)

    def owed(self, student: uuid.UUID) -> list[uuid.UUID]:
        with transaction(self.world.tenant_id):
            mine = sa.select(ScoreDelivery.line_item_id).where(ScoreDelivery.user_id == student)
            return list(session().scalars(mine.order_by(ScoreDelivery.created_at)))

    def status(self, student: uuid.UUID) -> str:
        with transaction(self.world.tenant_id):
            return session().scalars(sa.select(Enrollment.status).where(Enrollment.user_id == student)).one()


@pytest.fixture
def twin(world: World) -> Twin:
    return Twin(world)


def test_a_score_goes_to_the_course_that_its_student_comes_through(twin: Twin) -> None:
    by_day, by_night, both, unknown = (twin.world.user() for _ in range(4))
    twin.seen(twin.day, by_day, both)
    twin.seen(twin.evening, by_night, both)
    assert twin.grade(by_day) == {twin.columns[twin.day]}
    assert twin.grade(by_night) == {twin.columns[twin.evening]}
    assert twin.grade(both) == set(twin.columns.values())
    # Nobody has seen yet through which course they came: every column of their platform.
    assert twin.grade(unknown) == set(twin.columns.values())


def test_who_moved_to_the_other_course_is_scored_there_only(twin: Twin) -> None:
    student = twin.world.user()
    twin.seen(twin.day, student)
    assert twin.roster(twin.evening, student) == 0
    twin.roster(twin.day, twin.world.teacher_id)
    assert twin.status(student) == EnrollmentStatus.ACTIVE
    assert twin.grade(student) == {twin.columns[twin.evening]}


def test_who_first_comes_through_a_second_course_has_earlier_scores_owed_there_at_once(twin: Twin) -> None:
    student, other = twin.world.user(), twin.world.user()
    for one in (student, other):
        twin.seen(twin.day, one)
        assert twin.grade(one) == {twin.columns[twin.day]}
    for _ in range(2):
        twin.launch("course-2", student)
        assert twin.owed(student) == [twin.columns[twin.day], twin.columns[twin.evening]]
    assert twin.owed(other) == [twin.columns[twin.day]]


def test_many_first_launches_at_once_owe_a_score_once(app: flask.Flask, twin: Twin) -> None:
    student = twin.world.user()
    twin.seen(twin.day, student)
    twin.grade(student)

    def launch(_: int) -> None:
        with app.app_context():
            twin.launch("course-2", student)

    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        list(pool.map(launch, range(10)))
    assert twin.owed(student) == [twin.columns[twin.day], twin.columns[twin.evening]]


def test_who_left_the_last_course_is_dropped_and_comes_back_by_either(twin: Twin) -> None:
    student = twin.world.user()
    twin.seen(twin.day, student)
    twin.seen(twin.evening, student)
    assert twin.roster(twin.day, twin.world.teacher_id) == 0
    assert twin.status(student) == EnrollmentStatus.ACTIVE
    assert twin.roster(twin.evening, twin.world.teacher_id) == 1
    assert twin.status(student) == EnrollmentStatus.DROPPED
    twin.seen(twin.day, student, at=LATER)
    with transaction(twin.world.tenant_id):
        left = dict(session().execute(sa.select(EnrolledThrough.class_context_id, EnrolledThrough.left_at)).all())
    assert left[twin.day] is None


def test_a_roster_drops_nobody_who_came_through_another_course_only(twin: Twin) -> None:
    by_night = twin.world.user()
    twin.seen(twin.evening, by_night)
    assert twin.roster(twin.day, twin.world.teacher_id) == 0
    assert twin.status(by_night) == EnrollmentStatus.ACTIVE


def test_the_platforms_test_student_is_in_no_roster_and_stays(twin: Twin) -> None:
    tester = twin.world.user(is_test_user=True)
    twin.seen(twin.day, tester)
    assert twin.roster(twin.day, twin.world.teacher_id) == 0
    assert twin.status(tester) == EnrollmentStatus.ACTIVE
