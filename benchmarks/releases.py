"""Marks that are released at once, each score owed to the LMS, beside owing them student by student."""

import datetime as dt
import time
import uuid
from collections.abc import Callable

import sqlalchemy as sa

from benchmarks.scores import application, owe
from lti_grader.assignments.release import Part, ReleaseRule, When
from lti_grader.assignments.releasing import release
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.gradebook.operations import tell
from lti_grader.lti import releases
from lti_grader.lti.models import DeliveryStatus, ScoreDelivery
from tests.fixtures.world import World, make_world


def report(scores: int) -> None:
    """Measure, and print a table."""
    few = max(1, scores // 10)
    print(f"\nMarks of {scores} students released at once")
    print(f"{'':44} {'seconds':>8} {'a second':>9}")
    with application():
        world = make_world()
        assignment = _withheld(world, few)
        _let_go(world, assignment)
        plain = _line("student by student, a tenth of them", world, few, lambda: _each(world, assignment))
        world = make_world()
        _let_go(world, _withheld(world, scores))
        ours = _line("ours, set by set", world, scores, _all)
        print(f"{'':44} {ours / plain:8.1f} times as fast")


def _line(name: str, world: World, scores: int, what: Callable[[], None]) -> float:
    began = time.monotonic()
    what()
    seconds = time.monotonic() - began
    with transaction(world.tenant_id):
        owed = session().scalar(
            sa.select(sa.func.count()).where(
                ScoreDelivery.is_newest, ScoreDelivery.status == DeliveryStatus.PENDING, ScoreDelivery.score == 7
            )
        )
    assert owed == scores, f"{owed} of {scores} are owed"
    print(f"{name:44} {seconds:8.1f} {scores / seconds:9.1f}", flush=True)
    return scores / seconds


def _withheld(world: World, scores: int) -> uuid.UUID:
    """Make an assignment of which that many marks wait for their release, and the LMS was told so."""
    assignment = world.assignment(marks=ReleaseRule(when=When.BY_HAND))
    column = world.column(assignment, f"https://lms.example/lineitems/{uuid.uuid4().hex}")
    owe(world, assignment, column, scores)
    with transaction(world.tenant_id):
        session().execute(sa.update(ScoreDelivery).values(status=DeliveryStatus.WITHHELD, sent_at=_now()))
    return assignment


def _let_go(world: World, assignment: uuid.UUID) -> None:
    with transaction(world.tenant_id):
        release(assignment, {Part.MARKS}, by=world.teacher_id, at=_now())


def _each(world: World, assignment: uuid.UUID) -> None:
    with transaction(world.tenant_id):
        entries = session().scalars(
            sa.select(GradebookEntry.id).where(GradebookEntry.content_item_id == assignment)
        ).all()  # fmt: skip
    for one in entries:
        with transaction(world.tenant_id):
            tell([session().get_one(GradebookEntry, one)], at=_now())


def _all() -> None:
    # Of the few as well, where nothing is owed any more.
    for tenant_id, row_id in releases.due(at=_now()):
        releases.carry_out(tenant_id, row_id, _now)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
