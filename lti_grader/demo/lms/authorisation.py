"""The platform's half of a launch (1EdTech Security Framework 1.1, section 5.1.1)."""

from typing import NoReturn

import flask
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from lti_grader.demo.lms import keys, launch, wire
from lti_grader.demo.lms.models import Tool
from lti_grader.demo.lms.services import installation
from lti_grader.demo.lms.store import store
from lti_grader.demo.lms.visitor import visitor_id
from lti_grader.demo.lms.wire import Refused

protocol = flask.Blueprint("protocol", __name__)
_EXPECTED = {"response_type": "id_token", "response_mode": "form_post", "scope": "openid", "prompt": "none"}
_ERRORS = {"response_type": "unsupported_response_type", "scope": "invalid_scope"}


@protocol.route("/api/lti/authorize", methods=["GET", "POST"])
def authorize() -> Response:
    """Answer a tool's authentication request with a form that the browser posts back to it."""
    asked = flask.request.values.to_dict()
    with store().reading() as session:
        tool = _caller(session, asked)
        try:
            fields = {"id_token": _id_token(session, tool, asked)}
        except Refused as refusal:
            fields = {"error": refusal.code, "error_description": refusal.message}
    if "state" in asked:
        fields["state"] = asked["state"]
    return post_form(asked["redirect_uri"], fields)


def _caller(session: Session, asked: dict[str, str]) -> Tool:
    """Return the tool that asks; to an address that it has not registered nothing is ever sent."""
    tool = session.get(Tool, asked.get("client_id", ""))
    if tool is None:
        raise Refused(400, "invalid_client", "No tool with this client id is registered here.")
    if asked.get("redirect_uri") not in tool.redirect_urls:
        raise Refused(400, "invalid_request", "This redirect_uri is not among those that the tool has registered.")
    return tool


def _id_token(session: Session, tool: Tool, asked: dict[str, str]) -> str:
    for name, value in _EXPECTED.items():
        if asked.get(name) != value:
            _refuse(_ERRORS.get(name, "invalid_request"), f"{name} must be {value}.")
    for name in ("nonce", "state", "login_hint", "lti_message_hint"):
        if not asked.get(name):
            _refuse("invalid_request", f"{name} is missing.")
    here = installation(session)
    intent = launch.unseal(asked["lti_message_hint"], here)
    if intent.client_id != tool.client_id:
        _refuse("invalid_request", "This launch was meant for another tool.")
    if asked["login_hint"] != intent.person_id or visitor_id() != intent.person_id:
        _refuse("login_required", "The person who started this launch is not signed in here any more.")
    found = launch.setting(session, intent, here)
    return keys.sign(session, launch.claims(intent, found, nonce=asked["nonce"]))


def _refuse(code: str, message: str) -> NoReturn:
    raise Refused(400, code, message)


def post_form(action: str, fields: dict[str, str]) -> Response:
    """Return a page that posts `fields` to `action` by itself, or by its button where scripts are off."""
    flask.g.form_action = action
    return flask.make_response(flask.render_template("demo_lms/post_form.html", action=action, fields=fields))


def begin(intent: launch.Intent, *, by_post: bool | None = None) -> Response:
    """Send the browser to the tool's login, in the way of the product.

    Parameters
    ----------
    by_post
        Whether by a form rather than a redirect; None does as the product does.
    """
    with store().reading() as session:
        here = installation(session)
        found = launch.setting(session, intent, here)
        fields = launch.login_request(intent, found)
        login_url = found.tool.login_url
        posts = wire.manner(here).login_by_post if by_post is None else by_post
    return post_form(login_url, fields) if posts else flask.redirect(wire.with_query(login_url, **fields))
