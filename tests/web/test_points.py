"""The page on which staff change what an assignment's problems are worth."""

import re
import uuid
from decimal import Decimal

import flask
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.assignments.models import Assignment, PointsChange
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from tests.fixtures.world import World


@pytest.fixture
def teacher(app: flask.Flask, world: World) -> FlaskClient:
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    with client.session_transaction() as kept:
        kept.update(user=str(world.teacher_id), tenant=str(world.tenant_id), platform=str(world.platform_id), frames=[])
    return client


def total(world: World, assignment: uuid.UUID) -> Decimal:
    with transaction(world.tenant_id):
        return session().get_one(Assignment, assignment).points_total


def form_of(world: World, assignment: uuid.UUID, *points: str) -> dict[str, str]:
    return {f"points-{item}": one for item, one in zip(world.items(assignment), points, strict=True)}


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", page))


def test_where_nobody_has_a_mark_points_are_changed_at_once(teacher: FlaskClient, world: World) -> None:
    assignment = world.assignment(problems=2)
    url = f"/assignments/{assignment}/points"
    assert 'value="10"' in teacher.get(url).text
    assert teacher.post(url, data=form_of(world, assignment, "7,5", "2.25")).status_code == 303
    assert total(world, assignment) == Decimal("9.75")
    text = words_of(teacher.get(url).text)
    assert "20 → 9.75 points" in text
    assert "by Marta Lindqvist" in text
    assert "The marks are being worked out anew." in text


def test_with_marks_it_is_said_first_what_becomes_of_them(teacher: FlaskClient, world: World) -> None:
    assignment = world.assignment(problems=2)
    world.column(assignment)
    first, second = world.items(assignment)
    for item, points in ((first, 10), (second, 8), (first, 9)):
        world.judge(world.hand_in(world.user(), item, stored=False), points)
    by_hand = world.user()
    world.judge(world.hand_in(by_hand, first, stored=False), 10)
    with transaction(world.tenant_id):
        entry = session().scalars(sa.select(GradebookEntry).where(GradebookEntry.student_id == by_hand)).one()
        entry.override_points = Decimal(17)
    url, form = f"/assignments/{assignment}/points", form_of(world, assignment, "10", "5")
    asked = teacher.post(url, data=form)
    assert (asked.status_code, total(world, assignment)) == (200, 20)
    text = words_of(asked.text)
    assert "4 students have marks" in text
    assert "3 marks are worked out anew" in text
    assert "2 are a greater share than before, 1 a smaller one, and 0 the same" in text
    assert "1 mark was set by a person: its points stay" in text
    assert "1 of them is more than the new maximum" in text
    assert "CS101: its column stays one of 10 points" in text
    assert teacher.post(url, data={**form, "do": "change"}).status_code == 303
    assert total(world, assignment) == 15


@pytest.mark.parametrize("points", ["ten", "", "-1", "1e9", "NaN", "0"])
def test_nonsense_is_refused_with_what_was_typed_still_there(teacher: FlaskClient, world: World, points: str) -> None:
    assignment = world.assignment()
    answer = teacher.post(f"/assignments/{assignment}/points", data=form_of(world, assignment, points))
    assert (answer.status_code, total(world, assignment)) == (422, 10)
    assert f'value="{points}"' in answer.text


def test_nothing_changed_is_nothing_done(teacher: FlaskClient, world: World) -> None:
    assignment = world.assignment()
    world.judge(world.hand_in(world.user(), world.items(assignment)[0], stored=False), 8)
    assert teacher.post(f"/assignments/{assignment}/points", data=form_of(world, assignment, "10.0")).status_code == 303
    with transaction(world.tenant_id):
        assert session().scalars(sa.select(PointsChange)).all() == []
