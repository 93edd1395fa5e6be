"""Problems, as teachers and assistants read them: their versions, their tests, and what differs between two."""

import uuid
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.attempts.notebooks import notebook_of
from lti_grader.audit.models import AuditEntry
from lti_grader.audit.queries import acts
from lti_grader.audit.views import asked_number
from lti_grader.authoring import access, bank, comparing, listing, queries
from lti_grader.authoring.access import OpenedProblem
from lti_grader.authoring.duplicates import duplicates_of
from lti_grader.authoring.forms import EXPECTED
from lti_grader.authoring.picture_views import text_of
from lti_grader.authoring.queries import Standing
from lti_grader.authoring.quiz_reading import quiz_parts
from lti_grader.authoring.words import right_words
from lti_grader.classes.queries import get_class, membership
from lti_grader.core.db import transaction
from lti_grader.core.errors import NotFound
from lti_grader.core.web import viewer
from lti_grader.problems.answer_text import one_text
from lti_grader.problems.models import Difficulty, ProblemKind, ProblemVersion, TestCase
from lti_grader.problems.packages.formats import writable_for
from lti_grader.problems.queries import tests_of
from lti_grader.problems.rubrics import rubric_of, shown_rubric

blueprint = flask.Blueprint("authoring", __name__)
_SHOWN_BYTES = 16_384
blueprint.add_app_template_filter(lambda text: one_text(text.encode(), named=True), "program_text")


@blueprint.get("/classes/<uuid:class_id>/problems")
def problems(class_id: uuid.UUID) -> ResponseReturnValue:
    """The problems that somebody of a class's staff may read, searched."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        mine, asked = access.author(me.user_id), _asked()
        return flask.render_template(
            "authoring/problems.html",
            class_=get_class(class_id),
            within=place.within,
            bank=bank.search(mine, class_id, asked),
            asked=asked,
            kinds=list(ProblemKind),
            may_write=bool(mine.teaches),
        )


def _asked() -> bank.Asked:
    given = flask.request.args
    page, kind, use = given.get("page", "1"), given.get("kind", ""), given.get("use", "")
    level = given.get("difficulty", "")
    return bank.Asked(
        given.get("q", "").strip()[:200],
        given.get("tag", "")[:200],
        ProblemKind(kind) if kind in list(ProblemKind) else None,
        bank.Use(use) if use in list(bank.Use) else bank.Use.ANY,
        int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
        Difficulty(level) if level in list(Difficulty) else None,
    )


@blueprint.get("/problems/<uuid:problem_id>")
def problem(problem_id: uuid.UUID) -> ResponseReturnValue:
    """A problem: its versions, and which assignments use which."""
    return problem_page(problem_id)


def problem_page(problem_id: uuid.UUID, *, error: str = "") -> str:
    """Return a problem's page, with what was refused of its description."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = access.open_problem(problem_id, me.user_id)
        versions = queries.versions_of(opened)
        return flask.render_template(
            "authoring/problem.html",
            opened=opened,
            class_=access.class_of(opened),
            form=flask.request.form,
            error=error,
            versions=versions,
            duplicates=duplicates_of(opened),
            newest=next((one for one in versions if one.standing is Standing.PUBLISHED), None),
            draft=next((one for one in versions if one.standing is Standing.DRAFT), None),
        )


@blueprint.get("/problems/<uuid:problem_id>/history")
def history(problem_id: uuid.UUID) -> ResponseReturnValue:
    """Who edited a problem and its tests, the latest first."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = access.open_problem(problem_id, me.user_id)
        found = acts(AuditEntry.problem_id == problem_id, before=asked_number("before"))
        return flask.render_template("audit/problem.html", opened=opened, class_=access.class_of(opened), found=found)


@blueprint.get("/problems/<uuid:problem_id>/versions/<uuid:version_id>")
def version(problem_id: uuid.UUID, version_id: uuid.UUID) -> ResponseReturnValue:
    """A version: its statement as students see it, its tests, limits, checker, solutions and files."""
    return version_page(problem_id, version_id)


def version_page(problem_id: uuid.UUID, version_id: uuid.UUID, *, error: str = "") -> str:
    """Return a version's page, with what was refused."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = access.open_problem(problem_id, me.user_id)
        found = queries.version_of(opened, version_id)
        shown = shown_version(opened, found)
        # Rows are read while the transaction is open; the store is asked after it.
        checks = queries.checks_of(found.id)
        if found.is_quiz:
            return flask.render_template("authoring/quiz_version.html", **shown, **quiz_parts(found), error=error)
    return flask.render_template(
        "authoring/version.html", **shown, **_sizes(shown), checks=checks, error=error, formats=writable_for(is_quiz=False),
        expected_words=EXPECTED,
        passed=next((one for one in checks if one.row.state == "passed" and one.row.revision == found.revision), None),
    )  # fmt: skip


def shown_version(opened: OpenedProblem, found: ProblemVersion) -> dict[str, Any]:
    """Return what pages show of a version."""
    lines = queries.versions_of(opened)
    return {
        "opened": opened,
        "class_": access.class_of(opened),
        "version": found,
        "line": next(one for one in lines if one.id == found.id),
        "others": [one for one in lines if one.id != found.id],
        "groups": listing.groups_of(found.id),
        "whole_rubric": rubric_of(found.id),
        "checker": right_words(found.checker, found.harness),
        **as_students_see(found),
    }


def as_students_see(found: ProblemVersion) -> dict[str, Any]:
    """Return what `components/statement.html` shows of a version."""
    return {
        "version": found,
        "statement": text_of(found.description_markdown, found),
        "hint": text_of(found.hint, found) if found.hint else "",
        "samples": [test for _, test in tests_of(found.id) if test.visibility == "sample"],
        "notebook": notebook_of(found),
        "rubric": shown_rubric(found.id),
    }


def _sizes(shown: dict[str, Any]) -> dict[str, Any]:
    """Return how large what lies in the object store is, by its name there."""
    parts = [part for group in shown["groups"] for test in group.tests for part in (test.input, test.expected)]
    refs = {part.ref for part in parts if part.ref} | set(shown["version"].harness.get("files", {}).values())
    return {"sizes": {ref: adapters.installed().blobs.size(ref) for ref in refs}}


def _test(problem_id: uuid.UUID, version_id: uuid.UUID, test_id: uuid.UUID) -> dict[str, Any]:
    opened = access.open_problem(problem_id, viewer().user_id)
    found = queries.version_of(opened, version_id)
    group, test = listing.test_of(found, test_id)
    return {"opened": opened, "class_": access.class_of(opened), "version": found, "group": group, "test": test}


@blueprint.get("/problems/<uuid:problem_id>/versions/<uuid:version_id>/tests/<uuid:test_id>")
def test(problem_id: uuid.UUID, version_id: uuid.UUID, test_id: uuid.UUID) -> ResponseReturnValue:
    """A test: what it gives and expects, at most its beginning."""
    with transaction(viewer().tenant_id):
        shown = _test(problem_id, version_id, test_id)
    return flask.render_template(
        "authoring/test.html", **shown, parts={part: _part(shown["test"], part) for part in ("input", "expected")}
    )


def _part(test: TestCase, part: str) -> dict[str, Any]:
    ref: str | None = getattr(test, f"{part}_blob_ref")
    if ref is not None:
        return {"size": adapters.installed().blobs.size(ref), "text": None, "is_whole": False}
    content: bytes = getattr(test, part)
    text = content[:_SHOWN_BYTES].decode(errors="replace")
    return {"size": len(content), "text": text, "is_whole": len(content) <= _SHOWN_BYTES}


@blueprint.get(
    "/problems/<uuid:problem_id>/versions/<uuid:version_id>/tests/<uuid:test_id>/<any(input, expected):part>"
)
def test_data(problem_id: uuid.UUID, version_id: uuid.UUID, test_id: uuid.UUID, part: str) -> ResponseReturnValue:
    """What a test gives or expects, as a file."""
    with transaction(viewer().tenant_id):
        found: TestCase = _test(problem_id, version_id, test_id)["test"]
    ref: str | None = getattr(found, f"{part}_blob_ref")
    content: bytes = getattr(found, part) if ref is None else adapters.installed().blobs.get(ref)
    return file_answer(content, f"{found.name}.{'in' if part == 'input' else 'ans'}")


@blueprint.get("/problems/<uuid:problem_id>/versions/<uuid:version_id>/files/<filename>")
def file(problem_id: uuid.UUID, version_id: uuid.UUID, filename: str) -> ResponseReturnValue:
    """A file that lies beside the student's program."""
    me = viewer()
    with transaction(me.tenant_id):
        found = queries.version_of(access.open_problem(problem_id, me.user_id), version_id)
        ref = found.harness.get("files", {}).get(filename)
    if ref is None:
        raise NotFound("This version has no such file.")
    return file_answer(adapters.installed().blobs.get(ref), filename)


def file_answer(content: bytes, name: str) -> flask.Response:
    """Return a file to be kept, not shown."""
    answer = flask.Response(content, mimetype="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename=name.replace("/", "_"))
    return answer


@blueprint.get("/problems/<uuid:problem_id>/compare")
def compare(problem_id: uuid.UUID) -> ResponseReturnValue:
    """What differs between two versions."""
    me, asked = viewer(), flask.request.args
    with transaction(me.tenant_id):
        opened = access.open_problem(problem_id, me.user_id)
        try:
            before, after = (queries.version_of(opened, uuid.UUID(asked.get(one, ""))) for one in ("from", "to"))
        except ValueError:
            raise NotFound("Say which versions: ?from=<its id>&to=<its id>.") from None
        found = comparing.compare(before, after)
        versions = queries.versions_of(opened)
        class_ = access.class_of(opened)
    data = [datum for test in found.changed for change in test.changes for datum in change.data or ()]
    sizes = {one.ref: adapters.installed().blobs.size(one.ref) for one in data if one.size is None}
    return flask.render_template(
        "authoring/compare.html", opened=opened, class_=class_, before=before, after=after, found=found, sizes=sizes,
        versions=versions,
    )  # fmt: skip
