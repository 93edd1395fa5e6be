"""The platform's side of dynamic registration: what it says of itself, and how it takes a tool in."""

import uuid
from typing import Any
from urllib.parse import urlencode, urlsplit

import flask
from flask.typing import ResponseReturnValue

from lti_grader.demo.lms.memberships import GROUPS_SCOPE
from lti_grader.demo.lms.models import Course, Member, Person, Tool, UsedAssertion
from lti_grader.demo.lms.pages import Seat
from lti_grader.demo.lms.scores import Mode
from lti_grader.demo.lms.store import PLACES_LINKS, lms
from lti_grader.demo.lms.tokens import ALL_SCOPES

blueprint = flask.Blueprint("registration", __name__)
_TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
_PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
_CANVAS = "https://canvas.instructure.com/lti/"
_PLACEMENTS = {
    "LtiResourceLinkRequest": ["course_navigation", "link_selection", "assignment_selection"],
    "LtiDeepLinkingRequest": [
        "assignment_selection", "link_selection", "editor_button", "module_index_menu_modal", "submission_type_selection",
    ],
}  # fmt: skip


class _Refused(Exception):
    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


@blueprint.post("/courses/<course_id>/registration")
def begin(course_id: str) -> ResponseReturnValue:
    """Open a tool's registration page, with a permission that is good for one registration."""
    address = flask.request.form.get("address", "").strip()
    with lms().store() as session:
        person = session.get(Person, flask.session.get("person", ""))
        member = session.get(Member, (course_id, person.id)) if person else None
        if person is None or member is None or member.role not in (*PLACES_LINKS, "registrar"):
            return flask.render_template("demo_lms/problem.html", words="Only the course's staff adds tools."), 403
        seat = Seat(person, session.get_one(Course, course_id), member.role)
    if urlsplit(address).scheme not in ("https", "http"):
        return flask.render_template("demo_lms/problem.html", words="That is no address: copy it from the tool."), 400
    note = lms().seal("registration", 3600, jti=uuid.uuid4().hex)
    configuration = f"{lms().url}/.well-known/openid-configuration"
    query = {"openid_configuration": configuration, "registration_token": note}
    if lms().mode() is Mode.CANVAS:
        query["openid_configuration"] = f"{configuration}?{urlencode({'registration_token': note})}"
    elif lms().mode() is Mode.GENERIC:
        # Without a token; the permission is part of where to register.
        query = {"openid_configuration": f"{configuration}?{urlencode({'permission': note})}"}
    sign = "&" if "?" in address else "?"
    back = flask.url_for("pages.controls", course_id=course_id)
    return flask.render_template(
        "demo_lms/registering.html", seat=seat, source=f"{address}{sign}{urlencode(query)}", back=back
    )


@blueprint.get("/.well-known/openid-configuration")
def configuration() -> ResponseReturnValue:
    """Say what this platform is, and where a tool registers."""
    mode, url = lms().mode(), lms().url
    if mode is Mode.CANVAS and lms().unseal("registration", flask.request.args.get("registration_token", "")) is None:
        return {"error": "Access token missing or wrong"}, 401
    permission = flask.request.args.get("permission")
    endpoint = f"{url}/register" + (f"?{urlencode({'permission': permission})}" if permission else "")
    described: dict[str, Any] = {
        "product_family_code": mode if mode is not Mode.GENERIC else "demo",
        "version": "1",
        "messages_supported": _messages(mode),
        "variables": ["Context.id", "User.id"],
    }
    found: dict[str, Any] = {
        "issuer": url,
        "authorization_endpoint": f"{url}/auth",
        "token_endpoint": f"{url}/token",
        "jwks_uri": f"{url}/keys",
        "registration_endpoint": endpoint,
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", *ALL_SCOPES, *([GROUPS_SCOPE] if mode is Mode.GENERIC else [])],
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss", "name", "given_name", "family_name", "email"],
        _PLATFORM: described,
    }
    if mode is Mode.CANVAS:
        # A bare host, as Canvas writes it.
        found["authorization_server"] = urlsplit(url).netloc
        described[f"{_CANVAS}account_name"] = "Demo University"
    return found


def _messages(mode: Mode) -> list[dict[str, Any]]:
    if mode is Mode.CANVAS:
        return [
            {"type": kind, "placements": [f"{_CANVAS}{name}" for name in names]} for kind, names in _PLACEMENTS.items()
        ]
    return [
        {"type": "LtiResourceLinkRequest"},
        {"type": "LtiDeepLinkingRequest", "placements": ["ContentArea"]},
    ]


@blueprint.post("/register")
def register() -> ResponseReturnValue:
    """Take a tool in, once for each permission."""
    given: Any = flask.request.get_json(silent=True)
    try:
        permission = _permission()
        tool = _tool(given)
        _keep(tool, permission)
    except _Refused as refusal:
        return (refusal.words if lms().mode() is Mode.MOODLE else {"errorMessage": refusal.words}), refusal.status
    described = {**given[_TOOL]}
    if lms().mode() is not Mode.CANVAS:
        # Canvas makes the deployment only when an administrator switches the tool on.
        described["deployment_id"] = tool.deployment_id
    return {**given, "client_id": tool.client_id, _TOOL: described}


def _permission() -> str:
    bearer = flask.request.headers.get("Authorization", "").removeprefix("Bearer ")
    note = flask.request.args.get("permission", "") if lms().mode() is Mode.GENERIC else bearer
    found = lms().unseal("registration", note)
    if found is None:
        raise _Refused(401, "missing_registration_token")
    return f"registration {found['jti']}"


def _keep(tool: Tool, permission: str) -> None:
    with lms().store.begin() as session:
        if session.get(UsedAssertion, permission) is not None:
            raise _Refused(401, "token_already_used")
        session.add(UsedAssertion(jti=permission))
        session.add(tool)


def _tool(given: Any) -> Tool:
    described = given.get(_TOOL) if isinstance(given, dict) else None
    if not isinstance(described, dict):
        raise _Refused(400, f"missing required attribute {_TOOL}")
    for name in ("client_name", "initiate_login_uri", "redirect_uris", "jwks_uri", "scope"):
        if not given.get(name):
            raise _Refused(400, f"missing required attribute {name}")
    if given.get("token_endpoint_auth_method") != "private_key_jwt" or "id_token" not in given.get(
        "response_types", ()
    ):
        raise _Refused(400, "invalid_token_endpoint_auth_method")
    target = described.get("target_link_uri", "")
    if described.get("domain") != urlsplit(target).netloc:
        # Moodle finds a tool by the host and port of a link, and takes what it is told here for both.
        raise _Refused(400, "invalid_domain")
    scopes = given["scope"].split()
    if unknown := [scope for scope in scopes if scope not in (*ALL_SCOPES, GROUPS_SCOPE, "openid")]:
        raise _Refused(422, f"Invalid scopes: {', '.join(unknown)}")
    if lms().mode() is Mode.CANVAS:
        _check_as_canvas(described)
    chooses = [one for one in described.get("messages", ()) if one.get("type") == "LtiDeepLinkingRequest"]
    claims = described.get("claims", ())
    number = uuid.uuid4().hex
    return Tool(
        client_id=f"client-{number[:12]}", name=given["client_name"], login_url=given["initiate_login_uri"],
        redirect_urls=given["redirect_uris"], jwks_url=given["jwks_uri"],
        deep_linking_url=(chooses[0].get("target_link_uri") if chooses else None) or target,
        deployment_id=f"7:{number[12:]}" if lms().mode() is Mode.CANVAS else "2",
        shares_names="name" in claims, shares_email="email" in claims, scopes=scopes,
    )  # fmt: skip


def _check_as_canvas(described: dict[str, Any]) -> None:
    for message in described.get("messages", ()):
        known = _PLACEMENTS.get(message.get("type"))
        if known is None:
            raise _Refused(422, f"messages: {message.get('type')} is no message type")
        for name in message.get("placements", ()):
            if name.removeprefix(_CANVAS) not in known:
                raise _Refused(422, f"placements: {name} is not of {message['type']}")
    if described.get(f"{_CANVAS}privacy_level") not in (None, "public", "name_only", "email_only", "anonymous"):
        raise _Refused(422, "privacy_level is not one of those known")
