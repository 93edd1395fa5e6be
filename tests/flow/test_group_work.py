"""What one member of a group submits is the group's: counted together, marked once, and worth the same for each."""

import datetime as dt
import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import flask
import pytest
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.assignments.access import dates_of, dates_of_all
from lti_grader.assignments.dates import OtherDates
from lti_grader.assignments.errors import AttemptsUsedUp, BadAssignment
from lti_grader.assignments.granting import Whose, grant
from lti_grader.assignments.group_work import hand_in_by
from lti_grader.assignments.lateness import LatePolicy, LateStep
from lti_grader.assignments.models import Assignment
from lti_grader.attempts.errors import TooSoon
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.classes.groups.errors import InNoGroup
from lti_grader.classes.groups.team_models import Team, TeamMember
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import GraderError
from lti_grader.gradebook import by_hand
from lti_grader.gradebook.by_hand import Decision, Standing
from lti_grader.gradebook.operations import recompute
from lti_grader.gradebook.regrades import applying
from lti_grader.gradebook.regrades.models import Which
from lti_grader.gradebook.todo import todo_of
from lti_grader.notifications.models import Notification
from lti_grader.transfer.contents import packed
from tests.fixtures.quizzes import published
from tests.fixtures.world import NOW, World
from tests.flow.alike import COUNTING, Alike
from tests.flow.group_work import Teams
from tests.flow.regraded import Course

HOUR = dt.timedelta(hours=1)
HALF = LatePolicy(steps=(LateStep(hours=None, credit=50),), late_days=2)


def test_each_member_gets_the_mark_and_each_mark_goes_to_the_lms(world: World) -> None:
    teams = Teams(world)
    first = teams.hand_in(0, points=6)
    assert teams.marks() == [6, 6, None, None, None]
    assert teams.sent() == [6, 6, None, None, None]
    second = teams.hand_in(1, points=9)
    other = teams.hand_in(3, points=5)
    assert (teams.number(first), teams.number(second), teams.number(other)) == (1, 2, 1)
    assert teams.marks() == teams.sent() == [9, 9, 5, 5, None]
    with transaction(world.tenant_id):
        assert len(session().scalars(sa.select(Team)).all()) == 2
        states = [todo_of(one, world.class_id, at=NOW)[0].state for one in teams.students]
    assert states == ["graded", "graded", "graded", "graded", "not_begun"]


def test_who_is_in_no_group_is_told_so_and_nothing_is_kept(world: World) -> None:
    teams = Teams(world)
    with pytest.raises(InNoGroup, match="groups of “Teams”"):
        teams.hand_in(4)
    with transaction(world.tenant_id):
        assert session().scalar(sa.select(SubmissionAttempt.id)) is None


def test_submissions_and_pauses_count_for_the_group(world: World) -> None:
    teams = Teams(world, attempts_allowed=2, cooldown_seconds=60)
    teams.hand_in(0)
    with pytest.raises(TooSoon):
        teams.hand_in(1, after=HOUR / 120)
    teams.hand_in(1, after=HOUR)
    with pytest.raises(AttemptsUsedUp, match="your group has done so"):
        teams.hand_in(0, after=2 * HOUR)
    teams.hand_in(2)


def test_two_members_at_once_do_not_get_one_submission_too_many(app: flask.Flask, world: World) -> None:
    teams = Teams(world, attempts_allowed=3)

    def submit(student: int) -> str:
        with app.app_context():
            try:
                return str(teams.number(teams.hand_in(student)))
            except GraderError as error:
                return error.code

    with ThreadPoolExecutor(4) as pool:
        done = sorted(pool.map(submit, [0, 1, 0, 1]))
    assert done == ["1", "2", "3", "attempts_used_up"]
    with transaction(world.tenant_id):
        assert len(session().scalars(sa.select(Team)).all()) == 1


def test_the_group_is_late_when_the_last_of_it_is_and_all_of_it_alike(world: World) -> None:
    teams = Teams(world, due_date=NOW, closes_at=NOW + 3 * HOUR, late=HALF)
    teams.hand_in(0, after=HOUR, points=8)
    assert teams.marks()[:2] == [4, 4]
    with transaction(world.tenant_id):
        given = OtherDates(due=NOW + 2 * HOUR, closes=NOW + 6 * HOUR)
        grant(teams.assignment, Whose(teams.students[1]), given, reason="", by=world.teacher_id, at=NOW)
    assert teams.marks()[:2] == teams.sent()[:2] == [8, 8]
    with transaction(world.tenant_id):
        assignment = session().get_one(Assignment, teams.assignment)
        mine = dates_of(assignment, teams.students[0])
        assert (mine.due_date, mine.closes_at) == (NOW + 2 * HOUR, NOW + 6 * HOUR)
        assert dates_of_all(assignment, teams.students[:1]) == {teams.students[0]: mine}
    teams.hand_in(0, after=5 * HOUR)


def test_what_was_handed_in_stays_with_those_who_were_in_the_group_then(world: World) -> None:
    teams = Teams(world)
    teams.hand_in(0, points=6)
    teams.move(1, 1)
    teams.move(4, 0)
    assert teams.marks() == [6, 6, None, None, None]
    # Who came to another group has its work too, and of both the better counts.
    teams.hand_in(2, points=4)
    assert teams.marks() == [6, 6, 4, 4, None]
    best = teams.hand_in(1, points=7)
    assert teams.marks() == [6, 7, 7, 7, None]
    assert teams.number(best) == 3
    teams.hand_in(4, points=9)
    assert teams.marks() == teams.sent() == [9, 7, 7, 7, 9]
    with transaction(world.tenant_id), pytest.raises(sa.exc.IntegrityError, match="kept for ever"):
        session().execute(sa.delete(TeamMember))


def test_points_by_hand_for_one_member_stay_theirs(world: World) -> None:
    teams = Teams(world)
    teams.hand_in(0, points=6)
    with transaction(world.tenant_id):
        by_hand.decide(
            teams.students[1], teams.assignment, Decision(Standing.POINTS, Decimal(2)), "Did nothing",
            by=world.teacher_id, at=NOW, seen=None,
        )  # fmt: skip
    teams.hand_in(0, points=9)
    assert teams.marks()[:2] == teams.sent()[:2] == [9, 2]
    with transaction(world.tenant_id):
        by_hand.decide(
            teams.students[1], teams.assignment, Decision(Standing.RESULTS), "", by=world.teacher_id, at=NOW, seen=None
        )
        recompute(teams.students[1], teams.assignment)
    assert teams.marks()[:2] == [9, 9]


def test_quizzes_and_work_that_was_begun_otherwise_are_not_handed_in_by_groups(world: World) -> None:
    teams = Teams(world)
    quiz, alone = world.assignment(versions=[published(world)]), world.assignment()
    with transaction(world.tenant_id), pytest.raises(BadAssignment, match="is a quiz"):
        hand_in_by(quiz, teams.set_id, has_work=False)
    with transaction(world.tenant_id), pytest.raises(BadAssignment, match="handed in already"):
        hand_in_by(alone, teams.set_id, has_work=True)


def test_a_regrade_reaches_every_member_also_where_it_is_applied_in_parts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = Course(world)
    teams = Teams(world, course.assignment)
    teams.hand_in(0, points=4)
    teams.hand_in(3, points=5)
    regrade = course.start(Which.COUNTING)
    assert len(course.jobs(regrade)) == 2
    course.judge_all(regrade, 10)
    assert {one for one, effect in course.effects(regrade).items() if effect.mark_after == 10} == set(
        teams.students[:4]
    )
    monkeypatch.setattr(applying, "CHUNK", 1)
    assert course.apply(regrade) == 4
    assert teams.marks() == teams.sent() == [10, 10, 10, 10, None]


def test_the_file_of_a_class_says_who_handed_in_together_and_the_group_is_told_of_more_time(world: World) -> None:
    teams = Teams(world, due_date=NOW + HOUR)
    world.hand_in(teams.students[0], teams.item)
    made = packed(world.tenant_id, world.class_id, adapters.installed().blobs, with_work=True, at=NOW)
    file = zipfile.ZipFile(io.BytesIO(b"".join(made.parts)))
    (lines,) = (file.read(one).splitlines() for one in file.namelist() if one.endswith("attempts.jsonl"))
    assert json.loads(lines[0])["together"] == sorted(map(str, teams.students[:2]))
    assert len(file.read("people/group_members.jsonl").splitlines()) == 4
    with transaction(world.tenant_id):
        given = OtherDates(due=NOW + 5 * HOUR)
        grant(teams.assignment, Whose(teams.students[1]), given, reason="", by=world.teacher_id, at=NOW)
        told = sa.select(Notification.recipient_id).where(Notification.type == "extended")
        assert set(session().scalars(told)) == set(teams.students[:2])


def test_programs_of_one_group_are_not_compared_with_each_other(world: World) -> None:
    alike = Alike(world)
    first = alike.submitted(COUNTING)
    teams = Teams(world, alike.assignment)
    for student in (0, 1, 2):
        world.hand_in(teams.students[student], teams.item, COUNTING)
    found = set(alike.pairs(alike.compared()))
    assert found == {frozenset({first, teams.students[1]}), frozenset({first, teams.students[2]}),
                     frozenset({teams.students[1], teams.students[2]})}  # fmt: skip
    # One of the first group is in the other by then: their programs have an author in common.
    teams.move(1, 1)
    world.hand_in(teams.students[2], teams.item, COUNTING)
    assert frozenset({teams.students[1], teams.students[2]}) not in alike.pairs(alike.compared())
