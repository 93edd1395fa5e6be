"""Deep linking: the page where a teacher chooses or makes what goes into the course."""

import dataclasses
import datetime as dt
import uuid
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.assignments import queries as assignments
from lti_grader.assignments.errors import BadAssignment
from lti_grader.assignments.languages import available_languages
from lti_grader.assignments.models import Assignment, AssignmentConfig, Counts, Mode
from lti_grader.assignments.operations import create_assignment
from lti_grader.classes.queries import get_class, membership
from lti_grader.core.db import session, transaction
from lti_grader.core.web import viewer
from lti_grader.lti import deep_linking
from lti_grader.lti.models import Platform
from lti_grader.lti.views.blueprint import blueprint, now
from lti_grader.problems.queries import published_problems


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
        token = deep_linking.response(request, platform, chosen, held.settings.public_url, at=now())
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
