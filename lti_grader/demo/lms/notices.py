"""The Platform Notification Service, as Canvas offers it: tools say where, and are told when nobody launches."""

import datetime as dt
import functools
import uuid
from typing import Any

import flask
import httpx
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_grader.demo.lms.file_models import Handler
from lti_grader.demo.lms.guard import guarded
from lti_grader.demo.lms.models import Course, Request, Tool
from lti_grader.demo.lms.store import lms

blueprint = flask.Blueprint("notices", __name__)
_LTI = "https://purl.imsglobal.org/spec/lti/claim/"
SCOPE = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
HELLO, COPIED, SUBMITTED = "LtiHelloWorldNotice", "LtiContextCopyNotice", "LtiAssetProcessorSubmissionNotice"
KINDS = (HELLO, COPIED, SUBMITTED)


@functools.cache
def _http() -> httpx.Client:
    return httpx.Client(timeout=10, trust_env=False)


def service_claims(tool: Tool) -> dict[str, Any]:
    """Return where a tool says what it wants to be told of; nothing where it may not."""
    if SCOPE not in tool.scopes:
        return {}
    return {
        _LTI + "platformnotificationservice": {
            "service_versions": ["1.0"],
            "platform_notification_service_url": f"{lms().url}/notice-handlers/{tool.client_id}",
            "scope": [SCOPE],
            "notice_types_supported": list(KINDS),
        }
    }


@blueprint.get("/notice-handlers/<client_id>")
@guarded("notices", SCOPE)
def list_handlers(client_id: str) -> ResponseReturnValue:
    with lms().store() as session:
        known = {one.kind: one.url for one in session.scalars(select(Handler).where(Handler.client_id == client_id))}
    return {
        "client_id": client_id,
        "notice_handlers": [{"notice_type": kind, "handler": known.get(kind, "")} for kind in KINDS],
    }


@blueprint.put("/notice-handlers/<client_id>")
@guarded("notices", SCOPE)
def set_handler(client_id: str) -> ResponseReturnValue:
    """Take down where a tool wants to be told; who asks to be greeted is greeted."""
    given = flask.request.get_json(force=True, silent=True)
    given = given if isinstance(given, dict) else {}
    kind, url, most = given.get("notice_type"), given.get("handler"), given.get("max_batch_size", 10)
    if client_id != flask.g.client_id:
        return {"errors": {"message": "permission denied"}}, 403
    if kind not in KINDS or not isinstance(url, str) or not isinstance(most, int) or most < 10:
        return {"errors": {"message": "Validation failed: notice_type, handler or max_batch_size"}}, 400
    with lms().store.begin() as session:
        session.merge(Handler(client_id=client_id, kind=kind, url=url))
        tool = session.get_one(Tool, client_id)
    if kind == HELLO and url:
        tell(tool, HELLO, {})
    return {"notice_type": kind, "handler": url, "max_batch_size": most}


def tell(tool: Tool, kind: str, claims: dict[str, Any]) -> int | None:
    """Post a notice to a tool that asked for its kind; like Canvas, once, whatever becomes of it. Return its answer."""
    with lms().store() as session:
        handler = session.get(Handler, (tool.client_id, kind))
    if handler is None or not handler.url:
        return None
    now = dt.datetime.now(dt.UTC)
    at = int(now.timestamp())
    signed = lms().sign(
        {
            "iss": lms().url, "aud": tool.client_id, "azp": tool.client_id, "iat": at, "exp": at + 300,
            "nonce": uuid.uuid4().hex, _LTI + "version": "1.3.0", _LTI + "deployment_id": tool.deployment_id,
            _LTI + "notice": {"id": str(uuid.uuid4()), "timestamp": now.isoformat(), "type": kind}, **claims,
        }
    )  # fmt: skip
    try:
        answer = _http().post(handler.url, json={"notices": [{"jwt": signed}]})
        status, said = answer.status_code, answer.text[:2000]
    except httpx.HTTPError as error:
        status, said = 0, f"{type(error).__name__}: {error}"
    with lms().store.begin() as session:
        session.add(Request(method="POST", path=f"{handler.url} ({kind})", status=status, body="", answer=said))
    return status


def context_claim(course: Course) -> dict[str, Any]:
    """Return a course as launches and notices describe it."""
    return {
        _LTI + "context": {
            "id": course.id, "label": course.code, "title": f"{course.code} {course.title}",
            "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"],
        }
    }  # fmt: skip


def tell_of_copy(session: Session, course: Course, source_id: str) -> list[int | None]:
    """Tell every tool that asked for it that a course was copied from another."""
    claims = {**context_claim(course), _LTI + "origin_contexts": [source_id]}
    return [tell(tool, COPIED, claims) for tool in session.scalars(select(Tool))]


@blueprint.post("/control/copied")
def copied() -> ResponseReturnValue:
    """Say that a course was copied, as a machine that has copied it."""
    from lti_grader.demo.lms.control import only_from_here

    if (refused := only_from_here()) is not None:
        return refused
    given = flask.request.get_json()
    with lms().store.begin() as session:
        if session.get(Course, given["course_id"]) is None:
            session.add(Course(id=given["course_id"], code=given["course_id"], title=given.get("title", "A copy")))
    with lms().store() as session:
        answers = tell_of_copy(session, session.get_one(Course, given["course_id"]), given["from"])
    return {"answers": answers}
