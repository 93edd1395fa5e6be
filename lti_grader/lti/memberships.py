"""Reading an LMS course's list of members, page after page (Names and Role Provisioning Services 2.0)."""

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from lti_grader.lti import claims as c
from lti_grader.lti import http, paging
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.products import Product
from lti_grader.lti.roles import is_test_user
from lti_grader.lti.tokens import Services
from lti_grader.people.described import Described

TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
_ROSTER = "roster"


class Status(enum.StrEnum):
    """What a list says of somebody on it (NRPS 2.0, section 2.3)."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DELETED = "deleted"


@dataclasses.dataclass(frozen=True)
class Member:
    """Somebody on the list."""

    person: Described
    roles: tuple[str, ...]
    status: Status = Status.ACTIVE
    sections: tuple[str, ...] | None = None
    """None where the list says nothing of them."""
    group_ids: tuple[str, ...] | None = None
    """Of the groups that they are in; None where the list says nothing of them."""


@dataclasses.dataclass(frozen=True)
class Reading:
    """A list that was read to its end."""

    members: tuple[Member, ...]
    """Each person once, by `sub`; of somebody who stood there twice what was said last."""
    differences_url: str | None = None
    """Where the platform tells what changes after this reading (NRPS 2.0, section 2.4.3)."""
    is_whole: bool = True
    """Whether everybody stands there, or those only of whom there is news."""


def read(url: str, services: Services, product: Product, *, is_whole: bool = True) -> Reading:
    """Read a list to its end. Nothing is locked meanwhile.

    Parameters
    ----------
    is_whole
        False for an address that tells differences.

    Raises
    ------
    ServiceError
        It could not be read whole.
    """
    if not http.is_safe_url(url):
        raise ServiceError(f"The LMS gave {url[:200]!r} as the roster's address, which is none that can be called.")
    members: dict[str, Member] = {}
    differences = None
    for answer in paging.answers(services, url, [c.MEMBERSHIP], accept=TYPE, what=_ROSTER):
        found = http.as_json(answer)
        if not isinstance(found, dict) or not isinstance(found.get("members"), list):
            raise ServiceError("The LMS's roster has no list of members.", body=str(found)[:500])
        for one in found["members"]:
            if isinstance(one, dict) and (member := _member(one, product)):
                members[member.person.sub] = _joined(members.get(member.person.sub), member)
        # The first that is given: what changes while the pages are read is told once more, and not missed.
        differences = differences or _differences(answer.headers.get("Link"), url)
    return Reading(tuple(member for _, member in sorted(members.items())), differences, is_whole)


def _joined(before: Member | None, now: Member) -> Member:
    """Return what is known of somebody who stands there once for each section that they are in."""
    if before is None:
        return now
    listed = None if before.sections is None and now.sections is None else dict.fromkeys((*(before.sections or ()), *(now.sections or ())))  # fmt: skip
    return dataclasses.replace(now, sections=None if listed is None else tuple(listed))


def _differences(header: str | None, here: str) -> str | None:
    """Return where differences are told; an address that cannot be used is as good as none: all is read again then."""
    try:
        found = c.address(paging.linked(header, "differences", here, _ROSTER))
    except ServiceError:
        return None
    return found if found and http.is_safe_url(found) and urlsplit(found)[:2] == urlsplit(here)[:2] else None


def _member(given: dict[str, Any], product: Product) -> Member | None:
    """Return a member, None where they have no id that can be kept."""
    sub = c.any_identifier(given.get("user_id"))
    if sub is None:
        return None
    roles = _roles(given.get("roles"))
    sections = product.sections(_message(given.get("message")))
    return Member(
        described(sub, given, test_user=is_test_user(roles)),
        roles,
        _status(given.get("status")),
        None if sections is None else tuple(sections),
        _groups(given.get("group_enrollments")),
    )


def _groups(given: object) -> tuple[str, ...] | None:
    """Return the groups that somebody is in (Course Groups Service 1.0, `group_enrollments`)."""
    if not isinstance(given, list):
        return None
    ids = (c.any_identifier(one.get("group_id")) for one in given if isinstance(one, dict))
    return tuple(one for one in ids if one is not None)


def _message(given: object) -> dict[str, Any]:
    """Return what a launch of a member would say (NRPS 2.0, section 2.4.1.1), as far as the list tells it."""
    messages = given if isinstance(given, list) else [given]
    return next((one for one in messages if isinstance(one, dict)), {})


def described(sub: str, given: Mapping[str, Any], *, test_user: bool) -> Described:
    """Return a person as the claims of a member name them."""
    return Described(
        sub=sub,
        name=c.words(given.get("name")),
        given_name=c.words(given.get("given_name")),
        family_name=c.words(given.get("family_name")),
        email=c.words(given.get("email")),
        avatar_url=c.words(given.get("picture")),
        locale=c.words(given.get("locale")),
        is_test_user=test_user,
    )


def _status(given: object) -> Status:
    """Return what the list says; nothing said is active, and a word that is not known is not."""
    if not given:
        return Status.ACTIVE
    try:
        return Status(str(given).casefold())
    except ValueError:
        return Status.INACTIVE


def _roles(given: object) -> tuple[str, ...]:
    listed = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    return tuple(role for role in listed if isinstance(role, str))
