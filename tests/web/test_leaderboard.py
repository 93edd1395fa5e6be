"""Leaderboards: who stands where, under which name, and that rows are the truth."""

import datetime as dt
import re
import uuid

import pytest
from flask.testing import FlaskClient

from lti_grader import adapters
from lti_grader.assignments.models import Assignment, Mode
from lti_grader.assignments.release import ReleaseRule, When
from lti_grader.classes.models import Class, Role
from lti_grader.core.db import session, transaction
from tests.fixtures.world import NOW, World
from tests.web.two_sections import Visit


class Race:
    """A class with leaderboards, its teacher, and an assignment that is handed in."""

    def __init__(self, world: World, visit: Visit) -> None:
        self.world, self.visit = world, visit
        self.teacher = visit(world.user(Role.TEACHER))
        self.assignment = world.assignment()
        # Time counts from when it was made, and tests hand in at a time that is past.
        with transaction(world.tenant_id):
            session().get_one(Assignment, self.assignment).created_at = NOW
        self.url = f"/classes/{world.class_id}/leaderboard"
        assert self.teacher.post(self.url, data={"on": "1"}).status_code == 303

    def student(self, points: int | None, *, minutes: int = 0, name: str = "Somebody") -> uuid.UUID:
        student = self.world.user(name=name)
        if points is not None:
            self.grade(student, points, minutes=minutes)
        return student

    def grade(self, student: uuid.UUID, points: int, *, minutes: int = 0) -> None:
        (item,) = self.world.items(self.assignment)
        self.world.judge(self.world.hand_in(student, item, at=NOW + dt.timedelta(minutes=minutes)), points)

    def places(self, browser: FlaskClient, url: str | None = None) -> list[tuple[int, str]]:
        page = browser.get(url or f"/assignments/{self.assignment}/leaderboard").text
        rows = re.findall(r'<td class="number">(\d+)</td>\s*<th scope="row">([^<]+)</th>', page)
        return [(int(place), name) for place, name in rows]


@pytest.fixture
def race(world: World, visit: Visit) -> Race:
    return Race(world, visit)


def test_students_stand_by_points_and_then_by_time_under_drawn_names(race: Race) -> None:
    first, second, third = race.student(9, minutes=5), race.student(8, minutes=1), race.student(8, minutes=3)
    fourth = race.student(8, minutes=3)
    race.student(None)
    seen = race.places(race.visit(third))
    assert [place for place, _ in seen] == [1, 2, 3, 3]
    assert "Somebody" not in race.visit(third).get(f"/assignments/{race.assignment}/leaderboard").text
    assert len({name.removesuffix(" (you)") for _, name in seen}) == 4
    assert [place for place, name in seen if name.endswith(" (you)")] == [3]
    for student, place in ((first, 1), (second, 2), (fourth, 3)):
        assert f"<strong>no. {place}</strong> of 4" in race.visit(student).get(f"/assignments/{race.assignment}/leaderboard").text  # fmt: skip


def test_a_new_result_stands_at_once_and_what_redis_lost_is_made_from_rows(race: Race) -> None:
    ben, eve = race.student(5), race.student(7)
    browser = race.visit(ben)
    assert [name.endswith("(you)") for _, name in race.places(browser)] == [False, True]
    race.grade(ben, 10, minutes=9)
    before = race.places(browser)
    assert [name.endswith("(you)") for _, name in before] == [True, False]
    adapters.installed().kv.client.flushdb()
    assert race.places(browser) == before
    assert race.places(race.visit(eve))[0][1] == before[0][1].removesuffix(" (you)")


def test_staff_see_who_is_behind_a_name_and_can_take_it_away(race: Race) -> None:
    ben = race.student(5, name="Ben Okafor")
    mine = race.visit(ben)
    assert mine.post(f"{race.url}/name", data={"name": "Captain  Loop", "shown": "1"}).status_code == 303
    assert race.places(mine) == [(1, "Captain Loop (you)")]
    page = race.teacher.get(race.url).text
    assert "Captain Loop" in page
    assert "Ben Okafor" in page
    assert race.teacher.post(f"{race.url}/names/{ben}").status_code == 303
    assert "Captain Loop" not in mine.get(race.url).text
    assert mine.post(f"{race.url}/names/{ben}").status_code == 403


def test_a_name_that_looks_like_anothers_is_refused_with_what_was_typed(race: Race) -> None:
    ben, eve = race.visit(race.student(5)), race.visit(race.student(6))
    ben.post(f"{race.url}/name", data={"name": "Zoë", "shown": "1"})
    refused = eve.post(f"{race.url}/name", data={"name": "ZOE", "shown": "1"})
    assert refused.status_code == 409
    assert "Somebody of this class has that name" in refused.text
    assert 'value="ZOE"' in refused.text
    assert eve.post(f"{race.url}/name", data={"name": "x"}).status_code == 422


def test_who_does_not_want_to_be_listed_stands_nowhere(race: Race) -> None:
    ben = race.student(5)
    race.student(6)
    mine = race.visit(ben)
    assert len(race.places(mine)) == 2
    mine.post(f"{race.url}/name", data={"name": ""})
    assert [place for place, _ in race.places(mine)] == [1]
    assert [place for place, _ in race.places(mine, race.url)] == [1]
    race.grade(ben, 10)
    assert [place for place, _ in race.places(mine)] == [1]


def test_exams_and_marks_that_are_not_out_are_nobodys_business(race: Race, world: World) -> None:
    ben = race.student(5)
    exam, held = world.assignment(mode=Mode.EXAM), world.assignment(marks=ReleaseRule(when=When.BY_HAND))
    for one in (exam, held):
        world.judge(world.hand_in(ben, world.items(one)[0]), 10)
    mine = race.visit(ben)
    assert mine.get(f"/assignments/{exam}/leaderboard").status_code == 404
    waiting = mine.get(f"/assignments/{held}/leaderboard").text
    assert "Marks are not out yet." in waiting
    assert "no. 1" not in waiting
    assert "with 5 points" in mine.get(race.url).text


def test_a_class_without_leaderboards_has_none(world: World, visit: Visit) -> None:
    student, url = visit(world.user()), f"/classes/{world.class_id}/leaderboard"
    assert student.get(url).status_code == 404
    assert student.post(url, data={"on": "1"}).status_code == 403
    assert visit(world.user(Role.ASSISTANT)).post(url, data={"on": "1"}).status_code == 403
    assert "Leaderboard" not in student.get(f"/classes/{world.class_id}").text
    with transaction(world.tenant_id):
        assert session().get_one(Class, world.class_id).settings == {}
