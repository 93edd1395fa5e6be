"""From the gradebook to the work behind a score, and the registrar's way to personal data."""

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from lti_grader.demo.lms import further
from lti_grader.demo.lms.file_models import Reviewable
from lti_grader.demo.lms.models import Column, Tool
from lti_grader.demo.lms.pages import _gone, _seat
from lti_grader.demo.lms.platform import announce
from lti_grader.demo.lms.store import lms

blueprint = flask.Blueprint("reviews", __name__)


@blueprint.get("/courses/<course_id>/gradebook/<column_id>/<person_id>")
def page(course_id: str, column_id: str, person_id: str) -> ResponseReturnValue:
    """A course page with somebody's work in its frame."""
    source = flask.url_for("reviews.launch", course_id=course_id, column_id=column_id, person_id=person_id)
    with lms().store() as session:
        seat = _seat(session, course_id)
        return _gone() if seat is None else further.frame(seat, "The work behind the score", source)


@blueprint.get("/launch/courses/<course_id>/review/<column_id>/<person_id>")
def launch(course_id: str, column_id: str, person_id: str) -> ResponseReturnValue:
    with lms().store() as session:
        seat, column, offered = (
            _seat(session, course_id),
            session.get(Column, column_id),
            session.get(Reviewable, column_id),
        )
        tool = session.get(Tool, column.client_id) if column is not None and column.client_id else None
        if seat is None or tool is None or offered is None:
            return _gone()
        message = {"kind": "review", "course": course_id, "column": column_id, "for": person_id}
        return flask.redirect(announce(tool, seat.person.id, offered.url or tool.deep_linking_url, message))


@blueprint.get("/courses/<course_id>/privacy")
def privacy(course_id: str) -> ResponseReturnValue:
    """A page with the tool's own page on personal data in its frame."""
    with lms().store() as session:
        seat = _seat(session, course_id)
        if seat is None:
            return _gone()
        return further.frame(seat, "Personal data", flask.url_for("reviews.open_privacy", course_id=course_id))


@blueprint.get("/launch/courses/<course_id>/privacy")
def open_privacy(course_id: str) -> ResponseReturnValue:
    with lms().store() as session:
        seat, tool = _seat(session, course_id), session.scalars(select(Tool)).first()
        if seat is None or tool is None:
            return _gone()
        return flask.redirect(
            announce(tool, seat.person.id, tool.deep_linking_url, {"kind": "privacy", "course": course_id})
        )
