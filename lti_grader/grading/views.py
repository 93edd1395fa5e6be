"""Results: as a page, as JSON, as they come in, and as a history."""

import datetime as dt
import logging
import queue
import time
import uuid
from collections.abc import Iterator
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.assignments import queries as assignments
from lti_grader.assignments.languages import highlight_of
from lti_grader.attempts import queries as attempts
from lti_grader.attempts import statements
from lti_grader.attempts.models import AttemptStatus, AttemptType, SubmissionAttempt
from lti_grader.attempts.notebooks import MIMETYPE, Download, shown_cells
from lti_grader.attempts.theirs import for_whom, may_see
from lti_grader.attempts.views import as_download
from lti_grader.classes.groups.teams import team_lines
from lti_grader.core import event_streams
from lti_grader.core.db import transaction
from lti_grader.core.errors import GraderError, NotFound
from lti_grader.core.web import Viewer, session_watch, viewer, wants_json
from lti_grader.grading import queries, turns
from lti_grader.grading.reviews import picture_of_attempt, reviewed_attempt
from lti_grader.grading.shown import attempt_json, may_see_test, shown_of
from lti_grader.problems.answer_files import as_text
from lti_grader.problems.answer_text import changes, files_of
from lti_grader.problems.harness import NOTEBOOK, takes_files, takes_notebook
from lti_grader.problems.packages.files import zipped
from lti_grader.problems.queries import tests_of, version

log = logging.getLogger(__name__)
blueprint = flask.Blueprint("results", __name__)

_PING_SECONDS = 15
_A_PAGE = 30
# News can be missed while Redis restarts: the rows are looked at this often whatever comes in.
_LOOK_SECONDS = 2.0
_LONGEST_STREAM_SECONDS = 300


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _opened(attempt_id: uuid.UUID, me: Viewer) -> tuple[SubmissionAttempt, assignments.OpenedAssignment]:
    attempt = attempts.attempt(attempt_id)
    item = assignments.assignment_problem(attempt.assignment_problem_id)
    opened = assignments.open_assignment(item.assignment_id, me.user_id)
    if not may_see(opened.membership, attempt):
        raise NotFound("There is no such attempt.")
    return attempt, opened


def _program(attempt_id: uuid.UUID, me: Viewer) -> SubmissionAttempt:
    """Return an attempt whose text may be read as a program's."""
    found = _opened(attempt_id, me)[0]
    if found.type == AttemptType.FILE:
        raise NotFound("This attempt is a file: open its page to save it.")
    return found


def _as_json(attempt_id: uuid.UUID, me: Viewer) -> dict[str, Any]:
    return _told(*_opened(attempt_id, me))


def last_submission(item_id: uuid.UUID, opened: assignments.OpenedAssignment) -> dict[str, Any] | None:
    """Return what somebody submitted last to a problem, with as much of its result as they may see."""
    found = queries.last_submission(opened.membership.user_id, item_id)
    return None if found is None else _told(found, opened)


def _told(attempt: SubmissionAttempt, opened: assignments.OpenedAssignment) -> dict[str, Any]:
    attempt_id = attempt.id
    shown = attempt_json(attempt, opened, now=_now())
    flask.current_app.extensions["tell_by_hand"](shown, attempt, opened, at=_now())
    whose = for_whom(opened.membership, attempt)
    shown["score_delivery"] = flask.current_app.extensions["delivery_state"](whose, opened, at=_now())
    shown["url"] = flask.url_for("results.attempt", attempt_id=attempt_id)
    shown["events_url"] = flask.url_for("results.events", attempt_id=attempt_id)
    shown["cancel_url"] = flask.url_for("results.cancel", attempt_id=attempt_id)
    shown["code_url"] = flask.url_for("results.code", attempt_id=attempt_id)
    wait = queries.wait(attempt_id, at=_now()) if attempt.status == AttemptStatus.QUEUED else None
    shown["queue_position"], shown["wait_seconds"] = (wait.before, wait.seconds) if wait else (None, None)
    shown["stands_still"] = wait is not None and wait.stands_still
    return shown


@blueprint.get("/attempts/<uuid:attempt_id>")
def attempt(attempt_id: uuid.UUID) -> ResponseReturnValue:
    """An attempt and its result."""
    me = viewer()
    with transaction(me.tenant_id):
        shown = _as_json(attempt_id, me)
        if wants_json():
            return shown
        found, opened = _opened(attempt_id, me)
        if found.type == AttemptType.FILE:
            file = flask.current_app.extensions["file_of_attempt"](attempt_id)
            return flask.render_template(
                "attempts/file_attempt.html",
                attempt=shown,
                opened=opened,
                found=found,
                file=file,
                seen=shown_of(found, opened, now=_now()),
                waits="",
            )
        content = adapters.installed().blobs.get(found.code_blob_ref)
        answered = version(found.problem_version_id)
        harness = answered.harness
        is_notebook = takes_notebook(harness)
        files = files_of(content) if takes_files(harness) else None
        return flask.render_template(
            "attempts/quiz_attempt.html" if answered.is_quiz else "attempts/attempt.html",
            reviewed=reviewed_attempt(
                found,
                content,
                opened,
                now=_now(),
                address=lambda name: flask.url_for("results.picture", attempt_id=attempt_id, name=name),
            )
            if answered.is_quiz
            else [],
            attempt=shown,
            opened=opened,
            code="" if is_notebook or answered.is_quiz or files is not None else content.decode(),
            files=None if files is None else {name: as_text(one) for name, one in files.items()},
            sizes={name: len(one) for name, one in (files or {}).items()},
            notebook=shown_cells(content) if is_notebook else None,
            highlight=highlight_of(found.language),
            found=found,
            team=team_lines([found.team_id]).get(found.team_id) if found.team_id else None,
            regraded=flask.current_app.extensions["judged_once_more"](attempt_id),
            by_hand=flask.current_app.extensions["by_hand"](found, opened, content, at=_now()),
            asking=flask.current_app.extensions["requests_beside"](found, opened),
            earlier=queries.earlier_results(attempt_id) if opened.membership.is_staff else [],
            seen=shown_of(found, opened, now=_now()),
            waits=opened.shown_to_students(at=_now()).note,
        )


@blueprint.get("/attempts/<uuid:attempt_id>/pictures/<path:name>")
def picture(attempt_id: uuid.UUID, name: str) -> ResponseReturnValue:
    """A picture that the answers to a quiz show, for whoever reads these."""
    me, blobs = viewer(), adapters.installed().blobs
    with transaction(me.tenant_id):
        found, opened = _opened(attempt_id, me)
        is_quiz = found.type != AttemptType.FILE and version(found.problem_version_id).is_quiz
        ref = picture_of_attempt(found, blobs.get(found.code_blob_ref), opened, name, now=_now()) if is_quiz else None
    return statements.picture(ref, name)


@blueprint.get("/attempts/<uuid:attempt_id>/code")
def code(attempt_id: uuid.UUID) -> ResponseReturnValue:
    """An attempt's program text."""
    me = viewer()
    with transaction(me.tenant_id):
        found = _program(attempt_id, me)
        is_notebook = takes_notebook(version(found.problem_version_id).harness)
    content = adapters.installed().blobs.get(found.code_blob_ref)
    if is_notebook:
        return as_download(Download(f"attempt-{found.attempt_number}{NOTEBOOK}", MIMETYPE, content))
    return content, 200, {"Content-Type": "text/plain; charset=utf-8"}


@blueprint.get("/attempts/<uuid:attempt_id>/files.zip")
def files_zip(attempt_id: uuid.UUID) -> ResponseReturnValue:
    """The files of an attempt, as an archive."""
    me = viewer()
    with transaction(me.tenant_id):
        found = _program(attempt_id, me)
    files = files_of(adapters.installed().blobs.get(found.code_blob_ref))
    if files is None:
        raise NotFound("This attempt is one text and no files: copy it from its page.")
    name = f"attempt-{found.attempt_number}"
    return as_download(Download(f"{name}.zip", "application/zip", zipped(files, name)))


@blueprint.post("/attempts/<uuid:attempt_id>/cancel")
def cancel(attempt_id: uuid.UUID) -> ResponseReturnValue:
    """Take a Run back whose turn has not come yet."""
    me = viewer()
    with transaction(me.tenant_id):
        found, opened = _opened(attempt_id, me)
        opened.membership.require_work()
        if found.student_id != me.user_id:
            raise NotFound("There is no such attempt of yours.")
        turns.take_back(found, at=_now())
        shown = _told(found, opened)
    adapters.installed().channels.publish(f"attempt:{attempt_id}", {"event": "completed"})
    return shown


@blueprint.get("/attempts/<uuid:attempt_id>/diff")
def diff(attempt_id: uuid.UUID) -> ResponseReturnValue:
    """What changed from an earlier attempt to this one."""
    me = viewer()
    try:
        other_id = uuid.UUID(flask.request.args["against"])
    except (KeyError, ValueError):
        raise NotFound("Say which attempt to compare with: ?against=<its id>.") from None
    with transaction(me.tenant_id):
        mine, other = _program(attempt_id, me), _program(other_id, me)
    blobs = adapters.installed().blobs
    before, after = (blobs.get(one.code_blob_ref) for one in (other, mine))
    return flask.render_template("attempts/diff.html", mine=mine, other=other, changes=changes(before, after))


@blueprint.get("/work/<uuid:item_id>/history")
def history(item_id: uuid.UUID) -> ResponseReturnValue:
    """A student's own attempts at a problem: the newest, or those before the one that `before` tells the number of."""
    me, before = viewer(), flask.request.args.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 10):
        raise NotFound("There is no such part of the history. Open the problem again.")
    with transaction(me.tenant_id):
        item = assignments.assignment_problem(item_id)
        opened = assignments.open_assignment(item.assignment_id, me.user_id)
        return flask.render_template(
            "attempts/history.html",
            # One more than are shown: whether there are earlier ones, and what the last of them is compared with.
            lines=queries.history(
                me.user_id, item, opened.assignment, most=_A_PAGE + 1, before=int(before) if before else None
            ),
            most=_A_PAGE, item=item, seen=opened.shown(at=_now()),
            is_notebook=takes_notebook(version(item.problem_version_id).harness),
            is_quiz=version(item.problem_version_id).is_quiz,
        )  # fmt: skip


@blueprint.get("/attempts/<uuid:attempt_id>/events")
def events(attempt_id: uuid.UUID) -> ResponseReturnValue:
    """What happens to an attempt, as it happens (server-sent events)."""
    me = viewer()
    with transaction(me.tenant_id):
        found, opened = _program(attempt_id, me), _opened(attempt_id, me)[1]
        seen = shown_of(found, opened, now=_now())
        names = {
            str(test.id): test.name
            for _, test in tests_of(found.problem_version_id)
            if seen.feedback and may_see_test(test.visibility, opened, now=_now())
        }
        channels = (f"attempt:{attempt_id}", f"delivery:{for_whom(opened.membership, found)}:{opened.assignment.id}")
    stream = _Stream(attempt_id, me, names, counts_tests=seen.feedback)
    return event_streams.stream(stream.messages(channels))


class _Stream:
    """The events of one attempt for one viewer."""

    def __init__(self, attempt_id: uuid.UUID, me: Viewer, names: dict[str, str], *, counts_tests: bool) -> None:
        self._attempt_id = attempt_id
        self._counts_tests = counts_tests
        self._me = me
        self._names = names
        self._number = 0
        self._completed = False
        self._last_delivery: Any = None
        self._require_session = session_watch()
        self._looked_at = time.monotonic()

    def messages(self, channels: tuple[str, ...]) -> Iterator[str]:
        """Yield what happens until it is over, or is not this person's to see any more."""
        try:
            for message in self._heard(channels):
                self._require_session()
                if message:
                    yield message
        except GraderError as error:
            # Whoever is cut off asks again, and is told why in the ordinary way.
            log.info("events of attempt %s end early: %s", self._attempt_id, error.code)

    def _heard(self, channels: tuple[str, ...]) -> Iterator[str]:
        """Yield each message, and "" wherever nothing was to be told for a while."""
        ends = time.monotonic() + _LONGEST_STREAM_SECONDS
        ping_at = time.monotonic() + _PING_SECONDS
        with adapters.installed().channels.listen(*channels) as inbox:
            yield from self._look()
            while time.monotonic() < ends and not self._is_over():
                try:
                    news = inbox.get(timeout=_LOOK_SECONDS)
                except queue.Empty:
                    news = {}
                if news.get("event") in ("test", "progress"):
                    self._require_place()
                    yield from self._test(news) if news["event"] == "test" else [self._progress(news)]
                else:
                    yield from self._look()
                yield ""
                if time.monotonic() > ping_at:
                    ping_at = time.monotonic() + _PING_SECONDS
                    yield event_streams.STILL_HERE

    def _require_place(self) -> None:
        """Raise `NotFound` for who was dropped from the class; asked every other second, however much there is to tell."""
        if time.monotonic() < self._looked_at + _LOOK_SECONDS:
            return
        with transaction(self._me.tenant_id):
            _opened(self._attempt_id, self._me)
        self._looked_at = time.monotonic()

    def _is_over(self) -> bool:
        settled = self._last_delivery is None or self._last_delivery["state"] in (
            "verified", "failed", "overridden", "excluded", "frozen", "withheld",
        )  # fmt: skip
        return self._completed and settled

    def _test(self, news: dict[str, Any]) -> Iterator[str]:
        yield self._progress(news)
        if news["test_id"] in self._names:
            told = {"name": self._names[news["test_id"]], "status": news["status"], "time_ms": news["time_ms"]}
            yield self._message("test", told)

    def _progress(self, news: dict[str, Any]) -> str:
        # Judging that ends early tells that something failed.
        counts = _counts(news) if self._counts_tests else {"tests_done": 0, "tests_total": 0}
        return self._message("progress", {"status": "processing", "queue_position": None, **counts})

    def _look(self) -> Iterator[str]:
        with transaction(self._me.tenant_id):
            shown = _as_json(self._attempt_id, self._me)
        self._looked_at = time.monotonic()
        if shown["status"] in (AttemptStatus.COMPLETED, AttemptStatus.ERROR, AttemptStatus.CANCELLED):
            if not self._completed:
                self._completed = True
                yield self._message("completed", shown)
            if shown["score_delivery"] != self._last_delivery:
                self._last_delivery = shown["score_delivery"]
                yield self._message("delivery", self._last_delivery or {})
        else:
            told = {name: shown[name] for name in ("status", "queue_position", "wait_seconds", "stands_still")}
            yield self._message("progress", {**told, "tests_done": 0, "tests_total": 0})

    def _message(self, name: str, data: dict[str, Any]) -> str:
        self._number += 1
        return event_streams.message(name, data, number=self._number)


def _counts(news: dict[str, Any]) -> dict[str, int]:
    return {"tests_done": news["tests_done"], "tests_total": news["tests_total"]}
