"""Writing a quiz in forms: its settings, its sections, its questions."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from lti_grader.authoring import access, drafting, forms, picture_views, queries, quiz_forms
from lti_grader.authoring.access import OpenedProblem
from lti_grader.authoring.draft_views import AT, for_writing, now, to_version
from lti_grader.authoring.errors import BadDraft
from lti_grader.authoring.views import version_page
from lti_grader.classes.material_files import BadFile
from lti_grader.core.db import transaction
from lti_grader.core.errors import BadInput, GraderError, NotFound
from lti_grader.core.web import viewer
from lti_grader.problems.models import ProblemVersion
from lti_grader.problems.quizzes import editing
from lti_grader.problems.quizzes.complaints import of_question
from lti_grader.problems.quizzes.form import Question, Quiz, Section, quiz_of
from lti_grader.problems.quizzes.papers import Sheet
from lti_grader.problems.quizzes.reviewing import number_words
from lti_grader.problems.quizzes.showing import ShownQuestion, shown_question

blueprint = flask.Blueprint("quizzes", __name__)
Edit = Callable[[Quiz], Quiz]


def _quiz(version: ProblemVersion) -> Quiz:
    """Return the questions of a version, or raise `NotFound` for one that is no quiz."""
    found = quiz_of(version.quiz)
    if found is None:
        raise NotFound("This version is no quiz.")
    return found


def _edit(problem_id: uuid.UUID, version_id: uuid.UUID, edit: Edit, added: Mapping[str, str] | None = None) -> Quiz:
    """Change the quiz of a draft, in a transaction of its own.

    Parameters
    ----------
    added
        The pictures that the form brings, name -> blob, where it has a field for them.

    Raises
    ------
    BadDraft, BadFile
    """
    with transaction(viewer().tenant_id):
        version = queries.version_of(for_writing(problem_id, viewer().user_id), version_id)
        _quiz(version)
        draft = drafting.editable(version, at=now())
        changed = edit(_quiz(draft))
        drafting.write_quiz(draft, changed)
        if added is not None:
            picture_views.keep(draft, added)
    return changed


def _require_writer(problem_id: uuid.UUID) -> None:
    """See to it that whoever sends files may write a problem, before these are kept."""
    with transaction(viewer().tenant_id):
        for_writing(problem_id, viewer().user_id)


def _refused(problem_id: uuid.UUID, version_id: uuid.UUID, error: GraderError) -> ResponseReturnValue:
    return flask.make_response(version_page(problem_id, version_id, error=error.message), error.status)


@blueprint.post(f"{AT}/quiz")
def settings(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Write a quiz's introduction, pictures and settings."""
    me, form = viewer(), flask.request.form
    _require_writer(problem_id)
    try:
        added = picture_views.uploaded()
        with transaction(me.tenant_id):
            version = queries.version_of(for_writing(problem_id, me.user_id), version_id)
            _quiz(version)
            draft = drafting.editable(version, at=now())
            drafting.write_quiz(draft, quiz_forms.settings_of(form, _quiz(draft)))
            drafting.introduce(draft, form.get("statement", ""), form.get("hint", ""))
            picture_views.keep(draft, added)
    except (BadDraft, BadFile) as error:
        return _refused(problem_id, version_id, error)
    return to_version(problem_id, version_id)


@blueprint.post(f"{AT}/quiz/sections")
def sections(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Add, change, move or remove a section."""
    form = flask.request.form

    def edit(quiz: Quiz) -> Quiz:
        if form.get("do") == "add":
            return editing.with_section(quiz, quiz_forms.section_of(form, Section(id=editing.new_id())))
        section = editing.section_of(quiz, form.get("section", ""))
        if form.get("do") == "remove":
            return editing.without_section(quiz, section.id)
        if (place := forms.place(form)) is not None:
            return editing.moved_section(quiz, section.id, place)
        return editing.with_section(quiz, quiz_forms.section_of(form, section))

    try:
        _edit(problem_id, version_id, edit)
    except BadDraft as error:
        return _refused(problem_id, version_id, error)
    return to_version(problem_id, version_id, "questions-head")


@blueprint.post(f"{AT}/quiz/questions")
def questions(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Add a question, or double, move or remove one."""
    form = flask.request.form
    if form.get("do") == "add":
        return _add_question(problem_id, version_id)
    question_id, anchor = form.get("question", ""), "questions-head"

    def edit(quiz: Quiz) -> Quiz:
        nonlocal anchor
        anchor = f"question-{editing.question_of(quiz, question_id).id}"
        if form.get("do") == "remove":
            anchor = "questions-head"
            return editing.without_question(quiz, question_id)
        if form.get("do") == "double":
            made, copy_id = editing.doubled(quiz, question_id)
            anchor = f"question-{copy_id}"
            return made
        if form.get("do") == "section":
            return editing.into_section(quiz, question_id, form.get("section", ""))
        if (place := forms.place(form)) is None:
            raise BadInput("Say what is to be done with the question.")
        return editing.moved_question(quiz, question_id, place)

    try:
        _edit(problem_id, version_id, edit)
    except BadDraft as error:
        return _refused(problem_id, version_id, error)
    return to_version(problem_id, version_id, anchor)


def _add_question(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Add an empty question, and lead to its form."""
    form, made = flask.request.form, []

    def edit(quiz: Quiz) -> Quiz:
        made.append(quiz_forms.new_question(form.get("kind", "")))
        if not quiz.sections:
            quiz = editing.with_section(quiz, Section(id=editing.new_id()))
        return editing.with_question(quiz, made[0], form.get("section") or quiz.sections[-1].id)

    try:
        _edit(problem_id, version_id, edit)
    except BadDraft as error:
        return _refused(problem_id, version_id, error)
    return _to_question(problem_id, version_id, made[0].id)


def _to_question(problem_id: uuid.UUID, version_id: uuid.UUID, question_id: str) -> ResponseReturnValue:
    return flask.redirect(
        flask.url_for(
            "quizzes.edit_question", problem_id=problem_id, version_id=version_id, question_id=question_id
        ), 303,
    )  # fmt: skip


@blueprint.get(f"{AT}/quiz/questions/<question_id>")
def edit_question(problem_id: uuid.UUID, version_id: uuid.UUID, question_id: str) -> ResponseReturnValue:
    """The form of a question."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = for_writing(problem_id, me.user_id)
        version = queries.version_of(opened, version_id)
        return _form(opened, version, editing.question_of(_quiz(version), question_id))


def _form(opened: OpenedProblem, version: ProblemVersion, question: Question, error: str = "") -> str:
    quiz = _quiz(version)
    return flask.render_template(
        "authoring/edit_question.html", opened=opened, class_=access.class_of(opened), version=version, question=question,
        number=[one.id for one in quiz.questions].index(question.id) + 1, error=error, kinds=quiz_forms.KINDS,
        missing=of_question(question), spare=quiz_forms.SPARE_ROWS, lines_of=quiz_forms.lines_of,
        others_of=quiz_forms.others_of, choice_texts=quiz_forms.choice_texts, number_words=number_words,
        shown=shown_as_asked(version, question), form=flask.request.form,
    )  # fmt: skip


def shown_as_asked(version: ProblemVersion, question: Question) -> ShownQuestion:
    """Return a question as students are asked it, with nothing of what is right."""
    return shown_question(
        question, Sheet(question=question.id), 1, show=lambda text: picture_views.text_of(text, version)
    )


@blueprint.post(f"{AT}/quiz/questions/<question_id>/shown")
def show_question(problem_id: uuid.UUID, version_id: uuid.UUID, question_id: str) -> ResponseReturnValue:
    """What a question would look like, while it is written: a fragment."""
    me = viewer()
    with transaction(me.tenant_id):
        version = queries.version_of(for_writing(problem_id, me.user_id), version_id)
        before = editing.question_of(_quiz(version), question_id)
        try:
            shown, error = shown_as_asked(version, quiz_forms.question_of(flask.request.form, before)), ""
        except BadDraft as refused:
            shown, error = shown_as_asked(version, before), refused.message
        return flask.render_template("authoring/question_shown.html", shown=shown, error=error)


@blueprint.post(f"{AT}/quiz/questions/<question_id>")
def save_question(problem_id: uuid.UUID, version_id: uuid.UUID, question_id: str) -> ResponseReturnValue:
    """Write a question."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        version = queries.version_of(for_writing(problem_id, me.user_id), version_id)
        said = before = editing.question_of(_quiz(version), question_id)
    try:
        said = quiz_forms.question_of(form, before)
        _edit(problem_id, version_id, lambda quiz: _replaced(quiz, said), picture_views.uploaded())
    except (BadDraft, BadFile) as error:
        with transaction(me.tenant_id):
            opened = for_writing(problem_id, me.user_id)
            page = _form(opened, queries.version_of(opened, version_id), said, error.message)
        return flask.make_response(page, error.status)
    if form.get("do") == "stay":
        return _to_question(problem_id, version_id, question_id)
    return to_version(problem_id, version_id, f"question-{question_id}")


def _replaced(quiz: Quiz, question: Any) -> Quiz:
    editing.question_of(quiz, question.id)
    return editing.with_question(quiz, question)
