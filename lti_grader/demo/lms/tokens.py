"""Access tokens for tools (1EdTech Security Framework 1.1, section 4.1; RFC 7523) and the LMS's own keyset."""

import datetime as dt
import secrets
from typing import Any

import flask
import jwt
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from lti_grader.demo.lms import keys
from lti_grader.demo.lms.models import AccessToken, Tool, UsedOnce
from lti_grader.demo.lms.services import base_url, digest, installation, services
from lti_grader.demo.lms.store import store
from lti_grader.demo.lms.wire import Refused, answer, manner, now

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIFETIME = dt.timedelta(hours=1)


@services.get("/api/lti/jwks", endpoint="jwks")
def jwks() -> Response:
    """Publish the keys that launches are signed with."""
    with store().reading() as session:
        return answer(keys.keyset(session), "application/json")


@services.post("/api/lti/token", endpoint="token")
def token() -> Response:
    """Give a tool a token for the scopes that it asked for and is granted."""
    form = flask.request.form
    if form.get("grant_type") != "client_credentials":
        raise Refused(400, "unsupported_grant_type", "grant_type must be client_credentials.")
    if form.get("client_assertion_type") != _ASSERTION:
        raise Refused(400, "invalid_request", f"client_assertion_type must be {_ASSERTION}.")
    with store().reading() as session:
        tool = _claimed_tool(session, form.get("client_assertion", ""))
        held = manner(installation(session))
    claims = _verified(form["client_assertion"], tool)
    if held.oldest_assertion is not None and claims["iat"] < now().timestamp() - held.oldest_assertion:
        raise Refused(400, "invalid_client", f"The assertion's iat is over {held.oldest_assertion} s old.")
    scopes = [one for one in form.get("scope", "").split() if one in tool.scopes]
    if not scopes:
        raise Refused(400, "invalid_scope", "None of the scopes asked for is granted to this tool.")
    secret = secrets.token_urlsafe(32)
    with store().writing() as session:
        use_once(session, tool.client_id, claims.get("jti"), "jti")
        session.execute(sa.delete(AccessToken).where(AccessToken.expires_at < now()))
        session.add(AccessToken(digest=digest(secret), client_id=tool.client_id, scopes=scopes, expires_at=now() + _LIFETIME))
    given = {"access_token": secret, "token_type": "Bearer", "expires_in": int(_LIFETIME.total_seconds()), "scope": " ".join(scopes)}
    return answer(given, held.token_media_type)


def _claimed_tool(session: Session, assertion: str) -> Tool:
    """Return the tool that an assertion says to be from; nothing of it is believed yet."""
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise Refused(400, "invalid_client", f"client_assertion is no JWT: {error}.") from None
    tool = session.get(Tool, str(claims.get("iss")))
    if tool is None:
        raise Refused(400, "invalid_client", "No tool with this client id is registered here.")
    flask.g.client_id = tool.client_id
    return tool


def _verified(assertion: str, tool: Tool) -> dict[str, Any]:
    held: keys.ToolKeys = flask.current_app.extensions["demo_lms_tool_keys"]
    claims = held.verify(assertion, tool.jwks_url, audience=f"{base_url()}/api/lti/token", issuer=tool.client_id)
    if claims.get("sub") != tool.client_id:
        raise Refused(400, "invalid_client", "The assertion's sub must be the client id, as its iss is.")
    return claims


def use_once(session: Session, client_id: str, value: object, name: str) -> None:
    """Note a jti or nonce, and refuse it the second time.

    Raises
    ------
    Refused
        It is missing, or was used before.
    """
    if not isinstance(value, str) or not value:
        raise Refused(400, "invalid_client", f"The JWT has no {name}.")
    session.execute(sa.delete(UsedOnce).where(UsedOnce.expires_at < now()))
    key = f"{name}:{value}"
    if session.get(UsedOnce, (client_id, key)) is not None:
        raise Refused(400, "invalid_client", f"The JWT's {name} was used before.")
    session.add(UsedOnce(client_id=client_id, value=key, expires_at=now() + dt.timedelta(days=1)))
