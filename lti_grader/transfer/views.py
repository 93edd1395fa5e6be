"""The page on which teachers ask for a file of their class, and the private address at which they take it."""

import datetime as dt
import hashlib
import secrets
import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.classes import settings
from lti_grader.classes.queries import get_class, membership
from lti_grader.core.db import transaction
from lti_grader.core.errors import BadInput, NotFound
from lti_grader.core.web import viewer
from lti_grader.transfer import exporting
from lti_grader.transfer.exporting import ExportOwed
from lti_grader.transfer.packing import plain

blueprint = flask.Blueprint("class_exports", __name__)
AT = "/classes/<uuid:class_id>/exports"
ADDRESS_SECONDS = 600
"""For how long the address of a file is good: a download that was begun goes on."""


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@blueprint.get(AT)
def page(class_id: uuid.UUID) -> ResponseReturnValue:
    """The files of a class that were asked for, and the form that asks for one."""
    me = viewer()
    with transaction(me.tenant_id):
        return _page(class_id, me.user_id)


@blueprint.post(AT)
def ask(class_id: uuid.UUID) -> ResponseReturnValue:
    """Have a file made."""
    me = viewer()
    try:
        with transaction(me.tenant_id):
            settings.require_teacher(membership(class_id, me.user_id))
            what = flask.request.form.get("what", "")
            if what not in ("everything", "teaching"):
                raise BadInput("Choose from the page what is to be in the file.")
            exporting.ask(class_id, with_work=what == "everything", by=me.user_id, at=_now())
    except ExportOwed as refused:
        with transaction(me.tenant_id):
            return flask.make_response(_page(class_id, me.user_id, refused.message), refused.status)
    return flask.redirect(flask.url_for("class_exports.page", class_id=class_id), 303)


@blueprint.post(f"{AT}/<uuid:export_id>")
def take(class_id: uuid.UUID, export_id: uuid.UUID) -> ResponseReturnValue:
    """Give an address at which a file can be taken for some minutes, by whoever knows it."""
    me = viewer()
    with transaction(me.tenant_id):
        settings.require_teacher(membership(class_id, me.user_id))
        exporting.take(class_id, export_id, at=_now())
    token = secrets.token_urlsafe(32)
    held = f"{me.tenant_id} {class_id} {export_id} {me.user_id}"
    adapters.installed().kv.put(_key(token), held, ADDRESS_SECONDS)
    return flask.redirect(flask.url_for("class_exports.file", token=token), 303)


@blueprint.get("/class-files/~<string(length=43):token>/class.zip")
def file(token: str) -> ResponseReturnValue:
    """A file, for whoever was given its address; no session is needed, and its teacher's rights are."""
    held = (adapters.installed().kv.get(_key(token)) or "").split()
    if len(held) != 4:
        raise NotFound("This address was good for some minutes. Open the page of the class's files once more.")
    tenant_id, class_id, export_id, user_id = map(uuid.UUID, held)
    with transaction(tenant_id):
        settings.require_teacher(membership(class_id, user_id))
        row, name = exporting.kept(class_id, export_id), get_class(class_id).name
    size, parts = adapters.installed().blobs.read(row.key)
    answer = flask.Response(parts, content_type="application/zip")
    answer.content_length = size
    answer.headers.set("Content-Disposition", "attachment", filename=f"{plain(name)}-{row.asked_at:%Y-%m-%d}.zip")
    return answer


def _key(token: str) -> str:
    return f"transfer:address:{hashlib.sha256(token.encode()).hexdigest()}"


def _page(class_id: uuid.UUID, user_id: uuid.UUID, error: str = "") -> str:
    place = membership(class_id, user_id)
    settings.require_teacher(place)
    rows = exporting.listed(class_id)
    return flask.render_template(
        "classes/exports.html",
        class_=get_class(class_id),
        within=place.within,
        rows=rows,
        is_owed=any(row.done_at is None and row.failed_at is None for row, _ in rows),
        kept_days=exporting.KEPT.days,
        error=error,
    )
