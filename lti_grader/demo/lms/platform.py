"""The platform's side of login, launch, deep linking and tokens."""

import datetime as dt
import functools
import uuid
from typing import Any
from urllib.parse import urlencode

import flask
import httpx
import jwt
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_grader.demo.lms.models import Column, Course, Link, Member, Person, Tool, UsedAssertion
from lti_grader.demo.lms.people import TEST_STUDENT
from lti_grader.demo.lms.scores import Mode
from lti_grader.demo.lms.services import guarded, is_maximum
from lti_grader.demo.lms.store import ROLES, lms

blueprint = flask.Blueprint("platform", __name__)
_LTI = "https://purl.imsglobal.org/spec/lti/claim/"
_DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
ALL_SCOPES = (
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/score",
    "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
)


@functools.cache
def _http() -> httpx.Client:
    return httpx.Client(timeout=10, trust_env=False)


@blueprint.get("/keys")
@guarded("keys")
def keys() -> ResponseReturnValue:
    return lms().keyset()


def announce(session: Session, tool: Tool, person_id: str, target: str, message: dict[str, Any]) -> str:
    """Return the address that begins a launch at the tool."""
    del session
    query = {
        "iss": lms().url,
        "login_hint": lms().seal("login", 600, person=person_id),
        "target_link_uri": target,
        "client_id": tool.client_id,
        "lti_deployment_id": tool.deployment_id,
        "lti_message_hint": lms().seal("message", 600, **message),
    }
    return f"{tool.login_url}?{urlencode(query)}"


@blueprint.route("/auth", methods=["GET", "POST"])
def authorize() -> ResponseReturnValue:
    """Answer an authentication request (OpenID Connect, implicit flow, form post)."""
    given = flask.request.values
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
        deep = message["kind"] == "deep"
        if member is None or not member.active or (deep and member.role not in ("teacher", "assistant")):
            return _answer(tool, {"error": "access_denied", "state": given.get("state", "")})
        if not deep and session.get(Link, message["link"]) is None:
            return _answer(tool, {"error": "launch_no_longer_valid", "state": given.get("state", "")})
        claims = _claims(session, tool, member, message)
        claims["nonce"] = given["nonce"]
    return _answer(tool, {"id_token": lms().sign(claims), "state": given.get("state", "")})


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
        "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice": {
            "context_memberships_url": f"{lms().url}/courses/{course.id}/Memberships",
            "service_versions": ["2.0"],
        },
    }  # fmt: skip
    if tool.shares_names:
        claims |= {"name": person.name, "given_name": person.given_name, "family_name": person.family_name}
    if tool.shares_email:
        claims["email"] = person.email
    grades = {"scope": list(ALL_SCOPES[:4]), "lineitems": f"{lms().url}/courses/{course.id}/lineitems"}
    if message["kind"] == "link":
        claims |= _link_claims(session, message["link"], grades, _variables(person, course))
    else:
        claims |= _deep_linking_claims(tool, course, message)
    claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"] = grades
    return claims


def _variables(person: Person, course: Course) -> dict[str, str]:
    """Return what custom parameters may ask for (LTI 1.3 Core, appendix D)."""
    return {
        "$User.id": person.id, "$User.username": person.login, "$Person.name.full": person.name,
        "$Person.name.given": person.given_name, "$Person.name.family": person.family_name,
        "$Person.email.primary": person.email, "$Context.id": course.id, "$Context.title": course.title,
        "$Context.label": course.code,
    }  # fmt: skip


def _link_claims(session: Session, link_id: str, grades: dict[str, Any], variables: dict[str, str]) -> dict[str, Any]:
    link = session.get_one(Link, link_id)
    column = session.scalar(select(Column).where(Column.link_id == link.id))
    if column is not None:
        grades["lineitem"] = f"{lms().url}/courses/{link.course_id}/lineitems/{column.id}/lineitem"
    return {
        _LTI + "message_type": "LtiResourceLinkRequest",
        _LTI + "target_link_uri": link.url,
        _LTI + "resource_link": {"id": link.id, "title": link.title},
        _LTI + "custom": {name: variables.get(str(value), value) for name, value in link.custom.items()},
    }


def _deep_linking_claims(tool: Tool, course: Course, message: dict[str, Any]) -> dict[str, Any]:
    return {
        _LTI + "message_type": "LtiDeepLinkingRequest",
        _LTI + "target_link_uri": tool.deep_linking_url,
        _DL + "deep_linking_settings": {
            "deep_link_return_url": f"{lms().url}/deep-links",
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["iframe", "window"],
            "accept_multiple": True,
            "accept_lineitem": True,
            "data": lms().seal("deep link", 7200, course=course.id, client=tool.client_id, nonce=message["nonce"]),
        },
    }


@blueprint.post("/deep-links")
def deep_link_return() -> ResponseReturnValue:
    """Take in what a teacher chose at the tool."""
    try:
        with lms().store.begin() as session:
            claims, tool, course_id = _read_choice(session, flask.request.form.get("JWT", ""))
            made = [_place(session, tool, course_id, item) for item in claims.get(_DL + "content_items", [])]
    except (jwt.PyJWTError, ValueError, httpx.HTTPError) as error:
        return flask.render_template("demo_lms/problem.html", words=f"The tool's answer was refused: {error}"), 400
    return flask.render_template("demo_lms/placed.html", course_id=course_id, made=made)


def _read_choice(session: Session, token: str) -> tuple[dict[str, Any], Tool, str]:
    unverified = jwt.decode(token, options={"verify_signature": False})
    tool = session.get(Tool, str(unverified.get("iss")))
    if tool is None:
        raise ValueError("it comes from a tool that is not registered")
    claims = verify_of_tool(tool, token, audience=lms().url)
    note = lms().unseal("deep link", str(claims.get(_DL + "data", "")))
    if note is None or note["client"] != tool.client_id:
        raise ValueError("it does not echo the data of the request")
    if claims.get(_LTI + "message_type") != "LtiDeepLinkingResponse" or claims.get(_LTI + "version") != "1.3.0":
        raise ValueError("it is no deep linking response")
    if claims.get(_LTI + "deployment_id") != tool.deployment_id:
        raise ValueError("it names another deployment")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not nonce or session.get(UsedAssertion, f"choice {nonce}") is not None:
        raise ValueError("its nonce is missing or was used before")
    session.add(UsedAssertion(jti=f"choice {nonce}"))
    return claims, tool, note["course"]


def verify_of_tool(tool: Tool, token: str, *, audience: str) -> dict[str, Any]:
    """Return the claims of a JWT that the tool signed; raise `jwt.PyJWTError` or `ValueError` if it does not hold."""
    header = jwt.get_unverified_header(token)
    found = _http().get(tool.jwks_url).raise_for_status().json()["keys"]
    key = next((one for one in found if one["kid"] == header.get("kid")), None)
    if key is None:
        raise ValueError("the tool publishes no key of that id")
    claims: dict[str, Any] = jwt.decode(
        token, jwt.PyJWK(key, algorithm="RS256").key, algorithms=["RS256"], audience=audience, issuer=tool.client_id,
        options={"require": ["exp", "iat", "iss", "aud"]}, leeway=30,
    )  # fmt: skip
    return claims


def _place(session: Session, tool: Tool, course_id: str, item: dict[str, Any]) -> str:
    if item.get("type") != "ltiResourceLink":
        raise ValueError(f"it brings {item.get('type')!r}, which was not asked for")
    title = item.get("title") or "Assignment"
    link = Link(
        id=uuid.uuid4().hex, course_id=course_id, client_id=tool.client_id, title=title,
        url=item.get("url") or tool.deep_linking_url, custom=item.get("custom") or {},
    )  # fmt: skip
    session.add(link)
    session.flush()
    if (column := item.get("lineItem")) is not None:
        if not isinstance(column, dict) or not is_maximum(column.get("scoreMaximum")):
            raise ValueError("a line item needs scoreMaximum, a number above 0")
        session.add(
            Column(
                course_id=course_id, client_id=tool.client_id, link_id=link.id, label=column.get("label") or title,
                maximum=float(column["scoreMaximum"]), resource_id=column.get("resourceId"), tag=column.get("tag"),
            )
        )  # fmt: skip
    return title


@blueprint.post("/token")
@guarded("token")
def token() -> ResponseReturnValue:
    """Give an access token for a signed assertion."""
    form = flask.request.form
    if form.get("grant_type") != "client_credentials":
        return {"error": "unsupported_grant_type"}, 400
    try:
        with lms().store.begin() as session:
            tool = _client(session, form.get("client_assertion", ""))
    except (jwt.PyJWTError, ValueError, httpx.HTTPError) as error:
        return {"error": "invalid_client", "error_description": str(error)}, 400
    granted = [scope for scope in form.get("scope", "").split() if scope in tool.scopes]
    if not granted:
        return {"error": "invalid_scope"}, 400
    answer = flask.jsonify(
        access_token=lms().seal("access", 3600, client=tool.client_id, scopes=granted),
        token_type="Bearer", expires_in=3600, scope=" ".join(granted),
    )  # fmt: skip
    if lms().mode() is Mode.MOODLE:
        answer.content_type = "text/html; charset=utf-8"
    return answer


def _client(session: Session, assertion: str) -> Tool:
    unverified = jwt.decode(assertion, options={"verify_signature": False})
    tool = session.get(Tool, str(unverified.get("iss")))
    if tool is None or unverified.get("sub") != tool.client_id:
        raise ValueError("unknown client")
    claims = verify_of_tool(tool, assertion, audience=f"{lms().url}/token")
    now = dt.datetime.now(dt.UTC).timestamp()
    if lms().mode() is Mode.CANVAS and now - claims["iat"] > 300:
        raise ValueError("the assertion's iat is more than five minutes old")
    if not claims.get("jti") or session.get(UsedAssertion, claims["jti"]) is not None:
        raise ValueError("the assertion's jti is missing or was used before")
    session.add(UsedAssertion(jti=claims["jti"]))
    return tool
