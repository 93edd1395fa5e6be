"""Links that lead to nothing yet, or to something else from now on; which courses feed a class, and who may copy it."""

import uuid

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.assignments.errors import BadAssignment
from lti_grader.assignments.models import Assignment
from lti_grader.classes.models import Copying
from lti_grader.classes.operations import set_copying
from lti_grader.classes.queries import get_class, membership
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import NotFound
from lti_grader.core.web import viewer
from lti_grader.lti import copies, course_copy, joining, links
from lti_grader.lti.errors import ColumnInUse
from lti_grader.lti.models import ClassContext, CourseCopy, ResourceLink
from lti_grader.lti.views import assignment_form
from lti_grader.lti.views.blueprint import blueprint, now


@blueprint.get("/links/<uuid:link_id>")
def link(link_id: uuid.UUID) -> ResponseReturnValue:
    """What a link opens, and the choice of something else."""
    me = viewer()
    with transaction(me.tenant_id):
        found, context = links.get_link(link_id)
        membership(context.class_id, me.user_id).require_staff()
        return _page(found, context.class_id, me.user_id)


def _page(found: ResourceLink, class_id: uuid.UUID, user_id: uuid.UUID, error: str = "") -> str:
    current = session().get(Assignment, found.assignment_id) if found.assignment_id else None
    return flask.render_template(
        "lti/link.html",
        link=found,
        class_=get_class(class_id),
        current=current,
        waits=copies.waits(found),
        may_change=current is None or links.may_change(found),
        several=False,
        asked={"title": found.title or "", "text": ""},
        error=error,
        **assignment_form.shown(class_id, user_id),
    )


@blueprint.post("/links/<uuid:link_id>")
def set_link(link_id: uuid.UUID) -> ResponseReturnValue:
    """Put something behind a link."""
    me = viewer()
    with transaction(me.tenant_id):
        found, context = links.get_link(link_id)
        membership(context.class_id, me.user_id).require_staff()
        if assignment_form.is_search():
            return _page(found, context.class_id, me.user_id)
        try:
            with session().begin_nested():
                (chosen,) = assignment_form.chosen(context.class_id, me.user_id, several=False, at=now())
                links.choose(found, chosen, at=now())
        except (BadAssignment, ColumnInUse) as error:
            session().refresh(found)
            return flask.make_response(_page(found, context.class_id, me.user_id, error.message), error.status)
        return flask.redirect(flask.url_for("work.overview", assignment_id=chosen.id), 303)


@blueprint.post("/links/<uuid:link_id>/ask")
def ask_to_copy(link_id: uuid.UUID) -> ResponseReturnValue:
    """Ask the staff of the class that a link came from."""
    me = viewer()
    with transaction(me.tenant_id):
        found, context = links.get_link(link_id)
        membership(context.class_id, me.user_id).require_staff()
        course_copy.ask(found, me.user_id, at=now())
    return flask.redirect(flask.url_for("lti.link", link_id=link_id), 303)


@blueprint.post("/copies/<uuid:copy_id>")
def decide_copy(copy_id: uuid.UUID) -> ResponseReturnValue:
    """Allow or refuse another course's copy of this class."""
    me = viewer()
    with transaction(me.tenant_id):
        copy = session().get(CourseCopy, copy_id)
        if copy is None:
            raise NotFound("There is no such question any more.")
        class_id = copy.from_class_id
        membership(class_id, me.user_id).require_staff()
        course_copy.decide(copy, me.user_id, allowed=flask.request.form.get("answer") == "allow", at=now())
    return flask.redirect(flask.url_for("gradebook.home", class_id=class_id), 303)


@blueprint.post("/classes/<uuid:class_id>/copies/seen")
def put_copies_away(class_id: uuid.UUID) -> ResponseReturnValue:
    """Put the notice away that says what was copied into a class."""
    me = viewer()
    with transaction(me.tenant_id):
        membership(class_id, me.user_id).require_staff()
        course_copy.put_away(class_id, at=now())
    return flask.redirect(flask.url_for("gradebook.home", class_id=class_id), 303)


@blueprint.post("/classes/<uuid:class_id>/copying")
def who_may_copy(class_id: uuid.UUID) -> ResponseReturnValue:
    """Set who may copy what stands in a class."""
    me = viewer()
    with transaction(me.tenant_id):
        membership(class_id, me.user_id).require_staff()
        everybody = flask.request.form.get("copying") == Copying.INSTITUTION
        set_copying(get_class(class_id), Copying.INSTITUTION if everybody else Copying.STAFF)
    return flask.redirect(flask.url_for("gradebook.home", class_id=class_id), 303)


@blueprint.post("/classes/<uuid:class_id>/join")
def join_class(class_id: uuid.UUID) -> ResponseReturnValue:
    """Let the LMS courses of a class without work feed another class."""
    me = viewer()
    with transaction(me.tenant_id):
        membership(class_id, me.user_id).require_staff()
        target = joining.find_class(flask.request.form.get("code", "")[:40], me.user_id, adapters.installed())
        joining.join(class_id, target, at=now())
        target_id = target.id
    return flask.redirect(flask.url_for("gradebook.home", class_id=target_id), 303)


@blueprint.post("/classes/<uuid:class_id>/courses/<uuid:context_id>/leave")
def take_course_out(class_id: uuid.UUID, context_id: uuid.UUID) -> ResponseReturnValue:
    """Take an LMS course out of the class that it joined."""
    me = viewer()
    with transaction(me.tenant_id):
        membership(class_id, me.user_id).require_staff()
        context = session().get(ClassContext, context_id)
        if context is None or context.class_id != class_id:
            raise NotFound("This course does not feed the class any more.")
        joining.leave(context)
    return flask.redirect(flask.url_for("gradebook.home", class_id=class_id), 303)
