"""Through which LMS courses people are in a class.

Several courses may feed one class, and a person may be in more than one of them. A score goes to the columns
of the courses that its student comes through; who leaves one course stays in the class through another.
"""

import datetime as dt
import uuid
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.classes.models import Enrollment, EnrollmentStatus
from lti_grader.classes.operations import drop_absent
from lti_grader.core.db import session
from lti_grader.lti.models import ClassContext, EnrolledThrough
from lti_grader.people.models import User


def note_seen(context: ClassContext, user_ids: Collection[uuid.UUID], *, at: dt.datetime) -> None:
    """Note that a launch or the roster of an LMS course showed these people, who are in its class by now."""
    if not user_ids:
        return
    there = (
        sa.select(
            Enrollment.tenant_id,
            Enrollment.id,
            sa.literal(context.id, sa.UUID()),
            sa.literal(at, sa.DateTime(timezone=True)),
        )
        .where(Enrollment.class_id == context.class_id, Enrollment.user_id.in_(user_ids))
        # In one order for all, so that a launch and a roster sync never wait for each other in a circle.
        .order_by(Enrollment.id)
    )
    session().execute(
        insert(EnrolledThrough)
        .from_select(["tenant_id", "enrollment_id", "class_context_id", "seen_at"], there)
        .on_conflict_do_update(
            index_elements=["enrollment_id", "class_context_id"], set_={"seen_at": at, "left_at": None}
        )
    )


def note_left(context: ClassContext, platform_id: uuid.UUID, present: Collection[uuid.UUID], *, at: dt.datetime) -> int:
    """Note who is no longer in an LMS course, and drop from its class who is in no other that feeds it.

    Parameters
    ----------
    platform_id
        The course's platform: its roster speaks for nobody of another.
    present
        Everybody on the course's roster, which was read whole.

    Returns
    -------
    How many were dropped from the class. Their work is kept.
    """
    theirs = dict(
        session()
        .execute(
            sa.select(Enrollment.user_id, Enrollment.id)
            .join(User, User.id == Enrollment.user_id)
            .join(ClassContext, ClassContext.class_id == Enrollment.class_id)
            .where(
                ClassContext.id == context.id,
                Enrollment.status == EnrollmentStatus.ACTIVE,
                User.platform_id == platform_id,
                # The platform's own test student stands in no roster.
                User.is_test_user.is_(False),
                comes_through(),
            )
        )
        .all()
    )
    gone = theirs.keys() - set(present)
    if not gone:
        return 0
    ids = [theirs[one] for one in gone]
    session().execute(
        sa.update(EnrolledThrough)
        .where(EnrolledThrough.enrollment_id.in_(ids), EnrolledThrough.class_context_id == context.id)
        .values(left_at=at)
    )
    elsewhere = set(
        session().scalars(
            sa.select(EnrolledThrough.enrollment_id).where(
                EnrolledThrough.enrollment_id.in_(ids), EnrolledThrough.left_at.is_(None)
            )
        )
    )
    return drop_absent(context.class_id, set(), {one for one in gone if theirs[one] not in elsewhere}, at=at)


def comes_through() -> sa.ColumnElement[bool]:
    """Return the condition that `Enrollment` comes through `ClassContext`, for queries that have both.

    Where it is not known through which course somebody came, it may be any of their platform's.
    """
    known = sa.exists().where(EnrolledThrough.enrollment_id == Enrollment.id)
    return sa.or_(
        known.where(EnrolledThrough.class_context_id == ClassContext.id, EnrolledThrough.left_at.is_(None)), ~known
    )
