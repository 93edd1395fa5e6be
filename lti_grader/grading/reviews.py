"""Answers to a quiz beside what came of them, as much of it as somebody may see."""

import datetime as dt

from lti_grader.assignments.queries import OpenedAssignment
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.grading.queries import current_job
from lti_grader.grading.shown import may_see_test, shown_of
from lti_grader.problems.models import Visibility
from lti_grader.problems.queries import version
from lti_grader.problems.quizzes.answers import handed_in
from lti_grader.problems.quizzes.form import Quiz, Solutions, quiz_of
from lti_grader.problems.quizzes.reviewing import Reviewed, Sight, reviewed


def reviewed_attempt(
    attempt: SubmissionAttempt, content: bytes, opened: OpenedAssignment, *, now: dt.datetime
) -> list[Reviewed]:
    """Return the questions of an attempt as its student saw them, with their answers and what came of those.

    Parameters
    ----------
    content
        What was handed in.
    """
    seen = quiz_of(version(attempt.problem_version_id).quiz) or Quiz()
    job, shown = current_job(attempt.id), shown_of(attempt, opened, now=now)
    is_judged = job is not None and job.points is not None
    judged = (quiz_of(version(job.problem_version_id).quiz) if job is not None and is_judged else None) or seen
    sight = Sight(
        marks=is_judged and shown.marks,
        feedback=is_judged and shown.feedback,
        solutions=is_judged and shown.feedback and _sees_solutions(judged, opened, now),
    )
    return reviewed(seen, judged, handed_in(content), sight)


def _sees_solutions(quiz: Quiz, opened: OpenedAssignment, now: dt.datetime) -> bool:
    if opened.membership.is_staff or quiz.solutions is Solutions.WITH_FEEDBACK:
        return True
    return quiz.solutions is Solutions.AFTER_DUE and may_see_test(Visibility.AFTER_DUE, opened, now=now)
