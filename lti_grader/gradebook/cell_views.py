"""The page of one mark: where it comes from, what people say of it, and whether the LMS has it."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from lti_grader.assignments.queries import shown_to_students
from lti_grader.audit import queries as audit
from lti_grader.audit.models import AuditEntry
from lti_grader.classes.queries import Membership, get_class, membership
from lti_grader.core.db import session, transaction
from lti_grader.core.web import viewer, wants_json
from lti_grader.gradebook import by_hand, cells
from lti_grader.gradebook.by_hand import BadMark, ChangedMeanwhile, Decision, Standing
from lti_grader.gradebook.items import graded_items
from lti_grader.gradebook.marks import mark_of, marks
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.gradebook.queries import attempts_of_class
from lti_grader.gradebook.totals.reads import scheme_of, totals

blueprint = flask.Blueprint("marks", __name__)
_CELL = "/classes/<uuid:class_id>/students/<uuid:student_id>/marks/<uuid:assignment_id>"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@blueprint.get(_CELL)
def cell(class_id: uuid.UUID, student_id: uuid.UUID, assignment_id: uuid.UUID) -> ResponseReturnValue:
    """One student's mark for one item."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        return _page(place, cells.cell(place, student_id, assignment_id))


@blueprint.post(_CELL)
def decide(class_id: uuid.UUID, student_id: uuid.UUID, assignment_id: uuid.UUID) -> ResponseReturnValue:
    """Say what the mark is worth: from its page by a form, from the grid in JSON."""
    me, given = viewer(), _given()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        found = cells.cell(place, student_id, assignment_id)
        try:
            with session().begin_nested():
                entry = by_hand.decide(
                    student_id, assignment_id, _decision(given), given.get("reason", ""), by=me.user_id, at=_now(),
                    seen=given.get("seen"),
                )  # fmt: skip
        except (BadMark, ChangedMeanwhile) as error:
            return _refused(place, found, error)
        if wants_json():
            delivery = flask.current_app.extensions["delivery_of"](student_id, assignment_id)
            return flask.jsonify(as_json(entry, delivery) | {"total": _total(class_id, student_id)})
    return flask.redirect(_url(found), 303)


@blueprint.post(f"{_CELL}/comments")
def comment(class_id: uuid.UUID, student_id: uuid.UUID, assignment_id: uuid.UUID) -> ResponseReturnValue:
    """Keep what the student reads beside the mark, and the notes of the staff."""
    me, given = viewer(), _given()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        found = cells.cell(place, student_id, assignment_id)
        try:
            with session().begin_nested():
                by_hand.comment(
                    student_id, assignment_id, given.get("feedback", ""), given.get("notes", ""), at=_now(),
                    seen=given.get("seen"),
                )  # fmt: skip
        except (BadMark, ChangedMeanwhile) as error:
            return _refused(place, found, error)
    return flask.redirect(_url(found), 303)


def as_json(entry: GradebookEntry, delivery: Mapping[str, str] | None) -> dict[str, Any]:
    """Return an entry as the grid shows it."""
    mark = mark_of(entry)
    return {
        "text": mark.text,
        "seen": mark.seen,
        "by_hand": mark.is_by_hand,
        "above": mark.is_above,
        "lms": delivery["state"] if delivery else "",
    }


def _total(class_id: uuid.UUID, student_id: uuid.UUID) -> str:
    """Return what stands in the column of totals by now."""
    items, held = graded_items(class_id), marks(class_id, student_ids=[student_id])
    return totals(class_id, scheme_of(class_id), items, [student_id], held, at=_now())[student_id].text


def _given() -> Mapping[str, str]:
    if not flask.request.is_json:
        return flask.request.form
    body = flask.request.get_json(silent=True)
    return {name: one for name, one in body.items() if isinstance(one, str)} if isinstance(body, dict) else {}


def _decision(given: Mapping[str, str]) -> Decision:
    """Return what a form or the grid says; raises `BadMark`."""
    if "do" not in given:
        return by_hand.typed(given.get("points", ""))
    if given["do"] == "points":
        decision = by_hand.typed(given.get("points", ""))
        if decision.standing is not Standing.POINTS:
            raise BadMark("Give the points as a number, such as 10 or 2.5.")
        return decision
    if given["do"] not in list(Standing):
        raise BadMark("Choose from the page what the mark is worth.")
    return Decision(Standing(given["do"]))


def _url(found: cells.Cell) -> str:
    given = flask.request.view_args or {}
    return flask.url_for(
        "marks.cell", class_id=given["class_id"], student_id=found.student.id, assignment_id=found.assignment.id
    )


def _refused(place: Membership, found: cells.Cell, error: BadMark | ChangedMeanwhile) -> ResponseReturnValue:
    if wants_json():
        if isinstance(error, ChangedMeanwhile) and found.entry is not None:
            session().refresh(found.entry)
            error.extra["text"] = mark_of(found.entry).text
        raise error
    now = cells.cell(place, found.student.id, found.assignment.id)
    return flask.make_response(_page(place, now, error.message, flask.request.form), error.status)


def _page(place: Membership, found: cells.Cell, error: str = "", form: Mapping[str, str] | None = None) -> str:
    about = (AuditEntry.content_item_id == found.assignment.id, AuditEntry.student_id == found.student.id)
    return flask.render_template(
        "gradebook/cell.html",
        class_=get_class(place.class_id),
        within=place.within,
        found=found,
        stands=by_hand.stands_as(found.entry),
        seen=by_hand.seen_of(found.entry),
        waits=shown_to_students([found.assignment], at=_now())[found.assignment.id].note,
        delivery=flask.current_app.extensions["delivery_of"](found.student.id, found.assignment.id),
        attempts=attempts_of_class(
            place.class_id, student_id=found.student.id, assignment_id=found.assignment.id, most=100
        ),
        acts=audit.acts(AuditEntry.class_id == place.class_id, *about),
        error=error,
        form=form or {},
    )
