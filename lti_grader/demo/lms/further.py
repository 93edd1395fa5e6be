"""Launches that open something else than a link or a picker: work behind a score, a file's report, personal data."""

from collections.abc import Callable
from typing import Any

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from lti_grader.demo.lms.file_models import Activity, HandedIn, Reviewable
from lti_grader.demo.lms.models import Column, Member, Tool
from lti_grader.demo.lms.store import STAFF, lms

_LTI = "https://purl.imsglobal.org/spec/lti/claim/"
_AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
_ADMIN = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"
Claims = dict[str, Any]


def may(session: Session, member: Member, message: dict[str, Any]) -> bool:
    """Return whether a member may make a launch of one of these kinds."""
    if member.role in STAFF and message["kind"] != "privacy":
        return True
    if message["kind"] == "review":
        return bool(message["for"] == member.person_id)
    if message["kind"] == "report":
        return session.get_one(HandedIn, message["asset"]).person_id == member.person_id
    return message["kind"] == "privacy" and member.role == "registrar"


def claims_of(session: Session, tool: Tool, person_id: str, message: dict[str, Any], known: Claims) -> Claims:
    """Return the claims of such a launch; `known` is what every launch says."""
    return _KINDS[message["kind"]](session, tool, person_id, message, known)


def _review(session: Session, tool: Tool, person_id: str, message: dict[str, Any], known: Claims) -> Claims:
    column = session.get_one(Column, message["column"])
    offered = session.get(Reviewable, column.id)
    url = f"{lms().url}/courses/{column.course_id}/lineitems/{column.id}/lineitem"
    return {
        _LTI + "message_type": "LtiSubmissionReviewRequest",
        _LTI + "target_link_uri": (offered.url if offered else None) or tool.deep_linking_url,
        _LTI + "for_user": {"user_id": message["for"]},
        _AGS: {**known.get(_AGS, {}), "lineitem": url},
    }


def activity_claim(activity: Activity) -> Claims:
    """Return what names an assignment of the LMS itself."""
    return {_LTI + "activity": {"id": activity.id, "title": activity.title}}


def _settings(session: Session, tool: Tool, person_id: str, message: dict[str, Any], known: Claims) -> Claims:
    activity = session.get_one(Activity, message["activity"])
    return {
        _LTI + "message_type": "LtiAssetProcessorSettingsRequest",
        _LTI + "target_link_uri": activity.url or tool.deep_linking_url,
        _LTI + "custom": activity.custom,
        **activity_claim(activity),
    }


def _report(session: Session, tool: Tool, person_id: str, message: dict[str, Any], known: Claims) -> Claims:
    file = session.get_one(HandedIn, message["asset"])
    activity = session.get_one(Activity, file.activity_id)
    return {
        _LTI + "message_type": "LtiReportReviewRequest",
        _LTI + "target_link_uri": activity.url or tool.deep_linking_url,
        _LTI + "asset": {"id": file.id},
        _LTI + "submission": {"id": f"{file.activity_id}-{file.person_id}:{file.attempt}"},
        _LTI + "assetreport_type": message["type"],
        # Who looks, as in Canvas, and not whose file it is.
        _LTI + "for_user": {"user_id": person_id},
        **activity_claim(activity),
    }


def _privacy(session: Session, tool: Tool, person_id: str, message: dict[str, Any], known: Claims) -> Claims:
    claims: Claims = {
        _LTI + "message_type": "DataPrivacyLaunchRequest",
        _LTI + "target_link_uri": tool.deep_linking_url,
        _LTI + "roles": [_ADMIN],
    }
    return claims | ({_LTI + "for_user": {"user_id": message["for"]}} if message.get("for") else {})


_KINDS: dict[str, Callable[[Session, Tool, str, dict[str, Any], Claims], Claims]] = {
    "review": _review,
    "settings": _settings,
    "report": _report,
    "privacy": _privacy,
}


def frame(seat: Any, title: str, source: str) -> ResponseReturnValue:
    """Return a course page with such a launch in its frame."""
    from lti_grader.demo.lms.platform import STORAGE_FRAMES

    return flask.render_template(
        "demo_lms/frame.html",
        seat=seat,
        title=title,
        source=source,
        deep=False,
        storage=STORAGE_FRAMES.get(lms().mode()),
    )
