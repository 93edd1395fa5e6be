"""The columns that an LMS course has: line items (Assignment and Grade Services 2.0, section 3.2)."""

import dataclasses
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from lti_grader.lti import claims as c
from lti_grader.lti import http
from lti_grader.lti.errors import ServiceError, TokenRefused
from lti_grader.lti.models import LineItem
from lti_grader.lti.paging import pages
from lti_grader.lti.tokens import Services

TYPE = "application/vnd.ims.lis.v2.lineitem+json"
_CONTAINER = "application/vnd.ims.lis.v2.lineitemcontainer+json"
GONE = (404, 410)


def address_of(item: LineItem) -> str:
    """Return the address of a column that is somewhere."""
    assert item.url is not None
    return item.url


@dataclasses.dataclass(frozen=True)
class Column:
    """A column as the LMS describes it."""

    url: str
    label: str
    maximum: Decimal | None
    resource_id: str | None
    link_id: str | None
    said: Mapping[str, Any]
    """All that it says of it."""


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which column is looked for."""

    resource_id: str
    link_ids: Collection[str]
    """As the LMS names the links that open the assignment there."""
    link_urls: Sequence[str]
    """Columns that launches of these links brought."""
    taken: Collection[str]
    """Columns that are known to be others."""


def find(services: Services, columns_url: str | None, wanted: Wanted, scopes: Sequence[str]) -> Column | None:
    """Return the column that an assignment has in an LMS course already, None where it has none.

    Platforms understand the filters each in their own way, or not at all: what they answer is looked through here, and
    where a filter leaves nothing the whole list is read.

    Raises
    ------
    ServiceError
        The columns could not be read whole.
    """
    for url in wanted.link_urls:
        if url not in wanted.taken and (brought := _there(services, url, scopes)) is not None:
            return brought
    if columns_url is None:
        return None
    try:
        found = _match(
            _listed(services, _with(columns_url, f"resource_id={quote(wanted.resource_id)}"), scopes), wanted
        )
    except ServiceError as error:
        if error.status_code is None or not 400 <= error.status_code < 500 or isinstance(error, TokenRefused):
            raise
        found = None
    return found or _match(_listed(services, columns_url, scopes), wanted)


def _there(services: Services, url: str, scopes: Sequence[str]) -> Column | None:
    try:
        return read(services, url, scopes)
    except ServiceError as error:
        if error.status_code in GONE and not isinstance(error, TokenRefused):
            return None
        raise


def _match(columns: Sequence[Column], wanted: Wanted) -> Column | None:
    free = [one for one in columns if one.url not in wanted.taken]
    ours = [one for one in free if one.resource_id == wanted.resource_id]
    ours.sort(key=lambda one: one.said.get("tag") != c.COLUMN_TAG)
    # A column that the LMS made for a link itself need not know our name for what it shows.
    return next(iter([*ours, *(one for one in free if one.link_id in wanted.link_ids)]), None)


def _listed(services: Services, url: str, scopes: Sequence[str]) -> list[Column]:
    return [one for page in pages(services, url, scopes, accept=_CONTAINER, what="list of columns")
            for one in _columns(page, url)]  # fmt: skip


def _columns(said: Any, base: str) -> Iterator[Column]:
    if not isinstance(said, list):
        raise ServiceError("The LMS's list of columns is not a list.", body=json.dumps(said)[:500])
    for one in said:
        if isinstance(one, dict) and _is_beside(one.get("id"), base):
            yield _column(one)


def read(services: Services, url: str, scopes: Sequence[str]) -> Column:
    """Return a column as it is in the LMS now.

    Raises
    ------
    ServiceError
        It cannot be read, or is not there.
    """
    if not http.is_safe_url(url):
        raise ServiceError(f"The LMS gave {url[:200]!r} as the column's address, which is none that can be called.")
    said = http.as_json(services.call("GET", url, scopes, headers={"Accept": TYPE}))
    if not isinstance(said, dict):
        raise ServiceError("The LMS did not describe its column.", body=json.dumps(said)[:500])
    return _column({**said, "id": url})


def made(said: Any, base: str) -> Column:
    """Return the column that an LMS says it has made.

    Raises
    ------
    ServiceError
        It does not say where; looking for it again finds it.
    """
    if not isinstance(said, dict) or not _is_beside(said.get("id"), base):
        raise ServiceError(
            "The LMS took the column and does not say where it is; it will be looked for.", body=json.dumps(said)[:500]
        )
    return _column(said)


def _is_beside(url: object, base: str) -> bool:
    """Return whether a column is at the server that the list of columns is at."""
    return isinstance(url, str) and http.is_safe_url(url) and urlsplit(url)[:2] == urlsplit(base)[:2]


def _column(said: Mapping[str, Any]) -> Column:
    label = said.get("label")
    return Column(
        url=said["id"],
        label=label if isinstance(label, str) else "",
        maximum=_points(said.get("scoreMaximum")),
        resource_id=_text(said.get("resourceId")),
        link_id=_text(said.get("resourceLinkId")),
        said=said,
    )


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and value != "" else None


def _points(value: object) -> Decimal | None:
    try:
        points = Decimal(str(value))
    except InvalidOperation:
        return None
    # NUMERIC(10, 4) is what our own points are kept in.
    return points if points.is_finite() and 0 < points < 1_000_000 else None


def _with(url: str, query: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(part for part in (parts.query, query) if part), fragment=""))
