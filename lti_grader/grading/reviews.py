"""Answers to a quiz beside what came of them, as much of it as somebody may see."""

import datetime as dt
from collections.abc import Callable, Mapping

from lti_grader.assignments.queries import OpenedAssignment
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.core.markdown import to_html_with
from lti_grader.grading.queries import current_job
from lti_grader.grading.shown import may_see_test, shown_of
from lti_grader.problems.models import Visibility
from lti_grader.problems.pictures import Show, is_named, texts_shown
from lti_grader.problems.queries import version
from lti_grader.problems.quizzes.answers import handed_in
from lti_grader.problems.quizzes.form import Quiz, Solutions, quiz_of
from lti_grader.problems.quizzes.reviewing import Reviewed, Sight, reviewed


def reviewed_attempt(
    attempt: SubmissionAttempt, content: bytes, opened: OpenedAssignment, *, now: dt.datetime,
    address: Callable[[str], str],
) -> list[Reviewed]:  # fmt: skip
    """Return the questions of an attempt as its student saw them, with their answers and what came of those.

    Parameters
    ----------
    content
        What was handed in.
    address
        Returns where the browser finds a picture, by its name.
    """
    addresses = {name: address(name) for name in _pictures(attempt)}
    return _reviewed(attempt, content, opened, now, lambda text: to_html_with(text, addresses))


def picture_of_attempt(
    attempt: SubmissionAttempt, content: bytes, opened: OpenedAssignment, name: str, *, now: dt.datetime
) -> str | None:
    """Return where a picture lies that the answers to a quiz show to somebody; None where they show none of that name."""
    ref = _pictures(attempt).get(name)
    if ref is None:
        return None
    texts = texts_shown(lambda show: _reviewed(attempt, content, opened, now, show))
    return ref if is_named(name, texts) else None


def _pictures(attempt: SubmissionAttempt) -> Mapping[str, str]:
    """Return the pictures of what was answered, and those of what it was judged by: name -> blob."""
    job = current_job(attempt.id)
    judged = version(job.problem_version_id).pictures if job is not None else {}
    return judged | version(attempt.problem_version_id).pictures


def _reviewed(
    attempt: SubmissionAttempt, content: bytes, opened: OpenedAssignment, now: dt.datetime, show: Show
) -> list[Reviewed]:
    seen = quiz_of(version(attempt.problem_version_id).quiz) or Quiz()
    job, shown = current_job(attempt.id), shown_of(attempt, opened, now=now)
    is_judged = job is not None and job.points is not None
    judged = (quiz_of(version(job.problem_version_id).quiz) if job is not None and is_judged else None) or seen
    sight = Sight(
        marks=is_judged and shown.marks,
        feedback=is_judged and shown.feedback,
        solutions=is_judged and shown.feedback and _sees_solutions(judged, opened, now),
    )
    return reviewed(seen, judged, handed_in(content), sight, show=show)


def _sees_solutions(quiz: Quiz, opened: OpenedAssignment, now: dt.datetime) -> bool:
    if opened.membership.is_staff or quiz.solutions is Solutions.WITH_FEEDBACK:
        return True
    return quiz.solutions is Solutions.AFTER_DUE and may_see_test(Visibility.AFTER_DUE, opened, now=now)
