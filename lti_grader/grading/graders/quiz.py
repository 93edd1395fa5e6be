"""Grading answers to a quiz: nothing runs, so that it takes no sandbox and no time to speak of."""

from collections.abc import Sequence
from decimal import Decimal

from lti_grader.grading.graders.code import GradedCode
from lti_grader.grading.graders.specs import GroupSpec, TestOutcome
from lti_grader.grading.verdicts import TestStatus
from lti_grader.problems.quizzes.answers import handed_in
from lti_grader.problems.quizzes.form import Quiz
from lti_grader.problems.quizzes.marking import Mark, mark_paper


def grade_quiz(quiz: Quiz, content: bytes, groups: Sequence[GroupSpec]) -> GradedCode:
    """Return what answers came to, question by question; the questions of the paper are the most that there is.

    Parameters
    ----------
    quiz
        The questions that it is judged by: maybe those of a later version than was answered.
    content
        What was handed in, with the paper that was seen.
    groups
        The quiz's units: each test's `extra` is the id of its question.

    Raises
    ------
    BadAnswers
        The attempt is none to a quiz.
    """
    given = handed_in(content)
    units = {test.extra: test.id for group in groups for test in group.tests}
    marks = mark_paper(quiz, given.paper, given.answers)
    outcomes = [
        TestOutcome(units[name], _status(one), one.share, 0, 0, "" if one.answered else "Not answered.")
        for name, one in marks.items()
        if name in units
    ]
    points_of = {units[name]: one.points for name, one in marks.items() if name in units}
    maximum = sum((one.points for one in quiz.questions if one.id in marks), Decimal(0))
    return GradedCode(outcomes, points_of, sum(points_of.values(), Decimal(0)), maximum, "")


def _status(mark: Mark) -> TestStatus:
    if not mark.answered:
        return TestStatus.SKIPPED
    return TestStatus.PASS if mark.is_right else TestStatus.FAIL
