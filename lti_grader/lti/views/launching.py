"""Login, launch and our keys: what platforms send browsers to, and what they fetch."""

import datetime as dt
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.classes.models import STAFF
from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.core.web import csrf, sign_in
from lti_grader.lti import claims as c
from lti_grader.lti import deep_linking, kept_requests, keys, login, places, registration_learning
from lti_grader.lti.errors import LaunchRefused, NotRegistered
from lti_grader.lti.keysets import keysets
from lti_grader.lti.models import Platform
from lti_grader.lti.places import Received
from lti_grader.lti.products import product_of
from lti_grader.lti.returning import return_address
from lti_grader.lti.verification import LONGEST_TOKEN, Expected, verify
from lti_grader.lti.views.blueprint import blueprint, now

_ANYBODY = ("http:", "https:")
"""Who may frame a refusal before the platform is known: in a frame it has to be readable, and there is nothing to do on it."""


@blueprint.route("/lti/login", methods=["GET", "POST"])
@csrf.exempt
def begin() -> ResponseReturnValue:
    """Answer a platform's announcement of a launch."""
    held = adapters.installed()
    flask.g.frame_origins = _ANYBODY
    given = {**flask.request.args.to_dict(), **flask.request.form.to_dict()}
    redirect = login.begin_again(given["again"], held) if "again" in given else login.begin(given, held)
    if _may_lose_cookies(redirect):
        flask.g.frame_origins = redirect.storage.origins
        answer = flask.make_response(flask.render_template("lti/remember.html", redirect=redirect))
    else:
        answer = flask.make_response(flask.redirect(redirect.url))
    answer.set_cookie(
        redirect.cookie_name,
        redirect.secret,
        max_age=held.settings.launch_seconds,
        secure=True,
        httponly=True,
        samesite="None",
        partitioned=True,
        path="/",
    )
    return answer


def _may_lose_cookies(redirect: login.Redirect) -> bool:
    """Return whether a page should keep the secret beside the cookie: in a frame, as long as no cookie was seen."""
    if any(name.startswith("__Host-lti-") for name in flask.request.cookies):
        return False
    return bool(redirect.storage.frames) or flask.request.headers.get("Sec-Fetch-Dest") == "iframe"


@blueprint.post("/lti/launch")
@csrf.exempt
def launch() -> ResponseReturnValue:
    """Take in a launch."""
    held, form = adapters.installed(), flask.request.form
    flask.g.frame_origins = _ANYBODY
    state = form.get("state", "")
    if form.get("error"):
        return _platform_refused(form.get("error", ""), form.get("error_description", ""))
    if "id_token" not in form or not state:
        raise LaunchRefused("launch_incomplete", "The launch is incomplete. Start it again from your course page.")
    secret, keeps_cookies = _secret(state)
    if secret is None:
        return _without_secret(state, form["id_token"])
    announced = login.use(state, secret, held)
    flask.g.frame_origins = announced.frame_origins
    verified = verify(
        form["id_token"],
        Expected(announced.issuer, announced.client_id, announced.nonce, announced.target_link_uri),
        lambda kid: keysets.key(held, announced.jwks_url, kid),
        at=now(),
        leeway=dt.timedelta(seconds=held.settings.clock_leeway_seconds),
    )
    platform, came = _receive(announced, verified)
    prefix = sign_in(
        user_id=came.user_id,
        tenant_id=announced.tenant_id,
        platform_id=platform.id,
        frame_origins=platform.frame_origins,
        at=now(),
        keeps_cookies=keeps_cookies,
        return_url=flask.g.return_url,
    )
    answer = flask.redirect(prefix + _destination(verified, platform, came), 303)
    answer.delete_cookie(
        login.cookie_name(state), path="/", secure=True, httponly=True, samesite="None", partitioned=True
    )
    return answer


def _receive(announced: login.Announced, verified: dict[str, Any]) -> tuple[Platform, Received]:
    held = adapters.installed()
    try:
        with transaction(announced.tenant_id):
            platform = session().get_one(Platform, announced.platform_id)
            login.require_enabled(platform)
            flask.g.frame_origins = platform.frame_origins
            flask.g.return_url = return_address(verified, platform)
            return platform, places.receive(verified, platform, held, at=now())
    except NotRegistered as refused:
        if refused.reason == "unknown_deployment":
            with transaction(announced.tenant_id):
                platform = session().get_one(Platform, announced.platform_id)
            registration_learning.propose_deployment(platform, verified, at=now())
        raise


def _secret(state: str) -> tuple[str | None, bool]:
    """Return the secret by which the browser is known again, and whether it keeps cookies.

    In a form it counts only from a page of our own: anybody can make a browser post what they know themselves, and
    so launch it into their account. A cookie nobody else can set, and nobody else's page can name our origin.
    """
    if cookie := flask.request.cookies.get(login.cookie_name(state)):
        return cookie, True
    own = login.origin_of(adapters.installed().settings.public_url)
    if "secret" in flask.request.form and flask.request.headers.get("Origin") == own:
        return flask.request.form["secret"], False
    return None, False


def _destination(verified: dict[str, Any], platform: Platform, came: Received) -> str:
    if came.place is not None:
        return flask.url_for(came.place.endpoint, **came.place.values)
    arrival = came.arrival
    assert arrival is not None
    if verified[c.MESSAGE_TYPE] == c.DEEP_LINKING_REQUEST:
        if arrival.role not in STAFF:
            raise LaunchRefused("not_staff", "Only teachers and assistants place assignments in a course.")
        asked = {"settings": verified[c.DEEP_LINKING_SETTINGS]}
        name = kept_requests.keep(deep_linking.KIND, verified, arrival, adapters.installed(), asked)
        return flask.url_for("lti.choose", name=name)
    if arrival.assignment_id is not None:
        return flask.url_for("work.overview", assignment_id=arrival.assignment_id)
    if arrival.link_id is None or product_of(platform).is_course_itself(verified):
        return flask.url_for("gradebook.home", class_id=arrival.class_id)
    if arrival.role in STAFF:
        return flask.url_for("lti.link", link_id=arrival.link_id)
    return flask.url_for("gradebook.home", class_id=arrival.class_id, empty=1)


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


def _without_secret(state: str, token: str) -> ResponseReturnValue:
    """No cookie came: let a page look where else the secret was kept, and offer a window of its own if nowhere."""
    announced = login.peek(state, adapters.installed())
    if announced is None:
        raise login.used_or_expired()
    with transaction(announced.tenant_id):
        platform = session().get_one(Platform, announced.platform_id)
    storage = login.storage_of(platform, state, announced.request.get("lti_storage_target", ""))
    flask.g.frame_origins = storage.origins
    page = flask.render_template(
        "lti/recall.html",
        state=state,
        token=token[:LONGEST_TOKEN],
        storage=storage,
        again=flask.url_for("lti.begin", again=state) if product_of(platform).login_repeats else None,
        lms=platform.name,
    )
    return flask.make_response(page, 401)


@blueprint.get("/lti/jwks.json")
def jwks() -> ResponseReturnValue:
    """Our public keys."""
    with system_transaction():
        keys.ensure_signing_keys(at=now())
        found = keys.keyset(at=now())
    return flask.jsonify(found), 200, {"Cache-Control": "public, max-age=600"}
