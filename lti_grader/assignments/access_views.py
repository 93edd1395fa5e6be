"""The page on which an assignment's sections and students get dates and attempts of their own."""

import dataclasses
import datetime as dt
import uuid
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from lti_grader.assignments import access
from lti_grader.assignments.dates import AT_ONCE, NEVER, Dates, OtherDates
from lti_grader.assignments.errors import BadAssignment
from lti_grader.assignments.granting import Whose, grant, withdraw
from lti_grader.assignments.models import AccessOverride
from lti_grader.assignments.queries import (
    OpenedAssignment,
    open_assignment,
    results_could_be_passed_on,
    results_wait_for_due_dates,
)
from lti_grader.assignments.views import moment
from lti_grader.classes.apart import sees
from lti_grader.classes.models import Role
from lti_grader.classes.queries import Membership, find_students, sections, was_ever_in
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import Forbidden, NotFound
from lti_grader.core.web import viewer
from lti_grader.people.models import User

blueprint = flask.Blueprint("access", __name__)
_LONGEST_NAME = 255
_LONGEST_REASON = 500


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclasses.dataclass(frozen=True)
class Chosen:
    """Whose dates the form is about."""

    name: str
    section: str | None
    user_id: uuid.UUID | None
    row: AccessOverride | None
    """What is said of them now."""
    dates: Dates
    """Which they have now."""


def _opened(assignment_id: uuid.UUID, user_id: uuid.UUID) -> OpenedAssignment:
    opened = open_assignment(assignment_id, user_id)
    opened.membership.require_staff()
    return opened


def _for_teachers(assignment_id: uuid.UUID, user_id: uuid.UUID) -> OpenedAssignment:
    opened = _opened(assignment_id, user_id)
    if opened.membership.role != Role.TEACHER:
        raise Forbidden("Dates for sections and students are given by the teachers of the class.")
    return opened


def _require_seen(place: Membership, whose: Whose) -> None:
    """Raise `NotFound` for what is not in the class, or is kept apart from this person of its staff."""
    if whose.section is not None:
        if whose.section not in sections(place.class_id, within=place.within):
            raise NotFound("Nobody of this class is in such a section.")
    elif whose.user_id is None or not was_ever_in(place.class_id, whose.user_id) or not sees(place, whose.user_id):
        raise NotFound("There is no such student in this class.")


@blueprint.get("/assignments/<uuid:assignment_id>/dates")
def page(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """Who has other dates; for teachers, a form about one section or student."""
    me, asked = viewer(), flask.request.args
    with transaction(me.tenant_id):
        return _page(_opened(assignment_id, me.user_id), _whose(asked), find=asked.get("find", "").strip()[:100])


@blueprint.post("/assignments/<uuid:assignment_id>/dates")
def say(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """Say which dates and attempts a section or a student has."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        opened, whose = _for_teachers(assignment_id, me.user_id), _whose(form)
        if whose is None:
            raise NotFound("Say which section or student is meant.")
        _require_seen(opened.membership, whose)
        try:
            with session().begin_nested():
                reason = form.get("reason", "")[:_LONGEST_REASON]
                grant(assignment_id, whose, _other_dates(), reason=reason, by=me.user_id, at=_now())
        except BadAssignment as error:
            answer = _page(_opened(assignment_id, me.user_id), whose, error=error.message, form=form.to_dict())
            return flask.make_response(answer, error.status)
    return flask.redirect(flask.url_for("access.page", assignment_id=assignment_id), 303)


@blueprint.post("/assignments/<uuid:assignment_id>/dates/<uuid:override_id>/remove")
def remove(assignment_id: uuid.UUID, override_id: uuid.UUID) -> ResponseReturnValue:
    """Let a section or a student have the dates again that they would have otherwise."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = _for_teachers(assignment_id, me.user_id)
        if override_id not in {one.row.id for one in access.overrides_of(assignment_id, opened.membership)}:
            raise NotFound("These dates are gone already.")
        withdraw(assignment_id, override_id, at=_now())
    return flask.redirect(flask.url_for("access.page", assignment_id=assignment_id), 303)


def _page(
    opened: OpenedAssignment,
    whose: Whose | None,
    *,
    find: str = "",
    error: str = "",
    form: dict[str, Any] | None = None,
) -> str:
    assignment, place = opened.assignment, opened.membership
    may_change = place.role == Role.TEACHER
    lines = access.overrides_of(assignment.id, place)
    return flask.render_template(
        "assignments/access.html",
        opened=opened,
        lines=lines,
        sections=sections(place.class_id, within=place.within),
        may_change=may_change,
        find=find,
        found=find_students(place.class_id, find, most=20, within=place.within) if find and may_change else [],
        chosen=_chosen(opened, whose, lines) if whose and may_change else None,
        error=error,
        form=form or {},
        is_out=results_could_be_passed_on(opened, at=_now()),
        last_due=opened.last_due,
        waits=results_wait_for_due_dates(opened, at=_now()),
    )


def _chosen(opened: OpenedAssignment, whose: Whose, lines: list[access.OverrideLine]) -> Chosen:
    assignment = opened.assignment
    row = next((one.row for one in lines if (one.row.user_id, one.row.section) == (whose.user_id, whose.section)), None)
    _require_seen(opened.membership, whose)
    if whose.section is not None:
        dates = assignment.dates(None, [row.dates] if row else [])
        return Chosen(whose.section, whose.section, None, row, dates)
    found = session().get_one(User, whose.user_id)
    return Chosen(found.display_name, None, found.id, row, access.dates_of(assignment, found.id))


def _whose(given: Any) -> Whose | None:
    """Return whom an address or a form is about, None where it names nobody."""
    if section := given.get("section", "")[:_LONGEST_NAME]:
        return Whose(section=section)
    try:
        return Whose(user_id=uuid.UUID(given.get("student", "")))
    except ValueError:
        return None


def _other_dates() -> OtherDates:
    """Return what the form says.

    Raises
    ------
    BadAssignment
        It says a date without giving it, or no number.
    """
    extra = flask.request.form.get("extra", "").strip()
    if extra and not (extra.isascii() and extra.isdigit() and len(extra) < 6):
        raise BadAssignment("Further attempts are a whole number, or empty.")
    return OtherDates(
        _date("opens", AT_ONCE), _date("due", NEVER), _date("closes", NEVER), int(extra) if extra else None
    )


def _date(name: str, never: dt.datetime) -> dt.datetime | None:
    choice = flask.request.form.get(name, "")
    if choice == "never":
        return never
    if choice != "on_date":
        return None
    found = moment(f"{name}_on")
    if found is None:
        raise BadAssignment(f"Say on which date it {'is due' if name == 'due' else name}.")
    return found
