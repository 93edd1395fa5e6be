"""What a teacher chose in the catalogue, or wrote to make something new, read from the form that they sent."""

import dataclasses
import datetime as dt
import uuid
from decimal import Decimal, InvalidOperation
from typing import Any

import flask

from lti_grader.assignments import copying
from lti_grader.assignments.errors import BadAssignment
from lti_grader.assignments.languages import available_languages
from lti_grader.assignments.models import Assignment, AssignmentConfig, Counts, Mode
from lti_grader.assignments.operations import create_assignment
from lti_grader.assignments.release import Part, ReleaseRule
from lti_grader.assignments.views import moment, release_rule
from lti_grader.classes.models import Module
from lti_grader.classes.queries import membership
from lti_grader.core.db import session
from lti_grader.core.errors import Forbidden, NotFound
from lti_grader.lti import catalogue


def shown(class_id: uuid.UUID, user_id: uuid.UUID) -> dict[str, Any]:
    """Return what the page with the catalogue shows, as it was left if it was sent before."""
    form = flask.request.form
    text = form.get("q", "")[:200]
    return {
        "found": catalogue.search(
            class_id, user_id, text, keep=form.getlist("assignment"), keep_problems=form.getlist("problem")
        ),
        "q": text,
        "languages": [{"id": one.id, "label": one.label} for one in available_languages().values()],
        "form": form.to_dict(),
    }


def is_search() -> bool:
    """Return whether the form asks to look for something, and not to place it yet."""
    return flask.request.form.get("do") == "search"


def chosen(class_id: uuid.UUID, user_id: uuid.UUID, *, several: bool, at: dt.datetime) -> list[Assignment]:
    """Return what was chosen, in its order; what stands in another class is copied, and what is new is made.

    Raises
    ------
    BadAssignment
        In words for the page.
    """
    if flask.request.form.get("what") == "new":
        return [_new_assignment(class_id, user_id)]
    wanted = flask.request.form.getlist("assignment")
    if not wanted:
        raise BadAssignment("Choose an assignment from the list, or make a new one.")
    if len(wanted) > 1 and not several:
        raise BadAssignment("Your LMS takes one assignment at a time here.")
    return [_taken(text, class_id, user_id, at) for text in wanted]


def _taken(text: str, class_id: uuid.UUID, user_id: uuid.UUID, at: dt.datetime) -> Assignment:
    try:
        one = session().get(Assignment, uuid.UUID(text))
    except ValueError:
        raise BadAssignment("Choose an assignment from the list.") from None
    if one is None:
        raise BadAssignment("That assignment is not there any more: choose another.")
    home = session().get_one(Module, one.module_id).class_id
    if home == class_id:
        return one
    try:
        membership(home, user_id).require_staff()
    except (NotFound, Forbidden):
        raise BadAssignment("That assignment is not in a class of yours any more: choose another.") from None
    return session().get_one(Assignment, copying.take_one(one, class_id, at=at))


def _new_assignment(class_id: uuid.UUID, user_id: uuid.UUID) -> Assignment:
    form = flask.request.form
    problems = []
    for text in form.getlist("problem"):
        try:
            problems.append((uuid.UUID(text), Decimal(form.get(f"points-{text}", "10") or "10")))
        except (ValueError, InvalidOperation):
            raise BadAssignment("Points are numbers, such as 10 or 2.5.") from None
    if not {version_id for version_id, _ in problems} <= {one.version_id for one in catalogue.problems_for(user_id)}:
        raise BadAssignment("One of the problems is not published, or not shared with you any more: choose another.")
    extra = _read_new_form()
    try:
        config = AssignmentConfig(
            languages=form.getlist("language"),
            attempts_allowed=extra.attempts,
            counts=Counts(form.get("counts", Counts.BEST)),
            opens_at=extra.opens,
            closes_at=extra.closes,
            marks=extra.marks,
            feedback=extra.feedback,
        )
        mode = Mode(form.get("mode", Mode.HOMEWORK))
    except ValueError:
        raise BadAssignment(
            "Choose at least one language, for attempts a number from 1 to 1000 or nothing, and a closing time after the"
            " opening."
        ) from None
    return create_assignment(
        class_id,
        title=form.get("title", "")[:200],
        description=form.get("description", "").strip()[:5000],
        problems=problems,
        config=config,
        mode=mode,
        due_date=extra.due,
        module_title=form.get("module", "").strip()[:200] or None,
    )


@dataclasses.dataclass(frozen=True)
class _NewForm:
    opens: dt.datetime | None
    due: dt.datetime | None
    closes: dt.datetime | None
    attempts: int | None
    marks: ReleaseRule
    feedback: ReleaseRule


def _read_new_form() -> _NewForm:
    text = flask.request.form.get("attempts", "").strip()
    if text and not text.isdigit():
        raise BadAssignment("Attempts are a number from 1 to 1000, or nothing for as many as one likes.")
    return _NewForm(
        moment("opens"),
        moment("due"),
        moment("closes"),
        int(text) if text else None,
        release_rule(Part.MARKS) or ReleaseRule(),
        release_rule(Part.FEEDBACK) or ReleaseRule(),
    )
