"""What pages of a class cost the server with a made-up department behind them, and whether that grows with its attempts.

Two departments of as many students stand in one database: one with 250 test results a student, one with twenty times as many.
Each page is asked for in both by turns, so that whatever else the machine does weighs on both alike. Time on the clock is what a
visitor waits for; the processors' time, of this process and of the database's, is what says most on a machine that others use.
"""

import datetime as dt
import functools
import os
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import flask
import psycopg
import sqlalchemy as sa
from flask.testing import FlaskClient

from benchmarks.scores import application
from lti_grader import adapters
from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.classes.models import Class, Enrollment, EnrollmentStatus, Module, Role
from lti_grader.core.db import db, session, transaction
from lti_grader.core.processes import keep_shared
from lti_grader.demo.department import making, removing
from lti_grader.grading.models import TestResult
from lti_grader.marking.models import Marking, MarkingState
from lti_grader.people.models import User

ROUNDS, AT_ONCE = int(os.environ.get("BENCH_ROUNDS", "4")), 5
_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
PAGES = (
    ("class home", "teacher", "/classes/{class_id}"),
    ("gradebook", "teacher", "/classes/{class_id}/gradebook"),
    ("gradebook, fifty rows", "teacher", "/classes/{class_id}/gradebook/rows?from=50&students={fifty}"),
    ("gradebook by total", "teacher", "/classes/{class_id}/gradebook?sort=total&down=1"),
    ("marking queue", "teacher", "/classes/{class_id}/marking"),
    ("marking a submission", "teacher", "/marking/{marking_id}"),
    ("contents", "teacher", "/classes/{class_id}/contents"),
    ("roster", "teacher", "/classes/{class_id}/roster"),
    ("board", "teacher", "/classes/{class_id}/deliveries"),
    ("calendar", "teacher", "/classes/{class_id}/calendar"),
    ("history of changes", "teacher", "/classes/{class_id}/history"),
    ("late days", "teacher", "/classes/{class_id}/late-days"),
    ("regrade requests", "teacher", "/classes/{class_id}/regrade-requests"),
    ("leaderboard", "teacher", "/classes/{class_id}/leaderboard"),
    ("attempts of a student", "teacher", "/classes/{class_id}/students/{student_id}"),
    ("assignment overview", "teacher", "/assignments/{assignment_id}"),
    ("check list", "teacher", "/assignments/{assignment_id}/checklist"),
    ("regrades", "teacher", "/assignments/{assignment_id}/regrades"),
    ("similarity", "teacher", "/assignments/{assignment_id}/similarity"),
    ("review", "teacher", "/assignments/{assignment_id}/students/{student_id}"),
    ("dates and extensions", "teacher", "/assignments/{assignment_id}/dates"),
    ("one attempt", "teacher", "/attempts/{attempt_id}"),
    ("student's home", "student", "/classes/{class_id}"),
    ("student's marks", "student", "/classes/{class_id}/marks"),
    ("student's assignment", "student", "/assignments/{assignment_id}"),
    ("student's problem", "student", "/work/{item_id}"),
    ("student's history", "student", "/work/{item_id}/history"),
    ("student's calendar", "student", "/calendar"),
    ("inbox", "student", "/notifications"),
    ("badge of the inbox", "student", "/notifications/unread"),
)
"""What, who asks, and the address."""


class Visited:
    """A department's largest class with a browser for its teacher, and one for the student with the most attempts.

    It is made where it is not there yet.
    """

    def __init__(self, app: flask.Flask, name: str, *, students: int, results: int) -> None:
        try:
            tenant_id = removing.find(name)
        except removing.NothingMadeUp:
            tenant_id = _made(name, students=students, results=results)
        with transaction(tenant_id):
            self.results = session().scalar(sa.select(sa.func.count()).select_from(TestResult)) or 0
            class_id, teacher_id = session().execute(
                sa.select(Class.id, Class.owner_id).join(Enrollment, Enrollment.class_id == Class.id)
                .group_by(Class.id).order_by(sa.func.count().desc()).limit(1)
            ).one()  # fmt: skip
            assignment_id, item_id = session().execute(
                sa.select(AssignmentProblem.assignment_id, AssignmentProblem.id)
                .join(Assignment, Assignment.id == AssignmentProblem.assignment_id)
                .join(Module, Module.id == Assignment.module_id)
                .where(Module.class_id == class_id, Assignment.title == "Homework 6")
                .order_by(AssignmentProblem.order_index).limit(1)
            ).one()  # fmt: skip
            marking_id = session().scalars(
                sa.select(Marking.id).join(Assignment, Assignment.id == Marking.assignment_id)
                .join(Module, Module.id == Assignment.module_id)
                .where(Module.class_id == class_id, Marking.state == MarkingState.UNMARKED).order_by(Marking.id).limit(1)
            ).one()  # fmt: skip
            there = sa.select(Enrollment.user_id).where(
                Enrollment.class_id == class_id,
                Enrollment.role == Role.STUDENT,
                Enrollment.status == EnrollmentStatus.ACTIVE,
            )
            student_id, attempt_id = session().execute(
                sa.select(SubmissionAttempt.student_id, sa.func.max(sa.cast(SubmissionAttempt.id, sa.Text)))
                .where(SubmissionAttempt.assignment_problem_id == item_id, SubmissionAttempt.student_id.in_(there))
                .group_by(SubmissionAttempt.student_id).order_by(sa.func.count().desc()).limit(1)
            ).one()  # fmt: skip
            fifty = session().scalars(there.limit(50)).all()
        self._ids = {
            "fifty": ".".join(str(one) for one in fifty), "class_id": class_id, "assignment_id": assignment_id, "item_id": item_id,
            "student_id": student_id, "attempt_id": uuid.UUID(attempt_id), "marking_id": marking_id,
        }  # fmt: skip
        self._browsers = {
            "teacher": _browser(app, tenant_id, teacher_id),
            "student": _browser(app, tenant_id, student_id),
        }

    def visit(self, who: str, address: str) -> None:
        """Ask for a page."""
        answer = self._browsers[who].get(address.format(**self._ids))
        answer.get_data()
        assert answer.status_code == 200, f"{address}: {answer.status_code}: {answer.text[:2000]}"


def _made(name: str, *, students: int, results: int) -> uuid.UUID:
    began, cpu = time.perf_counter(), _cpu_ms()
    made = making.make(
        making.Wish(name, students, 1, dt.datetime.now(dt.UTC), results), adapters.installed().blobs, lambda *_: None
    )
    print(
        f"{name}: made in {time.perf_counter() - began:.0f} s on the clock, {(_cpu_ms() - cpu) / 1000:.0f} s of the processors",
        flush=True,
    )  # fmt: skip
    _analyze()
    return made.tenant_id


def _browser(app: flask.Flask, tenant_id: uuid.UUID, user_id: uuid.UUID) -> FlaskClient:
    with transaction(tenant_id):
        platform_id = session().get_one(User, user_id).platform_id
    client = app.test_client()
    with client.session_transaction() as kept:
        kept.update(user=str(user_id), tenant=str(tenant_id), platform=str(platform_id), frames=[])
    return client


def _cpu_ms() -> float:
    """Return the processors' time, in ms, that this process and the database's processes for it have had."""
    ours = time.process_time() * 1000
    return ours + sum(_of_process(pid) for pid in _BACKENDS)


_BACKENDS: set[int] = set()


def _of_process(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) * _TICK_MS


@contextmanager
def _watched() -> Iterator[None]:
    """Know the processes that serve this one's connections."""

    def note(connection: psycopg.Connection[object], *_: object) -> None:
        _BACKENDS.add(connection.info.backend_pid)

    sa.event.listen(db.engine, "connect", note)
    yield
    sa.event.remove(db.engine, "connect", note)


def _counted(what: Callable[[], None]) -> int:
    count = 0

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    sa.event.listen(db.engine, "before_cursor_execute", note)
    what()
    sa.event.remove(db.engine, "before_cursor_execute", note)
    return count


class Taken:
    """What one page took in one department."""

    def __init__(self, visit: Callable[[], None]) -> None:
        self._visit = visit
        self.wall: list[float] = []
        self.cpu: list[float] = []
        # The first visit finds out what is then kept.
        visit()
        self.queries = _counted(visit)

    def measure(self) -> None:
        """Ask some times."""
        before = _cpu_ms()
        for _ in range(AT_ONCE):
            began = time.perf_counter()
            self._visit()
            self.wall.append((time.perf_counter() - began) * 1000)
        self.cpu.append((_cpu_ms() - before) / AT_ONCE)

    def line(self) -> str:
        """Return queries, p50 and p95 on the clock, and the median of the processors' time."""
        ordered = sorted(self.wall)
        p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
        return f"{self.queries:>8}{statistics.median(ordered):>8.0f}{p95:>8.0f}{statistics.median(self.cpu):>8.0f}"


def report(students: int) -> None:
    """Measure, and print a table."""
    few = making.RESULTS_PER_STUDENT * students
    many = int(os.environ.get("BENCH_RESULTS", str(20 * few)))
    print(f"\nPages of the largest class of a department of {students} students")
    with application("pages") as (app, _), _watched():
        app.config["WTF_CSRF_ENABLED"] = False
        departments = [
            Visited(app, f"{students:,} students, {one:,} results", students=students, results=one)
            for one in (few, many)
        ]
        # As the web process does: what was imported is not looked through again and again.
        keep_shared()
        heading = f"{'queries':>8}{'p50 ms':>8}{'p95 ms':>8}{'cpu ms':>8}"
        print(
            f"{'':<24}{departments[0].results:>32,}{departments[1].results:>32,}\n{'':<24}{heading}{heading}   cpu ratio"
        )
        for name, who, address in PAGES:
            taken = [Taken(functools.partial(one.visit, who, address)) for one in departments]
            for _ in range(ROUNDS):
                for found in taken:
                    found.measure()
            ratio = statistics.median(taken[1].cpu) / max(1.0, statistics.median(taken[0].cpu))
            print(f"{name:<24}{taken[0].line()}{taken[1].line()}{ratio:>12.1f}", flush=True)


def _analyze() -> None:
    """Tell the planner what has come, as autovacuum does some time later."""
    owner = sa.create_engine(adapters.installed().settings.database_owner_url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))
    owner.dispose()
