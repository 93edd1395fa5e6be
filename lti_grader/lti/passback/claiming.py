"""What is due, and taking it in hand for as long as a lease lasts."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.core.db import session, system_transaction
from lti_grader.lti import freezes, trail
from lti_grader.lti.board_models import EventKind
from lti_grader.lti.models import (
    WITHOUT_COLUMN,
    DeliveryStatus,
    LineItem,
    Platform,
    ScoreDelivery,
)
from lti_grader.lti.passback import withholding
from lti_grader.lti.passback.turns import (
    NEWER,
    later_than,
    locked,
    others_of,
    take_if_free,
)
from lti_grader.lti.products import product_of
from lti_grader.people.models import User


@dataclasses.dataclass(frozen=True)
class Parcel:
    """A claimed delivery with all that posting it takes; it holds no transaction."""

    delivery_id: uuid.UUID
    line_item_id: uuid.UUID
    user_id: uuid.UUID
    platform: Platform
    url: str
    sub: str
    score: Decimal | None
    """None while the work waits for a person's look, or its marks for their release."""
    is_withheld: bool
    """It has no points because its marks are not released."""
    maximum: Decimal
    timestamp: dt.datetime
    activity_progress: str
    grading_progress: str
    submitted_at: dt.datetime | None
    is_new_submission: bool
    """Whether the LMS has not been told of this work before; a changed mark for the same work is none."""
    attempt_id: uuid.UUID | None
    comment: str
    """"" also where the LMS has it from before."""
    tries: int
    forced: bool
    interrupted: bool
    """It was tried before with this time, and how that ended is not known: the LMS may hold it already."""
    was_sent: bool
    """The LMS has taken it; only the look is still owed."""
    may_hold: frozenset[Decimal]
    """What the LMS may hold of our own: what it was last seen to hold, and whatever was sent after that."""
    channel: str


def due(*, at: dt.datetime) -> list[tuple[uuid.UUID, uuid.UUID, int]]:
    """Return (tenant, platform, how many) of those that something is owed to and due, the longest due first."""
    with system_transaction() as opened:
        rows = opened.execute(
            sa.select(ScoreDelivery.tenant_id, ScoreDelivery.platform_id, sa.func.count())
            .where(_is_owed(), ScoreDelivery.next_try_at <= at)
            .group_by(ScoreDelivery.tenant_id, ScoreDelivery.platform_id)
            .order_by(sa.func.min(ScoreDelivery.next_try_at))
        )
        return [(tenant, platform, many) for tenant, platform, many in rows]


def due_column(platform_id: uuid.UUID, *, at: dt.datetime, most: int) -> tuple[uuid.UUID, int] | None:
    """Return the column of a platform that has waited longest, and how many of its scores are due, up to `most`."""
    is_due = sa.and_(_is_owed(), ScoreDelivery.platform_id == platform_id, ScoreDelivery.next_try_at <= at)
    line_item_id = session().scalar(
        sa.select(ScoreDelivery.line_item_id).where(is_due).order_by(ScoreDelivery.next_try_at).limit(1)
    )
    if line_item_id is None:
        return None
    some = sa.select(ScoreDelivery.id).where(is_due, ScoreDelivery.line_item_id == line_item_id).limit(most)
    return line_item_id, session().scalar(sa.select(sa.func.count()).select_from(some.subquery())) or 0


def _is_owed() -> sa.ColumnElement[bool]:
    # What is owed to a column that is not there waits for it.
    nowhere = sa.select(LineItem.id).where(LineItem.state.in_(WITHOUT_COLUMN))
    return sa.and_(
        ScoreDelivery.status.in_([DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.SENT]),
        ScoreDelivery.line_item_id.not_in(nowhere),
    )


def claim(delivery_id: uuid.UUID, *, at: dt.datetime, lease: dt.timedelta) -> Parcel | None:
    """Take a delivery that is due, for as long as `lease`; None if it is not, or another worker has the column."""
    row = locked(delivery_id)
    return None if row is None or not _is_due(row, at) else _claim(row, at=at, lease=lease)


def claim_next(line_item_id: uuid.UUID, *, at: dt.datetime, lease: dt.timedelta) -> Parcel | None:
    """Take the delivery of a column that has been due longest and is in nobody's hands; None if there is none."""
    busy: list[uuid.UUID] = []
    while True:
        row = session().scalar(
            sa.select(ScoreDelivery)
            .where(
                ScoreDelivery.line_item_id == line_item_id,
                _is_owed(),
                ScoreDelivery.next_try_at <= at,
                ScoreDelivery.id.not_in(busy),
            )
            .order_by(ScoreDelivery.next_try_at, ScoreDelivery.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if row is None:
            return None
        # Who owes a newer score waits for this row now, so that waiting for them would never end.
        parcel = _claim(row, at=at, lease=lease) if take_if_free(row.line_item_id, row.user_id) else None
        if parcel is not None:
            return parcel
        busy.append(row.id)


def _is_due(row: ScoreDelivery, at: dt.datetime) -> bool:
    owed = (DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.SENT)
    return row.status in owed and row.next_try_at <= at


def _claim(row: ScoreDelivery, *, at: dt.datetime, lease: dt.timedelta) -> Parcel | None:
    item = session().get_one(LineItem, row.line_item_id)
    if item.url is None or item.state in WITHOUT_COLUMN:
        return None
    others = others_of(row)
    if any(one.revision > row.revision for one in others):
        # Nobody wants to know any more; if it arrived all the same, the newer one has a later time.
        row.status = DeliveryStatus.SUPERSEDED
        trail.note(row, EventKind.SUPERSEDED, at=at, words=NEWER)
        return None
    if row.status == DeliveryStatus.PENDING and freezes.hold(row, at=at):
        return None
    out = withholding.shown_of(item.content_item_id, at=at)
    if row.status == DeliveryStatus.PENDING and withholding.hold(row, others, out, at=at):
        return None
    if any(one.status == DeliveryStatus.SENDING for one in others):
        row.next_try_at = at + dt.timedelta(seconds=2)
        return None
    before = row.status
    if row.sent_timestamp is None:
        row.sent_timestamp = later_than(others, at)
    row.tries += 1
    row.status, row.next_try_at = DeliveryStatus.SENDING, at + lease
    session().flush()
    platform, user = (
        session()
        .execute(
            sa.select(Platform, User)
            .select_from(ScoreDelivery)
            .join(Platform, Platform.id == ScoreDelivery.platform_id)
            .join(User, User.id == ScoreDelivery.user_id)
            .where(ScoreDelivery.id == row.id)
        )
        .one()
    )
    told, product = next((one for one in others if _was_told(one, item)), None), product_of(platform)
    return Parcel(
        delivery_id=row.id,
        line_item_id=row.line_item_id,
        user_id=row.user_id,
        platform=platform,
        url=item.url,
        sub=user.sub,
        score=row.score,
        is_withheld=row.score is None and not out.marks,
        maximum=row.maximum,
        timestamp=row.sent_timestamp,
        activity_progress=row.activity_progress,
        grading_progress=row.grading_progress,
        submitted_at=row.submitted_at,
        is_new_submission=told is None or told.submitted_at != row.submitted_at,
        attempt_id=row.attempt_id,
        comment="" if told is not None and told.comment == row.comment and product.comments_stay else row.comment,
        tries=row.tries,
        forced=row.forced,
        interrupted=before == DeliveryStatus.SENDING or row.tries > 1,
        was_sent=before == DeliveryStatus.SENT or row.sent_at is not None,
        may_hold=frozenset(_may_hold(row, others)),
        channel=f"delivery:{row.user_id}:{item.content_item_id}",
    )


def _was_told(one: ScoreDelivery, item: LineItem) -> bool:
    return one.sent_at is not None and (item.begun_at is None or one.sent_at >= item.begun_at)


def _may_hold(row: ScoreDelivery, others: Sequence[ScoreDelivery]) -> Iterator[Decimal]:
    for one in others:
        scale = row.maximum / one.maximum
        if one.sent_timestamp is not None and one.score is not None:
            # It may have arrived, though its answer was lost.
            yield one.score * scale
        if one.status == DeliveryStatus.VERIFIED and one.lms_holds is not None:
            yield one.lms_holds * scale
            return
