"""A student's own page of their marks, with a place to try out what others would come to."""

import datetime as dt
import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader.classes.mentors import is_mentor_of
from lti_grader.classes.models import Role
from lti_grader.classes.queries import get_class, membership
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import Forbidden, NotFound
from lti_grader.core.web import Viewer, viewer
from lti_grader.gradebook import own
from lti_grader.gradebook.by_hand import BadMark
from lti_grader.people.models import User

blueprint = flask.Blueprint("own_marks", __name__)


@blueprint.get("/classes/<uuid:class_id>/marks")
def mine(class_id: uuid.UUID) -> ResponseReturnValue:
    """One's own marks of a class."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        if place.role not in (Role.STUDENT, Role.PREVIEW):
            raise Forbidden("This page is for the students of the class. Staff find all marks in the gradebook.")
        return _page(class_id, me, me.user_id)


@blueprint.get("/classes/<uuid:class_id>/mentored/<uuid:student_id>/marks")
def mentored(class_id: uuid.UUID, student_id: uuid.UUID) -> ResponseReturnValue:
    """A student's marks of a class, for who mentors them."""
    me = viewer()
    with transaction(me.tenant_id):
        membership(class_id, me.user_id)
        if not is_mentor_of(class_id, me.user_id, student_id):
            raise NotFound("You mentor nobody of that name in this class.")
        return _page(class_id, me, student_id)


def _page(class_id: uuid.UUID, me: Viewer, student_id: uuid.UUID) -> str:
    found = own.own_marks(class_id, student_id, at=dt.datetime.now(dt.UTC))
    given = {line.item.id: flask.request.args.get(f"if-{line.item.id}", "")[:20] for line in found.lines}
    tried, error = None, ""
    if any(text.strip() for text in given.values()):
        try:
            tried = own.what_if(found, given)
        except BadMark as refused:
            error = refused.message
    values = {"found": found, "tried": tried, "error": error}
    if "HX-Request" in flask.request.headers:
        return flask.render_template("gradebook/own_total.html", **values)
    return flask.render_template(
        "gradebook/own.html",
        class_=get_class(class_id),
        student=None if student_id == me.user_id else session().get_one(User, student_id),
        given=given,
        **values,
    )
