"""About to be posted, and taken: what is written for each score by itself, so that no worker's end leaves more in doubt than one.

Each of these is one statement that touches one row, which says in whose hands it is; it waits for nobody else's turn.
"""

import datetime as dt
from collections.abc import Sequence
from typing import cast

import sqlalchemy as sa

from lti_grader.core.db import session
from lti_grader.core.ids import new_id
from lti_grader.lti import freezes
from lti_grader.lti.board_models import EventKind, ScoreDeliveryEvent
from lti_grader.lti.models import WITHOUT_COLUMN, DeliveryStatus, LineItem, ScoreDelivery
from lti_grader.lti.passback import withholding
from lti_grader.lti.passback.claiming import OWED
from lti_grader.lti.passback.parcels import Parcel

_COMMENT_KEPT = "With the comment that somebody wrote beside the grade there, so that it stays; ours is not sent."
# What was claimed and may not go any more is looked at anew: as something else has happened to it, that takes a moment.
_AGAIN = dt.timedelta(seconds=2)

_row, _event = cast("sa.Table", ScoreDelivery.__table__), cast("sa.Table", ScoreDeliveryEvent.__table__)
_is_there = sa.exists().where(
    LineItem.id == _row.c.line_item_id,
    LineItem.url == sa.bindparam("its_url"),
    LineItem.state.not_in(WITHOUT_COLUMN),
    withholding.TERMS.is_not_distinct_from(sa.bindparam("its_terms", type_=sa.Text)),
)
_is_mine = sa.and_(_row.c.id == sa.bindparam("its_id"), _row.c.next_try_at == sa.bindparam("its_until"))
_BEGIN = (
    sa.update(_row)
    .where(
        _is_mine,
        _row.c.is_newest,
        _is_there,
        sa.or_(
            # Taken once, or perhaps: what is held back by now is what follows it.
            _row.c.status.in_([DeliveryStatus.SENDING, DeliveryStatus.SENT]),
            sa.and_(
                _row.c.status == DeliveryStatus.PENDING,
                ~freezes.covering(_row.c.line_item_id, _row.c.user_id),
            ),
        ),
    )
    .values(
        status=DeliveryStatus.SENDING,
        tries=sa.bindparam("its_tries"),
        sent_timestamp=sa.bindparam("its_timestamp"),
    )
    .returning(_row.c.id)
)
_taken = (
    sa.update(_row)
    .where(_is_mine, _row.c.status == DeliveryStatus.SENDING)
    .values(
        sent_at=sa.bindparam("its_at", type_=_row.c.sent_at.type),
        last_error=None,
        last_answer=None,
    )
    .returning(_row.c.id, _row.c.tenant_id)
    .cte("taken")
)
_SENT = sa.insert(_event).from_select(
    ["id", "tenant_id", "delivery_id", "at", "kind", "words"],
    sa.select(
        sa.bindparam("event_id", type_=_event.c.id.type),
        _taken.c.tenant_id,
        _taken.c.id,
        sa.bindparam("its_at", type_=_event.c.at.type),
        sa.literal(EventKind.SENT.value),
        sa.bindparam("its_words", type_=sa.Text),
    ),
)


def begin(parcel: Parcel, *, at: dt.datetime) -> bool:
    """Note that a claimed score is about to be posted; return False where it may not go any more.

    A newer one may have taken its place since it was claimed, it may have been held back, or its column be gone.
    """
    begun = session().execute(
        _BEGIN,
        {
            "its_id": parcel.delivery_id,
            "its_until": parcel.until,
            "its_url": parcel.url,
            "its_terms": parcel.terms,
            "its_tries": parcel.tries,
            "its_timestamp": parcel.timestamp,
        },
    )
    if begun.first() is None:
        give_back([parcel], at=at + _AGAIN)
        return False
    return True


def note_sent(parcel: Parcel, *, keeps_comment: bool, at: dt.datetime) -> None:
    """Note that the LMS has taken it, before looking whether it shows.

    Parameters
    ----------
    keeps_comment
        Whether a comment that somebody wrote there went with it, in place of ours.
    """
    kept = f" {_COMMENT_KEPT}" if keeps_comment else ""
    session().execute(
        _SENT,
        {
            "its_id": parcel.delivery_id,
            "its_until": parcel.until,
            "its_at": at,
            "event_id": new_id(),
            "its_words": f"Dated {parcel.timestamp:%Y-%m-%d %H:%M:%S} UTC.{kept}",
        },
    )


def give_back(parcels: Sequence[Parcel], *, at: dt.datetime) -> None:
    """Let others have what was claimed and not begun."""
    for until in {one.until for one in parcels}:
        session().execute(
            sa.update(ScoreDelivery)
            .where(
                ScoreDelivery.id.in_([one.delivery_id for one in parcels if one.until == until]),
                ScoreDelivery.next_try_at == until,
                ScoreDelivery.status.in_(OWED),
            )
            .values(next_try_at=at)
            .execution_options(synchronize_session=False)
        )
