"""How many scores are owed to the LMSs, all institutions together."""

import dataclasses
import datetime as dt

import sqlalchemy as sa

from lti_grader.core.db import system_transaction
from lti_grader.lti.models import DeliveryStatus, ScoreDelivery

_OPEN = (DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.SENT)


@dataclasses.dataclass(frozen=True)
class OnTheirWay:
    """Scores that are on their way, by where they are; the oldest has been for `oldest_seconds`, 0 with none."""

    by_status: dict[DeliveryStatus, int]
    oldest_seconds: float


def on_their_way(*, at: dt.datetime) -> OnTheirWay:
    """Return what is on its way, for all institutions."""
    with system_transaction() as opened:
        rows = opened.execute(
            sa.select(ScoreDelivery.status, sa.func.count(), sa.func.min(ScoreDelivery.created_at))
            .where(ScoreDelivery.status.in_(_OPEN))
            .group_by(ScoreDelivery.status)
        ).all()
    counts = dict.fromkeys(_OPEN, 0) | {DeliveryStatus(status): count for status, count, _ in rows}
    return OnTheirWay(counts, max(((at - oldest).total_seconds() for _, _, oldest in rows), default=0.0))
