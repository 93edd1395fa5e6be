"""The registrar's board."""

import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader.classes.queries import get_class, membership
from lti_grader.core.db import transaction
from lti_grader.core.errors import NotFound
from lti_grader.core.web import viewer
from lti_grader.lti import passback, queries, trail
from lti_grader.lti.views.blueprint import blueprint, now


@blueprint.get("/classes/<uuid:class_id>/deliveries")
def board(class_id: uuid.UUID) -> ResponseReturnValue:
    """The registrar's board: every score, what was sent, and what the LMS holds."""
    me = viewer()
    with transaction(me.tenant_id):
        membership(class_id, me.user_id).require_staff()
        lines = queries.deliveries_of_class(class_id)
        only = flask.request.args.get("only") == "trouble"
        return flask.render_template(
            "gradebook/deliveries.html",
            class_=get_class(class_id),
            lines=[line for line in lines if line.is_trouble] if only else lines,
            total=len(lines),
            trouble=sum(line.is_trouble for line in lines),
            only=only,
            now=now(),
        )


@blueprint.post("/deliveries/<uuid:delivery_id>/resend")
def resend(delivery_id: uuid.UUID) -> ResponseReturnValue:
    """Send a score again, on a person's word."""
    me = viewer()
    with transaction(me.tenant_id):
        class_id = queries.class_of_delivery(delivery_id)
        if class_id is None:
            raise NotFound("There is no such delivery.")
        membership(class_id, me.user_id).require_staff()
        passback.resend(delivery_id, at=now(), by=trail.Actor(me.user_id))
    return flask.redirect(flask.url_for("lti.board", class_id=class_id), 303)
