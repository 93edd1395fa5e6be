"""Writing a draft in forms, checking it with its own solutions, and publishing it."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.assignments.languages import available_languages
from lti_grader.authoring import access, checking, drafting, forms, listing, queries
from lti_grader.authoring.access import OpenedProblem
from lti_grader.authoring.checking import Solution
from lti_grader.authoring.errors import BadDraft, CheckUnderWay, DraftExists, NothingToCheck
from lti_grader.authoring.owing import locked
from lti_grader.authoring.views import version_page
from lti_grader.authoring.words import KINDS
from lti_grader.classes.queries import membership
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import BadInput, GraderError
from lti_grader.core.web import viewer
from lti_grader.problems.models import ProblemVersion, TestCase, Visibility
from lti_grader.problems.packages.keeping import INLINE_BYTES

blueprint = flask.Blueprint("drafts", __name__)
_AT = "/problems/<uuid:problem_id>/versions/<uuid:version_id>"


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _to(problem_id: uuid.UUID, version_id: uuid.UUID, anchor: str | None = None) -> ResponseReturnValue:
    url = flask.url_for("authoring.version", problem_id=problem_id, version_id=version_id, _anchor=anchor)
    return flask.redirect(url, 303)


@blueprint.post("/classes/<uuid:class_id>/problems")
def new_problem(class_id: uuid.UUID) -> ResponseReturnValue:
    """Make a problem with an empty draft."""
    me = viewer()
    with transaction(me.tenant_id):
        membership(class_id, me.user_id).require_staff()
        access.author(me.user_id).require_teacher()
        made = drafting.new_problem(flask.request.form.get("title", ""), by=me.user_id)
        problem_id, version_id = made.problem_id, made.id
    return flask.redirect(flask.url_for("drafts.edit", problem_id=problem_id, version_id=version_id), 303)


@blueprint.post(f"{_AT}/draft")
def begin(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Make a draft that is a copy of a version."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = _for_writing(problem_id, me.user_id)
        draft = queries.draft_of(problem_id)
        try:
            draft = drafting.begin(opened, queries.version_of(opened, version_id), by=me.user_id)
        except DraftExists:
            # Whoever pressed it wants a draft, and there is one.
            assert draft is not None
        draft_id = draft.id
    return _to(problem_id, draft_id)


@blueprint.post(f"{_AT}/discard")
def discard(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Give a draft up."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = _for_writing(problem_id, me.user_id)
        class_id = access.class_of(opened).id
        is_gone = drafting.discard(queries.version_of(opened, version_id), at=now())
    if is_gone:
        return flask.redirect(flask.url_for("authoring.problems", class_id=class_id), 303)
    return flask.redirect(flask.url_for("authoring.problem", problem_id=problem_id), 303)


def _for_writing(problem_id: uuid.UUID, user_id: uuid.UUID) -> OpenedProblem:
    opened = access.open_problem(problem_id, user_id)
    opened.require_writer()
    return opened


@blueprint.get(f"{_AT}/edit")
def edit(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """The form of a draft's statement, limits, checker and code."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = _for_writing(problem_id, me.user_id)
        return _edit_form(opened, queries.version_of(opened, version_id))


def _edit_form(opened: OpenedProblem, version: ProblemVersion, error: str = "") -> str:
    return flask.render_template(
        "authoring/edit.html",
        opened=opened,
        class_=access.class_of(opened),
        version=version,
        kinds=KINDS,
        languages={name: one.label for name, one in available_languages().items()},
        form=flask.request.form,
        error=error,
    )


@blueprint.post(f"{_AT}/edit")
def save(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Write a draft's statement, limits, checker and code."""
    me, request = viewer(), flask.request
    with transaction(me.tenant_id):
        opened = _for_writing(problem_id, me.user_id)
        draft = queries.version_of(opened, version_id)
        try:
            with session().begin_nested():
                drafting.editable(draft, at=now())
                drafting.write(draft, forms.texts_of(request.form, request.files, draft))
        except BadDraft as error:
            session().refresh(draft)
            return flask.make_response(_edit_form(opened, draft, error.message), error.status)
    return _to(problem_id, version_id)


@blueprint.post(f"{_AT}/groups")
def groups(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Add, change or remove a group of tests."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        opened = _for_writing(problem_id, me.user_id)
        draft = drafting.editable(queries.version_of(opened, version_id), at=now())
        if form.get("do") == "add":
            drafting.add_group(draft, forms.group_text(form))
        else:
            group = drafting.group_of(draft, _uuid(form.get("group")))
            if form.get("do") == "remove":
                drafting.remove_group(group)
            else:
                drafting.change_group(group, forms.group_text(form))
    return _to(problem_id, version_id, "tests-head")


def _uuid(text: str | None) -> uuid.UUID:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        raise BadInput("The form names nothing that is there: reload the page.") from None


@blueprint.get(f"{_AT}/groups/<uuid:group_id>/tests")
def new_test(problem_id: uuid.UUID, version_id: uuid.UUID, group_id: uuid.UUID) -> ResponseReturnValue:
    """The form of another test."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = _for_writing(problem_id, me.user_id)
        draft = queries.version_of(opened, version_id)
        return _test_form(opened, draft, drafting.group_of(draft, group_id), None)


def _test_form(opened: OpenedProblem, draft: ProblemVersion, group: Any, test: TestCase | None, error: str = "") -> str:
    parts = {}
    for part in ("input", "expected"):
        content = getattr(test, part) if test else b""
        parts[part] = None if content is None or len(content) > INLINE_BYTES else forms.shown(content)
    return flask.render_template(
        "authoring/edit_test.html", opened=opened, version=draft, group=group, test=test, parts=parts, error=error,
        form=flask.request.form,
    )  # fmt: skip


@blueprint.post(f"{_AT}/groups/<uuid:group_id>/tests")
def add_test(problem_id: uuid.UUID, version_id: uuid.UUID, group_id: uuid.UUID) -> ResponseReturnValue:
    """Add a test to a group."""
    return _put_test(problem_id, version_id, lambda draft: (drafting.group_of(draft, group_id), None))


@blueprint.get(f"{_AT}/tests/<uuid:test_id>/edit")
def edit_test(problem_id: uuid.UUID, version_id: uuid.UUID, test_id: uuid.UUID) -> ResponseReturnValue:
    """The form of a test."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = _for_writing(problem_id, me.user_id)
        draft = queries.version_of(opened, version_id)
        return _test_form(opened, draft, *listing.test_of(draft, test_id))


@blueprint.post(f"{_AT}/tests/<uuid:test_id>/edit")
def save_test(problem_id: uuid.UUID, version_id: uuid.UUID, test_id: uuid.UUID) -> ResponseReturnValue:
    """Write a test, or remove it."""
    if flask.request.form.get("do") != "remove":
        return _put_test(problem_id, version_id, lambda draft: listing.test_of(draft, test_id))
    me = viewer()
    with transaction(me.tenant_id):
        draft = drafting.editable(queries.version_of(_for_writing(problem_id, me.user_id), version_id), at=now())
        session().delete(listing.test_of(draft, test_id)[1])
    return _to(problem_id, version_id, "tests-head")


def _put_test(
    problem_id: uuid.UUID, version_id: uuid.UUID, find: Callable[[ProblemVersion], tuple[Any, TestCase | None]]
) -> ResponseReturnValue:
    me, request = viewer(), flask.request
    with transaction(me.tenant_id):
        opened = _for_writing(problem_id, me.user_id)
        draft = queries.version_of(opened, version_id)
        group, test = find(draft)
        try:
            said = forms.test_text(request.form, request.files, test)
        except BadDraft as error:
            return flask.make_response(_test_form(opened, draft, group, test, error.message), error.status)
    said = dataclasses.replace(said, input=_kept(said.input), expected=_kept(said.expected))
    with transaction(me.tenant_id):
        opened = _for_writing(problem_id, me.user_id)
        draft = drafting.editable(queries.version_of(opened, version_id), at=now())
        group, test = find(draft)
        try:
            drafting.put_test(group, said, test)
        except BadDraft as error:
            return flask.make_response(_test_form(opened, draft, group, test, error.message), error.status)
    return _to(problem_id, version_id, "tests-head")


def _kept(content: bytes | str) -> bytes | str:
    """Keep what is large in the store; no transaction is open meanwhile."""
    return (
        content if isinstance(content, str) or len(content) <= INLINE_BYTES else adapters.installed().blobs.put(content)
    )


@blueprint.post(f"{_AT}/groups/<uuid:group_id>/files")
def add_files(problem_id: uuid.UUID, version_id: uuid.UUID, group_id: uuid.UUID) -> ResponseReturnValue:
    """Add tests from pairs of files."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        drafting.group_of(queries.version_of(_for_writing(problem_id, me.user_id), version_id), group_id)
    try:
        visibility = Visibility(form.get("visibility", Visibility.HIDDEN))
    except ValueError:
        raise BadDraft("Choose from the list what students see of the tests.") from None
    found = forms.pairs(flask.request.files.getlist("files"))
    tests = [
        drafting.TestText(name, visibility, Decimal(1), _kept(given), _kept(expected))
        for name, given, expected in found
    ]
    with transaction(me.tenant_id):
        draft = drafting.editable(queries.version_of(_for_writing(problem_id, me.user_id), version_id), at=now())
        group = drafting.group_of(draft, group_id)
        for one in tests:
            drafting.put_test(group, one)
    return _to(problem_id, version_id, "tests-head")


@blueprint.post(f"{_AT}/check")
def check(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Judge a draft's reference solutions by its tests, publish it if all pass, or stop that."""
    me, do = viewer(), flask.request.form.get("do", "")
    with transaction(me.tenant_id):
        version = queries.version_of(_for_writing(problem_id, me.user_id), version_id)
        if do not in ("check", "publish", "stop"):
            raise BadInput("Say what is to be done with this draft.")
        texts, revision = dict(version.reference_solution), version.revision
    # The store is slow at times: nothing is locked meanwhile.
    solutions = [_solution(language, text) for language, text in texts.items()] if do != "stop" else []
    try:
        with transaction(me.tenant_id):
            draft = locked(version_id)
            if do == "stop":
                checking.drop(draft, at=now())
            elif not (do == "publish" and checking.publish_checked(draft, by=me.user_id, at=now())):
                checking.require_revision(draft, revision)
                checking.start(draft, solutions, publishes=do == "publish", by=me.user_id, at=now())
    except (NothingToCheck, CheckUnderWay) as error:
        return _refused(problem_id, version_id, error)
    return _to(problem_id, version_id, "check")


def _solution(language: str, text: str) -> Solution:
    known = language in available_languages()
    why_not = "" if known else f"{language} is not on this machine, so that its solution cannot be run."
    return Solution(language, adapters.installed().blobs.put(text.encode()), why_not)


def _refused(problem_id: uuid.UUID, version_id: uuid.UUID, error: GraderError) -> ResponseReturnValue:
    return flask.make_response(version_page(problem_id, version_id, error=error.message), error.status)
