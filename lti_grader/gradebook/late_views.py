"""What late work of an assignment counts, and what becomes of the marks when that changes."""

import datetime as dt
import uuid
from collections.abc import Sequence

import flask
import pydantic
from flask.typing import ResponseReturnValue

from lti_grader.assignments.errors import BadAssignment
from lti_grader.assignments.lateness import MOST_STEPS, LatePolicy, LateStep
from lti_grader.assignments.operations import set_late
from lti_grader.assignments.queries import OpenedAssignment, open_assignment
from lti_grader.classes.apart import require_everybody
from lti_grader.core.db import transaction
from lti_grader.core.web import viewer
from lti_grader.gradebook.queries import rescorings
from lti_grader.gradebook.rescoring import Effect, effect

blueprint = flask.Blueprint("late", __name__)
_ROWS = MOST_STEPS - 1
_UNITS = {"hours": 1, "days": 24}


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@blueprint.get("/assignments/<uuid:assignment_id>/late")
def page(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """What late work counts."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = open_assignment(assignment_id, me.user_id)
        opened.membership.require_staff()
        return _form(opened)


@blueprint.post("/assignments/<uuid:assignment_id>/late")
def change(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """Say what another rule would do; once that was read, let it count."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = open_assignment(assignment_id, me.user_id)
        opened.membership.require_staff()
        require_everybody(opened.membership, "What late work counts is set")
        try:
            wanted = _wanted()
        except BadAssignment as error:
            return flask.make_response(_form(opened, error=error.message), error.status)
        worth = {line.item.id: line.item.points for line in opened.problems}
        found = effect(opened.membership.class_id, opened.assignment, worth, worth, late=wanted)
        is_read = flask.request.form.get("do") == "change" or not found.marks
        if wanted != opened.assignment.rules.late and not is_read:
            return _consequences(opened, wanted, found)
        set_late(assignment_id, wanted, at=_now())
    return flask.redirect(flask.url_for("late.page", assignment_id=assignment_id), 303)


def _wanted() -> LatePolicy:
    """Return the rule that the form says.

    Raises
    ------
    BadAssignment
        It is none, in words that say what to do.
    """
    found = [_step(number) for number in range(1, _ROWS + 1)]
    steps = [one for one in found if one is not None]
    rest = _whole("rest", "after that")
    if rest is not None:
        steps.append(LateStep(hours=None, credit=rest))
    try:
        return LatePolicy(
            steps=tuple(steps),
            grace_minutes=_whole("grace", "the grace") or 0,
            late_days=_whole("late_days", "late days") or 0,
        )
    except pydantic.ValidationError as error:
        raise BadAssignment(str(error.errors()[0]["ctx"]["error"])) from None


def _step(number: int) -> LateStep | None:
    until, credit = _whole(f"until-{number}", f"step {number}"), _whole(f"credit-{number}", f"step {number}")
    if until is None and credit is None:
        return None
    if until is None or credit is None:
        raise BadAssignment(
            f"Step {number}: say both until when work comes in and what it counts, or leave both empty."
        )
    return LateStep(hours=until * _UNITS.get(flask.request.form.get(f"unit-{number}", ""), 1), credit=credit)


def _whole(name: str, called: str) -> int | None:
    text = flask.request.form.get(name, "").strip().removesuffix("%").strip()
    if text and not (text.isascii() and text.isdigit() and len(text) < 6):
        raise BadAssignment(f"Give whole numbers only, such as 24 or 80: for {called} there is “{text[:20]}”.")
    return int(text) if text else None


def _rows(steps: Sequence[LateStep]) -> list[tuple[str, str, str]]:
    """Return (number, unit, credit) of each row of the form: those that count, and one more to fill in."""
    said = [
        (str(one.hours // 24), "days", str(one.credit)) if one.hours % 24 == 0 else (str(one.hours), "hours", str(one.credit))
        for one in steps if one.hours is not None
    ]  # fmt: skip
    return (said + [("", "hours", "")] * _ROWS)[: min(max(3, len(said) + 1), _ROWS)]


def _posted() -> list[tuple[str, str, str]]:
    form = flask.request.form
    numbers = [number for number in range(1, _ROWS + 1) if f"until-{number}" in form]
    return [
        (form[f"until-{number}"], form.get(f"unit-{number}", "hours"), form.get(f"credit-{number}", ""))
        for number in numbers
    ]


def _form(opened: OpenedAssignment, *, error: str = "") -> str:
    late, form = opened.assignment.rules.late, flask.request.form
    rest = next((str(one.credit) for one in late.steps if one.hours is None), "")
    return flask.render_template(
        "gradebook/late.html",
        opened=opened,
        rows=_posted() if error else _rows(late.steps),
        rest=form.get("rest", "") if error else rest,
        grace=form.get("grace", "") if error else late.grace_minutes or "",
        late_days=form.get("late_days", "") if error else late.late_days or "",
        rescorings=rescorings(opened.assignment.id),
        may_change=opened.membership.within is None,
        error=error,
    )


def _consequences(opened: OpenedAssignment, wanted: LatePolicy, found: Effect) -> str:
    return flask.render_template(
        "gradebook/late_change.html", opened=opened, wanted=wanted, form=flask.request.form.to_dict(), effect=found
    )
