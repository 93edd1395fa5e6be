"""The roster page of a class: who is in it, where that is known from, and reading it anew."""

import datetime as dt
import re
import uuid
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader import adapters
from lti_grader.classes.models import Enrollment
from lti_grader.core.db import session, transaction
from lti_grader.lti import roster, roster_schedule
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.models import Platform
from lti_grader.lti.roster_models import Roster
from lti_grader.people.models import User
from tests.fixtures.world import World
from tests.lti.conftest import lms, platform_key
from tests.lti.scripted import INSTRUCTOR, LEARNER, ScriptedPlatform

__all__ = ["lms", "platform_key"]


def member(number: int, **more: Any) -> dict[str, Any]:
    return {"user_id": f"member-{number}", "name": f"Member {number:03d}", "roles": [LEARNER], **more}


@pytest.fixture
def teacher(app: flask.Flask, world: World) -> FlaskClient:
    app.config["WTF_CSRF_ENABLED"] = False
    with transaction(world.tenant_id):
        session().get_one(User, world.teacher_id).last_launch_at = dt.datetime.now(dt.UTC)
    client = app.test_client()
    with client.session_transaction() as kept:
        kept.update(user=str(world.teacher_id), tenant=str(world.tenant_id), platform=str(world.platform_id), frames=[])
    return client


@pytest.fixture
def page(world: World) -> str:
    return f"/classes/{world.class_id}/roster"


def sync(world: World) -> None:
    roster.sync(world.tenant_id, world.context_id, adapters.installed(), at=dt.datetime.now(dt.UTC))


def id_of(world: World, sub: str) -> uuid.UUID:
    with transaction(world.tenant_id):
        return session().scalars(sa.select(User.id).where(User.sub == sub)).one()


def names(text: str) -> list[str]:
    return re.findall(r"Member \d+", re.sub(r"<[^>]+>", "", text))


def test_it_says_who_is_in_and_from_where_that_is_known(
    world: World, lms: ScriptedPlatform, teacher: FlaskClient, page: str
) -> None:
    lms.members = [[member(1), member(2, email="two@university.example"), member(3, roles=[INSTRUCTOR])]]
    sync(world)
    text = teacher.get(page).text
    for words in (
        "Member 001",
        "two@university.example",
        "from the LMS&#39;s list",
        "from a launch",
        "Never",
        "3 people, 3 joined",
    ):
        assert words in text
    assert names(teacher.get(f"{page}?role=teacher").text) == ["Member 003"]
    assert names(teacher.get(f"{page}?search=two@").text) == ["Member 002"]
    assert names(teacher.get(f"{page}?search=100%25").text) == []


def test_who_left_stands_there_apart_with_the_day_and_comes_back(
    world: World, lms: ScriptedPlatform, teacher: FlaskClient, page: str
) -> None:
    lms.members = [[member(1), member(2)]]
    sync(world)
    lms.members = [[member(1)]]
    sync(world)
    assert names(teacher.get(page).text) == ["Member 001"]
    assert names(teacher.get(f"{page}?who=left").text) == ["Member 002"]
    grid = f"/classes/{world.class_id}/gradebook"
    world.assignment()
    assert "Member 002" not in teacher.get(grid).text
    assert "Has left the class" in teacher.get(f"{grid}?left=1").text
    assert teacher.get(f"/classes/{world.class_id}/students/{id_of(world, 'member-2')}").status_code == 200
    lms.members = [[member(1), member(2)]]
    sync(world)
    assert "Member 002" in teacher.get(grid).text
    assert "Show who left" not in teacher.get(grid).text


def test_a_long_list_comes_in_pages(world: World, lms: ScriptedPlatform, teacher: FlaskClient, page: str) -> None:
    lms.members = [[member(number) for number in range(150)]]
    sync(world)
    assert len(names(teacher.get(f"{page}?role=student").text)) == 100
    assert len(names(teacher.get(f"{page}?role=student&page=2").text)) == 50
    # A page that is not there any more is the last one.
    assert len(names(teacher.get(f"{page}?role=student&page=9").text)) == 50


@pytest.mark.parametrize(
    "query",
    [
        "page=-1",
        "page=x",
        "who=x",
        "role=x",
        "section=x",
        "group=x",
        "group=00000000-0000-7000-8000-000000000000",
        f"search={'%' * 5000}",
        "page=²",
    ],
)
def test_what_makes_no_sense_in_the_address_is_no_fault(teacher: FlaskClient, page: str, query: str) -> None:
    assert teacher.get(f"{page}?{query}").status_code == 200


def test_it_is_read_on_a_persons_word_and_the_page_waits_for_it(
    world: World, lms: ScriptedPlatform, teacher: FlaskClient, page: str
) -> None:
    lms.members = [[member(1)]]
    sync(world)
    assert "hx-get" not in teacher.get(page).text
    lms.members = [[member(1), member(2)]]
    assert teacher.post(f"{page}/read").status_code == 303
    waiting = teacher.get(page).text
    assert "hx-get" in waiting
    assert "Waiting for its turn" in waiting
    assert "Member 002" not in teacher.get(f"{page}/state").text
    own = (world.tenant_id, world.context_id, adapters.installed())
    assert "joined=1" in roster_schedule.sync_if_due(*own, at=dt.datetime.now(dt.UTC))
    done = teacher.get(f"{page}/state").text
    assert "hx-get" not in done
    assert 'hx-swap-oob="true"' in done
    assert "Member 002" in done


def test_what_the_lms_refused_is_said_with_its_cure(
    world: World, lms: ScriptedPlatform, teacher: FlaskClient, page: str
) -> None:
    with transaction(world.tenant_id):
        session().get_one(Platform, world.platform_id).product_family = "moodle"
    lms.script["/members"] = [(403, {}, "no scope"), (403, {}, "no scope")]
    with pytest.raises(ServiceError):
        sync(world)
    text = teacher.get(page).text
    assert "could not be read" in text
    assert "Names and Role Provisioning" in text


def test_where_the_lms_offers_none_it_says_where_to_switch_it_on(world: World, teacher: FlaskClient, page: str) -> None:
    text = teacher.get(page).text
    assert "offers no roster" in text
    assert "Read it now" not in text


def test_half_a_class_gone_is_asked_about_and_dropped_on_a_persons_word(
    world: World, lms: ScriptedPlatform, teacher: FlaskClient, page: str
) -> None:
    lms.members = [[member(number) for number in range(30)]]
    sync(world)
    lms.members = [[member(1)]]
    sync(world)
    assert "29 of 31 people are missing" in teacher.get(page).text
    assert teacher.post(f"{page}/{world.context_id}/left").status_code == 303
    own = (world.tenant_id, world.context_id, adapters.installed())
    assert "dropped=29" in roster_schedule.sync_if_due(*own, at=dt.datetime.now(dt.UTC))
    assert "are missing" not in teacher.get(page).text


def test_a_word_about_a_course_of_another_class_is_none(world: World, teacher: FlaskClient, page: str) -> None:
    assert teacher.post(f"{page}/{uuid.uuid4()}/left").status_code == 404
    with transaction(world.tenant_id):
        assert session().scalar(sa.select(Roster.id)) is None


def test_the_gradebook_can_be_narrowed_to_a_section(world: World, teacher: FlaskClient) -> None:
    world.assignment()
    first, second = world.user(), world.user()
    with transaction(world.tenant_id):
        for user_id, section in ((first, "Morning"), (second, "Evening")):
            session().scalars(sa.select(Enrollment).where(Enrollment.user_id == user_id)).one().sections = [section]
        names = {one: session().get_one(User, one).display_name for one in (first, second)}
    text = teacher.get(f"/classes/{world.class_id}/gradebook?section=Morning").text
    assert names[first] in text
    assert names[second] not in text
