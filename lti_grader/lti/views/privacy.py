"""The pages of an institution's privacy person."""

import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.core.db import transaction
from lti_grader.core.errors import Unprocessable
from lti_grader.core.web import Viewer, viewer
from lti_grader.lti.privacy import access, erasing, export, holdings
from lti_grader.lti.privacy_models import ActKind
from lti_grader.lti.views.blueprint import blueprint, now

CONFIRM = "erase"


def _let_in(name: str) -> Viewer:
    me = viewer()
    access.require(name, me.user_id, adapters.installed())
    return me


@blueprint.get("/privacy/<name>")
def privacy(name: str) -> ResponseReturnValue:
    """Find somebody."""
    me, words = _let_in(name), flask.request.args.get("q", "")[:200].replace("\0", "")
    with transaction(me.tenant_id):
        return flask.render_template("privacy/search.html", name=name, words=words, found=holdings.find(words))


@blueprint.get("/privacy/<name>/people/<uuid:person_id>")
def privacy_person(name: str, person_id: uuid.UUID) -> ResponseReturnValue:
    """What is held about somebody, in numbers."""
    me = _let_in(name)
    with transaction(me.tenant_id):
        found = holdings.person(person_id)
        counts = holdings.note(me.user_id, found, ActKind.LOOKED, at=now())
        return flask.render_template(
            "privacy/person.html", name=name, person=found, counts=counts, acts=holdings.acts(person_id)
        )


@blueprint.post("/privacy/<name>/people/<uuid:person_id>/export")
def privacy_export(name: str, person_id: uuid.UUID) -> ResponseReturnValue:
    """All of it, to hand to them."""
    me = _let_in(name)
    with transaction(me.tenant_id):
        found = holdings.person(person_id)
        held = export.gather(found)
        holdings.note(me.user_id, found, ActKind.EXPORTED, at=now())
    archive = export.write(held, adapters.installed().blobs, at=now())
    return flask.send_file(
        archive, mimetype="application/zip", as_attachment=True, download_name=f"person-{person_id}.zip"
    )


@blueprint.get("/privacy/<name>/people/<uuid:person_id>/erase")
def privacy_confirm(name: str, person_id: uuid.UUID) -> ResponseReturnValue:
    """What erasing means, before it is done."""
    me = _let_in(name)
    with transaction(me.tenant_id):
        found = holdings.person(person_id)
        return flask.render_template(
            "privacy/erase.html", name=name, person=found, counts=holdings.counts(found), word=CONFIRM
        )


@blueprint.post("/privacy/<name>/people/<uuid:person_id>/erase")
def privacy_erase(name: str, person_id: uuid.UUID) -> ResponseReturnValue:
    """Erase who they are."""
    me, held = _let_in(name), adapters.installed()
    if flask.request.form.get("word", "").strip().casefold() != CONFIRM:
        raise Unprocessable(f"Nothing was erased: write “{CONFIRM}” into the field to confirm. Go back to try again.")
    with transaction(me.tenant_id):
        erasing.erase(holdings.person(person_id), me.user_id, held.kv, at=now())
    return flask.redirect(flask.url_for("lti.privacy_person", name=name, person_id=person_id), 303)
