"""Placing assignments and materials in a course (LTI Deep Linking 2.0)."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import jwt
from pylti1p3.deep_link import DeepLink
from pylti1p3.registration import Registration

from lti_grader.assignments.models import Assignment
from lti_grader.classes.material_models import Material
from lti_grader.lti import claims as c
from lti_grader.lti import content_items, keys
from lti_grader.lti.models import Platform
from lti_grader.lti.products import product_of

KIND = "ltiResourceLink"
_CLAIM = "https://purl.imsglobal.org/spec/lti-dl/claim/"


def takes_links(settings: Mapping[str, Any]) -> bool:
    """Return whether the platform takes LTI links at this place, which is all that this tool has to place."""
    return KIND in settings["accept_types"]


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
    """What goes back to the LMS: assignments or materials to place, and words for the teacher or for its log."""

    items: Sequence[Assignment | Material]
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
    message = link.get_message_jwt([content_items.Link(one, public_url, settings, more) for one in choice.items])
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
