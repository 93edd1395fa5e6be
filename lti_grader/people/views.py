"""Administrators' way in and out, and what they did."""

import datetime as dt
import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader.core.db import session, transaction
from lti_grader.core.web import ADMINISTRATION, SignedInAdministrator, administrator
from lti_grader.people import operations, queries
from lti_grader.people.models import Tenant

blueprint = flask.Blueprint("administration", __name__, url_prefix="/administration")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@blueprint.before_app_request
def recognise() -> None:
    """Find the administrator behind a request; `core.web.administrator` then says who it is.

    Each request asks the row, so that a session which was ended is over at once.
    """
    flask.g.administrator = None
    kept = flask.session.get(ADMINISTRATION) if flask.request.endpoint != "static" else None
    if not kept:
        return
    tenant_id, sign_in_id = uuid.UUID(kept["tenant"]), uuid.UUID(kept["sign_in"])
    with transaction(tenant_id):
        found = queries.standing(sign_in_id, at=_now())
    if found is None:
        flask.session.pop(ADMINISTRATION)
        return
    flask.g.administrator = SignedInAdministrator(found.id, tenant_id, found.name, sign_in_id)


@blueprint.before_request
def stand_alone() -> None:
    """Let no other site hold these pages in a frame."""
    flask.g.frame_origins = []


@blueprint.route("/sign-in/<token>", methods=["GET", "POST"])
def sign_in(token: str) -> ResponseReturnValue:
    """Sign an administrator in. Only the button uses the address up: programs that look at links do not."""
    tenant_id, sign_in_id = queries.tenant_of_sign_in(token)
    with transaction(tenant_id):
        found = queries.sign_in(sign_in_id)
        operations.require_usable(found.row, at=_now())
        if flask.request.method == "GET":
            return flask.render_template("administration/sign_in.html", found=found, token=token)
        operations.use_sign_in(sign_in_id, at=_now())
    flask.session[ADMINISTRATION] = {"tenant": str(tenant_id), "sign_in": str(sign_in_id)}
    flask.session.permanent = True
    return flask.redirect(flask.url_for("administration.home"), 303)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End an administrator's session."""
    me = administrator()
    with transaction(me.tenant_id):
        operations.end_session(me.sign_in_id, at=_now())
        operations.note(me.administrator_id, "signed_out", "Signed out.", at=_now())
    flask.session.pop(ADMINISTRATION, None)
    return flask.render_template("administration/signed_out.html")


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """What an administrator looks after, and what was done lately."""
    me = administrator()
    with transaction(me.tenant_id):
        return flask.render_template(
            "administration/home.html",
            me=me,
            institution=session().get_one(Tenant, me.tenant_id).name,
            actions=queries.actions(),
        )
