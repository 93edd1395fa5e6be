"""Reading an LMS course's list of members, page after page (Names and Role Provisioning Services 2.0)."""

import dataclasses
import enum
import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from lti_grader.lti import claims as c
from lti_grader.lti import http
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.roles import is_test_user
from lti_grader.lti.tokens import Services
from lti_grader.people.described import Described

_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
_MOST_PAGES = 1000
# Some platforms write the quotes as typographers do, or the address as HTML.
_LINK = re.compile(r'<([^<>]+)>((?:\s*;\s*[^\s=;,<]+(?:\s*=\s*(?:"[^"]*"|[^,;<]*))?)*)')
_REL = re.compile(r"(?:^|;)\s*rel\s*=\s*[\"'“”]?([^\"'“”;,]*)", re.IGNORECASE)


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


@dataclasses.dataclass(frozen=True)
class Reading:
    """A list that was read to its end."""

    members: tuple[Member, ...]
    """Each person once, by `sub`; of somebody who stood there twice what was said last."""
    differences_url: str | None = None
    """Where the platform tells what changes after this reading (NRPS 2.0, section 2.4.3)."""
    is_whole: bool = True
    """Whether everybody stands there, or those only of whom there is news."""


def read(url: str, services: Services, *, is_whole: bool = True) -> Reading:
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
    for page, links in _pages(url, services):
        for one in page:
            if isinstance(one, dict) and (member := _member(one)):
                members[member.person.sub] = member
        differences = _differences(links, url) or differences
    return Reading(tuple(member for _, member in sorted(members.items())), differences, is_whole)


def _pages(url: str, services: Services) -> Iterator[tuple[list[Any], str | None]]:
    page: str | None = url
    seen: set[str] = set()
    while page is not None:
        _check_page(page, url, seen)
        seen.add(page)
        answer = services.call("GET", page, [c.MEMBERSHIP], headers={"Accept": _TYPE})
        found = http.as_json(answer)
        if not isinstance(found, dict) or not isinstance(found.get("members"), list):
            raise ServiceError("The LMS's roster has no list of members.", body=str(found)[:500])
        links = answer.headers.get("Link")
        yield found["members"], links
        page = next_page(links, page)


def _check_page(page: str, first: str, seen: set[str]) -> None:
    if page in seen:
        raise ServiceError("The LMS's roster goes in a circle: a page leads back to one before it.", body=page[:500])
    if not http.is_safe_url(page) or urlsplit(page)[:2] != urlsplit(first)[:2]:
        raise ServiceError("The LMS's roster goes on at another server, which is not followed.", body=page[:500])
    if len(seen) >= _MOST_PAGES:
        raise ServiceError(f"The LMS's roster has more than {_MOST_PAGES} pages.")


def next_page(header: str | None, here: str) -> str | None:
    """Return the address of the next page that a Link header gives (RFC 8288), in the case it was written in.

    Raises
    ------
    ServiceError
        There is a next page, and where cannot be made out: taking the roster for whole would drop who is on it.
    """
    for address, parameters in _LINK.findall(header or ""):
        if _is(parameters, "next"):
            try:
                return urljoin(here, html.unescape(address.strip()))
            except ValueError:
                break
    if not _is(header or "", "next"):
        return None
    raise ServiceError("The LMS's roster has a next page, and does not say where.", body=(header or "")[:500])


def _differences(header: str | None, here: str) -> str | None:
    """Return where differences are told; an address that cannot be used is as good as none: all is read again then."""
    for address, parameters in _LINK.findall(header or ""):
        if _is(parameters, "differences"):
            try:
                found = c.address(urljoin(here, html.unescape(address.strip())))
            except ValueError:
                return None
            return found if found and http.is_safe_url(found) and urlsplit(found)[:2] == urlsplit(here)[:2] else None
    return None


def _is(parameters: str, relation: str) -> bool:
    return any(relation in types.casefold().split() for types in _REL.findall(parameters))


def _member(given: dict[str, Any]) -> Member | None:
    """Return a member, None where they have no id that can be kept."""
    sub = _sub(given.get("user_id"))
    if sub is None:
        return None
    roles = _roles(given.get("roles"))
    return Member(described(sub, given, test_user=is_test_user(roles)), roles, _status(given.get("status")))


def described(sub: str, given: dict[str, Any], *, test_user: bool) -> Described:
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


def _sub(user_id: object) -> str | None:
    if isinstance(user_id, int) and not isinstance(user_id, bool):
        return str(user_id)
    return c.identifier(user_id)


def _roles(given: object) -> tuple[str, ...]:
    listed = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    return tuple(role for role in listed if isinstance(role, str))
