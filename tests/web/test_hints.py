"""Hints of problems, which students read when the assignment lets them."""

import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_grader.assignments.hints import HintRule, HintsWhen
from lti_grader.assignments.models import Assignment
from lti_grader.assignments.release import ReleaseRule, When
from lti_grader.core.db import session, transaction
from tests.fixtures.quizzes import published
from tests.fixtures.world import World
from tests.web.two_sections import Visit

HINT = "Think of what doubles."
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
TWICE = HintRule(when=HintsWhen.AFTER_TRIES, tries=2)


@given(st.sampled_from(HintsWhen), st.integers(1, 1000), st.booleans(), st.integers(0, 2000))
def test_a_hint_that_was_seen_stays_to_be_seen(when: HintsWhen, most: int, is_over: bool, tries: int) -> None:
    rule = HintRule(when=when, tries=most if when is HintsWhen.AFTER_TRIES else None)
    if rule.shows(is_over=is_over, tries=tries):
        assert rule.shows(is_over=True, tries=tries + 1)
    assert rule.shows(is_over=True, tries=most) == (when is not HintsWhen.NEVER)
    assert rule.shows(is_over=False, tries=most - 1) == (when is HintsWhen.ALWAYS)


class Hinted:
    """An assignment with a problem and a quiz that have a hint, and a student of it."""

    def __init__(self, world: World, visit: Visit, rule: HintRule, **config: object) -> None:
        self.world, self.student = world, world.user()
        versions = [world.problem(hint=HINT), published(world, hint=HINT)]
        self.assignment = world.assignment(versions=versions, hints=rule, **config)
        self.item, self.quiz = world.items(self.assignment)
        self.browser = visit(self.student)

    def page(self, item: uuid.UUID | None = None) -> str:
        return self.browser.get(f"/work/{item or self.item}").text

    def submit(self, points: int) -> uuid.UUID:
        attempt = self.world.hand_in(self.student, self.item)
        self.world.judge(attempt, points)
        return attempt


def test_a_hint_comes_after_submissions_without_full_marks(world: World, visit: Visit) -> None:
    place = Hinted(world, visit, TWICE)
    place.submit(10)
    place.submit(9)
    page = place.page()
    assert HINT not in page, "the page never has it before"
    assert "you find it on this page after 2 submissions without full marks" in page
    place.submit(0)
    page = place.page()
    assert HINT in page
    assert "There is a hint" not in page
    assert "after 2 submissions" in place.page(place.quiz), "each problem for itself"
    assert HINT not in place.page(place.quiz)
    assert HINT in visit(world.teacher_id).get(f"/work/{place.item}").text


def test_while_marks_are_not_out_a_hint_tells_nothing_of_them(world: World, visit: Visit) -> None:
    place = Hinted(world, visit, TWICE, marks=ReleaseRule(when=When.BY_HAND))
    place.submit(10)
    assert HINT not in place.page()
    place.submit(10)
    assert HINT in place.page()


@pytest.mark.parametrize(("due", "is_seen"), [(LONG_AGO, True), (LONG_AGO.replace(year=2120), False)])
def test_after_the_due_date_is_after_everybodys(world: World, visit: Visit, due: dt.datetime, is_seen: bool) -> None:
    place = Hinted(world, visit, HintRule(when=HintsWhen.AFTER_DUE), due_date=due)
    assert (HINT in place.page()) == is_seen


def test_a_teacher_says_when_hints_are_shown(world: World, visit: Visit) -> None:
    place = Hinted(world, visit, HintRule())
    assert HINT in place.page()
    assert HINT in place.page(place.quiz)
    teacher, url = visit(world.teacher_id), f"/assignments/{place.assignment}/settings"
    form = {"published": "1", "hints": "after_tries", "hint_tries": "3"}
    assert teacher.post(url, data=form | {"hint_tries": "none"}).status_code == 422
    assert "Hints are to be shown after the due date" in teacher.post(url, data=form | {"hints": "after_due"}).text
    assert teacher.post(url, data=form | {"hints": "now"}).status_code == 422
    assert teacher.post(url, data=form).status_code == 303
    assert 'value="after_tries" selected' in teacher.get(url).text
    assert HINT not in place.page()
    assert teacher.post(url, data=form | {"hints": "never"}).status_code == 303
    page = place.page()
    assert HINT not in page
    assert "There is a hint" not in page
    with transaction(world.tenant_id):
        assert session().get_one(Assignment, place.assignment).rules.hints == HintRule(when=HintsWhen.NEVER)
