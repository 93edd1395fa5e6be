"""The page on which teachers say how marks become totals, with what that would change."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal

import flask
from flask.typing import ResponseReturnValue

from lti_grader.classes.apart import require_everybody
from lti_grader.classes.models import Role
from lti_grader.classes.queries import Membership, get_class, membership
from lti_grader.core.db import transaction
from lti_grader.core.errors import Forbidden
from lti_grader.core.web import viewer
from lti_grader.gradebook.grid import Asked, grid
from lti_grader.gradebook.items import graded_items
from lti_grader.gradebook.marks import marks
from lti_grader.gradebook.totals import operations
from lti_grader.gradebook.totals.forms import letters_as_text, scheme_in
from lti_grader.gradebook.totals.operations import BadScheme
from lti_grader.gradebook.totals.policy import Total
from lti_grader.gradebook.totals.reads import Scheme, scheme_of, totals

blueprint = flask.Blueprint("totals", __name__)
_EMPTY_ROWS = 3
_MOST_SHOWN = 20


@dataclasses.dataclass(frozen=True)
class Effect:
    """What other rules would do to the totals that students have by now."""

    risen: int
    fallen: int
    same: int
    letters: int
    """Of all of them, those who would have another letter."""
    examples: Sequence[tuple[str, Total, Total]]
    """The most changed: name, before, after."""


@blueprint.get("/classes/<uuid:class_id>/gradebook/totals")
def page(class_id: uuid.UUID) -> ResponseReturnValue:
    """How the marks of a class become totals."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        return _page(place, scheme_of(class_id), kept="kept" in flask.request.args)


@blueprint.post("/classes/<uuid:class_id>/gradebook/totals")
def change(class_id: uuid.UUID) -> ResponseReturnValue:
    """Show what other rules would do, or let them hold."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        _require_teacher(place)
        before = scheme_of(class_id)
        try:
            wanted = scheme_in(form, before)
        except BadScheme as error:
            return flask.make_response(_page(place, before, error=error.message, form=form), error.status)
        if form.get("do") != "keep":
            return _page(place, before, form=form, effect=_effect(place, before, wanted))
        operations.keep(class_id, before, wanted)
    return flask.redirect(flask.url_for("totals.page", class_id=class_id, kept=1), 303)


def _require_teacher(place: Membership) -> None:
    if place.role != Role.TEACHER:
        raise Forbidden("How totals are worked out is said by the teachers of the class.")
    require_everybody(place, "How totals are worked out is said")


def _effect(place: Membership, before: Scheme, wanted: Scheme) -> Effect:
    now = dt.datetime.now(dt.UTC)
    found = grid(place, Asked(), at=now)
    ids, held = [one.id for one in found.people], marks(place.class_id)
    was, becomes = (totals(place.class_id, one, found.columns, ids, held, at=now) for one in (before, wanted))
    by = {one.id: (becomes[one.id].percent or Decimal(0)) - (was[one.id].percent or Decimal(0)) for one in found.people}
    most = sorted(found.people, key=lambda one: -abs(by[one.id]))[:_MOST_SHOWN]
    signs = [(one > 0) - (one < 0) for one in by.values()]
    return Effect(
        signs.count(1),
        signs.count(-1),
        signs.count(0),
        sum(was[one].letter != becomes[one].letter for one in ids),
        [(one.name, was[one.id], becomes[one.id]) for one in most if by[one.id]],
    )


def _page(
    place: Membership,
    scheme: Scheme,
    *,
    form: Mapping[str, str] | None = None,
    error: str = "",
    effect: Effect | None = None,
    kept: bool = False,
) -> str:
    return flask.render_template(
        "gradebook/totals.html",
        class_=get_class(place.class_id),
        within=place.within,
        may_change=place.role == Role.TEACHER and place.within is None,
        scheme=scheme,
        columns=graded_items(place.class_id),
        letters=letters_as_text(scheme.rules),
        rows=_rows(scheme, form),
        form=form or {},
        error=error,
        effect=effect,
        kept=kept,
    )


def _rows(scheme: Scheme, form: Mapping[str, str] | None) -> list[dict[str, str]]:
    """Return the categories as the form shows them, with some empty rows."""
    if form:
        count = sum(field.startswith("name-") for field in form)
        return [
            {part: form.get(f"{part}-{row}", "") for part in ("id", "name", "weight", "drop")} for row in range(count)
        ]
    known = [
        {"id": str(one.id), "name": one.name, "weight": f"{one.weight.normalize():f}", "drop": str(one.drop_lowest)}
        for one in scheme.categories
    ]
    return known + [{"id": "", "name": "", "weight": "", "drop": ""} for _ in range(_EMPTY_ROWS)]
