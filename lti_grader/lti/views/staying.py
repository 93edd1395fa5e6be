"""What holds for every page of a session: it ends with its platform, and its person may end it."""

import uuid
from collections.abc import Mapping
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.core.db import transaction
from lti_grader.core.errors import NotSignedIn
from lti_grader.core.web import sign_out
from lti_grader.lti.returning import with_message
from lti_grader.lti.standing import standing
from lti_grader.lti.views.blueprint import blueprint, now
from lti_grader.people import endings
from lti_grader.people.endings import Session

_WITHOUT = {None, "static", "health", "ready", "lti.begin", "lti.launch", "lti.jwks", "lti.leave"}


@blueprint.before_app_request
def end_with_the_platform() -> None:
    """Refuse people of a platform that was switched off since their launch."""
    kept = flask.session if flask.request.endpoint not in _WITHOUT else {}
    if "platform" not in kept:
        return
    flask.g.frame_origins = kept["frames"]
    try:
        require_standing(kept)
    except NotSignedIn:
        flask.session.clear()
        raise


def require_standing(kept: Mapping[str, Any]) -> None:
    """Refuse a session whose platform was switched off since, or a copy of one that was ended elsewhere.

    Parameters
    ----------
    kept
        What the session holds.
    """
    standing.require(uuid.UUID(kept["tenant"]), uuid.UUID(kept["platform"]))
    if _as_kept(kept).is_ended(adapters.installed().kv):
        raise NotSignedIn(
            "You have signed out. Open the assignment again from your course page to go on; your text is kept."
        )


def _as_kept(kept: Mapping[str, Any]) -> Session:
    # Sessions from before these were kept have neither, and end with all others of their person.
    return Session(
        uuid.UUID(kept["tenant"]), uuid.UUID(kept["user"]), str(kept.get("id", "")), float(kept.get("began", 0))
    )


@blueprint.post("/lti/leave")
def leave() -> ResponseReturnValue:
    """End the session that this request came with, or all that its person has anywhere."""
    back = flask.session.get("return")
    everywhere = flask.request.form.get("everywhere") == "yes"
    if "user" in flask.session:
        one, held = _as_kept(flask.session), adapters.installed()
        lasts = flask.current_app.permanent_session_lifetime
        with transaction(one.tenant_id):
            if everywhere or not one.id:
                endings.end_all_of(one.user_id, held.kv, at=now(), lasts=lasts)
            else:
                ids = [one.id, *flask.session.get("earlier", [])]
                endings.end(one.user_id, ids, held.kv, at=now(), lasts=lasts)
    sign_out()
    return flask.render_template("lti/left.html", back=back, everywhere=everywhere)


blueprint.add_app_template_filter(with_message, "with_message")
