"""Holding scores back, and releasing them by two people."""

import uuid

import flask
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from lti_grader.classes.queries import get_class
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.lti import board_choices
from lti_grader.lti import freezes as operations
from lti_grader.lti.errors import CannotFreeze
from lti_grader.lti.views.blueprint import blueprint, now
from lti_grader.lti.views.clerks import Clerk, at_board
from lti_grader.people.models import User


@blueprint.get("/classes/<uuid:class_id>/holds")
def holds(class_id: uuid.UUID) -> ResponseReturnValue:
    """What is held back and was, and the form that holds back."""
    with at_board(class_id) as clerk:
        return _page(class_id, clerk, flask.request.args)


def _page(class_id: uuid.UUID, clerk: Clerk, form: MultiDict[str, str], *, error: str = "") -> str:
    student_id = _chosen(form.get("student_id", ""))
    if student_id is not None:
        clerk.require_student(student_id)
    return flask.render_template(
        "board/holds.html",
        class_=get_class(class_id),
        clerk=clerk,
        lines=operations.of_class(class_id, clerk.within, also_released=True),
        choices=board_choices.choices(class_id, clerk.within),
        form=form,
        student=session().get(User, student_id) if student_id is not None else None,
        error=error,
        is_asked=lambda row: operations.is_asked(row, at=now()),
    )


@blueprint.post("/classes/<uuid:class_id>/holds")
def freeze(class_id: uuid.UUID) -> ResponseReturnValue:
    """Hold scores back from now on."""
    form = flask.request.form
    with at_board(class_id) as clerk:
        clerk.require_freezing()
        try:
            item_id, student_id = _chosen(form.get("item_id", "")), _chosen(form.get("student_id", ""))
            operations.freeze(
                class_id, item_id=item_id, student_id=student_id, reason=form.get("reason", "").replace("\0", ""),
                by=clerk.actor, at=now(),
            )  # fmt: skip
        except CannotFreeze as error:
            return flask.make_response(_page(class_id, clerk, form, error=error.message), error.status)
    return flask.redirect(flask.url_for("lti.holds", class_id=class_id), 303)


@blueprint.post("/classes/<uuid:class_id>/holds/<uuid:freeze_id>/ask")
def ask_release(class_id: uuid.UUID, freeze_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for the release."""
    with at_board(class_id) as clerk:
        clerk.require_freezing()
        operations.ask_release(class_id, freeze_id, by=clerk.actor, at=now())
    return flask.redirect(flask.url_for("lti.holds", class_id=class_id), 303)


@blueprint.post("/classes/<uuid:class_id>/holds/<uuid:freeze_id>/release")
def release(class_id: uuid.UUID, freeze_id: uuid.UUID) -> ResponseReturnValue:
    """Confirm the release that somebody else has asked for."""
    with at_board(class_id) as clerk:
        clerk.require_freezing()
        operations.release(class_id, freeze_id, by=clerk.actor, at=now())
    return flask.redirect(flask.url_for("lti.holds", class_id=class_id), 303)


def _chosen(given: str) -> uuid.UUID | None:
    if not given:
        return None
    try:
        return uuid.UUID(given)
    except ValueError:
        raise NotFound("There is no such item or student: choose from the page.") from None
