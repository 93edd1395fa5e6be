"""Who may look at whose results without teaching them: the mentors that an LMS names, such as parents and advisers."""

import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from lti_grader.classes.apart import sees
from lti_grader.classes.models import Enrollment, EnrollmentStatus, Mentorship, Role
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.people.models import User


def mentored(class_id: uuid.UUID, mentor_id: uuid.UUID) -> Sequence[User]:
    """Return the students of a class whom somebody there mentors, by name; those who left it are none."""
    query = _mentored(sa.select(User), class_id, mentor_id)
    return session().scalars(query.order_by(User.family_name, User.given_name, User.name, User.id)).all()


def is_mentor_of(class_id: uuid.UUID, mentor_id: uuid.UUID, student_id: uuid.UUID) -> bool:
    """Return whether somebody mentors a student of a class."""
    query = _mentored(sa.select(User.id), class_id, mentor_id).where(User.id == student_id)
    return session().scalar(query) is not None


def may_see_work(place: Membership, student_id: uuid.UUID) -> bool:
    """Return whether somebody may look at a student's work in their class: the staff, the student, their mentors.

    Staff alone see what is kept from students; mentors see what the student does. Where sections are kept apart, staff see
    the work of their own.
    """
    if place.is_staff:
        return sees(place, student_id)
    return student_id == place.user_id or is_mentor_of(place.class_id, place.user_id, student_id)


def _mentored(query: sa.Select[Any], class_id: uuid.UUID, mentor_id: uuid.UUID) -> sa.Select[Any]:
    """Return a query for `User` with the condition that they are who is meant.

    Only students are: whom an LMS names besides, such as a teacher, nobody mentors here.
    """
    own, theirs, mentor = orm.aliased(Enrollment), orm.aliased(Enrollment), orm.aliased(User)
    named = (
        sa.select(Mentorship.sub)
        .join(own, own.id == Mentorship.enrollment_id)
        .join(mentor, mentor.id == own.user_id)
        .where(
            own.class_id == class_id,
            own.user_id == mentor_id,
            own.status == EnrollmentStatus.ACTIVE,
            Mentorship.sub == User.sub,
            mentor.platform_id == User.platform_id,
        )
    )
    return query.join(theirs, theirs.user_id == User.id).where(
        theirs.class_id == class_id,
        theirs.role == Role.STUDENT,
        theirs.status == EnrollmentStatus.ACTIVE,
        User.id != mentor_id,
        named.exists(),
    )
