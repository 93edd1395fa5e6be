"""What follows from a notice: one function a kind, run once, in one transaction with the mark that it was."""

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Mapping

from lti_grader.core.db import session, transaction
from lti_grader.core.errors import GraderError
from lti_grader.lti import claims as c
from lti_grader.lti import course_copy, owed
from lti_grader.lti.assets import taking_in
from lti_grader.lti.errors import NoticeUnusable
from lti_grader.lti.notice_models import Notice, NoticeSubscription, SubscriptionStatus
from lti_grader.lti.notices import courses, receiving, subscribing

log = logging.getLogger(__name__)

IS_OWED = Notice.handled_at.is_(None)
Handle = Callable[[Notice, dt.datetime], None]


def handle(tenant_id: uuid.UUID, row_id: uuid.UUID, *, at: dt.datetime) -> str:
    """Do what follows from a notice; done twice it is done once."""
    with transaction(tenant_id):
        if owed.claim(Notice, row_id, IS_OWED, at=at, seconds=30) is None:
            return "not owed"
    try:
        with transaction(tenant_id):
            notice = session().get_one(Notice, row_id, with_for_update=True)
            if notice.handled_at is not None:
                return "not owed"
            notice.error = _act(notice, at)
            notice.handled_at = at
        return "handled"
    except GraderError as error:
        log.warning("notice %s is put off: %s", row_id, error)
        with transaction(tenant_id):
            session().get_one(Notice, row_id).error = error.message
        return "put off"


def _act(notice: Notice, at: dt.datetime) -> str | None:
    """Do it; return why nothing will ever come of it, None where all is done."""
    act = HANDLERS.get(notice.type)
    if act is None:
        return "This tool does nothing with notices of this kind."
    try:
        with session().begin_nested():
            act(notice, at)
    except NoticeUnusable as error:
        return error.message
    return None


def due(*, at: dt.datetime) -> list[tuple[str, str, uuid.UUID, uuid.UUID]]:
    """Return (task, queue, tenant, row) of every notice and subscription that is owed and due."""
    notices = owed.due(Notice, IS_OWED, at=at)
    asks = owed.due(NoticeSubscription, NoticeSubscription.status == SubscriptionStatus.OWED, at=at)
    return [(receiving.TASK, receiving.QUEUE, *one) for one in notices] + [
        (subscribing.TASK, subscribing.QUEUE, *one) for one in asks
    ]


def _hello(notice: Notice, at: dt.datetime) -> None:
    """Canvas says hello when it is asked to; that it was heard is all that there is to know."""


def _copied(notice: Notice, at: dt.datetime) -> None:
    """A course was copied: its links may open copies of what stands in the classes that it came from."""
    context = courses.course_of(notice)
    origins = notice.payload.get(c.ORIGIN_CONTEXTS)
    if not isinstance(origins, list) or not origins:
        raise NoticeUnusable("The LMS does not say which course it was copied from.")
    if course_copy.copy_context(context, origins, at=at) is None:
        raise NoticeUnusable("None of the courses that it was copied from is known here.")


HANDLERS: Mapping[str, Handle] = {
    c.HELLO_WORLD: _hello,
    c.CONTEXT_COPY: _copied,
    c.SUBMISSION_NOTICE: taking_in.take_in,
}
