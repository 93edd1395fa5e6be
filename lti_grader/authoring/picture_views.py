"""The pictures of a version's texts, and what its statement looks like while it is written."""

import uuid
from collections.abc import Mapping
from typing import Any

import flask
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from lti_grader import adapters
from lti_grader.attempts.statements import picture
from lti_grader.authoring import access, drafting, queries
from lti_grader.core.db import transaction
from lti_grader.core.web import viewer
from lti_grader.problems import pictures
from lti_grader.problems.models import ProblemVersion

blueprint = flask.Blueprint("pictures", __name__)
_AT = "/problems/<uuid:problem_id>/versions/<uuid:version_id>"
_LONGEST_TEXT = 200_000


def text_of(text: str, version: ProblemVersion) -> Markup:
    """Return a text of a version as its readers among the staff see it."""
    here: dict[str, Any] = {"problem_id": version.problem_id, "version_id": version.id}
    return pictures.shown(text, version, lambda name: flask.url_for("pictures.of_version", name=name, **here))


def uploaded() -> dict[str, str]:
    """Keep the pictures that a form brings as `pictures`; no transaction is open meanwhile. Return name -> blob.

    Raises
    ------
    BadFile
    """
    given = [one for one in flask.request.files.getlist("pictures") if one.filename]
    contents = [(one.filename or "", one.read(pictures.MOST_BYTES + 1)) for one in given]
    accepted = [(pictures.accepted(name, content), content) for name, content in contents]
    return {name: adapters.installed().blobs.put(content) for name, content in accepted}


def keep(draft: ProblemVersion, added: Mapping[str, str]) -> None:
    """Let a draft have the pictures that a form brings, name -> blob, and no more those that it takes away.

    Raises
    ------
    BadFile
        They would be too many.
    """
    drafting.show_pictures(draft, pictures.changed(draft.pictures, flask.request.form.getlist("remove-picture"), added))


@blueprint.get(f"{_AT}/pictures/<path:name>")
def of_version(problem_id: uuid.UUID, version_id: uuid.UUID, name: str) -> ResponseReturnValue:
    """A picture of a problem, for the staff."""
    me = viewer()
    with transaction(me.tenant_id):
        version = queries.version_of(access.open_problem(problem_id, me.user_id), version_id)
        ref = version.pictures.get(name)
    return picture(ref, name)


@blueprint.post(f"{_AT}/shown")
def shown(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """What a statement would look like, while it is written."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = access.open_problem(problem_id, me.user_id)
        opened.require_writer()
        version = queries.version_of(opened, version_id)
        return str(text_of(flask.request.form.get("statement", "")[:_LONGEST_TEXT], version))
