"""What holds for every page of a session: it ends with its platform, and its person may end it."""

import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader.core.web import sign_out
from lti_grader.lti.returning import with_message
from lti_grader.lti.standing import standing
from lti_grader.lti.views.blueprint import blueprint

_WITHOUT = {None, "static", "health", "ready", "lti.begin", "lti.launch", "lti.jwks", "lti.leave"}


@blueprint.before_app_request
def end_with_the_platform() -> None:
    """Refuse people of a platform that was switched off since their launch."""
    kept = flask.session if flask.request.endpoint not in _WITHOUT else {}
    if "platform" in kept:
        flask.g.frame_origins = kept["frames"]
        standing.require(uuid.UUID(kept["tenant"]), uuid.UUID(kept["platform"]))


@blueprint.post("/lti/leave")
def leave() -> ResponseReturnValue:
    """End the session that this request came with."""
    back = flask.session.get("return")
    sign_out()
    return flask.render_template("lti/left.html", back=back)


blueprint.add_app_template_filter(with_message, "with_message")
