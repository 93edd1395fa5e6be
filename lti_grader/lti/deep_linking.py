"""Placing assignments in a course (LTI Deep Linking 2.0)."""

import dataclasses
import datetime as dt
import json
import secrets
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import jwt
from pylti1p3.deep_link import DeepLink
from pylti1p3.registration import Registration

from lti_grader.adapters import Adapters
from lti_grader.assignments.models import Assignment
from lti_grader.core.errors import NotFound
from lti_grader.lti import claims as c
from lti_grader.lti import content_items, keys
from lti_grader.lti.errors import LaunchRefused
from lti_grader.lti.http import is_safe_url
from lti_grader.lti.models import Platform
from lti_grader.lti.operations import Arrival
from lti_grader.lti.products import product_of

_KEPT_SECONDS = 4 * 3600
_OVER = "This choice was made already, or took too long. Begin again in your LMS."
KIND = "ltiResourceLink"
_CLAIM = "https://purl.imsglobal.org/spec/lti-dl/claim/"


def keep_request(claims: Mapping[str, Any], arrival: Arrival, held: Adapters) -> str:
    """Keep what the platform asked for while the teacher chooses, and return its name.

    Raises
    ------
    LaunchRefused
        Its return address is not a safe one.
    """
    settings = claims[c.DEEP_LINKING_SETTINGS]
    if not is_safe_url(settings["deep_link_return_url"]):
        raise LaunchRefused("unsafe_return_url", "Your LMS wants the choice at an address that is not https.")
    name = secrets.token_urlsafe(24)
    kept = {
        "user_id": str(arrival.user_id),
        "class_id": str(arrival.class_id),
        "deployment_id": arrival.deployment_id,
        "settings": settings,
    }
    held.kv.put(f"lti:deep-link:{name}", json.dumps(kept), _KEPT_SECONDS)
    return name


def takes_links(settings: Mapping[str, Any]) -> bool:
    """Return whether the platform takes LTI links at this place, which is all that this tool has to place."""
    return KIND in settings["accept_types"]


def asked(name: str, user_id: uuid.UUID, held: Adapters) -> dict[str, Any]:
    """Return a kept request of this person.

    Raises
    ------
    NotFound
        There is none: it was answered already, or has expired.
    """
    text = held.kv.get(f"lti:deep-link:{name}")
    found: dict[str, Any] = json.loads(text) if text else {}
    if found.get("user_id") != str(user_id):
        raise NotFound(_OVER)
    return found


def use(name: str, held: Adapters) -> None:
    """Use a kept request up; of several that come at once, one may.

    Raises
    ------
    NotFound
        Another one did.
    """
    if held.kv.take(f"lti:deep-link:{name}") is None:
        raise NotFound(_OVER)


def takes_several(settings: Mapping[str, Any]) -> bool:
    """Return whether the platform takes more than one link at once; some write the truth as text."""
    return str(settings.get("accept_multiple", "false")).casefold() == "true"


def takes_columns(settings: Mapping[str, Any]) -> bool:
    """Return whether the platform makes a gradebook column of what comes with a link; it does unless it says no."""
    return str(settings.get("accept_lineitem", "true")).casefold() != "false"


def adds_at_once(settings: Mapping[str, Any]) -> bool:
    """Return whether the platform keeps what is chosen without asking the teacher again."""
    return str(settings.get("auto_create", "false")).casefold() == "true"


def prefilled(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the title and text that the platform proposes for what is made."""
    return {name: c.words(settings.get(name)) or "" for name in ("title", "text")}


@dataclasses.dataclass(frozen=True)
class Choice:
    """What goes back to the LMS: assignments to place, and words for the teacher or for its log."""

    assignments: Sequence[Assignment]
    msg: str = ""
    log: str = ""
    errormsg: str = ""
    errorlog: str = ""


def response(
    request: Mapping[str, Any], platform: Platform, choice: Choice, public_url: str, *, at: dt.datetime
) -> str:
    """Return the signed answer that places what was chosen.

    Parameters
    ----------
    request
        As `asked` returned it.
    public_url
        The tool's own address, where the links will lead.
    """
    settings = request["settings"]
    kid, private = keys.signing_key(at=at)
    registration = Registration()
    registration.set_issuer(platform.issuer).set_client_id(platform.client_id).set_tool_private_key(private)
    link = DeepLink(registration, request["deployment_id"], settings)
    more = product_of(platform).own_parameters
    message = link.get_message_jwt([content_items.Link(one, public_url, settings, more) for one in choice.assignments])
    message["aud"] = platform.issuer
    message["exp"] = int(at.timestamp()) + 300
    if "data" not in settings:
        # It is echoed where it was given, and must be absent elsewhere.
        message.pop(_CLAIM + "data", None)
    for name in ("msg", "log", "errormsg", "errorlog"):
        if words := getattr(choice, name):
            message[_CLAIM + name] = words
    # PyLTI1p3 names keys by their thumbprint; ours have names of their own.
    return jwt.encode(message, private, algorithm="RS256", headers={"kid": kid})
