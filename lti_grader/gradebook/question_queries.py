"""Reads of how the questions of an assignment's quizzes went."""

import dataclasses
import uuid

import sqlalchemy as sa
from markupsafe import Markup
from sqlalchemy.dialects.postgresql import distinct_on

from lti_grader.assignments.queries import OpenedAssignment, ProblemLine
from lti_grader.attempts.models import AttemptType, SubmissionAttempt
from lti_grader.classes.apart import whose_work
from lti_grader.classes.models import Enrollment, Role
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.core.markdown import to_html
from lti_grader.gradebook.question_figures import Came, Figures, figures
from lti_grader.grading.models import GradingJob, TestResult
from lti_grader.grading.verdicts import TestStatus
from lti_grader.problems.models import TestCase
from lti_grader.problems.pictures import in_words
from lti_grader.problems.queries import version
from lti_grader.problems.quizzes.form import Question, quiz_of


@dataclasses.dataclass(frozen=True)
class QuestionLine:
    """A question with how it went; without figures where nobody was given it."""

    question: Question
    prompt: Markup
    figures: Figures | None


@dataclasses.dataclass(frozen=True)
class QuizLine:
    """A quiz of an assignment with its questions."""

    line: ProblemLine
    questions: list[QuestionLine]


def quizzes_of(opened: OpenedAssignment) -> list[QuizLine]:
    """Return how the questions of each quiz of an assignment went, by the last submission of each student whom this person sees."""
    found = []
    for line in opened.problems:
        quiz = quiz_of(version(line.item.problem_version_id).quiz)
        if quiz is not None:
            went = figures(_came(line.item.id, opened.membership))
            lines = [
                QuestionLine(one, to_html(in_words(one.prompt or getattr(one, "text", ""))), went.get(one.id))
                for one in quiz.questions
            ]
            found.append(QuizLine(line, lines))
    return found


def _came(item_id: uuid.UUID, place: Membership) -> list[Came]:
    attempt = SubmissionAttempt
    latest = (
        sa.select(attempt.id, attempt.student_id)
        .join(Enrollment, sa.and_(Enrollment.user_id == attempt.student_id, Enrollment.class_id == place.class_id))
        .where(
            attempt.assignment_problem_id == item_id,
            attempt.type == AttemptType.FINAL_SUBMISSION,
            Enrollment.role == Role.STUDENT,
            whose_work(place, attempt.student_id),
        )
        .ext(distinct_on(attempt.student_id))
        .order_by(attempt.student_id, attempt.attempt_number.desc())
        .subquery()
    )
    rows = session().execute(
        sa.select(latest.c.student_id, TestCase.extra, TestCase.points, TestResult.score, TestResult.status)
        .join(GradingJob, sa.and_(GradingJob.attempt_id == latest.c.id, GradingJob.stands))
        .join(TestResult, TestResult.job_id == GradingJob.id)
        .join(TestCase, TestCase.id == TestResult.test_case_id)
    )
    return [
        Came(str(student), question, float(score / points) if points else 0.0, status != TestStatus.SKIPPED)
        for student, question, points, score, status in rows
    ]
