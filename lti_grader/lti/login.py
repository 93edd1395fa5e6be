"""The first half of a launch: the platform announces itself, and we agree on what will come.

The browser is given a secret, and whoever brings the launch has to bring it: as a cookie, or, where the browser keeps
none for us, out of the platform's storage (LTI Platform Storage) or the tab's own (`frontend/src/launch`).
"""

import dataclasses
import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

import sqlalchemy as sa

from lti_grader.adapters import Adapters
from lti_grader.core.db import system_transaction
from lti_grader.lti.claims import can_be_kept
from lti_grader.lti.errors import LaunchRefused, NotRegistered
from lti_grader.lti.models import Platform
from lti_grader.lti.products import product_of

_LONGEST = 4096


@dataclasses.dataclass(frozen=True)
class Announced:
    """A login that was answered, as it is kept until its launch arrives."""

    platform_id: uuid.UUID
    tenant_id: uuid.UUID
    nonce: str
    target_link_uri: str
    issuer: str
    client_id: str
    jwks_url: str
    frame_origins: tuple[str, ...]
    browser: str
    """SHA-256 of the secret that the browser was given."""
    request: Mapping[str, str]
    """The login as it came, to begin again with in a window of its own."""


@dataclasses.dataclass(frozen=True)
class Redirect:
    """Where to send the browser, and the secret by which it will be known again."""

    url: str
    state: str
    secret: str
    storage: "Storage"

    @property
    def cookie_name(self) -> str:
        return cookie_name(self.state)


@dataclasses.dataclass(frozen=True)
class Storage:
    """Where a platform's pages keep data for a tool whose cookies are blocked (LTI Platform Storage 1.0)."""

    frames: tuple[str, ...]
    """Names of frames beside ours, `_parent` for the window around it; none where the login offered none."""
    origins: tuple[str, ...]
    """Whom to ask, and whose answer counts: the origin of the platform's authorisation address, and its pages'."""
    key: str


def storage_of(platform: Platform, state: str, target: str) -> Storage:
    """Return where the secret of a login is kept at its platform."""
    origins = (origin_of(platform.auth_login_url), *platform.frame_origins)
    frames = tuple(product_of(platform).storage_frames(target)) if target else ()
    return Storage(frames, tuple(dict.fromkeys(origins)), cookie_name(state))


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address, as a browser's script names them."""
    parts = urlsplit(url)
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    port = f":{parts.port}" if parts.port not in (None, usual) else ""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def find_platform(issuer: str, client_id: str) -> Platform:
    """Return the platform of an announcement.

    Raises
    ------
    NotRegistered
        There is none, it is disabled, or it has several clients and named none.
    """
    with system_transaction() as opened:
        query = sa.select(Platform).where(Platform.issuer == issuer)
        if client_id:
            query = query.where(Platform.client_id == client_id)
        found = opened.scalars(query.limit(2)).all()
    if not found:
        who = f"{issuer} with client id {client_id}" if client_id else issuer
        raise NotRegistered(
            "unknown_platform",
            f"{who} is not registered here. The administrator of this tool registers it with `lti-grader platforms add`,"
            " and gives this tool's addresses to the LMS.",
        )
    if len(found) > 1:
        raise NotRegistered(
            "ambiguous_client",
            f"{issuer} has several clients here and did not say which: its login must carry client_id.",
        )
    require_enabled(found[0])
    return found[0]


def require_enabled(platform: Platform) -> None:
    """Raise `NotRegistered` for a platform that the administrator has disabled."""
    if platform.disabled_at is not None:
        raise NotRegistered(
            "platform_disabled", f"{platform.name} is switched off here for now: ask the administrator of this tool."
        )


def begin(request: Mapping[str, str], held: Adapters) -> Redirect:
    """Answer a third-party-initiated login (LTI Security Framework 1.1, section 5.1.1).

    Parameters
    ----------
    request
        iss, login_hint and target_link_uri; client_id, lti_message_hint, lti_deployment_id and lti_storage_target
        where given.

    Raises
    ------
    LaunchRefused
        Something is missing, or leads elsewhere than to this tool.
    NotRegistered
    """
    given = {name: request.get(name, "") for name in
             ("iss", "login_hint", "target_link_uri", "client_id", "lti_message_hint", "lti_deployment_id",
              "lti_storage_target")}  # fmt: skip
    for name in ("iss", "login_hint", "target_link_uri"):
        if not given[name]:
            raise LaunchRefused(
                "login_incomplete", f"The LMS's login request has no {name}. Start it again from your course page."
            )
    if any(len(value) > _LONGEST or not can_be_kept(value) for value in given.values()):
        raise LaunchRefused("login_too_long", "The LMS's login request is longer than this tool takes.")
    own = held.settings.public_url
    if given["target_link_uri"] != own and not given["target_link_uri"].startswith(own + "/"):
        raise LaunchRefused(
            "foreign_target",
            f"The LMS's link leads to {given['target_link_uri'][:200]}, which is not part of this tool.",
        )
    platform = find_platform(given["iss"], given["client_id"])
    state, nonce, browser = (secrets.token_urlsafe(32) for _ in range(3))
    announced = {
        "platform_id": str(platform.id),
        "tenant_id": str(platform.tenant_id),
        "nonce": nonce,
        "target_link_uri": given["target_link_uri"],
        # What the launch is checked against before it may touch the database.
        "issuer": platform.issuer,
        "client_id": platform.client_id,
        "jwks_url": platform.jwks_url,
        "frame_origins": platform.frame_origins,
        "browser": _hash(browser),
        "request": {name: value for name, value in given.items() if value},
    }
    held.kv.put(f"lti:state:{state}", json.dumps(announced), held.settings.launch_seconds)
    query = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": f"{own}/lti/launch",
        "login_hint": given["login_hint"],
        "state": state,
        "nonce": nonce,
    }
    if given["lti_message_hint"]:
        query["lti_message_hint"] = given["lti_message_hint"]
    sign = "&" if "?" in platform.auth_login_url else "?"
    storage = storage_of(platform, state, given["lti_storage_target"])
    return Redirect(f"{platform.auth_login_url}{sign}{urlencode(query)}", state, browser, storage)


def begin_again(state: str, held: Adapters) -> Redirect:
    """Begin anew the login that a state belongs to, in a window of its own.

    Raises
    ------
    LaunchRefused
        It was used, or has expired.
    """
    announced = peek(state, held)
    if announced is None:
        raise used_or_expired()
    # The frames of the LMS's page are not around a window of its own.
    return begin({name: value for name, value in announced.request.items() if name != "lti_storage_target"}, held)


def cookie_name(state: str) -> str:
    """Return the name of the cookie of one login; several may be under way in one browser."""
    return f"__Host-lti-state-{hashlib.sha256(state.encode()).hexdigest()[:12]}"


def peek(state: str, held: Adapters) -> Announced | None:
    """Return a login that awaits its launch, without using it up."""
    return _read(held.kv.get(f"lti:state:{state}") if state and len(state) < 200 else None)


def used_or_expired() -> LaunchRefused:
    """Return the refusal of a launch that no login waits for."""
    return LaunchRefused(
        "state_unknown",
        "This launch was used already, or took too long to arrive. Start it again from your course page.",
    )


def use(state: str, browser: str, held: Adapters) -> Announced:
    """Return the login that a launch belongs to, once: of two that come, the second is refused.

    Raises
    ------
    LaunchRefused
        There was none, it was used or has expired, or it began in another browser.
    """
    announced = _read(held.kv.take(f"lti:state:{state}") if state and len(state) < 200 else None)
    if announced is None:
        raise used_or_expired()
    if not hmac.compare_digest(_hash(browser), announced.browser):
        raise LaunchRefused(
            "other_browser", "This launch began in another browser. Start it again from your course page, in this one."
        )
    return announced


def _read(text: str | None) -> Announced | None:
    if text is None:
        return None
    found = json.loads(text)
    names = {field.name for field in dataclasses.fields(Announced)}
    if found.keys() != names:
        # Of another version of this program, which answered the login.
        return None
    kept = {**found, "frame_origins": tuple(found["frame_origins"])}
    return Announced(
        **{**kept, "platform_id": uuid.UUID(found["platform_id"]), "tenant_id": uuid.UUID(found["tenant_id"])}
    )


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
