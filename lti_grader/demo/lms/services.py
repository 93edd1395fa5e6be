"""Assignment and Grade Services 2.0, and Names and Role Provisioning Services 2.0, as the platform offers them."""

import datetime as dt
import functools
import json
import math
import re
import socket
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import delete, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from lti_grader.demo.lms import scores
from lti_grader.demo.lms.models import Column, Course, Grade, Link, Member, Person, Request, Tool
from lti_grader.demo.lms.people import TEST_STUDENT
from lti_grader.demo.lms.scores import Mode
from lti_grader.demo.lms.store import ROLES, Faults, lms

blueprint = flask.Blueprint("services", __name__)
_AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
_MEMBERSHIP = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
_KEPT = 2000
_SECRET = re.compile(r'("access_token"\s*:\s*)"[^"]*"')

View = Callable[..., ResponseReturnValue]


def guarded(service: str, *scopes: str) -> Callable[[View], View]:
    """Let a service fail as it was told to, ask for a token of one of `scopes`, and note what passed."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guard(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            faults = lms().take_fault(service)
            if faults.delay_ms:
                time.sleep(faults.delay_ms / 1000)
            if faults.is_any and not faults.break_after:
                answer = _fail(faults)
            elif scopes and not _may(scopes):
                answer = flask.make_response({"error": "a token with the scope is needed"}, 401)
            else:
                answer = _answer(view, *args, **kwargs)
                if faults.is_any:
                    answer = _fail(faults)
            _note(answer)
            if faults.hangs_up:
                _hang_up()
            return answer

        return guard

    return decorate


def _answer(view: View, *args: Any, **kwargs: Any) -> flask.Response:
    try:
        return flask.make_response(view(*args, **kwargs))
    except NoResultFound:
        return flask.make_response({"errors": {"message": "There is no such thing here"}}, 404)
    except HTTPException as error:
        return flask.make_response({"errors": {"message": error.description}}, error.code or 500)


def _hang_up() -> None:
    connection = flask.request.environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)


def _fail(faults: Faults) -> flask.Response:
    words = "403 Forbidden (Rate Limit Exceeded)" if faults.status == 403 else "The LMS is not well"
    # Who hangs up says nothing; for the list of requests it counts as a gateway's failure.
    answer = flask.make_response({"errors": {"message": words}}, faults.status or 502)
    if faults.retry_after is not None:
        answer.headers["Retry-After"] = str(faults.retry_after)
    return answer


def _may(scopes: tuple[str, ...]) -> bool:
    kind, _, token = flask.request.headers.get("Authorization", "").partition(" ")
    note = lms().unseal("access", token) if kind.casefold() == "bearer" else None
    if note is None or not set(scopes) & set(note["scopes"]):
        return False
    flask.g.client_id = note["client"]
    return True


def _note(answer: flask.Response) -> None:
    request = flask.request
    body = request.get_data(as_text=True)[:_KEPT] if "json" in (request.content_type or "") else ""
    said = _SECRET.sub(r'\1"(not kept)"', answer.get_data(as_text=True))[:_KEPT]
    path = request.full_path.rstrip("?")
    with lms().store.begin() as session:
        session.add(Request(method=request.method, path=path, status=answer.status_code, body=body, answer=said))


def _column_json(column: Column) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": f"{lms().url}/courses/{column.course_id}/lineitems/{column.id}/lineitem",
        "label": column.label,
        "scoreMaximum": column.maximum,
    }
    for name, value in (("resourceId", column.resource_id), ("tag", column.tag), ("resourceLinkId", column.link_id)):
        if value is not None:
            shown[name] = value
    return shown


def is_maximum(value: object) -> bool:
    """Return whether a column can have this maximum."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0


def _typed(body: Any, kind: str, status: int = 200) -> flask.Response:
    answer = flask.make_response(json.dumps(body), status)
    answer.content_type = kind
    return answer


def _column(session: Session, course_id: str, column_id: str) -> Column:
    column = session.get(Column, column_id)
    if column is None or column.course_id != course_id or column.client_id != flask.g.client_id:
        flask.abort(404, "There is no such column of this tool")
    return column


@blueprint.get("/courses/<course_id>/lineitems")
@guarded("lineitems", _AGS + "lineitem", _AGS + "lineitem.readonly")
def list_columns(course_id: str) -> ResponseReturnValue:
    with lms().store() as session:
        query = (
            select(Column)
            .where(Column.course_id == course_id, Column.client_id == flask.g.client_id)
            .order_by(Column.made_at)
        )
        for name, field in (
            ("resource_id", Column.resource_id),
            ("tag", Column.tag),
            ("resource_link_id", Column.link_id),
        ):
            if wanted := flask.request.args.get(name):
                query = query.where(field == wanted)
        found = [_column_json(one) for one in session.scalars(query)]
    return _paged(found, "application/vnd.ims.lis.v2.lineitemcontainer+json")


def _paged(found: list[Any], kind: str, wrap: Callable[[list[Any]], Any] = lambda page: page) -> flask.Response:
    """Page as products do: only where a limit is asked for, except in Canvas, which always does."""
    limit = max(0, flask.request.args.get("limit", 0, type=int)) or (10 if lms().mode() is Mode.CANVAS else 0)
    page = max(1, flask.request.args.get("page", 1, type=int))
    if not limit:
        return _typed(wrap(found), kind)
    answer = _typed(wrap(found[(page - 1) * limit : page * limit]), kind)
    if page * limit < len(found):
        query = {**flask.request.args.to_dict(), "page": str(page + 1), "limit": str(limit)}
        quote = "\u201d" if lms().mode() is Mode.GENERIC else '"'
        answer.headers["Link"] = (
            f"<{lms().url}{flask.request.path}?{urlencode(query)}>; rel={quote}next{quote}".encode().decode("latin-1")
        )
    return answer


@blueprint.post("/courses/<course_id>/lineitems")
@guarded("lineitems", _AGS + "lineitem")
def add_column(course_id: str) -> ResponseReturnValue:
    given = flask.request.get_json(force=True, silent=True) or {}
    if not given.get("label") or not is_maximum(given.get("scoreMaximum")):
        return {"errors": {"message": "label and scoreMaximum, a number above 0, are required"}}, 400
    with lms().store.begin() as session:
        session.get_one(Course, course_id)
        column = Column(
            course_id=course_id, client_id=flask.g.client_id, link_id=given.get("resourceLinkId"), label=given["label"],
            maximum=float(given["scoreMaximum"]), resource_id=given.get("resourceId"), tag=given.get("tag"),
        )  # fmt: skip
        session.add(column)
        session.flush()
        shown = _column_json(column)
    return _typed(shown, "application/vnd.ims.lis.v2.lineitem+json", 201)


@blueprint.get("/courses/<course_id>/lineitems/<column_id>/lineitem")
@guarded("lineitems", _AGS + "lineitem", _AGS + "lineitem.readonly")
def show_column(course_id: str, column_id: str) -> ResponseReturnValue:
    with lms().store() as session:
        return _typed(_column_json(_column(session, course_id, column_id)), "application/vnd.ims.lis.v2.lineitem+json")


@blueprint.put("/courses/<course_id>/lineitems/<column_id>/lineitem")
@guarded("lineitems", _AGS + "lineitem")
def change_column(course_id: str, column_id: str) -> ResponseReturnValue:
    given = flask.request.get_json(force=True, silent=True) or {}
    if "scoreMaximum" in given and not is_maximum(given["scoreMaximum"]):
        return {"errors": {"message": "scoreMaximum is a number above 0"}}, 400
    with lms().store.begin() as session:
        column = _column(session, course_id, column_id)
        column.label = given.get("label") or column.label
        column.maximum = float(given.get("scoreMaximum") or column.maximum)
        column.resource_id, column.tag = given.get("resourceId"), given.get("tag")
        shown = _column_json(column)
    return _typed(shown, "application/vnd.ims.lis.v2.lineitem+json")


@blueprint.delete("/courses/<course_id>/lineitems/<column_id>/lineitem")
@guarded("lineitems", _AGS + "lineitem")
def remove_column(course_id: str, column_id: str) -> ResponseReturnValue:
    with lms().store.begin() as session:
        column = _column(session, course_id, column_id)
        session.execute(delete(Grade).where(Grade.column_id == column.id))
        session.delete(column)
    return "", 204


@blueprint.post("/courses/<course_id>/lineitems/<column_id>/lineitem/scores")
@guarded("scores", _AGS + "score")
def post_score(course_id: str, column_id: str) -> ResponseReturnValue:
    body = flask.request.get_json(force=True, silent=True)
    mode = lms().mode()
    with lms().store.begin() as session:
        column = _column(session, course_id, column_id)
        person_id = str(body.get("userId", "")) if isinstance(body, dict) else ""
        grade = session.get(Grade, (column_id, person_id))
        member = session.get(Member, (course_id, person_id))
        cell = scores.Cell(
            maximum=column.maximum,
            timestamp=scores.parse_moment(grade.timestamp) if grade else None,
            is_overridden=grade is not None and grade.override is not None,
            is_locked=grade is not None and grade.locked,
            is_learner=member is not None and member.active and member.role == "student",
        )
        outcome = scores.take(mode, cell, body, flask.request.content_type or "", at=dt.datetime.now(dt.UTC))
        if outcome.stores and session.get(Person, person_id) is not None:
            assert isinstance(body, dict)
            _store(session, mode, column_id, person_id, body, outcome)
    return _typed(outcome.body, "application/json", outcome.status)


def _store(
    session: Session, mode: Mode, column_id: str, person_id: str, body: dict[str, Any], outcome: scores.Outcome
) -> None:
    grade = session.get(Grade, (column_id, person_id))
    if grade is None:
        grade = Grade(column_id=column_id, person_id=person_id, posts=0, locked=False)
        session.add(grade)
    if not outcome.keeps_score:
        grade.score = outcome.score
        if mode is Mode.CANVAS:
            # Whatever a teacher typed there is gone: that product has one grade, and the last word wins.
            grade.override = None
    grade.timestamp, grade.activity, grade.grading = (
        body["timestamp"],
        body["activityProgress"],
        body["gradingProgress"],
    )
    grade.comment = body.get("comment")
    grade.submitted_at = (body.get("submission") or {}).get("submittedAt")
    grade.posts += 1


@blueprint.get("/courses/<course_id>/lineitems/<column_id>/lineitem/results")
@guarded("results", _AGS + "result.readonly")
def list_results(course_id: str, column_id: str) -> ResponseReturnValue:
    mode = lms().mode()
    with lms().store() as session:
        column = _column(session, course_id, column_id)
        query = select(Grade).where(Grade.column_id == column_id).order_by(Grade.person_id)
        if wanted := flask.request.args.get("user_id"):
            query = query.where(Grade.person_id == wanted)
        base = f"{lms().url}/courses/{course_id}/lineitems/{column_id}/lineitem"
        found = [_result(mode, base, column, grade) for grade in session.scalars(query)]
    return _paged([one for one in found if one], "application/vnd.ims.lis.v2.resultcontainer+json")


def _result(mode: Mode, base: str, column: Column, grade: Grade) -> dict[str, Any] | None:
    score = grade.override if grade.override is not None else grade.score
    if score is None and mode is not Mode.MOODLE:
        return None
    shown: dict[str, Any] = {
        "id": f"{base}/results/{grade.person_id}", "userId": grade.person_id, "scoreOf": base,
        "resultMaximum": column.maximum,
    }  # fmt: skip
    if score is not None and not (mode is Mode.MOODLE and score == 0):
        shown["resultScore"] = score
    if grade.comment:
        shown["comment"] = grade.comment
    return shown


@blueprint.get("/courses/<course_id>/Memberships")
@guarded("memberships", _MEMBERSHIP)
def list_members(course_id: str) -> ResponseReturnValue:
    mode = lms().mode()
    with lms().store() as session:
        course = session.get_one(Course, course_id)
        tool = session.get_one(Tool, flask.g.client_id)
        rows = session.execute(
            select(Member, Person).join(Person).where(Member.course_id == course_id, Member.active).order_by(Person.id)
        ).all()
        found = [
            _member(mode, tool, member, person)
            for member, person in rows
            if member.role != "registrar" and person.login != TEST_STUDENT
        ]
        context = {"id": course.id, "label": course.code, "title": course.title}
    role = flask.request.args.get("role")
    if role:
        found = [one for one in found if any(name.endswith(role.rpartition("#")[2]) for name in one["roles"])]
    return _paged(
        found,
        "application/vnd.ims.lti-nrps.v2.membershipcontainer+json",
        lambda page: {"id": flask.request.url, "context": context, "members": page},
    )


def _member(mode: Mode, tool: Tool, member: Member, person: Person) -> dict[str, Any]:
    roles = ROLES[member.role]
    if mode is Mode.MOODLE and member.role == "assistant":
        # There an assistant launches as an instructor and stands in the roster as a learner.
        roles = ROLES["student"]
    shown: dict[str, Any] = {"status": "Active", "user_id": person.id, "roles": roles}
    if tool.shares_names:
        shown |= {"name": person.name, "given_name": person.given_name, "family_name": person.family_name}
    if tool.shares_email:
        shown["email"] = person.email
    return shown


def titles(session: Session, course_id: str) -> list[Link]:
    """Return the links of a course in the order in which they were placed."""
    return list(session.scalars(select(Link).where(Link.course_id == course_id).order_by(Link.made_at, Link.id)))
