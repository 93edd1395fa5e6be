"""The page where students write, Run and Submit."""

import dataclasses
import datetime as dt
import io
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.assignments import queries as assignments
from lti_grader.assignments.access import overrides_of
from lti_grader.assignments.languages import offered
from lti_grader.assignments.operations import languages_taken, require_language, require_open
from lti_grader.attempts import drafts, group_drafts, operations, queries, statements, timing
from lti_grader.attempts.answers import checked_answer, files_config, most_bytes, starters_of, wanted_files
from lti_grader.attempts.hints import hint_parts
from lti_grader.attempts.models import AttemptType
from lti_grader.attempts.notebooks import Download, copy_for, notebook_of
from lti_grader.attempts.picture_sight import picture_of
from lti_grader.attempts.quiz_page import quiz_page
from lti_grader.attempts.quizzes import paper_for, sealed_answers
from lti_grader.attempts.statements import text_of
from lti_grader.attempts.text import check_code, check_key
from lti_grader.classes.mentors import mentored
from lti_grader.classes.models import Role
from lti_grader.core.acting import look
from lti_grader.core.db import transaction
from lti_grader.core.errors import BadInput, Conflict, Forbidden, NotFound, TooLarge
from lti_grader.core.web import viewer
from lti_grader.problems import queries as problems
from lti_grader.problems.answer_archives import MOST_ARCHIVE_BYTES, Unpacked, unpacked
from lti_grader.problems.answer_files import written
from lti_grader.problems.harness import takes_notebook
from lti_grader.problems.rubrics import shown_rubric

blueprint = flask.Blueprint("work", __name__)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def body() -> dict[str, Any]:
    """Return the request's JSON object.

    Raises
    ------
    BadInput
        It is none, or not valid UTF-8.
    """
    given = flask.request.get_json(silent=True)
    if not isinstance(given, dict):
        raise BadInput("The request is not a JSON object in UTF-8. Reload the page; your text is kept in this browser.")
    return given


def _whole(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**31:
        raise BadInput(f"{name} must be a number from 0 up.")
    return int(value)


@blueprint.get("/assignments/<uuid:assignment_id>")
def overview(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """An assignment: its problems and where one stands with them."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = assignments.open_assignment(assignment_id, me.user_id)
        place = opened.membership
        people = [] if place.is_staff else mentored(place.class_id, me.user_id)
        if place.role == Role.OBSERVER and len(people) == 1:
            return flask.redirect(
                flask.url_for("gradebook.review", assignment_id=assignment_id, student_id=people[0].id)
            )
        if opened.needs_passcode:
            return flask.redirect(flask.url_for("passcodes.page", assignment_id=assignment_id))
        if len(opened.problems) == 1 and not place.is_staff and not people:
            return flask.redirect(flask.url_for("work.page", item_id=opened.problems[0].item.id))
        states = flask.current_app.extensions["problem_states"](me.user_id, opened)
        score = flask.current_app.extensions["score_state"](me.user_id, opened, at=now())
        links = flask.current_app.extensions["links_to"](assignment_id) if opened.membership.is_staff else []
        return flask.render_template(
            "assignments/overview.html",
            opened=opened,
            states=states,
            score=score,
            links=links,
            seen=opened.shown(at=now()),
            releases=assignments.releases_of(opened.assignment),
            overrides=overrides_of(assignment_id, opened.membership) if opened.membership.is_staff else [],
            now=now(),
            people=people,
        )


@dataclasses.dataclass(frozen=True)
class Place:
    """A problem of an assignment, as whoever looks stands to it."""

    opened: assignments.OpenedAssignment
    line: assignments.ProblemLine

    @property
    def item(self) -> Any:
        return self.line.item


def _place(item_id: uuid.UUID, user_id: uuid.UUID) -> Place:
    item = assignments.assignment_problem(item_id)
    opened = assignments.open_assignment(item.assignment_id, user_id)
    return Place(opened, next(line for line in opened.problems if line.item.id == item_id))


def let_in(item_id: uuid.UUID, user_id: uuid.UUID) -> Place:
    """Return a place for whoever may see its problem: it raises `PasscodeNeeded` for whoever has not entered the passcode."""
    place = _place(item_id, user_id)
    place.opened.require_let_in()
    return place


def read_only_reason(place: Place) -> str:
    """Return why somebody cannot write where they are; "" where they can."""
    if place.opened.membership.is_staff:
        return ""
    if look() is not None:
        return "You look as this student does: nothing is handed in or changed, and what they are writing stays theirs."
    try:
        place.opened.membership.require_work()
        require_open(place.opened.dates, at=now())
    except (Conflict, Forbidden) as error:
        return error.message
    return ""


@blueprint.get("/work/<uuid:item_id>")
def page(item_id: uuid.UUID) -> ResponseReturnValue:
    """Statement and editor, side by side."""
    me, settings = viewer(), adapters.installed().settings
    with transaction(me.tenant_id):
        place = _place(item_id, me.user_id)
        if place.opened.needs_passcode:
            return flask.redirect(flask.url_for("passcodes.page", assignment_id=place.opened.assignment.id))
        version = problems.version(place.item.problem_version_id)
        made = queries.submissions_made(queries.who_hands_in(me.user_id, place.opened.assignment), item_id)
        reason = read_only_reason(place)
        if version.is_quiz:
            return quiz_page(place, version, me, reason=reason, submissions_made=made)
        draft = drafts.load(adapters.installed().kv, me.user_id, item_id)
        languages = languages_taken(place.opened.assignment, place.line.answered_in)
        config = {
            "ap_id": str(item_id),
            "user_id": str(me.user_id),
            "draft": draft.as_json() if draft else None,
            "languages": listed_languages(languages, starters_of(version)),
            "answer_files": files_config(version, languages),
            "urls": {
                "draft": flask.url_for("work.save_draft", item_id=item_id),
                "attempts": flask.url_for("work.hand_in", item_id=item_id),
                "history": flask.url_for("results.history", item_id=item_id),
                "unpack": flask.url_for("work.unpack", item_id=item_id),
            },
            "max_code_bytes": most_bytes(version, settings.max_code_bytes),
            "read_only": bool(reason),
            "read_only_reason": reason,
            "time_spent_seconds": draft.time_spent_seconds if draft else 0,
            "autosave_seconds": settings.autosave_seconds,
            "timing": None
            if place.opened.membership.is_staff
            else timing.as_json(me.user_id, item_id, place.opened.assignment, at=now()),
            "last_submission": flask.current_app.extensions["last_submission"](item_id, place.opened),
        }
        samples = [test for _, test in problems.tests_of(version.id) if test.visibility == "sample"]
        return flask.render_template(
            "attempts/work.html",
            place=place,
            script="notebook.js" if takes_notebook(version.harness) else "work.js",
            version=version,
            statement=text_of(version.description_markdown, version, item_id),
            **hint_parts(place.opened, item_id, version, at=now()),
            samples=samples,
            notebook=notebook_of(version),
            rubric=shown_rubric(version.id),
            copy_url=flask.url_for("work.notebook", item_id=item_id),
            config=config,
            together=group_drafts.together(place.opened.assignment, item_id, place.opened.membership),
            submissions_made=made,
            attempts_allowed=place.opened.dates.attempts_allowed,
        )


def as_download(file: Download) -> ResponseReturnValue:
    """Return a file for the browser to save."""
    return flask.send_file(
        io.BytesIO(file.content), mimetype=file.mimetype, as_attachment=True, download_name=file.filename
    )


@blueprint.get("/work/<uuid:item_id>/pictures/<path:name>")
def picture(item_id: uuid.UUID, name: str) -> ResponseReturnValue:
    """A picture of a problem, for whoever reads a text that shows it."""
    me = viewer()
    with transaction(me.tenant_id):
        place = let_in(item_id, me.user_id)
        ref = picture_of(place.opened, item_id, problems.version(place.item.problem_version_id), name, at=now())
    return statements.picture(ref, name)


@blueprint.get("/work/<uuid:item_id>/notebook")
def notebook(item_id: uuid.UUID) -> ResponseReturnValue:
    """The notebook that students begin with, and its data."""
    me = viewer()
    with transaction(me.tenant_id):
        version = problems.version(let_in(item_id, me.user_id).item.problem_version_id)
        if not takes_notebook(version.harness):
            raise NotFound("This problem is answered on its page: there is no notebook to it.")
        return as_download(copy_for(version, problems.slug_of(version.id), adapters.installed().blobs.get))


@blueprint.post("/work/<uuid:item_id>/unpack")
def unpack(item_id: uuid.UUID) -> ResponseReturnValue:
    """The files of a ZIP archive, for the editor; nothing is kept."""
    me = viewer()
    with transaction(me.tenant_id):
        place = let_in(item_id, me.user_id)
        place.opened.membership.require_work()
        wanted = wanted_files(problems.version(place.item.problem_version_id))
    return as_files(unpacked(uploaded_archive(), wanted))


def uploaded_archive() -> bytes:
    """Return the file that a request brings.

    Raises
    ------
    BadInput, TooLarge
    """
    file = flask.request.files.get("file")
    if file is None:
        raise BadInput("There is no file in this request: choose a ZIP archive.")
    content: bytes = file.read(MOST_ARCHIVE_BYTES + 1)
    if len(content) > MOST_ARCHIVE_BYTES:
        raise TooLarge(f"An archive may have {MOST_ARCHIVE_BYTES:,} bytes. Pack only the files that you wrote.")
    return content


def as_files(found: Unpacked) -> dict[str, Any]:
    """Return what came of an archive as the page reads it."""
    return {
        **json.loads(written(found.files)),
        "left_out": [dataclasses.asdict(one) for one in found.left_out],
    }


def listed_languages(allowed: Sequence[str], starters: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the languages as the page lists them; those that the author wrote a beginning in come first."""
    listed = [{**language, "starter": starters.get(language["id"], "")} for language in offered(allowed)]
    return sorted(listed, key=lambda language: not language["starter"])


@blueprint.put("/work/<uuid:item_id>/draft")
def save_draft(item_id: uuid.UUID) -> ResponseReturnValue:
    """Save what the student has written so far."""
    me, given, held = viewer(), body(), adapters.installed()
    change = drafts.Change(
        code=str(given.get("code")),
        language=str(given.get("language", "")),
        base_revision=_whole(given.get("base_revision", 0), "base_revision"),
        save_id=check_key(given.get("save_id"), "save_id"),
        time_spent_seconds=_whole(given.get("time_spent_seconds", 0), "time_spent_seconds"),
    )
    with transaction(me.tenant_id):
        place = let_in(item_id, me.user_id)
        place.opened.membership.require_work()
        version = problems.version(place.item.problem_version_id)
        check_code(given.get("code"), max_bytes=most_bytes(version, held.settings.max_code_bytes))
        if version.is_quiz:
            change = dataclasses.replace(change, language="")
        else:
            require_language(place.opened.assignment, change.language, answered_in=place.line.answered_in)
        if not place.opened.membership.is_staff:
            require_open(place.opened.dates, at=now())
        saved = drafts.save(held.kv, me.user_id, item_id, change, at=now())
    return {"revision": saved.revision, "saved_at": saved.saved_at.isoformat(), "stored": saved.stored}


@blueprint.post("/work/<uuid:item_id>/attempts")
def hand_in(item_id: uuid.UUID) -> ResponseReturnValue:
    """Run or Submit."""
    me, given, held = viewer(), body(), adapters.installed()
    key = check_key(given.get("idempotency_key"), "idempotency_key")
    try:
        kind = AttemptType(str(given.get("type")))
    except ValueError:
        raise BadInput("type must be test_run (Run) or final_submission (Submit).") from None
    if kind is AttemptType.FILE:
        raise BadInput("Files are handed in to your LMS; here type must be test_run or final_submission.")
    language = str(given.get("language", ""))
    with transaction(me.tenant_id):
        # Refuse before anything is stored; it is looked at again under the lock.
        place = let_in(item_id, me.user_id)
        place.opened.membership.require_work()
        version = problems.version(place.item.problem_version_id)
        if version.is_quiz:
            if kind is AttemptType.TEST_RUN:
                raise BadInput("A quiz has no samples to run: answer its questions, and submit them.")
            encoded, language = sealed_answers(given.get("code"), paper_for(version, me.user_id, item_id)), ""
        else:
            require_language(place.opened.assignment, language, answered_in=place.line.answered_in)
            encoded = checked_answer(version, given.get("code"), language, max_bytes=held.settings.max_code_bytes)
    ref = held.blobs.put(encoded)
    handed = operations.Handed(
        type=kind,
        code_blob_ref=ref,
        code_bytes=len(encoded),
        language=language,
        idempotency_key=key,
        time_focused_seconds=_whole(given.get("time_focused_seconds", 0), "time_focused_seconds"),
        answers=encoded if version.is_quiz else None,
    )
    with transaction(me.tenant_id):
        place = let_in(item_id, me.user_id)
        attempt = operations.submit(
            me.user_id,
            place.opened.assignment,
            place.item,
            handed,
            at=now(),
            held_to=None if place.opened.membership.is_staff else place.opened.dates,
        )
        answer = {
            "id": str(attempt.id),
            "attempt_number": attempt.attempt_number,
            "type": attempt.type,
            "status": attempt.status,
            "url": flask.url_for("results.attempt", attempt_id=attempt.id),
            "events_url": flask.url_for("results.events", attempt_id=attempt.id),
            "cancel_url": flask.url_for("results.cancel", attempt_id=attempt.id),
            "next_in_seconds": 0 if place.opened.membership.is_staff
            else timing.next_in_seconds(queries.who_hands_in(me.user_id, place.opened.assignment), item_id, place.opened.assignment, at=now()),
        }  # fmt: skip
    return {"attempt": answer}, 202
