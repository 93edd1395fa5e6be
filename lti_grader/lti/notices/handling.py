"""What follows from a notice: one function a kind, run once, in one transaction with the mark that it was."""

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Mapping

import sqlalchemy as sa

from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.core.errors import GraderError
from lti_grader.lti import claims as c
from lti_grader.lti.answers import back_off
from lti_grader.lti.errors import CannotActYet
from lti_grader.lti.notice_models import Notice, NoticeSubscription, SubscriptionStatus
from lti_grader.lti.notices import receiving, subscribing

log = logging.getLogger(__name__)

Handle = Callable[[Notice, dt.datetime], None]


def handle(tenant_id: uuid.UUID, row_id: uuid.UUID, *, at: dt.datetime) -> str:
    """Do what follows from a notice; done twice it is done once."""
    with transaction(tenant_id):
        if not _claim(row_id, at):
            return "not owed"
    try:
        with transaction(tenant_id):
            notice = session().get_one(Notice, row_id, with_for_update=True)
            if notice.handled_at is not None:
                return "not owed"
            act = HANDLERS.get(notice.type)
            if act is None:
                notice.error = "This tool does nothing with notices of this kind."
            else:
                act(notice, at)
                notice.error = None
            notice.handled_at = at
        return "handled"
    except GraderError as error:
        log.warning("notice %s is put off: %s", row_id, error)
        with transaction(tenant_id):
            session().get_one(Notice, row_id).error = error.message
        return "put off"


def _claim(row_id: uuid.UUID, at: dt.datetime) -> bool:
    """Take up what is due, and put it off for everybody else; a worker that dies leaves it to the next sweep."""
    row = session().scalar(
        sa.select(Notice)
        .where(Notice.id == row_id, Notice.handled_at.is_(None), Notice.next_try_at <= at)
        .with_for_update(skip_locked=True)
    )
    if row is None:
        return False
    row.tries += 1
    row.next_try_at = at + dt.timedelta(seconds=max(30.0, back_off(row.tries)))
    return True


def due(*, at: dt.datetime, most: int = 500) -> list[tuple[str, str, uuid.UUID, uuid.UUID]]:
    """Return (task, queue, tenant, row) of every notice and subscription that is owed and due."""
    found: list[tuple[str, str, uuid.UUID, uuid.UUID]] = []
    with system_transaction() as opened:
        for task, queue, table, is_owed in (
            (receiving.TASK, receiving.QUEUE, Notice, Notice.handled_at.is_(None)),
            (
                subscribing.TASK,
                subscribing.QUEUE,
                NoticeSubscription,
                NoticeSubscription.status == SubscriptionStatus.OWED,
            ),
        ):
            rows = opened.execute(
                sa.select(table.tenant_id, table.id)
                .where(is_owed, table.next_try_at <= at)
                .order_by(table.next_try_at)
                .limit(most)
            )
            found += [(task, queue, tenant, row) for tenant, row in rows]
    return found


def _hello(notice: Notice, at: dt.datetime) -> None:
    """Canvas says hello when it is asked to; that it was heard is all that there is to know."""


def _copied(notice: Notice, at: dt.datetime) -> None:
    """A course was copied: kept until this tool can make the copy's class."""
    raise CannotActYet("A course was copied, and this version of the tool cannot act on that yet: the notice is kept.")


HANDLERS: Mapping[str, Handle] = {c.HELLO_WORLD: _hello, c.CONTEXT_COPY: _copied}
