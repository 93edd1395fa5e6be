"""Asking a platform for notices (Platform Notification Service 1.0, section 3): owed by a row, done by a task."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.adapters import Adapters
from lti_grader.core.db import current_tenant, session, transaction
from lti_grader.core.ids import new_id
from lti_grader.core.messages import send_after_commit
from lti_grader.core.owed import back_off
from lti_grader.lti import claims as c
from lti_grader.lti import owed
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.http import is_safe_url
from lti_grader.lti.models import ClassContext, Deployment, Platform
from lti_grader.lti.notice_models import NoticeSubscription, SubscriptionStatus
from lti_grader.lti.tokens import Services

TASK, QUEUE = "notices.subscribe", "passback"
PATH = "/lti/notices"
BATCH = 50
"""Notices that a platform may send at once; Canvas takes no number below 10."""
_AGAIN_AFTER = dt.timedelta(days=1)


def owe(claims: Mapping[str, Any], context_id: uuid.UUID, public_url: str, *, at: dt.datetime) -> None:
    """Owe, after a launch, each subscription that its platform offers and does not hold yet.

    Parameters
    ----------
    claims
        A verified launch.
    context_id
        The row of the course that it came from.
    public_url
        The tool's own address, where notices should go.
    """
    service = claims.get(c.NOTICE_SERVICE)
    url = c.address(service.get("platform_notification_service_url")) if isinstance(service, dict) else None
    if not isinstance(service, dict) or url is None or not is_safe_url(url) or not _is_granted(service):
        return
    offered = service.get("notice_types_supported")
    wanted = [kind for kind in c.NOTICE_TYPES if isinstance(offered, list) and kind in offered]
    if not wanted:
        return
    deployment_id = session().get_one(ClassContext, context_id).deployment_id
    known = {
        row.notice_type: row
        for row in session().scalars(
            sa.select(NoticeSubscription).where(NoticeSubscription.deployment_id == deployment_id)
        )
    }
    handler = public_url + PATH
    for kind in wanted:
        if kind not in known or _is_stale(known[kind], url, handler, at):
            _owe_one(deployment_id, kind, url, handler, at)


def _is_granted(service: Mapping[str, Any]) -> bool:
    scopes = service.get("scope")
    return not isinstance(scopes, list) or c.NOTICE_HANDLERS in scopes


def _is_stale(row: NoticeSubscription, url: str, handler: str, at: dt.datetime) -> bool:
    if (row.service_url, row.handler_url) != (url, handler):
        return True
    return row.status == SubscriptionStatus.REFUSED and row.next_try_at <= at


def _owe_one(deployment_id: uuid.UUID, kind: str, url: str, handler: str, at: dt.datetime) -> None:
    values = {
        "service_url": url, "handler_url": handler, "status": SubscriptionStatus.OWED, "tries": 0, "next_try_at": at,
    }  # fmt: skip
    row_id = (
        session()
        .scalars(
            insert(NoticeSubscription)
            .values(id=new_id(), tenant_id=current_tenant(), deployment_id=deployment_id, notice_type=kind, **values)
            .on_conflict_do_update(index_elements=["deployment_id", "notice_type"], set_=values)
            .returning(NoticeSubscription.id)
        )
        .one()
    )
    send_after_commit(TASK, current_tenant(), row_id, queue=QUEUE)


def subscribe(tenant_id: uuid.UUID, row_id: uuid.UUID, held: Adapters, *, at: dt.datetime) -> str:
    """Ask a platform for one kind of notice; asking twice does no harm."""
    with transaction(tenant_id):
        row = owed.claim(NoticeSubscription, row_id, NoticeSubscription.status == SubscriptionStatus.OWED, at=at)
        if row is None:
            return "not owed"
        platform = (
            session().scalars(sa.select(Platform).join(Deployment).where(Deployment.id == row.deployment_id)).one()
        )
        asked, url = (row.service_url, row.handler_url), row.service_url
        wish = {"notice_type": row.notice_type, "handler": row.handler_url, "max_batch_size": BATCH}
    error: ServiceError | None = None
    try:
        owed.require_enabled(platform)
        Services(platform, held).call(
            "PUT", url, [c.NOTICE_HANDLERS], json=wish, headers={"Accept": "application/json"}
        )
    except ServiceError as refused:
        error = refused
    with transaction(tenant_id):
        return _record(session().get_one(NoticeSubscription, row_id, with_for_update=True), asked, error, at)


def _record(
    row: NoticeSubscription, asked: tuple[str, str], error: ServiceError | None, at: dt.datetime
) -> SubscriptionStatus:
    if (row.service_url, row.handler_url) != asked:
        # A launch has brought other addresses meanwhile: these are owed now.
        return SubscriptionStatus.OWED
    if error is None:
        row.status, row.registered_at = SubscriptionStatus.REGISTERED, at
        row.last_error = row.last_answer = None
        return SubscriptionStatus.REGISTERED
    row.last_error, row.last_answer = error.message, error.body[:1000] or None
    if owed.is_final(error):
        row.status, row.next_try_at = SubscriptionStatus.REFUSED, at + _AGAIN_AFTER
    else:
        row.next_try_at = at + dt.timedelta(seconds=error.retry_after or back_off(row.tries))
    return SubscriptionStatus(row.status)
