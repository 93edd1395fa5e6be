"""The worker's side of files of whole classes."""

import datetime as dt
import uuid

from celery import shared_task

from lti_grader import adapters
from lti_grader.core.messages import send
from lti_grader.transfer import exporting


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@shared_task(name=exporting.TASK)
def export(tenant: str, row: str) -> str:
    """Make a file of a class that is owed."""
    return exporting.carry_out(uuid.UUID(tenant), uuid.UUID(row), _now, adapters.installed().blobs)


@shared_task(name="transfer.sweep")
def sweep() -> int:
    """Send out again what is owed."""
    found = exporting.due(at=_now())
    for tenant_id, row_id in found:
        send(exporting.TASK, tenant_id, row_id, queue=exporting.QUEUE)
    return len(found)


@shared_task(name="transfer.remove_old")
def remove_old() -> int:
    """Take away files whose time is over."""
    return exporting.remove_old(adapters.installed().blobs, at=_now())
