"""What the problems of an assignment are worth, and what becomes of the marks when that changes."""

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

import flask
from flask.typing import ResponseReturnValue

from lti_grader.assignments import points
from lti_grader.assignments.errors import BadAssignment
from lti_grader.assignments.queries import OpenedAssignment, open_assignment, points_changes
from lti_grader.core.db import transaction
from lti_grader.core.web import viewer
from lti_grader.gradebook.rescoring import Effect, effect

blueprint = flask.Blueprint("points", __name__)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@blueprint.get("/assignments/<uuid:assignment_id>/points")
def page(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """The points of each problem of an assignment."""
    me = viewer()
    with transaction(me.tenant_id):
        return _form(_opened(assignment_id, me.user_id))


@blueprint.post("/assignments/<uuid:assignment_id>/points")
def change(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """Say what other points would do; once that was read, set them."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = _opened(assignment_id, me.user_id)
        try:
            wanted = _wanted(opened)
            points.check(wanted)
        except BadAssignment as error:
            return flask.make_response(_form(opened, error=error.message), error.status)
        before = {line.item.id: line.item.points for line in opened.problems}
        columns = flask.current_app.extensions["columns_resized"](assignment_id)
        found = effect(opened.membership.class_id, opened.assignment, before, wanted)
        is_read = flask.request.form.get("do") == "change" or not (found.marks or columns)
        if wanted != before and not is_read:
            return _consequences(opened, wanted, found, columns)
        points.set_points(assignment_id, wanted, by=me.user_id, at=_now())
    return flask.redirect(flask.url_for("points.page", assignment_id=assignment_id), 303)


def _opened(assignment_id: uuid.UUID, user_id: uuid.UUID) -> OpenedAssignment:
    opened = open_assignment(assignment_id, user_id)
    opened.membership.require_staff()
    return opened


def _wanted(opened: OpenedAssignment) -> dict[uuid.UUID, Decimal]:
    """Return the points of each problem, as the form says them.

    Raises
    ------
    BadAssignment
        It holds something else.
    """
    given = {line.item.id: flask.request.form.get(f"points-{line.item.id}") for line in opened.problems}
    try:
        return {
            line.item.id: line.item.points if (text := given[line.item.id]) is None else Decimal(text.replace(",", "."))
            for line in opened.problems
        }
    except InvalidOperation:
        raise BadAssignment("Give the points of each problem as a number, such as 10 or 2.5.") from None


def _form(opened: OpenedAssignment, *, error: str = "") -> str:
    return flask.render_template(
        "gradebook/points.html",
        opened=opened,
        changes=points_changes(opened.assignment.id),
        error=error,
        form=flask.request.form,
    )


def _consequences(
    opened: OpenedAssignment, wanted: Mapping[uuid.UUID, Decimal], found: Effect, columns: list[str]
) -> str:
    return flask.render_template(
        "gradebook/points_change.html",
        opened=opened,
        wanted=wanted,
        total=sum(wanted.values(), Decimal(0)),
        effect=found,
        columns=columns,
    )
