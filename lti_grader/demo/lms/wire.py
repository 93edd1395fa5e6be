"""What the services have in common: refusals, pages of entries, media types, names of the standards."""

import datetime as dt
import json
import re
from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import flask
from werkzeug.wrappers import Response

from lti_grader.demo.lms.models import Installation
from lti_grader.demo.lms.products import MANNERS, Manner

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/"
SCORE = AGS + "scope/score"
RESULT = AGS + "scope/result.readonly"
LINE_ITEM = AGS + "scope/lineitem"
LINE_ITEM_READ = AGS + "scope/lineitem.readonly"
MEMBERS = NRPS + "scope/contextmembership.readonly"
SCOPES = (LINE_ITEM, LINE_ITEM_READ, RESULT, SCORE, MEMBERS)

LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
MEMBERS_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"

_Entry = TypeVar("_Entry")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)")


class Refused(Exception):
    """A request that is not done; answered as JSON by services and as a page to people.

    Parameters
    ----------
    status
        Of HTTP.
    code
        A short name, such as "invalid_client".
    message
        What is wrong.
    body
        The exact body to answer with, where a product's own words matter.
    """

    def __init__(self, status: int, code: str, message: str, *, body: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.body = body


def manner(here: Installation) -> Manner:
    """Return how the LMS behaves at present."""
    return MANNERS[here.product]


def now() -> dt.datetime:
    """Return this moment."""
    return dt.datetime.now(dt.UTC)


def read_moment(text: object) -> dt.datetime | None:
    """Return an ISO 8601 moment with its zone; None where it is none."""
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        return None
    try:
        return dt.datetime.fromisoformat(text.replace(",", "."))
    except ValueError:
        return None


def read_object(required_type: str | None) -> dict[str, Any]:
    """Return the JSON object that was sent.

    Parameters
    ----------
    required_type
        The media type without which it is refused; None takes any.
    """
    if required_type is not None and flask.request.mimetype != required_type:
        raise no_handler()
    try:
        found = json.loads(flask.request.get_data(), parse_constant=_no_constant)
    except ValueError as error:
        raise Refused(400, "bad_request", f"The body is no JSON: {error}.") from None
    if not isinstance(found, dict):
        raise Refused(400, "bad_request", "The body must be one JSON object.")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def require_accept(here: Installation, media_type: str) -> None:
    """Refuse a request whose Accept is not exactly `media_type`, where the product is so strict."""
    accept = flask.request.headers.get("Accept", "")
    if manner(here).exact_media_types and accept and "*/*" not in accept and accept != media_type:
        raise no_handler()


def no_handler() -> Refused:
    """Return Moodle's refusal of a media type."""
    asked = flask.request
    reason = f"No handler found for {asked.path} {asked.headers.get('Accept', '')} {asked.headers.get('Content-Type', '')}"
    return Refused(400, "no_handler", reason)


def answer(value: object, media_type: str, status: int = 200) -> Response:
    """Return `value` as JSON of a media type of its own."""
    return Response(json.dumps(value), status, content_type=media_type)


def page(entries: Sequence[_Entry], here: Installation, address: str) -> tuple[Sequence[_Entry], str | None]:
    """Return the entries of the page that was asked for, and the Link header that leads to the next.

    Parameters
    ----------
    address
        Of the container, without query.
    """
    limit = flask.request.args.get("limit", type=int) or here.page_size or manner(here).page_size
    if limit is None or limit < 1:
        return entries, None
    start = max(flask.request.args.get("from", 0, type=int), 0)
    chosen = entries[start : start + limit]
    if start + limit >= len(entries):
        return chosen, None
    kept = {name: value for name, value in flask.request.args.items() if name not in ("from", "limit")}
    following = f"{address}?{urlencode(kept | {'limit': limit, 'from': start + limit})}"
    return chosen, _link_header(following, here.link_style)


def _link_header(address: str, style: str) -> str:
    # Header values travel as Latin-1; what is UTF-8 in them is passed byte by byte.
    curly = '<{}>; rel=“next”'.encode().decode("latin-1")
    forms = {
        "straight": '<{}>; rel="next"',
        "curly": curly,
        "bare": "<{}>; rel=next",
        "entity": '<{}>; rel="next"',
    }
    return forms[style].format(address.replace("&", "&amp;") if style == "entity" else address)


def with_query(url: str, **more: str) -> str:
    """Return `url` with parameters added to those it has."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query, keep_blank_values=True), *more.items()])))
