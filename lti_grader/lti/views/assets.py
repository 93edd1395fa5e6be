"""Files that students hand in to the LMS: where a teacher asks for them, and where they are looked at."""

import re
import uuid
from urllib.parse import quote, urlsplit

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.assignments.models import Assignment
from lti_grader.assignments.queries import class_assignments
from lti_grader.classes.queries import get_class, membership
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import NotFound, Unprocessable
from lti_grader.core.web import viewer
from lti_grader.lti import claims as c
from lti_grader.lti import kept_requests
from lti_grader.lti.asset_models import AssetStatus
from lti_grader.lti.assets import looking, placing, taking_in
from lti_grader.lti.models import ClassContext, Platform
from lti_grader.lti.views.blueprint import blueprint, now


@blueprint.get("/lti/choose-activity/<name>")
def choose_activity(name: str) -> ResponseReturnValue:
    """The page where a teacher says what the files of an LMS assignment are for."""
    me = viewer()
    request = kept_requests.asked(placing.KIND, name, me.user_id, adapters.installed())
    class_id = uuid.UUID(request["class_id"])
    with transaction(me.tenant_id):
        membership(class_id, me.user_id).require_staff()
        return flask.render_template(
            "lti/choose_activity.html",
            name=name,
            class_=get_class(class_id),
            title=c.words(request["activity"].get("title")),
            assignments=class_assignments(class_id),
        )


@blueprint.post("/lti/choose-activity/<name>")
def place_activity(name: str) -> ResponseReturnValue:
    """Send that choice back to the LMS."""
    me, held = viewer(), adapters.installed()
    request = kept_requests.asked(placing.KIND, name, me.user_id, held)
    class_id = uuid.UUID(request["class_id"])
    with transaction(me.tenant_id):
        membership(class_id, me.user_id).require_staff()
        wanted = _assignment_of_form()
        if wanted is not None and wanted not in {line.id for line in class_assignments(class_id)}:
            raise Unprocessable("That assignment is not in this class any more: choose another.")
        if c.identifier(request["activity"].get("id")):
            context = session().get_one(ClassContext, uuid.UUID(request["context_id"]))
            activity = taking_in.activity_of({c.ACTIVITY: request["activity"]}, context, at=now())
            looking.bind(activity, class_id, wanted)
        platform = session().get_one(Platform, me.platform_id)
        chosen = session().get_one(Assignment, wanted) if wanted is not None else None
        token = placing.response(request, platform, chosen, held.settings.public_url, at=now())
        kept_requests.use(placing.KIND, name, held)
    parts = urlsplit(request["return_url"])
    flask.g.form_origins = [f"{parts.scheme}://{parts.netloc}"]
    return flask.render_template("lti/auto_post.html", action=request["return_url"], fields={"JWT": token})


def _assignment_of_form() -> uuid.UUID | None:
    text = flask.request.form.get("assignment", "")
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise Unprocessable("Choose an assignment from the list.") from None


@blueprint.get("/classes/<uuid:class_id>/handed-in")
def handed_in(class_id: uuid.UUID) -> ResponseReturnValue:
    """The LMS's assignments whose files come to this class."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        return flask.render_template(
            "lti/handed_in.html",
            class_=get_class(class_id),
            within=place.within,
            activities=looking.activities(place),
        )


@blueprint.get("/activities/<uuid:activity_id>")
def activity(activity_id: uuid.UUID) -> ResponseReturnValue:
    """What came in of one of them, and which assignment here it belongs to."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = looking.open_activity(activity_id, me.user_id)
        opened.membership.require_staff()
        return flask.render_template(
            "lti/activity.html",
            class_=get_class(opened.membership.class_id),
            activity=opened.activity,
            files=looking.files(opened),
            assignments=class_assignments(opened.membership.class_id),
        )


@blueprint.post("/activities/<uuid:activity_id>")
def bind_activity(activity_id: uuid.UUID) -> ResponseReturnValue:
    """Say which assignment here its files belong to."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = looking.open_activity(activity_id, me.user_id)
        opened.membership.require_staff()
        looking.bind(opened.activity, opened.membership.class_id, _assignment_of_form())
    return flask.redirect(flask.url_for("lti.activity", activity_id=activity_id), 303)


@blueprint.get("/assets/<uuid:asset_id>")
def asset(asset_id: uuid.UUID) -> ResponseReturnValue:
    """One file: for staff, and for who handed it in."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = looking.open_asset(asset_id, me.user_id)
        return flask.render_template("lti/asset.html", opened=opened, class_=get_class(opened.membership.class_id))


@blueprint.post("/assets/<uuid:asset_id>/fetch")
def fetch_again(asset_id: uuid.UUID) -> ResponseReturnValue:
    """Fetch a file again that could not be had."""
    me = viewer()
    with transaction(me.tenant_id):
        looking.open_asset(asset_id, me.user_id).membership.require_staff()
        taking_in.fetch_again(asset_id, at=now())
    return flask.redirect(flask.url_for("lti.asset", asset_id=asset_id), 303)


@blueprint.get("/assets/<uuid:asset_id>/file")
def asset_file(asset_id: uuid.UUID) -> ResponseReturnValue:
    """The file itself, to be saved: whatever it is, no browser shows or runs it here."""
    me = viewer()
    with transaction(me.tenant_id):
        found = looking.open_asset(asset_id, me.user_id).asset
    if found.status != AssetStatus.KEPT or found.blob_ref is None:
        raise NotFound("This file has not been fetched from the LMS yet. Look again in a minute.")
    return (
        adapters.installed().blobs.get(found.blob_ref),
        200,
        {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": _as_attachment(found.filename or "file"),
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


def _as_attachment(filename: str) -> str:
    """Return the header's value for a name of any signs (RFC 6266, RFC 8187)."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", filename.encode("ascii", "replace").decode())[:150]
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename[:150], safe='')}"
