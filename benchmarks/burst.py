"""A thousand submissions in a minute while an exam is written: what exams, homework and pages have of it."""

import concurrent.futures
import dataclasses
import datetime as dt
import json
import os
import sys
import time
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
from lti_grader.problems.models import Visibility
from lti_grader.problems.operations import DraftGroup, DraftProblem, DraftTest, create_problem, publish
from tests.fixtures.installation import Installation

SECONDS = int(os.environ.get("BENCH_BURST_SECONDS", "60"))
# Of all who submit, so many write the exam; each of those saves every ten seconds, and opens the page twice.
_EXAM_SHARE = 0.2
_SAVE_EVERY = 10
_MOST_SECONDS = 900
_TELL_EVERY = 15


@dataclasses.dataclass
class Place:
    """An assignment of ten tests, and who hands in there."""

    installation: Installation
    students: Sequence[web.Browser]


def _places(installation: Installation, crowd: Sequence[web.Browser]) -> tuple[Place, Place]:
    tests = [
        DraftTest(f"Test {n}", f"{n}\n".encode(), f"{2 * n}\n".encode(), Visibility.SAMPLE if n < 2 else Visibility.HIDDEN)
        for n in range(10)
    ]  # fmt: skip
    writing = round(len(crowd) * _EXAM_SHARE)
    app = create_app(installation.settings)
    with app.app_context():
        items = []
        for mode in (Mode.EXAM, Mode.HOMEWORK):
            with transaction(installation.tenant_id):
                version = create_problem(
                    DraftProblem(
                        slug=f"ten-{mode}", title="Ten tests", description_markdown="Write its double.",
                        groups=[DraftGroup("All", Decimal(10), tests)], cpu_ms=1000,
                    )
                )  # fmt: skip
                publish(version, at=dt.datetime.now(dt.UTC))
                made = create_assignment(
                    installation.class_id, title=f"Ten tests, {mode}", problems=[(version.id, Decimal(10))],
                    config=AssignmentConfig(), mode=mode,
                )  # fmt: skip
            with transaction(installation.tenant_id):
                items.append(problem_lines(made.id)[0].item.id)
        db.session.remove()
        db.engine.dispose()
    app.extensions["adapters"].kv.client.connection_pool.disconnect()
    exam, homework = (dataclasses.replace(installation, item_id=item) for item in items)
    return Place(exam, crowd[:writing]), Place(homework, crowd[writing:])


def _submissions(place: Place) -> Measured[web.Browser]:
    return load(
        place.installation.url, place.students, lambda c, b: web.submit(place.installation, c, b), at_once=24,
        a_second=len(place.students) / SECONDS,
    )  # fmt: skip


def _saves(place: Place) -> Measured[tuple[web.Browser, int]]:
    turns = [(browser, turn) for turn in range(max(1, SECONDS // _SAVE_EVERY)) for browser in place.students]

    def save(connection: Connection, item: tuple[web.Browser, int]) -> None:
        browser, revision = item
        body = {
            "code": f"n = {revision}\n", "language": "python", "base_revision": revision, "save_id": uuid.uuid4().hex,
        }  # fmt: skip
        path = f"/work/{place.installation.item_id}/draft"
        answer = connection.send("PUT", path, json.dumps(body).encode(), web.json_headers(browser))
        if answer.status != 200:
            raise RuntimeError(f"a save was answered {answer.status}: {answer.body[:300]!r}")

    return load(place.installation.url, turns, save, at_once=24, a_second=len(turns) / SECONDS)


def _pages(place: Place) -> Measured[web.Browser]:
    def page(connection: Connection, browser: web.Browser) -> None:
        answer = connection.send("GET", f"/work/{place.installation.item_id}", headers=browser.headers)
        if answer.status != 200:
            raise RuntimeError(f"the work page was answered {answer.status}")

    turns = [*place.students, *place.students]
    return load(place.installation.url, turns, page, at_once=24, a_second=len(turns) / SECONDS)


def _judged(place: Place) -> list[float]:
    """Return the seconds from each submission to its result, of those that have one."""
    rows = place.installation.rows(
        "SELECT extract(epoch FROM j.finished_at - a.created_at) AS seconds FROM submission_attempts a"
        " JOIN grading_jobs j ON j.attempt_id = a.id AND j.status = 'done' AND j.superseded_by IS NULL"
        f" WHERE a.assignment_problem_id = '{place.installation.item_id}'"
    )
    return [float(row.seconds) for row in rows]


def _tell(words: str) -> None:
    print(f"burst: {words}", file=sys.stderr, flush=True)


def _wait_until_judged(places: Sequence[Place], students: int, began: float) -> None:
    told = began
    while (judged := sum(len(_judged(place)) for place in places)) < students:
        now = time.monotonic()
        if now - began > _MOST_SECONDS:
            raise RuntimeError(f"{students - judged} of {students} submissions were not judged in {_MOST_SECONDS} s")
        if now - told >= _TELL_EVERY:
            told = now
            _tell(f"{judged} of {students} judged after {now - began:.0f} s")
        time.sleep(1)


def report(installation: Installation, *, students: int) -> None:
    """Measure, and print; what is being done is told on standard error."""
    tool = web.ours(installation)
    crowd = [web.Browser(f"crowd-{number}") for number in range(students)]
    _tell(f"{students} students launch")
    web.launches(installation, tool, crowd)
    exam, homework = _places(installation, crowd)
    _tell("each opens the page")
    for place in (exam, homework):
        web.open_pages(place.installation, place.students)
    _tell(f"each submits, within {SECONDS} s")
    spent = web.processor_seconds(installation)
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        posts = [pool.submit(_submissions, place) for place in (exam, homework)]
        saves, pages = pool.submit(_saves, exam), pool.submit(_pages, exam)
        posted = [time for one in posts for time in one.result().each]
        saved, opened = saves.result(), pages.result()
    _wait_until_judged((exam, homework), students, began)
    whole = time.monotonic() - began
    spent = {name: now - spent[name] for name, now in web.processor_seconds(installation).items()}
    print(f"\n{f'{students} submissions of ten tests in {SECONDS} s':<44}{'p50':>10}{'p95':>9}{'p99':>9}")
    for label, place in (("an exam: from Submit to the result, s", exam), ("homework: the same, s", homework)):
        found = _judged(place)
        print(f"{label:<44}" + "".join(f"{percentile(found, share):>{width}.1f}" for share, width in _COLUMNS))
    for label, times in (
        ("Submit's own answer, ms", posted), ("autosaves of the exam, ms", saved.each), ("its page, ms", opened.each)
    ):  # fmt: skip
        print(f"{label:<44}" + "".join(f"{percentile(times, share) * 1000:>{width}.0f}" for share, width in _COLUMNS))
    print(f"all {students} judged, each once, the last {max(0.0, whole - SECONDS):.0f} s after the {SECONDS}")
    shares = ", ".join(f"{name} {seconds * 1000 / students:.0f}" for name, seconds in spent.items())
    print(f"milliseconds of the processors for each, its share of pages and saves included: {shares}", flush=True)


_COLUMNS = ((50, 10), (95, 9), (99, 9))
