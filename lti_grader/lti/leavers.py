"""Scores of those who have left an LMS course: not sent while they are away, and owed again once they are back."""

import datetime as dt
import uuid
from collections.abc import Collection

import sqlalchemy as sa

from lti_grader.core.db import current_tenant, session, transaction
from lti_grader.core.messages import send_after_commit
from lti_grader.gradebook.models import EntryStatus, GradebookEntry
from lti_grader.lti import passback, trail
from lti_grader.lti.board_models import EventKind
from lti_grader.lti.models import DeliveryStatus, LineItem, ScoreDelivery

AWAY = "Not sent: the student has left the LMS course. It follows when they are back."


def hold_scores(tenant_id: uuid.UUID, context_id: uuid.UUID, gone: Collection[uuid.UUID], *, at: dt.datetime) -> None:
    """Keep back what waits to be sent to a course for those who have left it: the LMS would only refuse it."""
    if not gone:
        return
    with transaction(tenant_id):
        for row in _locked(context_id, gone, ScoreDelivery.status == DeliveryStatus.PENDING):
            row.status, row.last_error = DeliveryStatus.EXCLUDED, AWAY
            trail.note(row, EventKind.EXCLUDED, at=at)


def owe_again(tenant_id: uuid.UUID, context_id: uuid.UUID, back: Collection[uuid.UUID], *, at: dt.datetime) -> None:
    """Do as `owe_to`, in a transaction of its own."""
    if back:
        with transaction(tenant_id):
            owe_to(context_id, back, at=at)


def owe_to(context_id: uuid.UUID, back: Collection[uuid.UUID], *, at: dt.datetime) -> None:
    """Owe to a course what was kept back, and what was graded meanwhile, of those who are in it now."""
    kept_back = (ScoreDelivery.status == DeliveryStatus.EXCLUDED, ScoreDelivery.last_error == AWAY)
    for row in _locked(context_id, back, sa.and_(ScoreDelivery.is_newest, *kept_back)):
        row.status, row.last_error, row.tries, row.next_try_at = DeliveryStatus.PENDING, None, 0, at
        trail.note(row, EventKind.QUEUED, at=at, words="The student is back in the LMS course.")
        send_after_commit(passback.TASK, current_tenant(), row.platform_id, queue=passback.QUEUE)
    passback.queue_scores_of(_graded_meanwhile(context_id, back), at=at)


def _locked(
    context_id: uuid.UUID, people: Collection[uuid.UUID], *conditions: sa.ColumnElement[bool]
) -> list[ScoreDelivery]:
    """Return people's deliveries to a course that meet the conditions, for nobody else to change meanwhile."""
    query = (
        sa.select(ScoreDelivery)
        .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
        .where(LineItem.class_context_id == context_id, ScoreDelivery.user_id.in_(people), *conditions)
        .order_by(ScoreDelivery.line_item_id, ScoreDelivery.user_id)
    )
    ids = [one.id for one in session().scalars(query)]
    if not ids:
        return []
    passback.wait_for_all(ids)
    return list(session().scalars(query.execution_options(populate_existing=True)))


def _graded_meanwhile(context_id: uuid.UUID, back: Collection[uuid.UUID]) -> list[GradebookEntry]:
    """Return the scores of these people for items of this course that no delivery carries yet."""
    carried = sa.exists().where(
        ScoreDelivery.line_item_id == LineItem.id,
        ScoreDelivery.user_id == GradebookEntry.student_id,
        ScoreDelivery.revision == GradebookEntry.revision,
    )
    found = session().scalars(
        sa.select(GradebookEntry)
        .join(LineItem, LineItem.content_item_id == GradebookEntry.content_item_id)
        .where(
            LineItem.class_context_id == context_id,
            GradebookEntry.student_id.in_(back),
            GradebookEntry.status.in_([EntryStatus.GRADED, EntryStatus.PENDING]),
            GradebookEntry.revision > 0,
            ~carried,
        )
        .order_by(GradebookEntry.student_id, GradebookEntry.id)
    )
    return list(dict.fromkeys(found))
