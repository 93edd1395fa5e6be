"""A quiz as its students will see it, graded while its author answers it. Nothing is kept."""

import uuid

import flask
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from lti_grader.authoring import access, queries
from lti_grader.authoring.access import OpenedProblem
from lti_grader.authoring.picture_views import text_of
from lti_grader.core.db import transaction
from lti_grader.core.errors import NotFound
from lti_grader.core.web import viewer
from lti_grader.problems.models import ProblemVersion
from lti_grader.problems.pictures import Show
from lti_grader.problems.quizzes import answers
from lti_grader.problems.quizzes.answers import Answers, HandedIn
from lti_grader.problems.quizzes.form import Blanks, Match, Multiple, Order, Quiz, quiz_of
from lti_grader.problems.quizzes.papers import Sheet, draw
from lti_grader.problems.quizzes.reviewing import Reviewed, Sight, reviewed
from lti_grader.problems.quizzes.showing import shown_paper

blueprint = flask.Blueprint("quiz_previews", __name__)
_AT = "/problems/<uuid:problem_id>/versions/<uuid:version_id>/preview"


def preview_page(opened: OpenedProblem, version: ProblemVersion) -> str:
    """Return the page of a quiz as one of its students has it; `?paper=` draws another one."""
    quiz = quiz_of(version.quiz) or Quiz()
    number = flask.request.args.get("paper", 1, type=int)
    paper = _paper(quiz, number)

    def show(text: str) -> Markup:
        return text_of(text, version)

    return flask.render_template(
        "authoring/quiz_preview.html", opened=opened, class_=access.class_of(opened), version=version, number=number,
        statement=text_of(version.description_markdown, version),
        hint=text_of(version.hint, version) if version.hint else "",
        sections=shown_paper(quiz, paper, show=show), graded=_graded(quiz, paper, Answers(), show),
    )  # fmt: skip


def _paper(quiz: Quiz, number: int) -> list[Sheet]:
    return draw(quiz, f"preview:{number}")


@blueprint.post(f"{_AT}/answers")
def grade(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """What the answers of a form come to."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        version = queries.version_of(access.open_problem(problem_id, me.user_id), version_id)
        quiz = quiz_of(version.quiz)
    if quiz is None:
        raise NotFound("This version is no quiz.")
    paper = _paper(quiz, form.get("paper", 1, type=int))
    return flask.render_template("authoring/quiz_graded.html", graded=_graded(
        quiz, paper, _answers(quiz, paper, form), lambda text: text_of(text, version)
    ))  # fmt: skip


def _graded(quiz: Quiz, paper: list[Sheet], given: Answers, show: Show) -> list[Reviewed]:
    handed: HandedIn = answers.sealed(given, quiz, paper)
    return reviewed(quiz, quiz, handed, Sight(marks=True, feedback=True, solutions=True), show=show)


def _answers(quiz: Quiz, paper: list[Sheet], form: MultiDict[str, str]) -> Answers:
    """Return the answers in a form's fields: q-<question>, and q-<question>.<part> where an answer has parts."""
    found: dict[str, str | list[str] | dict[str, str]] = {}
    for question in (quiz.question(one.question) for one in paper):
        name = f"q-{question.id}" if question else ""
        match question:
            case Multiple() | Order():
                found[question.id] = form.getlist(name)[:200]
            case Match():
                found[question.id] = {one.id: form.get(f"{name}.{one.id}", "")[:2000] for one in question.rows}
            case Blanks():
                found[question.id] = {one.id: form.get(f"{name}.{one.id}", "")[:2000] for one in question.blanks}
            case None:
                continue
            case _:
                found[question.id] = form.get(name, "")[:2000]
    return Answers.model_construct(sitting=0, answers=found)
