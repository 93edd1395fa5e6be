"""The platform's side of login and launch: whom it lets through, and what it says of them."""

import datetime as dt
import json
from typing import Any
from urllib.parse import urlencode

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_grader.demo.lms import copying, further, notices
from lti_grader.demo.lms.file_models import Activity
from lti_grader.demo.lms.guard import guarded
from lti_grader.demo.lms.memberships import (
    GROUPS_SCOPE,
    SECTION_NAMES,
    groups_claim,
    is_outside,
    observed_by,
    sections_of,
)
from lti_grader.demo.lms.models import Column, Course, Link, Member, Person, Tool
from lti_grader.demo.lms.people import TEST_STUDENT
from lti_grader.demo.lms.scores import Mode
from lti_grader.demo.lms.store import PLACES_LINKS, ROLES, lms

blueprint = flask.Blueprint("platform", __name__)
_LTI = "https://purl.imsglobal.org/spec/lti/claim/"
_DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"


STORAGE_FRAMES = {Mode.CANVAS: "post_message_forwarding", Mode.GENERIC: "_parent"}
"""The frame that keeps data for tools (LTI Platform Storage 1.0): Canvas's hidden one, the page itself; Moodle has none."""


@blueprint.get("/storage")
def storage() -> ResponseReturnValue:
    """The page of the hidden frame that keeps data for tools."""
    return flask.render_template("demo_lms/storage_frame.html")


@blueprint.get("/keys")
@guarded("keys")
def keys() -> ResponseReturnValue:
    return lms().keyset()


def announce(tool: Tool, person_id: str, target: str, message: dict[str, Any]) -> str:
    """Return the address that begins a launch at the tool."""
    query = {
        "iss": lms().url,
        "login_hint": lms().seal("login", 600, person=person_id),
        "target_link_uri": target,
        "client_id": tool.client_id,
        "lti_deployment_id": tool.deployment_id,
        "lti_message_hint": lms().seal("message", 600, **message, client=tool.client_id),
    }
    if frame := STORAGE_FRAMES.get(lms().mode()):
        query["lti_storage_target"] = frame
    return f"{tool.login_url}?{urlencode(query)}"


@blueprint.route("/auth", methods=["GET", "POST"])
def authorize() -> ResponseReturnValue:
    """Answer an authentication request (OpenID Connect, implicit flow, form post)."""
    given = flask.request.values
    if _came_without_its_cookie():
        return flask.render_template("demo_lms/repost.html", fields={**given.to_dict(), "repost": "1"})
    with lms().store() as session:
        tool = session.get(Tool, given.get("client_id", ""))
        if tool is None or given.get("redirect_uri") not in tool.redirect_urls:
            return flask.render_template(
                "demo_lms/problem.html", words="This tool is not registered, or asks to go elsewhere."
            ), 400
        wanted = {"response_type": "id_token", "response_mode": "form_post", "scope": "openid", "prompt": "none"}
        if any(given.get(name) != value for name, value in wanted.items()) or not given.get("nonce"):
            return _answer(tool, {"error": "invalid_request", "state": given.get("state", "")})
        hint = lms().unseal("login", given.get("login_hint", ""))
        message = lms().unseal("message", given.get("lti_message_hint", ""))
        if hint is None or message is None or hint["person"] != flask.session.get("person"):
            return _answer(tool, {"error": "login_required", "state": given.get("state", "")})
        member = session.get(Member, (message["course"], hint["person"]))
        if member is None or not _may(session, tool, member, message):
            return _answer(tool, {"error": "access_denied", "state": given.get("state", "")})
        if message["kind"] == "link" and session.get(Link, message["link"]) is None:
            return _answer(tool, {"error": "launch_no_longer_valid", "state": given.get("state", "")})
        claims = _claims(session, tool, member, message)
        claims["nonce"] = given["nonce"]
    return _answer(tool, {"id_token": lms().sign(claims), "state": given.get("state", "")})


def _came_without_its_cookie() -> bool:
    """Return whether a tool's page sent the browser here, so that it kept our cookie back; from a page of ours it will not.

    As Moodle does it, see mod/lti/auth.php.
    """
    from_elsewhere = flask.request.headers.get("Sec-Fetch-Site") == "cross-site"
    return from_elsewhere and "person" not in flask.session and "repost" not in flask.request.values


def _may(session: Session, tool: Tool, member: Member, message: dict[str, Any]) -> bool:
    """Return whether a member may launch this; a message for one tool leads to no other."""
    if not member.active or message["client"] != tool.client_id or is_outside(member):
        return False
    if message["kind"] in ("link", "course", "deep"):
        return message["kind"] != "deep" or member.role in PLACES_LINKS
    return further.may(session, member, message)


def _answer(tool: Tool, fields: dict[str, str]) -> ResponseReturnValue:
    action = flask.request.values["redirect_uri"]
    return flask.render_template("demo_lms/post.html", action=action, fields=fields, tool=tool)


def _roles(member: Member, person: Person) -> list[str]:
    if person.login == TEST_STUDENT:
        return [*ROLES["student"], "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"]
    if lms().mode() is Mode.MOODLE and member.role == "assistant":
        # It has no word of its own for assistants in a launch.
        return ROLES["teacher"]
    return ROLES[member.role]


def _claims(session: Session, tool: Tool, member: Member, message: dict[str, Any]) -> dict[str, Any]:
    person, course = session.get_one(Person, member.person_id), session.get_one(Course, member.course_id)
    now = int(dt.datetime.now(dt.UTC).timestamp())
    claims = {
        "iss": lms().url,
        "aud": tool.client_id,
        "azp": tool.client_id,
        "sub": person.id,
        "iat": now,
        "exp": now + 300,
        _LTI + "version": "1.3.0",
        _LTI + "deployment_id": tool.deployment_id,
        _LTI + "roles": _roles(member, person),
        _LTI + "context": {
            "id": course.id, "label": course.code, "title": f"{course.code} {course.title}",
            "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"],
        },
        _LTI + "tool_platform": {
            "guid": "demo-lms", "name": "Demo University", "product_family_code": lms().mode(), "version": "1",
        },
        _LTI + "launch_presentation": {
            "document_target": "iframe", "return_url": f"{lms().url}/courses/{course.id}", "locale": "en",
        },
    }  # fmt: skip
    if tool.shares_names:
        claims |= {"name": person.name, "given_name": person.given_name, "family_name": person.family_name}
    if tool.shares_email:
        claims["email"] = person.email
    if message["kind"] == "link":
        claims |= _link_claims(session, message["link"], _variables(session, tool, person, course))
    elif message["kind"] == "course":
        claims |= _course_claims(tool, course)
    elif message["kind"] == "deep":
        claims |= _deep_linking_claims(session, tool, person, course, message)
    claims |= _service_claims(session, tool, course, message.get("link"))
    if member.role == "observer":
        claims[_LTI + "role_scope_mentor"] = observed_by(session, member)
    if message["kind"] not in ("link", "deep", "course"):
        claims |= further.claims_of(session, tool, person.id, message, claims)
    return claims


def _service_claims(session: Session, tool: Tool, course: Course, link_id: str | None) -> dict[str, Any]:
    """Return where the services are that this tool was granted."""
    claims: dict[str, Any] = {}
    if granted := [scope for scope in tool.scopes if "/lti-ags/" in scope]:
        grades: dict[str, Any] = {"scope": granted, "lineitems": f"{lms().url}/courses/{course.id}/lineitems"}
        query = select(Column).where(Column.link_id == link_id, Column.client_id == tool.client_id).limit(2)
        columns = session.scalars(query).all() if link_id else []
        if len(columns) == 1:
            # Of several none is *the* line item of the link (AGS 2.0, 3.1.1).
            grades["lineitem"] = f"{grades['lineitems']}/{columns[0].id}/lineitem"
        claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"] = grades
    if any("/lti-nrps/" in scope for scope in tool.scopes):
        claims["https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"] = {
            "context_memberships_url": f"{lms().url}/courses/{course.id}/Memberships",
            "service_versions": ["2.0"],
        }
    if lms().mode() is Mode.GENERIC and GROUPS_SCOPE in tool.scopes:
        claims["https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"] = groups_claim(course.id)
    return claims | (notices.service_claims(tool) if lms().mode() is Mode.CANVAS else {})


def _variables(session: Session, tool: Tool, person: Person, course: Course) -> dict[str, str]:
    """Return what custom parameters may ask for (LTI 1.3 Core, appendix D); what may not be known stays unfilled."""
    found = {
        "$User.id": person.id, "$Context.id": course.id, "$Context.title": course.title, "$Context.label": course.code,
    }  # fmt: skip
    if tool.shares_names:
        found |= {
            "$User.username": person.login, "$Person.name.full": person.name,
            "$Person.name.given": person.given_name, "$Person.name.family": person.family_name,
        }  # fmt: skip
    if tool.shares_email:
        found["$Person.email.primary"] = person.email
    if lms().mode() is Mode.CANVAS:
        found[SECTION_NAMES] = json.dumps(sections_of(session, course.id, person.id))
    return found


def _link_claims(session: Session, link_id: str, variables: dict[str, str]) -> dict[str, Any]:
    link = session.get_one(Link, link_id)
    if lms().mode() is not Mode.MOODLE:
        variables |= {
            "$ResourceLink.id.history": copying.history(session, link.id),
            "$Context.id.history": copying.history(session, link.course_id),
        }
    return {
        _LTI + "message_type": "LtiResourceLinkRequest",
        _LTI + "target_link_uri": link.url,
        _LTI + "resource_link": {"id": link.id, "title": link.title},
        _LTI + "custom": {name: variables.get(str(value), value) for name, value in link.custom.items()},
    }


def _course_claims(tool: Tool, course: Course) -> dict[str, Any]:
    """Return a launch of the course as a whole, from its menu: as in Canvas the course is its own resource link."""
    return {
        _LTI + "message_type": "LtiResourceLinkRequest",
        _LTI + "target_link_uri": tool.deep_linking_url,
        _LTI + "resource_link": {"id": course.id, "title": course.title},
    }


def _deep_linking_claims(
    session: Session, tool: Tool, person: Person, course: Course, message: dict[str, Any]
) -> dict[str, Any]:
    note: dict[str, Any] = {"course": course.id, "person": person.id, "client": tool.client_id}
    edits = note["edits"] = message.get("edits")
    activity = session.get_one(Activity, message["activity"]) if "activity" in message else None
    if activity is not None:
        note["activity"] = activity.id
    return (further.activity_claim(activity) if activity is not None else {}) | {
        _LTI + "message_type": "LtiDeepLinkingRequest",
        _LTI + "target_link_uri": tool.deep_linking_url,
        _DL + "deep_linking_settings": {
            "deep_link_return_url": f"{lms().url}/deep-links",
            "accept_types": ["ltiResourceLink" if activity is None else "ltiAssetProcessor"],
            "accept_presentation_document_targets": ["iframe", "window"],
            "accept_multiple": edits is None,
            "accept_lineitem": True,
            "auto_create": edits is None,
            "data": lms().seal("deep link", 7200, **note),
        },
    }
