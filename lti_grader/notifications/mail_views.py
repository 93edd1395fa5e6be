"""How soon somebody has e-mails: chosen on a page of their own, and stopped from an e-mail itself."""

import datetime as dt

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.classes.queries import is_staff_anywhere
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import BadInput
from lti_grader.core.web import csrf, viewer
from lti_grader.notifications import mail_choices, mailing
from lti_grader.notifications.kinds import REGISTRY, Pace
from lti_grader.people.models import User

blueprint = flask.Blueprint("mails", __name__)


@blueprint.get("/notifications/e-mails")
def preferences() -> ResponseReturnValue:
    """How soon the viewer has e-mails of each kind of notification."""
    me = viewer()
    with transaction(me.tenant_id):
        for_staff = is_staff_anywhere(me.user_id)
        return flask.render_template(
            "notifications/preferences.html",
            kinds=[one for one in REGISTRY.values() if for_staff or not one.for_staff],
            choices=mail_choices.choices(me.user_id),
            paces=Pace,
            address=session().get_one(User, me.user_id).email,
            is_configured=adapters.installed().mail.is_configured,
            hour=adapters.installed().settings.mail_hour,
            kept="kept" in flask.request.args,
        )


@blueprint.post("/notifications/e-mails")
def choose() -> ResponseReturnValue:
    """Keep how soon the viewer has e-mails."""
    me, form = viewer(), flask.request.form
    try:
        paces = {name: Pace(form[name]) for name in REGISTRY if name in form}
    except ValueError:
        raise BadInput("Choose from the page how soon e-mails come.") from None
    with transaction(me.tenant_id):
        mail_choices.choose(me.user_id, paces, at=dt.datetime.now(dt.UTC))
    return flask.redirect(flask.url_for("mails.preferences", kept=1), 303)


@blueprint.get("/notifications/stop/<token>")
def ask_to_stop(token: str) -> ResponseReturnValue:
    """Ask whoever came from an e-mail whether they want no more of them: whatever looks at links stops nothing."""
    mailing.of_stop_token(token)
    return flask.render_template("notifications/stop.html", is_done=False)


@blueprint.post("/notifications/stop/<token>")
@csrf.exempt
def stop(token: str) -> ResponseReturnValue:
    """Send a person no more e-mails. Their mail program may ask for it by itself (RFC 8058): the token is what lets it."""
    tenant_id, user_id = mailing.of_stop_token(token)
    with transaction(tenant_id):
        mail_choices.stop_all(user_id, at=dt.datetime.now(dt.UTC))
    return flask.render_template("notifications/stop.html", is_done=True)
