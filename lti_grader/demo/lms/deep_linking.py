"""The return from a tool with what a teacher has picked there (Deep Linking 2.0, section 3)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import flask
import jwt
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from lti_grader.demo.lms import keys, launch, line_items, wire
from lti_grader.demo.lms.authorisation import protocol
from lti_grader.demo.lms.models import LineItem, ResourceLink, Role, Tool
from lti_grader.demo.lms.services import installation
from lti_grader.demo.lms.store import store
from lti_grader.demo.lms.tokens import use_once
from lti_grader.demo.lms.wire import Refused

_ITEMS = wire.DL + "content_items"


@protocol.post("/api/lti/deep-link-return")
def deep_link_return() -> Response:
    """Put what came back into the course, and lead the page around the frame there."""
    token = flask.request.form.get("JWT", "")
    claims, intent = _verified(token)
    with store().writing() as session:
        use_once(session, intent.client_id, claims.get("nonce"), "nonce")
        found = launch.setting(session, intent, installation(session))
        if found.member.role != Role.TEACHER:
            raise Refused(403, "forbidden", "Only teachers place assignments in a course.")
        links = [_add_link(session, found.tool, intent, item) for item in _content_items(claims)]
        titles = [link.title for link in links]
    return flask.make_response(
        flask.render_template(
            "demo_lms/deep_link_done.html",
            course_id=intent.course_id,
            titles=titles,
            message=claims.get(wire.DL + "msg"),
            error=claims.get(wire.DL + "errormsg"),
        )
    )


def _verified(token: str) -> tuple[dict[str, Any], launch.Intent]:
    """Return the claims of a response and the intent that it belongs to."""
    unread = _unverified(token)
    with store().reading() as session:
        here = installation(session)
        tool = session.get(Tool, str(unread.get("iss")))
    if tool is None:
        raise Refused(400, "invalid_client", "This response is from a tool that is not registered here.")
    held: keys.ToolKeys = flask.current_app.extensions["demo_lms_tool_keys"]
    claims = held.verify(token, tool.jwks_url, audience=here.issuer, issuer=tool.client_id)
    expected = {
        wire.LTI + "message_type": "LtiDeepLinkingResponse",
        wire.LTI + "version": "1.3.0",
    }
    for name, value in expected.items():
        if claims.get(name) != value:
            raise Refused(400, "invalid_request", f"The response's {name.rpartition('/')[2]} must be {value}.")
    data = claims.get(wire.DL + "data")
    if not isinstance(data, str):
        raise Refused(400, "invalid_request", "The response does not give back the data that the request carried.")
    intent = launch.unseal(data, here)
    if intent.message != launch.Message.DEEP_LINKING or intent.client_id != tool.client_id:
        raise Refused(400, "invalid_request", "The response belongs to another request.")
    if claims.get(wire.LTI + "deployment_id") != intent.deployment_id:
        raise Refused(400, "invalid_request", "The response names another deployment than the request.")
    return claims, intent


def _unverified(token: str) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise Refused(400, "invalid_request", f"The response is no JWT: {error}.") from None
    return claims


def _content_items(claims: Mapping[str, Any]) -> list[dict[str, Any]]:
    items = claims.get(_ITEMS, [])
    if not isinstance(items, list):
        raise Refused(400, "invalid_request", "content_items must be a list.")
    for item in items:
        if not isinstance(item, dict) or item.get("type") != "ltiResourceLink":
            raise Refused(400, "invalid_request", "Only items of type ltiResourceLink are accepted here.")
    return items


def _add_link(session: Session, tool: Tool, intent: launch.Intent, item: Mapping[str, Any]) -> ResourceLink:
    custom = item.get("custom", {})
    if not isinstance(custom, dict) or not all(isinstance(value, str) for value in custom.values()):
        raise Refused(400, "invalid_request", "custom must hold texts.")
    url = item.get("url") or tool.target_link_uri
    if urlsplit(url)[:2] != urlsplit(tool.target_link_uri)[:2]:
        raise Refused(400, "invalid_request", f"The item's address {url} is not one of the tool's.")
    described = item.get("lineItem")
    title = item.get("title") or (described or {}).get("label") or tool.name
    link = ResourceLink(
        course_id=intent.course_id,
        client_id=tool.client_id,
        deployment_id=intent.deployment_id,
        title=str(title)[:500],
        text=str(item.get("text") or "")[:5000],
        url=url,
        custom=custom,
        windows={name: item[name] for name in ("available", "submission") if isinstance(item.get(name), dict)},
    )
    session.add(link)
    session.flush()
    if described is not None:
        column = LineItem(course_id=intent.course_id, client_id=tool.client_id, resource_link_id=link.id)
        line_items.fill(column, {"label": link.title} | described)
        session.add(column)
        session.flush()
    return link
