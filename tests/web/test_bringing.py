"""Bringing parts of one class into another: with files and moved dates, unpublished, once, and only by who may."""

import datetime as dt
import io
import uuid

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from lti_grader.assignments.bringing import moved
from lti_grader.assignments.copying import copy_into
from lti_grader.assignments.models import Assignment, AssignmentConfig
from lti_grader.assignments.release import ReleaseRule, When
from lti_grader.classes.contents import ModuleLine, contents
from lti_grader.classes.groups import operations as groups
from lti_grader.classes.groups.copying import sets_like
from lti_grader.classes.models import Class, EnrollmentSource, Role
from lti_grader.classes.operations import create_class, enroll
from lti_grader.classes.queries import membership
from lti_grader.core.db import session, transaction
from lti_grader.marking import bank, bank_copying
from tests.fixtures.world import NOW, World
from tests.flow.group_work import Teams
from tests.web.two_sections import Visit

DAY, YEAR = dt.timedelta(days=1), dt.timedelta(weeks=52)


def _class(world: World, teacher: uuid.UUID) -> uuid.UUID:
    with transaction(world.tenant_id):
        made = create_class("Next year", owner_id=teacher).id
        enroll(made, teacher, Role.TEACHER, source=EnrollmentSource.LAUNCH)
        return made


def _stands(world: World, class_id: uuid.UUID) -> list[ModuleLine]:
    with transaction(world.tenant_id):
        return contents(class_id)


@pytest.fixture
def assignment(world: World) -> uuid.UUID:
    return world.assignment(due_date=NOW, opens_at=NOW - DAY, closes_at=NOW + DAY)


def test_what_is_ticked_comes_once_with_its_dates_moved_and_its_files(
    world: World, visit: Visit, assignment: uuid.UUID
) -> None:
    browser, into = visit(world.teacher_id), _class(world, world.teacher_id)
    made = browser.post(f"/classes/{world.class_id}/materials", data={"title": "Reading"})
    material = uuid.UUID(made.headers["Location"].split("/")[-2])
    files = [(io.BytesIO(b"1"), "one.txt")]
    browser.post(f"/materials/{material}/edit", data={"title": "Reading", "body": "x", "revision": 0, "files": files})
    url, asked = f"/classes/{into}/bring", {"from": world.class_id, "weeks": 52}
    page = browser.get(url, query_string=asked).text
    assert str(assignment) in page
    assert (NOW + YEAR).isoformat() in page
    answer = browser.post(url, data={**asked, "item": [assignment, material]})
    assert answer.status_code == 303, answer.text
    work, reading = _stands(world, into)
    assert [work.module.title, reading.module.title] == ["Assignments", "Materials"]
    (item,), (text,) = work.items, reading.items
    with transaction(world.tenant_id):
        copy = session().get_one(Assignment, item.id)
        dates = copy.due_date, copy.rules.opens_at, copy.rules.closes_at
    assert dates == (
        NOW + YEAR,
        NOW - DAY + YEAR,
        NOW + DAY + YEAR,
    )
    assert not copy.is_published
    assert not text.is_published
    assert len(world.items(copy.id)) == 1
    assert browser.get(f"/materials/{text.id}/files/one.txt").data == b"1"
    assert "came before" in browser.get(url, query_string=asked).text
    assert browser.post(url, data={**asked, "item": [assignment]}).status_code == 422
    assert browser.post(url, data={**asked, "weeks": "soon", "item": [assignment]}).status_code == 400


def test_groups_and_shared_comments_come_along_without_anybodys_name(
    world: World, visit: Visit, assignment: uuid.UUID
) -> None:
    browser, into = visit(world.teacher_id), _class(world, world.teacher_id)
    teams = Teams(world, assignment)
    keeper = world.user(Role.ASSISTANT)
    with transaction(world.tenant_id):
        place = membership(world.class_id, keeper)
        (problem, _), *_ = bank.problems_of(world.class_id)
        for problem_id, words, shared in ((problem, "Names", True), (None, "Say why", True), (None, "Mine", False)):
            bank.keep(place, bank.Kept(words, None, shared, problem_id), at=NOW)
        groups.make_set(world.class_id, "Labs", at=NOW)
    url, asked = f"/classes/{into}/bring", {"from": world.class_id, "weeks": 0}
    page = browser.get(url, query_string=asked).text
    assert "handed in by groups: Teams" in page
    assert "Groups: Labs" in page
    assert browser.post(url, data=asked).status_code == 422
    form = {**asked, "item": [assignment], "comments": "on", "set": "Labs"}
    assert browser.post(url, data=form).status_code == 303
    with transaction(world.tenant_id):
        sets = {one.name: one.id for one in sets_like(into)}
        assert sets.keys() == {"Labs", "Teams"}
        assert teams.set_id not in sets.values()
        (copy,) = session().scalars(sa.select(Assignment).where(Assignment.group_set_id == sets["Teams"]))
        assert copy.id != assignment
        came = bank_copying.shared(into)
        assert {(one.text, one.problem_id, one.owner_id) for one in came} == {
            ("Names", problem, world.teacher_id), ("Say why", None, world.teacher_id),
        }  # fmt: skip
    # An LMS course that is copied takes over the groups too, and once.
    term = _class(world, world.teacher_id)
    with transaction(world.tenant_id):
        for _ in range(2):
            copy_into(session().get_one(Assignment, assignment), term, at=NOW)
        assert [one.name for one in sets_like(term)] == ["Teams"]
        assert len(bank_copying.shared(term)) == 2


def test_only_who_may_takes_from_a_class(world: World, visit: Visit, assignment: uuid.UUID) -> None:
    stranger = world.user(enrolled=False)
    browser, into = visit(stranger), _class(world, stranger)
    form = {"from": world.class_id, "weeks": 0, "item": [assignment]}
    assert browser.post(f"/classes/{into}/bring", data=form).status_code == 404
    assert visit(world.teacher_id).post(f"/classes/{into}/bring", data=form).status_code == 404
    with transaction(world.tenant_id):
        session().get_one(Class, world.class_id).choose(copying="institution")
    assert browser.post(f"/classes/{into}/bring", data=form).status_code == 303
    assert len(_stands(world, into)) == 1


@given(st.integers(-260, 260), st.booleans())
def test_moving_dates_there_and_back_changes_nothing(weeks: int, is_open: bool) -> None:
    rules = AssignmentConfig(
        opens_at=None if is_open else NOW,
        closes_at=NOW + DAY,
        marks=ReleaseRule(when=When.ON_DATE, date=NOW),
    )
    by = dt.timedelta(weeks=weeks)
    there = moved(rules, by)
    assert there.marks.date == NOW + by
    assert moved(there, -by) == rules
    assert AssignmentConfig.model_validate(there.model_dump(mode="json")) == there
