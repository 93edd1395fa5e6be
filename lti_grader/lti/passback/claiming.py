"""What is due, and taking it in hand: as many of a column at once as one worker carries, each for as long as a lease lasts.

A claim moves the time of a delivery's next try, and nothing else: until it is about to be posted (`sending.begin`) a newer
score, a freeze and a release that is taken back find it as it was.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments.release import Shown
from lti_grader.core.db import session, system_transaction
from lti_grader.lti import freezes, trail
from lti_grader.lti.board_models import EventKind
from lti_grader.lti.models import (
    NOT_READY,
    WITHOUT_COLUMN,
    DeliveryStatus,
    LineItem,
    Platform,
    ScoreDelivery,
)
from lti_grader.lti.passback import withholding
from lti_grader.lti.passback.parcels import Parcel
from lti_grader.lti.passback.turns import NEWER, free, later_than, locked, others_by_student
from lti_grader.lti.products import product_of
from lti_grader.people.models import User

OWED = (DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.SENT)
# So many are claimed at once however few are left: a claim is some ten statements.
_WORTH_A_CLAIM = 4
# An older score of the student's is on its way at this moment.
_SOON = dt.timedelta(seconds=2)


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
    return sa.and_(ScoreDelivery.status.in_(OWED), ScoreDelivery.line_item_id.not_in(nowhere))


def claim(delivery_id: uuid.UUID, *, at: dt.datetime, lease: dt.timedelta) -> Parcel | None:
    """Take a delivery that is due, for as long as `lease`; None if it is not, or another worker has it."""
    row = locked(delivery_id)
    if row is None or row.status not in OWED or row.next_try_at > at:
        return None
    found = _claim([(row, session().get_one(User, row.user_id).sub)], at=at, lease=lease)
    return found[0] if found else None


def claim_some(
    line_item_id: uuid.UUID, *, at: dt.datetime, lease: dt.timedelta, most: int, workers: int = 1
) -> list[Parcel]:
    """Take deliveries of a column that have been due longest and are in nobody's hands; none if there is none.

    Parameters
    ----------
    most
        How many at most.
    workers
        How many may share what is due: where there are several each takes no more than half its part of what is left, so
        that all end together.
    """
    busy: list[uuid.UUID] = []
    while picked := _pick(line_item_id, busy, at=at, most=most, workers=workers):
        # Who owes a newer score waits for its row now, so that waiting for them would never end.
        busy += [row.id for row, _, is_free in picked if not is_free]
        if found := _claim([(row, sub) for row, sub, is_free in picked if is_free], at=at, lease=lease):
            return found
    return []


def _pick(
    line_item_id: uuid.UUID, busy: Sequence[uuid.UUID], *, at: dt.datetime, most: int, workers: int
) -> Sequence[sa.Row[ScoreDelivery, str, bool]]:
    is_due = sa.and_(
        ScoreDelivery.line_item_id == line_item_id,
        _is_owed(),
        ScoreDelivery.next_try_at <= at,
        ScoreDelivery.id.not_in(busy),
    )
    parts = 2 * workers if workers > 1 else 1
    left = sa.select(sa.literal(1)).where(is_due).limit(parts * most).subquery()
    part = sa.select(sa.func.least(most, sa.func.greatest(_WORTH_A_CLAIM, sa.func.count() / parts))).select_from(left)
    picked = (
        sa.select(ScoreDelivery)
        .where(is_due)
        .order_by(ScoreDelivery.next_try_at, ScoreDelivery.id)
        .limit(part.scalar_subquery())
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    row = sa.orm.aliased(ScoreDelivery, picked)
    return (
        session()
        .execute(
            sa.select(row, User.sub, free(row.line_item_id, row.user_id))
            .join(User, User.id == row.user_id)
            .order_by(row.next_try_at, row.id)
        )
        .all()
    )


@dataclasses.dataclass(frozen=True)
class _Column:
    """A column, and what holds for everything that is sent to it just now."""

    item: LineItem
    url: str
    platform: Platform
    terms: str | None
    out: Shown


def _column(line_item_id: uuid.UUID, platform_id: uuid.UUID, at: dt.datetime) -> _Column | None:
    item, platform, terms = (
        session()
        .execute(
            sa.select(LineItem, Platform, withholding.TERMS)
            .join(Platform, Platform.id == platform_id)
            .where(LineItem.id == line_item_id)
        )
        .one()
    )
    if item.url is None or item.state in WITHOUT_COLUMN:
        return None
    out = withholding.shown_of(item.content_item_id, at=at)
    return _Column(item, item.url, platform, terms, out)


def _claim(picked: Sequence[tuple[ScoreDelivery, str]], *, at: dt.datetime, lease: dt.timedelta) -> list[Parcel]:
    if not picked:
        return []
    rows = [row for row, _ in picked]
    column = _column(rows[0].line_item_id, rows[0].platform_id, at)
    if column is None:
        return []
    others = others_by_student(rows)
    until, subs = at + lease, {row.id: sub for row, sub in picked}
    found = [
        _parcel(row, subs[row.id], others[row.user_id], column, at=at, until=until)
        for row in _that_may_go(rows, others, column, at)
    ]
    session().flush()
    session().execute(
        sa.update(ScoreDelivery)
        .where(ScoreDelivery.id.in_([one.delivery_id for one in found]))
        .values(next_try_at=until)
        .execution_options(synchronize_session=False)
    )
    return found


def _that_may_go(
    rows: Sequence[ScoreDelivery], others: Mapping[uuid.UUID, Sequence[ScoreDelivery]], column: _Column, at: dt.datetime
) -> Iterator[ScoreDelivery]:
    """Yield those that may be sent, and write down of the others why they may not."""
    frozen = freezes.hold_all([row for row in rows if row.status == DeliveryStatus.PENDING and row.is_newest], at=at)
    for row in rows:
        is_pending, its_others = row.status == DeliveryStatus.PENDING, others[row.user_id]
        if not row.is_newest:
            # Nobody wants to know any more; if it arrived all the same, the newer one has a later time.
            row.status = DeliveryStatus.SUPERSEDED
            trail.note(row, EventKind.SUPERSEDED, at=at, words=NEWER)
        elif row.id in frozen or (is_pending and withholding.hold(row, its_others, column.out, at=at)):
            continue
        elif any(one.status == DeliveryStatus.SENDING for one in its_others):
            row.next_try_at = at + _SOON
        else:
            yield row


def _parcel(
    row: ScoreDelivery, sub: str, others: Sequence[ScoreDelivery], column: _Column, *, at: dt.datetime,
    until: dt.datetime,
) -> Parcel:  # fmt: skip
    item, product = column.item, product_of(column.platform)
    told = next((one for one in (row, *others) if _was_told(one, item)), None)
    is_of_old_maximum = _is_of_old_maximum(item, row, *others)
    clears = row.score is None and row.grading_progress == NOT_READY
    return Parcel(
        delivery_id=row.id,
        line_item_id=row.line_item_id,
        user_id=row.user_id,
        platform=column.platform,
        url=column.url,
        sub=sub,
        status=row.status,
        until=until,
        terms=column.terms,
        score=row.score,
        is_withheld=row.score is None and not clears and not column.out.marks,
        clears=clears,
        maximum=row.maximum,
        timestamp=row.sent_timestamp or later_than(others, at),
        activity_progress=row.activity_progress,
        grading_progress=row.grading_progress,
        submitted_at=row.submitted_at,
        is_new_submission=told is None or told.submitted_at != row.submitted_at,
        attempt_id=row.attempt_id,
        comment="" if told is not None and told.comment == row.comment and product.comments_stay else row.comment,
        comments=frozenset([row.comment, *(one.comment for one in others if one.sent_timestamp is not None)]),
        has_new_comment=told is not None and row.comment not in ("", told.comment),
        tries=row.tries + 1,
        forced=row.forced,
        interrupted=row.status == DeliveryStatus.SENDING or row.tries > 0,
        was_sent=row.sent_at is not None and not is_of_old_maximum,
        is_of_old_maximum=is_of_old_maximum,
        may_hold=frozenset([*_may_hold(row, others), *_held_before(item, row, *others)]),
        told_at=max((when for one in others for when in (one.sent_at, one.verified_at) if when), default=None),
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


def _is_of_old_maximum(item: LineItem, *sent: ScoreDelivery) -> bool:
    if item.resized_at is None:
        return False
    return all(one.sent_at is None or one.sent_at <= item.resized_at for one in sent)


def _held_before(item: LineItem, row: ScoreDelivery, *others: ScoreDelivery) -> Iterator[Decimal]:
    """Yield what the LMS may hold of ours where points stay as they are when their column gets another maximum."""
    if item.resized_from is None or item.resized_to is None:
        return
    for one in (row, *others):
        if one.sent_timestamp is not None and one.score is not None:
            points = one.score * item.resized_from / one.maximum
            yield points * row.maximum / item.resized_to
