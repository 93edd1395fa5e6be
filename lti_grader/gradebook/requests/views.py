"""Regrade requests: asked for, talked about, decided on, and all of a class in a row."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from lti_grader.assignments.queries import OpenedAssignment, assignment_problem, open_assignment
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.attempts.queries import attempt as get_attempt
from lti_grader.attempts.theirs import may_see, students_of
from lti_grader.classes.queries import get_class, membership
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import BadInput, Forbidden, GraderError, NotFound
from lti_grader.core.web import viewer
from lti_grader.gradebook.by_hand import LONGEST_REASON, BadMark, ChangedMeanwhile, seen_of
from lti_grader.gradebook.queries import entry_of
from lti_grader.gradebook.requests import asking, deciding, queries
from lti_grader.gradebook.requests.errors import Answered, BadRequest, NotNow
from lti_grader.gradebook.requests.queries import Opened
from lti_grader.grading.errors import BeingJudged
from lti_grader.grading.shown import attempt_json
from lti_grader.people.models import User

blueprint = flask.Blueprint("requests", __name__)
_REFUSED = (BadRequest, NotNow, Answered, BadMark, ChangedMeanwhile, BeingJudged)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@blueprint.get("/attempts/<uuid:attempt_id>/regrade-request")
def new(attempt_id: uuid.UUID) -> ResponseReturnValue:
    """The form in which a student asks for a regrade."""
    me = viewer()
    with transaction(me.tenant_id):
        return _new_page(*_own_attempt(attempt_id, me.user_id))


@blueprint.post("/attempts/<uuid:attempt_id>/regrade-request")
def ask(attempt_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for a regrade."""
    me, form = viewer(), flask.request.form
    try:
        with transaction(me.tenant_id):
            attempt, opened = _own_attempt(attempt_id, me.user_id)
            request_id = asking.ask(
                attempt, opened, form.get("text", ""), about=form.get("about", ""), tests=_tests(attempt, opened), at=_now()
            ).id  # fmt: skip
    except _REFUSED as error:
        with transaction(me.tenant_id):
            return flask.make_response(_new_page(*_own_attempt(attempt_id, me.user_id), error=error), error.status)
    return flask.redirect(flask.url_for("requests.thread", request_id=request_id), 303)


def _own_attempt(attempt_id: uuid.UUID, user_id: uuid.UUID) -> tuple[SubmissionAttempt, OpenedAssignment]:
    attempt = get_attempt(attempt_id)
    item = assignment_problem(attempt.assignment_problem_id)
    opened = open_assignment(item.assignment_id, user_id)
    if not may_see(opened.membership, attempt):
        raise NotFound("There is no such attempt.")
    asking.require_student(attempt, opened)
    return attempt, opened


def _tests(attempt: SubmissionAttempt, opened: OpenedAssignment) -> list[str]:
    """Return the names of the tests that the student sees."""
    return [one["name"] for one in attempt_json(attempt, opened, now=_now())["tests"]]


def _new_page(attempt: SubmissionAttempt, opened: OpenedAssignment, *, error: GraderError | None = None) -> str:
    return flask.render_template(
        "gradebook/requests/new.html",
        attempt=attempt,
        opened=opened,
        chance=asking.chance(attempt, opened, at=_now()),
        there=asking.undecided(opened.membership.user_id, attempt.assignment_problem_id),
        tests=_tests(attempt, opened),
        error=error.message if error else "",
        form=flask.request.form if error else {},
        longest=asking.LONGEST,
    )


@blueprint.get("/regrade-requests/<uuid:request_id>")
def thread(request_id: uuid.UUID) -> ResponseReturnValue:
    """What was asked and answered, what was decided, and what that changed."""
    me = viewer()
    with transaction(me.tenant_id):
        return _thread_page(queries.open_request(request_id, me.user_id))


def _thread_page(found: Opened, *, error: GraderError | None = None) -> str:
    request = found.line.request
    opened = open_assignment(request.assignment_id, found.place.user_id)
    entry = entry_of(request.student_id, request.assignment_id)
    return flask.render_template(
        "gradebook/requests/thread.html",
        found=found,
        request_=request,
        line=found.line,
        class_=get_class(found.place.class_id),
        sees_marks=found.place.is_staff or opened.shown(at=_now()).marks,
        entry=entry,
        mark_seen=seen_of(entry),
        problems=len(opened.problems),
        longest=min(asking.LONGEST, LONGEST_REASON),
        error=error.message if error else "",
        form=flask.request.form if error else {},
    )


@blueprint.post("/regrade-requests/<uuid:request_id>")
def act(request_id: uuid.UUID) -> ResponseReturnValue:
    """Write into a request, withdraw it, or decide on it."""
    me, do = viewer(), flask.request.form.get("do", "")
    try:
        with transaction(me.tenant_id):
            found = queries.open_request(request_id, me.user_id, locked=True)
            acts = _OF_STUDENTS if found.is_own else _OF_STAFF
            if do not in acts:
                if do in {**_OF_STUDENTS, **_OF_STAFF}:
                    raise Forbidden("That is not yours to do with this request.")
                raise BadInput("Choose from the page what is to become of the request.")
            acts[do](found, _seen())
    except _REFUSED as error:
        with transaction(me.tenant_id):
            page = _thread_page(queries.open_request(request_id, me.user_id), error=error)
            return flask.make_response(page, error.status)
    return flask.redirect(flask.url_for("requests.thread", request_id=request_id), 303)


def _seen() -> int:
    text = flask.request.form.get("seen", "")
    # Who looked at nothing has not seen how it stands.
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def _said() -> str:
    return flask.request.form.get("text", "")


def _staff(act_of: Callable[..., None], *given: str) -> Callable[[Opened, int], None]:
    def do(found: Opened, seen: int) -> None:
        by = session().get_one(User, found.place.user_id)
        values = [flask.request.form.get(name, "") for name in (*given, "text")]
        act_of(found.line.request, *values, by=by, seen=seen, at=_now())

    return do


_OF_STUDENTS: dict[str, Callable[[Opened, int], None]] = {
    "add": lambda found, seen: asking.add(found.line.request, _said(), seen=seen, at=_now()),
    "withdraw": lambda found, seen: asking.withdraw(found.line.request, seen=seen, at=_now()),
}
_OF_STAFF: dict[str, Callable[[Opened, int], None]] = {
    "reply": _staff(deciding.reply),
    "decline": _staff(deciding.decline),
    "judge": _staff(deciding.judge_again),
    "points": _staff(deciding.give_points, "points", "mark"),
}


@blueprint.get("/classes/<uuid:class_id>/regrade-requests")
def of_class(class_id: uuid.UUID) -> ResponseReturnValue:
    """The regrade requests of a class, those first that wait for the staff."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        return flask.render_template(
            "gradebook/requests/class.html",
            class_=get_class(class_id),
            within=place.within,
            lines=queries.of_class(place),
            most=queries.MOST,
        )


def beside_attempt(attempt: SubmissionAttempt, opened: OpenedAssignment) -> dict[str, Any]:
    """Return what an attempt's page says of regrade requests: those that there are, and whether one may be made."""
    is_own = opened.membership.user_id in students_of(attempt)
    if not is_own and not opened.membership.is_staff:
        return {"requests": [], "chance": None}
    found = queries.of_attempt(attempt.id)
    may_ask = is_own and not opened.membership.is_staff and not any(one.is_undecided for one in found)
    chance = asking.chance(attempt, opened, at=_now()) if may_ask else None
    # Others of a group read what came of it in their marks; what was written is between who asked and the staff.
    if not opened.membership.is_staff:
        found = [one for one in found if one.student_id == opened.membership.user_id]
    return {"requests": found, "chance": chance if chance is not None and not chance.why_not else None}
