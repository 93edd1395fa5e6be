"""The worker's side of what passes between us and the LMSs."""

import datetime as dt
import logging
import uuid

from celery import shared_task

from lti_grader import adapters
from lti_grader.core.messages import send
from lti_grader.lti import passback, posting, roster
from lti_grader.lti.errors import RosterBusy, ServiceError

log = logging.getLogger(__name__)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@shared_task(name="passback.deliver")
def deliver(tenant: str, delivery: str) -> str:
    """Bring one score further on its way."""
    return posting.deliver(uuid.UUID(tenant), uuid.UUID(delivery), adapters.installed(), _now)


@shared_task(name="passback.sweep")
def sweep() -> int:
    """Send out again what is due."""
    late = passback.due(at=_now())
    for tenant_id, delivery_id in late:
        send(passback.TASK, tenant_id, delivery_id, queue=passback.QUEUE)
    return len(late)


@shared_task(name="roster.sync")
def sync_roster(tenant: str, context: str) -> str:
    """Bring a roster up to date."""
    try:
        synced = roster.sync(uuid.UUID(tenant), uuid.UUID(context), adapters.installed(), at=_now())
    except ServiceError as error:
        log.warning("roster of %s not read: %s %s", context, error, error.body)
        return "failed"
    except RosterBusy:
        return "busy"
    return str(synced)
