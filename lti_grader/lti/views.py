"""What platforms and their people ask of us: login, launch, keys, placing, and the registrar's board."""

import dataclasses
import datetime as dt
import uuid
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode, urlsplit

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.assignments import queries as assignments
from lti_grader.assignments.errors import BadAssignment
from lti_grader.assignments.languages import available_languages
from lti_grader.assignments.models import Assignment, AssignmentConfig, Counts, Mode
from lti_grader.assignments.operations import create_assignment
from lti_grader.classes.models import STAFF
from lti_grader.classes.queries import get_class, membership
from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.core.errors import NotFound
from lti_grader.core.web import csrf, sign_in, viewer
from lti_grader.lti import claims as c
from lti_grader.lti import deep_linking, keys, login, passback, queries
from lti_grader.lti.errors import LaunchRefused, NoAssignmentHere
from lti_grader.lti.keysets import keysets
from lti_grader.lti.login import Announced
from lti_grader.lti.models import Platform
from lti_grader.lti.operations import Arrival, arrive
from lti_grader.lti.verification import Expected, verify
from lti_grader.problems.queries import published_problems

blueprint = flask.Blueprint("lti", __name__)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


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
        at=_now(),
        leeway=dt.timedelta(seconds=held.settings.clock_leeway_seconds),
    )
    with transaction(announced.tenant_id):
        arrival = arrive(verified, platform, at=_now())
    sign_in(
        user_id=arrival.user_id,
        tenant_id=announced.tenant_id,
        platform_id=platform.id,
        frame_origins=platform.frame_origins,
    )
    answer = flask.redirect(_destination(verified, arrival), 303)
    answer.delete_cookie(
        login.cookie_name(state), path="/", secure=True, httponly=True, samesite="None", partitioned=True
    )
    return answer


def _destination(verified: dict[str, Any], arrival: Arrival) -> str:
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
        keys.ensure_signing_keys(at=_now())
        found = keys.keyset(at=_now())
    return flask.jsonify(found), 200, {"Cache-Control": "public, max-age=600"}


@blueprint.get("/lti/choose/<name>")
def choose(name: str) -> ResponseReturnValue:
    """The page where a teacher chooses or makes what goes into the course."""
    me = viewer()
    request = deep_linking.asked(name, me.user_id, adapters.installed())
    with transaction(me.tenant_id):
        membership(uuid.UUID(request["class_id"]), me.user_id).require_staff()
        return _picker(name, request, error="", form={})


def _picker(name: str, request: dict[str, Any], *, error: str, form: dict[str, Any]) -> str:
    class_id = uuid.UUID(request["class_id"])
    return flask.render_template(
        "lti/deep_linking.html",
        name=name,
        class_=get_class(class_id),
        assignments=assignments.class_assignments(class_id),
        problems=published_problems(),
        languages=[{"id": one.id, "label": one.label} for one in available_languages().values()],
        several=deep_linking.takes_several(request["settings"]),
        error=error,
        form=form,
    )


@blueprint.post("/lti/choose/<name>")
def place(name: str) -> ResponseReturnValue:
    """Send the choice back to the LMS."""
    me, held = viewer(), adapters.installed()
    request = deep_linking.asked(name, me.user_id, held)
    class_id, form = uuid.UUID(request["class_id"]), flask.request.form
    with transaction(me.tenant_id):
        membership(class_id, me.user_id).require_staff()
        try:
            with session().begin_nested():
                chosen = [_new_assignment(class_id)] if form.get("what") == "new" else _existing(class_id, request)
        except BadAssignment as error:
            return flask.make_response(_picker(name, request, error=error.message, form=form.to_dict()), 422)
        platform = session().get_one(Platform, me.platform_id)
        token = deep_linking.response(request, platform, chosen, held.settings.public_url, at=_now())
        # The last thing before the commit: of two presses at once, one makes an assignment and the other none.
        deep_linking.use(name, held)
    back = request["settings"]["deep_link_return_url"]
    parts = urlsplit(back)
    flask.g.form_origins = [f"{parts.scheme}://{parts.netloc}"]
    return flask.render_template("lti/auto_post.html", action=back, fields={"JWT": token})


def _existing(class_id: uuid.UUID, request: dict[str, Any]) -> list[Assignment]:
    offered = {line.id for line in assignments.class_assignments(class_id)}
    wanted = []
    for text in flask.request.form.getlist("assignment"):
        try:
            one = uuid.UUID(text)
        except ValueError:
            raise BadAssignment("Choose an assignment from the list.") from None
        if one not in offered:
            raise BadAssignment("That assignment is not in this class any more: choose another.")
        wanted.append(session().get_one(Assignment, one))
    if not wanted:
        raise BadAssignment("Choose an assignment from the list, or make a new one.")
    if len(wanted) > 1 and not deep_linking.takes_several(request["settings"]):
        raise BadAssignment("Your LMS takes one assignment at a time here.")
    return wanted


@dataclasses.dataclass(frozen=True)
class _NewForm:
    due: dt.datetime | None
    closes: dt.datetime | None
    attempts: int | None


def _new_assignment(class_id: uuid.UUID) -> Assignment:
    form = flask.request.form
    problems = []
    for text in form.getlist("problem"):
        try:
            problems.append((uuid.UUID(text), Decimal(form.get(f"points-{text}", "10") or "10")))
        except (ValueError, InvalidOperation):
            raise BadAssignment("Points are numbers, such as 10 or 2.5.") from None
    extra = _read_new_form()
    try:
        config = AssignmentConfig(
            languages=form.getlist("language"),
            attempts_allowed=extra.attempts,
            counts=Counts(form.get("counts", Counts.BEST)),
            closes_at=extra.closes,
        )
        mode = Mode(form.get("mode", Mode.HOMEWORK))
    except ValueError:
        raise BadAssignment(
            "Choose at least one language, and for attempts a number from 1 to 1000 or nothing."
        ) from None
    return create_assignment(
        class_id,
        title=form.get("title", "")[:200],
        problems=problems,
        config=config,
        mode=mode,
        due_date=extra.due,
        module_title=form.get("module", "").strip()[:200] or None,
    )


def _read_new_form() -> _NewForm:
    form = flask.request.form
    moments = []
    for name in ("due", "closes"):
        text = form.get(name, "").strip()
        try:
            # The field has no zone of its own; the page says that it is UTC.
            moments.append(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC) if text else None)
        except ValueError:
            raise BadAssignment("Give dates as year, month, day and time, or leave them empty.") from None
    text = form.get("attempts", "").strip()
    if text and not text.isdigit():
        raise BadAssignment("Attempts are a number from 1 to 1000, or nothing for as many as one likes.")
    return _NewForm(moments[0], moments[1], int(text) if text else None)


@blueprint.get("/classes/<uuid:class_id>/deliveries")
def board(class_id: uuid.UUID) -> ResponseReturnValue:
    """The registrar's board: every score, what was sent, and what the LMS holds."""
    me = viewer()
    with transaction(me.tenant_id):
        membership(class_id, me.user_id).require_staff()
        lines = queries.deliveries_of_class(class_id)
        only = flask.request.args.get("only") == "trouble"
        return flask.render_template(
            "gradebook/deliveries.html",
            class_=get_class(class_id),
            lines=[line for line in lines if line.is_trouble] if only else lines,
            total=len(lines),
            trouble=sum(line.is_trouble for line in lines),
            only=only,
            now=_now(),
        )


@blueprint.post("/deliveries/<uuid:delivery_id>/resend")
def resend(delivery_id: uuid.UUID) -> ResponseReturnValue:
    """Send a score again, on a person's word."""
    me = viewer()
    with transaction(me.tenant_id):
        class_id = queries.class_of_delivery(delivery_id)
        if class_id is None:
            raise NotFound("There is no such delivery.")
        membership(class_id, me.user_id).require_staff()
        passback.resend(delivery_id, at=_now())
    return flask.redirect(flask.url_for("lti.board", class_id=class_id), 303)
