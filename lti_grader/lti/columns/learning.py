"""Columns as launches bring them."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.assignments.models import Assignment
from lti_grader.core.db import session
from lti_grader.lti import passback
from lti_grader.lti.columns import asking
from lti_grader.lti.models import ColumnState, LineItem, ResourceLink, ScoreDelivery


def fill_column(link: ResourceLink, *, at: dt.datetime) -> None:
    """Let the column of a link, where it has one, show the scores of the assignment behind it."""
    if link.assignment_id is None or link.line_item_url is None:
        return
    session().flush()
    assignment = session().get_one(Assignment, link.assignment_id)
    if not _is_known(link) and (_awaited(link, at) or _lost(link, at)):
        return
    made = session().scalar(
        insert(LineItem)
        .values(url=link.line_item_url, **asking.described(link.class_context_id, assignment))
        .on_conflict_do_nothing(index_elements=["url"])
        .returning(LineItem.id)
    ) or _turned(link, assignment)
    if made is not None:
        passback.queue_known_scores(made, at=at)


def _is_known(link: ResourceLink) -> bool:
    return session().scalar(sa.select(LineItem.id).where(LineItem.url == link.line_item_url)) is not None


def _awaited(link: ResourceLink, at: dt.datetime) -> bool:
    """Let a column that was asked for, and is nowhere yet, be the one that the launch brings; its scores are owed already."""
    found = session().scalar(
        sa.update(LineItem)
        .where(*_same(link), LineItem.url.is_(None))
        .values(
            url=link.line_item_url, state=ColumnState.OK, tries=0, next_try_at=at, last_error=None, last_answer=None
        )
        .returning(LineItem.id)
    )
    if found is not None:
        asking.send_scores(link.class_context_id)
    return found is not None


def _lost(link: ResourceLink, at: dt.datetime) -> bool:
    """Have a column looked for that was lost, now that the item was placed anew; whoever finds it owes it all scores."""
    lost = session().scalar(
        sa.select(LineItem.id)
        .where(*_same(link), LineItem.state.in_([ColumnState.MISSING, ColumnState.REFUSED]))
        .order_by(LineItem.id)
        .limit(1)
    )
    if lost is not None:
        asking.owe(lost, ColumnState.ASKED, at=at)
    return lost is not None


def _same(link: ResourceLink) -> tuple[sa.ColumnElement[bool], ...]:
    return (LineItem.class_context_id == link.class_context_id, LineItem.content_item_id == link.assignment_id)


def _turned(link: ResourceLink, assignment: Assignment) -> uuid.UUID | None:
    """Let a column that shows another assignment show this one; one with scores stays what it is."""
    return session().scalar(
        sa.update(LineItem)
        .where(
            LineItem.url == link.line_item_url,
            LineItem.class_context_id == link.class_context_id,
            LineItem.content_item_id != assignment.id,
            ~sa.exists().where(ScoreDelivery.line_item_id == LineItem.id),
        )
        .values(content_item_id=assignment.id, label=assignment.title, resource_id=str(assignment.id))
        .returning(LineItem.id)
    )
