"""The worker's side of telling people."""

import datetime as dt
import logging
import uuid

from celery import shared_task

from lti_grader.adapters.mail import MailUnavailable
from lti_grader.core.messages import send
from lti_grader.notifications import due_soon, mailing, marks

log = logging.getLogger(__name__)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@shared_task(name=marks.TASK)
def tell_marks(tenant: str, row: str) -> str:
    """Tell students of an assignment's marks, which are out."""
    return str(marks.carry_out(uuid.UUID(tenant), uuid.UUID(row), _now))


@shared_task(name="notifications.due_soon")
def tell_of_due_dates() -> int:
    """Tell those who have not handed in what is due within a day."""
    return due_soon.tell_everywhere(at=_now())


@shared_task(name="notifications.mail")
def send_mails() -> str:
    """Gather the e-mails that are due, and send what is owed."""
    made = mailing.gather(at=_now())
    try:
        return f"{made} made, {mailing.send_due(_now)} sent"
    except MailUnavailable as down:
        log.warning("%s", down.message)
        return f"{made} made; no mail server"


@shared_task(name="notifications.sweep")
def sweep() -> int:
    """Send out again what is owed."""
    found = marks.due(at=_now())
    for tenant_id, row_id in found:
        send(marks.TASK, tenant_id, row_id, queue=marks.QUEUE)
    return len(found)
