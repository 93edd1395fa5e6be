"""The worker's side of what passes between us and the LMSs."""

import datetime as dt
import logging
import uuid
from collections.abc import Callable

from celery import shared_task

from lti_grader import adapters
from lti_grader.core.db import system_transaction
from lti_grader.core.messages import send
from lti_grader.lti import keys, passback, pump, reconciliation, releases, roster, roster_schedule
from lti_grader.lti.columns import asking, jobs, tending
from lti_grader.lti.errors import ReconciliationBusy, RosterBusy, ServiceError

log = logging.getLogger(__name__)

_WORTH_ANOTHER, _MOST_PUMPS = 10, 8


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@shared_task(name="passback.pump")
def pump_scores(tenant: str, platform: str) -> str:
    """Bring a platform's due scores further on their way."""
    tenant_id, platform_id = uuid.UUID(tenant), uuid.UUID(platform)
    done = pump.pump(tenant_id, platform_id, adapters.installed(), _now)
    if done.has_more:
        # Behind whatever else waits in the queue: no platform keeps the others from their turn.
        send(passback.TASK, tenant_id, platform_id, queue=passback.QUEUE)
    return f"{done.carried}{' busy' if done.is_busy else ''}"


@shared_task(name="scores.reconcile")
def reconcile(tenant: str, context: str, run: str | None = None) -> str:
    """Compare an LMS course's columns with what we believe they hold."""
    tenant_id, context_id, run_id = uuid.UUID(tenant), uuid.UUID(context), uuid.UUID(run) if run else None
    try:
        done = reconciliation.reconcile(tenant_id, context_id, adapters.installed(), _now, run_id=run_id)
    except ReconciliationBusy:
        return "busy"
    return str(done)


@shared_task(name="scores.reconcile_due")
def reconcile_due() -> int:
    """Do the night's comparisons, one after another, so that scores and rosters find workers all the while."""
    held = adapters.installed()
    return reconciliation.reconcile_due(held, _now, hour=held.settings.reconcile_hour)


@shared_task(name="passback.sweep")
def sweep() -> int:
    """Send out again what is due."""
    late = passback.due(at=_now())
    for tenant_id, platform_id, many in late:
        # More than one where there is work for several; a platform's slots decide how many get to it.
        for _ in range(min(1 + many // _WORTH_ANOTHER, _MOST_PUMPS)):
            send(passback.TASK, tenant_id, platform_id, queue=passback.QUEUE)
    return len(late)


@shared_task(name=asking.TASK)
def tend_column(tenant: str, column: str) -> str:
    """Bring about what is owed to a column of an LMS's gradebook."""
    return tending.tend(uuid.UUID(tenant), uuid.UUID(column), adapters.installed(), _now)


@shared_task(name="columns.sweep")
def sweep_columns() -> int:
    """Send out again what is owed to columns and due."""
    found = jobs.due(at=_now())
    for tenant_id, column_id in found:
        send(asking.TASK, tenant_id, column_id, queue=asking.QUEUE)
    return len(found)


@shared_task(name=releases.TASK)
def release(tenant: str, row: str) -> str:
    """Owe to the LMS what waited for a release."""
    return str(releases.carry_out(uuid.UUID(tenant), uuid.UUID(row), _now))


@shared_task(name="scores.release_due")
def release_due() -> int:
    """Send out the releases whose time has come."""
    found = releases.due(at=_now())
    for tenant_id, row_id in found:
        send(releases.TASK, tenant_id, row_id, queue=releases.QUEUE)
    return len(found)


@shared_task(name="roster.sync")
def sync_roster(tenant: str, context: str) -> str:
    """Bring a roster up to date, on a person's word."""
    return _roster(lambda: str(roster.sync(uuid.UUID(tenant), uuid.UUID(context), adapters.installed(), at=_now())))


@shared_task(name="roster.sync_for_launch")
def sync_roster_for_launch(tenant: str, context: str) -> str:
    """Bring a roster up to date because somebody launched."""
    if roster_schedule.failed_lately(uuid.UUID(tenant), uuid.UUID(context), at=_now()):
        return "failed lately"
    return str(sync_roster(tenant, context))


@shared_task(name="roster.sync_if_due")
def sync_roster_if_due(tenant: str, context: str) -> str:
    """Bring a roster up to date because its time has come."""
    return _roster(
        lambda: roster_schedule.sync_if_due(uuid.UUID(tenant), uuid.UUID(context), adapters.installed(), at=_now())
    )


@shared_task(name="roster.sweep")
def sweep_rosters() -> int:
    """Send out the rosters whose time has come."""
    found = roster_schedule.due(at=_now())
    for tenant_id, context_id in found:
        send("roster.sync_if_due", tenant_id, context_id, queue=passback.QUEUE, priority=9)
    return len(found)


def _roster(read: Callable[[], str]) -> str:
    try:
        return read()
    except ServiceError as error:
        log.warning("roster not read: %s %s", error, error.body)
        return "failed"
    except RosterBusy:
        return "busy"


@shared_task(name="keys.tend")
def tend_keys() -> str:
    """Keep our signing keys in order."""
    with system_transaction():
        return str(keys.tend(at=_now()))
