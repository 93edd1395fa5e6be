"""Every blueprint, and what pages of a lower domain show of a higher one."""

import datetime as dt
import uuid
from typing import Any

import flask

from lti_grader.assignments.queries import OpenedAssignment
from lti_grader.assignments.views import blueprint as assignments
from lti_grader.attempts.views import blueprint as work
from lti_grader.core.assets import install_assets
from lti_grader.gradebook import queries as gradebook
from lti_grader.gradebook.views import blueprint as gradebook_pages
from lti_grader.grading.views import blueprint as results
from lti_grader.lti import board, copies, links
from lti_grader.lti import queries as deliveries
from lti_grader.lti.assets import looking
from lti_grader.lti.views import blueprint as lti
from lti_grader.lti.views.platforms import blueprint as platforms
from lti_grader.people.views import blueprint as administration


def register_pages(app: flask.Flask) -> None:
    """Register the pages of each domain."""
    for blueprint in (administration, assignments, platforms, work, results, gradebook_pages, lti):
        app.register_blueprint(blueprint)
    install_assets(app)
    app.extensions["delivery_state"] = _delivery_state
    app.extensions["delivery_states"] = deliveries.states_of_class
    app.extensions["delivery_board"] = board.read
    app.extensions["courses_of_class"] = copies.courses_of
    app.extensions["links_to"] = links.links_to
    app.extensions["problem_states"] = gradebook.problem_states
    app.extensions["score_state"] = _score_state
    app.jinja_env.globals["class_has_files"] = looking.has_any


def _delivery_state(student_id: uuid.UUID, opened: OpenedAssignment, *, at: dt.datetime) -> dict[str, str] | None:
    """Return how far a student's score has come, as far as whoever looks may know it."""
    seen = opened.shown(at=at)
    if not seen.marks:
        # In the same words whatever became of it.
        return {"state": "withheld", "text": seen.note}
    return deliveries.delivery_state(student_id, opened.assignment.id)


def _score_state(student_id: uuid.UUID, opened: OpenedAssignment, *, at: dt.datetime) -> dict[str, Any]:
    return {
        "entry": gradebook.entry_of(student_id, opened.assignment.id) if opened.shown(at=at).marks else None,
        "delivery": _delivery_state(student_id, opened, at=at),
    }
