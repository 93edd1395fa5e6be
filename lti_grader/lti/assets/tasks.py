"""The worker's side of files that come from the LMS."""

import datetime as dt
import uuid

from celery import shared_task

from lti_grader import adapters
from lti_grader.core.messages import send
from lti_grader.lti import owed
from lti_grader.lti.asset_models import AssetReport, AssetStatus, LtiAsset, ReportStatus
from lti_grader.lti.assets import fetching, reporting, taking_in


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@shared_task(name=taking_in.FETCH)
def fetch(tenant: str, asset: str) -> str:
    """Fetch a file."""
    return fetching.fetch(uuid.UUID(tenant), uuid.UUID(asset), adapters.installed(), at=_now())


@shared_task(name=reporting.TASK)
def report(tenant: str, row: str) -> str:
    """Tell the LMS what became of one."""
    return reporting.send(uuid.UUID(tenant), uuid.UUID(row), adapters.installed(), at=_now())


@shared_task(name="assets.sweep")
def sweep() -> int:
    """Send out again what is owed and due."""
    files = owed.due(LtiAsset, LtiAsset.status == AssetStatus.OWED, at=_now())
    reports = owed.due(AssetReport, AssetReport.status == ReportStatus.OWED, at=_now())
    for tenant_id, row_id in files:
        send(taking_in.FETCH, tenant_id, row_id, queue=taking_in.QUEUE)
    for tenant_id, row_id in reports:
        send(reporting.TASK, tenant_id, row_id, queue=reporting.QUEUE)
    return len(files) + len(reports)
