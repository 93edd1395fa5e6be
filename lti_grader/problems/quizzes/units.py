"""The rows that the results of a quiz's questions are told by: a group for each section, a test for each question.

They are made when a version is published, of nothing but its `quiz`, and say nothing themselves of what is right.
"""

from decimal import Decimal

from lti_grader.problems.drafts import DraftGroup, DraftTest
from lti_grader.problems.models import Visibility
from lti_grader.problems.quizzes.form import Quiz


def units_of(quiz: Quiz) -> list[DraftGroup]:
    """Return the groups and tests of a quiz; a test's `extra` is its question's id."""
    groups, number = [], 0
    for place, section in enumerate(quiz.sections, start=1):
        tests = []
        for question in section.questions:
            number += 1
            name = f"{number}. {question.title}" if question.title else f"Question {number}"
            # Whoever may see the feedback sees each question; what it holds is no test's input.
            tests.append(DraftTest(name, b"", b"", Visibility.VISIBLE, question.points, extra=question.id))
        drawn = len(section.questions) if section.draw is None else min(section.draw, len(section.questions))
        points = sorted((one.points for one in section.questions), reverse=True)[:drawn]
        groups.append(DraftGroup(section.title or f"Section {place}", sum(points, Decimal(0)), tests))
    return groups


def most_points(quiz: Quiz) -> Decimal:
    """Return what a paper of it is worth at most."""
    return sum((one.points for one in units_of(quiz)), Decimal(0))
