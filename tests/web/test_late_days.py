"""Late days: spent by students, seen and given by staff."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.assignments.errors import BadAssignment
from lti_grader.assignments.late_days import bank_of, spend
from lti_grader.assignments.lateness import LatePolicy, LateStep
from lti_grader.assignments.models import Assignment
from lti_grader.assignments.queries import open_assignment, shown_to_students
from lti_grader.calendar.queries import dates, places_of
from lti_grader.classes.models import Class, Enrollment, Role
from lti_grader.classes.operations import drop
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.lti.models import ScoreDelivery
from lti_grader.lti.release_models import OwedRelease
from lti_grader.notifications import due_soon
from lti_grader.notifications.models import Notification
from tests.fixtures.statements import statements
from tests.fixtures.world import World
from tests.web.two_sections import Visit, plain

RULE = LatePolicy(steps=(LateStep(hours=24, credit=50),), late_days=2)
DUE = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(hours=30)


class Course:
    """A class with three late days each, and two assignments of which a student handed in one, 30 hours late."""

    def __init__(self, world: World, visit: Visit) -> None:
        self.world = world
        self.teacher: FlaskClient = visit(world.user(Role.TEACHER))
        self.first, self.second = (world.assignment(due_date=DUE, late=RULE) for _ in range(2))
        self.student = world.user()
        self.browser: FlaskClient = visit(self.student)
        self.of_class = f"/classes/{world.class_id}/late-days"
        assert self.teacher.post(self.of_class, data={"days": "3"}).status_code == 303
        world.column(self.first)
        item = world.items(self.first)[0]
        world.judge(world.hand_in(self.student, item, stored=False, at=DUE + dt.timedelta(hours=30)), 8)

    def choose(self, days: int | str, assignment: uuid.UUID | None = None, *, status: int = 303) -> str:
        answer = self.browser.post(f"/assignments/{assignment or self.first}/late-days", data={"days": str(days)})
        assert answer.status_code == status, answer.text
        return plain(answer.text)

    def points(self) -> tuple[Decimal | None, Decimal | None]:
        """Return what the gradebook has, and what is owed to the LMS."""
        with transaction(self.world.tenant_id):
            entry = session().scalars(sa.select(GradebookEntry).where(GradebookEntry.student_id == self.student)).one()
            newest = sa.select(ScoreDelivery.score).where(
                ScoreDelivery.user_id == self.student, ScoreDelivery.is_newest
            )
            return entry.points, session().scalars(newest).one()

    def left(self) -> int:
        with transaction(self.world.tenant_id):
            return bank_of(self.world.class_id, self.student).left


@pytest.fixture
def course(world: World, visit: Visit) -> Course:
    return Course(world, visit)


def test_days_are_spent_count_at_once_and_are_taken_back(course: Course) -> None:
    assert course.points() == (0, 0)
    page = f"/assignments/{course.first}/late-days"
    assert "3 of 3 late days left" in plain(course.browser.get(page).text)
    work = course.browser.get(f"/work/{course.world.items(course.first)[0]}")
    assert "Late days: 0 spent here, 3 left." in plain(work.text)
    course.choose(1)
    assert (course.points(), course.left()) == ((4, 4), 2)
    course.choose(2)
    assert (course.points(), course.left()) == ((8, 8), 1)
    assert "Your work counts as in time until" in plain(course.browser.get(f"{page}?kept=1").text)
    course.choose(0)
    assert (course.points(), course.left()) == ((0, 0), 3)


def test_no_more_are_spent_than_there_are_and_an_assignment_takes(course: Course) -> None:
    assert "from 0 to 2" in course.choose(3, status=422)
    assert "a whole number" in course.choose("all", status=422)
    course.choose(2)
    assert "from 0 to 1" in course.choose(2, course.second, status=422)
    course.choose(1, course.second)
    assert course.left() == 0
    closed = course.world.assignment(due_date=DUE, late=RULE, closes_at=DUE + dt.timedelta(hours=5))
    with transaction(course.world.tenant_id), pytest.raises(BadAssignment, match="closed on"):
        spend(closed, course.student, 0, at=DUE + dt.timedelta(hours=6))


def test_staff_see_who_spent_what_and_give_more_with_a_reason(course: Course, visit: Visit) -> None:
    course.choose(2)
    give = f"/classes/{course.world.class_id}/students/{course.student}/late-days"
    assert "1 of 3" in plain(course.teacher.get(course.of_class).text)
    refused = course.teacher.post(give, data={"days": "2", "reason": " "})
    assert (refused.status_code, "Say why" in refused.text) == (422, True)
    assert course.teacher.post(give, data={"days": "2", "reason": "Ferry on strike"}).status_code == 303
    page = course.teacher.get(course.of_class).text
    assert "3 of 5" in plain(page)
    assert "2 days: Ferry on strike" in plain(page)
    assert "2 that you were given" in plain(course.browser.get(f"/assignments/{course.first}/late-days").text)
    grant = page.split('name="grant" value="')[1].split('"')[0]
    assert course.teacher.post(give, data={"grant": grant}).status_code == 303
    assert course.left() == 1
    assert course.browser.post(give, data={"days": "9", "reason": "mine"}).status_code == 403


def test_who_sees_some_sections_sees_and_gives_the_days_of_those(course: Course, visit: Visit) -> None:
    world = course.world
    assistant, other = world.user(Role.ASSISTANT), world.user()
    with transaction(world.tenant_id):
        session().get_one(Class, world.class_id).choose(apart="assistants")
        of_them = sa.update(Enrollment).where(Enrollment.user_id.in_([assistant, other]))
        session().execute(of_them.values(sections=["A"]))
    limited, days = visit(assistant), {"days": "1", "reason": "Ill"}
    assert str(course.student) not in limited.get(course.of_class).text
    give = f"/classes/{world.class_id}/students/%s/late-days"
    assert limited.post(give % course.student, data=days).status_code == 404
    assert limited.post(give % other, data=days).status_code == 303
    assert limited.post(course.of_class, data={"days": "9"}).status_code == 403


def test_the_page_of_a_class_asks_as_often_for_many_students_as_for_few(course: Course) -> None:
    def asked() -> int:
        with statements() as said:
            assert course.teacher.get(course.of_class).status_code == 200
        return len(said)

    course.choose(1)
    asked()
    few = asked()
    for _ in range(4):
        course.world.user()
    assert asked() == few


def test_days_that_were_spent_move_the_due_date_wherever_it_stands(course: Course) -> None:
    world = course.world
    due = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(hours=20)
    soon = world.assignment(due_date=due, late=RULE)
    later = f"{due + dt.timedelta(days=2):%Y-%m-%dT%H:%M}"
    review = f"/assignments/{soon}/students/{course.student}"
    pages = [f"/classes/{world.class_id}", f"/classes/{world.class_id}/marks", review]
    assert not any(later in course.browser.get(page).text for page in pages)
    course.choose(2, soon)
    for page in pages:
        assert later in course.browser.get(page).text, page
    assert later in course.teacher.get(review).text
    with transaction(world.tenant_id):
        mine = [one.starts_at for one in dates(course.student, places_of(course.student)) if one.item_id == soon]
    assert mine == [due + dt.timedelta(days=2)]
    # Nobody is told that it is due within a day who has two more.
    other = world.user()
    assert due_soon.tell_everywhere(at=due - dt.timedelta(hours=1)) == 1
    with transaction(world.tenant_id):
        told = sa.select(Notification.recipient_id).where(Notification.type == "due_soon")
        assert session().scalars(told).all() == [other]
    # They are told a day before their own date, and not of it any more once they have taken a day back.
    theirs = due + dt.timedelta(days=2)
    assert due_soon.tell_everywhere(at=theirs - dt.timedelta(hours=25)) == 0
    assert due_soon.tell_everywhere(at=theirs - dt.timedelta(hours=23)) == 1
    course.choose(1, soon)
    with transaction(world.tenant_id):
        assert session().scalars(told).all() == [other]


def test_fewer_days_for_everybody_take_nothing_from_what_was_spent(course: Course) -> None:
    course.choose(2)
    assert course.teacher.post(course.of_class, data={"days": "1"}).status_code == 303
    assert "0 of 2" in plain(course.teacher.get(course.of_class).text)
    assert "0 of 2 late days left" in plain(course.browser.get(f"/assignments/{course.first}/late-days").text)
    assert course.points() == (8, 8)


def test_results_that_come_after_the_due_date_wait_for_whoever_spent_late_days(course: Course) -> None:
    world, hour = course.world, dt.timedelta(hours=1)
    waiting = world.assignment(due_date=DUE, late=RULE, feedback={"when": "after_due"})

    def is_out(at: dt.datetime) -> bool:
        with transaction(world.tenant_id):
            one = session().get_one(Assignment, waiting)
            found = {
                shown_to_students([one], at=at)[waiting].feedback,
                open_assignment(waiting, course.student).shown_to_students(at=at).feedback,
            }
            (answer,) = found
            return answer

    assert is_out(DUE + hour)
    course.choose(2, waiting)
    assert not is_out(DUE + 47 * hour)
    assert is_out(DUE + 48 * hour)
    # Who takes days back lets the others wait no longer than to the moment that is now the last.
    with transaction(world.tenant_id):
        owed = session().scalars(sa.select(OwedRelease).where(OwedRelease.assignment_id == waiting)).one()
        owed.next_try_at = DUE + 48 * hour
    course.choose(1, waiting)
    with transaction(world.tenant_id):
        assert session().get(OwedRelease, owed.id) is None, "it is out by now"
    course.choose(2, waiting)
    with transaction(world.tenant_id):
        drop(world.class_id, {course.student}, at=DUE)
        assert shown_to_students([session().get_one(Assignment, waiting)], at=DUE + hour)[waiting].feedback
