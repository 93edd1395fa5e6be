"""Staff who look at their class as one of its students sees it: begun, checked at each page, ended.

It is beside the LMS's own student view (`Role.PREVIEW`), which shows a class as nobody in particular sees it: here a page is what one
student finds, by their dates, their sections and groups, and what of their marks is out.
"""

import datetime as dt
import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from lti_grader.classes.apart import sees
from lti_grader.classes.look_models import StudentLook
from lti_grader.classes.models import Enrollment, EnrollmentStatus, Role
from lti_grader.classes.queries import Membership, membership, roster
from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import Forbidden, NotFound
from lti_grader.core.ids import new_id
from lti_grader.people.models import User

LASTS = dt.timedelta(hours=4)


def students(place: Membership) -> Sequence[User]:
    """Return the students of a class as whom somebody of its staff may look, by name."""
    return [user for _, user in roster(place.class_id, Role.STUDENT, within=place.within)]


def begin(place: Membership, student_id: uuid.UUID, *, at: dt.datetime) -> uuid.UUID:
    """Begin to look as a student, which the log of changes tells; return the look.

    Raises
    ------
    Forbidden
        They are not of the staff.
    NotFound
        There is no such student in the class, or they do not see their work.
    """
    place.require_staff()
    _require_student(place, student_id)
    row = StudentLook(
        id=new_id(), tenant_id=current_tenant(), class_id=place.class_id, viewer_id=place.user_id,
        student_id=student_id, began_at=at,
    )  # fmt: skip
    session().add(row)
    session().flush()
    return row.id


def current(look_id: uuid.UUID, viewer_id: uuid.UUID, *, at: dt.datetime) -> StudentLook:
    """Return a look that is not over, for whoever began it and may still look so.

    Raises
    ------
    NotFound
        It is none of theirs, it is over, or one of the two has left the class.
    Forbidden
        They are of the staff no more.
    """
    found = session().get(StudentLook, look_id)
    if found is None or found.viewer_id != viewer_id:
        raise NotFound("There is no such page. Open the class again from your course page.")
    if found.ended_at is not None or found.began_at + LASTS <= at:
        raise NotFound("You look as this student no more. Begin anew from the page of the student.")
    place = membership(found.class_id, viewer_id)
    place.require_staff()
    _require_student(place, found.student_id)
    return found


def end(look_id: uuid.UUID, viewer_id: uuid.UUID, *, at: dt.datetime) -> uuid.UUID:
    """End a look, and return the class that it was at."""
    found = session().get(StudentLook, look_id)
    if found is None or found.viewer_id != viewer_id:
        raise NotFound("There is no such page. Open the class again from your course page.")
    if found.ended_at is None:
        found.ended_at = at
        session().flush()
    return found.class_id


def forget(user_id: uuid.UUID) -> None:
    """Take away who looked as somebody, and as whom they looked."""
    session().execute(
        sa.delete(StudentLook).where(sa.or_(StudentLook.student_id == user_id, StudentLook.viewer_id == user_id))
    )


def _require_student(place: Membership, student_id: uuid.UUID) -> None:
    if not may_look_as(place, student_id):
        raise NotFound("There is no such student in this class, or you do not see their work.")


def may_look_as(place: Membership, student_id: uuid.UUID) -> bool:
    """Return whether somebody is a student in a class now, whose work somebody of its staff sees."""
    query = sa.select(Enrollment.id).where(
        Enrollment.class_id == place.class_id,
        Enrollment.user_id == student_id,
        Enrollment.role == Role.STUDENT,
        Enrollment.status == EnrollmentStatus.ACTIVE,
    )
    return session().scalar(query) is not None and sees(place, student_id)


class NotWhileLooking(Forbidden):
    code = "looking_as_student"
