"""The teacher's home of a class, its gradebook, and one student's attempts."""

import datetime as dt
import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader.assignments.queries import class_assignments, open_assignment
from lti_grader.classes.models import Role
from lti_grader.classes.queries import (
    get_class,
    how_many_left,
    membership,
    require_known,
    roster,
    sections,
    was_ever_in,
)
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import NotFound
from lti_grader.core.web import viewer
from lti_grader.gradebook import queries
from lti_grader.gradebook.todo import todo_of
from lti_grader.people.models import User

blueprint = flask.Blueprint("gradebook", __name__)


@blueprint.get("/classes/<uuid:class_id>")
def home(class_id: uuid.UUID) -> ResponseReturnValue:
    """A class at a glance: for its staff, and for a student what there is to do."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        if not place.is_staff:
            return flask.render_template(
                "classes/student_home.html",
                class_=get_class(class_id),
                works=place.role == Role.STUDENT,
                lines=todo_of(me.user_id, class_id, at=dt.datetime.now(dt.UTC)),
                # A link that nothing is behind leads its students here.
                from_empty_link="empty" in flask.request.args,
            )
        people = roster(class_id)
        board = flask.current_app.extensions["delivery_board"](class_id)
        return flask.render_template(
            "classes/home.html",
            class_=get_class(class_id),
            assignments=class_assignments(class_id),
            students=sum(one.role == Role.STUDENT for one, _ in people),
            staff=sum(one.role in (Role.TEACHER, Role.ASSISTANT) for one, _ in people),
            latest=queries.attempts_of_class(class_id, most=12),
            board=board,
            courses=flask.current_app.extensions["courses_of_class"](class_id),
        )


@blueprint.get("/classes/<uuid:class_id>/gradebook")
def grid(class_id: uuid.UUID) -> ResponseReturnValue:
    """Students by assignments: each score, and whether the LMS has it."""
    me = viewer()
    section, with_left = flask.request.args.get("section", "")[:255], bool(flask.request.args.get("left"))
    with transaction(me.tenant_id):
        membership(class_id, me.user_id).require_staff()
        return flask.render_template(
            "gradebook/class.html",
            class_=get_class(class_id),
            grid=queries.grid(class_id, section=section, with_left=with_left),
            section=section,
            sections=sections(class_id),
            with_left=with_left,
            left=how_many_left(class_id),
            states=flask.current_app.extensions["delivery_states"](class_id),
        )


@blueprint.get("/classes/<uuid:class_id>/students/<uuid:student_id>")
def student(class_id: uuid.UUID, student_id: uuid.UUID) -> ResponseReturnValue:
    """One student's attempts, all of them."""
    me = viewer()
    with transaction(me.tenant_id):
        membership(class_id, me.user_id).require_staff()
        require_known(class_id, student_id)
        found = session().get(User, student_id)
        if found is None:
            raise NotFound("There is no such student.")
        return flask.render_template(
            "gradebook/attempts.html",
            class_=get_class(class_id),
            student=found,
            attempts=queries.attempts_of_class(class_id, student_id=student_id, most=500),
        )


@blueprint.get("/assignments/<uuid:assignment_id>/students/<uuid:student_id>")
def review(assignment_id: uuid.UUID, student_id: uuid.UUID) -> ResponseReturnValue:
    """One student's work for one assignment: for staff, and for the student."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = open_assignment(assignment_id, me.user_id)
        place = opened.membership
        found = session().get(User, student_id)
        if (
            found is None
            or not (place.is_staff or student_id == me.user_id)
            or not was_ever_in(place.class_id, found.id)
        ):
            raise NotFound("There is no such student in this class.")
        return flask.render_template(
            "gradebook/review.html",
            class_=get_class(place.class_id),
            opened=opened,
            student=found,
            score=flask.current_app.extensions["score_state"](student_id, assignment_id),
            attempts=queries.attempts_of_class(
                place.class_id, student_id=student_id, assignment_id=assignment_id, most=500
            ),
        )
