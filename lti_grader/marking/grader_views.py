"""The page of those who mark in a class beside each other."""

import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader.classes.queries import get_class, membership
from lti_grader.core.db import transaction
from lti_grader.core.web import viewer
from lti_grader.marking import graders, statistics

blueprint = flask.Blueprint("graders", __name__)


@blueprint.get("/classes/<uuid:class_id>/marking/graders")
def page(class_id: uuid.UUID) -> ResponseReturnValue:
    """How much each who marks gives and how long they take, beside the others."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        return flask.render_template(
            "marking/graders.html",
            class_=get_class(class_id),
            within=place.within,
            graders=graders.graders_of(place),
            few=statistics.FEW,
            much=statistics.MUCH,
        )
