"""Checking a draft with all that is kept with it, publishing it, and what is kept with it."""

import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.assignments.languages import available_languages
from lti_grader.authoring import access, checking, drafting, forms, queries
from lti_grader.authoring.draft_views import AT, for_writing, now, to_version
from lti_grader.authoring.errors import BadDraft, CheckUnderWay, NothingToCheck, NotOverruled
from lti_grader.authoring.owing import locked
from lti_grader.authoring.views import file_answer, version_page
from lti_grader.core.db import transaction
from lti_grader.core.errors import BadInput, GraderError, NotFound
from lti_grader.core.web import viewer
from lti_grader.problems import operations as problems
from lti_grader.problems.harness import takes_files
from lti_grader.problems.models import VersionState
from lti_grader.problems.operations import NotReadyToPublish

blueprint = flask.Blueprint("checks", __name__)


@blueprint.post(f"{AT}/check")
def check(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Judge a draft's own programs by its tests, publish it if all come to what is expected, or stop that."""
    me, do = viewer(), flask.request.form.get("do", "")
    with transaction(me.tenant_id):
        version = queries.version_of(for_writing(problem_id, me.user_id), version_id)
        if do not in ("check", "publish", "stop"):
            raise BadInput("Say what is to be done with this draft.")
        is_quiz = version.is_quiz
        texts, kept, revision = dict(version.reference_solution), version.kept_submissions, version.revision
    if is_quiz:
        return _publish_quiz(problem_id, version_id, do)
    # The store is slow at times: nothing is locked meanwhile.
    put = adapters.installed().blobs.put
    programs = checking.programs_of(texts, kept, here=available_languages(), put=put) if do != "stop" else []
    try:
        with transaction(me.tenant_id):
            draft = locked(version_id)
            if do == "stop":
                checking.drop(draft, at=now())
            elif not (do == "publish" and checking.publish_checked(draft, by=me.user_id, at=now())):
                checking.require_revision(draft, revision)
                checking.start(draft, programs, publishes=do == "publish", by=me.user_id, at=now())
    except (NothingToCheck, CheckUnderWay) as error:
        return _refused(problem_id, version_id, error)
    return to_version(problem_id, version_id, "check")


def _publish_quiz(problem_id: uuid.UUID, version_id: uuid.UUID, do: str) -> ResponseReturnValue:
    """Publish a quiz, which has nothing to be run: what is missing of it is known at once."""
    me = viewer()
    if do != "publish":
        raise BadInput("What is missing of a quiz stands on its page: there is nothing to check.")
    try:
        with transaction(me.tenant_id):
            draft = locked(version_id)
            if draft.state == VersionState.DRAFT:
                problems.publish(draft, at=now(), by=me.user_id)
    except NotReadyToPublish as error:
        return _refused(problem_id, version_id, error)
    return to_version(problem_id, version_id)


@blueprint.post(f"{AT}/publish")
def publish_despite(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Publish a draft although something came to what is not expected of it, for a reason."""
    me = viewer()
    try:
        with transaction(me.tenant_id):
            for_writing(problem_id, me.user_id)
            checking.publish_despite(
                locked(version_id), flask.request.form.get("reason", ""), by=me.user_id, at=now()
            )  # fmt: skip
    except NotOverruled as error:
        return _refused(problem_id, version_id, error)
    return to_version(problem_id, version_id, "check")


@blueprint.post(f"{AT}/submissions")
def keep(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Keep a submission with a draft, or one no more."""
    me, request = viewer(), flask.request
    with transaction(me.tenant_id):
        several = takes_files(queries.version_of(for_writing(problem_id, me.user_id), version_id).harness)
    try:
        # The store is slow at times: nothing is locked meanwhile.
        given = None if request.form.get("do") == "remove" else forms.submission(
            request.form, request.files, most=adapters.installed().settings.max_code_bytes, several=several,
            put=adapters.installed().blobs.put,
        )  # fmt: skip
        with transaction(me.tenant_id):
            draft = drafting.editable(queries.version_of(for_writing(problem_id, me.user_id), version_id), at=now())
            if given is None:
                drafting.keep_no_more(draft, request.form.get("path", ""))
            else:
                drafting.keep_submission(draft, given)
    except BadDraft as error:
        return _refused(problem_id, version_id, error)
    return to_version(problem_id, version_id, "solutions-head")


@blueprint.get(f"{AT}/submissions/<path:path>")
def submission(problem_id: uuid.UUID, version_id: uuid.UUID, path: str) -> ResponseReturnValue:
    """A submission that is kept with a version, as a file."""
    me = viewer()
    with transaction(me.tenant_id):
        found = queries.version_of(access.open_problem(problem_id, me.user_id), version_id)
        ref = next((one["source"] for one in found.kept_submissions if one["path"] == path), None)
    if ref is None:
        raise NotFound("No such submission is kept with this version.")
    return file_answer(adapters.installed().blobs.get(ref), path.rsplit("/", 1)[-1])


def _refused(problem_id: uuid.UUID, version_id: uuid.UUID, error: GraderError) -> ResponseReturnValue:
    return flask.make_response(version_page(problem_id, version_id, error=error.message), error.status)
