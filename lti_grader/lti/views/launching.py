"""Login, launch and our keys: what platforms send browsers to, and what they fetch."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.classes.models import STAFF
from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.core.web import csrf, sign_in
from lti_grader.lti import claims as c
from lti_grader.lti import deep_linking, keys, login, places, registration_learning
from lti_grader.lti.errors import LaunchRefused, NoAssignmentHere, NotRegistered
from lti_grader.lti.keysets import keysets
from lti_grader.lti.login import Announced
from lti_grader.lti.models import Platform
from lti_grader.lti.notices import subscribing
from lti_grader.lti.operations import Arrival, arrive
from lti_grader.lti.places import Place
from lti_grader.lti.verification import Expected, verify
from lti_grader.lti.views.blueprint import blueprint, now


@blueprint.route("/lti/login", methods=["GET", "POST"])
@csrf.exempt
def begin() -> ResponseReturnValue:
    """Answer a platform's announcement of a launch."""
    given = {**flask.request.args.to_dict(), **flask.request.form.to_dict()}
    redirect = login.begin(given, adapters.installed())
    answer = flask.redirect(redirect.url)
    answer.set_cookie(
        redirect.cookie_name,
        redirect.cookie_value,
        max_age=adapters.installed().settings.launch_seconds,
        secure=True,
        httponly=True,
        samesite="None",
        partitioned=True,
        path="/",
    )
    return answer


@blueprint.post("/lti/launch")
@csrf.exempt
def launch() -> ResponseReturnValue:
    """Take in a launch."""
    held, form = adapters.installed(), flask.request.form
    state = form.get("state", "")
    if form.get("error"):
        return _platform_refused(form.get("error", ""), form.get("error_description", ""))
    if "id_token" not in form or not state:
        raise LaunchRefused("launch_incomplete", "The launch is incomplete. Start it again from your course page.")
    browser = flask.request.cookies.get(login.cookie_name(state))
    if browser is None:
        return _without_cookie(state)
    announced = login.use(state, browser, held)
    with transaction(announced.tenant_id):
        platform = session().get_one(Platform, announced.platform_id)
    login.require_enabled(platform)
    verified = verify(
        form["id_token"],
        Expected(platform.issuer, platform.client_id, announced.nonce, announced.target_link_uri),
        lambda kid: keysets.key(held, platform.jwks_url, kid),
        at=now(),
        leeway=dt.timedelta(seconds=held.settings.clock_leeway_seconds),
    )
    try:
        with transaction(announced.tenant_id):
            arrival = arrive(verified, platform, at=now())
            place = places.place_of(verified, platform, arrival, held, at=now())
            subscribing.owe(verified, arrival.context_id, held.settings.public_url, at=now())
    except NotRegistered:
        registration_learning.propose_deployment(platform, verified, at=now())
        raise
    sign_in(
        user_id=arrival.user_id,
        tenant_id=announced.tenant_id,
        platform_id=platform.id,
        frame_origins=platform.frame_origins,
    )
    answer = flask.redirect(_destination(verified, arrival, place), 303)
    answer.delete_cookie(
        login.cookie_name(state), path="/", secure=True, httponly=True, samesite="None", partitioned=True
    )
    return answer


def _destination(verified: dict[str, Any], arrival: Arrival, place: Place | None) -> str:
    if place is not None:
        return flask.url_for(place.endpoint, **place.values)
    if verified[c.MESSAGE_TYPE] == c.DEEP_LINKING_REQUEST:
        if arrival.role not in STAFF:
            raise LaunchRefused("not_staff", "Only teachers and assistants place assignments in a course.")
        name = deep_linking.keep_request(verified, arrival, adapters.installed())
        return flask.url_for("lti.choose", name=name)
    if arrival.assignment_id is not None:
        return flask.url_for("work.overview", assignment_id=arrival.assignment_id)
    if arrival.role in STAFF:
        return flask.url_for("gradebook.home", class_id=arrival.class_id)
    raise NoAssignmentHere(
        "Nothing is behind this link yet. Your teacher chooses an assignment for it; try again after that."
    )


def _platform_refused(error: str, description: str) -> ResponseReturnValue:
    words = {
        "login_required": "Your LMS says that you are not signed in there any more. Sign in, and open the link again.",
        "launch_no_longer_valid": "This launch is no longer valid. Go back to your course page and open the link again.",
    }
    flask.current_app.logger.info("platform refused a launch: %r %r", error[:100], description[:300])
    raise LaunchRefused(
        "platform_refused",
        words.get(
            error, "Your LMS did not let the launch through. Go back to your course page and open the link again."
        ),
    )


def _without_cookie(state: str) -> ResponseReturnValue:
    """The browser kept no cookie for us in this frame: offer a window of its own, where it will."""
    announced: Announced | None = login.peek(state, adapters.installed())
    if announced is None:
        raise LaunchRefused(
            "state_unknown",
            "This launch was used already, or took too long to arrive. Start it again from your course page.",
        )
    with transaction(announced.tenant_id):
        flask.g.frame_origins = session().get_one(Platform, announced.platform_id).frame_origins
    again = f"{flask.url_for('lti.begin')}?{urlencode(announced.request)}"
    return flask.make_response(flask.render_template("lti/needs_window.html", again=again), 401)


@blueprint.get("/lti/jwks.json")
def jwks() -> ResponseReturnValue:
    """Our public keys."""
    with system_transaction():
        keys.ensure_signing_keys(at=now())
        found = keys.keyset(at=now())
    return flask.jsonify(found), 200, {"Cache-Control": "public, max-age=600"}
