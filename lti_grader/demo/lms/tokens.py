"""Access tokens for a tool's signed assertions, and how whatever a tool signed is verified."""

import datetime as dt
import functools
from typing import Any

import flask
import httpx
import jwt
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from lti_grader.demo.lms.guard import guarded
from lti_grader.demo.lms.models import Tool, UsedAssertion
from lti_grader.demo.lms.scores import Mode
from lti_grader.demo.lms.store import lms

blueprint = flask.Blueprint("tokens", __name__)
ALL_SCOPES = (
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/score",
    "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
    "https://purl.imsglobal.org/spec/lti/scope/noticehandlers",
    "https://purl.imsglobal.org/spec/lti/scope/asset.readonly",
    "https://purl.imsglobal.org/spec/lti/scope/report",
)


@functools.cache
def _http() -> httpx.Client:
    return httpx.Client(timeout=10, trust_env=False)


def tool_of(token: str) -> Tool:
    """Return the tool that says it signed a JWT; raise `jwt.PyJWTError` or `ValueError` if there is none."""
    claimed = jwt.decode(token, options={"verify_signature": False})
    with lms().store() as session:
        tool = session.get(Tool, str(claimed.get("iss")))
    if tool is None:
        raise ValueError("it comes from a tool that is not registered")
    return tool


def verify_of_tool(tool: Tool, token: str, *, audience: str) -> dict[str, Any]:
    """Return the claims of a JWT that the tool signed; raise `jwt.PyJWTError` or `ValueError` if it does not hold.

    This asks the tool for its keys, which may take long: let no transaction be open meanwhile.
    """
    kid = jwt.get_unverified_header(token).get("kid")
    found = _http().get(tool.jwks_url).raise_for_status().json()
    published = found.get("keys") if isinstance(found, dict) else None
    key = next((one for one in published or () if isinstance(one, dict) and kid and one.get("kid") == kid), None)
    if key is None:
        raise ValueError("the tool publishes no key of that id")
    claims: dict[str, Any] = jwt.decode(
        token, jwt.PyJWK(key, algorithm="RS256").key, algorithms=["RS256"], audience=audience, issuer=tool.client_id,
        options={"require": ["exp", "iat", "iss", "aud"]}, leeway=30,
    )  # fmt: skip
    return claims


def use_once(session: Session, tool: Tool, what: str, name: object) -> None:
    """Remember a tool's `jti` or `nonce`; raise `ValueError` if it is missing or was used before."""
    used = f"{tool.client_id} {what} {name}"
    if not isinstance(name, str) or not name or session.get(UsedAssertion, used) is not None:
        raise ValueError(f"its {what} is missing or was used before")
    session.add(UsedAssertion(jti=used))


@blueprint.post("/token")
@guarded("token")
def token() -> ResponseReturnValue:
    """Give an access token for a signed assertion."""
    form = flask.request.form
    if form.get("grant_type") != "client_credentials":
        return {"error": "unsupported_grant_type"}, 400
    try:
        tool = _client(form.get("client_assertion", ""))
    except (jwt.PyJWTError, ValueError, httpx.HTTPError) as error:
        return {"error": "invalid_client", "error_description": str(error)}, 400
    granted = [scope for scope in form.get("scope", "").split() if scope in tool.scopes]
    if not granted:
        return {"error": "invalid_scope"}, 400
    answer = flask.make_response(
        {
            "access_token": lms().seal("access", 3600, client=tool.client_id, scopes=granted),
            "token_type": "Bearer",
            "expires_in": 3600,
            "scope": " ".join(granted),
        }
    )
    if lms().mode() is Mode.MOODLE:
        answer.content_type = "text/html; charset=utf-8"
    return answer


def _client(assertion: str) -> Tool:
    tool = tool_of(assertion)
    claims = verify_of_tool(tool, assertion, audience=f"{lms().url}/token")
    if claims.get("sub") != tool.client_id:
        raise ValueError("its sub is not the client")
    now = dt.datetime.now(dt.UTC).timestamp()
    if lms().mode() is Mode.CANVAS and now - claims["iat"] > 300:
        raise ValueError("the assertion's iat is more than five minutes old")
    with lms().store.begin() as session:
        use_once(session, tool, "jti", claims.get("jti"))
    return tool
