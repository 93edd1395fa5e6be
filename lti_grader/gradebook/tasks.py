"""The worker's side of the gradebook."""

import datetime as dt
import uuid

from celery import shared_task

from lti_grader.assignments.models import PointsChange
from lti_grader.core.db import transaction
from lti_grader.core.messages import send
from lti_grader.gradebook import rescoring
from lti_grader.gradebook.models import Rescoring
from lti_grader.gradebook.regrades import applying, judging


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@shared_task(name=rescoring.TASKS[PointsChange])
def rescore(tenant: str, change: str) -> str:
    """Work out anew the marks that were given before the points were changed."""
    return str(rescoring.carry_out(uuid.UUID(tenant), uuid.UUID(change), _now))


@shared_task(name=rescoring.TASKS[Rescoring])
def rescore_late(tenant: str, row: str) -> str:
    """Work out anew the marks that were given before other work of their assignment was late."""
    return str(rescoring.carry_out(uuid.UUID(tenant), uuid.UUID(row), _now, kind=Rescoring))


@shared_task(name=applying.TASK)
def apply_regrade(tenant: str, regrade: str) -> str:
    """Let the results of a regrade count."""
    return str(applying.carry_out(uuid.UUID(tenant), uuid.UUID(regrade), _now))


@shared_task(name="gradebook.sweep")
def sweep() -> int:
    """Send out again what is owed: marks to be worked out anew, regrades to be applied, and their judgings."""
    changes = [(task, *one) for kind, task in rescoring.TASKS.items() for one in rescoring.due(kind, at=_now())]
    regrades, unsent = applying.due(at=_now()), judging.unsent()
    for task, tenant_id, row_id in changes:
        send(task, tenant_id, row_id, queue=rescoring.QUEUE)
    for tenant_id, regrade_id in regrades:
        send(applying.TASK, tenant_id, regrade_id, queue=applying.QUEUE)
    for tenant_id, regrade_id in unsent:
        with transaction(tenant_id):
            judging.feed(judging.locked(regrade_id), at=_now())
    return len(changes) + len(regrades) + len(unsent)
