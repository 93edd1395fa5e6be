"""Sending many scores again, on one person's word."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from lti_grader.core.db import current_tenant, session, transaction
from lti_grader.core.messages import send_after_commit
from lti_grader.lti import board, freezes, passback
from lti_grader.lti.board import Filter
from lti_grader.lti.board_models import (
    EventKind,
    Reconciliation,
    ReconciliationFinding,
    ScoreDeliveryEvent,
    ScoreFreeze,
)
from lti_grader.lti.models import DeliveryStatus, LineItem, ScoreDelivery
from lti_grader.lti.passback import withholding
from lti_grader.lti.trail import OVER, Actor
from lti_grader.people.models import User

# As many are changed in one transaction: nobody else waits long for a score of theirs.
_CHUNK = 200
_ERASED = "Somebody who was erased"
_PLAIN = (DeliveryStatus.FAILED, DeliveryStatus.SENT, DeliveryStatus.VERIFIED)


@dataclasses.dataclass(frozen=True)
class Selection:
    """Which scores of a class are meant: some by name, or all that a filter leaves."""

    class_id: uuid.UUID
    asked: Filter
    ids: frozenset[uuid.UUID] | None = None


@dataclasses.dataclass(frozen=True)
class Plan:
    """What sending again would do."""

    plain: int
    """Those that replace no other grade."""
    over: int
    """Those for which somebody has set another grade in the LMS."""
    under_way: int
    held_back: int
    """Also those that are in the LMS, and have to stay as they are there."""
    excluded: int

    @property
    def left_out(self) -> int:
        return self.under_way + self.held_back + self.excluded


def plan(selection: Selection, *, at: dt.datetime) -> Plan:
    """Return what sending a selection again would do at `at`, before it is done."""
    held = board.matching(selection.class_id, selection.asked)
    frozen: sa.ColumnElement[bool] = held.c.status == DeliveryStatus.FROZEN
    if freezes.of_class(selection.class_id):
        frozen = sa.or_(frozen, freezes.covering(held.c.line_item_id, held.c.user_id))
    unreleased = withholding.unreleased_columns(selection.class_id, at=at)
    frozen = sa.or_(frozen, held.c.status == DeliveryStatus.WITHHELD, _is_unreleased(held.c, unreleased))
    group = sa.case((frozen, DeliveryStatus.FROZEN.value), else_=held.c.status).label("state")
    query = sa.select(group, sa.func.count()).where(*_chosen(held, selection)).group_by(group)
    counts: dict[str, int] = dict(session().execute(query).all())
    return Plan(
        plain=sum(counts.get(status, 0) for status in _PLAIN),
        over=counts.get(DeliveryStatus.OVERRIDDEN, 0),
        under_way=counts.get(DeliveryStatus.PENDING, 0) + counts.get(DeliveryStatus.SENDING, 0),
        held_back=counts.get(DeliveryStatus.FROZEN, 0),
        excluded=counts.get(DeliveryStatus.EXCLUDED, 0),
    )


def _is_unreleased(row: Any, columns: Sequence[uuid.UUID]) -> sa.ColumnElement[bool]:
    """Return the condition that a delivery has points that may not be told just now."""
    return sa.and_(row.score.is_not(None), row.line_item_id.in_(columns))


def _chosen(held: sa.CTE, selection: Selection) -> Iterator[sa.ColumnElement[bool]]:
    if selection.ids is not None:
        yield held.c.id.in_(selection.ids)
    else:
        yield from board.in_state(held, selection.asked)


def resend(
    tenant_id: uuid.UUID, selection: Selection, *, over: bool, as_of: dt.datetime, at: dt.datetime, by: Actor
) -> int:
    """Send a selection again, and return how many are on their way.

    What is on its way already, was sent again since `as_of`, or has a newer score by now is left alone: pressing
    twice does no more than pressing once. It works in transactions of its own, so that a score of a student who
    hands in meanwhile need not wait; where it breaks off, doing it again does the rest.

    Parameters
    ----------
    over
        Also those for which the LMS holds a grade that somebody set there.
    as_of
        When the person was shown what would be sent.
    """
    wanted = (*_PLAIN, DeliveryStatus.OVERRIDDEN) if over else _PLAIN
    with transaction(tenant_id):
        held = board.matching(selection.class_id, selection.asked)
        ids = (
            session()
            .scalars(
                sa.select(held.c.id)
                .where(
                    held.c.status.in_(wanted),
                    ~_is_unreleased(held.c, withholding.unreleased_columns(selection.class_id, at=at)),
                    *_chosen(held, selection),
                )
                # The order in which everybody takes these locks (see `passback`).
                .order_by(held.c.line_item_id, held.c.user_id)
            )
            .all()
        )
    sent = 0
    for start in range(0, len(ids), _CHUNK):
        with transaction(tenant_id):
            again = _resend(ids[start : start + _CHUNK], wanted, as_of=as_of, at=at, by=by)
            for platform_id in set(again):
                send_after_commit(passback.TASK, tenant_id, platform_id, queue=passback.QUEUE)
            sent += len(again)
    return sent


def _resend(
    ids: Sequence[uuid.UUID], wanted: Sequence[str], *, as_of: dt.datetime, at: dt.datetime, by: Actor
) -> list[uuid.UUID]:
    passback.wait_for_all(ids)
    row, other = ScoreDelivery, sa.orm.aliased(ScoreDelivery)
    same = sa.and_(other.line_item_id == row.line_item_id, other.user_id == row.user_id)
    last = sa.select(sa.func.max(other.sent_timestamp)).where(same).scalar_subquery()
    newer = sa.exists().where(same, other.revision > row.revision)
    pressed = sa.exists().where(
        ScoreDeliveryEvent.delivery_id == row.id,
        ScoreDeliveryEvent.kind == EventKind.RESENT,
        ScoreDeliveryEvent.at > as_of,
    )
    again = session().execute(
        sa.update(row)
        .where(
            row.id.in_(ids), row.status.in_(wanted), ~newer, ~pressed, ~freezes.covering(row.line_item_id, row.user_id)
        )
        .values(
            status=DeliveryStatus.PENDING,
            forced=sa.or_(row.forced, row.status == DeliveryStatus.OVERRIDDEN),
            tries=0,
            next_try_at=at,
            # Later, by a whole second at least, than anything sent before.
            sent_timestamp=sa.func.greatest(at.replace(microsecond=0), last + dt.timedelta(seconds=1)),
            sent_at=None,
            last_error=None,
            last_answer=None,
        )
        .returning(row.id, row.forced, row.platform_id)
        .execution_options(synchronize_session=False)
    )
    done = again.all()
    session().add_all(
        ScoreDeliveryEvent(
            tenant_id=current_tenant(), delivery_id=one, at=at, kind=EventKind.RESENT, words=OVER if forced else "",
            actor_id=by.user_id, actor_name=by.shown_name,
        )
        for one, forced, _ in done
    )  # fmt: skip
    return [platform_id for _, _, platform_id in done]


def forget(user: User) -> None:
    """Take a person's name off what they held back, released and asked for, and what was said of them."""
    key = Actor(user.id).key
    for who, name in (
        (ScoreFreeze.frozen_by, ScoreFreeze.frozen_by_name),
        (ScoreFreeze.release_asked_by, ScoreFreeze.release_asked_by_name),
        (ScoreFreeze.released_by, ScoreFreeze.released_by_name),
    ):
        session().execute(sa.update(ScoreFreeze).where(who == key).values({name: _ERASED}))
    session().execute(sa.update(ScoreFreeze).where(ScoreFreeze.student_id == user.id).values(reason="Not kept."))
    session().execute(
        sa.update(LineItem).where(LineItem.asked_by_name == user.display_name).values(asked_by_name=_ERASED)
    )
    session().execute(
        sa.update(Reconciliation).where(Reconciliation.asked_by_name == user.display_name).values(asked_by_name=_ERASED)
    )
    about = sa.or_(ReconciliationFinding.user_id == user.id, ReconciliationFinding.sub == user.sub)
    session().execute(sa.update(ReconciliationFinding).where(about).values(sub=None, words=""))
