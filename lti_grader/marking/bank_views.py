"""The page of a class's bank of comments."""

import datetime as dt
import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader.classes.queries import Membership, get_class, membership
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import BadInput, Forbidden, GraderError
from lti_grader.core.web import viewer
from lti_grader.marking import bank, forms
from lti_grader.marking.errors import BadMarking

blueprint = flask.Blueprint("comment_bank", __name__)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _place(class_id: uuid.UUID, user_id: uuid.UUID) -> Membership:
    place = membership(class_id, user_id)
    place.require_staff()
    return place


def _page(place: Membership, refused: GraderError | None = None, *, opened: uuid.UUID | None = None) -> str:
    return flask.render_template(
        "marking/bank.html",
        class_=get_class(place.class_id),
        within=place.within,
        me=place.user_id,
        lines=bank.lines(place),
        problems=bank.problems_of(place.class_id),
        most_characters=bank.MOST_CHARACTERS,
        error=refused.message if refused else "",
        form=flask.request.form if refused else {},
        opened=opened,
    )


@blueprint.get("/classes/<uuid:class_id>/marking/comments")
def page(class_id: uuid.UUID) -> ResponseReturnValue:
    """The comments that somebody of the staff can put on submissions."""
    me = viewer()
    with transaction(me.tenant_id):
        return _page(_place(class_id, me.user_id))


@blueprint.post("/classes/<uuid:class_id>/marking/comments")
def add(class_id: uuid.UUID) -> ResponseReturnValue:
    """Keep a comment."""
    me = viewer()
    with transaction(me.tenant_id):
        place = _place(class_id, me.user_id)
        try:
            with session().begin_nested():
                row = bank.keep(place, forms.kept(flask.request.form), at=now())
        except BadMarking as refused:
            return flask.make_response(_page(place, refused), refused.status)
        anchor = f"saved-{row.id}"
    return flask.redirect(flask.url_for("comment_bank.page", class_id=class_id, _anchor=anchor), 303)


@blueprint.post("/classes/<uuid:class_id>/marking/comments/<uuid:saved_comment_id>")
def change(class_id: uuid.UUID, saved_comment_id: uuid.UUID) -> ResponseReturnValue:
    """Change a comment, retire it, or offer it again."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        place = _place(class_id, me.user_id)
        row = bank.own_to_change(place, saved_comment_id)
        act = form.get("do", "")
        try:
            with session().begin_nested():
                if act == "change":
                    bank.change(place, row, forms.kept(form))
                elif act == "retire":
                    bank.retire(row, at=now())
                elif act == "offer":
                    bank.offer_again(row)
                else:
                    raise BadInput("Choose from the page what is to be done with the comment.")
        except (BadMarking, Forbidden) as refused:
            session().expire_all()
            return flask.make_response(_page(place, refused, opened=saved_comment_id), refused.status)
    return flask.redirect(
        flask.url_for("comment_bank.page", class_id=class_id, _anchor=f"saved-{saved_comment_id}"), 303
    )
