"""The registrar's board of a class: every score, what was sent, what the LMS holds, and sending again."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from lti_grader.classes.queries import get_class
from lti_grader.core.errors import BadInput, NotFound
from lti_grader.lti import board as reads
from lti_grader.lti import board_choices, freezes, queries
from lti_grader.lti import board_operations as operations
from lti_grader.lti.board import Filter, Sorting
from lti_grader.lti.board_operations import Selection
from lti_grader.lti.columns import reads as columns
from lti_grader.lti.models import DeliveryStatus
from lti_grader.lti.views.blueprint import blueprint, now
from lti_grader.lti.views.clerks import Clerk, at_board

_MOST_CHOSEN = 5000


@blueprint.get("/classes/<uuid:class_id>/deliveries")
def board(class_id: uuid.UUID) -> ResponseReturnValue:
    """A page of the board."""
    asked, page = read_filter(flask.request.args), flask.request.args.get("page", 1, type=int)
    with at_board(class_id) as clerk:
        return flask.render_template(
            "gradebook/deliveries.html",
            class_=get_class(class_id),
            clerk=clerk,
            within=clerk.within,
            board=reads.read(class_id, clerk.limited(asked), page=page),
            asked=asked,
            choices=board_choices.choices(class_id, clerk.within),
            homeless=board_choices.without_column(class_id, clerk.within),
            freezes=freezes.of_class(class_id, clerk.within),
            columns=columns.in_trouble(class_id),
            sent=flask.request.args.get("sent", type=int),
            now=now(),
        )


def read_filter(given: Mapping[str, str]) -> Filter:
    """Return what a page's address or form asks for; what it cannot mean is left open."""
    status = given.get("status", "")
    sorting = given.get("sorting", "")
    return Filter(
        status=status if status == "trouble" or status in list(DeliveryStatus) else "",
        why=_text(given.get("why", ""), 12),
        item_id=_id(given.get("item_id", "")),
        student_id=_id(given.get("student_id", "")),
        section=_text(given.get("section", ""), 200),
        platform_id=_id(given.get("platform_id", "")),
        search=_text(given.get("search", ""), 200),
        left="1" if given.get("left") == "1" else "0",
        sorting=Sorting(sorting) if sorting in list(Sorting) else Sorting.TROUBLE,
    )


def _text(given: str, most: int) -> str:
    # PostgreSQL's text holds no NUL.
    return given.replace("\0", "")[:most]


def _id(given: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(given)
    except ValueError:
        return None


@blueprint.post("/classes/<uuid:class_id>/deliveries/resend")
def resend(class_id: uuid.UUID) -> ResponseReturnValue:
    """Say what sending again would do; and, once that was confirmed, do it."""
    form = flask.request.form
    with at_board(class_id) as clerk:
        selection = _selection(class_id, clerk)
        if not form.get("confirmed"):
            return flask.render_template(
                "board/resend.html",
                class_=get_class(class_id),
                clerk=clerk,
                plan=operations.plan(selection, at=now()),
                selection=selection,
                as_of=now(),
            )
    over = form.get("over") == "yes"
    as_of = _moment(form.get("as_of", ""))
    sent = operations.resend(clerk.tenant_id, selection, over=over, as_of=as_of, at=now(), by=clerk.actor)
    query: dict[str, Any] = selection.asked.as_query() if selection.ids is None else {}
    return flask.redirect(flask.url_for("lti.board", class_id=class_id, sent=sent, **query), 303)


def _selection(class_id: uuid.UUID, clerk: Clerk) -> Selection:
    """Return what is meant: the whole class, all that match, those that are ticked, or the one beside the button."""
    form = flask.request.form
    what = form.get("what", "")
    if what == "class":
        return Selection(class_id, clerk.limited(Filter()))
    if what == "matching":
        return Selection(class_id, clerk.limited(read_filter(form)))
    named = form.getlist("delivery") if what in ("", "chosen") else [what]
    ids = frozenset(one for one in map(_id, named) if one is not None)
    if not ids:
        raise BadInput("Choose the scores to send again: tick their boxes on the board, or take all that match.")
    if len(ids) > _MOST_CHOSEN:
        raise BadInput("So many are better chosen by the filter: narrow it down, and take all that match.")
    return Selection(class_id, clerk.limited(Filter()), ids)


def _moment(given: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(given)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise BadInput("The page was incomplete: go back to the board, and choose again.")
    return found


@blueprint.get("/classes/<uuid:class_id>/students/<uuid:student_id>/items/<uuid:item_id>/scores")
def trail(class_id: uuid.UUID, student_id: uuid.UUID, item_id: uuid.UUID) -> ResponseReturnValue:
    """One student's score for one item: each revision of it, and what became of that."""
    with at_board(class_id) as clerk:
        clerk.require_student(student_id)
        found = queries.trail(class_id, student_id, item_id)
        if found is None:
            raise NotFound("There is no score of this student for this item.")
        return flask.render_template("board/trail.html", class_=get_class(class_id), clerk=clerk, trail=found)
