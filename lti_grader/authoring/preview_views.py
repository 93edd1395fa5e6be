"""A version as its students will see it, with Run and Submit that count nowhere."""

import datetime as dt
import json
import queue
import time
import uuid
from collections.abc import Iterator
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.assignments.languages import available_languages
from lti_grader.attempts.answers import checked_answer, files_config, most_bytes, starters_of, wanted_files
from lti_grader.attempts.notebooks import copy_for
from lti_grader.attempts.text import check_code, check_key
from lti_grader.attempts.views import as_download, as_files, body, listed_languages, uploaded_archive
from lti_grader.authoring import access, listing, queries, trying
from lti_grader.authoring.models import JudgingKind, JudgingStatus, VersionJudging
from lti_grader.authoring.owing import locked
from lti_grader.authoring.quiz_preview_views import preview_page
from lti_grader.authoring.views import as_students_see
from lti_grader.core import event_streams
from lti_grader.core.db import transaction
from lti_grader.core.errors import BadInput, Conflict, NotFound
from lti_grader.core.web import Viewer, session_watch, viewer, wants_json
from lti_grader.problems.answer_archives import unpacked
from lti_grader.problems.harness import takes_notebook
from lti_grader.problems.models import ProblemVersion
from lti_grader.problems.queries import languages_of, tests_of, version

blueprint = flask.Blueprint("previews", __name__)
_AT = "/problems/<uuid:problem_id>/versions/<uuid:version_id>/preview"
_KINDS = {"test_run": JudgingKind.RUN, "final_submission": JudgingKind.SUBMISSION}
_KEPT_SECONDS = 7 * 86_400
_LONGEST_STREAM_SECONDS, _LOOK_SECONDS = 300, 2.0


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _version(problem_id: uuid.UUID, version_id: uuid.UUID, me: Viewer) -> ProblemVersion:
    return queries.version_of(access.open_problem(problem_id, me.user_id), version_id)


def _languages(found: ProblemVersion) -> list[str]:
    return languages_of(found.id) or list(available_languages())


@blueprint.get(_AT)
def page(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Statement and editor, as a student of an assignment with this version has them."""
    me, settings = viewer(), adapters.installed().settings
    here: dict[str, Any] = {"problem_id": problem_id, "version_id": version_id}
    with transaction(me.tenant_id):
        opened = access.open_problem(problem_id, me.user_id)
        found = queries.version_of(opened, version_id)
        if found.is_quiz:
            return preview_page(opened, found)
        submitted = [one for one in trying.tries_of(version_id, me.user_id) if one.kind == JudgingKind.SUBMISSION]
        config = {
            "ap_id": str(version_id),
            "user_id": str(me.user_id),
            "draft": _kept(me, version_id),
            "languages": listed_languages(_languages(found), starters_of(found)),
            "answer_files": files_config(found, _languages(found)),
            "urls": {
                "draft": flask.url_for("previews.save_draft", **here),
                "attempts": flask.url_for("previews.hand_in", **here),
                "history": flask.url_for("previews.history", **here),
                "unpack": flask.url_for("previews.unpack", **here),
            },
            "max_code_bytes": most_bytes(found, settings.max_code_bytes),
            "read_only": False,
            "read_only_reason": "",
            "time_spent_seconds": 0,
            "autosave_seconds": settings.autosave_seconds,
            "last_submission": _told(submitted[0]) if submitted else None,
        }
        return flask.render_template(
            "authoring/preview.html",
            opened=opened,
            class_=access.class_of(opened),
            **as_students_see(found),
            points=sum(group.row.points for group in listing.groups_of(version_id)),
            config=config,
            copy_url=flask.url_for("previews.notebook", **here),
            submissions_made=0,
            attempts_allowed=None,
        )


@blueprint.get(f"{_AT}/notebook")
def notebook(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """The notebook that students will begin with, and its data."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = access.open_problem(problem_id, me.user_id)
        found = queries.version_of(opened, version_id)
        if not takes_notebook(found.harness):
            raise NotFound("This problem is answered on its page: there is no notebook to it.")
        return as_download(copy_for(found, opened.problem.slug, adapters.installed().blobs.get))


def _key(me: Viewer, version_id: uuid.UUID) -> str:
    return f"preview:{me.tenant_id}:{me.user_id}:{version_id}"


def _kept(me: Viewer, version_id: uuid.UUID) -> dict[str, Any] | None:
    """Return what somebody wrote last in a preview; it is no student's work, and forgotten after a week."""
    kept = adapters.installed().kv.get(_key(me, version_id))
    return {**json.loads(kept), "other_drafts": {}} if kept else None


@blueprint.put(f"{_AT}/draft")
def save_draft(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Keep what is written in a preview for a while."""
    me, held = viewer(), adapters.installed()
    with transaction(me.tenant_id):
        most = most_bytes(_version(problem_id, version_id, me), held.settings.max_code_bytes)
    given = body()
    check_code(given.get("code"), max_bytes=most)
    revision = (_kept(me, version_id) or {"revision": 0})["revision"] + 1
    saved = {
        "code": given["code"], "language": str(given.get("language", "")), "revision": revision,
        "saved_at": _now().isoformat(),
    }  # fmt: skip
    held.kv.put(_key(me, version_id), json.dumps(saved), _KEPT_SECONDS)
    return {"revision": revision, "saved_at": saved["saved_at"], "stored": "redis"}


@blueprint.post(f"{_AT}/tries")
def hand_in(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Run or Submit, which counts nowhere."""
    me, held = viewer(), adapters.installed()
    with transaction(me.tenant_id):
        found = _version(problem_id, version_id, me)
        languages = _languages(found)
        given = body()
        language = str(given.get("language", ""))
        if language not in languages:
            raise BadInput(f"This problem is answered in {', '.join(languages)}.")
        encoded = checked_answer(found, given.get("code"), language, max_bytes=held.settings.max_code_bytes)
    key = check_key(given.get("idempotency_key"), "idempotency_key")
    kind = _KINDS.get(str(given.get("type")))
    if kind is None:
        raise BadInput("type must be test_run (Run) or final_submission (Submit).")
    ref = held.blobs.put(encoded)
    with transaction(me.tenant_id):
        # One at a time, so that each has a number of its own.
        held_version = locked(_version(problem_id, version_id, me).id)
        row = trying.try_out(
            held_version, kind, language=language, code_blob_ref=ref, key=key, by=me.user_id, at=_now()
        )  # fmt: skip
        told = _told(row)
    return {"attempt": told}, 202


@blueprint.post(f"{_AT}/unpack")
def unpack(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """The files of a ZIP archive, for the editor; nothing is kept."""
    me = viewer()
    with transaction(me.tenant_id):
        wanted = wanted_files(_version(problem_id, version_id, me))
    return as_files(unpacked(uploaded_archive(), wanted))


def _told(row: VersionJudging) -> dict[str, Any]:
    urls = {
        name: flask.url_for(f"previews.{endpoint}", try_id=row.id)
        for name, endpoint in (("url", "result"), ("events_url", "events"), ("cancel_url", "cancel"))
    }
    return {**trying.try_json(row), **urls}


@blueprint.get(f"{_AT}/tries")
def history(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """What somebody tried on a version: a fragment."""
    me = viewer()
    with transaction(me.tenant_id):
        is_notebook = takes_notebook(_version(problem_id, version_id, me).harness)
        tries = trying.tries_of(version_id, me.user_id)
        return flask.render_template("authoring/tries.html", tries=tries, is_notebook=is_notebook)


def _own(try_id: uuid.UUID, me: Viewer) -> VersionJudging:
    """Return a try of somebody who is still of the staff."""
    access.author(me.user_id)
    return trying.try_of(try_id, me.user_id)


@blueprint.get("/tries/<uuid:try_id>")
def result(try_id: uuid.UUID) -> ResponseReturnValue:
    """What became of a try; to people, the page on which it was made."""
    me = viewer()
    with transaction(me.tenant_id):
        row = _own(try_id, me)
        if wants_json():
            return _told(row)
        problem_id = version(row.problem_version_id).problem_id
        return flask.redirect(flask.url_for("previews.page", problem_id=problem_id, version_id=row.problem_version_id))


@blueprint.get("/tries/<uuid:try_id>/code")
def code(try_id: uuid.UUID) -> ResponseReturnValue:
    """A try's program text."""
    me = viewer()
    with transaction(me.tenant_id):
        ref = _own(try_id, me).code_blob_ref
    return adapters.installed().blobs.get(ref), 200, {"Content-Type": "text/plain; charset=utf-8"}


@blueprint.post("/tries/<uuid:try_id>/cancel")
def cancel(try_id: uuid.UUID) -> ResponseReturnValue:
    """Take a Run back whose turn has not come yet."""
    me = viewer()
    with transaction(me.tenant_id):
        row = _own(try_id, me)
        if not trying.take_back(row, at=_now()):
            raise Conflict("This is under way already: its result comes in a moment.")
        told = _told(row)
    adapters.installed().channels.publish(f"try:{try_id}", {"event": "completed"})
    return told


@blueprint.get("/tries/<uuid:try_id>/events")
def events(try_id: uuid.UUID) -> ResponseReturnValue:
    """What happens to a try, as it happens (server-sent events)."""
    me = viewer()
    with transaction(me.tenant_id):
        row = _own(try_id, me)
        names = {
            str(test.id): test.name for _, test in tests_of(row.problem_version_id) if test.visibility in trying.SHOWN
        }
    return event_streams.stream(_messages(try_id, me, names))


def _messages(try_id: uuid.UUID, me: Viewer, names: dict[str, str]) -> Iterator[str]:
    """Yield how a try goes until it is over; the row is looked at every other second, whatever news comes."""
    ends, require_session = time.monotonic() + _LONGEST_STREAM_SECONDS, session_watch()
    with adapters.installed().channels.listen(f"try:{try_id}") as inbox:
        news: dict[str, Any] = {}
        while time.monotonic() < ends:
            require_session()
            if news.get("event") == "test":
                yield _progress(news["tests_done"], news["tests_total"])
                if name := names.get(news["test_id"]):
                    yield event_streams.message(
                        "test", {"name": name, "status": news["status"], "time_ms": news["time_ms"]}
                    )
            else:
                with transaction(me.tenant_id):
                    row = _own(try_id, me)
                    told = _told(row) if row.status not in (JudgingStatus.QUEUED, JudgingStatus.RUNNING) else None
                if told is not None:
                    yield event_streams.message("completed", told)
                    return
                yield _progress(row.tests_done, row.tests_total)
            try:
                news = inbox.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                news = {}


def _progress(done: int, total: int) -> str:
    return event_streams.message(
        "progress", {"status": "processing", "queue_position": None, "tests_done": done, "tests_total": total}
    )
