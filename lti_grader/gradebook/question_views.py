"""How the questions of an assignment's quizzes went, for staff."""

import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader.assignments.queries import open_assignment
from lti_grader.core.db import transaction
from lti_grader.core.web import viewer
from lti_grader.gradebook.question_queries import quizzes_of

blueprint = flask.Blueprint("questions", __name__)


@blueprint.get("/assignments/<uuid:assignment_id>/questions")
def page(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """How often each question was right."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = open_assignment(assignment_id, me.user_id)
        opened.membership.require_staff()
        return flask.render_template("gradebook/questions.html", opened=opened, quizzes=quizzes_of(opened))
