"""The rubric of a draft, written in a form."""

import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader.authoring import access, drafting, queries, rubric_forms
from lti_grader.authoring.access import OpenedProblem
from lti_grader.authoring.draft_views import AT, for_writing, now, to_version
from lti_grader.authoring.errors import BadDraft, NoDraft
from lti_grader.core.db import session, transaction
from lti_grader.core.web import viewer
from lti_grader.problems.models import ProblemVersion, VersionState
from lti_grader.problems.rubrics import MOST_LEVELS, BadRubric, rubric_of, write_rubric

blueprint = flask.Blueprint("rubrics", __name__)


@blueprint.get(f"{AT}/rubric")
def edit(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """The form of a draft's rubric."""
    me = viewer()
    with transaction(me.tenant_id):
        opened, draft = _draft(problem_id, version_id, me.user_id)
        kept = rubric_of(draft.id)
        return _form(opened, draft, rubric_forms.fields_of(kept.draft if kept else None))


def _draft(problem_id: uuid.UUID, version_id: uuid.UUID, user_id: uuid.UUID) -> tuple[OpenedProblem, ProblemVersion]:
    opened = for_writing(problem_id, user_id)
    version = queries.version_of(opened, version_id)
    if version.state != VersionState.DRAFT:
        raise NoDraft("A published version never changes: make a new draft of it.")
    return opened, version


def _form(
    opened: OpenedProblem,
    draft: ProblemVersion,
    fields: rubric_forms.RubricFields,
    *,
    error: str = "",
    unsaved: bool = False,
) -> str:
    return flask.render_template(
        "authoring/edit_rubric.html", opened=opened, class_=access.class_of(opened), version=draft, fields=fields,
        error=error, unsaved=unsaved, most_levels=MOST_LEVELS,
    )  # fmt: skip


@blueprint.post(f"{AT}/rubric")
def save(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Write a draft's rubric, or arrange the form that is being written."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        opened, draft = _draft(problem_id, version_id, me.user_id)
        if (act := form.get("do", "save")) != "save":
            return _form(opened, draft, rubric_forms.arranged(form, act), unsaved=True)
        fields = rubric_forms.sent(form)
        try:
            with session().begin_nested():
                drafting.editable(draft, at=now())
                write_rubric(draft.id, rubric_forms.rubric_of(fields))
        except (BadDraft, BadRubric) as error:
            session().refresh(draft)
            return flask.make_response(_form(opened, draft, fields, error=error.message), error.status)
    return to_version(problem_id, version_id, "rubric-head")
