"""Where a launch leads that is for something else than an assignment or a choice: one line for each kind."""

import dataclasses
import datetime as dt
import re
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from lti_grader.adapters import Adapters
from lti_grader.lti import claims as c
from lti_grader.lti import material_links, submission_review
from lti_grader.lti.assets import looking, placing
from lti_grader.lti.models import Platform
from lti_grader.lti.notices import subscribing
from lti_grader.lti.operations import Arrival, arrive
from lti_grader.lti.privacy import access
from lti_grader.lti.returning import keep_way_back

# Canvas opens the address that went with a score, SpeedGrader for staff and the grades page for the student.
_ATTEMPT = re.compile(r"/lti/(?:launch/)?attempts/([0-9a-fA-F-]{36})/?")


@dataclasses.dataclass(frozen=True)
class Place:
    """A page of this tool, by its endpoint."""

    endpoint: str
    values: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Received:
    """What a launch came to: who, where they arrived, and the page that it leads to."""

    user_id: uuid.UUID
    arrival: Arrival | None
    """None where a launch is for no course."""
    place: Place | None
    """None where the link, or the choice to be made, decides."""


def receive(claims: Mapping[str, Any], platform: Platform, held: Adapters, *, at: dt.datetime) -> Received:
    """Take in a verified launch of any kind.

    Raises
    ------
    LaunchRefused
        It leads to something that this person may not see, or that is not of this course.
    """
    if claims[c.MESSAGE_TYPE] in c.DATA_PRIVACY_REQUESTS:
        granted = access.grant(claims, platform, held, at=at)
        return Received(granted.user_id, None, _privacy_place(granted))
    arrival = arrive(claims, platform, at=at)
    place = place_of(claims, platform, arrival, held, at=at)
    keep_way_back(claims, platform, arrival.class_id, arrival.user_id)
    subscribing.owe(claims, arrival.context_id, held.settings.public_url, at=at)
    return Received(arrival.user_id, arrival, place)


def _privacy_place(granted: access.Granted) -> Place:
    if granted.about_id is None:
        return Place("lti.privacy", {"name": granted.name})
    return Place("lti.privacy_person", {"name": granted.name, "person_id": granted.about_id})


def place_of(
    claims: Mapping[str, Any], platform: Platform, arrival: Arrival, held: Adapters, *, at: dt.datetime
) -> Place | None:
    """Return where a launch leads by its kind or its address, None where its link decides.

    Raises
    ------
    LaunchRefused
        It leads to something that this person may not see, or that is not of this course.
    """
    kind = claims[c.MESSAGE_TYPE]
    if kind == c.SUBMISSION_REVIEW_REQUEST:
        review = submission_review.find(claims, platform, arrival)
        return Place("gradebook.review", {"assignment_id": review.assignment_id, "student_id": review.student_id})
    if kind == c.ASSET_SETTINGS_REQUEST:
        return Place("lti.activity", {"activity_id": looking.settings_of(claims, arrival, at=at)})
    if kind == c.REPORT_REVIEW_REQUEST:
        return Place("lti.asset", {"asset_id": looking.reported(claims, arrival)})
    if kind == c.DEEP_LINKING_REQUEST and placing.is_wanted(claims):
        return Place("lti.choose_activity", {"name": placing.keep_request(claims, arrival, held)})
    if kind == c.RESOURCE_LINK_REQUEST and (material_id := material_links.opened(claims, arrival, at=at)):
        return Place("materials.page", {"material_id": material_id})
    if attempt_id := named_attempt(claims.get(c.TARGET_LINK_URI)):
        submission_review.require_attempt(attempt_id, arrival)
        return Place("results.attempt", {"attempt_id": attempt_id})
    return None


def named_attempt(target: object) -> uuid.UUID | None:
    """Return the attempt that a target link address names, None where it names none."""
    if not isinstance(target, str):
        return None
    found = _ATTEMPT.fullmatch(urlsplit(target).path)
    try:
        return uuid.UUID(found[1]) if found else None
    except ValueError:
        return None
