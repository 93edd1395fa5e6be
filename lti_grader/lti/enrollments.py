"""Through which LMS courses people are in a class.

Several courses may feed one class, and a person may be in more than one of them. A score goes to the columns
of the courses that its student comes through; who leaves one course stays in the class through another.
"""

import datetime as dt
import uuid
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.classes.models import Enrollment
from lti_grader.classes.operations import drop, lock
from lti_grader.core.db import session
from lti_grader.lti import mentoring
from lti_grader.lti.models import ClassContext, EnrolledThrough


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


def not_noted(context: ClassContext, user_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of these people of the class of whom it is not noted that they are in this LMS course."""
    noted = sa.exists().where(
        EnrolledThrough.enrollment_id == Enrollment.id,
        EnrolledThrough.class_context_id == context.id,
        EnrolledThrough.left_at.is_(None),
    )
    return set(
        session().scalars(
            sa.select(Enrollment.user_id).where(
                Enrollment.class_id == context.class_id, Enrollment.user_id.in_(user_ids), ~noted
            )
        )
    )


def leave(context: ClassContext, gone: Collection[uuid.UUID], *, at: dt.datetime) -> list[uuid.UUID]:
    """Note who has left an LMS course, and drop from its class who is in no other that feeds it.

    Returns
    -------
    Those who were dropped from the class. Their work is kept.
    """
    # Enrollments first, as launches have them.
    lock(context.class_id, gone)
    rows = session().execute(
        sa.select(Enrollment.user_id, Enrollment.id).where(
            Enrollment.class_id == context.class_id, Enrollment.user_id.in_(gone)
        )
    )
    theirs = {row.user_id: row.id for row in rows}
    ids = list(theirs.values())
    mentoring.end(context, theirs)
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
    return drop(context.class_id, {one for one in theirs if theirs[one] not in elsewhere}, at=at)


def comes_through() -> sa.ColumnElement[bool]:
    """Return the condition that `Enrollment` comes through `ClassContext`, for queries that have both.

    Where it is not known through which course somebody came, it may be any of their platform's.
    """
    known = sa.exists().where(EnrolledThrough.enrollment_id == Enrollment.id)
    return sa.or_(
        known.where(EnrolledThrough.class_context_id == ClassContext.id, EnrolledThrough.left_at.is_(None)), ~known
    )
