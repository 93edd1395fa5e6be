"""The page on which staff say what late work counts, and where it is read."""

import datetime as dt

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.assignments.lateness import LatePolicy, LateStep
from lti_grader.assignments.models import Assignment
from lti_grader.attempts import timing
from lti_grader.attempts.errors import TooSoon
from lti_grader.attempts.models import AttemptType
from lti_grader.classes.models import Class, Role
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import Rescoring
from tests.fixtures.world import NOW, World
from tests.web.two_sections import Term, Visit, plain

FORM = {"until-1": "1", "unit-1": "days", "credit-1": "80 %", "until-2": "60", "unit-2": "hours", "credit-2": "50",
        "until-3": "", "unit-3": "hours", "credit-3": "", "rest": "10", "grace": "15"}  # fmt: skip
RULE = LatePolicy(
    steps=(LateStep(hours=24, credit=80), LateStep(hours=60, credit=50), LateStep(hours=None, credit=10)),
    grace_minutes=15,
)


@pytest.fixture
def teacher(world: World, visit: Visit) -> FlaskClient:
    return visit(world.user(Role.TEACHER))


def rule_of(world: World, assignment: object) -> LatePolicy:
    with transaction(world.tenant_id):
        return session().get_one(Assignment, assignment).rules.late


def test_where_nobody_has_a_mark_it_is_set_at_once_and_read_again(teacher: FlaskClient, world: World) -> None:
    assignment = world.assignment(due_date=NOW)
    url = f"/assignments/{assignment}/late"
    assert "Late work counts in full" in teacher.get(url).text
    assert teacher.post(url, data=FORM).status_code == 303
    assert rule_of(world, assignment) == RULE
    page = teacher.get(url).text
    assert "Up to 60 hours after the due date: 50 % of the points" in page
    for name, value in (("until-1", "1"), ("credit-2", "50"), ("rest", "10"), ("grace", "15"), ("until-3", "")):
        assert f'name="{name}"' in page
        assert f'value="{value}"' in page.split(f'name="{name}"')[1].split(">")[0]
    assert "late work counts otherwise" in page


def test_with_marks_it_is_said_first_what_becomes_of_them(teacher: FlaskClient, world: World) -> None:
    assignment = world.assignment(due_date=NOW)
    item = world.items(assignment)[0]
    for hours, points in ((-1, 6), (5, 8), (100, 9)):
        late = world.hand_in(world.user(), item, stored=False, at=NOW + dt.timedelta(hours=hours))
        world.judge(late, points)
    url = f"/assignments/{assignment}/late"
    asked = teacher.post(url, data=FORM)
    assert (asked.status_code, rule_of(world, assignment)) == (200, LatePolicy())
    text = plain(asked.text)
    assert "3 students have marks" in text
    assert "0 are a greater share than before, 2 a smaller one, and 1 the same" in text
    assert 'name="until-2" value="60"' in asked.text, "what was typed goes along"
    assert teacher.post(url, data={**FORM, "do": "change"}).status_code == 303
    assert rule_of(world, assignment) == RULE
    with transaction(world.tenant_id):
        assert session().scalars(sa.select(Rescoring.done_at)).all() == [None]


def test_what_another_due_date_does_to_marks_is_said_before_it_holds(teacher: FlaskClient, world: World) -> None:
    assignment = world.assignment(due_date=NOW, late=RULE)
    item = world.items(assignment)[0]
    for hours in (-1, 5, 100):
        world.judge(world.hand_in(world.user(), item, stored=False, at=NOW + dt.timedelta(hours=hours)), 8)
    url, later = f"/assignments/{assignment}/settings", NOW + dt.timedelta(hours=10)

    def due() -> dt.datetime | None:
        with transaction(world.tenant_id):
            return session().get_one(Assignment, assignment).due_date

    form = {"published": "1", "title": "Essay", "due": f"{later:%Y-%m-%dT%H:%M}", "regrade_days": "3"}
    asked = teacher.post(url, data=form)
    assert (asked.status_code, due()) == (200, NOW)
    assert "1 is a greater share than before, 0 a smaller one, and 2 the same" in plain(asked.text)
    assert 'name="regrade_days" value="3"' in asked.text, "what was typed goes along"
    assert teacher.post(url, data={**form, "do": "change"}).status_code == 303
    assert due() == later
    # Where no mark changes there is nothing to be read.
    form["due"] = f"{later + dt.timedelta(minutes=1):%Y-%m-%dT%H:%M}"
    assert teacher.post(url, data=form).status_code == 303


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"credit-1": "much"}, "whole numbers only"),
        ({"credit-2": ""}, "Step 2: say both"),
        ({"credit-2": "90"}, "Step 2 counts no less"),
        ({"until-2": "3"}, "Step 2 ends no later"),
        ({"credit-1": "101"}, "from 0 to 100"),
        ({"grace": "99999"}, "The grace is"),
    ],
)
def test_nonsense_is_refused_with_what_was_typed_still_there(
    teacher: FlaskClient, world: World, change: dict[str, str], words: str
) -> None:
    assignment = world.assignment(due_date=NOW)
    answer = teacher.post(f"/assignments/{assignment}/late", data={**FORM, **change})
    assert (answer.status_code, rule_of(world, assignment)) == (422, LatePolicy())
    assert words in answer.text
    assert f'value="{next(iter(change.values()))}"' in answer.text


def test_every_page_says_the_same_points_and_why(teacher: FlaskClient, visit: Visit, world: World) -> None:
    assignment = world.assignment(due_date=NOW, problems=2, late=RULE)
    item, student = world.items(assignment)[0], world.user()
    attempt = world.hand_in(student, item, stored=True, at=NOW + dt.timedelta(hours=5, minutes=20))
    world.judge(attempt, 9)
    said = "Late by 5 h 20 min: 80 % of the points."
    browser = visit(student)
    shown = browser.get(f"/attempts/{attempt}", headers={"Accept": "application/json"}).json
    assert (shown["points"], shown["late_note"]) == ("7.2", f"{said} 7.2 instead of 9.")
    assert f"{said} 7.2 instead of 9." in plain(browser.get(f"/attempts/{attempt}").text)
    history = plain(browser.get(f"/work/{item}/history").text)
    assert "7.2 / 10" in history
    assert said in history
    overview = plain(browser.get(f"/assignments/{assignment}").text)
    assert "7.2 / 10" in overview
    assert "7.2 / 20 points" in overview
    assert "Late work counts less: up to 15 min late: all of its points" in overview
    assert "7.2" in plain(teacher.get(f"/classes/{world.class_id}/gradebook").text)


def test_only_who_sees_the_whole_class_sets_it(term: Term, visit: Visit) -> None:
    world, url = term.world, f"/assignments/{term.assignment}/late"
    assistant = world.user(Role.ASSISTANT)
    term.move(assistant, "Evening")
    with transaction(world.tenant_id):
        session().get_one(Class, world.class_id).settings = {"apart": "assistants"}
    browser = visit(assistant)
    assert 'name="rest"' not in browser.get(url).text
    assert browser.post(url, data=FORM).status_code == 403
    assert visit(term.morning).get(url).status_code == 403


def test_who_is_late_reads_it_before_submitting(visit: Visit, world: World) -> None:
    due = dt.datetime.now(dt.UTC) - dt.timedelta(hours=2)
    assignment, student = world.assignment(due_date=due, late=RULE), world.user()
    item = world.items(assignment)[0]
    assert "It is late by now: what you submit counts 80 % of the points." in visit(student).get(f"/work/{item}").text
    with transaction(world.tenant_id):
        told = timing.as_json(student, item, session().get_one(Assignment, assignment), at=due)
    assert [(one["in_seconds"], one["text"].split("counts ")[1]) for one in told["late"]] == [
        (900, "80 % of the points."), (86400, "50 % of the points."), (216_000, "10 % of the points."),
    ]  # fmt: skip


def test_a_pause_between_submissions_is_kept_and_counted_down(teacher: FlaskClient, visit: Visit, world: World) -> None:
    assignment, student = world.assignment(), world.user()
    item, url = world.items(assignment)[0], f"/assignments/{assignment}/settings"
    assert "as a whole number" in teacher.post(url, data={"published": "1", "cooldown": "soon"}).text
    assert "a day at most" in teacher.post(url, data={"cooldown": "1441", "cooldown_unit": "minutes"}).text
    form = {"published": "1", "cooldown": "5", "cooldown_unit": "minutes"}
    assert teacher.post(url, data=form).status_code == 303
    assert 'value="5"' in teacher.get(url).text
    first = world.hand_in(student, item, key="press-0001")
    assert world.hand_in(student, item, key="press-0001") == first, "the same press again is no other"
    world.hand_in(student, item, kind=AttemptType.TEST_RUN)
    with pytest.raises(TooSoon, match="lie 5 min here: submit again in 1 min 1 s") as refused:
        world.hand_in(student, item, at=NOW + dt.timedelta(seconds=239))
    assert refused.value.extra == {"next_in_seconds": 61}
    world.hand_in(student, item, at=NOW + dt.timedelta(minutes=5))
    assert '"next_in_seconds": 0' in visit(student).get(f"/work/{item}").text
    assert "lie 5 min" in plain(visit(world.teacher_id).get(f"/assignments/{assignment}").text)
