"""The hint of a problem, as far as whoever opens it may read it."""

import datetime as dt
import uuid
from typing import Any

import flask

from lti_grader.assignments.hints import HintsWhen
from lti_grader.assignments.queries import OpenedAssignment
from lti_grader.attempts import queries
from lti_grader.attempts.statements import text_of
from lti_grader.problems.models import ProblemVersion


def hint_parts(
    opened: OpenedAssignment, item_id: uuid.UUID, version: ProblemVersion, *, at: dt.datetime
) -> dict[str, Any]:
    """Return what `components/statement.html` shows of a hint: its HTML, "" where it is not to be read, and when it will be."""
    rule = opened.assignment.rules.hints
    hint = text_of(version.hint, version, item_id) if version.hint else ""
    if not hint or rule.when is HintsWhen.ALWAYS:
        return {"hint": hint, "hint_waits": ""}
    if opened.membership.is_staff:
        return {"hint": hint, "hint_waits": f"Students see the hint {rule.in_words}."}
    due = opened.last_due if rule.when is HintsWhen.AFTER_DUE else None
    tries = _tries(opened, item_id, at=at) if rule.when is HintsWhen.AFTER_TRIES else 0
    if rule.shows(is_over=due is not None and at >= due, tries=tries):
        return {"hint": hint, "hint_waits": ""}
    waits = "" if rule.when is HintsWhen.NEVER else f"There is a hint: you find it on this page {rule.in_words}."
    return {"hint": "", "hint_waits": waits}


def _tries(opened: OpenedAssignment, item_id: uuid.UUID, *, at: dt.datetime) -> int:
    by = queries.who_hands_in(opened.membership.user_id, opened.assignment)
    if not opened.shown(at=at).marks:
        # The hint says nothing of marks that are not out.
        return queries.submissions_made(by, item_id)
    missed: int = flask.current_app.extensions["submissions_missed"](by, item_id)
    return missed
