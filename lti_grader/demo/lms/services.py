"""Assignment and Grade Services 2.0, as the platform offers them."""

import datetime as dt
import json
import math
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_grader.demo.lms import columns, scores
from lti_grader.demo.lms.guard import guarded
from lti_grader.demo.lms.models import Column, Course, Grade, Link, Member, Person, Submission
from lti_grader.demo.lms.scores import Mode
from lti_grader.demo.lms.store import lms
from lti_grader.demo.lms.submissions import Extension, read_extension

blueprint = flask.Blueprint("services", __name__)
_AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
_ITEM, _ITEMS, _RESULTS = (
    f"application/vnd.ims.lis.v2.{kind}+json" for kind in ("lineitem", "lineitemcontainer", "resultcontainer")
)


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


def text_or_none(value: object) -> str | None:
    """Return what a tool gave as a name of its own, as text."""
    return None if value is None else str(value)


def _typed(body: Any, kind: str, status: int = 200) -> flask.Response:
    answer = flask.make_response(json.dumps(body), status)
    answer.content_type = kind
    return answer


def _column(session: Session, course_id: str, column_id: str) -> Column:
    column = session.get(Column, column_id)
    if column is None or column.course_id != course_id or column.client_id != flask.g.client_id:
        flask.abort(404, "There is no such column of this tool")
    return column


def _given() -> dict[str, Any]:
    """Return the request's JSON object, an empty one for anything else."""
    found = flask.request.get_json(force=True, silent=True)
    return found if isinstance(found, dict) else {}


def _insist(header: str, media_type: str, *, may_be_absent: bool) -> None:
    """Refuse, as Moodle does and others do not, a request that is not of or for exactly this media type."""
    said = flask.request.headers.get(header, "").partition(";")[0].strip()
    if lms().mode() is Mode.MOODLE and said != media_type and (said or not may_be_absent):
        flask.abort(400, f"{header} has to be {media_type}")


@blueprint.get("/courses/<course_id>/lineitems")
@guarded("lineitems", _AGS + "lineitem", _AGS + "lineitem.readonly")
def list_columns(course_id: str) -> ResponseReturnValue:
    _insist("Accept", _ITEMS, may_be_absent=True)
    fields = {"resource_id": Column.resource_id, "tag": Column.tag, "resource_link_id": Column.link_id}
    asked = {name: value for name in fields if (value := flask.request.args.get(name))}
    with lms().store() as session:
        session.get_one(Course, course_id)
        query = (
            select(Column)
            .where(Column.course_id == course_id, Column.client_id == flask.g.client_id)
            .where(*(fields[name] == value for name, value in asked.items()))
            .order_by(Column.made_at, Column.id)
        )
        found = [_column_json(one) for one in session.scalars(query)]
    return paged(found, _ITEMS)


def paged(found: list[Any], kind: str, wrap: Callable[[list[Any]], Any] = lambda page: page) -> flask.Response:
    """Page as products do: only where a limit is asked for, except in Canvas, which always does."""
    limit = max(0, flask.request.args.get("limit", 0, type=int)) or (10 if lms().mode() is Mode.CANVAS else 0)
    page = max(1, flask.request.args.get("page", 1, type=int))
    if not limit:
        return _typed(wrap(found), kind)
    answer = _typed(wrap(found[(page - 1) * limit : page * limit]), kind)
    if page * limit < len(found):
        query = {**flask.request.args.to_dict(), "page": str(page + 1), "limit": str(limit)}
        address = f"{lms().url}{flask.request.path}?{urlencode(query)}"
        opening, closing = '""'
        if lms().mode() is Mode.GENERIC:
            opening, closing = "\u201c\u201d"
        elif lms().mode() is Mode.MOODLE and kind != MEMBERS:
            # Its gradebook writes quotes so, and addresses as for a page.
            opening, closing = "\u201c\u201d"
            address = address.replace("&", "&amp;")
        answer.headers["Link"] = f"<{address}>; rel={opening}next{closing}".encode().decode("latin-1")
    return answer


@blueprint.post("/courses/<course_id>/lineitems")
@guarded("lineitems", _AGS + "lineitem")
def add_column(course_id: str) -> ResponseReturnValue:
    _insist("Content-Type", _ITEM, may_be_absent=False)
    given = _given()
    if not given.get("label") or not is_maximum(given.get("scoreMaximum")):
        return {"errors": {"message": "label and scoreMaximum, a number above 0, are required"}}, 400
    with lms().store.begin() as session:
        session.get_one(Course, course_id)
        link_id = given.get("resourceLinkId")
        link = None if link_id is None else session.get(Link, str(link_id))
        if link_id is not None and (link is None or (link.course_id, link.client_id) != (course_id, flask.g.client_id)):
            status = 403 if lms().mode() is Mode.MOODLE else 404
            return {"errors": {"message": "There is no such link of this tool"}}, status
        column = Column(
            course_id=course_id, client_id=flask.g.client_id, link_id=link_id, label=str(given["label"]),
            maximum=float(given["scoreMaximum"]), resource_id=text_or_none(given.get("resourceId")),
            tag=text_or_none(given.get("tag")),
        )  # fmt: skip
        session.add(column)
        session.flush()
        shown = _column_json(column)
    return _typed(shown, _ITEM, 201)


@blueprint.get("/courses/<course_id>/lineitems/<column_id>/lineitem")
@guarded("lineitems", _AGS + "lineitem", _AGS + "lineitem.readonly")
def show_column(course_id: str, column_id: str) -> ResponseReturnValue:
    with lms().store() as session:
        return _typed(_column_json(_column(session, course_id, column_id)), _ITEM)


@blueprint.put("/courses/<course_id>/lineitems/<column_id>/lineitem")
@guarded("lineitems", _AGS + "lineitem")
def change_column(course_id: str, column_id: str) -> ResponseReturnValue:
    given = _given()
    if "scoreMaximum" in given and not is_maximum(given["scoreMaximum"]):
        return {"errors": {"message": "scoreMaximum is a number above 0"}}, 400
    with lms().store.begin() as session:
        column = _column(session, course_id, column_id)
        column.label = str(given.get("label") or column.label)
        columns.resize(session, column, float(given.get("scoreMaximum") or column.maximum))
        column.resource_id, column.tag = text_or_none(given.get("resourceId")), text_or_none(given.get("tag"))
        shown = _column_json(column)
    return _typed(shown, _ITEM)


@blueprint.delete("/courses/<course_id>/lineitems/<column_id>/lineitem")
@guarded("lineitems", _AGS + "lineitem")
def remove_column(course_id: str, column_id: str) -> ResponseReturnValue:
    with lms().store.begin() as session:
        columns.drop(session, _column(session, course_id, column_id))
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
            if grade is None:
                grade = Grade(column_id=column_id, person_id=person_id, posts=0, locked=False)
                session.add(grade)
            _store(mode, grade, body, outcome)
            if not outcome.keeps_score:
                columns.forget_maximum(session, column_id, person_id)
            if mode is Mode.CANVAS:
                _hand_in(session, column_id, person_id, read_extension(body))
    return _typed(outcome.body, "application/json", outcome.status)


def _store(mode: Mode, grade: Grade, body: dict[str, Any], outcome: scores.Outcome) -> None:
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
    if mode is not Mode.MOODLE or grade.override is None:
        # There, "overridden" is the grade and its feedback.
        grade.comment = body.get("comment")
    grade.submitted_at = read_extension(body).submitted_at
    grade.posts += 1


def _hand_in(session: Session, column_id: str, person_id: str, extension: Extension) -> None:
    if not extension.is_new:
        return
    of_theirs = (Submission.column_id == column_id, Submission.person_id == person_id)
    before = session.scalar(select(func.max(Submission.attempt)).where(*of_theirs)) or 0
    session.add(
        Submission(
            column_id=column_id, person_id=person_id, attempt=before + 1, kind=extension.kind, data=extension.data,
            files=list(extension.files), submitted_at=extension.submitted_at,
        )
    )  # fmt: skip


@blueprint.get("/courses/<course_id>/lineitems/<column_id>/lineitem/results")
@guarded("results", _AGS + "result.readonly")
def list_results(course_id: str, column_id: str) -> ResponseReturnValue:
    _insist("Accept", _RESULTS, may_be_absent=True)
    mode = lms().mode()
    with lms().store() as session:
        column = _column(session, course_id, column_id)
        query = select(Grade).where(Grade.column_id == column_id).order_by(Grade.person_id)
        if wanted := flask.request.args.get("user_id"):
            query = query.where(Grade.person_id == wanted)
        base = f"{lms().url}/courses/{course_id}/lineitems/{column_id}/lineitem"
        found = [
            _result(mode, base, grade, columns.maximum_of(session, column, grade.person_id))
            for grade in session.scalars(query)
        ]
    if mode is Mode.MOODLE and found and flask.request.args.get("limit", 0, type=int) > 0:
        # Its pages of results break for LTI 1.3 tools: "Call to a member function out() on null" (5.0).
        flask.abort(404, "Exception - Call to a member function out() on null")
    return paged([one for one in found if one], _RESULTS)


def _result(mode: Mode, base: str, grade: Grade, maximum: float) -> dict[str, Any] | None:
    score = grade.override if grade.override is not None else grade.score
    if score is None and mode is not Mode.MOODLE:
        return None
    shown: dict[str, Any] = {
        "id": f"{base}/results/{grade.person_id}", "userId": grade.person_id, "scoreOf": base,
        "resultMaximum": maximum,
    }  # fmt: skip
    if score is not None and not (mode is Mode.MOODLE and score == 0):
        shown["resultScore"] = score
    if grade.comment:
        shown["comment"] = grade.comment
    return shown


def titles(session: Session, course_id: str) -> list[Link]:
    """Return the links of a course in the order in which they were placed."""
    return list(session.scalars(select(Link).where(Link.course_id == course_id).order_by(Link.made_at, Link.id)))
