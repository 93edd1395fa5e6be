"""The gradebook as CSV: the file, and the page that reads one back."""

import datetime as dt
import json
import uuid
from collections import defaultdict

import flask
from flask.typing import ResponseReturnValue

from lti_grader.classes.queries import Membership, get_class, membership
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import BadInput, GraderError
from lti_grader.core.tables import BadTable
from lti_grader.core.uploads import uploaded_table
from lti_grader.core.web import viewer
from lti_grader.gradebook import by_hand, tables
from lti_grader.gradebook.by_hand import BadMark, ChangedMeanwhile
from lti_grader.gradebook.tables import Diff

blueprint = flask.Blueprint("gradebook_csv", __name__)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@blueprint.get("/classes/<uuid:class_id>/gradebook.csv")
def take_out(class_id: uuid.UUID) -> ResponseReturnValue:
    """All marks and totals of a class, with ids by which they are read back."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        body = b"".join(tables.table(place, at=_now()))
    # Spreadsheets recognise UTF-8 by the mark in front.
    response = flask.Response(b"\xef\xbb\xbf" + body, mimetype="text/csv")
    response.headers["Content-Disposition"] = "attachment; filename=gradebook.csv"
    return response


@blueprint.get("/classes/<uuid:class_id>/gradebook/import")
def page(class_id: uuid.UUID) -> ResponseReturnValue:
    """Where a file is chosen."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        return _page(place, done=flask.request.args.get("done", ""))


@blueprint.post("/classes/<uuid:class_id>/gradebook/import")
def read(class_id: uuid.UUID) -> ResponseReturnValue:
    """Show what a file would change, or change it: everything in one transaction, or nothing."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        text = ""
        try:
            text = form.get("text", "") or uploaded_table(tables.MOST_BYTES)
            found = tables.diff(place, text, at=_now())
            if form.get("do") != "apply":
                return _page(place, found=found, text=text)
            with session().begin_nested():
                count = _apply(found, me.user_id)
        except (BadTable, BadInput, BadMark, ChangedMeanwhile) as error:
            again = tables.diff(place, text, at=_now()) if isinstance(error, BadMark | ChangedMeanwhile) else None
            return flask.make_response(_page(place, found=again, text=text, error=error), error.status)
    return flask.redirect(flask.url_for("gradebook_csv.page", class_id=class_id, done=count), 303)


def _apply(found: Diff, by: uuid.UUID) -> int:
    """Give the marks of a file whose changes somebody has seen; returns how many."""
    try:
        seen = json.loads(flask.request.form.get("seen", ""))
    except ValueError:
        raise BadInput("Choose the file once more.") from None
    shown = {f"{one.student_id}.{one.item_id}": one for one in found.changes}
    if not isinstance(seen, dict) or {key: one.seen for key, one in shown.items()} != seen:
        raise ChangedMeanwhile(
            "Marks were changed since you looked at what the file does. Look at what it does now, and apply it again."
        )
    by_item: dict[uuid.UUID, list[tables.Change]] = defaultdict(list)
    for one in found.changes:
        by_item[one.item_id].append(one)
    # In one order for all, so that nobody waits in a circle.
    for item_id, changes in sorted(by_item.items()):
        by_hand.decide_all(
            item_id,
            {one.student_id: one.decision for one in changes},
            flask.request.form.get("reason", ""),
            by=by,
            at=_now(),
            seen={one.student_id: one.seen for one in changes},
        )
    return len(found.changes)


def _page(
    place: Membership,
    *,
    found: Diff | None = None,
    text: str = "",
    error: GraderError | None = None,
    done: str = "",
) -> str:
    seen = {f"{one.student_id}.{one.item_id}": one.seen for one in found.changes} if found else {}
    return flask.render_template(
        "gradebook/import.html",
        class_=get_class(place.class_id),
        within=place.within,
        found=found,
        text=text,
        seen=json.dumps(seen),
        reason=flask.request.form.get("reason", ""),
        error=error.message if error else "",
        done=int(done) if done.isascii() and done.isdigit() and len(done) < 7 else None,
    )
