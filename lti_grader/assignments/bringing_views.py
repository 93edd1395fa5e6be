"""Bringing parts of another class into this one, with a look at what comes before it does."""

import datetime as dt
import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader.assignments import bringing
from lti_grader.assignments.bringing import BadChoice, Beside
from lti_grader.classes.apart import require_everybody
from lti_grader.classes.queries import get_class, membership
from lti_grader.core.db import transaction
from lti_grader.core.errors import BadInput
from lti_grader.core.web import viewer

blueprint = flask.Blueprint("bringing", __name__)
AT = "/classes/<uuid:class_id>/bring"


@blueprint.get(AT)
def page(class_id: uuid.UUID) -> ResponseReturnValue:
    """The choice of a class and of what comes from it, with the dates that it would have."""
    me = viewer()
    with transaction(me.tenant_id):
        _require(class_id, me.user_id)
        return _page(class_id, me.user_id)


@blueprint.post(AT)
def bring(class_id: uuid.UUID) -> ResponseReturnValue:
    """Bring what was chosen."""
    me, form = viewer(), flask.request.form
    try:
        with transaction(me.tenant_id):
            _require(class_id, me.user_id)
            from_class = bringing.source(_id(form.get("from", "")), me.user_id)
            chosen = {_id(one) for one in form.getlist("item")}
            beside = Beside(form.getlist("set"), me.user_id if "comments" in form else None)
            copied = bringing.bring(
                from_class, class_id, chosen, _weeks(form.get("weeks", "0")), at=dt.datetime.now(dt.UTC), beside=beside
            )  # fmt: skip
    except BadChoice as refused:
        with transaction(me.tenant_id):
            return flask.make_response(_page(class_id, me.user_id, refused.message), refused.status)
    return flask.redirect(flask.url_for("bringing.page", class_id=class_id, came=len(copied)), 303)


def _require(class_id: uuid.UUID, user_id: uuid.UUID) -> None:
    place = membership(class_id, user_id)
    place.require_staff()
    require_everybody(place, "Other classes are brought in")


def _page(class_id: uuid.UUID, user_id: uuid.UUID, error: str = "") -> str:
    given = flask.request.values
    weeks = _weeks(given.get("weeks", "0"))
    chosen = bringing.source(_id(given["from"]), user_id) if given.get("from") else None
    parts = bringing.parts(chosen, class_id, weeks) if chosen else []
    return flask.render_template(
        "classes/bring.html",
        class_=get_class(class_id),
        within=None,
        sources=bringing.sources(user_id, class_id),
        chosen=chosen,
        parts=parts,
        sets=bringing.spare_sets(chosen, class_id, parts) if chosen else [],
        form=flask.request.form,
        ticked=set(flask.request.form.getlist("item")) if flask.request.method == "POST" else None,
        weeks=weeks,
        most_weeks=bringing.MOST_WEEKS,
        came=given.get("came", ""),
        error=error,
    )


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise BadInput("Choose from the page what is meant.") from None


def _weeks(text: str) -> int:
    plain = text.strip().removeprefix("-")
    if not (plain.isascii() and plain.isdigit() and len(plain) < 4):
        raise BadInput("Weeks are a whole number, such as 52; with a minus for earlier dates.")
    return int(text)
