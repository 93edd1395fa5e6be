"""Lists that a platform gives in pages, joined by Link headers as platforms really write them."""

import html
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from lti_grader.lti import http
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.tokens import Services

_MOST_PAGES = 1000
# Some platforms write the quotes as typographers do, or the address as HTML.
_LINK = re.compile(r'<([^<>]+)>((?:\s*;\s*[^\s=;,<]+(?:\s*=\s*(?:"[^"]*"|[^,;<]*))?)*)')
_REL = re.compile(r"(?:^|;)\s*rel\s*=\s*[\"'“”]?([^\"'“”;,]*)", re.IGNORECASE)


def pages(services: Services, first: str, scopes: Sequence[str], *, accept: str, what: str) -> Iterator[Any]:
    """Yield the JSON of each page.

    Parameters
    ----------
    what
        What is listed, for messages: "roster" or "list of results".

    Raises
    ------
    ServiceError
        A page could not be read, or the pages lead nowhere or elsewhere.
    """
    for answer in answers(services, first, scopes, accept=accept, what=what):
        yield http.as_json(answer)


def answers(
    services: Services, first: str, scopes: Sequence[str], *, accept: str, what: str
) -> Iterator[httpx.Response]:
    """Yield the answer of each page, for those who read more of it than `pages` does.

    Raises
    ------
    ServiceError
        A page could not be read, or the pages lead nowhere or elsewhere.
    """
    page: str | None = first
    seen: set[str] = set()
    while page is not None:
        _check(page, first, seen, what)
        seen.add(page)
        answer = services.call("GET", page, scopes, headers={"Accept": accept})
        yield answer
        page = linked(answer.headers.get("Link"), "next", page, what)


def linked(header: str | None, relation: str, here: str, what: str) -> str | None:
    """Return the address that a Link header gives for `relation` (RFC 8288), in the case it was written in.

    Raises
    ------
    ServiceError
        There is one, and where cannot be made out: taking what was read for the whole would be wrong.
    """
    for address, parameters in _LINK.findall(header or ""):
        if _names(parameters, relation):
            try:
                return urljoin(here, html.unescape(address.strip()))
            except ValueError:
                break
    if not _names(header or "", relation):
        return None
    raise ServiceError(f"The LMS's {what} has a {relation} page, and it does not say where.", body=(header or "")[:500])


def _names(parameters: str, relation: str) -> bool:
    return any(relation in types.casefold().split() for types in _REL.findall(parameters))


def _check(page: str, first: str, seen: set[str], what: str) -> None:
    if page in seen:
        raise ServiceError(f"The LMS's {what} goes in a circle: a page leads back to one before it.", body=page[:500])
    if not http.is_safe_url(page) or urlsplit(page)[:2] != urlsplit(first)[:2]:
        raise ServiceError(f"The LMS's {what} goes on at another server, which is not followed.", body=page[:500])
    if len(seen) >= _MOST_PAGES:
        raise ServiceError(f"The LMS's {what} has more than {_MOST_PAGES} pages.")
