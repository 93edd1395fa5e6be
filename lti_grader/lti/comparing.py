"""One column of an LMS compared with what we believe it holds.

What differs changes what the delivery says of itself; nothing is written over by itself.
"""

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.core.db import current_tenant, session
from lti_grader.lti import board, passback, trail
from lti_grader.lti.board_models import EventKind, FindingKind, ReconciliationFinding, ScoreDeliveryEvent
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.models import DeliveryStatus, LineItem, ScoreDelivery
from lti_grader.lti.posting import CLOSE
from lti_grader.lti.results import Held
from lti_grader.people.models import User

_BELIEVED = (DeliveryStatus.VERIFIED, DeliveryStatus.OVERRIDDEN, DeliveryStatus.FAILED)


def compare(
    run_id: uuid.UUID, item: LineItem, platform_id: uuid.UUID, results: Mapping[str, Held], *, at: dt.datetime
) -> tuple[int, int]:
    """Compare a column; return how many scores were looked for, and how many differences were found.

    Parameters
    ----------
    results
        What the LMS holds, by `sub`: all of it.
    """
    mine = _newest(item.id)
    findings: list[ReconciliationFinding] = []
    for sub, row in mine.items():
        if row.status in _BELIEVED and row.score is not None:
            findings += _look(row, results.get(sub), at)
    findings += _strangers(item, platform_id, {sub: held for sub, held in results.items() if sub not in mine})
    for one in findings:
        one.tenant_id, one.reconciliation_id, one.line_item_id = current_tenant(), run_id, item.id
    session().add_all(findings)
    looked_for = sum(row.status in _BELIEVED and row.score is not None for row in mine.values())
    return looked_for, len(findings)


def _newest(line_item_id: uuid.UUID) -> dict[str, ScoreDelivery]:
    held = board.newest(ScoreDelivery.line_item_id == line_item_id)
    ids = session().scalars(sa.select(held.c.id)).all()
    # In the order in which everybody waits for these, so that nobody is in the midst of changing one.
    passback.wait_for_all(ids)
    still = board.newest(ScoreDelivery.line_item_id == line_item_id)
    rows = session().execute(
        sa.select(User.sub, ScoreDelivery)
        .join(ScoreDelivery, ScoreDelivery.user_id == User.id)
        .where(ScoreDelivery.id.in_(sa.select(still.c.id)))
        .execution_options(populate_existing=True)
    )
    return {sub: row for sub, row in rows}  # noqa: C416 - a Row is no pair to mypy


def _look(row: ScoreDelivery, held: Held | None, at: dt.datetime) -> Iterator[ReconciliationFinding]:
    assert row.score is not None
    try:
        theirs = held.points(row.maximum) if held is not None else None
    except ServiceError as error:
        yield _finding(row, FindingKind.UNREADABLE, None, f"{error.message} {error.body}"[:500])
        return
    if theirs is None and held is not None and row.score == 0:
        # Some platforms leave a zero out.
        theirs = Decimal(0)
    if theirs is not None and abs(theirs - row.score) <= CLOSE:
        yield from _same(row, theirs, at)
    elif row.status == DeliveryStatus.FAILED:
        # That it did not arrive is known already.
        row.lms_holds = theirs
    elif theirs is None:
        yield from _missing(row, at)
    else:
        yield from _different(row, theirs, at)


def _same(row: ScoreDelivery, theirs: Decimal, at: dt.datetime) -> Iterator[ReconciliationFinding]:
    if row.status == DeliveryStatus.VERIFIED:
        return
    row.status, row.lms_holds, row.verified_at, row.last_error = DeliveryStatus.VERIFIED, theirs, at, None
    words = "The LMS holds this score now."
    trail.note(row, EventKind.RECONCILED, at=at, words=words)
    yield _finding(row, FindingKind.ARRIVED, theirs, words)


def _different(row: ScoreDelivery, theirs: Decimal, at: dt.datetime) -> Iterator[ReconciliationFinding]:
    if row.status == DeliveryStatus.OVERRIDDEN and row.lms_holds is not None and abs(theirs - row.lms_holds) <= CLOSE:
        return
    passback.set_overridden(row, theirs, at)
    yield _finding(row, FindingKind.DIFFERENT, theirs, "Left as it is; “Send again” on the board can replace it.")


def _missing(row: ScoreDelivery, at: dt.datetime) -> Iterator[ReconciliationFinding]:
    if row.status == DeliveryStatus.OVERRIDDEN and row.lms_holds is None:
        return
    row.lms_holds = None
    if row.status == DeliveryStatus.OVERRIDDEN or _was_overridden(row):
        row.status = DeliveryStatus.OVERRIDDEN
        row.last_error = (
            "The LMS holds no grade any more, and somebody had changed it there before. It is left so;"
            " “Send again” on the board sends the score."
        )
        words = "Left as it is: somebody had changed the grade there before."
    else:
        passback.owe_again(row, at=at)
        words = "Sent again by itself: nobody had changed the grade there."
    trail.note(row, EventKind.RECONCILED, at=at, words=f"The LMS holds no grade any more. {words}")
    yield _finding(row, FindingKind.MISSING, None, words)


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


def _finding(row: ScoreDelivery, kind: FindingKind, theirs: Decimal | None, words: str) -> ReconciliationFinding:
    return ReconciliationFinding(
        user_id=row.user_id, kind=kind, ours=row.score, theirs=theirs, maximum=row.maximum, words=words
    )


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
