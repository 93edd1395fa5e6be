"""Whose turn it is: all scores of one student for one column change one after the other."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lti_grader.core.db import session
from lti_grader.lti.models import (
    ScoreDelivery,
)

NEWER = "A newer score took its place."


def one_at_a_time(line_item_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """Wait for whoever else changes deliveries of this student to this column, until the transaction ends.

    A newer score may be owed at the very moment at which an older one goes back to waiting.
    """
    session().execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 1))"), {"key": f"{line_item_id}:{user_id}"}
    )


def turns_of(keys: Sequence[tuple[uuid.UUID, uuid.UUID]]) -> None:
    """Wait as `one_at_a_time` does, for each (line item, user) in the order given, which is to be one for all."""
    session().execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended(key, 1)) FROM unnest(CAST(:keys AS text[])) AS key"),
        {"keys": [f"{line_item_id}:{user_id}" for line_item_id, user_id in keys]},
    )


def wait_for_all(delivery_ids: Sequence[uuid.UUID]) -> None:
    """Wait as `one_at_a_time` does, for many: all in one order, so that nobody waits in a circle."""
    keys = (
        sa.select(sa.func.concat(ScoreDelivery.line_item_id, ":", ScoreDelivery.user_id).label("key"))
        .where(ScoreDelivery.id.in_(delivery_ids))
        .order_by(ScoreDelivery.line_item_id, ScoreDelivery.user_id)
        .subquery()
    )
    session().execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(keys.c.key, 1))))


def free(line_item_id: Any, user_id: Any) -> sa.ColumnElement[bool]:
    """Return what does as `one_at_a_time`, for columns of a query; false where somebody else would have to be waited for."""
    key = sa.func.concat(line_item_id, ":", user_id)
    return sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(key, 1))


def locked(delivery_id: uuid.UUID) -> ScoreDelivery | None:
    """Return a delivery as it is now that nobody else changes it."""
    place = (
        session()
        .execute(sa.select(ScoreDelivery.line_item_id, ScoreDelivery.user_id).where(ScoreDelivery.id == delivery_id))
        .one_or_none()
    )
    if place is None:
        return None
    one_at_a_time(*place)
    return session().scalar(sa.select(ScoreDelivery).where(ScoreDelivery.id == delivery_id).with_for_update())


def others_of(row: ScoreDelivery) -> Sequence[ScoreDelivery]:
    """Return the other scores of this student for this column, the newest first."""
    return (
        session()
        .scalars(
            sa.select(ScoreDelivery)
            .where(
                ScoreDelivery.line_item_id == row.line_item_id,
                ScoreDelivery.user_id == row.user_id,
                ScoreDelivery.id != row.id,
            )
            .order_by(ScoreDelivery.revision.desc())
        )
        .all()
    )


def others_by_student(rows: Sequence[ScoreDelivery]) -> dict[uuid.UUID, list[ScoreDelivery]]:
    """Return what `others_of` does for each of some students of one column, by student."""
    found: dict[uuid.UUID, list[ScoreDelivery]] = {row.user_id: [] for row in rows}
    others = session().scalars(
        sa.select(ScoreDelivery)
        .where(
            ScoreDelivery.line_item_id == rows[0].line_item_id,
            ScoreDelivery.user_id.in_(found),
            ScoreDelivery.id.not_in([row.id for row in rows]),
        )
        .order_by(ScoreDelivery.revision.desc())
    )
    for one in others:
        found[one.user_id].append(one)
    return found


def later_than(sent: Sequence[ScoreDelivery], at: dt.datetime) -> dt.datetime:
    """Return a time that is later, by a whole second at least, than that of any of these."""
    times = [one.sent_timestamp + dt.timedelta(seconds=1) for one in sent if one.sent_timestamp is not None]
    return max([at.replace(microsecond=0), *times])


def has_newer(row: ScoreDelivery) -> bool:
    """Return whether the student has a newer score for this column."""
    with session().no_autoflush:
        newer = session().scalar(
            sa.select(ScoreDelivery.id)
            .where(
                ScoreDelivery.line_item_id == row.line_item_id,
                ScoreDelivery.user_id == row.user_id,
                ScoreDelivery.revision > row.revision,
            )
            .limit(1)
        )
    return newer is not None
