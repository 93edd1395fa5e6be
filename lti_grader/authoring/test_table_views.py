"""The tests of a group as a CSV file: read into a draft, and taken out."""

import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader.authoring import access, drafting, queries, test_tables
from lti_grader.authoring.draft_views import AT, for_writing, now
from lti_grader.authoring.views import version_page
from lti_grader.core.db import transaction
from lti_grader.core.tables import BadTable
from lti_grader.core.uploads import uploaded_table
from lti_grader.core.web import viewer
from lti_grader.problems.harness import harness_of

blueprint = flask.Blueprint("test_tables", __name__)


@blueprint.get(f"{AT}/groups/<uuid:group_id>/tests.csv")
def take_out(problem_id: uuid.UUID, version_id: uuid.UUID, group_id: uuid.UUID) -> ResponseReturnValue:
    """The tests of a group, to be edited in a spreadsheet and read back."""
    me = viewer()
    try:
        with transaction(me.tenant_id):
            opened = access.open_problem(problem_id, me.user_id)
            version = queries.version_of(opened, version_id)
            test_tables.require_table(harness_of(version.harness))
            group = drafting.group_of(version, group_id)
            body, name = test_tables.table(group.id), f"{opened.problem.slug}-{group.order_index + 1}.csv"
    except BadTable as error:
        return flask.make_response(version_page(problem_id, version_id, error=error.message), error.status)
    # Spreadsheets recognise UTF-8 by the mark in front.
    answer = flask.Response(b"\xef\xbb\xbf" + body, mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


@blueprint.post(f"{AT}/groups/<uuid:group_id>/tests.csv")
def read(problem_id: uuid.UUID, version_id: uuid.UUID, group_id: uuid.UUID) -> ResponseReturnValue:
    """Add tests from a file, and change those of the same names; where a line cannot be read nothing is changed."""
    me = viewer()
    try:
        with transaction(me.tenant_id):
            version = queries.version_of(for_writing(problem_id, me.user_id), version_id)
            draft = drafting.editable(version, at=now())
            group = drafting.group_of(draft, group_id)
            test_tables.require_table(harness_of(draft.harness))
            tests = test_tables.read(uploaded_table(test_tables.MOST_BYTES), test_tables.names_of(group))
            did = test_tables.put(group, tests, removes="removes" in flask.request.form)
    except BadTable as error:
        return flask.make_response(version_page(problem_id, version_id, error=error.message), error.status)
    url = flask.url_for(
        "authoring.version",
        problem_id=problem_id,
        version_id=version_id,
        tests=f"{did.added}.{did.changed}.{did.removed}",
        _anchor="tests-head",
    )
    return flask.redirect(url, 303)
