"""The settings of a class on one page, and its archive."""

import datetime as dt
import uuid
from collections.abc import Callable

import flask
from flask.typing import ResponseReturnValue

from lti_grader.classes import settings
from lti_grader.classes.models import Class, Copying
from lti_grader.classes.operations import set_copying
from lti_grader.classes.queries import Membership, get_class, membership
from lti_grader.classes.settings import BadSettings
from lti_grader.core.db import transaction
from lti_grader.core.errors import BadInput
from lti_grader.core.web import viewer

blueprint = flask.Blueprint("class_settings", __name__)
AT = "/classes/<uuid:class_id>/settings"


@blueprint.get(AT)
def page(class_id: uuid.UUID) -> ResponseReturnValue:
    """What a class has chosen, with the ways to what is chosen elsewhere."""
    me = viewer()
    with transaction(me.tenant_id):
        return _page(class_id, me.user_id)


@blueprint.post(AT)
def change(class_id: uuid.UUID) -> ResponseReturnValue:
    """Change one thing that holds for the class as a whole."""
    me = viewer()
    try:
        with transaction(me.tenant_id):
            place = membership(class_id, me.user_id)
            settings.require_teacher(place)
            act = _ACTS.get(flask.request.form.get("do", ""))
            if act is None:
                raise BadInput("Choose from the page what is to be changed.")
            act(get_class(class_id), place)
    except BadSettings as refused:
        with transaction(me.tenant_id):
            return flask.make_response(_page(class_id, me.user_id, refused.message), refused.status)
    return flask.redirect(flask.url_for("class_settings.page", class_id=class_id, kept=1), 303)


@blueprint.post(f"{AT}/archive")
def archive(class_id: uuid.UUID) -> ResponseReturnValue:
    """Put a class into the archive, or take it out."""
    me = viewer()
    with transaction(me.tenant_id):
        settings.require_teacher(membership(class_id, me.user_id))
        do = _text("do")
        if do not in ("archive", "open"):
            raise BadInput("Choose from the page whether the class is to be archived.")
        settings.archive(get_class(class_id), archived=do == "archive", at=dt.datetime.now(dt.UTC))
    return flask.redirect(flask.url_for("class_settings.page", class_id=class_id), 303)


def _page(class_id: uuid.UUID, user_id: uuid.UUID, error: str = "") -> str:
    place = membership(class_id, user_id)
    place.require_staff()
    class_ = get_class(class_id)
    teachers = settings.teachers(class_id)
    return flask.render_template(
        "classes/settings.html",
        class_=class_,
        within=place.within,
        may_change=place.role == "teacher" and place.within is None,
        may_hand_over=settings.may_hand_over(class_, place, teachers),
        teachers=teachers,
        error=error,
        form=flask.request.form if error else {},
        kept="kept" in flask.request.args,
    )


def _text(name: str) -> str:
    return flask.request.form.get(name, "")


def _hand_over(class_: Class, place: Membership) -> None:
    try:
        owner = uuid.UUID(_text("owner"))
    except ValueError:
        raise BadInput("Choose a teacher of this class from the list.") from None
    settings.hand_over(class_, place, owner)


def _set_copying(class_: Class, _: Membership) -> None:
    everybody = _text("copying") == Copying.INSTITUTION
    set_copying(class_, Copying.INSTITUTION if everybody else Copying.STAFF)


_ACTS: dict[str, Callable[[Class, Membership], None]] = {
    "rename": lambda class_, _: settings.rename(class_, _text("name")),
    "code": lambda class_, _: settings.renew_code(class_, _text("reason")),
    "copying": _set_copying,
    "owner": _hand_over,
}
