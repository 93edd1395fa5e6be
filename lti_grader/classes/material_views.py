"""Materials: read by the class, written by its staff."""

import datetime as dt
import uuid
from collections.abc import Iterable

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.classes import materials
from lti_grader.classes.apart import require_everybody
from lti_grader.classes.material_files import BadFile, accept
from lti_grader.classes.material_models import MaterialFile
from lti_grader.classes.materials import BadMaterial, KeptFile, OpenedMaterial, Written
from lti_grader.classes.queries import get_class, membership
from lti_grader.core.db import session, transaction
from lti_grader.core.downloads import person_file
from lti_grader.core.errors import BadInput, Conflict, GraderError
from lti_grader.core.markdown import to_html_with
from lti_grader.core.web import viewer

blueprint = flask.Blueprint("materials", __name__)
AT = "/materials/<uuid:material_id>"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _for_writing(material_id: uuid.UUID, user_id: uuid.UUID) -> OpenedMaterial:
    opened = materials.open_material(material_id, user_id)
    opened.require_writer()
    return opened


def _addresses(material_id: uuid.UUID, files: Iterable[MaterialFile]) -> dict[str, str]:
    return {
        one.name: flask.url_for("materials.file", material_id=material_id, filename=one.name) for one in files
    }  # fmt: skip


@blueprint.post("/classes/<uuid:class_id>/materials")
def add(class_id: uuid.UUID) -> ResponseReturnValue:
    """Put an empty material into a class, and lead to where it is written."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        require_everybody(place, "Materials are written")
        made = materials.create(class_id, form.get("title", ""), _module(form.get("module", "")))
        material_id = made.id
    return flask.redirect(flask.url_for("materials.edit", material_id=material_id), 303)


def _module(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise BadInput("Choose the module from the list.") from None


@blueprint.get(AT)
def page(material_id: uuid.UUID) -> ResponseReturnValue:
    """A material, as its class reads it."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = materials.open_material(material_id, me.user_id)
        materials.note_opened(opened, at=_now())
        class_id = opened.place.class_id
        return flask.render_template(
            "materials/material.html",
            opened=opened,
            class_=get_class(class_id),
            body=to_html_with(opened.material.body_markdown, _addresses(material_id, opened.files)),
            readers=materials.readers(class_id).get(material_id, 0) if opened.place.is_staff else 0,
        )


@blueprint.get(f"{AT}/files/<filename>")
def file(material_id: uuid.UUID, filename: str) -> ResponseReturnValue:
    """A file of a material: pictures are shown where the text wants them, everything else is kept."""
    me = viewer()
    with transaction(me.tenant_id):
        found = materials.open_material(material_id, me.user_id).file(filename)
        kept = found.blob_ref, found.media_type, found.name
    ref, media_type, name = kept
    return person_file(adapters.installed().blobs.get(ref), media_type, name)


@blueprint.get(f"{AT}/edit")
def edit(material_id: uuid.UUID) -> ResponseReturnValue:
    """The form in which a material is written."""
    me = viewer()
    with transaction(me.tenant_id):
        return _form(_for_writing(material_id, me.user_id))


@blueprint.post(f"{AT}/edit")
def save(material_id: uuid.UUID) -> ResponseReturnValue:
    """Keep a material, or show what it would look like."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        opened = _for_writing(material_id, me.user_id)
        if form.get("do") == "preview":
            return _form(opened, preview=form.get("body", ""))
    try:
        # The store is written to while no transaction is open; what nobody comes to name there does no harm.
        files = _uploaded()
        with transaction(me.tenant_id):
            opened = _for_writing(material_id, me.user_id)
            materials.write(opened, _written(), files=files, remove=form.getlist("remove"), at=_now())
    except (BadMaterial, BadFile, Conflict) as refused:
        with transaction(me.tenant_id):
            return flask.make_response(_form(_for_writing(material_id, me.user_id), refused), refused.status)
    return flask.redirect(flask.url_for("materials.page", material_id=material_id), 303)


@blueprint.post(f"{AT}/preview")
def preview(material_id: uuid.UUID) -> ResponseReturnValue:
    """What a text would look like, while it is written."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = _for_writing(material_id, me.user_id)
        text = flask.request.form.get("body", "")[: materials.LONGEST_TEXT]
        return str(to_html_with(text, _addresses(material_id, opened.files)))


@blueprint.get(f"{AT}/remove")
def ask_to_remove(material_id: uuid.UUID) -> ResponseReturnValue:
    """Ask whether a material is to go."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = _for_writing(material_id, me.user_id)
        class_id = opened.place.class_id
        return flask.render_template(
            "materials/remove.html",
            opened=opened,
            class_=get_class(class_id),
            readers=materials.readers(class_id).get(material_id, 0),
        )


@blueprint.post(f"{AT}/remove")
def remove(material_id: uuid.UUID) -> ResponseReturnValue:
    """Take a material away."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = _for_writing(material_id, me.user_id)
        class_id = opened.place.class_id
        materials.remove(opened)
    return flask.redirect(flask.url_for("classes.contents", class_id=class_id), 303)


def _form(opened: OpenedMaterial, refused: GraderError | None = None, preview: str | None = None) -> str:
    form = flask.request.form
    if refused is not None:
        session().refresh(opened.material)
    body = form.get("body", opened.material.body_markdown) if preview is None else preview
    return flask.render_template(
        "materials/edit.html",
        opened=opened,
        class_=get_class(opened.place.class_id),
        form=form,
        body=body,
        error=refused.message if refused else "",
        shown=to_html_with(body[: materials.LONGEST_TEXT], _addresses(opened.material.id, opened.files)),
    )


def _written() -> Written:
    form = flask.request.form
    revision = form.get("revision", "")
    if not (revision.isascii() and revision.isdigit() and len(revision) < 9):
        raise BadInput("Open the material anew, and change it there.")
    # Browsers send lines as the standard for forms wants them.
    body = form.get("body", "").replace("\r\n", "\n")
    return Written(form.get("title", ""), body, "published" in form, int(revision))


def _uploaded() -> list[KeptFile]:
    given = [one for one in flask.request.files.getlist("files") if one.filename]
    accepted = [accept(one.filename or "", one.read()) for one in given]
    blobs = adapters.installed().blobs
    return [KeptFile(one, blobs.put(one.content)) for one in accepted]
