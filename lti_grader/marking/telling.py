"""What pages of attempts tell of what people give: to students as far as it is out, to staff all of it."""

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any

import flask
from markupsafe import Markup

from lti_grader.assignments import late_work
from lti_grader.assignments.lateness import credit_of
from lti_grader.assignments.queries import OpenedAssignment
from lti_grader.attempts.models import AttemptType, SubmissionAttempt
from lti_grader.grading.shown import plain, shown_of
from lti_grader.marking.queries import Marks, Outcome, marking_for, outcome_of
from lti_grader.marking.scripts import files_in


def tell_by_hand(
    shown: dict[str, Any], attempt: SubmissionAttempt, opened: OpenedAssignment, *, at: dt.datetime
) -> None:
    """Put what people give for a submission into what its page shows of its result.

    Parameters
    ----------
    shown
        As `grading.shown.attempt_json` returns it.
    """
    if attempt.type != AttemptType.FINAL_SUBMISSION or shown["points"] is None:
        return
    outcome = outcome_of(attempt.id)
    if outcome is None:
        return
    worth = opened.problem(attempt.assignment_problem_id).item.points
    if outcome.marking is None:
        given, left = (plain(worth * one / outcome.whole) for one in (outcome.tests_points, outcome.maximum))
        shown["points"] = shown["maximum"] = None
        by_tests = f"{given} of {plain(worth)} points by the tests. " if outcome.tests_maximum else ""
        shown["release_note"] = (
            f"{by_tests}Up to {left} {'more ' if by_tests else ''}points are given by your teachers."
        )
    else:
        points = worth * outcome.points / outcome.whole if outcome.whole else Decimal(0)
        late = late_work.lateness([opened.assignment], [attempt.student_id]).late(
            opened.assignment.id, attempt.student_id, attempt.created_at, attempt.team_id
        )
        shown["points"] = plain(points * credit_of(late))
        if late is not None:
            shown["late_note"] = f"{late.in_words} {shown['points']} instead of {plain(points)}."


def by_hand(attempt: SubmissionAttempt, opened: OpenedAssignment, content: bytes, *, at: dt.datetime) -> Markup:
    """Return what people gave and said of a submission as HTML, as far as whoever looks may see it."""
    seen, is_staff = shown_of(attempt, opened, now=at), opened.membership.is_staff
    outcome = outcome_of(attempt.id) if seen.feedback and attempt.type == AttemptType.FINAL_SUBMISSION else None
    if outcome is None:
        return Markup()
    way = marking_for(attempt.id) if is_staff else None
    if outcome.marks is None:
        return Markup(flask.render_template("marking/awaited.html", way=way)) if is_staff else Markup()  # noqa: S704
    marks = outcome.marks if is_staff else _nameless(outcome.marks)
    commented = {one.path for one, _ in marks.comments if one.path is not None}
    page = flask.render_template(
        "marking/outcome.html", outcome=_with(outcome, marks), shows_points=seen.marks, names=is_staff, way=way,
        files=[one for one in files_in(content) if one.path in commented],
    )  # fmt: skip
    # Rendered by the template on the line above.
    return Markup(page)  # noqa: S704


def _nameless(marks: Marks) -> Marks:
    return dataclasses.replace(marks, comments=[(one, "") for one, _ in marks.comments])


def _with(outcome: Outcome, marks: Marks) -> Outcome:
    return dataclasses.replace(outcome, marks=marks)
