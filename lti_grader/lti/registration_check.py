"""Whether a registration works, tried out against the platform: keyset, tokens, roster, columns, results."""

import dataclasses
import enum
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lti_grader.adapters import Adapters
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import NotFound
from lti_grader.lti import claims as c
from lti_grader.lti import http, memberships, results
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.models import WITHOUT_COLUMN, ClassContext, Deployment, LineItem, Platform
from lti_grader.lti.products import Product, product_of
from lti_grader.lti.tokens import Services

_COLUMNS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
_NAMES = {
    c.SCORE: "Permission to send scores",
    c.RESULT: "Permission to read scores back",
    c.LINE_ITEM: "Permission to make gradebook columns",
    c.LINE_ITEM_READ: "Permission to read gradebook columns",
    c.MEMBERSHIP: "Permission to read rosters",
}


class State(enum.StrEnum):
    WORKS = "works"
    MISSING = "missing"
    """Not granted: a switch in the LMS cures it."""
    BROKEN = "broken"
    NOT_TRIED = "not tried"


@dataclasses.dataclass(frozen=True)
class Line:
    """What was tried, and what came of it. `said` is the LMS's own answer, where there is something to read in it."""

    name: str
    state: State
    words: str
    said: str = ""


@dataclasses.dataclass(frozen=True)
class _Course:
    title: str
    memberships_url: str | None
    line_items_url: str | None
    column_url: str | None


def check(tenant_id: uuid.UUID, platform_id: uuid.UUID, held: Adapters) -> list[Line]:
    """Try a registration out. Nothing is changed in the LMS, and no transaction is open while it is called.

    Raises
    ------
    NotFound
    """
    with transaction(tenant_id):
        platform = session().get(Platform, platform_id)
        if platform is None:
            raise NotFound("There is no such platform.")
        course = _course(platform_id)
    product, services = product_of(platform), Services(platform, held)
    lines = [_keyset(platform, held), *(_permission(scope, product, services) for scope in c.SCOPES)]
    granted = {scope for scope, line in zip(c.SCOPES, lines[1:], strict=True) if line.state is State.WORKS}
    return [*lines, *_services(course, granted, product, services)]


def _course(platform_id: uuid.UUID) -> _Course | None:
    """Return the course that was seen last, with its services."""
    context = session().scalar(
        sa.select(ClassContext)
        .join(Deployment, Deployment.id == ClassContext.deployment_id)
        .where(
            Deployment.platform_id == platform_id,
            sa.or_(ClassContext.memberships_url.is_not(None), ClassContext.line_items_url.is_not(None)),
        )
        .order_by(ClassContext.id.desc())
        .limit(1)
    )
    if context is None:
        return None
    column = session().scalar(
        sa.select(LineItem.url)
        .where(LineItem.class_context_id == context.id, LineItem.state.not_in(WITHOUT_COLUMN))
        .order_by(LineItem.id.desc())
        .limit(1)
    )
    title = context.title or context.context_id
    return _Course(title, context.memberships_url, context.line_items_url, column)


def _keyset(platform: Platform, held: Adapters) -> Line:
    name, settings = "The LMS's keyset", held.settings
    try:
        found = http.as_json(
            http.call(
                "GET", platform.jwks_url, timeout=settings.lms_timeout_seconds,
                connect=settings.lms_connect_timeout_seconds, headers={"Accept": "application/json"},
            )
        )  # fmt: skip
    except ServiceError as error:
        words = f"{error.message} No launch can be checked. See the keyset address in the registration."
        return Line(name, State.BROKEN, words, error.body)
    listed = found.get("keys") if isinstance(found, dict) else None
    usable = [
        key for key in listed or () if isinstance(key, dict) and key.get("kty") == "RSA" and isinstance(key.get("kid"), str)
    ]  # fmt: skip
    if not usable:
        words = "There is no RSA key with an id in it. See the keyset address in the registration."
        return Line(name, State.BROKEN, words, str(found)[:500])
    return Line(name, State.WORKS, f"{len(usable)} {'key' if len(usable) == 1 else 'keys'}.")


def _permission(scope: str, product: Product, services: Services) -> Line:
    name = _NAMES[scope]
    try:
        granted = services.granted([scope])
    except ServiceError as error:
        return _not_granted(name, scope, product, error)
    if scope not in granted:
        return Line(name, State.MISSING, product.switch_for(scope))
    return Line(name, State.WORKS, "Granted.")


def _not_granted(name: str, scope: str, product: Product, error: ServiceError) -> Line:
    said = error.body.casefold()
    if error.status_code in (400, 401, 403) and "scope" in said:
        return Line(name, State.MISSING, product.switch_for(scope), error.body[:500])
    if error.status_code is not None and error.status_code < 500:
        words = (
            f"The LMS gives this tool no token ({error.status_code}): it does not know the client, has it switched off, or"
            " cannot read this tool's keyset. See in the LMS that the tool is on and has the keyset address of this tool."
        )
        return Line(name, State.BROKEN, words, error.body[:500])
    return Line(
        name, State.BROKEN, f"{error.message} See the access token address in the registration.", error.body[:500]
    )


def _services(course: _Course | None, granted: set[str], product: Product, services: Services) -> list[Line]:
    if course is None:
        words = "Not known yet: open the tool once in a course of the LMS, as a teacher, and come back."
        return [Line("Services in a course", State.NOT_TRIED, words)]
    tries: Sequence[tuple[str, str | None, str, str, str]] = (
        ("The roster", course.memberships_url, c.MEMBERSHIP, memberships.TYPE, "members"),
        ("The gradebook's columns", course.line_items_url, _columns_scope(granted), _COLUMNS, "columns"),
        ("Scores in a column", _results_of(course.column_url), c.RESULT, results.TYPE, "scores"),
    )
    return [
        _service(f"{name} of {course.title}", url, scope, granted, accept, what, product, services)
        for name, url, scope, accept, what in tries
    ]


def _columns_scope(granted: set[str]) -> str:
    return c.LINE_ITEM_READ if c.LINE_ITEM_READ in granted else c.LINE_ITEM


def _results_of(column: str | None) -> str | None:
    try:
        return None if column is None else results.below(column, "results")
    except ServiceError:
        # Not an address that can be called: calling it says so.
        return column


def _service(
    name: str, url: str | None, scope: str, granted: set[str], accept: str, what: str, product: Product, services: Services
) -> Line:  # fmt: skip
    if url is None:
        if what == "scores":
            return Line(name, State.NOT_TRIED, "This tool has no column there yet: place an assignment with points.")
        return Line(name, State.MISSING, f"The launch did not say where it is. {product.switch_for(scope)}")
    if scope not in granted:
        return Line(name, State.NOT_TRIED, "The permission for it is missing: see above.")
    try:
        found = http.as_json(services.call("GET", url, [scope], headers={"Accept": accept}))
    except ServiceError as error:
        cure = f" {product.switch_for(scope)}" if error.status_code in (401, 403, 404) else ""
        return Line(name, State.BROKEN, f"{error.message}{cure}", error.body[:500])
    count = _count(found)
    if count is None:
        return Line(name, State.BROKEN, f"The LMS's answer has no list of {what}.", str(found)[:500])
    return Line(name, State.WORKS, f"{count} {what if count != 1 else what[:-1]} on the first page.")


def _count(found: Any) -> int | None:
    listed = found.get("members") if isinstance(found, dict) else found
    return len(listed) if isinstance(listed, list) else None
