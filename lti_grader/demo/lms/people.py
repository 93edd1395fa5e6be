"""The people of the demo university."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_grader.demo.lms.models import Course, Member, MembershipChange, Observed, Person
from lti_grader.demo.names import numbered

PEOPLE = (
    ("teacher", "Marta", "Lindqvist", "teacher"),
    ("assistant", "Tomás", "Ferreira", "assistant"),
    ("amina", "Amina", "Yusuf", "student"),
    ("ben", "Ben", "Okafor", "student"),
    ("chloe", "Chloé", "Tanaka-Martin", "student"),
    ("parent", "Karim", "Yusuf", "observer"),
    ("registrar", "Ruth", "Abernathy", "registrar"),
    ("student-view", "Student", "View", "student"),
)
MENTORED = (("parent", "amina"),)
"""Who watches over whom, by logins: Canvas's observers, the mentors of LTI."""
TEST_STUDENT = "student-view"
"""Whom a teacher becomes to see the course as students do: launched as a test user, in no roster."""
COURSE_CODE, COURSE_TITLE = "CS101", "Introduction to Programming"


def seed_people(session: Session) -> None:
    """See to it that the course and its people are there."""
    course = session.scalar(select(Course).where(Course.code == COURSE_CODE))
    if course is None:
        course = Course(id="course-cs101", code=COURSE_CODE, title=COURSE_TITLE)
        session.add(course)
        session.flush()
    enroll_people(session, course)
    for mentor, login in MENTORED:
        session.merge(Observed(course_id=course.id, mentor_id=_id_of(mentor), person_id=_id_of(login)))


def enroll_people(session: Session, course: Course) -> None:
    """See to it that those who have a name are in a course."""
    for login, given, family, role in PEOPLE:
        _add(session, course, login, given, family, role)


def add_students(session: Session, course: Course, count: int) -> list[str]:
    """Put students into a course until it has `count` numbered ones; return their ids, always the same."""
    here = set(session.scalars(select(Member.person_id).where(Member.course_id == course.id)))
    ids = []
    for number in range(1, count + 1):
        login = f"student{number:04d}"
        ids.append(_id_of(login))
        if ids[-1] not in here:
            _add(session, course, login, *numbered(number), "student")
    return ids


def _id_of(login: str) -> str:
    return f"person-{login}"


def _add(session: Session, course: Course, login: str, given: str, family: str, role: str) -> None:
    person_id = _id_of(login)
    if session.get(Person, person_id) is None:
        session.add(Person(id=person_id, login=login, given_name=given, family_name=family))
        session.flush()
    if session.get(Member, (course.id, person_id)) is None:
        session.add(Member(course_id=course.id, person_id=person_id, role=role))
        session.add(MembershipChange(course_id=course.id, person_id=person_id))
