"""One column of an LMS compared with what we believe it holds.

What differs changes what the delivery says of itself; nothing is written over by itself.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.core.db import current_tenant, session, transaction
from lti_grader.lti import board, passback, trail
from lti_grader.lti.board_models import EventKind, FindingKind, ReconciliationFinding, ScoreDeliveryEvent
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.models import DeliveryStatus, LineItem, ScoreDelivery
from lti_grader.lti.results import CLOSE, Held
from lti_grader.people.models import User

# As many are changed in one transaction: each is waited for, and nobody waits long.
_CHUNK = 200
_BELIEVED = (DeliveryStatus.VERIFIED, DeliveryStatus.OVERRIDDEN, DeliveryStatus.FAILED)


def compare(
    tenant_id: uuid.UUID,
    run_id: uuid.UUID,
    item: LineItem,
    platform_id: uuid.UUID,
    results: Mapping[str, Held],
    *,
    at: dt.datetime,
) -> tuple[int, int]:
    """Compare a column; return how many scores were looked for, and how many differences were found.

    Parameters
    ----------
    results
        What the LMS holds, by `sub`: all of it.
    """
    with transaction(tenant_id):
        mine = _newest(item.id)
        believed = {row.id: sub for sub, row in mine.items() if row.status in _BELIEVED and row.score is not None}
        suspects = [one for one, sub in believed.items() if _judge(mine[sub], results.get(sub)) is not None]
        strangers = {sub: held for sub, held in results.items() if sub not in mine}
        found = _keep(run_id, item, _strangers(item, platform_id, strangers))
    for start in range(0, len(suspects), _CHUNK):
        with transaction(tenant_id):
            rows = _for_itself(suspects[start : start + _CHUNK])
            findings = [_settle(row, results.get(believed[row.id]), at) for row in rows]
            found += _keep(run_id, item, [one for one in findings if one is not None])
    return len(believed), found


def _keep(run_id: uuid.UUID, item: LineItem, findings: Sequence[ReconciliationFinding]) -> int:
    for one in findings:
        one.tenant_id, one.reconciliation_id, one.line_item_id = current_tenant(), run_id, item.id
    session().add_all(findings)
    return len(findings)


def _newest(line_item_id: uuid.UUID) -> dict[str, ScoreDelivery]:
    held = board.newest(ScoreDelivery.line_item_id == line_item_id)
    rows = session().execute(
        sa.select(User.sub, ScoreDelivery)
        .join(ScoreDelivery, ScoreDelivery.user_id == User.id)
        .where(ScoreDelivery.id.in_(sa.select(held.c.id)))
    )
    return {row[0]: row[1] for row in rows}


def _for_itself(ids: Sequence[uuid.UUID]) -> Sequence[ScoreDelivery]:
    """Return deliveries as they are now that nobody else changes them, without those that are not the newest any more."""
    passback.wait_for_all(ids)
    return session().scalars(sa.select(ScoreDelivery).where(ScoreDelivery.id.in_(ids), ScoreDelivery.is_newest)).all()


@dataclasses.dataclass(frozen=True)
class _Verdict:
    kind: FindingKind
    theirs: Decimal | None = None
    words: str = ""


def _judge(row: ScoreDelivery, held: Held | None) -> _Verdict | None:
    """Return in what the LMS differs from what a delivery says of itself; None where all is as it says."""
    if row.status not in _BELIEVED or row.score is None:
        return None
    try:
        theirs = held.points(row.maximum) if held is not None else None
    except ServiceError as error:
        return _Verdict(FindingKind.UNREADABLE, None, f"{error.message} {error.body}"[:500])
    if theirs is None and held is not None and row.score == 0:
        # Some platforms leave a zero out.
        theirs = Decimal(0)
    if _are_same(theirs, row.score):
        return None if row.status == DeliveryStatus.VERIFIED else _Verdict(FindingKind.ARRIVED, theirs)
    if row.status == DeliveryStatus.FAILED:
        # That it did not arrive is known already.
        return None
    if row.status == DeliveryStatus.OVERRIDDEN and _are_same(theirs, row.lms_holds):
        return None
    return _Verdict(FindingKind.MISSING if theirs is None else FindingKind.DIFFERENT, theirs)


def _are_same(one: Decimal | None, other: Decimal | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= CLOSE


def _settle(row: ScoreDelivery, held: Held | None, at: dt.datetime) -> ReconciliationFinding | None:
    """Let a delivery say what is so, and return what was found about it."""
    verdict = _judge(row, held)
    if verdict is None:
        return None
    score, theirs, words = row.score, verdict.theirs, verdict.words
    if verdict.kind is FindingKind.ARRIVED:
        row.status, row.lms_holds, row.verified_at, row.last_error = DeliveryStatus.VERIFIED, theirs, at, None
        words = "The LMS holds this score now."
        trail.note(row, EventKind.RECONCILED, at=at, words=words)
    elif verdict.kind is FindingKind.DIFFERENT:
        assert theirs is not None
        passback.set_overridden(row, theirs, at)
        words = "Left as it is; the board says what can be done about it."
    elif verdict.kind is FindingKind.MISSING:
        words = _miss(row, at)
        trail.note(row, EventKind.RECONCILED, at=at, words=f"The LMS holds no grade any more. {words}")
    return ReconciliationFinding(
        user_id=row.user_id, kind=verdict.kind, ours=score, theirs=theirs, maximum=row.maximum, words=words
    )


def _miss(row: ScoreDelivery, at: dt.datetime) -> str:
    """Owe a score again that the LMS has lost, unless somebody had changed it there; return what was done, in words."""
    was_overridden = row.status == DeliveryStatus.OVERRIDDEN or _was_overridden(row)
    row.lms_holds = None
    if not was_overridden:
        passback.owe_again(row, at=at)
        return "Sent again by itself: nobody had changed the grade there."
    row.status = DeliveryStatus.OVERRIDDEN
    row.last_error = (
        "The LMS holds no grade any more, and somebody had changed it there before. It is left so;"
        " “Send again” on the board sends the score."
    )
    return "Left as it is: somebody had changed the grade there before."


def _was_overridden(row: ScoreDelivery) -> bool:
    """Return whether the LMS was ever seen to hold another grade of this student in this column."""
    found = session().scalar(
        sa.select(ScoreDeliveryEvent.id)
        .join(ScoreDelivery, ScoreDelivery.id == ScoreDeliveryEvent.delivery_id)
        .where(
            ScoreDelivery.line_item_id == row.line_item_id,
            ScoreDelivery.user_id == row.user_id,
            ScoreDeliveryEvent.kind == EventKind.OVERRIDDEN,
        )
        .limit(1)
    )
    return found is not None


def _strangers(item: LineItem, platform_id: uuid.UUID, results: Mapping[str, Held]) -> Sequence[ReconciliationFinding]:
    graded = {}
    for sub, held in results.items():
        try:
            points = held.points(item.score_maximum)
        except ServiceError:
            continue
        if points is not None:
            graded[sub] = points
    known = dict(
        session()
        .execute(sa.select(User.sub, User.id).where(User.platform_id == platform_id, User.sub.in_(graded)))
        .all()
    )
    return [
        ReconciliationFinding(
            user_id=known.get(sub),
            sub=None if sub in known else sub[:255],
            kind=FindingKind.LMS_ONLY if sub in known else FindingKind.UNKNOWN_USER,
            theirs=points,
            maximum=item.score_maximum,
            words="This tool has sent no score for this person.",
        )
        for sub, points in graded.items()
    ]
