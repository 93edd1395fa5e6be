"""What a student sees of their group's work beside their own, and lets the group see of theirs."""

import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.attempts import group_drafts
from lti_grader.attempts.views import let_in, read_only_reason
from lti_grader.core.db import transaction
from lti_grader.core.web import viewer
from lti_grader.problems.harness import takes_notebook
from lti_grader.problems.queries import version

blueprint = flask.Blueprint("group_drafts", __name__)


@blueprint.get("/work/<uuid:item_id>/group")
def beside(item_id: uuid.UUID) -> ResponseReturnValue:
    """Who of one's group submitted last, and the drafts that they share: a fragment of the page where one writes."""
    me = viewer()
    with transaction(me.tenant_id):
        place = let_in(item_id, me.user_id)
        return flask.render_template(
            "attempts/group_drafts.html",
            item_id=item_id,
            is_notebook=takes_notebook(version(place.item.problem_version_id).harness),
            read_only=bool(read_only_reason(place)),
            together=group_drafts.together(place.opened.assignment, item_id, place.opened.membership),
        )


@blueprint.post("/work/<uuid:item_id>/group")
def share(item_id: uuid.UUID) -> ResponseReturnValue:
    """Let one's group read what one writes, or no more."""
    me = viewer()
    with transaction(me.tenant_id):
        place = let_in(item_id, me.user_id)
        shared = "shared" in flask.request.form
        group_drafts.share(place.opened.assignment, place.item, place.opened.membership, shared=shared)
    where = "group_drafts.beside" if "HX-Request" in flask.request.headers else "work.page"
    return flask.redirect(flask.url_for(where, item_id=item_id), 303)


@blueprint.get("/work/<uuid:item_id>/group/drafts/<uuid:student_id>")
def draft(item_id: uuid.UUID, student_id: uuid.UUID) -> ResponseReturnValue:
    """The text of a draft that somebody of one's group shares, in the language that the address names or the last."""
    me, held = viewer(), adapters.installed()
    with transaction(me.tenant_id):
        place = let_in(item_id, me.user_id)
        found = group_drafts.draft_of(
            place.opened.assignment, item_id, place.opened.membership, student_id, held.kv
        )  # fmt: skip
    language = flask.request.args.get("language", found.language)
    text = found.code if language == found.language else found.others.get(language, "")
    return flask.Response(text, mimetype="text/plain", headers={"X-Content-Type-Options": "nosniff"})
