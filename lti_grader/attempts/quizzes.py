"""A student's paper of a quiz, and their answers to it."""

import dataclasses
import uuid
from collections.abc import Sequence

from lti_grader.attempts import queries
from lti_grader.problems.models import ProblemVersion
from lti_grader.problems.quizzes import answers
from lti_grader.problems.quizzes.answers import Answers, OtherPaper
from lti_grader.problems.quizzes.form import Quiz, quiz_of
from lti_grader.problems.quizzes.papers import Sheet, draw, seed_of, sitting_of


@dataclasses.dataclass(frozen=True)
class Paper:
    """What a student answers now."""

    quiz: Quiz
    sitting: int
    sheets: Sequence[Sheet]


def paper_for(version: ProblemVersion, student_id: uuid.UUID, item_id: uuid.UUID) -> Paper:
    """Return the paper of a quiz that a student answers now: the same whenever the page is opened."""
    quiz = quiz_of(version.quiz) or Quiz()
    sitting = sitting_of(quiz, queries.submissions_made(queries.By(student_id), item_id))
    return Paper(quiz, sitting, draw(quiz, seed_of(student_id, item_id, sitting)))


def draft_answers(code: str, paper: Paper) -> Answers:
    """Return what a draft holds of the answers to a paper; nothing of an earlier one."""
    try:
        kept = answers.read(code)
    except answers.BadAnswers:
        kept = Answers()
    return kept if kept.sitting == paper.sitting else Answers(sitting=paper.sitting)


def sealed_answers(code: object, paper: Paper) -> bytes:
    """Return what a page hands in, as the attempt keeps it.

    Raises
    ------
    BadAnswers, TooLarge
    OtherPaper
        They are to a paper that was handed in already.
    """
    given = answers.read(code)
    if given.sitting != paper.sitting:
        raise OtherPaper(
            "These questions were handed in already, from another tab or device. Reload the page for the next ones."
        )
    return answers.sealed(given, paper.quiz, list(paper.sheets)).written()
