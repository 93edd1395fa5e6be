"""Assignments where students hand in files to the LMS itself, and the Asset Processor's services around them."""

import base64
import datetime as dt
import hashlib
import uuid
from typing import Any

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_grader.demo.lms import further, notices
from lti_grader.demo.lms.file_models import Activity, HandedIn, Report
from lti_grader.demo.lms.guard import guarded
from lti_grader.demo.lms.models import Course, Person, Tool
from lti_grader.demo.lms.pages import Seat, _gone, _problem, _seat
from lti_grader.demo.lms.platform import announce
from lti_grader.demo.lms.store import lms

blueprint = flask.Blueprint("files", __name__)
_LTI = "https://purl.imsglobal.org/spec/lti/claim/"
READ, REPORT = (
    "https://purl.imsglobal.org/spec/lti/scope/asset.readonly",
    "https://purl.imsglobal.org/spec/lti/scope/report",
)
_MOST_BYTES = 5_242_880


@blueprint.post("/courses/<course_id>/activities")
def make(course_id: str) -> ResponseReturnValue:
    """Make a place to hand files in."""
    title = flask.request.form.get("title", "").strip()[:200] or "Essay"
    with lms().store.begin() as session:
        seat = _seat(session, course_id)
        if seat is None or not seat.places_links:
            return flask.redirect(flask.url_for("pages.home"))
        made = Activity(course_id=course_id, title=title, custom={})
        session.add(made)
        session.flush()
        activity_id = made.id
    return flask.redirect(flask.url_for("files.activity", activity_id=activity_id), 303)


def _opened(session: Session, activity_id: str) -> tuple[Activity, Seat] | None:
    found = session.get(Activity, activity_id)
    seat = _seat(session, found.course_id) if found is not None else None
    return (found, seat) if found is not None and seat is not None else None


@blueprint.get("/activities/<activity_id>")
def activity(activity_id: str) -> ResponseReturnValue:
    with lms().store() as session:
        opened = _opened(session, activity_id)
        if opened is None:
            return _gone()
        found, seat = opened
        query = select(HandedIn, Person).join(Person, Person.id == HandedIn.person_id)
        query = query.where(HandedIn.activity_id == activity_id).order_by(Person.family_name, HandedIn.attempt.desc())
        if not seat.is_staff:
            query = query.where(HandedIn.person_id == seat.person.id)
        rows = session.execute(query).all()
        reports = {
            one.asset_id: one
            for one in session.scalars(select(Report).where(Report.asset_id.in_([file.id for file, _ in rows])))
        }
        return flask.render_template(
            "demo_lms/activity.html", seat=seat, activity=found, rows=rows, reports=reports,
            tools=session.scalars(select(Tool)).all(), tool=session.get(Tool, found.client_id) if found.client_id else None,
        )  # fmt: skip


@blueprint.get("/activities/<activity_id>/processor/<client_id>")
def processor(activity_id: str, client_id: str) -> ResponseReturnValue:
    """A course page with the tool in its frame, where a teacher makes it the files' processor."""
    return _framed(
        activity_id,
        "Add a document processor",
        flask.url_for("files.choose", activity_id=activity_id, client_id=client_id),
    )


@blueprint.get("/activities/<activity_id>/settings")
def settings(activity_id: str) -> ResponseReturnValue:
    return _framed(activity_id, "Document processor", flask.url_for("files.open_settings", activity_id=activity_id))


@blueprint.get("/activities/<activity_id>/files/<asset_id>/report")
def report(activity_id: str, asset_id: str) -> ResponseReturnValue:
    return _framed(
        activity_id, "Report", flask.url_for("files.open_report", activity_id=activity_id, asset_id=asset_id)
    )


def _framed(activity_id: str, title: str, source: str) -> ResponseReturnValue:
    with lms().store() as session:
        opened = _opened(session, activity_id)
        return _gone() if opened is None else further.frame(opened[1], title, source)


@blueprint.get("/launch/activities/<activity_id>/choose/<client_id>")
def choose(activity_id: str, client_id: str) -> ResponseReturnValue:
    return _launch(activity_id, {"kind": "deep"}, client_id)


@blueprint.get("/launch/activities/<activity_id>/settings")
def open_settings(activity_id: str) -> ResponseReturnValue:
    return _launch(activity_id, {"kind": "settings"})


@blueprint.get("/launch/activities/<activity_id>/report/<asset_id>")
def open_report(activity_id: str, asset_id: str) -> ResponseReturnValue:
    with lms().store() as session:
        said = session.scalars(select(Report).where(Report.asset_id == asset_id)).first()
    return _launch(activity_id, {"kind": "report", "asset": asset_id, "type": said.type if said else ""})


def _launch(activity_id: str, message: dict[str, Any], client_id: str | None = None) -> ResponseReturnValue:
    with lms().store() as session:
        opened = _opened(session, activity_id)
        tool = session.get(Tool, client_id or (opened[0].client_id if opened else None) or "")
        if opened is None or tool is None:
            return _gone()
        found, seat = opened
        target = tool.deep_linking_url if message["kind"] == "deep" else found.url or tool.deep_linking_url
        return flask.redirect(
            announce(tool, seat.person.id, target, {**message, "course": found.course_id, "activity": activity_id})
        )


def take_processor(tool: Tool, items: list[dict[str, Any]], note: dict[str, Any]) -> ResponseReturnValue:
    """Take in a deep linking response that makes a tool the processor of an assignment's files."""
    chosen = next((one for one in items if one.get("type") == "ltiAssetProcessor"), None)
    if chosen is None:
        raise ValueError("it brings no asset processor, which was all that was asked for")
    custom = chosen.get("custom")
    with lms().store.begin() as session:
        found = session.get_one(Activity, note["activity"])
        found.client_id, found.url = tool.client_id, str(chosen.get("url") or tool.deep_linking_url)
        found.custom = custom if isinstance(custom, dict) else {}
    made = [str(chosen.get("title") or tool.name)]
    return flask.render_template("demo_lms/placed.html", course_id=note["course"], made=made)


@blueprint.post("/activities/<activity_id>/hand-in")
def hand_in(activity_id: str) -> ResponseReturnValue:
    """Take a student's file, and tell the tool of it."""
    upload = flask.request.files.get("file")
    content = upload.read(_MOST_BYTES + 1) if upload is not None else b""
    if upload is None or not content or len(content) > _MOST_BYTES:
        return _problem("Choose a file of at most 5 MiB, and hand it in again.", 400)
    with lms().store.begin() as session:
        opened = _opened(session, activity_id)
        if opened is None or opened[1].role != "student":
            return _problem("Only the course's students hand files in.", 403)
        found, seat = opened
        before = session.scalar(
            select(func.max(HandedIn.attempt)).where(
                HandedIn.activity_id == activity_id, HandedIn.person_id == seat.person.id
            )
        )
        file = HandedIn(
            id=str(uuid.uuid4()), activity_id=activity_id, person_id=seat.person.id, attempt=(before or 0) + 1,
            filename=(upload.filename or "file")[:200], media_type=upload.mimetype or "application/octet-stream",
            content=content,
        )  # fmt: skip
        session.add(file)
        session.flush()
        tool = session.get(Tool, found.client_id) if found.client_id else None
        course = session.get_one(Course, found.course_id)
    if tool is not None:
        notices.tell(tool, notices.SUBMITTED, submission_claims(found, course, file))
    return flask.redirect(flask.url_for("files.activity", activity_id=activity_id), 303)


def submission_claims(activity: Activity, course: Course, file: HandedIn) -> dict[str, Any]:
    """Return what a notice says of a file that was handed in."""
    digest = base64.b64encode(hashlib.sha256(file.content).digest()).decode()
    return {
        **notices.context_claim(course),
        **further.activity_claim(activity),
        "sub": file.person_id,
        _LTI + "custom": activity.custom,
        _LTI + "for_user": {"user_id": file.person_id},
        _LTI + "submission": {"id": f"{file.activity_id}-{file.person_id}:{file.attempt}"},
        _LTI + "assetreport": {"scope": [REPORT], "report_url": f"{lms().url}/asset-processors/{activity.id}/reports"},
        _LTI + "assetservice": {
            "scope": [READ],
            "assets": [
                {
                    "asset_id": file.id, "url": f"{lms().url}/asset-processors/{activity.id}/assets/{file.id}",
                    "sha256_checksum": digest, "timestamp": file.at.replace(tzinfo=dt.UTC).isoformat(),
                    "size": len(file.content), "content_type": file.media_type, "title": activity.title,
                    "filename": file.filename,
                }
            ],
        },
    }  # fmt: skip


def _own_file(session: Session, activity_id: str, asset_id: str) -> HandedIn | None:
    found, file = session.get(Activity, activity_id), session.get(HandedIn, asset_id)
    if found is None or file is None or file.activity_id != activity_id or found.client_id != flask.g.client_id:
        return None
    return file


@blueprint.get("/asset-processors/<activity_id>/assets/<asset_id>")
@guarded("assets", READ)
def show_asset(activity_id: str, asset_id: str) -> ResponseReturnValue:
    with lms().store() as session:
        file = _own_file(session, activity_id, asset_id)
        if file is None:
            return {"errors": {"message": "not found"}}, 404
        return flask.Response(file.content, content_type=file.media_type)


@blueprint.post("/asset-processors/<activity_id>/reports")
@guarded("reports", REPORT)
def take_report(activity_id: str) -> ResponseReturnValue:
    """Keep the latest report of each type for a file."""
    given = flask.request.get_json(force=True, silent=True)
    given = given if isinstance(given, dict) else {}
    needed = ("assetId", "type", "timestamp", "processingProgress")
    if any(not isinstance(given.get(name), str) or not given[name] for name in needed):
        return {"errors": {"message": f"{', '.join(needed)} are required"}}, 400
    with lms().store.begin() as session:
        if _own_file(session, activity_id, given["assetId"]) is None:
            return {"errors": {"message": "Invalid asset"}}, 400
        before = session.get(Report, (given["assetId"], given["type"]))
        if before is not None and before.timestamp > given["timestamp"]:
            return {"errors": {"message": "An existing report has a newer timestamp"}}, 409
        session.merge(Report(asset_id=given["assetId"], type=given["type"], timestamp=given["timestamp"], body=given))
    return given, 201
