"""The worker's side of the gradebook."""

import datetime as dt
import uuid

from celery import shared_task

from lti_grader.core.db import transaction
from lti_grader.core.messages import send
from lti_grader.gradebook import rescoring
from lti_grader.gradebook.regrades import applying, judging


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@shared_task(name=rescoring.TASK)
def rescore(tenant: str, change: str) -> str:
    """Work out anew the marks that were given before the points were changed."""
    return str(rescoring.carry_out(uuid.UUID(tenant), uuid.UUID(change), _now))


@shared_task(name=applying.TASK)
def apply_regrade(tenant: str, regrade: str) -> str:
    """Let the results of a regrade count."""
    return str(applying.carry_out(uuid.UUID(tenant), uuid.UUID(regrade), _now))


@shared_task(name="gradebook.sweep")
def sweep() -> int:
    """Send out again what is owed: marks after a change of points, regrades to be applied, and their judgings."""
    changes, regrades, unsent = rescoring.due(at=_now()), applying.due(at=_now()), judging.unsent()
    for tenant_id, change_id in changes:
        send(rescoring.TASK, tenant_id, change_id, queue=rescoring.QUEUE)
    for tenant_id, regrade_id in regrades:
        send(applying.TASK, tenant_id, regrade_id, queue=applying.QUEUE)
    for tenant_id, regrade_id in unsent:
        with transaction(tenant_id):
            judging.feed(judging.locked(regrade_id), at=_now())
    return len(changes) + len(regrades) + len(unsent)
