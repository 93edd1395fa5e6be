"""The page of the gradebook's grid, and the parts that it loads."""

import uuid
from collections.abc import Sequence

import flask
from flask.typing import ResponseReturnValue

from lti_grader.assignments.queries import held_back
from lti_grader.classes.queries import Membership, get_class, how_many_left, membership, sections
from lti_grader.core.db import transaction
from lti_grader.core.errors import NotFound
from lti_grader.core.web import viewer
from lti_grader.gradebook import grid as reads
from lti_grader.gradebook.grid import BY_NAME, BY_TOTAL, ROWS, Asked, Grid, Person
from lti_grader.gradebook.marks import marks
from lti_grader.gradebook.totals.reads import scheme_of, totals
from lti_grader.gradebook.views import blueprint, now

__all__ = ["blueprint"]


@blueprint.get("/classes/<uuid:class_id>/gradebook")
def grid(class_id: uuid.UUID) -> ResponseReturnValue:
    """Students by what they are graded for: all names, and the marks of the first of them."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        asked = _asked()
        found = reads.grid(place, asked, at=now())
        return flask.render_template(
            "gradebook/class.html",
            class_=get_class(class_id),
            within=place.within,
            asked=asked,
            sections=sections(class_id, within=place.within),
            left=how_many_left(class_id, within=place.within),
            held_back=held_back(class_id, at=now()),
            size=ROWS,
            begin=0,
            **_part(place, found, found.part(0)),
        )


@blueprint.get("/classes/<uuid:class_id>/gradebook/rows")
def rows(class_id: uuid.UUID) -> ResponseReturnValue:
    """A part of the grid: the named students with their marks."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        found = reads.some_rows(place, _named(), with_left=bool(flask.request.args.get("left")))
        return flask.render_template(
            "gradebook/rows.html", class_id=class_id, begin=_begin(), **_part(place, found, found.people)
        )


def _begin() -> int:
    text = flask.request.args.get("from", "")
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise NotFound("There is no such part of the gradebook.")
    return int(text)


def _named() -> list[uuid.UUID]:
    try:
        found = [uuid.UUID(one) for one in flask.request.args.get("students", "").split(".")]
    except ValueError:
        found = []
    if not 0 < len(found) <= ROWS:
        raise NotFound("There is no such part of the gradebook.")
    return found


def _asked() -> Asked:
    given = flask.request.args
    sort = given.get("sort", "")
    try:
        sort = sort if sort == BY_TOTAL else str(uuid.UUID(sort)) if sort else BY_NAME
    except ValueError:
        raise NotFound("There is no such column to sort by. Choose one from the page.") from None
    return Asked(
        given.get("section", "")[:255], given.get("search", "").strip()[:100], sort, bool(given.get("down")),
        bool(given.get("left")),
    )  # fmt: skip


def _part(place: Membership, found: Grid, people: Sequence[Person]) -> dict[str, object]:
    ids = [one.id for one in people]
    held = marks(place.class_id, student_ids=ids)
    return {
        "grid": found,
        "people": people,
        "marks": held,
        "totals": totals(place.class_id, scheme_of(place.class_id), found.columns, ids, held, at=now()),
        "states": flask.current_app.extensions["delivery_states"](place.class_id, ids),
    }
