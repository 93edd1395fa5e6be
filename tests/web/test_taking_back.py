"""A Run that nobody wants to know of any more is taken back while it waits."""

import datetime as dt
import uuid
from typing import Any

import pytest

from lti_grader.classes.models import Role
from lti_grader.core.db import session, transaction
from lti_grader.grading import operations
from lti_grader.grading.models import GradingJob
from lti_grader.grading.turns import wait_of
from tests.fixtures.world import World
from tests.web.two_sections import Visit

LEASE = dt.timedelta(seconds=60)


def pressed(visit: Visit, student: uuid.UUID, item: uuid.UUID, kind: str) -> Any:
    asked = {"code": "print(1)", "language": "python", "type": kind, "idempotency_key": uuid.uuid4().hex}
    return visit(student).post(f"/work/{item}/attempts", json=asked)


def job_of(attempt: dict[str, Any]) -> GradingJob:
    return session().query(GradingJob).filter_by(attempt_id=uuid.UUID(attempt["id"])).one()


def claimed(world: World, attempt: dict[str, Any]) -> bool:
    with transaction(world.tenant_id):
        return operations.claim(job_of(attempt).id, at=dt.datetime.now(dt.UTC), lease=LEASE) is not None


def state_of(world: World, attempt: dict[str, Any]) -> str:
    with transaction(world.tenant_id):
        return job_of(attempt).status


def test_a_run_that_waits_is_taken_back_and_makes_room(world: World, visit: Visit) -> None:
    student, item = world.user(), world.items(world.assignment())[0]
    runs = [pressed(visit, student, item, "test_run").json["attempt"] for _ in range(4)]
    assert pressed(visit, student, item, "test_run").status_code == 429
    waiting = visit(student).get(runs[3]["url"], headers={"Accept": "application/json"}).json
    assert (waiting["queue_position"], waiting["wait_seconds"]) == (3, None), "as the stream tells it, and no guess"
    shown = visit(student).post(runs[0]["cancel_url"]).json
    assert (shown["status"], shown["error"], shown["tests"]) == ("cancelled", None, [])
    assert pressed(visit, student, item, "test_run").status_code == 202
    assert not claimed(world, runs[0])
    assert "Taken back before it was run" in visit(student).get(runs[0]["url"]).text
    assert "Taken back" in visit(student).get(f"/work/{item}/history").text


def test_who_waits_is_told_where_nothing_at_all_is_judged(world: World, visit: Visit) -> None:
    student, item = world.user(), world.items(world.assignment())[0]
    made, other = (pressed(visit, student, item, "test_run").json["attempt"] for _ in range(2))
    later = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=61)
    with transaction(world.tenant_id):
        job = job_of(made)
        assert not wait_of(job, at=dt.datetime.now(dt.UTC)).stands_still
        assert wait_of(job, at=later).stands_still
        # Somebody has a worker, as soon as one takes what is before it.
        operations.claim(job_of(other).id, at=later, lease=LEASE)
        assert not wait_of(job_of(other), at=later).stands_still


@pytest.mark.parametrize("begun", [True, False])
def test_what_was_submitted_or_has_begun_is_not_taken_back(world: World, visit: Visit, *, begun: bool) -> None:
    student, item = world.user(), world.items(world.assignment())[0]
    made = pressed(visit, student, item, "test_run" if begun else "final_submission").json["attempt"]
    assert not begun or claimed(world, made)
    refused = visit(student).post(made["cancel_url"])
    assert refused.status_code == 409
    assert ("under way already" if begun else "cannot be taken back") in refused.text
    assert state_of(world, made) == ("running" if begun else "queued")


def test_nobody_takes_back_anothers_run(world: World, visit: Visit) -> None:
    item = world.items(world.assignment())[0]
    made = pressed(visit, world.user(), item, "test_run").json["attempt"]
    for other in (world.user(), world.teacher_id, world.user(Role.OBSERVER)):
        assert visit(other).post(made["cancel_url"]).status_code in (403, 404)
    assert state_of(world, made) == "queued"
