"""Problems in from files of other judges, and out to them."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.authoring import access, importing, queries, resembling
from lti_grader.authoring.access import OpenedProblem
from lti_grader.authoring.errors import BadImport, OtherImportState
from lti_grader.authoring.importing import Given, Wanted
from lti_grader.authoring.models import ProblemImport
from lti_grader.classes.models import Class, Role
from lti_grader.classes.queries import Membership, get_class, membership
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import BadInput, Forbidden, GraderError, NotFound
from lti_grader.core.web import viewer
from lti_grader.problems.packages import exporting, files
from lti_grader.problems.packages.formats import Written, writable_for
from lti_grader.problems.queries import problem_named

blueprint = flask.Blueprint("imports", __name__)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _place(class_id: uuid.UUID, user_id: uuid.UUID) -> Membership:
    place = membership(class_id, user_id)
    if place.role != Role.TEACHER:
        raise Forbidden("Problems are brought in by the teachers of a class.")
    return place


@blueprint.get("/classes/<uuid:class_id>/problems/import")
def page(class_id: uuid.UUID) -> ResponseReturnValue:
    """The form for a file, and the files of before."""
    me = viewer()
    with transaction(me.tenant_id):
        place = _place(class_id, me.user_id)
        return _form(get_class(class_id), place, _target(flask.request.args.get("problem"), me.user_id))


def _form(class_: Class, place: Membership, target: OpenedProblem | None, error: str = "") -> str:
    return flask.render_template(
        "authoring/import.html", class_=class_, within=place.within, target=target, error=error,
        imports=queries.imports_of(class_.id), most=flask.current_app.extensions["uploads"]["imports.upload"],
    )  # fmt: skip


def _target(problem_id: str | None, user_id: uuid.UUID) -> OpenedProblem | None:
    """Return the problem that a file is to be the next version of, None for problems of their own."""
    if not problem_id:
        return None
    try:
        opened = access.open_problem(uuid.UUID(problem_id), user_id)
    except ValueError:
        raise NotFound("There is no such problem.") from None
    opened.require_writer()
    return opened


@blueprint.post("/classes/<uuid:class_id>/problems/import")
def upload(class_id: uuid.UUID) -> ResponseReturnValue:
    """Have a file read; nothing is kept by that."""
    me, request = viewer(), flask.request
    with transaction(me.tenant_id):
        place = _place(class_id, me.user_id)
        target = _target(request.form.get("problem"), me.user_id)
        file = request.files.get("file")
        if file is None or not file.filename:
            return flask.make_response(_form(get_class(class_id), place, target, "Choose a file."), 422)
        target_id = target.problem.id if target else None
    content, blobs = file.stream.read(), adapters.installed().blobs
    types = request.files.get("prototypes")
    given = Given(
        file.filename.replace("\\", "/").rpartition("/")[2][:200], blobs.put(content), len(content),
        blobs.put(types.stream.read()) if types is not None and types.filename else None,
    )  # fmt: skip
    with transaction(me.tenant_id):
        _place(class_id, me.user_id)
        made = importing.begin(class_id, given, by=me.user_id, problem_id=target_id, at=_now()).id
    return flask.redirect(flask.url_for("imports.import_", import_id=made), 303)


def _opened(import_id: uuid.UUID, user_id: uuid.UUID) -> tuple[ProblemImport, Membership]:
    row = session().get(ProblemImport, import_id)
    if row is None:
        raise NotFound("There is no such import.")
    return row, _place(row.class_id, user_id)


@blueprint.get("/imports/<uuid:import_id>")
def import_(import_id: uuid.UUID) -> ResponseReturnValue:
    """What is in a file, what of that cannot be carried over, and what became of it."""
    me = viewer()
    with transaction(me.tenant_id):
        return _shown(*_opened(import_id, me.user_id))


def _shown(row: ProblemImport, place: Membership, error: str = "") -> str:
    titles = _titles(row, place.user_id)
    return flask.render_template(
        "authoring/imported.html",
        row=row,
        class_=get_class(row.class_id),
        lines=[
            {**one, "version_of": _could_follow(row, one, place.user_id), "alike": _alike(one, titles)}
            for one in row.found
        ],
        titles=titles,
        sure=resembling.SURE,
        error=error,
        form=flask.request.form,
    )


def _titles(row: ProblemImport, user_id: uuid.UUID) -> dict[str, str]:
    """Return the titles of problems that some of a file are alike, or that are used in their places, as far as somebody reads them."""
    named = {one["id"] for line in row.found for one in line.get("alike", ())}
    named |= {line["uses"] for line in row.found if "uses" in line}
    found = (
        resembling.titles_of({uuid.UUID(one) for one in named}, access.readable(access.author(user_id)))
        if named
        else {}
    )
    return {str(problem_id): title for problem_id, title in found.items()}


def _alike(one: dict[str, Any], titles: dict[str, str]) -> list[dict[str, str]]:
    return [{**other, "title": titles[other["id"]]} for other in one.get("alike", ()) if other["id"] in titles]


def _could_follow(row: ProblemImport, one: dict[str, Any], user_id: uuid.UUID) -> dict[str, Any] | None:
    """Return the problem that one of a file could be the next version of: the one that was named, or one of its name."""
    named = problem_named(one["slug"]) if row.problem_id is None and "slug" in one else None
    problem_id = row.problem_id or (named.id if named else None)
    if problem_id is None or "version_id" in one:
        return None
    try:
        opened = access.open_problem(problem_id, user_id)
    except GraderError:
        return None
    if not opened.may_write:
        return None
    draft = queries.draft_of(problem_id)
    return {"id": problem_id, "title": opened.problem.title, "has_draft": draft is not None}


@blueprint.post("/imports/<uuid:import_id>")
def decide(import_id: uuid.UUID) -> ResponseReturnValue:
    """Keep problems of a file as drafts, or nothing of it."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        row, place = _opened(import_id, me.user_id)
        importing.locked(import_id)
        try:
            if form.get("do") == "discard":
                importing.discard(row, at=_now())
            elif form.get("do") == "keep":
                importing.keep(row, _wanted(row, place), at=_now())
            else:
                raise BadInput("Say what is to be done with this file.")
        except (BadImport, OtherImportState) as error:
            return flask.make_response(_shown(row, place, error.message), error.status)
    return flask.redirect(flask.url_for("imports.import_", import_id=import_id), 303)


def _wanted(row: ProblemImport, place: Membership) -> list[Wanted]:
    found, titles = [], _titles(row, place.user_id)
    for text in flask.request.form.getlist("problem"):
        number = int(text) if text.isdecimal() and len(text) < 6 else -1
        if not 0 <= number < len(row.found):
            raise BadImport("Choose from the list what is to be kept.")
        follows, chosen = None, flask.request.form.get(f"as-{number}", "")
        if chosen.startswith("use:"):
            known = _alike(row.found[number], titles)
            if chosen.removeprefix("use:") not in {other["id"] for other in known}:
                raise BadImport("Choose from the list which problem is used in the place of one of the file.")
            found.append(Wanted(number, uses=uuid.UUID(chosen.removeprefix("use:"))))
            continue
        if chosen == "version":
            follows = _could_follow(row, row.found[number], place.user_id)
            if follows is None:
                raise BadImport("You cannot write the problem that this would be the next version of.")
        found.append(Wanted(number, follows["id"] if follows else None))
    if len({one.version_of for one in found if one.version_of}) < sum(one.version_of is not None for one in found):
        raise BadImport("Two of these would be the next version of one problem: choose one.")
    return found


@blueprint.get("/problems/<uuid:problem_id>/versions/<uuid:version_id>/export/<format>")
def export(problem_id: uuid.UUID, version_id: uuid.UUID, format: str) -> ResponseReturnValue:  # noqa: A002 - as the address calls it
    """A version as a package, with what of it could not be carried over told in a file beside the others."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = access.open_problem(problem_id, me.user_id)
        version = queries.version_of(opened, version_id)
        writable = writable_for(is_quiz=version.is_quiz)
        writes = next((write for one, write in writable.items() if one.value == format), None)
        if writes is None:
            raise NotFound("A problem cannot be written in that format.")
        kept = exporting.kept_version(version.id)
        slug, number = opened.problem.slug, version.number
    # Packing takes as long as the store does: no connection is held meanwhile.
    get = exporting.bounded(adapters.installed().blobs.get, most=importing.MOST_BYTES)
    packed = _packed(writes, exporting.package_of(kept, get), slug)
    answer = flask.Response(packed, mimetype="application/zip")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{slug}-{number}.zip")
    return answer


def _packed(writes: Callable[[Any], Written], package: Any, slug: str) -> bytes:
    written = writes(package)
    told = {"NOT-CARRIED-OVER.txt": "\n".join(written.report).encode() + b"\n"} if written.report else {}
    return files.zipped({**written.files, **told}, slug)
