"""Columns of the gradebook, as tools see them (Assignment and Grade Services 2.0, section 3.2)."""

import math
from collections.abc import Mapping
from typing import Any

import flask
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from lti_grader.demo.lms import wire
from lti_grader.demo.lms.models import Installation, LineItem, ResourceLink, Tool
from lti_grader.demo.lms.products import Product
from lti_grader.demo.lms.services import authorised, base_url, find_course, installation, services
from lti_grader.demo.lms.store import store
from lti_grader.demo.lms.wire import Refused, answer


def container_url(course_id: str, here: Installation) -> str:
    """Return the address of a course's line items."""
    if here.product == Product.MOODLE:
        return f"{base_url()}/mod/lti/services.php/{course_id}/lineitems?type_id=1"
    return f"{base_url()}/api/lti/courses/{course_id}/line_items"


def item_url(item: LineItem, here: Installation) -> str:
    """Return the address of a line item; Moodle's has a query, before which /scores must go."""
    if here.product == Product.MOODLE:
        return f"{base_url()}/mod/lti/services.php/{item.course_id}/lineitems/{item.id}/lineitem?type_id=1"
    return f"{base_url()}/api/lti/courses/{item.course_id}/line_items/{item.id}"


def described(item: LineItem, here: Installation) -> dict[str, Any]:
    """Return a line item as tools read it."""
    known = {
        "id": item_url(item, here),
        "label": item.label,
        "scoreMaximum": item.score_maximum,
        "resourceId": item.resource_id,
        "tag": item.tag,
        "resourceLinkId": item.resource_link_id,
        "startDateTime": item.start_at,
        "endDateTime": item.end_at,
    }
    return {name: value for name, value in known.items() if value is not None}


def fill(item: LineItem, sent: Mapping[str, Any]) -> None:
    """Write what was sent into a line item.

    Raises
    ------
    Refused
        The label is empty or the maximum no positive number.
    """
    label, maximum = sent.get("label"), sent.get("scoreMaximum")
    if not isinstance(label, str) or not label.strip():
        raise Refused(400, "bad_request", "A line item needs a label.")
    if isinstance(maximum, bool) or not isinstance(maximum, int | float) or not math.isfinite(maximum) or maximum <= 0:
        raise Refused(400, "bad_request", "A line item needs a scoreMaximum above 0.")
    item.label, item.score_maximum = label.strip(), float(maximum)
    item.resource_id, item.tag = _text(sent, "resourceId"), _text(sent, "tag")
    item.start_at, item.end_at = _text(sent, "startDateTime"), _text(sent, "endDateTime")


def _text(sent: Mapping[str, Any], name: str) -> str | None:
    value = sent.get(name)
    if value is not None and not isinstance(value, str):
        raise Refused(400, "bad_request", f"{name} must be a text.")
    return value or None


def own_item(session: Session, tool: Tool, course_id: str, item_id: int) -> LineItem:
    """Return a line item of the tool that asks; those of others do not exist for it."""
    item = session.get(LineItem, item_id)
    if item is None or item.course_id != course_id or item.client_id != tool.client_id:
        raise Refused(404, "not_found", "There is no such line item.")
    return item


def reading_scopes(here: Installation) -> tuple[str, ...]:
    """Return the scopes of which one lets a tool read line items."""
    return (wire.LINE_ITEM_READ,) if wire.manner(here).readonly_by_name else (wire.LINE_ITEM_READ, wire.LINE_ITEM)


def required_type(here: Installation, media_type: str) -> str | None:
    """Return the media type that a body must have with this product."""
    return media_type if wire.manner(here).exact_media_types else None


_CONTAINERS = ("/api/lti/courses/<course_id>/line_items", "/mod/lti/services.php/<course_id>/lineitems")
_ITEMS = (
    "/api/lti/courses/<course_id>/line_items/<int:item_id>",
    "/mod/lti/services.php/<course_id>/lineitems/<int:item_id>/lineitem",
)


def list_items(course_id: str) -> Response:
    """List a course's line items that are the tool's, filtered and in pages."""
    asked = flask.request.args
    with store().reading() as session:
        here = installation(session)
        tool = authorised(session, *reading_scopes(here))
        wire.require_accept(here, wire.LINE_ITEMS_TYPE)
        course = find_course(session, course_id)
        wanted = sa.select(LineItem).where(LineItem.course_id == course.id, LineItem.client_id == tool.client_id)
        for name in ("resource_link_id", "resource_id", "tag"):
            if name in asked:
                wanted = wanted.where(getattr(LineItem, name) == asked[name])
        items = session.scalars(wanted.order_by(LineItem.id)).all()
        address = container_url(course.id, here).partition("?")[0]
        shown, link = wire.page(items, here, address)
        response = answer([described(item, here) for item in shown], wire.LINE_ITEMS_TYPE)
    if link:
        response.headers["Link"] = link
    return response


def create_item(course_id: str) -> Response:
    """Make a line item, bound to a link of the same tool where one is named."""
    with store().writing() as session:
        here = installation(session)
        tool = authorised(session, wire.LINE_ITEM)
        course = find_course(session, course_id)
        sent = wire.read_object(required_type(here, wire.LINE_ITEM_TYPE))
        item = LineItem(course_id=course.id, client_id=tool.client_id)
        fill(item, sent)
        item.resource_link_id = _free_link(session, tool, course_id, _text(sent, "resourceLinkId"))
        session.add(item)
        session.flush()
        return answer(described(item, here), wire.LINE_ITEM_TYPE, 201)


def _free_link(session: Session, tool: Tool, course_id: str, link_id: str | None) -> str | None:
    if link_id is None:
        return None
    link = session.get(ResourceLink, link_id)
    if link is None or link.course_id != course_id or link.client_id != tool.client_id:
        raise Refused(404, "not_found", "There is no such resource link in this course.")
    if link.line_item is not None:
        raise Refused(400, "bad_request", "This resource link has a line item already.")
    return link_id


def read_item(course_id: str, item_id: int) -> Response:
    """Show one line item."""
    with store().reading() as session:
        here = installation(session)
        tool = authorised(session, *reading_scopes(here))
        wire.require_accept(here, wire.LINE_ITEM_TYPE)
        return answer(described(own_item(session, tool, course_id, item_id), here), wire.LINE_ITEM_TYPE)


def replace_item(course_id: str, item_id: int) -> Response:
    """Change a line item; its link stays what it was."""
    with store().writing() as session:
        here = installation(session)
        tool = authorised(session, wire.LINE_ITEM)
        item = own_item(session, tool, course_id, item_id)
        fill(item, wire.read_object(required_type(here, wire.LINE_ITEM_TYPE)))
        session.flush()
        return answer(described(item, here), wire.LINE_ITEM_TYPE)


def delete_item(course_id: str, item_id: int) -> Response:
    """Remove a line item with its grades."""
    with store().writing() as session:
        tool = authorised(session, wire.LINE_ITEM)
        session.delete(own_item(session, tool, course_id, item_id))
    return Response(status=204)


for _url in _CONTAINERS:
    services.add_url_rule(_url, "line_items__list", list_items, methods=["GET"])
    services.add_url_rule(_url, "line_items__create", create_item, methods=["POST"])
for _url in _ITEMS:
    services.add_url_rule(_url, "line_items__read", read_item, methods=["GET"])
    services.add_url_rule(_url, "line_items__replace", replace_item, methods=["PUT"])
    services.add_url_rule(_url, "line_items__delete", delete_item, methods=["DELETE"])
