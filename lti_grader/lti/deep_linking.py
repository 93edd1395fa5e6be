"""Placing assignments in a course (LTI Deep Linking 2.0)."""

import datetime as dt
import json
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

import jwt
from pylti1p3.deep_link import DeepLink
from pylti1p3.deep_link_resource import DeepLinkResource
from pylti1p3.lineitem import LineItem as LineItemClaim
from pylti1p3.registration import Registration

from lti_grader.adapters import Adapters
from lti_grader.assignments.models import Assignment
from lti_grader.core.errors import NotFound
from lti_grader.lti import claims as c
from lti_grader.lti import keys
from lti_grader.lti.errors import LaunchRefused
from lti_grader.lti.http import is_safe_url
from lti_grader.lti.models import Platform
from lti_grader.lti.operations import Arrival
from lti_grader.lti.products import product_of

_KEPT_SECONDS = 4 * 3600
_OVER = "This choice was made already, or took too long. Begin again in your LMS."
KIND = "ltiResourceLink"


def keep_request(claims: Mapping[str, Any], arrival: Arrival, held: Adapters) -> str:
    """Keep what the platform asked for while the teacher chooses, and return its name.

    Raises
    ------
    LaunchRefused
        The platform takes no LTI links here, or its return address is not a safe one.
    """
    settings = claims[c.DEEP_LINKING_SETTINGS]
    if KIND not in settings["accept_types"]:
        raise LaunchRefused(
            "type_not_accepted", "Your LMS takes no LTI links at this place, and that is all this tool has to place."
        )
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


def response(
    request: Mapping[str, Any], platform: Platform, assignments: list[Assignment], public_url: str, *, at: dt.datetime
) -> str:
    """Return the signed answer that places `assignments`.

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
    with_column = str(settings.get("accept_lineitem", "true")).casefold() != "false"
    more = product_of(platform).own_parameters
    message = link.get_message_jwt(
        [_resource(one, public_url, more=more, with_column=with_column) for one in assignments]
    )
    message["aud"] = platform.issuer
    message["exp"] = int(at.timestamp()) + 300
    if "data" not in settings:
        # It is echoed where it was given, and must be absent elsewhere.
        message.pop("https://purl.imsglobal.org/spec/lti-dl/claim/data", None)
    # PyLTI1p3 names keys by their thumbprint; ours have names of their own.
    return jwt.encode(message, private, algorithm="RS256", headers={"kid": kid})


def _resource(
    assignment: Assignment, public_url: str, *, more: Mapping[str, str], with_column: bool
) -> DeepLinkResource:
    resource = DeepLinkResource()
    resource.set_title(assignment.title).set_url(f"{public_url}/lti/launch")
    resource.set_custom_params({**more, c.OWN_ASSIGNMENT: str(assignment.id)})
    if with_column:
        column = LineItemClaim()
        column.set_label(assignment.title).set_score_maximum(float(assignment.points_total))
        column.set_resource_id(str(assignment.id)).set_tag("lti_grader")
        column.set_submission_review(list(c.REVIEWABLE), label=c.REVIEW_LABEL, url=f"{public_url}/lti/launch")
        resource.set_lineitem(column)
    return resource
