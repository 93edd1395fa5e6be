"""What somebody was told: their list, the links in it, and the number in the frame of every page."""

import uuid

import flask
from flask.typing import ResponseReturnValue
from werkzeug.routing import BuildError

from lti_grader import adapters
from lti_grader.classes.queries import membership
from lti_grader.core.db import transaction
from lti_grader.core.errors import BadInput
from lti_grader.core.web import viewer
from lti_grader.notifications import operations, queries, unread
from lti_grader.notifications.kinds import REGISTRY
from lti_grader.notifications.models import Notification

blueprint = flask.Blueprint("notifications", __name__)


@blueprint.get("/notifications")
def inbox() -> ResponseReturnValue:
    """What the viewer was told, the latest first."""
    me = viewer()
    with transaction(me.tenant_id):
        return _inbox(me.user_id)


def _inbox(user_id: uuid.UUID) -> str:
    class_id = _given("class_id")
    return flask.render_template(
        "notifications/inbox.html",
        inbox=queries.inbox(user_id, class_id=class_id, before=_given("before")),
        class_id=class_id,
        is_first="before" not in flask.request.args,
    )


@blueprint.post("/notifications")
def read_all() -> ResponseReturnValue:
    """Mark as read what the viewer was told, all of it or what it was of one class."""
    me, class_id = viewer(), _given("class_id")
    with transaction(me.tenant_id):
        operations.read_all(me.user_id, class_id)
    if "HX-Request" in flask.request.headers:
        with transaction(me.tenant_id):
            return _inbox(me.user_id)
    return flask.redirect(flask.url_for("notifications.inbox", class_id=class_id), 303)


@blueprint.get("/notifications/<uuid:notification_id>")
def open_one(notification_id: uuid.UUID) -> ResponseReturnValue:
    """Go to what a notification is about; it is read by that."""
    me = viewer()
    with transaction(me.tenant_id):
        found = queries.notification(notification_id, me.user_id)
        if found.class_id is not None:
            # Whoever has left reads there why they find nothing.
            membership(found.class_id, me.user_id)
        operations.read(found)
    return flask.redirect(_address(found), 303)


def _address(found: Notification) -> str:
    kind = REGISTRY.get(found.type)
    try:
        if kind is not None:
            values = {name: found.payload[name] for name in kind.arguments}
            return flask.url_for(kind.endpoint, _anchor=found.payload.get("anchor"), **values)
    except (KeyError, BuildError) as error:
        # Of another version of this program, whose pages were others.
        flask.current_app.logger.warning("notification %s leads nowhere: %r", found.id, error)
    return flask.url_for("notifications.inbox")


@blueprint.get("/notifications/unread")
def unread_number() -> ResponseReturnValue:
    """How many the viewer has not read; open pages ask now and then."""
    me, kv = viewer(), adapters.installed().kv
    number = unread.known(me.user_id, kv)
    if number is None:
        with transaction(me.tenant_id):
            number = unread.count(me.user_id, kv)
    answer = flask.jsonify({"unread": number})
    # It may be kept, so that it can be asked whether it is still so.
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.set_etag(str(number))
    return answer.make_conditional(flask.request)


def of_viewer() -> int | None:
    """Return how many whoever looks has not read, for the frame of a page; None where that would have to be counted."""
    user = flask.session.get("user")
    return unread.known(uuid.UUID(user), adapters.installed().kv) if user else None


def _given(name: str) -> uuid.UUID | None:
    text = flask.request.values.get(name, "")
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise BadInput("Choose from the page what is meant.") from None
