"""The registrar's board of the whole institution."""

import flask
from flask.typing import ResponseReturnValue

from lti_grader.lti import board_institution
from lti_grader.lti.views.blueprint import blueprint, now
from lti_grader.lti.views.clerks import at_institution


@blueprint.get("/registrar")
def registrar() -> ResponseReturnValue:
    """The classes, those in trouble first, and how the LMSs do."""
    given = flask.request.args
    search = given.get("search", "").replace("\0", "")[:200]
    with at_institution():
        found = board_institution.read(search=search, page=given.get("page", 1, type=int))
        return flask.render_template("board/institution.html", found=found, search=search, now=now())
