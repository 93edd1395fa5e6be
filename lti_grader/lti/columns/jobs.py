"""What is owed to a column, taken in hand for as long as a lease lasts."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment
from lti_grader.core.db import session, system_transaction
from lti_grader.lti import claims as c
from lti_grader.lti.answers import Answer, Meaning
from lti_grader.lti.columns.finding import Wanted
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.models import ClassContext, ColumnState, Deployment, LineItem, Platform, ResourceLink

OWED = (ColumnState.ASKED, ColumnState.CHANGED, ColumnState.MISSING)
# An outage says nothing about a column, so that tries are not counted while it lasts; after this it is a person's matter.
_LONGEST_OUTAGE = dt.timedelta(days=7)
_HOUR = 3600.0


@dataclasses.dataclass(frozen=True)
class Job:
    """A column taken in hand, with all that the calls for it take; it holds no transaction."""

    id: uuid.UUID
    tenant_id: uuid.UUID
    platform: Platform
    state: str
    tries: int
    ends_at: dt.datetime
    """When the lease ends: nothing new is begun that could last longer."""
    url: str | None
    columns_url: str | None
    scopes: Sequence[str]
    """With what a column is read there."""
    may_write: bool
    told: tuple[str, Decimal]
    """The title and the maximum that the LMS was last told."""
    ours: tuple[str, Decimal]
    wanted: Wanted
    link_id: str | None
    """How the LMS calls a link that opens the assignment, where it has one."""


def due(*, at: dt.datetime, most: int = 500) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Return (tenant, column) of those that something is owed to and due, the longest due first."""
    with system_transaction() as opened:
        rows = opened.execute(
            sa.select(LineItem.tenant_id, LineItem.id)
            .where(LineItem.state.in_(OWED), LineItem.next_try_at <= at)
            .order_by(LineItem.next_try_at)
            .limit(most)
        )
        return [(tenant, column) for tenant, column in rows]


def claim(column_id: uuid.UUID, *, at: dt.datetime, lease: dt.timedelta) -> Job | None:
    """Take a column in hand; None where nothing is owed to it now, or somebody has it."""
    row = session().scalar(
        sa.select(LineItem)
        .where(LineItem.id == column_id, LineItem.state.in_(OWED), LineItem.next_try_at <= at)
        .with_for_update(skip_locked=True, key_share=True)
    )
    if row is None:
        return None
    context = session().get_one(ClassContext, row.class_context_id)
    platform = session().scalars(sa.select(Platform).join(Deployment).where(Deployment.id == context.deployment_id))
    row.tries += 1
    row.next_try_at = at + lease
    assignment = session().get_one(Assignment, row.content_item_id)
    wanted = _wanted(row)
    return Job(
        id=row.id,
        tenant_id=row.tenant_id,
        platform=platform.one(),
        state=row.state,
        tries=row.tries,
        ends_at=row.next_try_at,
        url=row.url,
        columns_url=context.line_items_url,
        scopes=[c.LINE_ITEM_READ if c.LINE_ITEM not in context.ags_scopes else c.LINE_ITEM],
        may_write=c.LINE_ITEM in context.ags_scopes,
        told=(row.label, row.score_maximum),
        ours=(assignment.title, assignment.points_total or Decimal(1)),
        wanted=wanted,
        link_id=min(wanted.link_ids, default=None),
    )


def _wanted(row: LineItem) -> Wanted:
    links = (
        session()
        .scalars(
            sa.select(ResourceLink)
            .where(
                ResourceLink.class_context_id == row.class_context_id, ResourceLink.assignment_id == row.content_item_id
            )
            .order_by(ResourceLink.created_at.desc())
        )
        .all()
    )
    taken = session().scalars(
        sa.select(LineItem.url).where(
            LineItem.class_context_id == row.class_context_id, LineItem.id != row.id, LineItem.url.is_not(None)
        )
    )
    return Wanted(
        resource_id=str(row.content_item_id),
        link_ids=frozenset(one.resource_link_id for one in links),
        link_urls=[one.line_item_url for one in links if one.line_item_url is not None],
        taken=frozenset(url for url in taken if url is not None),
    )


def mine(job: Job) -> LineItem | None:
    """Return the column's row, locked, if it is still in the hands of this job: what another found since stands."""
    row = session().scalar(sa.select(LineItem).where(LineItem.id == job.id).with_for_update())
    return row if row is not None and row.state == job.state and row.tries == job.tries else None


def note_answer(job: Job, answer: Answer, error: ServiceError, *, most_tries: int, at: dt.datetime) -> str:
    """Note that the LMS did not do what was asked: it is tried again, or is a matter for a person."""
    row = mine(job)
    if row is None:
        return "not owed"
    row.last_error = answer.words
    row.last_answer = f"{error.status_code or ''} {error.body or error.message}".strip()[:2000]
    if row.state == ColumnState.MISSING:
        row.next_try_at = at + again_after(row.tries)
    elif answer.meaning is Meaning.AGAIN and (row.tries < most_tries or _is_young_outage(row, answer)):
        row.next_try_at = at + dt.timedelta(seconds=answer.after)
    else:
        if answer.meaning is Meaning.AGAIN:
            row.last_error = f"Given up after {row.tries} tries. {answer.words}"
        row.state = ColumnState.REFUSED if row.state == ColumnState.ASKED else ColumnState.DIFFERS
    return row.state


def _is_young_outage(row: LineItem, answer: Answer) -> bool:
    # Tries come half an hour apart at most.
    return answer.is_outage and row.tries * 1800 < _LONGEST_OUTAGE.total_seconds()


def again_after(tries: int) -> dt.timedelta:
    """Return how long to wait before a lost column is looked for again: from an hour to a day."""
    return dt.timedelta(seconds=min(_HOUR * 2 ** min(tries, 5), 24 * _HOUR))
