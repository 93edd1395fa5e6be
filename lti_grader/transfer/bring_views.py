"""Bringing what is taught into a class out of another's file, with a look at what comes before it does."""

import datetime as dt
import io
import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.assignments.bringing import MOST_WEEKS
from lti_grader.classes import settings
from lti_grader.classes.queries import Membership, get_class, membership
from lti_grader.core.db import transaction
from lti_grader.core.errors import BadInput, GraderError, SettingsError, Unprocessable
from lti_grader.core.web import viewer
from lti_grader.transfer import bringing
from lti_grader.transfer.bringing import Came, Chosen
from lti_grader.transfer.reading import BadClassFile, ClassFile, opened

blueprint = flask.Blueprint("class_files", __name__)
AT = "/classes/<uuid:class_id>/bring/file"
MOST_BYTES = 134_217_728
"""Of a file that is sent by a page; the command takes any."""


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@blueprint.get(AT)
def page(class_id: uuid.UUID) -> ResponseReturnValue:
    """Where a file is chosen."""
    me = viewer()
    with transaction(me.tenant_id):
        _place(class_id, me.user_id)
        return _page(class_id)


@blueprint.post(AT)
def bring(class_id: uuid.UUID) -> ResponseReturnValue:
    """Show what would come out of a file, or bring what was chosen of it."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        place = _place(class_id, me.user_id)
    given: ClassFile | None = None
    sealed = ""
    try:
        sealed = form.get("kept", "") or _uploaded(class_id)
        given = opened(io.BytesIO(adapters.installed().blobs.get(_ref(class_id, sealed))))
        if form.get("do") == "bring":
            came = bringing.bring(
                place, me.tenant_id, given, _chosen(), _weeks(), adapters.installed().blobs, at=_now()
            )  # fmt: skip
            with transaction(me.tenant_id):
                return _page(class_id, came=came)
    except Unprocessable as refused:
        with transaction(me.tenant_id):
            return flask.make_response(_page(class_id, given=given, sealed=sealed, error=refused), refused.status)
    with transaction(me.tenant_id):
        return _page(class_id, given=given, sealed=sealed)


def _place(class_id: uuid.UUID, user_id: uuid.UUID) -> Membership:
    place = membership(class_id, user_id)
    # Problems come along, and those are written by teachers.
    settings.require_teacher(place)
    return place


def _uploaded(class_id: uuid.UUID) -> str:
    """Keep a file that was sent, and return what leads this class to it."""
    given = flask.request.files.get("file")
    content = given.read(MOST_BYTES + 1) if given else b""
    if not content or len(content) > MOST_BYTES:
        raise BadClassFile(
            f"Choose a file of a class, of at most {MOST_BYTES // 1024**2} MiB: one of what is taught alone is smaller. Whoever runs"
            " this tool brings larger ones in by `lti-grader class import`."
        )
    opened(io.BytesIO(content))
    return adapters.installed().sealer.seal(f"{class_id} {adapters.installed().blobs.put(content)}")


def _ref(class_id: uuid.UUID, sealed: str) -> str:
    try:
        whose, _, ref = adapters.installed().sealer.open(sealed).partition(" ")
    except SettingsError:
        whose = ref = ""
    if whose != str(class_id):
        raise BadInput("Choose the file once more.")
    return ref


def _chosen() -> Chosen:
    form = flask.request.form
    try:
        items = {uuid.UUID(one) for one in form.getlist("item")}
    except ValueError:
        raise BadInput("Choose from the page what is meant.") from None
    return Chosen(items, form.getlist("set"), "comments" in form)


def _weeks() -> int:
    text = flask.request.form.get("weeks", "0").strip() or "0"
    plain = text.removeprefix("-")
    if not (plain.isascii() and plain.isdigit() and len(plain) < 4):
        raise BadInput("Weeks are a whole number, such as 52; with a minus for earlier dates.")
    return int(text)


def _page(
    class_id: uuid.UUID, *, given: ClassFile | None = None, sealed: str = "", came: Came | None = None,
    error: GraderError | None = None,
) -> str:  # fmt: skip
    weeks = _weeks()
    return flask.render_template(
        "classes/bring_file.html",
        class_=get_class(class_id),
        within=None,
        about=given.about if given else None,
        parts=bringing.parts(class_id, given, weeks) if given else [],
        sets=bringing.spare_sets(class_id, given) if given else [],
        comments=len(given.said.comments) if given else 0,
        form=flask.request.form,
        sealed=sealed,
        ticked=set(flask.request.form.getlist("item")) if "kept" in flask.request.form else None,
        weeks=weeks,
        most_weeks=MOST_WEEKS,
        came=came,
        error=error.message if error else "",
    )
