"""Nightly, and when somebody asks: every column of an LMS course read, and compared with what we believe it holds."""

import datetime as dt
import logging
import time
import uuid
from collections.abc import Callable

import sqlalchemy as sa

from lti_grader.adapters import Adapters
from lti_grader.core.db import current_tenant, session, system_transaction, transaction
from lti_grader.core.messages import send_after_commit
from lti_grader.lti import comparing, pump, results
from lti_grader.lti.board_models import FindingKind, Reconciliation, ReconciliationFinding
from lti_grader.lti.columns import asking, losing
from lti_grader.lti.columns.finding import address_of
from lti_grader.lti.errors import ReconciliationBusy, ServiceError, TokenRefused
from lti_grader.lti.models import WITHOUT_COLUMN, ClassContext, Deployment, LineItem, Platform
from lti_grader.lti.results import Held
from lti_grader.lti.tokens import Services

log = logging.getLogger(__name__)

TASK, QUEUE = "scores.reconcile", "default"
AGAIN_AFTER = dt.timedelta(hours=20)
"""A night that begins a little earlier than the last one is another night all the same."""
# Twice this, a round's last course, ends before the worker's own time limit; columns not reached come first next time.
_MOST_SECONDS = 240.0
_PATIENCE_SECONDS = 60.0
_LOCK_SECONDS = 700
Clock = Callable[[], dt.datetime]


def reconcile(
    tenant_id: uuid.UUID, context_id: uuid.UUID, held: Adapters, now: Clock, *, run_id: uuid.UUID | None = None
) -> uuid.UUID | None:
    """Compare an LMS course's columns with what we believe; None where the course has none.

    Parameters
    ----------
    run_id
        The comparison that somebody has asked for (`ask`).

    Raises
    ------
    ReconciliationBusy
        It is being compared at this moment.
    """
    lock = f"lti:reconciling:{context_id}"
    if not held.kv.put_once(lock, "1", _LOCK_SECONDS):
        raise ReconciliationBusy("This course is being compared at this moment: look again in a minute.")
    try:
        with transaction(tenant_id):
            run = _begin(context_id, run_id, now())
        if run is not None:
            run.go(held, now)
            return run.id
        return None
    finally:
        held.kv.forget(lock)


def ask(class_id: uuid.UUID, *, asked_by: str, at: dt.datetime) -> int:
    """Ask for the comparison of a class's LMS courses, and return how many there are; workers do the rest."""
    contexts = session().scalars(
        sa.select(ClassContext.id).where(
            ClassContext.class_id == class_id, sa.exists().where(LineItem.class_context_id == ClassContext.id)
        )
    )
    asked = 0
    for context_id in contexts:
        row = Reconciliation(
            tenant_id=current_tenant(), class_context_id=context_id, asked_by_name=asked_by, started_at=at
        )
        session().add(row)
        session().flush()
        send_after_commit(TASK, current_tenant(), context_id, row.id, queue=QUEUE)
        asked += 1
    return asked


def _begin(context_id: uuid.UUID, run_id: uuid.UUID | None, at: dt.datetime) -> "_Run | None":
    context = session().get_one(ClassContext, context_id)
    context.reconciled_at = at
    asking.note_changes(LineItem.class_context_id == context_id, at=at)
    items = list(
        session().scalars(
            sa.select(LineItem)
            .where(LineItem.class_context_id == context_id, LineItem.state.not_in(WITHOUT_COLUMN))
            .order_by(LineItem.reconciled_at.nulls_first(), LineItem.id)
        )
    )
    if not items:
        return None
    platform = session().scalars(
        sa.select(Platform).join(Deployment).where(Deployment.id == context.deployment_id)
    ).one()  # fmt: skip
    row = session().get(Reconciliation, run_id) if run_id is not None else None
    if row is None:
        row = Reconciliation(tenant_id=current_tenant(), class_context_id=context_id, started_at=at)
        session().add(row)
        session().flush()
    return _Run(current_tenant(), row.id, platform, items)


class _Run:
    def __init__(self, tenant_id: uuid.UUID, id: uuid.UUID, platform: Platform, items: list[LineItem]) -> None:  # noqa: A002
        self.id = id
        self._tenant_id = tenant_id
        self._platform = platform
        self._items = items

    def go(self, held: Adapters, now: Clock) -> None:
        """Read column by column, each compared in a transaction of its own, and note how it ended."""
        ends, error = time.monotonic() + _MOST_SECONDS, None
        if self._platform.disabled_at is not None:
            error = "This LMS is switched off here."
        services = Services(self._platform, held)
        for done, item in enumerate([] if error else self._items):
            if time.monotonic() > ends:
                error = f"{len(self._items) - done} columns were not reached in time; they come first the next time."
                break
            if error := self._column(item, services, held, now):
                break
        with transaction(self._tenant_id):
            row = session().get_one(Reconciliation, self.id)
            row.finished_at, row.error = now(), error

    def _column(self, item: LineItem, services: Services, held: Adapters, now: Clock) -> str | None:
        """Compare one column; return why the others need not be tried, None where they may."""
        try:
            found = self._read(item, services, held)
        except ServiceError as error:
            is_gone = losing.may_be(error) and losing.is_gone(services, address_of(item))
            return self._unread(item, error, is_gone=is_gone, at=now())
        if found is None:
            return "Scores were being sent to this LMS all the while. The comparison comes again by itself."
        compared, differing = comparing.compare(self._tenant_id, self.id, item, self._platform.id, found, at=now())
        with transaction(self._tenant_id):
            row = session().get_one(Reconciliation, self.id)
            row.columns, row.compared = row.columns + 1, row.compared + compared
            row.differing += differing
            session().get_one(LineItem, item.id).reconciled_at = now()
        return None

    def _read(self, item: LineItem, services: Services, held: Adapters) -> dict[str, Held] | None:
        """Return a column's results; None where the platform takes no more calls side by side just now."""
        ends = time.monotonic() + _PATIENCE_SECONDS
        while True:
            with pump.slot(self._platform, held) as slot:
                if slot is not None:
                    return results.read_all(services, address_of(item))
            if time.monotonic() > ends:
                return None
            time.sleep(0.5)

    def _unread(self, item: LineItem, error: ServiceError, *, is_gone: bool, at: dt.datetime) -> str | None:
        if not is_gone and (isinstance(error, TokenRefused) or error.status_code is None or error.status_code >= 429):
            return f"{error.message} {error.body}".strip()[:500]
        words = "The LMS has no such column any more. The class's columns say what can be done; its scores wait."
        if is_gone:
            with transaction(self._tenant_id):
                losing.lose(item.id, address_of(item), at=at)
        with transaction(self._tenant_id):
            session().add(
                ReconciliationFinding(
                    tenant_id=self._tenant_id,
                    reconciliation_id=self.id,
                    line_item_id=item.id,
                    kind=FindingKind.COLUMN_GONE if is_gone else FindingKind.UNREADABLE,
                    words=words if is_gone else f"{error.message} {error.body}".strip()[:500],
                )
            )
            row = session().get_one(Reconciliation, self.id)
            row.columns, row.differing = row.columns + 1, row.differing + 1
        return None


def reconcile_due(held: Adapters, now: Clock, *, hour: int) -> int:
    """Compare what is due this night, one course after another, and return how many were.

    Parameters
    ----------
    hour
        The hour of the day, in UTC, at which the night's round begins; it goes on for six.
    """
    lock = "lti:reconciling"
    if (now().hour - hour) % 24 >= 6 or not held.kv.put_once(lock, "1", _LOCK_SECONDS):
        return 0
    done, ends = 0, time.monotonic() + _MOST_SECONDS
    try:
        while time.monotonic() < ends and (found := _next_due(at=now())):
            done += 1
            try:
                reconcile(*found, held, now)
            except ReconciliationBusy:
                log.info("course %s is being compared already", found[1])
                break
    finally:
        held.kv.forget(lock)
    return done


def _next_due(*, at: dt.datetime) -> tuple[uuid.UUID, uuid.UUID] | None:
    """Return (tenant, LMS course) of what was left longest."""
    with system_transaction() as opened:
        row = opened.execute(
            sa.select(ClassContext.tenant_id, ClassContext.id)
            .where(sa.or_(ClassContext.reconciled_at.is_(None), ClassContext.reconciled_at < at - AGAIN_AFTER))
            .order_by(ClassContext.reconciled_at.nulls_first(), ClassContext.id)
            .limit(1)
        ).one_or_none()
    return None if row is None else (row[0], row[1])
