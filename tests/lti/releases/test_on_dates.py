"""Marks and comments that are released on dates, or after the last due date that anybody has."""

import datetime as dt
import uuid

from lti_grader.assignments.dates import OtherDates
from lti_grader.assignments.granting import Whose, grant
from lti_grader.assignments.models import Assignment
from lti_grader.assignments.queries import release_of
from lti_grader.assignments.release import Part, ReleaseRule, When
from lti_grader.classes.models import EnrollmentSource, Role
from lti_grader.classes.operations import drop, enroll
from lti_grader.core.db import session, transaction
from tests.lti.desk import Desk
from tests.lti.releases.releasing import HOUR, is_over, owed, set_rule, work
from tests.lti.scripted import ScriptedPlatform


def test_marks_and_comments_on_dates_of_their_own_go_on_those(held: Desk) -> None:
    first, second = (held.at + dt.timedelta(days=days) for days in (1, 5))
    on = [ReleaseRule(when=When.ON_DATE, date=date) for date in (first, second)]
    set_rule(held, on[0], feedback=on[1])
    held.score(8, feedback="Canary of the feedback.")
    assert [one.next_try_at for one in owed(held)] == [first]
    held.later(days=2)
    assert work(held) == [1]
    assert held.carry() == "verified"
    assert [one.next_try_at for one in owed(held)] == [second]
    assert work(held) == []
    held.later(days=4)
    assert work(held) == [1]
    assert held.carry() == "verified"
    assert [one.get("comment") for one in held.posts()] == [None, "Canary of the feedback."]
    assert owed(held) == []


def test_on_its_date_it_is_released_by_itself_also_where_the_tool_was_down(held: Desk, lms: ScriptedPlatform) -> None:
    date = held.at + dt.timedelta(days=1)
    set_rule(held, ReleaseRule(when=When.ON_DATE, date=date))
    held.score(8)
    held.carry()
    assert work(held) == []
    assert [one.next_try_at for one in owed(held)] == [date]
    held.later(days=3)
    assert work(held) == [1]
    assert held.carry() == "verified"
    assert lms.scores[held.sub]["scoreGiven"] == 8
    assert work(held) == []


def test_a_date_that_is_moved_moves_the_release(held: Desk) -> None:
    first, later = (held.at + dt.timedelta(days=days) for days in (1, 5))
    set_rule(held, ReleaseRule(when=When.AFTER_DUE), due=first)
    assert [one.next_try_at for one in owed(held)] == [first]
    set_rule(held, ReleaseRule(when=When.AFTER_DUE), due=later)
    held.score(8)
    held.carry()
    held.later(days=2)
    assert work(held) == []
    held.later(days=4)
    assert work(held) == [1]


def more_time(desk: Desk, student: uuid.UUID, due: dt.datetime) -> None:
    with transaction(desk.world.tenant_id):
        grant(
            desk.assignment, Whose(student), OtherDates(due=due), reason="", by=desk.world.teacher_id, at=desk.at
        )  # fmt: skip


def test_the_lms_gets_marks_after_the_last_due_date_that_anybody_has(held: Desk) -> None:
    beside, due = held.neighbour(), held.at + HOUR / 2
    set_rule(held, ReleaseRule(when=When.AFTER_DUE), due=due)
    more_time(held, beside.student, due + 3 * HOUR)
    held.score(8)
    assert held.carry() == "withheld"
    # It is looked at from the assignment's due date on, and put off each time.
    held.at = due + HOUR
    assert work(held) == [0]
    assert work(held) == []
    assert held.at < owed(held)[0].next_try_at <= held.at + HOUR
    held.at = due + 3 * HOUR
    assert work(held) == [1]
    assert held.carry() == "verified"
    assert is_over(held)


def test_who_left_is_not_waited_for(held: Desk) -> None:
    beside, due = held.neighbour(), held.at + HOUR / 2
    set_rule(held, ReleaseRule(when=When.AFTER_DUE), due=due)
    more_time(held, beside.student, due + 300 * HOUR)
    held.score(8)
    held.carry()
    with transaction(held.world.tenant_id):
        drop(held.world.class_id, {beside.student}, at=held.at)
    held.at = due + HOUR
    assert work(held) == [1]
    assert held.carry() == "verified"


def test_marks_that_are_out_stay_out_when_somebody_comes_who_has_more_time(held: Desk) -> None:
    late, due = held.neighbour(), held.at + HOUR / 2
    set_rule(held, ReleaseRule(when=When.AFTER_DUE), feedback=ReleaseRule(when=When.AFTER_DUE), due=due)
    more_time(held, late.student, due + 300 * HOUR)
    with transaction(held.world.tenant_id):
        drop(held.world.class_id, {late.student}, at=held.at)
    held.score(8)
    held.carry()
    held.at = due + HOUR
    assert work(held) == [1]
    with transaction(held.world.tenant_id):
        enroll(held.world.class_id, late.student, Role.STUDENT, source=EnrollmentSource.LAUNCH)
        assignment = session().get_one(Assignment, held.assignment)
        found = [release_of(assignment, part) for part in Part]
    assert [(one.is_out(at=held.at), one.comes_at) for one in found] == [(True, due)] * 2
    assert owed(held) == []
