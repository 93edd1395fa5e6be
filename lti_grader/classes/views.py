"""The sections of a class: who is in them, and who of the staff sees which."""

import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader.classes.apart import keep_apart, may_change, sections_of
from lti_grader.classes.models import Apart
from lti_grader.classes.queries import get_class, membership
from lti_grader.core.db import transaction
from lti_grader.core.errors import BadInput
from lti_grader.core.web import viewer

blueprint = flask.Blueprint("classes", __name__)


@blueprint.get("/classes/<uuid:class_id>/sections")
def sections(class_id: uuid.UUID) -> ResponseReturnValue:
    """The sections of a class, and how far they are kept apart."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        class_ = get_class(class_id)
        found = sections_of(class_, place)
        return flask.render_template(
            "classes/sections.html",
            class_=class_,
            within=place.within,
            found=found,
            may_change=may_change(place, found),
            kept="kept" in flask.request.args,
        )


@blueprint.post("/classes/<uuid:class_id>/sections")
def set_apart(class_id: uuid.UUID) -> ResponseReturnValue:
    """Say who of the staff sees only the sections that they are in."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        try:
            apart = Apart(flask.request.form.get("apart", ""))
        except ValueError:
            raise BadInput("Choose from the page who sees only their own sections.") from None
        keep_apart(get_class(class_id), apart, place)
    return flask.redirect(flask.url_for("classes.sections", class_id=class_id, kept=1), 303)
