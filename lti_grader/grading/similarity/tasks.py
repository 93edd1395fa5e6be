"""The worker's side of reports on similarity."""

import datetime as dt
import uuid

from celery import shared_task

from lti_grader import adapters
from lti_grader.core.messages import send
from lti_grader.grading.similarity import reports


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@shared_task(name=reports.TASK)
def compare(tenant: str, report: str) -> str:
    """Compare what was submitted to a problem."""
    return reports.carry_out(uuid.UUID(tenant), uuid.UUID(report), adapters.installed().blobs, _now)


@shared_task(name="similarity.sweep")
def sweep() -> int:
    """Send again the reports that no worker has in hand."""
    found = reports.due(at=_now())
    for tenant_id, report_id in found:
        send(reports.TASK, tenant_id, report_id, queue=reports.QUEUE, priority=reports.PRIORITY)
    return len(found)
