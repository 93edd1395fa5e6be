"""A quiz as its authors read it: each question with what is right, and what is missing before it can be published."""

import dataclasses
from typing import Any

from lti_grader.authoring.picture_views import text_of
from lti_grader.authoring.quiz_forms import KINDS
from lti_grader.problems.models import ProblemVersion
from lti_grader.problems.packages.formats import writable_for
from lti_grader.problems.quizzes.answers import HandedIn
from lti_grader.problems.quizzes.complaints import Complaint, complaints
from lti_grader.problems.quizzes.form import Quiz, Section, quiz_of
from lti_grader.problems.quizzes.papers import Sheet
from lti_grader.problems.quizzes.reviewing import Reviewed, Sight, reviewed
from lti_grader.problems.quizzes.units import most_points


@dataclasses.dataclass(frozen=True)
class QuestionLine:
    """A question as its author's list shows it."""

    shown: Reviewed
    title: str
    kind: str
    """In words."""
    complaints: list[Complaint]


def quiz_parts(version: ProblemVersion) -> dict[str, Any]:
    """Return what the page of a version shows of its questions."""
    quiz = quiz_of(version.quiz) or Quiz()
    missing = complaints(quiz)
    lines = {
        one.question.id: QuestionLine(
            dataclasses.replace(one, outcome="", points=None), found.title, KINDS[found.kind],
            [words for words in missing if words.question_id == one.question.id],
        )
        for one, found in zip(_with_solutions(version, quiz), quiz.questions, strict=True)
    }  # fmt: skip
    return {
        "quiz": quiz,
        "sections": [(section, [lines[one.id] for one in section.questions]) for section in quiz.sections],
        "missing": missing,
        "most_points": most_points(quiz),
        "kinds": KINDS,
        "formats": writable_for(is_quiz=True),
    }


def _with_solutions(version: ProblemVersion, quiz: Quiz) -> list[Reviewed]:
    """Return all questions with what is right, in the order in which they are written."""
    paper = [Sheet(question=one.id) for one in quiz.questions]
    sight = Sight(marks=False, feedback=True, solutions=True)
    found = reviewed(quiz, quiz, HandedIn(paper=paper), sight, show=lambda text: text_of(text, version))
    return [dataclasses.replace(one, feedback=()) for one in found]


def drawn_words(section: Section) -> str:
    """Return how many questions of a section each student is given, in words."""
    count = len(section.questions)
    return f"{section.draw} of {count} drawn" if section.draw is not None and section.draw < count else "all"
