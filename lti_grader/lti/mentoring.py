"""Whose mentor somebody is, as their LMS says at each launch (LTI 1.3 Core, 5.4.3)."""

import datetime as dt
import logging
import uuid
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects.postgresql import insert

from lti_grader.classes.models import STAFF, Enrollment, Mentorship, Role
from lti_grader.core.db import session
from lti_grader.lti import claims as c
from lti_grader.lti.models import ClassContext
from lti_grader.lti.roles import is_mentor
from lti_grader.people.models import User

MOST = 500
"""How many people one launch may name; an adviser of more is staff."""
_log = logging.getLogger(__name__)


def named(claims: Mapping[str, Any]) -> list[str]:
    """Return whom a launch names as mentored, each once; nothing that is no id, and nobody where it names no mentor.

    More than `MOST` are cut off.
    """
    said = claims.get(c.MENTORED)
    if said is None or not is_mentor(claims[c.ROLES]):
        return []
    if not isinstance(said, list):
        _log.warning("a mentor's launch does not list whom they mentor: %s", type(said).__name__)
        return []
    found = dict.fromkeys(one for value in said if (one := c.any_identifier(value)) is not None)
    if len(found) > MOST:
        _log.warning("a mentor's launch names %d people: the first %d are kept", len(found), MOST)
    return list(found)[:MOST]


def take_in(
    claims: Mapping[str, Any], context: ClassContext, user_id: uuid.UUID, role: Role, *, at: dt.datetime
) -> None:
    """Keep whom a launch names in place of whom the last one from this course named.

    The launch has its person's enrollment for itself: two at once follow each other.

    Parameters
    ----------
    role
        What they are in the class: its staff see everybody anyway.
    """
    subs = [] if role in STAFF else named(claims)
    end(context, [user_id], but=subs)
    if not subs:
        return
    rows = sa.select(
        Enrollment.tenant_id, Enrollment.id, sa.literal(context.id, sa.UUID()),
        sa.func.unnest(sa.cast(sorted(subs), sa.ARRAY(sa.Text))), sa.literal(at, sa.DateTime(timezone=True)),
    ).where(Enrollment.class_id == context.class_id, Enrollment.user_id == user_id)  # fmt: skip
    columns = ["tenant_id", "enrollment_id", "class_context_id", "sub", "named_at"]
    session().execute(
        insert(Mentorship)
        .from_select(columns, rows)
        .on_conflict_do_update(index_elements=["enrollment_id", "class_context_id", "sub"], set_={"named_at": at})
    )


def end(context: ClassContext, user_ids: Collection[uuid.UUID], *, but: Collection[str] = ()) -> None:
    """Forget whom people mentor by an LMS course that they left, or are something else in now."""
    if not user_ids:
        return
    session().execute(
        sa.delete(Mentorship)
        .where(
            Mentorship.enrollment_id == Enrollment.id,
            Enrollment.class_id == context.class_id,
            Enrollment.user_id.in_(user_ids),
            Mentorship.class_context_id == context.id,
            Mentorship.sub.not_in(but),
        )
        .execution_options(synchronize_session=False)
    )


def is_of(user: User) -> sa.ColumnElement[bool]:
    """Return the condition of a mentorship being somebody's, as the mentor or as the one who is named."""
    theirs, mentor = orm.aliased(Enrollment), orm.aliased(User)
    by = sa.exists().where(theirs.id == Mentorship.enrollment_id, mentor.id == theirs.user_id).correlate(Mentorship)
    return sa.or_(
        by.where(mentor.id == user.id),
        sa.and_(Mentorship.sub == user.sub, by.where(mentor.platform_id == user.platform_id)),
    )
