"""What a launch says: hints, claims and variables (LTI 1.3 Core; Deep Linking 2.0)."""

import dataclasses
import enum
import re
from collections.abc import Mapping
from typing import Any

import jwt
from sqlalchemy.orm import Session

from lti_grader.demo.lms import wire
from lti_grader.demo.lms.line_items import container_url, item_url
from lti_grader.demo.lms.memberships import launch_roles, personal, roster_url
from lti_grader.demo.lms.models import Course, Installation, Membership, ResourceLink, Tool
from lti_grader.demo.lms.services import base_url, find_course
from lti_grader.demo.lms.wire import Refused

_HINT_SECONDS = 300
_VARIABLE = re.compile(r"\$[A-Z][A-Za-z]*(\.[A-Za-z]+)+")


class Message(enum.StrEnum):
    RESOURCE_LINK = "LtiResourceLinkRequest"
    DEEP_LINKING = "LtiDeepLinkingRequest"


@dataclasses.dataclass(frozen=True)
class Intent:
    """What somebody set out to do here, before they went to the tool."""

    message: Message
    person_id: str
    course_id: str
    link_id: str | None
    client_id: str
    deployment_id: str
    target: str
    """`iframe` or `window`."""


@dataclasses.dataclass(frozen=True)
class Setting:
    """The rows that an intent is about."""

    here: Installation
    tool: Tool
    course: Course
    member: Membership
    link: ResourceLink | None


def seal(intent: Intent, here: Installation, *, seconds: int = _HINT_SECONDS) -> str:
    """Return an intent as a hint that only this LMS could have written, and that soon grows stale."""
    claims = dataclasses.asdict(intent) | {"exp": int(wire.now().timestamp()) + seconds}
    return jwt.encode(claims, here.secret, algorithm="HS256")


def unseal(hint: str, here: Installation) -> Intent:
    """Return the intent of a hint.

    Raises
    ------
    Refused
        It is stale, or not ours.
    """
    try:
        claims = jwt.decode(hint, here.secret, algorithms=["HS256"], options={"require": ["exp"]})
    except jwt.PyJWTError:
        raise Refused(400, wire.manner(here).stale_launch_error, "This launch is no longer valid: start it again.") from None
    claims.pop("exp")
    return Intent(**claims | {"message": Message(claims["message"])})


def setting(session: Session, intent: Intent, here: Installation) -> Setting:
    """Return the rows of an intent.

    Raises
    ------
    Refused
        The person, link or tool is not, or no longer, there.
    """
    tool = session.get(Tool, intent.client_id)
    member = session.get(Membership, (intent.course_id, intent.person_id))
    link = session.get(ResourceLink, intent.link_id) if intent.link_id else None
    if tool is None or member is None or not member.active or (intent.link_id and link is None):
        raise Refused(404, "not_found", "The link, the tool or your place in the course is no longer there.")
    return Setting(here, tool, find_course(session, intent.course_id), member, link)


def login_request(intent: Intent, found: Setting) -> dict[str, str]:
    """Return what a third-party-initiated login carries (Security Framework 1.1, section 5.1.1.1)."""
    return {
        "iss": found.here.issuer,
        "login_hint": intent.person_id,
        "target_link_uri": target_link_uri(intent, found),
        "lti_message_hint": seal(intent, found.here),
        "client_id": found.tool.client_id,
        "lti_deployment_id": intent.deployment_id,
        "lti_storage_target": "_parent",
    }


def target_link_uri(intent: Intent, found: Setting) -> str:
    """Return where the launch leads."""
    if intent.message == Message.DEEP_LINKING:
        return found.tool.deep_linking_url
    return found.link.url if found.link else found.tool.target_link_uri


def claims(intent: Intent, found: Setting, *, nonce: str) -> dict[str, Any]:
    """Return everything that the id_token of a launch says."""
    now = int(wire.now().timestamp())
    said: dict[str, Any] = {
        "iss": found.here.issuer,
        "aud": found.tool.client_id,
        "azp": found.tool.client_id,
        "sub": found.member.person_id,
        "iat": now,
        "exp": now + 3600,
        "nonce": nonce,
        "locale": "en-GB",
        wire.LTI + "version": "1.3.0",
        wire.LTI + "message_type": intent.message.value,
        wire.LTI + "deployment_id": intent.deployment_id,
        wire.LTI + "target_link_uri": target_link_uri(intent, found),
        wire.LTI + "roles": launch_roles(found.member.role, found.here),
        wire.LTI + "context": _context(found.course),
        wire.LTI + "tool_platform": _platform(found.here),
        wire.LTI + "launch_presentation": _presentation(intent, found.course),
        wire.LTI + "lis": {"person_sourcedid": f"sis-{found.member.person.username}", "course_section_sourcedid": found.course.code},
        wire.LTI + "custom": custom(found),
        wire.NRPS + "claim/namesroleservice": {
            "context_memberships_url": roster_url(found.course),
            "service_versions": ["2.0"],
        },
        wire.AGS + "claim/endpoint": _grade_services(found),
    }
    said |= personal(found.member, found.tool)
    if intent.message == Message.DEEP_LINKING:
        return said | {wire.DL + "deep_linking_settings": _deep_linking(intent, found)}
    if found.link is not None:
        link = {"id": found.link.id, "title": found.link.title, "description": found.link.text}
        said[wire.LTI + "resource_link"] = {name: value for name, value in link.items() if value}
    return said


def _context(course: Course) -> dict[str, Any]:
    kind = "http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection"
    return {"id": course.id, "label": course.code, "title": course.title, "type": [kind]}


def _platform(here: Installation) -> dict[str, str]:
    held = wire.manner(here)
    return {
        "guid": here.guid,
        "name": "Larkfield College",
        "product_family_code": held.family_code,
        "version": held.version,
        "url": base_url(),
    }


def _presentation(intent: Intent, course: Course) -> dict[str, Any]:
    return {"document_target": intent.target, "return_url": f"{base_url()}/courses/{course.id}", "locale": "en-GB"}


def _grade_services(found: Setting) -> dict[str, Any]:
    endpoint: dict[str, Any] = {
        "scope": [scope for scope in found.tool.scopes if scope != wire.MEMBERS],
        "lineitems": container_url(found.course.id, found.here),
    }
    if found.link is not None and found.link.line_item is not None:
        endpoint["lineitem"] = item_url(found.link.line_item, found.here)
    return endpoint


def _deep_linking(intent: Intent, found: Setting) -> dict[str, Any]:
    return {
        "deep_link_return_url": f"{base_url()}/api/lti/deep-link-return",
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe", "window"],
        "accept_multiple": True,
        "accept_lineitem": True,
        "auto_create": True,
        "title": found.course.title,
        # Whoever sends this back was sent here by us, for this person and this course.
        "data": seal(intent, found.here, seconds=4 * 3600),
    }


def custom(found: Setting) -> dict[str, str]:
    """Return the custom parameters of a launch: the tool's, then the link's, with their variables filled in."""
    given: Mapping[str, Any] = found.tool.custom | (found.link.custom if found.link else {})
    known = _variables(found)
    stays = wire.manner(found.here).unknown_variables_stay

    def fill(text: str) -> str:
        return _VARIABLE.sub(lambda match: known.get(match[0][1:], match[0] if stays else ""), text)

    return {name: fill(str(value)) for name, value in given.items()}


def _variables(found: Setting) -> dict[str, str]:
    person, course, link = found.member.person, found.course, found.link
    known = {
        "User.id": person.id,
        "User.username": person.username,
        "Context.id": course.id,
        "Context.label": course.code,
        "Context.title": course.title,
        "CourseSection.sourcedId": course.code,
        "Membership.role": ",".join(launch_roles(found.member.role, found.here)),
        "ToolPlatformInstance.guid": found.here.guid,
    }
    if found.tool.share_names:
        known |= {
            "Person.name.full": person.name,
            "Person.name.given": person.given_name,
            "Person.name.family": person.family_name,
        }
    if found.tool.share_emails:
        known["Person.email.primary"] = person.email
    if link is not None:
        known |= {"ResourceLink.id": link.id, "ResourceLink.title": link.title}
        for window, times in link.windows.items():
            known |= {f"ResourceLink.{window}.{edge}": moment for edge, moment in times.items()}
    return known
