"""What the LMS holds, compared with what we believe: the last comparisons, and one on demand."""

import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader.classes.queries import get_class
from lti_grader.lti import board_reconciliations as reads
from lti_grader.lti import reconciliation, trail
from lti_grader.lti.views.blueprint import blueprint, now
from lti_grader.lti.views.clerks import at_board


@blueprint.get("/classes/<uuid:class_id>/comparisons")
def comparisons(class_id: uuid.UUID) -> ResponseReturnValue:
    """The last comparisons of a class, and what one of them found."""
    wanted = flask.request.args.get("run", "")
    with at_board(class_id) as clerk:
        runs = reads.runs(class_id)
        shown = next((one for one in runs if str(one.row.id) == wanted), runs[0] if runs else None)
        return flask.render_template(
            "board/comparisons.html",
            class_=get_class(class_id),
            clerk=clerk,
            runs=runs,
            shown=shown,
            findings=reads.findings(shown.row.id, within=clerk.within) if shown is not None else [],
            now=now(),
        )


@blueprint.post("/classes/<uuid:class_id>/comparisons")
def compare(class_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for a comparison now."""
    with at_board(class_id) as clerk:
        reconciliation.ask(class_id, asked_by=trail.name_of(clerk.actor), at=now())
    return flask.redirect(flask.url_for("lti.comparisons", class_id=class_id), 303)
