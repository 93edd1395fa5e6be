"""Rosters by Names and Role Provisioning Services 2.0."""

import dataclasses
import datetime as dt
import html
import re
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import sqlalchemy as sa

from lti_grader.adapters import Adapters
from lti_grader.classes.models import Enrollment, EnrollmentSource, Role
from lti_grader.classes.operations import enroll
from lti_grader.core.db import session, transaction
from lti_grader.lti import claims, enrollments, http
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.models import ClassContext, Deployment, Platform
from lti_grader.lti.operations import upsert_user
from lti_grader.lti.roles import class_role, is_test_user
from lti_grader.lti.tokens import Services

_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
_MOST_PAGES = 1000
# Some platforms write the quotes as typographers do, or the address as HTML.
_LINK = re.compile(r'<([^<>]+)>((?:\s*;\s*[^\s=;,<]+(?:\s*=\s*(?:"[^"]*"|[^,;<]*))?)*)')
_REL = re.compile(r"(?:^|;)\s*rel\s*=\s*[\"'“”]?([^\"'“”;,]*)", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Synced:
    members: int
    dropped: int


def next_page(header: str | None, here: str) -> str | None:
    """Return the address of the next page that a Link header gives (RFC 8288), in the case it was written in.

    Raises
    ------
    ServiceError
        There is a next page, and where cannot be made out: taking the roster for whole would drop who is on it.
    """
    for address, parameters in _LINK.findall(header or ""):
        if _is_next(parameters):
            try:
                return urljoin(here, html.unescape(address.strip()))
            except ValueError:
                break
    if not _is_next(header or ""):
        return None
    raise ServiceError("The LMS's roster has a next page, and does not say where.", body=(header or "")[:500])


def _is_next(parameters: str) -> bool:
    return any("next" in types.casefold().split() for types in _REL.findall(parameters))


def sync(tenant_id: uuid.UUID, context_id: uuid.UUID, held: Adapters, *, at: dt.datetime) -> Synced | None:
    """Bring a class's roster up to date with its LMS course; None where the LMS offers no roster.

    Raises
    ------
    ServiceError
        The roster could not be read whole; nothing was changed, and nobody dropped.
    """
    with transaction(tenant_id):
        context = session().get_one(ClassContext, context_id)
        platform = (
            session().scalars(sa.select(Platform).join(Deployment).where(Deployment.id == context.deployment_id)).one()
        )
        url = context.memberships_url
    if url is None:
        return None
    try:
        members = list(_members(url, Services(platform, held)))
    except ServiceError as error:
        with transaction(tenant_id):
            session().get_one(ClassContext, context_id).roster_error = f"{error.message} {error.body}".strip()[:1000]
        raise
    with transaction(tenant_id):
        return _take_in(members, session().get_one(ClassContext, context_id), platform, at)


def _members(url: str, services: Services) -> Iterator[dict[str, Any]]:
    if not http.is_safe_url(url):
        raise ServiceError(f"The LMS gave {url[:200]!r} as the roster's address, which is none that can be called.")
    page: str | None = url
    seen: set[str] = set()
    while page is not None:
        _check_page(page, url, seen)
        seen.add(page)
        answer = services.call("GET", page, [claims.MEMBERSHIP], headers={"Accept": _TYPE})
        found = http.as_json(answer)
        if not isinstance(found, dict) or not isinstance(found.get("members"), list):
            raise ServiceError("The LMS's roster has no list of members.", body=str(found)[:500])
        for member in found["members"]:
            if isinstance(member, dict) and (sub := _sub(member.get("user_id"))):
                yield {**member, "sub": sub}
        page = next_page(answer.headers.get("Link"), page)


def _check_page(page: str, first: str, seen: set[str]) -> None:
    if page in seen:
        raise ServiceError("The LMS's roster goes in a circle: a page leads back to one before it.", body=page[:500])
    if not http.is_safe_url(page) or urlsplit(page)[:2] != urlsplit(first)[:2]:
        raise ServiceError("The LMS's roster goes on at another server, which is not followed.", body=page[:500])
    if len(seen) >= _MOST_PAGES:
        raise ServiceError(f"The LMS's roster has more than {_MOST_PAGES} pages.")


def _sub(user_id: object) -> str | None:
    if isinstance(user_id, int) and not isinstance(user_id, bool):
        return str(user_id)
    return claims.identifier(user_id)


def _roles(member: dict[str, Any]) -> list[str]:
    given = member.get("roles")
    listed = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    return [role for role in listed if isinstance(role, str)]


def _take_in(members: list[dict[str, Any]], context: ClassContext, platform: Platform, at: dt.datetime) -> Synced:
    known_roles = dict(
        session()
        .execute(sa.select(Enrollment.user_id, Enrollment.role).where(Enrollment.class_id == context.class_id))
        .all()
    )
    present = set()
    for member in sorted(members, key=lambda one: one["sub"]):
        if str(member.get("status") or "Active").casefold() != "active":
            continue
        roles = _roles(member)
        user_id = upsert_user(platform.id, member, test_user=is_test_user(roles))
        present.add(user_id)
        role = class_role(roles)
        # Moodle's assistants launch as instructors and stand in the roster as learners: the launch knew better.
        if known_roles.get(user_id) == Role.ASSISTANT and role == Role.STUDENT:
            role = Role.ASSISTANT
        enroll(context.class_id, user_id, role, source=EnrollmentSource.ROSTER)
    enrollments.note_seen(context, present, at=at)
    dropped = enrollments.note_left(context, platform.id, present, at=at) if present else 0
    context.roster_synced_at, context.roster_error = at, None
    return Synced(len(present), dropped)
