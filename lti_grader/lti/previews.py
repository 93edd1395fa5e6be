"""Staff who look at a course as its students see it, as by Moodle's “Switch role to”.

Such a launch comes from the teacher's own account, with the role of a learner and nothing else: it looks like that of a
teacher who has been made a student. What both have in common is done at once: the rights of staff are gone, in every
session, until a launch says otherwise. What tells them apart is the LMS's list of members, which knows no switched roles:
whom it goes on calling staff is no student, stands among none, and has no scores.
"""

import datetime as dt
import uuid

import sqlalchemy as sa

from lti_grader.classes.models import STAFF, Enrollment, EnrollmentSource, EnrollmentStatus, Role
from lti_grader.core.db import session
from lti_grader.lti.models import ClassContext

# A list that was not read for longer says nothing about today; then the launch is all that is known.
RECENT = dt.timedelta(days=3)


def role_of_launch(context: ClassContext, user_id: uuid.UUID, claimed: Role, *, at: dt.datetime) -> Role:
    """Return what somebody is in the class of a course who launches as `claimed`."""
    if claimed != Role.STUDENT or context.roster_synced_at is None or at - context.roster_synced_at > RECENT:
        return claimed
    listed_as_staff = sa.select(Enrollment.id).where(
        Enrollment.class_id == context.class_id,
        Enrollment.user_id == user_id,
        Enrollment.role.in_([*STAFF, Role.PREVIEW]),
        Enrollment.source == EnrollmentSource.ROSTER,
        Enrollment.status == EnrollmentStatus.ACTIVE,
    )
    return claimed if session().scalar(listed_as_staff) is None else Role.PREVIEW


def role_of_list(listed: Role, *, before: Role) -> Role:
    """Return what somebody is whom the list calls `listed`: as staff, they go on looking as their last launch has them."""
    return Role.PREVIEW if before == Role.PREVIEW and listed in STAFF else listed
