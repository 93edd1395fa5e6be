"""What a teacher chose in a tool's picker, as it comes back (LTI Deep Linking 2.0)."""

import uuid
from typing import Any

import flask
import httpx
import jwt
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from lti_grader.demo.lms import files
from lti_grader.demo.lms.file_models import Reviewable
from lti_grader.demo.lms.models import Column, Link, Member, Tool
from lti_grader.demo.lms.services import is_maximum, text_or_none
from lti_grader.demo.lms.store import PLACES_LINKS, lms
from lti_grader.demo.lms.tokens import tool_of, use_once, verify_of_tool

blueprint = flask.Blueprint("deep_links", __name__)
_LTI = "https://purl.imsglobal.org/spec/lti/claim/"
_DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"


@blueprint.post("/deep-links")
def deep_link_return() -> ResponseReturnValue:
    """Take in what a teacher chose at the tool."""
    try:
        tool, claims, note = _read_choice(flask.request.form.get("JWT", ""))
        if "activity" in note:
            return files.take_processor(tool, claims.get(_DL + "content_items", []), note)
        items = _items(claims)
        with lms().store.begin() as session:
            use_once(session, tool, "nonce", claims.get("nonce"))
            course_id = _chooser(session, note).course_id
            made = [_place(session, tool, course_id, item, edits=note.get("edits")) for item in items]
    except (jwt.PyJWTError, ValueError, httpx.HTTPError) as error:
        return flask.render_template("demo_lms/problem.html", words=f"The tool's answer was refused: {error}"), 400
    return flask.render_template("demo_lms/placed.html", course_id=note["course"], made=made)


def _read_choice(token: str) -> tuple[Tool, dict[str, Any], dict[str, Any]]:
    """Return who sent a response, its claims, and what we had noted in the request's data."""
    tool = tool_of(token)
    claims = verify_of_tool(tool, token, audience=lms().url)
    note = lms().unseal("deep link", str(claims.get(_DL + "data", "")))
    if note is None or note["client"] != tool.client_id:
        raise ValueError("it does not echo the data of the request")
    if claims.get(_LTI + "message_type") != "LtiDeepLinkingResponse" or claims.get(_LTI + "version") != "1.3.0":
        raise ValueError("it is no deep linking response")
    if claims.get(_LTI + "deployment_id") != tool.deployment_id:
        raise ValueError("it names another deployment")
    return tool, claims, note


def _chooser(session: Session, note: dict[str, Any]) -> Member:
    """Return whose choice it is, by the request's data: a post from the tool's site may come without our cookie."""
    member = session.get(Member, (note["course"], note["person"]))
    if member is None or not member.active or member.role not in PLACES_LINKS:
        raise ValueError("who chose may not add to this course any more")
    return member


def _items(claims: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the content items, all of the kind that was asked for; raise `ValueError` in words if one is not."""
    items = claims.get(_DL + "content_items", [])
    if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
        raise ValueError("its content items are no list of objects")
    for item in items:
        if item.get("type") != "ltiResourceLink":
            raise ValueError(f"it brings {item.get('type')!r}, which was not asked for")
        for name, kind in (("title", str), ("url", str), ("custom", dict), ("lineItem", dict)):
            if item.get(name) is not None and type(item[name]) is not kind:
                raise ValueError(f"an item's {name} is of the wrong kind")
        if item.get("lineItem") is not None and not is_maximum(item["lineItem"].get("scoreMaximum")):
            raise ValueError("a line item needs scoreMaximum, a number above 0")
    return items


def _place(session: Session, tool: Tool, course_id: str, item: dict[str, Any], *, edits: str | None) -> str:
    title = item.get("title") or "Assignment"
    before = session.get(Link, edits) if edits else None
    if before is not None and before.course_id == course_id:
        # Chosen anew for a link that is there: it stays the same link, and so does its column.
        before.title, before.custom = title, item.get("custom") or {}
        return str(title)
    link = Link(
        id=uuid.uuid4().hex, course_id=course_id, client_id=tool.client_id, title=title,
        url=item.get("url") or tool.deep_linking_url, custom=item.get("custom") or {},
    )  # fmt: skip
    session.add(link)
    session.flush()
    if (column := item.get("lineItem")) is not None:
        made = Column(
            course_id=course_id, client_id=tool.client_id, link_id=link.id, label=str(column.get("label") or title),
            maximum=float(column["scoreMaximum"]), resource_id=text_or_none(column.get("resourceId")),
            tag=text_or_none(column.get("tag")),
        )  # fmt: skip
        session.add(made)
        session.flush()
        if isinstance(review := column.get("submissionReview"), dict):
            label = str(review.get("label") or "Look at the work")
            session.add(Reviewable(column_id=made.id, label=label, url=text_or_none(review.get("url"))))
    return title
