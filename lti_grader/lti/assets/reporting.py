"""Telling the LMS what became of a file (Asset Report Service): the newest report of each is owed until it is taken."""

import dataclasses
import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa

from lti_grader.adapters import Adapters
from lti_grader.core.db import current_tenant, session, transaction
from lti_grader.core.messages import send_after_commit
from lti_grader.core.owed import back_off
from lti_grader.lti import claims as c
from lti_grader.lti import owed
from lti_grader.lti.asset_models import AssetActivity, AssetReport, LtiAsset, ReportStatus
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.http import is_safe_url
from lti_grader.lti.models import ClassContext, Deployment, Platform
from lti_grader.lti.tokens import Services

TASK, QUEUE = "assets.report", "passback"
TYPE = "lti_grader"
"""Our one type of report: a new one of it takes the place of the last."""


@dataclasses.dataclass(frozen=True)
class Said:
    """What a report says."""

    progress: str
    comment: str
    error_code: str | None = None


RECEIVED = Said("PendingManual", "Received and kept. It waits for a person to look at it.")


def failed(code: str, words: str) -> Said:
    """Return the report of a file that could not be taken; `code` is one of the standard's."""
    return Said("Failed", words, code)


def owe(asset: LtiAsset, said: Said, *, at: dt.datetime) -> None:
    """Owe a report; what was said before and is not sent yet is not sent any more."""
    if asset.report_url is None or not is_safe_url(asset.report_url):
        return
    newest = session().scalar(
        sa.select(AssetReport)
        .where(AssetReport.asset_id == asset.id)
        .order_by(AssetReport.number.desc())
        .limit(1)
        .with_for_update()
    )
    if newest is not None and newest.status == ReportStatus.OWED:
        newest.status = ReportStatus.SUPERSEDED
    report = AssetReport(
        tenant_id=current_tenant(),
        asset_id=asset.id,
        number=newest.number + 1 if newest else 1,
        progress=said.progress,
        error_code=said.error_code,
        comment=said.comment,
        timestamp=max(at, newest.timestamp + dt.timedelta(milliseconds=1)) if newest else at,
        next_try_at=at,
    )
    session().add(report)
    session().flush()
    send_after_commit(TASK, current_tenant(), report.id, queue=QUEUE)


def as_json(report: AssetReport, asset_id: str) -> dict[str, Any]:
    """Return a report as the service takes it."""
    shown: dict[str, Any] = {
        "assetId": asset_id,
        "type": TYPE,
        "timestamp": report.timestamp.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "title": "lti_grader",
        "comment": report.comment,
        "priority": 0 if report.error_code is None else 3,
        "processingProgress": report.progress,
    }
    if report.error_code is not None:
        shown["errorCode"] = report.error_code
    return shown


def send(tenant_id: uuid.UUID, report_id: uuid.UUID, held: Adapters, *, at: dt.datetime) -> str:
    """Send a report that is owed; sent twice it counts once, for it carries the same time."""
    with transaction(tenant_id):
        report = owed.claim(AssetReport, report_id, AssetReport.status == ReportStatus.OWED, at=at)
        if report is None:
            return "not owed"
        asset = session().get_one(LtiAsset, report.asset_id)
        platform, url, body = platform_of(asset), asset.report_url or "", as_json(report, asset.asset_id)
    error: ServiceError | None = None
    try:
        owed.require_enabled(platform)
        Services(platform, held).call("POST", url, [c.ASSET_REPORT_SCOPE], json=body, headers={"Accept": "*/*"})
    except ServiceError as refused:
        error = refused
    with transaction(tenant_id):
        row = session().get_one(AssetReport, report_id, with_for_update=True)
        _record(row, error, at)
        return row.status


def platform_of(asset: LtiAsset) -> Platform:
    """Return the platform that a file comes from."""
    return (
        session()
        .scalars(
            sa.select(Platform)
            .join(Deployment, Deployment.platform_id == Platform.id)
            .join(ClassContext, ClassContext.deployment_id == Deployment.id)
            .join(AssetActivity, AssetActivity.class_context_id == ClassContext.id)
            .where(AssetActivity.id == asset.activity_id)
        )
        .one()
    )


def _record(row: AssetReport, error: ServiceError | None, at: dt.datetime) -> None:
    if error is None:
        row.status, row.sent_at, row.last_error, row.last_answer = ReportStatus.SENT, at, None, None
        return
    row.last_error, row.last_answer = error.message, error.body[:1000] or None
    if row.status != ReportStatus.OWED:
        return
    if error.status_code == 409:
        row.status = ReportStatus.SUPERSEDED
    elif owed.is_final(error):
        row.status = ReportStatus.REFUSED
    else:
        row.next_try_at = at + dt.timedelta(seconds=error.retry_after or back_off(row.tries))
