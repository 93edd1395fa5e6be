"""The leaderboards of a class and of its assignments."""

import datetime as dt
import uuid

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError

from lti_grader import adapters
from lti_grader.assignments.queries import OpenedAssignment, open_assignment
from lti_grader.classes.apart import sees
from lti_grader.classes.models import Class, Role
from lti_grader.classes.queries import Membership, get_class, membership
from lti_grader.core.db import transaction
from lti_grader.core.errors import GraderError, NotFound
from lti_grader.core.web import viewer
from lti_grader.gradebook.leaderboard import boards, operations
from lti_grader.gradebook.leaderboard.boards import Board
from lti_grader.gradebook.leaderboard.names import MOST_CHARACTERS, BadName
from lti_grader.gradebook.leaderboard.operations import NameTaken

blueprint = flask.Blueprint("leaderboard", __name__)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@blueprint.get("/classes/<uuid:class_id>/leaderboard")
def of_class(class_id: uuid.UUID) -> ResponseReturnValue:
    """Who stands where in a class, by all points."""
    return _class_page(class_id)


def _class_page(class_id: uuid.UUID, refused: GraderError | None = None) -> ResponseReturnValue:
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        class_ = _open(class_id, place)
        board = boards.of_class(class_, me.user_id, adapters.installed().kv, at=now()) if boards.is_on(class_) else None
        page = _page(class_, place, board, opened=None, refused=refused)
    return flask.make_response(page, refused.status if refused else 200)


@blueprint.get("/assignments/<uuid:assignment_id>/leaderboard")
def of_assignment(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """Who stands where in an assignment."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = open_assignment(assignment_id, me.user_id)
        class_ = _open(opened.membership.class_id, opened.membership)
        if not boards.has_board(opened.assignment):
            raise NotFound("This assignment has no leaderboard.")
        board = None
        if boards.is_on(class_) and opened.shown_to_students(at=now()).marks:
            board = boards.of_assignment(opened.assignment, me.user_id, adapters.installed().kv)
        return _page(class_, opened.membership, board, opened=opened)


def _open(class_id: uuid.UUID, place: Membership) -> Class:
    class_ = get_class(class_id)
    if not boards.is_on(class_) and not place.is_staff:
        raise NotFound("This class has no leaderboard.")
    return class_


def _page(
    class_: Class, place: Membership, board: Board | None, *, opened: OpenedAssignment | None,
    refused: GraderError | None = None,
) -> str:  # fmt: skip
    ids = [uuid.UUID(one.name) for one in board.first] if board else []
    people = boards.people(place, ids)
    if place.role == Role.STUDENT:
        boards.ensure_names(class_.id)
        ids.append(place.user_id)
    return flask.render_template(
        "gradebook/leaderboard.html",
        class_=class_,
        place=place,
        within=place.within,
        is_on=boards.is_on(class_),
        board=board,
        called={str(one): name for one, name in boards.called(class_.id, ids).items()},
        people={str(one): person for one, person in people.items()},
        opened=opened,
        waits=opened.shown_to_students(at=now()).note if opened else "",
        most_characters=MOST_CHARACTERS,
        error=refused.message if refused else "",
        form=flask.request.form,
    )


@blueprint.post("/classes/<uuid:class_id>/leaderboard")
def switch(class_id: uuid.UUID) -> ResponseReturnValue:
    """Switch the leaderboards of a class on or off."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        operations.switch(get_class(class_id), place, adapters.installed().kv, on="on" in flask.request.form)
    return flask.redirect(flask.url_for("leaderboard.of_class", class_id=class_id), 303)


@blueprint.post("/classes/<uuid:class_id>/leaderboard/name")
def take_part(class_id: uuid.UUID) -> ResponseReturnValue:
    """Say under which name one stands on the leaderboards of a class, or not at all."""
    me, form = viewer(), flask.request.form
    try:
        with transaction(me.tenant_id):
            place = membership(class_id, me.user_id)
            _open(class_id, place)
            operations.take_part(place, form.get("name", ""), adapters.installed().kv, is_shown="shown" in form)
    except (BadName, NameTaken) as refused:
        return _class_page(class_id, refused)
    except IntegrityError:
        return _class_page(class_id, NameTaken("Somebody took that name at this moment. Choose another."))
    return flask.redirect(flask.url_for("leaderboard.of_class", class_id=class_id), 303)


@blueprint.post("/classes/<uuid:class_id>/leaderboard/names/<uuid:student_id>")
def take_name_away(class_id: uuid.UUID, student_id: uuid.UUID) -> ResponseReturnValue:
    """Give a student a drawn name in place of their own."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        if not sees(place, student_id):
            raise NotFound("There is no such student in this class.")
        operations.take_name_away(place, student_id)
    return flask.redirect(flask.url_for("leaderboard.of_class", class_id=class_id), 303)
