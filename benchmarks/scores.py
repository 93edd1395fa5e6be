"""Scores to an LMS that answers in 50 ms, one at a time and eight at a time, beside PyLTI1p3's own calls.

PyLTI1p3 posts each score and asks nothing. Ours looks what stands there first, posts, and looks whether it arrived,
with a row that says at each moment what is owed.
"""

import atexit
import concurrent.futures
import contextlib
import datetime as dt
import functools
import os
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import flask
import httpx
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pylti1p3.assignments_grades import AssignmentsGradesService
from pylti1p3.grade import Grade
from pylti1p3.registration import Registration
from pylti1p3.service_connector import ServiceConnector

from benchmarks.platforms import platform
from lti_grader import adapters
from lti_grader.app import create_app
from lti_grader.cli.database import upgrade
from lti_grader.core.db import db, session, transaction
from lti_grader.embedded.stack import Servers, own_settings
from lti_grader.embedded.state import StateFolder
from lti_grader.embedded.supervisor import Supervisor
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.lti import claims, passback, pump
from lti_grader.lti.models import Platform, ProductFamily, ScoreDelivery
from lti_grader.lti.products import PRODUCTS
from tests.fixtures.servers import settings_for
from tests.fixtures.world import NOW, World, make_world

DELAY = 0.05


def report(scores: int) -> None:
    """Measure, and print a table."""
    print(f"\n{scores} scores to an LMS that answers in {DELAY * 1000:.0f} ms")
    print(f"{'':44} {'seconds':>8} {'a second':>9}")
    with application() as (app, supervisor), platform(supervisor, "slow_lms", DELAY, "/counts") as url:
        for many, family in ((1, ProductFamily.CANVAS), (8, ProductFamily.OTHER)):
            assert PRODUCTS[family].posts_at_once == many
            plain = _timed(lambda many=many: _plainly(url, scores, many))
            _check(url, scores)
            _line(f"PyLTI1p3, put_grade, {many} in flight", plain, scores)
            world, waiting = _owed(url, scores, family)
            ours = _timed(lambda world=world, many=many: _pumped(app, world, many))
            _check(url, scores)
            assert _verified(world, waiting) == scores
            _line(f"ours, seen to have arrived, {many} in flight", ours, scores)
            print(f"{'':44} {plain / ours:8.2f} of the plain pace")


def _line(name: str, seconds: float, scores: int) -> None:
    print(f"{name:44} {seconds:8.1f} {scores / seconds:9.1f}")


def _timed(what: Callable[[], None]) -> float:
    began = time.monotonic()
    what()
    return time.monotonic() - began


def _check(url: str, scores: int) -> None:
    counts = httpx.get(f"{url}/counts").json()
    assert len(counts) == scores, f"{len(counts)} of {scores} arrived"
    assert set(counts.values()) == {1}, "some arrived twice"
    httpx.get(f"{url}/forget")


def _plainly(url: str, scores: int, many: int) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    registration = Registration()
    registration.set_issuer(url).set_client_id("plain").set_auth_token_url(f"{url}/token")
    registration.set_tool_private_key(key.decode())

    def some(first: int) -> None:
        service = AssignmentsGradesService(
            ServiceConnector(registration), {"scope": [claims.SCORE, claims.RESULT], "lineitem": f"{url}/lineitems/1"}
        )
        for number in range(first, scores, many):
            grade = Grade().set_score_given(7).set_score_maximum(10).set_user_id(f"plain-{number}")
            grade.set_timestamp(dt.datetime.now(dt.UTC).isoformat())
            grade.set_activity_progress("Completed").set_grading_progress("FullyGraded")
            service.put_grade(grade)

    with concurrent.futures.ThreadPoolExecutor(many) as pool:
        list(pool.map(some, range(many)))


def _owed(url: str, scores: int, family: ProductFamily) -> tuple[World, uuid.UUID]:
    """Make a class of that many students, with a graded entry and a score that is owed for each."""
    world = make_world()
    assignment = world.assignment()
    with transaction(world.tenant_id):
        platform = session().get_one(Platform, world.platform_id)
        platform.product_family, platform.auth_token_url = family, f"{url}/token"
    column = world.column(assignment, f"{url}/lineitems/{uuid.uuid4().hex}")
    owe(world, assignment, column, scores)
    return world, column


def owe(world: World, assignment: uuid.UUID, column: uuid.UUID, scores: int) -> None:
    """Give that many new students a mark, and owe each to a column."""
    students = [world.user() for _ in range(scores)]
    with transaction(world.tenant_id):
        session().add_all(
            GradebookEntry(
                tenant_id=world.tenant_id, content_item_id=assignment, student_id=one, max_score=Decimal(10),
                score_obtained=Decimal(7), submitted_at=NOW, status="graded", revision=1,
            )
            for one in students
        )  # fmt: skip
        session().flush()
        passback.queue_known_scores(column, at=_now())


def _pumped(app: flask.Flask, world: World, many: int) -> None:
    def work(_: int) -> None:
        with app.app_context():
            while pump.pump(world.tenant_id, world.platform_id, adapters.installed(), _now).carried:
                pass

    with concurrent.futures.ThreadPoolExecutor(many) as pool:
        list(pool.map(work, range(many)))


def _verified(world: World, column: uuid.UUID) -> int:
    with transaction(world.tenant_id):
        found = session().scalar(
            sa.select(sa.func.count()).where(ScoreDelivery.line_item_id == column, ScoreDelivery.status == "verified")
        )
    return found or 0


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


_left_open = contextlib.ExitStack()
atexit.register(_left_open.close)


@functools.cache
def _servers() -> Servers:
    """Start servers that nobody else works with, until this process ends; what BENCH_STATE names is kept for the next time."""
    kept = os.environ.get("BENCH_STATE")
    folder = StateFolder(Path(kept or _left_open.enter_context(tempfile.TemporaryDirectory())))
    folder.lock()
    _left_open.callback(folder.release)
    servers = Servers(folder)
    servers.start()
    _left_open.callback(servers.supervisor.stop_all)
    servers.env |= own_settings(folder, {}, port=5000)
    return servers


@contextmanager
def application(kept: str = "") -> Iterator[tuple[flask.Flask, Supervisor]]:
    """Have an application with a database of its own, its context pushed, and nobody else who works in it.

    The database is new, or the one called `kept`, which is there again where BENCH_STATE names a folder.
    """
    servers, database = _servers(), kept or f"bench{uuid.uuid4().hex}"
    assert servers.postgres is not None
    servers.postgres.provision(database)
    settings = settings_for(servers, database, database_pool_size=20)
    upgrade(settings)
    app = create_app(settings)
    app.extensions["adapters"].kv.client.flushdb()
    with app.app_context():
        yield app, servers.supervisor
        db.session.remove()
        db.engine.dispose()
