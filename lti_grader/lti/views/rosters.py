"""The roster of a class: who is in it, from where that is known, and reading it anew."""

import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader.classes.apart import require_everybody
from lti_grader.classes.queries import get_class, membership
from lti_grader.core.db import transaction
from lti_grader.core.web import viewer
from lti_grader.lti import roster_queries, roster_schedule
from lti_grader.lti.roster_queries import Asked
from lti_grader.lti.views.blueprint import blueprint, now


@blueprint.get("/classes/<uuid:class_id>/roster")
def roster(class_id: uuid.UUID) -> ResponseReturnValue:
    """Who is in a class."""
    return _roster(class_id, "classes/roster.html")


@blueprint.get("/classes/<uuid:class_id>/roster/state")
def roster_state(class_id: uuid.UUID) -> ResponseReturnValue:
    """How the reading stands, for a page that waits for it; with the list itself once it is done."""
    return _roster(class_id, "classes/roster_state.html")


def _roster(class_id: uuid.UUID, template: str) -> ResponseReturnValue:
    me, asked = viewer(), Asked.of(flask.request.args)
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        sources = roster_queries.sources(class_id, at=now())
        return flask.render_template(
            template,
            class_=get_class(class_id),
            within=place.within,
            asked=asked,
            people=roster_queries.people(class_id, asked, place.within),
            sources=sources,
            is_live=any(one.is_live for one in sources),
            may_read=any(one.is_offered for one in sources),
        )


@blueprint.post("/classes/<uuid:class_id>/roster/read")
def read_roster(class_id: uuid.UUID) -> ResponseReturnValue:
    """Have it read now."""
    me = viewer()
    with transaction(me.tenant_id):
        membership(class_id, me.user_id).require_staff()
        roster_schedule.read_now(class_id, at=now())
    return flask.redirect(flask.url_for("lti.roster", class_id=class_id), 303)


@blueprint.post("/classes/<uuid:class_id>/roster/<uuid:context_id>/left")
def allow_drops(class_id: uuid.UUID, context_id: uuid.UUID) -> ResponseReturnValue:
    """Take a person's word that those who are missing have left."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        require_everybody(place, "Who has left is confirmed")
        roster_schedule.allow_drops(class_id, context_id, by=me.user_id, at=now())
    return flask.redirect(flask.url_for("lti.roster", class_id=class_id), 303)
