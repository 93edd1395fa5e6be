"""What stands in a class and in which order; its sections, and who of the staff sees which."""

import datetime as dt
import uuid
from collections.abc import Callable

import flask
from flask.typing import ResponseReturnValue

from lti_grader.classes import contents as arranging
from lti_grader.classes.apart import keep_apart, may_change, require_everybody, sections_of
from lti_grader.classes.models import Apart
from lti_grader.classes.queries import get_class, membership
from lti_grader.core.db import transaction
from lti_grader.core.errors import BadInput, Conflict, GraderError
from lti_grader.core.web import viewer

blueprint = flask.Blueprint("classes", __name__)


@blueprint.get("/classes/<uuid:class_id>/sections")
def sections(class_id: uuid.UUID) -> ResponseReturnValue:
    """The sections of a class, and how far they are kept apart."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        class_ = get_class(class_id)
        found = sections_of(class_, place)
        return flask.render_template(
            "classes/sections.html",
            class_=class_,
            within=place.within,
            found=found,
            may_change=may_change(place, found),
            kept="kept" in flask.request.args,
        )


@blueprint.post("/classes/<uuid:class_id>/sections")
def set_apart(class_id: uuid.UUID) -> ResponseReturnValue:
    """Say who of the staff sees only the sections that they are in."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        try:
            apart = Apart(flask.request.form.get("apart", ""))
        except ValueError:
            raise BadInput("Choose from the page who sees only their own sections.") from None
        keep_apart(get_class(class_id), apart, place)
    return flask.redirect(flask.url_for("classes.sections", class_id=class_id, kept=1), 303)


@blueprint.get("/classes/<uuid:class_id>/contents")
def contents(class_id: uuid.UUID) -> ResponseReturnValue:
    """Modules with what stands in them, to be arranged."""
    me = viewer()
    with transaction(me.tenant_id):
        return _contents(class_id, me.user_id)


@blueprint.post("/classes/<uuid:class_id>/contents")
def arrange(class_id: uuid.UUID) -> ResponseReturnValue:
    """Change one thing about the modules of a class, or about where an item stands."""
    me, form = viewer(), flask.request.form
    try:
        with transaction(me.tenant_id):
            place = membership(class_id, me.user_id)
            place.require_staff()
            require_everybody(place, "A class is arranged")
            act = _ACTS.get(form.get("do", ""))
            if act is None:
                raise BadInput("Choose from the page what is to be changed.")
            act(class_id)
    except (arranging.BadModule, Conflict) as refused:
        # What is to replace a part of the page has to be a good answer: it says itself what was refused.
        status = 200 if "HX-Request" in flask.request.headers else refused.status
        with transaction(me.tenant_id):
            return flask.make_response(_contents(class_id, me.user_id, refused), status)
    if "HX-Request" in flask.request.headers:
        with transaction(me.tenant_id):
            return _contents(class_id, me.user_id)
    return flask.redirect(flask.url_for("classes.contents", class_id=class_id), 303)


def _contents(class_id: uuid.UUID, user_id: uuid.UUID, refused: GraderError | None = None) -> str:
    place = membership(class_id, user_id)
    place.require_staff()
    return flask.render_template(
        "classes/contents.html",
        class_=get_class(class_id),
        within=place.within,
        modules=arranging.contents(class_id),
        now=dt.datetime.now(dt.UTC),
        may_change=place.within is None,
        error=refused.message if refused else "",
        form=flask.request.form if refused else {},
    )


def _id(name: str) -> uuid.UUID:
    try:
        return uuid.UUID(flask.request.form.get(name, ""))
    except ValueError:
        raise BadInput("Choose from the page what is meant.") from None


def _before() -> uuid.UUID | None:
    return _id("before") if flask.request.form.get("before") else None


def _since() -> dt.datetime:
    try:
        # The field has no zone of its own; the page says that it is UTC.
        return dt.datetime.fromisoformat(flask.request.form.get("since", "")).replace(tzinfo=dt.UTC)
    except ValueError:
        raise arranging.BadModule("Say from when students are to see it: day and time.") from None


def _title() -> str:
    return flask.request.form.get("title", "")


_ACTS: dict[str, Callable[[uuid.UUID], object]] = {
    "add": lambda class_id: arranging.add_module(class_id, _title()),
    "rename": lambda class_id: arranging.rename_module(class_id, _id("module"), _title()),
    "show": lambda class_id: arranging.show_module(class_id, _id("module"), shown=True),
    "show-from": lambda class_id: arranging.show_module(class_id, _id("module"), shown=True, since=_since()),
    "item-show": lambda class_id: arranging.show_item(class_id, _id("item"), shown=True),
    "item-show-from": lambda class_id: arranging.show_item(class_id, _id("item"), shown=True, since=_since()),
    "item-hide": lambda class_id: arranging.show_item(class_id, _id("item"), shown=False),
    "hide": lambda class_id: arranging.show_module(class_id, _id("module"), shown=False),
    "remove": lambda class_id: arranging.remove_module(class_id, _id("module")),
    "up": lambda class_id: arranging.move_module(class_id, _id("module"), -1),
    "down": lambda class_id: arranging.move_module(class_id, _id("module"), 1),
    "item-up": lambda class_id: arranging.move_item(class_id, _id("item"), -1),
    "item-down": lambda class_id: arranging.move_item(class_id, _id("item"), 1),
    "put": lambda class_id: arranging.put_item(class_id, _id("item"), _id("module")),
    "drop": lambda class_id: arranging.place_item(class_id, _id("item"), _id("module"), before=_before()),
    "drop-module": lambda class_id: arranging.place_module(class_id, _id("module"), before=_before()),
}
