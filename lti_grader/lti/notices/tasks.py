"""The worker's side of notices."""

import datetime as dt
import uuid

from celery import shared_task

from lti_grader import adapters
from lti_grader.core.messages import send
from lti_grader.lti.notices import handling, receiving, subscribing


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@shared_task(name=subscribing.TASK)
def subscribe(tenant: str, row: str) -> str:
    """Ask a platform for one kind of notice."""
    return subscribing.subscribe(uuid.UUID(tenant), uuid.UUID(row), adapters.installed(), at=_now())


@shared_task(name=receiving.TASK)
def handle(tenant: str, row: str) -> str:
    """Do what follows from a notice."""
    return handling.handle(uuid.UUID(tenant), uuid.UUID(row), at=_now())


@shared_task(name="notices.sweep")
def sweep() -> int:
    """Send out again what is owed and due."""
    late = handling.due(at=_now())
    for task, queue, tenant_id, row_id in late:
        send(task, tenant_id, row_id, queue=queue)
    return len(late)
