"""Pages on which a teacher decides between two markings of a submission."""

import dataclasses
import datetime as dt
import uuid
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.assignments.queries import open_assignment
from lti_grader.classes.queries import get_class
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import BadInput, NotFound
from lti_grader.core.web import viewer
from lti_grader.marking import forms, moderating, operations
from lti_grader.marking.errors import BadMarking, MarkedMeanwhile
from lti_grader.marking.queries import OpenedMarking, marks_of, open_marking
from lti_grader.marking.rounds import rounds_of
from lti_grader.marking.scripts import files_in
from lti_grader.marking.second import FIRST, Decision, mean
from lti_grader.marking.views import order_args

blueprint = flask.Blueprint("moderation", __name__)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@blueprint.get("/assignments/<uuid:assignment_id>/moderation")
def next_one(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """Lead to the next submission whose two markings differ by more than is tolerated."""
    me = viewer()
    with transaction(me.tenant_id):
        place = open_assignment(assignment_id, me.user_id).membership
        place.require_staff()
        moderating.require_moderator(place)
        found = moderating.next_disputed(place, assignment_id, forms.order(flask.request.args, is_anonymous=False))
    return flask.redirect(_onward(found, place.class_id), 303)


def _onward(marking_id: uuid.UUID | None, class_id: uuid.UUID) -> str:
    if marking_id is None:
        return flask.url_for("marking.of_class", class_id=class_id, done=1)
    return flask.url_for("moderation.page", marking_id=marking_id, **order_args())


def _open(marking_id: uuid.UUID, user_id: uuid.UUID) -> OpenedMarking:
    """Return the first marking of a submission, for a teacher who may decide."""
    opened = open_marking(marking_id, user_id)
    moderating.require_moderator(opened.place)
    if opened.marking.round != FIRST or opened.rounds.second is None:
        raise NotFound("This submission is not marked twice.")
    moderating.require_both(opened.rounds)
    return opened


@blueprint.get("/marking/<uuid:marking_id>/moderation")
def page(marking_id: uuid.UUID) -> ResponseReturnValue:
    """Two markings of a submission side by side."""
    me = viewer()
    with transaction(me.tenant_id):
        shown = _shown(_open(marking_id, me.user_id))
    return _page(shown)


def _shown(opened: OpenedMarking) -> dict[str, Any]:
    """Return what the page shows, but for the text that was handed in."""
    rounds = opened.rounds
    assert rounds.second is not None
    first, other = marks_of(rounds.first), marks_of(rounds.second)
    points = [one.points + one.adjustment for one in (rounds.first, rounds.second)]
    return {
        "opened": opened,
        "class_": get_class(opened.place.class_id),
        "rounds": rounds,
        "first": first,
        "other": other,
        "both": dataclasses.replace(first, comments=[*first.comments, *other.comments]),
        "points": points,
        "mean": mean(*points),
    }


def _page(shown: dict[str, Any], *, error: str = "", status: int = 200) -> ResponseReturnValue:
    # The store is asked while no transaction is open.
    content = adapters.installed().blobs.get(shown["opened"].attempt.code_blob_ref)
    made = flask.render_template(
        "marking/moderation.html", **shown, files=files_in(content), order=order_args(), error=error,
        form=flask.request.form if error else {}, most_characters=moderating.MOST_CHARACTERS,
    )  # fmt: skip
    return flask.make_response(made, status)


@blueprint.post("/marking/<uuid:marking_id>/moderation")
def decide(marking_id: uuid.UUID) -> ResponseReturnValue:
    """Let one of two markings stand, their mean, or one of one's own, which is then to be made."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        opened = _open(marking_id, me.user_id)
        if form.get("decision") not in set(Decision):
            raise BadInput("Choose from the page what is to stand.")
        decision = Decision(form["decision"])
        operations.locked(marking_id)
        try:
            with session().begin_nested():
                rounds = rounds_of(opened.attempt.id, opened.rounds.rules)
                stands = moderating.decide(
                    rounds, decision, form.get("reason", ""), seen=form.get("seen"), by=me.user_id, at=now()
                )
        except (BadMarking, MarkedMeanwhile) as refused:
            session().expire_all()
            error, shown = refused, _shown(_open(marking_id, me.user_id))
        else:
            if decision == Decision.OWN:
                return flask.redirect(flask.url_for("marking.script", marking_id=stands.id, **order_args()), 303)
            order = forms.order(flask.request.args, is_anonymous=False)
            found = moderating.next_disputed(opened.place, opened.assignment.id, order)
            return flask.redirect(_onward(found, opened.place.class_id), 303)
    return _page(shown, error=error.message, status=error.status)
