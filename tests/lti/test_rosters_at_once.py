"""Rosters of thousands, while the people on them launch."""

import contextlib
import datetime as dt
import threading
from collections.abc import Callable, Iterator
from typing import Any

import flask
import pytest
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.classes.models import Enrollment, EnrollmentSource, EnrollmentStatus, Role
from lti_grader.classes.operations import enroll
from lti_grader.core.db import db, session, transaction
from lti_grader.lti import roster
from lti_grader.lti.errors import RosterBusy, ServiceError
from lti_grader.lti.operations import upsert_user
from lti_grader.lti.roster_models import Roster
from lti_grader.people.models import User
from tests.fixtures.world import NOW, World
from tests.lti.scripted import INSTRUCTOR, LEARNER, ScriptedPlatform

THOUSANDS = 5000


def members(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"user_id": f"member-{number:04d}", "name": f"Member {number}", "email": f"{number}@university.example",
         "roles": [LEARNER], "status": "Active", **more}
        for number in range(count)
    ]  # fmt: skip


def sync(world: World, *, at: dt.datetime = NOW) -> roster.Synced:
    done = roster.sync(world.tenant_id, world.context_id, adapters.installed(), at=at)
    assert done is not None
    return done


def state(world: World) -> Roster:
    with transaction(world.tenant_id):
        return session().scalars(sa.select(Roster)).one()


@contextlib.contextmanager
def written() -> Iterator[list[tuple[str, int]]]:
    """Collect the table and the number of rows of each statement that writes people or enrollments."""
    found: list[tuple[str, int]] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        for table in ("users", "enrollments"):
            if statement.startswith((f"INSERT INTO {table}", f"UPDATE {table}")):
                found.append((table, cursor.rowcount))

    sa.event.listen(db.engine, "after_cursor_execute", note)
    yield found
    sa.event.remove(db.engine, "after_cursor_execute", note)


def test_thousands_are_taken_in_by_few_statements_and_only_changes_are_written(
    world: World, lms: ScriptedPlatform
) -> None:
    everybody = members(THOUSANDS)
    lms.members = [everybody[begin : begin + 1000] for begin in range(0, THOUSANDS, 1000)]
    with written() as first:
        done = sync(world)
    assert (done.members, done.joined, done.changed, done.dropped) == (THOUSANDS, THOUSANDS, 0, 0)
    assert len(first) <= 2 * THOUSANDS / 500
    assert max(rows for _, rows in first) <= 500, "a launch waits for no more than one small batch"
    with written() as again:
        done = sync(world)
    assert (done.joined, done.changed, done.dropped) == (0, 0, 0)
    assert again == []
    changed = members(THOUSANDS)
    changed[17]["name"], changed[4000]["roles"] = "Another Name", [INSTRUCTOR]
    lms.members = [changed[:-1]]
    with written() as few:
        done = sync(world)
    assert (done.joined, done.changed, done.dropped) == (0, 1, 1)
    assert sorted(few) == [("enrollments", 1), ("enrollments", 1), ("users", 1)]


def in_thread(app: flask.Flask, work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Do something in a thread of its own; what it returns or raises is the one entry of the list."""
    outcome: list[Any] = []

    def run() -> None:
        with app.app_context():
            try:
                outcome.append(work())
            except Exception as error:
                outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


def wait_until_somebody_waits() -> None:
    ends = threading.Event()
    for _ in range(1000):
        with db.engine.connect() as connection:
            if connection.scalar(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                return
        ends.wait(0.01)
    pytest.fail("nobody waited for the launch")


@pytest.mark.parametrize("sub", ["member-0000", "member-0007", "member-0019"])
def test_a_launch_and_a_roster_of_the_same_people_never_wait_in_a_circle(
    app: flask.Flask, world: World, lms: ScriptedPlatform, sub: str
) -> None:
    lms.members = [members(20)]
    sync(world)
    lms.members = [members(20, name="Renamed", roles=[INSTRUCTOR])]
    with transaction(world.tenant_id):
        user_id = upsert_user(world.platform_id, {"sub": sub, "name": "At Launch"}, launched_at=NOW)
        # The roster comes while the launch has the person, and not yet their place in the class.
        thread, outcome = in_thread(app, lambda: sync(world))
        wait_until_somebody_waits()
        enroll(world.class_id, user_id, Role.STUDENT, source=EnrollmentSource.LAUNCH)
    thread.join(30)
    assert [one.changed for one in outcome] == [20]


def test_many_launch_while_their_roster_is_taken_in(app: flask.Flask, world: World, lms: ScriptedPlatform) -> None:
    def launch(numbers: range, name: str) -> None:
        for number in numbers:
            with transaction(world.tenant_id):
                sub = f"member-{number:04d}"
                user_id = upsert_user(world.platform_id, {"sub": sub, "name": name}, launched_at=NOW)
                enroll(world.class_id, user_id, Role.STUDENT, source=EnrollmentSource.LAUNCH)

    lms.members = [members(300)]
    running = [
        in_thread(app, lambda: launch(range(300), "Up")),
        in_thread(app, lambda: launch(range(299, -1, -1), "Down")),
        in_thread(app, lambda: sync(world)),
    ]
    for thread, _ in running:
        thread.join(60)
    assert [type(outcome[0]) for _, outcome in running] == [type(None), type(None), roster.Synced]
    with transaction(world.tenant_id):
        active = sa.select(sa.func.count()).where(
            Enrollment.status == EnrollmentStatus.ACTIVE, Enrollment.role == Role.STUDENT
        )
        assert session().scalar(active) == 300


def test_who_launches_while_the_roster_is_read_is_not_dropped_by_it(world: World, lms: ScriptedPlatform) -> None:
    lms.members = [members(3)]
    sync(world)
    with transaction(world.tenant_id):
        session().execute(
            sa.update(User).where(User.sub == "member-0002").values(last_launch_at=NOW + dt.timedelta(seconds=1))
        )
    lms.members = [members(2)]
    assert sync(world).dropped == 0
    assert sync(world, at=NOW + dt.timedelta(minutes=1)).dropped == 1


def test_whom_no_roster_ever_named_stays_for_a_session_after_their_last_launch(
    world: World, lms: ScriptedPlatform
) -> None:
    administrator = world.user(Role.ASSISTANT, last_launch_at=NOW)
    with transaction(world.tenant_id):
        session().execute(sa.update(Enrollment).values(created_at=NOW))
    lms.members = [members(2)]
    sync(world, at=NOW + dt.timedelta(hours=11))
    assert status(world, administrator) == EnrollmentStatus.ACTIVE
    sync(world, at=NOW + dt.timedelta(hours=13))
    assert status(world, administrator) == EnrollmentStatus.DROPPED


def status(world: World, user_id: Any) -> str:
    with transaction(world.tenant_id):
        return session().scalars(sa.select(Enrollment.status).where(Enrollment.user_id == user_id)).one()


def test_of_two_readings_at_once_one_does_the_work(app: flask.Flask, world: World, lms: ScriptedPlatform) -> None:
    lms.members = [members(2)]
    reached, go_on = threading.Event(), threading.Event()

    def link(url: str) -> str:
        reached.set()
        go_on.wait(30)
        return ""

    lms.members, lms.link = [members(1), members(2)], link
    thread, outcome = in_thread(app, lambda: sync(world))
    assert reached.wait(30)
    with pytest.raises(RosterBusy):
        sync(world)
    go_on.set()
    thread.join(30)
    assert [one.members for one in outcome] == [1]
    assert sync(world).members == 1


def test_a_reader_that_died_is_not_waited_for_longer_than_a_task_lasts(world: World, lms: ScriptedPlatform) -> None:
    lms.members = [members(1)]
    sync(world)
    with transaction(world.tenant_id):
        session().scalars(sa.select(Roster)).one().claimed_until = NOW + dt.timedelta(minutes=10)
    with pytest.raises(RosterBusy):
        sync(world, at=NOW + dt.timedelta(minutes=9))
    assert sync(world, at=NOW + dt.timedelta(minutes=10)).members == 1


def test_who_could_not_read_it_lets_go_of_it(world: World, lms: ScriptedPlatform) -> None:
    lms.members = [members(1)]
    for answer in ((403, {}, "no scope"), (500, {}, "down")):
        lms.script["/members"] = [answer]
        with pytest.raises(ServiceError):
            sync(world)
        assert state(world).claimed_until is None
    assert (state(world).failures, state(world).is_refused) == (2, False)
    sync(world)
    assert state(world).failures == 0


def test_half_a_large_class_gone_at_once_is_believed_when_the_lms_still_says_so_a_day_later(
    world: World, lms: ScriptedPlatform
) -> None:
    lms.members = [members(40)]
    sync(world)
    lms.members = [members(15)]
    done = sync(world, at=NOW + dt.timedelta(hours=1))
    assert (done.dropped, done.held) == (0, 25)
    assert (state(world).held_gone, state(world).held_of) == (25, 41)
    assert sync(world, at=NOW + dt.timedelta(hours=24)).held == 25
    assert sync(world, at=NOW + dt.timedelta(hours=25)).dropped == 25
    assert state(world).held_since is None


def test_what_was_missing_and_is_back_was_never_gone(world: World, lms: ScriptedPlatform) -> None:
    lms.members = [members(40)]
    sync(world)
    lms.members = [members(15)]
    sync(world, at=NOW + dt.timedelta(hours=1))
    lms.members = [members(39)]
    done = sync(world, at=NOW + dt.timedelta(hours=2))
    assert (done.dropped, done.held, state(world).held_since) == (1, 0, None)


@pytest.mark.parametrize("left", [[], [{"user_id": "t", "roles": [INSTRUCTOR]}]])
def test_a_class_that_everybody_left_at_once_waits_for_a_persons_word(
    world: World, lms: ScriptedPlatform, left: list[dict[str, Any]]
) -> None:
    lms.members = [members(6)]
    sync(world)
    lms.members = [left]
    for days in (1, 30):
        done = sync(world, at=NOW + dt.timedelta(days=days))
        assert (done.dropped, done.held) == (0, 6)
    with transaction(world.tenant_id):
        session().scalars(sa.select(Roster)).one().drops_allowed_until = NOW + dt.timedelta(days=31)
    assert sync(world, at=NOW + dt.timedelta(days=30, minutes=1)).dropped == 6
    assert (state(world).held_since, state(world).drops_allowed_until) == (None, None)
