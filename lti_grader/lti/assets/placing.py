"""Becoming the processor of an LMS assignment's files: a deep link of the type `ltiAssetProcessor`."""

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any

from lti_grader.adapters import Adapters
from lti_grader.assignments.models import Assignment
from lti_grader.classes.models import STAFF
from lti_grader.lti import claims as c
from lti_grader.lti import kept_requests, keys
from lti_grader.lti.assets.reporting import TYPE
from lti_grader.lti.errors import LaunchRefused
from lti_grader.lti.models import Platform
from lti_grader.lti.operations import Arrival

KIND = "ltiAssetProcessor"
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
    activity = claims.get(c.ACTIVITY)
    more = {
        "context_id": str(arrival.context_id),
        "return_url": settings["deep_link_return_url"],
        "data": settings.get("data"),
        "activity": activity if isinstance(activity, dict) else {},
    }
    return kept_requests.keep(KIND, claims, arrival, held, more)


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
