"""The columns that a class's assignments have in its LMS courses: how they stand, and making those that are missing."""

import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader.classes.queries import get_class
from lti_grader.core.errors import BadInput
from lti_grader.lti import trail
from lti_grader.lti.columns import asking, reads
from lti_grader.lti.views.blueprint import blueprint, now
from lti_grader.lti.views.clerks import at_board


@blueprint.get("/classes/<uuid:class_id>/columns")
def columns(class_id: uuid.UUID) -> ResponseReturnValue:
    """The columns of a class."""
    with at_board(class_id) as clerk:
        courses = reads.courses(class_id)
        return flask.render_template(
            "board/columns.html",
            class_=get_class(class_id),
            clerk=clerk,
            courses=courses,
            is_live=any(one.is_live for one in courses),
        )


@blueprint.post("/classes/<uuid:class_id>/columns")
def make_column(class_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for a column that is not there yet."""
    form = flask.request.form
    with at_board(class_id) as clerk:
        clerk.require_columns()
        asking.make(
            class_id, _id(form.get("course", "")), _id(form.get("item", "")), by=trail.name_of(clerk.actor), at=now()
        )
    return flask.redirect(flask.url_for("lti.columns", class_id=class_id), 303)


@blueprint.post("/classes/<uuid:class_id>/columns/<uuid:column_id>")
def ask_for_column(class_id: uuid.UUID, column_id: uuid.UUID) -> ResponseReturnValue:
    """Ask once more for one that was refused, was lost, or shows something else."""
    with at_board(class_id) as clerk:
        clerk.require_columns()
        asking.again(class_id, column_id, by=trail.name_of(clerk.actor), at=now())
    return flask.redirect(flask.url_for("lti.columns", class_id=class_id), 303)


def _id(given: str) -> uuid.UUID:
    try:
        return uuid.UUID(given)
    except ValueError:
        raise BadInput("The page was incomplete: open the class's columns again, and choose there.") from None
