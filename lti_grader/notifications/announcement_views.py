"""The announcements of a class: for its staff to make, and for everybody in it to read."""

import datetime as dt
import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader.classes.queries import Membership, get_class, membership, sections
from lti_grader.core.db import transaction
from lti_grader.core.errors import BadInput, Conflict, GraderError
from lti_grader.core.markdown import to_html
from lti_grader.core.web import viewer
from lti_grader.notifications import announcing
from lti_grader.notifications.queries import undelivered

blueprint = flask.Blueprint("announcements", __name__)


@blueprint.get("/classes/<uuid:class_id>/announcements")
def of_class(class_id: uuid.UUID) -> ResponseReturnValue:
    """What was announced to a class, the latest first."""
    me = viewer()
    with transaction(me.tenant_id):
        return _page(membership(class_id, me.user_id))


@blueprint.post("/classes/<uuid:class_id>/announcements")
def announce(class_id: uuid.UUID) -> ResponseReturnValue:
    """Announce something, or take an announcement back."""
    me, form = viewer(), flask.request.form
    at = dt.datetime.now(dt.UTC)
    told = None
    try:
        with transaction(me.tenant_id):
            place = membership(class_id, me.user_id)
            place.require_staff()
            if form.get("do") == "withdraw":
                announcing.withdraw(place, _id(form.get("announcement", "")), at=at)
            else:
                to = form.getlist("section")
                _, told = announcing.announce(place, form.get("title", ""), form.get("body", ""), to, at=at)
    except (announcing.BadAnnouncement, Conflict) as refused:
        with transaction(me.tenant_id):
            return flask.make_response(_page(membership(class_id, me.user_id), refused), refused.status)
    return flask.redirect(flask.url_for("announcements.of_class", class_id=class_id, told=told), 303)


def _page(place: Membership, refused: GraderError | None = None) -> str:
    return flask.render_template(
        "notifications/announcements.html",
        class_=get_class(place.class_id),
        within=place.within,
        is_staff=place.is_staff,
        lines=announcing.announcements(place),
        sections=sections(place.class_id, within=place.within) if place.is_staff else [],
        undelivered=undelivered(place, at=dt.datetime.now(dt.UTC)) if place.is_staff else [],
        to_html=to_html,
        told=flask.request.args.get("told", type=int),
        error=refused.message if refused else "",
        form=flask.request.form if refused else {},
        chosen=flask.request.form.getlist("section") if refused else [],
        longest=(announcing.LONGEST_TITLE, announcing.LONGEST_BODY),
    )


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise BadInput("Choose from the page which announcement is meant.") from None
