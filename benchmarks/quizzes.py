"""A class that writes a quiz at one time: everybody opens it, saves answers, and hands in, within a few minutes.

A tenth of them press twice, as people do where an answer takes its time: each paper has to be there once, with its mark.
"""

import concurrent.futures
import datetime as dt
import json
import os
import uuid
from collections.abc import Sequence
from decimal import Decimal

from benchmarks import web
from benchmarks.load import Connection, Measured, load, percentile
from lti_grader.app import create_app
from lti_grader.assignments.models import AssignmentConfig, Mode
from lti_grader.assignments.operations import create_assignment
from lti_grader.assignments.queries import problem_lines
from lti_grader.core.db import db, transaction
from lti_grader.problems.operations import DraftProblem, create_problem, publish
from tests.fixtures.installation import Installation
from tests.fixtures.quizzes import RIGHT, a_quiz

SECONDS = int(os.environ.get("BENCH_QUIZ_SECONDS", "180"))
_SAVES = 4
_AT_ONCE = 24
_TWICE = 10


def _set(installation: Installation) -> uuid.UUID:
    """Set a quiz, and return its problem's id in the assignment."""
    app = create_app(installation.settings)
    with app.app_context():
        with transaction(installation.tenant_id):
            draft = DraftProblem(
                slug="burst", title="A quiz", description_markdown="Answer.", groups=[], quiz=a_quiz()
            )  # fmt: skip
            version = create_problem(draft)
            publish(version, at=dt.datetime.now(dt.UTC))
            made = create_assignment(
                installation.class_id, title="A quiz for all", problems=[(version.id, Decimal(10))],
                config=AssignmentConfig(), mode=Mode.EXAM,
            )  # fmt: skip
        with transaction(installation.tenant_id):
            item: uuid.UUID = problem_lines(made.id)[0].item.id
        db.session.remove()
        db.engine.dispose()
    app.extensions["adapters"].kv.client.connection_pool.disconnect()
    return item


def _answers(turn: int) -> str:
    """Return what somebody has answered after so many turns: more of it each time."""
    given = dict(list(RIGHT.items())[: 1 + turn * len(RIGHT) // _SAVES])
    return json.dumps({"sitting": 0, "answers": given})


def _pages(installation: Installation, crowd: Sequence[web.Browser], path: str) -> Measured[web.Browser]:
    def page(connection: Connection, browser: web.Browser) -> None:
        answer = connection.send("GET", path, headers=browser.headers)
        if answer.status != 200:
            raise RuntimeError(f"the quiz's page was answered {answer.status}")

    return load(installation.url, [*crowd, *crowd], page, at_once=_AT_ONCE, a_second=2 * len(crowd) / SECONDS)


def _saves(installation: Installation, crowd: Sequence[web.Browser], path: str) -> Measured[tuple[web.Browser, int]]:
    def save(connection: Connection, item: tuple[web.Browser, int]) -> None:
        browser, turn = item
        body = {"code": _answers(turn), "language": "", "base_revision": turn, "save_id": uuid.uuid4().hex}
        answer = connection.send("PUT", f"{path}/draft", json.dumps(body).encode(), web.json_headers(browser))
        if answer.status != 200:
            raise RuntimeError(f"a save was answered {answer.status}: {answer.body[:300]!r}")

    turns = [(browser, turn) for turn in range(_SAVES) for browser in crowd]
    return load(installation.url, turns, save, at_once=_AT_ONCE, a_second=len(turns) / SECONDS)


def _hand_ins(installation: Installation, crowd: Sequence[web.Browser], path: str) -> Measured[tuple[web.Browser, str]]:
    def hand_in(connection: Connection, item: tuple[web.Browser, str]) -> None:
        browser, key = item
        body = {"type": "final_submission", "code": _answers(_SAVES), "language": "", "idempotency_key": key}
        answer = connection.send("POST", f"{path}/attempts", json.dumps(body).encode(), web.json_headers(browser))
        if answer.status != 202:
            raise RuntimeError(f"a paper was answered {answer.status}: {answer.body[:300]!r}")

    presses = []
    for place, browser in enumerate(crowd):
        press = (browser, uuid.uuid4().hex)
        presses += [press] if place % _TWICE else [press, press]
    return load(installation.url, presses, hand_in, at_once=_AT_ONCE, a_second=len(presses) / SECONDS)


def _check(installation: Installation, item_id: uuid.UUID, students: int) -> None:
    """Look that each paper is there once, judged, with a mark and with what was saved beside it."""
    found = installation.rows(
        "SELECT count(*) AS papers, count(DISTINCT a.student_id) AS students, count(DISTINCT j.attempt_id) AS judged"
        " FROM submission_attempts a LEFT JOIN grading_jobs j ON j.attempt_id = a.id AND j.status = 'done'"
        f" WHERE a.assignment_problem_id = '{item_id}'"
    )[0]
    assert (found.papers, found.students, found.judged) == (students, students, students), found
    marks = installation.rows(
        "SELECT count(*) AS n FROM gradebook_entries e JOIN assignment_problems p ON p.assignment_id = e.content_item_id"
        f" WHERE p.id = '{item_id}' AND e.status = 'graded'"
    )[0]
    assert marks.n == students, marks


def report(installation: Installation, *, students: int) -> None:
    """Measure, and print."""
    crowd = [web.Browser(f"quiz-{number}") for number in range(students)]
    web.launches(installation, web.ours(installation), crowd)
    item_id = _set(installation)
    installation.item_id = item_id
    path = f"/work/{item_id}"
    web.open_pages(installation, crowd)
    begun, said = web.processor_seconds(installation), _transactions(installation)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        pages, saves = pool.submit(_pages, installation, crowd, path), pool.submit(_saves, installation, crowd, path)
        opened, saved = pages.result(), saves.result()
    half = web.processor_seconds(installation)
    said_half = _transactions(installation)
    handed = _hand_ins(installation, crowd, path)
    whole, said_whole = web.processor_seconds(installation), _transactions(installation)
    _check(installation, item_id, students)
    print(f"\n{f'a quiz of {students} within {2 * SECONDS} s':<44}{'p50':>10}{'p95':>9}{'p99':>9}")
    for label, times in (
        ("its page, ms", opened.each), ("a save, ms", saved.each), ("handing in, graded at once, ms", handed.each)
    ):  # fmt: skip
        print(f"{label:<44}" + "".join(f"{percentile(times, share) * 1000:>{width}.0f}" for share, width in _COLUMNS))
    for label, first, second, transactions, count in (
        ("each page and save", begun, half, said_half - said, len(opened.each) + len(saved.each)),
        ("each paper", half, whole, said_whole - said_half, len(handed.each)),
    ):  # fmt: skip
        shares = ", ".join(f"{name} {(second[name] - first[name]) * 1000 / count:.1f}" for name in ("web", "postgres"))
        print(f"milliseconds of the processors for {label}: {shares}; transactions: {transactions / count:.1f}")
    print(
        f"all {students} papers are there once, each with its mark; {len(handed.each) - students} were sent twice",
        flush=True,
    )


def _transactions(installation: Installation) -> int:
    """Return how many transactions the database has seen, whoever made them."""
    rows = installation.rows("SELECT xact_commit AS n FROM pg_stat_database WHERE datname = current_database()")
    return int(rows[0].n)


_COLUMNS = ((50, 10), (95, 9), (99, 9))
