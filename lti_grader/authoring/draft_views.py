"""Writing a draft in forms."""

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
from lti_grader.authoring import (
    access,
    answer_forms,
    arranging,
    describing,
    drafting,
    forms,
    listing,
    picture_views,
    queries,
)
from lti_grader.authoring.access import OpenedProblem
from lti_grader.authoring.errors import BadDraft, DraftExists
from lti_grader.authoring.views import problem_page
from lti_grader.authoring.words import KINDS
from lti_grader.classes.material_files import BadFile
from lti_grader.classes.queries import membership
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import BadInput
from lti_grader.core.web import viewer
from lti_grader.problems.harness import takes_files, takes_notebook
from lti_grader.problems.models import ProblemKind, ProblemVersion, TestCase, Visibility
from lti_grader.problems.packages.keeping import INLINE_BYTES

blueprint = flask.Blueprint("drafts", __name__)
AT = "/problems/<uuid:problem_id>/versions/<uuid:version_id>"


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def to_version(problem_id: uuid.UUID, version_id: uuid.UUID, anchor: str | None = None) -> ResponseReturnValue:
    """Lead to a version's page."""
    url = flask.url_for("authoring.version", problem_id=problem_id, version_id=version_id, _anchor=anchor)
    return flask.redirect(url, 303)


@blueprint.post("/classes/<uuid:class_id>/problems")
def new_problem(class_id: uuid.UUID) -> ResponseReturnValue:
    """Make a problem with an empty draft."""
    me = viewer()
    with transaction(me.tenant_id):
        membership(class_id, me.user_id).require_staff()
        access.author(me.user_id).require_teacher()
        is_quiz = flask.request.form.get("kind") == ProblemKind.QUIZ
        made = drafting.new_problem(flask.request.form.get("title", ""), by=me.user_id, is_quiz=is_quiz)
        problem_id, version_id = made.problem_id, made.id
    if is_quiz:
        return to_version(problem_id, version_id)
    return flask.redirect(flask.url_for("drafts.edit", problem_id=problem_id, version_id=version_id), 303)


@blueprint.post("/problems/<uuid:problem_id>")
def describe(problem_id: uuid.UUID) -> ResponseReturnValue:
    """Change a problem's title and tags, how difficult it is, and who it is shared with."""
    me = viewer()
    try:
        with transaction(me.tenant_id):
            describing.describe(for_writing(problem_id, me.user_id), forms.description(flask.request.form))
    except BadDraft as error:
        return flask.make_response(problem_page(problem_id, error=error.message), error.status)
    return flask.redirect(flask.url_for("authoring.problem", problem_id=problem_id), 303)


@blueprint.post(f"{AT}/draft")
def begin(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Make a draft that is a copy of a version."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = for_writing(problem_id, me.user_id)
        draft = queries.draft_of(problem_id)
        try:
            draft = drafting.begin(opened, queries.version_of(opened, version_id), by=me.user_id)
        except DraftExists:
            # Whoever pressed it wants a draft, and there is one.
            assert draft is not None
        draft_id = draft.id
    return to_version(problem_id, draft_id)


@blueprint.post(f"{AT}/discard")
def discard(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Give a draft up."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = for_writing(problem_id, me.user_id)
        class_id = access.class_of(opened).id
        is_gone = drafting.discard(queries.version_of(opened, version_id), at=now())
    if is_gone:
        return flask.redirect(flask.url_for("authoring.problems", class_id=class_id), 303)
    return flask.redirect(flask.url_for("authoring.problem", problem_id=problem_id), 303)


def for_writing(problem_id: uuid.UUID, user_id: uuid.UUID) -> OpenedProblem:
    """Return a problem for somebody who may write it."""
    opened = access.open_problem(problem_id, user_id)
    opened.require_writer()
    return opened


@blueprint.get(f"{AT}/edit")
def edit(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """The form of a draft's statement, limits, checker and code."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = for_writing(problem_id, me.user_id)
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
        takes_files=takes_files(version.harness),
        takes_notebook=takes_notebook(version.harness),
        shown=picture_views.text_of(flask.request.form.get("statement", version.description_markdown), version),
        files_in=lambda text, language: answer_forms.files_in(text, version.harness, language),
    )


@blueprint.post(f"{AT}/edit")
def save(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Write a draft's statement, limits, checker and code."""
    me, request = viewer(), flask.request
    with transaction(me.tenant_id):
        for_writing(problem_id, me.user_id)
    try:
        added = picture_views.uploaded()
        with transaction(me.tenant_id):
            draft = drafting.editable(queries.version_of(for_writing(problem_id, me.user_id), version_id), at=now())
            drafting.write(draft, forms.texts_of(request.form, request.files, draft, added))
    except (BadDraft, BadFile) as error:
        with transaction(me.tenant_id):
            opened = for_writing(problem_id, me.user_id)
            page = _edit_form(opened, queries.version_of(opened, version_id), error.message)
        return flask.make_response(page, error.status)
    return to_version(problem_id, version_id)


@blueprint.post(f"{AT}/groups")
def groups(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """Add, change or remove a group of tests."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        opened = for_writing(problem_id, me.user_id)
        draft = drafting.editable(queries.version_of(opened, version_id), at=now())
        if form.get("do") == "add":
            drafting.add_group(draft, forms.group_text(form))
        else:
            group = drafting.group_of(draft, _uuid(form.get("group")))
            if form.get("do") == "remove":
                drafting.remove_group(group)
            elif (place := forms.place(form)) is not None:
                arranging.move_group(group, place)
            else:
                drafting.change_group(group, forms.group_text(form))
    return to_version(problem_id, version_id, "tests-head")


def _uuid(text: str | None) -> uuid.UUID:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        raise BadInput("The form names nothing that is there: reload the page.") from None


@blueprint.get(f"{AT}/groups/<uuid:group_id>/tests")
def new_test(problem_id: uuid.UUID, version_id: uuid.UUID, group_id: uuid.UUID) -> ResponseReturnValue:
    """The form of another test."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = for_writing(problem_id, me.user_id)
        draft = queries.version_of(opened, version_id)
        return _test_form(opened, draft, drafting.group_of(draft, group_id), None)


def _test_form(opened: OpenedProblem, draft: ProblemVersion, group: Any, test: TestCase | None, error: str = "") -> str:
    parts = {}
    for part in ("input", "expected"):
        content = getattr(test, part) if test else b""
        parts[part] = None if content is None or len(content) > INLINE_BYTES else forms.shown(content)
    place, places = listing.place_of(group, test)
    return flask.render_template(
        "authoring/edit_test.html", opened=opened, class_=access.class_of(opened), version=draft, group=group, test=test,
        parts=parts, error=error, form=flask.request.form, place=place, places=places,
    )  # fmt: skip


@blueprint.post(f"{AT}/groups/<uuid:group_id>/tests")
def add_test(problem_id: uuid.UUID, version_id: uuid.UUID, group_id: uuid.UUID) -> ResponseReturnValue:
    """Add a test to a group."""
    return _put_test(problem_id, version_id, lambda draft: (drafting.group_of(draft, group_id), None))


@blueprint.get(f"{AT}/tests/<uuid:test_id>/edit")
def edit_test(problem_id: uuid.UUID, version_id: uuid.UUID, test_id: uuid.UUID) -> ResponseReturnValue:
    """The form of a test."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = for_writing(problem_id, me.user_id)
        draft = queries.version_of(opened, version_id)
        return _test_form(opened, draft, *listing.test_of(draft, test_id))


@blueprint.post(f"{AT}/tests/<uuid:test_id>/edit")
def save_test(problem_id: uuid.UUID, version_id: uuid.UUID, test_id: uuid.UUID) -> ResponseReturnValue:
    """Write a test, or remove it."""
    if flask.request.form.get("do") != "remove":
        return _put_test(problem_id, version_id, lambda draft: listing.test_of(draft, test_id))
    me = viewer()
    with transaction(me.tenant_id):
        draft = drafting.editable(queries.version_of(for_writing(problem_id, me.user_id), version_id), at=now())
        session().delete(listing.test_of(draft, test_id)[1])
    return to_version(problem_id, version_id, "tests-head")


def _put_test(
    problem_id: uuid.UUID, version_id: uuid.UUID, find: Callable[[ProblemVersion], tuple[Any, TestCase | None]]
) -> ResponseReturnValue:
    me, request = viewer(), flask.request
    with transaction(me.tenant_id):
        opened = for_writing(problem_id, me.user_id)
        draft = queries.version_of(opened, version_id)
        group, test = find(draft)
        try:
            said, place = forms.test_text(request.form, request.files, test), forms.place(request.form)
        except BadDraft as error:
            return flask.make_response(_test_form(opened, draft, group, test, error.message), error.status)
    said = dataclasses.replace(said, input=_kept(said.input), expected=_kept(said.expected))
    with transaction(me.tenant_id):
        opened = for_writing(problem_id, me.user_id)
        draft = drafting.editable(queries.version_of(opened, version_id), at=now())
        group, test = find(draft)
        try:
            written = drafting.put_test(group, said, test)
        except BadDraft as error:
            return flask.make_response(_test_form(opened, draft, group, test, error.message), error.status)
        if place is not None:
            arranging.move_test(written, place)
    return to_version(problem_id, version_id, "tests-head")


@blueprint.post(f"{AT}/tests/<uuid:test_id>/place")
def move_test(problem_id: uuid.UUID, version_id: uuid.UUID, test_id: uuid.UUID) -> ResponseReturnValue:
    """Put a test at another place of its group."""
    me = viewer()
    with transaction(me.tenant_id):
        draft = drafting.editable(queries.version_of(for_writing(problem_id, me.user_id), version_id), at=now())
        place = forms.place(flask.request.form)
        if place is None:
            raise BadInput("Say at which place the test is to stand.")
        arranging.move_test(listing.test_of(draft, test_id)[1], place)
    return to_version(problem_id, version_id, f"test-{test_id}")


def _kept(content: bytes | str) -> bytes | str:
    """Keep what is large in the store; no transaction is open meanwhile."""
    return (
        content if isinstance(content, str) or len(content) <= INLINE_BYTES else adapters.installed().blobs.put(content)
    )


@blueprint.post(f"{AT}/groups/<uuid:group_id>/files")
def add_files(problem_id: uuid.UUID, version_id: uuid.UUID, group_id: uuid.UUID) -> ResponseReturnValue:
    """Add tests from pairs of files."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        drafting.group_of(queries.version_of(for_writing(problem_id, me.user_id), version_id), group_id)
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
        draft = drafting.editable(queries.version_of(for_writing(problem_id, me.user_id), version_id), at=now())
        group = drafting.group_of(draft, group_id)
        for one in tests:
            drafting.put_test(group, one)
    return to_version(problem_id, version_id, "tests-head")
