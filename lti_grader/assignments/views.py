"""An assignment's dates, whether students see it, and when they see their results."""

import datetime as dt
import uuid
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from lti_grader.assignments import group_work
from lti_grader.assignments.errors import BadAssignment
from lti_grader.assignments.hints import HintRule, HintsWhen
from lti_grader.assignments.models import Assignment
from lti_grader.assignments.operations import allow_regrade_requests, rate, rename, reschedule, set_cooldown, show_hints
from lti_grader.assignments.queries import OpenedAssignment, open_assignment
from lti_grader.assignments.release import Part, ReleaseRule, When
from lti_grader.classes.queries import class_of_item
from lti_grader.core.db import session, transaction
from lti_grader.core.web import viewer

blueprint = flask.Blueprint("assignments", __name__)
_LONGEST_TITLE = 250


def moment(name: str) -> dt.datetime | None:
    """Return the time that a field of a form holds, None where it is empty.

    Raises
    ------
    BadAssignment
        It holds something else.
    """
    text = flask.request.form.get(name, "").strip()
    try:
        # The field has no zone of its own; the page says that it is UTC.
        return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC) if text else None
    except ValueError:
        raise BadAssignment("Give dates as year, month, day and time, or leave them empty.") from None


def release_rule(part: Part) -> ReleaseRule | None:
    """Return when marks or feedback are released, as a form says it; None where it says nothing.

    Raises
    ------
    BadAssignment
        It names no such time, or a date without saying which.
    """
    text = flask.request.form.get(part)
    if text is None:
        return None
    try:
        when = When(text)
    except ValueError:
        raise BadAssignment(f"Choose from the list when students see their {part}.") from None
    date = moment(f"{part}_on") if when is When.ON_DATE else None
    if when is When.ON_DATE and date is None:
        raise BadAssignment(f"Say on which date students see their {part}.")
    return ReleaseRule(when=when, date=date)


def _cooldown(before: int) -> int:
    """Return the seconds between two submissions that a form says; `before` where it says nothing.

    Raises
    ------
    BadAssignment
        It holds something else than a whole number.
    """
    text = flask.request.form.get("cooldown")
    if text is None:
        return before
    text = text.strip()
    if text and not (text.isascii() and text.isdigit() and len(text) < 7):
        raise BadAssignment("Give the pause between two submissions as a whole number, or leave it empty for none.")
    return int(text or 0) * (60 if flask.request.form.get("cooldown_unit") == "minutes" else 1)


def _hints(before: HintRule) -> HintRule:
    """Return when students see hints, as a form says it; as before where it says nothing.

    Raises
    ------
    BadAssignment
        It names no such time, or no number of submissions.
    """
    text = flask.request.form.get("hints")
    if text is None:
        return before
    if text not in list(HintsWhen):
        raise BadAssignment("Choose from the list when students see hints.")
    tries = flask.request.form.get("hint_tries", "").strip() if text == HintsWhen.AFTER_TRIES else None
    try:
        return HintRule.model_validate({"when": text, "tries": tries})
    except ValueError:
        raise BadAssignment("Say after how many submissions students see a hint: from 1 to 1000.") from None


def _opened(assignment_id: uuid.UUID, user_id: uuid.UUID) -> OpenedAssignment:
    opened = open_assignment(assignment_id, user_id)
    opened.membership.require_staff()
    return opened


def _days(text: str) -> int | None:
    # What is no number is no number of days either.
    return (int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0) if text else None


@blueprint.get("/assignments/<uuid:assignment_id>/settings")
def settings(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """An assignment's dates, whether students see it, and when they see their results."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = _opened(assignment_id, me.user_id)
        return _settings_page(opened.assignment)


def _settings_page(assignment: Assignment, *, error: str = "") -> str:
    return flask.render_template(
        "assignments/settings.html",
        assignment=assignment,
        sets=group_work.sets_of(class_of_item(assignment.id)),
        error=error,
        form=flask.request.form.to_dict() if error else {},
    )


def _change_who_hands_in(assignment: Assignment) -> None:
    """Let an assignment be handed in by whom a form names, where it says anything of that."""
    text = flask.request.form.get("group_set")
    if text is None:
        return
    try:
        set_id = uuid.UUID(text) if text else None
    except ValueError:
        raise BadAssignment("Choose from the list who hands in together.") from None
    has_work = flask.current_app.extensions["was_handed_in"](assignment.id)
    group_work.hand_in_by(assignment.id, set_id, has_work=has_work)


def _to_be_read(opened: OpenedAssignment, due_date: dt.datetime | None) -> Any:
    """Return what another due date would do to marks, where it does anything and that was not read yet; else None."""
    assignment = opened.assignment
    is_read = flask.request.form.get("do") == "change"
    if is_read or due_date == assignment.due_date or not assignment.rules.late.steps:
        return None
    found = flask.current_app.extensions["effect_of_due_date"](opened.membership.class_id, assignment, due_date)
    return found if found.risen or found.fallen else None


@blueprint.post("/assignments/<uuid:assignment_id>/settings")
def change(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """Change an assignment's dates, whether students see it, and when they see their results."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        opened = _opened(assignment_id, me.user_id)
        assignment = opened.assignment
        try:
            if found := _to_be_read(opened, moment("due")):
                return flask.render_template(
                    "gradebook/due_change.html",
                    assignment=assignment,
                    due=moment("due"),
                    effect=found,
                    form=form.to_dict(),
                )
            with session().begin_nested():
                rename(assignment, form.get("title", assignment.title)[:_LONGEST_TITLE])
                rate(assignment, form.get("difficulty", assignment.difficulty))
                _change_who_hands_in(assignment)
                set_cooldown(assignment, _cooldown(assignment.rules.cooldown_seconds))
                show_hints(assignment, _hints(assignment.rules.hints))
                reschedule(
                    assignment,
                    opens_at=moment("opens"),
                    due_date=moment("due"),
                    closes_at=moment("closes"),
                    is_published="published" in form,
                    marks=release_rule(Part.MARKS),
                    feedback=release_rule(Part.FEEDBACK),
                )
                if "regrade_days" in form:
                    allow_regrade_requests(assignment, _days(form["regrade_days"].strip()))
        except BadAssignment as error:
            session().refresh(assignment)
            return flask.make_response(_settings_page(assignment, error=error.message), error.status)
    return flask.redirect(flask.url_for("work.overview", assignment_id=assignment_id), 303)
