"""Where platforms post their notices."""

import json

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.core.web import csrf
from lti_grader.lti.notices import receiving, subscribing
from lti_grader.lti.views.blueprint import blueprint, now


@blueprint.post(subscribing.PATH)
@csrf.exempt
def take_notices() -> ResponseReturnValue:
    """Take in a batch of notices; what follows from them is done afterwards."""
    taken = receiving.take(_body(), adapters.installed(), at=now())
    told = {
        "kept": taken.kept,
        "known": taken.known,
        "refused": [{"index": one.index, "reason": one.reason, "message": one.message} for one in taken.refused],
    }
    for one in taken.refused:
        flask.current_app.logger.warning("a notice was refused: %s", one.reason)
    if taken.may_come_again:
        return told, 503, {"Retry-After": "60"}
    return told, 400 if taken.refused else 202


def _body() -> object:
    """Return the posted JSON whatever type it says it is, None where it is none."""
    try:
        return json.loads(flask.request.get_data())
    except (ValueError, RecursionError):
        return None
