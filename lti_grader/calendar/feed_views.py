"""The page of a person's private address for calendar programs, and what these read there."""

import hashlib
import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.calendar import feeds
from lti_grader.calendar.views import now, require_places
from lti_grader.core.db import transaction
from lti_grader.core.errors import BadInput
from lti_grader.core.web import viewer

blueprint = flask.Blueprint("feed", __name__)


@blueprint.get("/calendar/feed")
def page() -> ResponseReturnValue:
    """Whether one's calendar can be read by other programs, and how."""
    me = viewer()
    with transaction(me.tenant_id):
        return _page(me.user_id)


@blueprint.post("/calendar/feed")
def change() -> ResponseReturnValue:
    """Make a new address, in place of the one before, or take it back."""
    me, do = viewer(), flask.request.form.get("do", "")
    with transaction(me.tenant_id):
        require_places(me.user_id)
        if do == "renew":
            # Shown now and never again: only its hash is kept.
            return _page(me.user_id, feeds.renew(me.user_id, at=now()))
        if do != "revoke":
            raise BadInput("Choose from the page what is to become of the address.")
        feeds.revoke(me.user_id, at=now())
    return flask.redirect(flask.url_for("feed.page"), 303)


def _page(user_id: uuid.UUID, token: str = "") -> str:
    require_places(user_id)
    # Not by url_for: where the session is named in the path, that would be in the address too.
    path = f"/calendar/~{token}/courses.ics"
    address = f"{adapters.installed().settings.public_url.rstrip('/')}{path}" if token else ""
    return flask.render_template("calendar/feed.html", feed=feeds.of(user_id), address=address)


@blueprint.get("/calendar/~<string(length=43):token>/courses.ics")
def read(token: str) -> ResponseReturnValue:
    """What is in a person's calendar, for programs that know its private address; no session is needed."""
    found = feeds.read(token, at=now())
    answer = flask.make_response(found.body)
    answer.content_type = "text/calendar; charset=utf-8"
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.set_etag(hashlib.sha256(found.body).hexdigest()[:32])
    answer.last_modified = found.changed_at
    return answer.make_conditional(flask.request)
