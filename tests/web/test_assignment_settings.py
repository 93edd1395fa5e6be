"""An assignment's dates and publishing, as its staff set them."""

import datetime as dt

import flask
import pytest
from flask.testing import FlaskClient

from lti_grader.assignments.models import Assignment
from lti_grader.core.db import session, transaction
from tests.fixtures.world import NOW, World


@pytest.fixture
def teacher(app: flask.Flask, world: World) -> FlaskClient:
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    with client.session_transaction() as kept:
        kept.update(user=str(world.teacher_id), tenant=str(world.tenant_id), platform=str(world.platform_id), frames=[])
    return client


def test_dates_are_set_kept_and_taken_away(teacher: FlaskClient, world: World) -> None:
    one = world.assignment(attempts_allowed=4)
    url = f"/assignments/{one}/settings"
    form = {"opens": "2026-03-02T10:00", "due": "2026-03-03T10:00", "closes": "2026-03-04T10:00", "published": "1"}
    assert teacher.post(url, data=form).status_code == 303
    assert 'value="2026-03-03T10:00"' in teacher.get(url).text
    with transaction(world.tenant_id):
        kept = session().get_one(Assignment, one)
        assert (kept.due_date, kept.rules.opens_at) == (NOW + dt.timedelta(days=1), NOW)
        assert (kept.rules.attempts_allowed, kept.is_published) == (4, True)
    assert teacher.post(url, data={}).status_code == 303
    with transaction(world.tenant_id):
        kept = session().get_one(Assignment, one)
        assert (kept.due_date, kept.rules.opens_at, kept.rules.closes_at) == (None, None, None)
        assert not kept.is_published


def test_a_title_is_changed_and_never_empty(teacher: FlaskClient, world: World) -> None:
    one = world.assignment()
    url = f"/assignments/{one}/settings"
    assert teacher.post(url, data={"title": "  Double it  "}).status_code == 303
    assert 'value="Double it"' in teacher.get(url).text
    refused = teacher.post(url, data={"title": " "})
    assert (refused.status_code, "Give the assignment a title" in refused.text) == (422, True)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"opens": "2026-03-04T10:00", "closes": "2026-03-02T10:00"}, "close before it opens"),
        ({"due": "2026-03-05T10:00", "closes": "2026-03-04T10:00"}, "outside of the time"),
        ({"opens": "2026-03-06T10:00", "due": "2026-03-05T10:00"}, "outside of the time"),
        ({"due": "tomorrow"}, "Give dates as"),
    ],
)
def test_dates_out_of_order_change_nothing(
    teacher: FlaskClient, world: World, form: dict[str, str], words: str
) -> None:
    one = world.assignment(due_date=NOW)
    answer = teacher.post(f"/assignments/{one}/settings", data=form)
    assert answer.status_code == 422
    assert words in answer.text
    with transaction(world.tenant_id):
        assert session().get_one(Assignment, one).due_date == NOW
