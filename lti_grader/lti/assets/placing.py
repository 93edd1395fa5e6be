"""Becoming the processor of an LMS assignment's files: a deep link of the type `ltiAssetProcessor`."""

import datetime as dt
import json
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

from lti_grader.adapters import Adapters
from lti_grader.assignments.models import Assignment
from lti_grader.classes.models import STAFF
from lti_grader.core.errors import NotFound
from lti_grader.lti import claims as c
from lti_grader.lti import keys
from lti_grader.lti.assets.reporting import TYPE
from lti_grader.lti.errors import LaunchRefused
from lti_grader.lti.http import is_safe_url
from lti_grader.lti.models import Platform
from lti_grader.lti.operations import Arrival

KIND = "ltiAssetProcessor"
_KEPT_SECONDS = 4 * 3600
_OVER = "This choice was made already, or took too long. Begin again in your LMS."
_DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"


def is_wanted(claims: Mapping[str, Any]) -> bool:
    """Return whether a deep-linking launch asks for a processor of files, and not for links."""
    types = claims[c.DEEP_LINKING_SETTINGS]["accept_types"]
    return KIND in types and "ltiResourceLink" not in types


def keep_request(claims: Mapping[str, Any], arrival: Arrival, held: Adapters) -> str:
    """Keep what the platform asked for while the teacher chooses, and return its name.

    Raises
    ------
    LaunchRefused
        Who asks is no teacher or assistant, or the return address is not a safe one.
    """
    settings = claims[c.DEEP_LINKING_SETTINGS]
    if arrival.role not in STAFF:
        raise LaunchRefused("not_staff", "Only teachers and assistants place something in a course.")
    if not is_safe_url(settings["deep_link_return_url"]):
        raise LaunchRefused("unsafe_return_url", "Your LMS wants the choice at an address that is not https.")
    activity = claims.get(c.ACTIVITY)
    name = secrets.token_urlsafe(24)
    kept = {
        "user_id": str(arrival.user_id),
        "class_id": str(arrival.class_id),
        "context_id": str(arrival.context_id),
        "deployment_id": arrival.deployment_id,
        "return_url": settings["deep_link_return_url"],
        "data": settings.get("data"),
        "activity": activity if isinstance(activity, dict) else {},
    }
    held.kv.put(_key(name), json.dumps(kept), _KEPT_SECONDS)
    return name


def asked(name: str, user_id: uuid.UUID, held: Adapters) -> dict[str, Any]:
    """Return a kept request of this person.

    Raises
    ------
    NotFound
        There is none: it was answered already, or has expired.
    """
    text = held.kv.get(_key(name))
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
    if held.kv.take(_key(name)) is None:
        raise NotFound(_OVER)


def _key(name: str) -> str:
    return f"lti:asset-deep-link:{name}"


def response(
    request: Mapping[str, Any],
    platform: Platform,
    assignment: Assignment | None,
    public_url: str,
    *,
    at: dt.datetime,
) -> str:
    """Return the signed answer that makes this tool a processor of the assignment's files.

    Parameters
    ----------
    request
        As `asked` returned it.
    assignment
        What the files belong to here, None where that is decided later.
    """
    custom = {} if assignment is None else {c.OWN_ASSIGNMENT: str(assignment.id)}
    launch = f"{public_url}/lti/launch"
    item = {
        "type": KIND,
        "title": "lti_grader",
        "text": assignment.title if assignment is not None else "Files are kept for grading",
        "url": launch,
        "custom": custom,
        "report": {"url": launch, "custom": custom, "supportedTypes": [TYPE], "released": True, "indicator": False},
    }
    message = {
        "iss": platform.client_id,
        "aud": platform.issuer,
        "iat": int(at.timestamp()),
        "exp": int(at.timestamp()) + 300,
        "nonce": secrets.token_urlsafe(24),
        c.DEPLOYMENT_ID: request["deployment_id"],
        c.MESSAGE_TYPE: "LtiDeepLinkingResponse",
        c.VERSION: "1.3.0",
        _DL + "content_items": [item],
    }
    if request.get("data") is not None:
        message[_DL + "data"] = request["data"]
    return keys.sign(message, at=at)
