"""Copies of courses: links and columns come along, grades do not; and what an LMS remembers of it."""

import uuid
from urllib.parse import quote

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_grader.demo.lms import notices
from lti_grader.demo.lms.models import Column, CopiedThing, Course, CourseTool, Link, Member, Person
from lti_grader.demo.lms.scores import Mode
from lti_grader.demo.lms.store import PLACES_LINKS, lms

blueprint = flask.Blueprint("copying", __name__)


@blueprint.post("/courses/<course_id>/copy")
def copy_course(course_id: str) -> ResponseReturnValue:
    """Copy a course, as for its next term."""
    with lms().store.begin() as session:
        member = session.get(Member, (course_id, flask.session.get("person", "")))
        if member is None or not member.active or member.role not in PLACES_LINKS:
            return flask.redirect(flask.url_for("pages.home"))
        made = _copy(session, session.get_one(Course, course_id)).id
    if lms().mode() is Mode.CANVAS:
        # Once the copy is there: a tool that hears of it may ask for it at once.
        with lms().store() as session:
            notices.tell_of_copy(session, session.get_one(Course, made), course_id)
    return flask.redirect(flask.url_for("pages.course", course_id=made), 303)


def _copy(session: Session, course: Course) -> Course:
    number = (session.scalar(select(func.count()).select_from(CopiedThing)) or 0) + 2
    made = Course(id=uuid.uuid4().hex, code=f"{course.code}-{number}", title=course.title)
    session.add(made)
    session.flush()
    _remember(session, made.id, course.id)
    for tool in session.scalars(select(CourseTool.client_id).where(CourseTool.course_id == course.id)).all():
        session.add(CourseTool(course_id=made.id, client_id=tool))
    # The named people, so that the copy can be looked at as anybody; those with numbers are of one term.
    people = select(Member).join(Person).where(Member.course_id == course.id)
    numbered = Person.login.op("NOT GLOB", is_comparison=True)("student[0-9]*")
    for one in session.scalars(people.where(numbered, Member.active)).all():
        session.add(Member(course_id=made.id, person_id=one.person_id, role=one.role, active=True))
    for link in session.scalars(select(Link).where(Link.course_id == course.id).order_by(Link.made_at, Link.id)).all():
        _copy_link(session, link, made)
    return made


def _copy_link(session: Session, link: Link, course: Course) -> None:
    made = Link(
        id=uuid.uuid4().hex, course_id=course.id, client_id=link.client_id, title=link.title, url=link.url,
        custom=dict(link.custom), made_at=link.made_at,
    )  # fmt: skip
    session.add(made)
    session.flush()
    _remember(session, made.id, link.id)
    for column in session.scalars(select(Column).where(Column.link_id == link.id)).all():
        session.add(
            Column(
                course_id=course.id, client_id=column.client_id, link_id=made.id, label=column.label,
                maximum=column.maximum, resource_id=column.resource_id, tag=column.tag,
            )
        )  # fmt: skip


def _remember(session: Session, made: str, original: str) -> None:
    # Moodle forgets where a copy came from.
    if lms().mode() is not Mode.MOODLE:
        session.add(CopiedThing(id=made, original_id=original))


def history(session: Session, thing: str) -> str:
    """Return what a course or link was copied from, the latest first, as custom variables tell it (LTI 1.3 Core, D)."""
    found: list[str] = []
    while (copied := session.get(CopiedThing, thing)) is not None:
        thing = copied.original_id
        found.append(quote(thing, safe=""))
    return ",".join(found)
