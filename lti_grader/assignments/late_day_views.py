"""Late days: where a student spends them on an assignment, and where staff see them all and give further ones."""

import datetime as dt
import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader.assignments import late_days
from lti_grader.assignments.errors import BadAssignment
from lti_grader.assignments.late_bank import why_not
from lti_grader.assignments.late_work import due_now
from lti_grader.assignments.queries import OpenedAssignment, open_assignment
from lti_grader.classes.apart import require_everybody, sees
from lti_grader.classes.models import Role
from lti_grader.classes.queries import Membership, get_class, membership, was_ever_in
from lti_grader.core.db import transaction
from lti_grader.core.errors import Forbidden, NotFound
from lti_grader.core.web import viewer

blueprint = flask.Blueprint("late_days", __name__)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@blueprint.get("/assignments/<uuid:assignment_id>/late-days")
def page(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """How many late days a student has, and how many they spend here; staff are led to those of the class."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = open_assignment(assignment_id, me.user_id)
        if opened.membership.is_staff:
            return flask.redirect(flask.url_for("late_days.of_class", class_id=opened.membership.class_id))
        return _page(opened)


@blueprint.post("/assignments/<uuid:assignment_id>/late-days")
def spend(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """Spend late days on an assignment, or take them back."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = open_assignment(assignment_id, me.user_id)
        _require_student(opened)
        try:
            late_days.spend(assignment_id, me.user_id, _number("days"), at=_now())
        except BadAssignment as error:
            return flask.make_response(_page(opened, error=error.message), error.status)
    return flask.redirect(flask.url_for("late_days.page", assignment_id=assignment_id, kept=1), 303)


def _require_student(opened: OpenedAssignment) -> None:
    if opened.membership.role != Role.STUDENT:
        raise Forbidden("Late days are spent by the students of the class.")


def _page(opened: OpenedAssignment, *, error: str = "") -> str:
    _require_student(opened)
    assignment, place = opened.assignment, opened.membership
    bank = late_days.bank_of(place.class_id, place.user_id)
    late = assignment.rules.late
    return flask.render_template(
        "assignments/late_days.html",
        opened=opened,
        bank=bank,
        most=bank.most_for(assignment.id, late.late_days),
        due=due_now(assignment, place.user_id),
        why_not=why_not(late, opened.dates, at=_now()),
        titles=late_days.titles(place.class_id),
        error=error,
        kept="kept" in flask.request.args,
    )


def _number(name: str) -> int:
    text = flask.request.form.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise BadAssignment("Late days are a whole number, such as 0 or 2.")
    return int(text)


@blueprint.get("/classes/<uuid:class_id>/late-days")
def of_class(class_id: uuid.UUID) -> ResponseReturnValue:
    """What each student of a class has of late days, and where they were spent."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        return _class_page(place)


@blueprint.post("/classes/<uuid:class_id>/late-days")
def set_usual(class_id: uuid.UUID) -> ResponseReturnValue:
    """Say how many late days everybody has."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        require_everybody(place, "The late days of the class are set")
        try:
            late_days.set_usual(get_class(class_id), _number("days"))
        except BadAssignment as error:
            return flask.make_response(_class_page(place, error=error.message), error.status)
    return flask.redirect(flask.url_for("late_days.of_class", class_id=class_id), 303)


@blueprint.post("/classes/<uuid:class_id>/students/<uuid:student_id>/late-days")
def give(class_id: uuid.UUID, student_id: uuid.UUID) -> ResponseReturnValue:
    """Give a student further late days, or take such back."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        if not was_ever_in(class_id, student_id) or not sees(place, student_id):
            raise NotFound("There is no such student in this class.")
        try:
            if grant := form.get("grant"):
                late_days.withdraw(class_id, student_id, _id(grant))
            else:
                late_days.give(
                    class_id, student_id, _number("days"), reason=form.get("reason", ""), by=me.user_id, at=_now()
                )
        except BadAssignment as error:
            page = _class_page(place, error=error.message, chosen=student_id)
            return flask.make_response(page, error.status)
    return flask.redirect(flask.url_for("late_days.of_class", class_id=class_id), 303)


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound("These late days are gone already.") from None


def _class_page(place: Membership, *, error: str = "", chosen: uuid.UUID | None = None) -> str:
    class_ = get_class(place.class_id)
    asked = flask.request.args.get("student", "")
    return flask.render_template(
        "assignments/class_late_days.html",
        class_=class_,
        within=place.within,
        lines=late_days.lines(place),
        titles=late_days.titles(place.class_id),
        usual=class_.chosen.late_days,
        chosen=str(chosen or asked),
        error=error,
        form=flask.request.form,
    )
