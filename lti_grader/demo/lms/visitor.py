"""Who is looking at the LMS's pages, and what they may do there."""

import dataclasses

import flask
from sqlalchemy.orm import Session

from lti_grader.demo.lms.models import Course, Membership, Person, Role
from lti_grader.demo.lms.wire import Refused

STAFF = (Role.TEACHER, Role.ASSISTANT, Role.REGISTRAR)


@dataclasses.dataclass(frozen=True)
class Visitor:
    """A person in a course."""

    person: Person
    course: Course
    role: Role

    @property
    def is_staff(self) -> bool:
        """Whether everybody's grades are theirs to see."""
        return self.role in STAFF

    @property
    def teaches(self) -> bool:
        """Whether they may place assignments and change grades."""
        return self.role == Role.TEACHER


def visitor_id() -> str | None:
    """Return the id of whom this browser has chosen to be."""
    return flask.session.get("person")


def become(person_id: str) -> None:
    """Be somebody from now on."""
    flask.session.clear()
    flask.session.permanent = True
    flask.session["person"] = person_id


def visitor(session: Session, course_id: str) -> Visitor:
    """Return who is looking at a course.

    Raises
    ------
    Refused
        401 with nobody chosen, 404 without the course, 403 for people outside it.
    """
    person = session.get(Person, visitor_id() or "")
    if person is None:
        raise Refused(401, "nobody", "Choose who you are first.")
    course = session.get(Course, course_id)
    if course is None:
        raise Refused(404, "not_found", "There is no such course.")
    member = session.get(Membership, (course_id, person.id))
    if member is None or not member.active:
        raise Refused(403, "not_a_member", f"{person.name} is not in {course.title}.")
    return Visitor(person, course, member.role)


def require(allowed: bool, message: str) -> None:
    """Refuse with 403 what somebody may not do."""
    if not allowed:
        raise Refused(403, "forbidden", message)
