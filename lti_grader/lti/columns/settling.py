"""What was found about a column, written down, and its scores owed to where it is now."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from lti_grader.core.db import current_tenant, session, transaction
from lti_grader.lti import board, freezes, passback
from lti_grader.lti.board_models import EventKind, ScoreDeliveryEvent
from lti_grader.lti.columns import asking, jobs
from lti_grader.lti.columns.finding import Column
from lti_grader.lti.columns.jobs import Job
from lti_grader.lti.models import ColumnState, DeliveryStatus, LineItem, ScoreDelivery

# As many are changed in one transaction: nobody else waits long for a score of theirs.
_CHUNK = 200
_MOVED = "The column begins anew in the LMS."
_RESIZED = "The column has another maximum in the LMS."
_STATES = (
    DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.SENT, DeliveryStatus.VERIFIED,
    DeliveryStatus.FAILED, DeliveryStatus.OVERRIDDEN, DeliveryStatus.WITHHELD,
)  # fmt: skip
_HELD_THERE = (DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.SENT, DeliveryStatus.VERIFIED)


def settle(job: Job, found: Column, *, is_new: bool, at: dt.datetime) -> str:
    """Let a column be where it was found; return the state it is in then.

    Parameters
    ----------
    is_new
        It was made just now, as it was described.
    """
    row = jobs.mine(job)
    if row is None:
        return "not owed"
    if row.url is None and _is_known(found.url):
        # A launch has brought it meanwhile, and its scores are owed there.
        session().delete(row)
        return "known"
    is_moved = row.url != found.url
    if is_moved:
        row.begun_at = at if row.url is not None else None
        row.url = found.url
    row.state, row.tries, row.next_try_at = ColumnState.OK, 0, at
    row.last_error = row.last_answer = None
    row.lms_label, row.lms_maximum = found.label, found.maximum
    if is_new:
        row.label, row.score_maximum = job.ours
    elif is_moved and found.resource_id == job.wanted.resource_id and found.maximum is not None:
        # One that this tool described itself, some time ago: it may have been told other things then.
        row.label, row.score_maximum = found.label or job.ours[0], found.maximum
        if (row.label, row.score_maximum) != job.ours:
            session().flush()
            asking.owe(row.id, ColumnState.CHANGED, at=at)
    session().flush()
    asking.send_scores(row.class_context_id)
    return row.state


def _is_known(url: str) -> bool:
    return session().scalar(sa.select(LineItem.id).where(LineItem.url == url)) is not None


def still_missing(job: Job, *, at: dt.datetime) -> str:
    """Note that a lost column is not there again."""
    row = jobs.mine(job)
    if row is None:
        return "not owed"
    row.next_try_at = at + jobs.again_after(row.tries)
    return row.state


def owe_all(job: Job, *, at: dt.datetime) -> None:
    """Owe all known scores of a column anew, since it is somewhere else now; held back and left out ones stay so.

    It comes before the column is said to be there, in transactions of its own: where it breaks off, the next try does
    all of it again. What the LMS holds is looked at before each post, so that no grade of another is written over.
    """
    _owe(job, _STATES, {"sent_at": None, "verified_at": None, "lms_holds": None}, _MOVED, at=at)


def owe_held(job: Job, *, at: dt.datetime) -> None:
    """Owe anew, as `owe_all` does, what the LMS holds, or is about to, of a column that has another maximum there.

    Some LMSs leave the points as they are, so that they are another share of the maximum; where they are not, the look
    before each post finds nothing to do.
    """
    _owe(job, _HELD_THERE, {}, _RESIZED, at=at)
    with transaction(job.tenant_id):
        asking.send_scores(session().get_one(LineItem, job.id).class_context_id)


def _owe(
    job: Job, states: Sequence[DeliveryStatus], forgotten: Mapping[str, None], words: str, *, at: dt.datetime
) -> None:
    with transaction(job.tenant_id):
        held = board.newest(ScoreDelivery.line_item_id == job.id)
        ids = session().scalars(
            sa.select(held.c.id).where(held.c.status.in_(states)).order_by(held.c.line_item_id, held.c.user_id)
        ).all()  # fmt: skip
    for start in range(0, len(ids), _CHUNK):
        with transaction(job.tenant_id):
            _owe_some(ids[start : start + _CHUNK], states, forgotten, words, at)


def _owe_some(
    ids: Sequence[uuid.UUID], states: Sequence[DeliveryStatus], forgotten: Mapping[str, None], words: str,
    at: dt.datetime,
) -> None:  # fmt: skip
    passback.wait_for_all(ids)
    row, other = ScoreDelivery, sa.orm.aliased(ScoreDelivery)
    same = sa.and_(other.line_item_id == row.line_item_id, other.user_id == row.user_id)
    last = sa.select(sa.func.max(other.sent_timestamp)).where(same).scalar_subquery()
    again = session().scalars(
        sa.update(row)
        .where(row.id.in_(ids), row.status.in_(states), row.is_newest, ~freezes.covering(row.line_item_id, row.user_id))
        .values(
            status=DeliveryStatus.PENDING,
            forced=False,
            tries=0,
            next_try_at=at,
            # Later, by a whole second at least, than anything sent before.
            sent_timestamp=sa.func.greatest(at.replace(microsecond=0), last + dt.timedelta(seconds=1)),
            last_error=None,
            last_answer=None,
            **forgotten,
        )
        .returning(row.id)
        .execution_options(synchronize_session=False)
    )
    session().add_all(
        ScoreDeliveryEvent(
            tenant_id=current_tenant(), delivery_id=one, at=at, kind=EventKind.RESENT, words=words,
        )
        for one in again
    )  # fmt: skip
