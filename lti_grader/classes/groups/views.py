"""Pages of the groups of a class: for its staff, who make and fill them, and for its students."""

import datetime as dt
import secrets
import uuid
from collections.abc import Callable, Collection
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from lti_grader.classes.apart import require_everybody, sees
from lti_grader.classes.groups import joining, operations, queries, tables
from lti_grader.classes.groups.errors import BadGroups, CannotJoin, GroupsInUse
from lti_grader.classes.groups.models import GroupSet
from lti_grader.classes.groups.splitting import MOST_SEED, Split
from lti_grader.classes.models import Role
from lti_grader.classes.queries import Membership, get_class, has_sections, membership
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import BadInput, Forbidden, GraderError, NotFound
from lti_grader.core.tables import BadTable
from lti_grader.core.uploads import uploaded_table
from lti_grader.core.web import viewer

blueprint = flask.Blueprint("groups", __name__)
_REFUSED = (BadGroups, GroupsInUse, CannotJoin, BadTable)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@blueprint.get("/classes/<uuid:class_id>/groups")
def of_class(class_id: uuid.UUID) -> ResponseReturnValue:
    """The sets of groups of a class; to a student, who is with them in each."""
    me = viewer()
    with transaction(me.tenant_id):
        return _list(membership(class_id, me.user_id))


@blueprint.post("/classes/<uuid:class_id>/groups")
def add_set(class_id: uuid.UUID) -> ResponseReturnValue:
    """Make a set of groups."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        require_everybody(place, "Groups are made")
        try:
            with session().begin_nested():
                made = operations.make_set(class_id, flask.request.form.get("name", ""), at=_now())
        except BadGroups as error:
            return flask.make_response(_list(place, error=error.message), error.status)
        address = flask.url_for("groups.page", class_id=class_id, set_id=made.id)
    return flask.redirect(address, 303)


def _list(place: Membership, *, error: str = "") -> str:
    class_ = get_class(place.class_id)
    if place.is_staff:
        return flask.render_template(
            "classes/groups/class.html", class_=class_, within=place.within, sets=queries.sets_of(class_.id),
            uses=flask.current_app.extensions["handed_in_by_groups"](class_.id), error=error, form=flask.request.form,
        )  # fmt: skip
    if place.role != Role.STUDENT:
        raise Forbidden("Groups are for the students of the class, and for those who teach it.")
    return flask.render_template(
        "classes/groups/own.html", class_=class_, sets=queries.own_sets(class_.id, place.user_id), error=error
    )


@blueprint.post("/classes/<uuid:class_id>/groups/<uuid:set_id>/own")
def choose(class_id: uuid.UUID, set_id: uuid.UUID) -> ResponseReturnValue:
    """Join a group, or leave it, as a student."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        if place.role != Role.STUDENT:
            raise Forbidden("Groups are joined by the students of the class.")
        row = queries.group_set(class_id, set_id, alone=True)
        try:
            with session().begin_nested():
                if "leave" in flask.request.form:
                    joining.leave(row, place, at=_now())
                else:
                    joining.join(row, place, _id(flask.request.form.get("group", "")), at=_now())
        except CannotJoin as error:
            return flask.make_response(_list(place, error=error.message), error.status)
    return flask.redirect(flask.url_for("groups.of_class", class_id=class_id), 303)


@blueprint.get("/classes/<uuid:class_id>/groups/<uuid:set_id>")
def page(class_id: uuid.UUID, set_id: uuid.UUID) -> ResponseReturnValue:
    """The groups of a set with their members, for staff."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        return _page(place, queries.group_set(class_id, set_id))


@blueprint.get("/classes/<uuid:class_id>/groups/<uuid:set_id>/groups.csv")
def take_out(class_id: uuid.UUID, set_id: uuid.UUID) -> ResponseReturnValue:
    """Who is in which group, as a file that is read back."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        body = b"".join(tables.table(queries.group_set(class_id, set_id), place))
    # Spreadsheets recognise UTF-8 by the mark in front.
    response = flask.Response(b"\xef\xbb\xbf" + body, mimetype="text/csv")
    response.headers["Content-Disposition"] = "attachment; filename=groups.csv"
    return response


@blueprint.post("/classes/<uuid:class_id>/groups/<uuid:set_id>")
def change(class_id: uuid.UUID, set_id: uuid.UUID) -> ResponseReturnValue:
    """Change one thing about the groups of a set, or about who is in them."""
    me, act = viewer(), flask.request.form.get("do", "")
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        # Whose place alone is changed are the students that are named, each of whom is looked at.
        if act != "put":
            require_everybody(place, "Groups are changed")
        row = queries.group_set(class_id, set_id, alone=True)
        if act not in _ACTS:
            raise BadInput("Choose from the page what is to be changed.")
        try:
            with session().begin_nested():
                said = _ACTS[act](row, place)
        except _REFUSED as error:
            session().expire_all()
            return flask.make_response(_page(place, queries.group_set(class_id, set_id), refused=error), error.status)
        if act == "remove":
            return flask.redirect(flask.url_for("groups.of_class", class_id=class_id), 303)
    return flask.redirect(flask.url_for("groups.page", class_id=class_id, set_id=set_id, said=said), 303)


def _page(place: Membership, row: GroupSet, *, refused: GraderError | None = None) -> str:
    groups, students = queries.groups_of(row.id), queries.students_of(row.id, place)
    members: dict[uuid.UUID | None, list[queries.Student]] = {one.id: [] for one in groups} | {None: []}
    for one in students:
        members[one.group_id].append(one)
    return flask.render_template(
        "classes/groups/set.html", class_=get_class(place.class_id), within=place.within, row=row, groups=groups,
        members=members, has_sections=has_sections(place.class_id), said=flask.request.args.get("said", "")[:200],
        error=refused.message if refused else "", form=flask.request.form if refused else {},
        seed=row.seed if row.seed is not None else "", most_seed=MOST_SEED,
    )  # fmt: skip


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise BadInput("Choose from the page which group is meant.") from None


def _whole(name: str, words: str) -> int | None:
    """Return the whole number that a field holds, None where it is empty.

    Raises
    ------
    BadGroups
    """
    text = flask.request.form.get(name, "").strip()
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadGroups(f"{words} is a whole number.")
    return int(text) if text else None


def _students(place: Membership) -> Collection[uuid.UUID]:
    found = {_id(one) for one in flask.request.form.getlist("student")}
    if not found:
        raise BadGroups("Choose the students first: the boxes stand beside their names.")
    if not all(sees(place, one) for one in found):
        raise NotFound("There is no such student in this class.")
    return found


def _put(row: GroupSet, place: Membership) -> str:
    chosen, to = _students(place), flask.request.form.get("to", "")
    group = _id(to) if to not in ("", "new") else None
    if to == "new":
        require_everybody(place, "Groups are made")
        group = operations.add_groups(row, 1)[0].id
    operations.put(row, chosen, group, at=_now())
    return "put"


def _split(row: GroupSet, place: Membership) -> str:
    form = flask.request.form
    number = _whole("number", "How many")
    if not number:
        raise BadGroups("Say how many are in a group, or how many groups there are to be.")
    how = Split(
        size=number if form.get("by") != "count" else None,
        count=number if form.get("by") == "count" else None,
        within_sections="within" in form,
    )
    seed = _whole("seed", "The number that chance begins with")
    if seed is None:
        seed = secrets.randbelow(MOST_SEED)
    operations.split_students(row, how, seed, anew="anew" in form, at=_now())
    return "split"


def _add(row: GroupSet, place: Membership) -> str:
    operations.add_groups(row, _whole("number", "How many groups") or 0)
    return "added"


def _read(row: GroupSet, place: Membership) -> str:
    did = tables.read(row, place, uploaded_table(tables.MOST_BYTES), at=_now())
    return f"read.{did.students}.{did.groups}"


def _rename(row: GroupSet, place: Membership) -> str:
    operations.rename_group(row, _id(flask.request.form.get("group", "")), flask.request.form.get("name", ""))
    return "renamed"


def _drop(row: GroupSet, place: Membership) -> str:
    operations.remove_group(row, _id(flask.request.form.get("group", "")))
    return "removed"


def _settings(row: GroupSet, place: Membership) -> str:
    form = flask.request.form
    operations.change_set(
        row, form.get("name", ""), students_join="students_join" in form,
        most_members=_whole("most_members", "How many a group takes"),
    )  # fmt: skip
    return "kept"


def _remove(row: GroupSet, place: Membership) -> str:
    operations.remove_set(row)
    return "gone"


_ACTS: dict[str, Callable[[GroupSet, Membership], Any]] = {
    "put": _put,
    "split": _split,
    "add": _add,
    "read": _read,
    "rename": _rename,
    "drop": _drop,
    "keep": _settings,
    "remove": _remove,
}
