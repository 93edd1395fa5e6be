"""Courses that a command brings with all their people, and with one tool: `lti-grader seed` brings its department's."""

from collections.abc import Sequence
from typing import Any

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, FromClause, case, insert, or_, select
from sqlalchemy.orm import Session

from lti_grader.demo.lms.control import blueprint
from lti_grader.demo.lms.models import (
    Base,
    Course,
    CourseTool,
    Member,
    MembershipChange,
    Person,
    SectionMember,
    Tool,
)
from lti_grader.demo.lms.store import lms

__all__ = ["ORDER", "blueprint"]

ORDER = case({"teacher": 0, "assistant": 1, "student": 2, "observer": 3, "registrar": 4}, value=Member.role)
_STUDENTS_SHOWN = 8
_STAFF = ("teacher", "assistant")


@blueprint.post("/brought")
def bring() -> ResponseReturnValue:
    """Take in courses with their people and the tool that is in them; those of that tool that were there go."""
    given: dict[str, Any] = flask.request.get_json()
    with lms().store.begin() as session:
        _forget(session, given["client_id"])
        for one in given["courses"]:
            _take_in(session, given["client_id"], one)
    return {"courses": len(given["courses"])}


@blueprint.post("/brought/remove")
def take_away() -> ResponseReturnValue:
    """Forget the courses that came with a tool, their people, and the tool."""
    with lms().store.begin() as session:
        return {"courses": _forget(session, flask.request.get_json()["client_id"], with_tool=True)}


def _take_in(session: Session, client_id: str, given: dict[str, Any]) -> None:
    course_id, people = given["id"], given["people"]
    session.add(Course(id=course_id, code=_free_code(session, given["code"]), title=given["title"]))
    session.flush()
    session.add(CourseTool(course_id=course_id, client_id=client_id))
    names = ("id", "login", "given_name", "family_name")
    session.execute(insert(Person), [{name: one[name] for name in names} for one in people])
    here = [{"course_id": course_id, "person_id": one["id"]} for one in people]
    session.execute(
        insert(Member),
        [
            place | {"role": one["role"], "active": one["active"]} for place, one in zip(here, people, strict=True)
        ],
    )  # fmt: skip
    session.execute(insert(MembershipChange), here)
    sections = [place | {"section": name} for place, one in zip(here, people, strict=True) for name in one["sections"]]
    if sections:
        session.execute(insert(SectionMember), sections)


def _forget(session: Session, client_id: str, *, with_tool: bool = False) -> int:
    """Forget the courses that came with a tool, with their people and all that hangs on them; return how many."""
    courses = session.scalars(select(CourseTool.course_id).where(CourseTool.client_id == client_id)).all()
    people = session.scalars(select(Member.person_id).where(Member.course_id.in_(courses))).all()
    gone: dict[FromClause, ColumnElement[bool]] = {
        Course.__table__: Course.id.in_(courses), Person.__table__: Person.id.in_(people),
    }  # fmt: skip
    if with_tool:
        gone[Tool.__table__] = Tool.client_id == client_id
    # Those that others refer to come first, and go last.
    for table in Base.metadata.sorted_tables:
        refers = [
            key.parent.in_(select(key.column).where(gone[key.column.table]))
            for key in table.foreign_keys
            if key.column.table in gone
        ]
        if refers:
            gone[table] = or_(*refers)
    for table in reversed(Base.metadata.sorted_tables):
        if table in gone:
            session.execute(table.delete().where(gone[table]))
    return len(courses)


def _free_code(session: Session, code: str) -> str:
    """Return a course's code, with a number where another course has it."""
    taken = set(session.scalars(select(Course.code)))
    return next(one for one in (code, *(f"{code}-{number}" for number in range(2, 1000))) if one not in taken)


def tools_of(session: Session, course_id: str) -> Sequence[Tool]:
    """Return the tools that are offered in a course: in one that was brought its own, in others those that came alone."""
    own = session.scalars(select(Tool).join(CourseTool).where(CourseTool.course_id == course_id)).all()
    return own or session.scalars(select(Tool).where(Tool.client_id.not_in(select(CourseTool.client_id)))).all()


def shown_people(session: Session) -> list[tuple[Course, Sequence[tuple[Person, str]]]]:
    """Return the courses that were brought, each with its staff and the first of its students: whom somebody may be."""
    found: list[tuple[Course, Sequence[tuple[Person, str]]]] = []
    for course in session.scalars(select(Course).join(CourseTool).order_by(Course.code)):
        of_it = (
            select(Person, Member.role)
            .join(Member)
            .where(Member.course_id == course.id, Member.active)
            .order_by(ORDER, Person.id)
        )
        staff = session.execute(of_it.where(Member.role.in_(_STAFF))).all()
        students = session.execute(of_it.where(Member.role == "student").limit(_STUDENTS_SHOWN)).all()
        found.append((course, [(one.Person, one.role) for one in (*staff, *students)]))
    return found
