"""An assignment's passcode: where students enter it, and where staff set it and show it."""

import datetime as dt
import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader.assignments import passcodes
from lti_grader.assignments.errors import BadAssignment, WrongPasscode
from lti_grader.assignments.queries import OpenedAssignment, open_assignment
from lti_grader.classes.apart import require_everybody
from lti_grader.classes.models import Role
from lti_grader.core.db import transaction
from lti_grader.core.errors import BadInput
from lti_grader.core.ids import new_code
from lti_grader.core.web import viewer

blueprint = flask.Blueprint("passcodes", __name__)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@blueprint.get("/assignments/<uuid:assignment_id>/passcode")
def page(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """For staff the passcode, for a student the field to enter it."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = open_assignment(assignment_id, me.user_id)
        if opened.membership.is_staff:
            return _for_staff(opened)
        if not opened.needs_passcode:
            return flask.redirect(flask.url_for("work.overview", assignment_id=assignment_id))
        return flask.render_template("assignments/enter_passcode.html", opened=opened, error="")


@blueprint.post("/assignments/<uuid:assignment_id>/passcode")
def enter(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """Enter the passcode."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = open_assignment(assignment_id, me.user_id)
        if opened.membership.role == Role.STUDENT:
            try:
                passcodes.enter(assignment_id, me.user_id, flask.request.form.get("passcode", ""), at=_now())
            except WrongPasscode as error:
                page = flask.render_template("assignments/enter_passcode.html", opened=opened, error=error.message)
                return flask.make_response(page, error.status)
    return flask.redirect(flask.url_for("work.overview", assignment_id=assignment_id), 303)


@blueprint.post("/assignments/<uuid:assignment_id>/passcode/set")
def change(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """Set another passcode, draw one, take it away, or have everybody enter it anew."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        opened = open_assignment(assignment_id, me.user_id)
        opened.membership.require_staff()
        require_everybody(opened.membership, "Passcodes are set")
        try:
            match form.get("do"):
                case "set":
                    passcodes.set_passcode(assignment_id, form.get("passcode", ""), by=me.user_id, at=_now())
                case "draw":
                    code = new_code(passcodes.DRAWN)
                    passcodes.set_passcode(assignment_id, code, by=me.user_id, at=_now())
                case "ask_again":
                    passcodes.ask_again(assignment_id)
                case "remove":
                    passcodes.remove_passcode(assignment_id)
                case _:
                    raise BadInput("Choose from the page what becomes of the passcode.")
        except BadAssignment as error:
            return flask.make_response(_for_staff(opened, error=error.message), error.status)
    return flask.redirect(flask.url_for("passcodes.page", assignment_id=assignment_id), 303)


def _for_staff(opened: OpenedAssignment, *, error: str = "") -> str:
    return flask.render_template(
        "assignments/passcode.html",
        opened=opened,
        passcode=passcodes.passcode_of(opened.assignment.id),
        entered=passcodes.how_many_entered(opened.assignment),
        may_change=opened.membership.within is None,
        error=error,
        form=flask.request.form,
    )
