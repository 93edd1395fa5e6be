"""The teacher's home of a class, its gradebook, and one student's attempts."""

import datetime as dt
import math
import uuid
from collections.abc import Sequence

import flask
from flask.typing import ResponseReturnValue

from lti_grader.assignments.access import dates_of
from lti_grader.assignments.queries import (
    class_assignments,
    held_back,
    open_assignment,
    releases_of,
)
from lti_grader.assignments.release import Part
from lti_grader.assignments.releasing import release, take_back
from lti_grader.classes.looks import may_look_as
from lti_grader.classes.materials import readers
from lti_grader.classes.mentors import may_see_work, mentored
from lti_grader.classes.models import Role
from lti_grader.classes.queries import (
    Membership,
    get_class,
    items,
    membership,
    roster,
    was_ever_in,
)
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import BadInput, NotFound
from lti_grader.core.web import viewer
from lti_grader.gradebook import queries
from lti_grader.gradebook.home import home_of
from lti_grader.gradebook.progress import progress_of
from lti_grader.marking.waiting import waiting_for
from lti_grader.people.models import User

blueprint = flask.Blueprint("gradebook", __name__)
_A_PAGE = 100


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@blueprint.get("/classes/<uuid:class_id>")
def home(class_id: uuid.UUID) -> ResponseReturnValue:
    """A class at a glance: for its staff, and for a student what there is to do."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        if not place.is_staff:
            mine = mentored(class_id, me.user_id)
            if place.role == Role.OBSERVER and len(mine) == 1:
                empty = 1 if "empty" in flask.request.args else None
                return flask.redirect(
                    flask.url_for("gradebook.mentored_home", class_id=class_id, student_id=mine[0].id, empty=empty)
                )
            return _student_home(place, me.user_id, people=mine)
        people = roster(class_id, within=place.within)
        board = flask.current_app.extensions["delivery_board"](class_id, place.within)
        return flask.render_template(
            "classes/home.html",
            class_=get_class(class_id),
            within=place.within,
            assignments=class_assignments(class_id),
            progress=progress_of(place),
            waiting=waiting_for(place),
            materials=items(class_id, only_materials=True),
            readers=readers(class_id),
            held_back=held_back(class_id, at=now()),
            students=sum(one.role == Role.STUDENT for one, _ in people),
            staff=sum(one.role in (Role.TEACHER, Role.ASSISTANT) for one, _ in people),
            latest=queries.attempts_of_class(class_id, by=place, most=12),
            board=board,
            courses=flask.current_app.extensions["courses_of_class"](class_id),
        )


@blueprint.get("/classes/<uuid:class_id>/mentored/<uuid:student_id>")
def mentored_home(class_id: uuid.UUID, student_id: uuid.UUID) -> ResponseReturnValue:
    """What a student has to do in a class, for who mentors them."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        people = mentored(class_id, me.user_id)
        if student_id not in {one.id for one in people}:
            raise NotFound("You mentor nobody of that name in this class.")
        return _student_home(place, student_id, people=people)


def _student_home(place: Membership, student_id: uuid.UUID, *, people: Sequence[User]) -> ResponseReturnValue:
    """Return what a student has to do in a class: for themselves, or for who mentors them among these people."""
    return flask.render_template(
        "classes/student_home.html",
        class_=get_class(place.class_id),
        works=place.role in (Role.STUDENT, Role.PREVIEW) or student_id != place.user_id,
        home=home_of(student_id, place.class_id, at=now()),
        student=next((one for one in people if one.id == student_id), None),
        people=people,
        # A link that nothing is behind leads its students here.
        from_empty_link="empty" in flask.request.args,
    )


@blueprint.get("/classes/<uuid:class_id>/students/<uuid:student_id>")
def student(class_id: uuid.UUID, student_id: uuid.UUID) -> ResponseReturnValue:
    """One student's attempts, a hundred at once."""
    me = viewer()
    with transaction(me.tenant_id):
        place = membership(class_id, me.user_id)
        place.require_staff()
        found = session().get(User, student_id)
        # What those have done who left is kept.
        if found is None or not may_see_work(place, student_id) or not was_ever_in(class_id, student_id):
            raise NotFound("There is no such student.")
        total = queries.how_many_attempts(class_id, student_id)
        pages = max(1, math.ceil(total / _A_PAGE))
        page = min(max(1, flask.request.args.get("page", 1, int)), pages)
        return flask.render_template(
            "gradebook/attempts.html",
            class_=get_class(class_id),
            student=found,
            is_student=may_look_as(place, student_id),
            total=total,
            page=page,
            pages=pages,
            attempts=queries.attempts_of_class(
                class_id, student_id=student_id, most=_A_PAGE, before=(page - 1) * _A_PAGE
            ),
        )


@blueprint.get("/assignments/<uuid:assignment_id>/students/<uuid:student_id>")
def review(assignment_id: uuid.UUID, student_id: uuid.UUID) -> ResponseReturnValue:
    """One student's work for one assignment: for staff, for the student, and for who mentors them."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = open_assignment(assignment_id, me.user_id)
        place = opened.membership
        found = session().get(User, student_id)
        if found is None or not may_see_work(place, student_id) or not was_ever_in(place.class_id, found.id):
            raise NotFound("There is no such student in this class.")
        return flask.render_template(
            "gradebook/review.html",
            class_=get_class(place.class_id),
            opened=opened,
            student=found,
            is_own=student_id == me.user_id,
            states=queries.problem_states(student_id, opened),
            score=flask.current_app.extensions["score_state"](student_id, opened, at=now()),
            seen=opened.shown(at=now()),
            dates=dates_of(opened.assignment, student_id),
            waits=opened.shown_to_students(at=now()).note,
            attempts=queries.attempts_of_class(
                place.class_id, student_id=student_id, assignment_id=assignment_id, most=500
            ),
        )


@blueprint.get("/assignments/<uuid:assignment_id>/release")
def release_page(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """What releasing marks and feedback would do, and for how many, before it is done."""
    me = viewer()
    with transaction(me.tenant_id):
        opened = open_assignment(assignment_id, me.user_id)
        opened.membership.require_staff()
        return flask.render_template(
            "gradebook/release.html",
            opened=opened,
            lines=releases_of(opened.assignment),
            marked=queries.marked(opened.membership.class_id, assignment_id),
            now=now(),
        )


@blueprint.post("/assignments/<uuid:assignment_id>/release")
def change_release(assignment_id: uuid.UUID) -> ResponseReturnValue:
    """Release marks or feedback, or take that back."""
    me, form = viewer(), flask.request.form
    with transaction(me.tenant_id):
        open_assignment(assignment_id, me.user_id).membership.require_staff()
        parts = {part for part in Part if part in form.getlist("part")}
        if not parts:
            raise BadInput("Say what is meant: the marks, the feedback, or both.")
        if form.get("do") == "take_back":
            take_back(assignment_id, parts, at=now())
        else:
            release(assignment_id, parts, by=me.user_id, at=now())
    return flask.redirect(flask.url_for("work.overview", assignment_id=assignment_id), 303)
