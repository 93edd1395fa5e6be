"""What a person asks of a class's columns: rows that say what is owed, which workers take up."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.assignments.events import AssignmentChanged
from lti_grader.assignments.models import Assignment
from lti_grader.classes.models import Module
from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import NotFound
from lti_grader.core.ids import new_id
from lti_grader.core.messages import send_after_commit
from lti_grader.lti import claims as c
from lti_grader.lti import passback
from lti_grader.lti.errors import CannotMakeColumn
from lti_grader.lti.models import ClassContext, ColumnState, Deployment, LineItem, Platform
from lti_grader.lti.products import product_of

TASK, QUEUE = "columns.tend", "passback"


def make(class_id: uuid.UUID, context_id: uuid.UUID, item_id: uuid.UUID, *, by: str, at: dt.datetime) -> uuid.UUID:
    """Ask for the column of an assignment in an LMS course that has none; asking twice makes one.

    Parameters
    ----------
    by
        The name of who asks.

    Raises
    ------
    NotFound
        The class has no such course or assignment.
    CannotMakeColumn
        The LMS lets this tool make none there, or the assignment has one.
    """
    context, assignment = _course(class_id, context_id), _assignment(class_id, item_id)
    _require_offer(context)
    known = session().scalar(
        sa.select(LineItem.id).where(
            LineItem.class_context_id == context.id,
            LineItem.content_item_id == assignment.id,
            LineItem.url.is_not(None),
        )
    )
    if known is not None:
        raise CannotMakeColumn("This assignment has a column in the LMS course already: load the page again.")
    made: uuid.UUID | None = session().scalar(
        insert(LineItem)
        .values(
            tag=c.COLUMN_TAG,
            state=ColumnState.ASKED,
            next_try_at=at,
            asked_by_name=by,
            **described(context.id, assignment),
        )
        .on_conflict_do_nothing(
            index_elements=["class_context_id", "content_item_id"], index_where=LineItem.url.is_(None)
        )
        .returning(LineItem.id)
    )
    if made is None:
        made = session().scalars(
            sa.select(LineItem.id).where(
                LineItem.class_context_id == context.id,
                LineItem.content_item_id == assignment.id,
                LineItem.url.is_(None),
            )
        ).one()  # fmt: skip
        owe(made, ColumnState.ASKED, at=at, by=by)
        return made
    # They wait until the column is there: see `passback.claiming`.
    passback.queue_known_scores(made, at=at)
    send_after_commit(TASK, current_tenant(), made, queue=QUEUE)
    return made


def described(context_id: uuid.UUID, assignment: Assignment) -> dict[str, Any]:
    """Return the values of a new row for an assignment's column in an LMS course."""
    return {
        "id": new_id(),
        "tenant_id": current_tenant(),
        "class_context_id": context_id,
        "content_item_id": assignment.id,
        "label": assignment.title,
        "score_maximum": assignment.points_total or Decimal(1),
        "resource_id": str(assignment.id),
    }


def again(class_id: uuid.UUID, column_id: uuid.UUID, *, by: str, at: dt.datetime) -> None:
    """Ask once more for what was refused or lost: the column itself, or its title and maximum.

    Raises
    ------
    NotFound
        The class has no such column.
    CannotMakeColumn
        The LMS lets this tool make none there, or nothing is wrong with it.
    """
    row = session().scalar(
        sa.select(LineItem)
        .join(ClassContext, ClassContext.id == LineItem.class_context_id)
        .where(LineItem.id == column_id, ClassContext.class_id == class_id)
    )
    if row is None:
        raise NotFound("There is no such column. Open the page of the columns again.")
    _require_offer(session().get_one(ClassContext, row.class_context_id))
    if row.state in (ColumnState.ASKED, ColumnState.REFUSED, ColumnState.MISSING):
        owe(row.id, ColumnState.ASKED, at=at, by=by)
    elif row.state in (ColumnState.CHANGED, ColumnState.DIFFERS):
        if row.lms_label is not None and row.lms_maximum is not None:
            # What somebody set there may be replaced now: it is what ours is a change of.
            row.label, row.score_maximum = row.lms_label, row.lms_maximum
        session().flush()
        owe(row.id, ColumnState.CHANGED, at=at, by=by)
    else:
        raise CannotMakeColumn("Nothing is wrong with this column: load the page again.")


def queue_change(event: AssignmentChanged) -> None:
    """Owe an assignment's new title or maximum to its columns."""
    note_changes(LineItem.content_item_id == event.assignment_id, at=dt.datetime.now(dt.UTC))


def note_changes(*of: sa.ColumnElement[bool], at: dt.datetime) -> None:
    """Owe to columns what is another here than the LMS was told, where it lets this tool change columns.

    Parameters
    ----------
    of
        Which columns.
    """
    maximum = sa.case((Assignment.points_total > 0, Assignment.points_total), else_=Decimal(1))
    behind = session().scalars(
        sa.select(LineItem.id)
        .join(Assignment, Assignment.id == LineItem.content_item_id)
        .join(ClassContext, ClassContext.id == LineItem.class_context_id)
        .where(
            *of,
            LineItem.state.in_([ColumnState.OK, ColumnState.CHANGED]),
            sa.literal(c.LINE_ITEM) == sa.any_(ClassContext.ags_scopes),
            sa.or_(LineItem.label != Assignment.title, LineItem.score_maximum != maximum),
        )
        .order_by(LineItem.id)
    )
    for column_id in behind.all():
        owe(column_id, ColumnState.CHANGED, at=at)


def owe(column_id: uuid.UUID, state: ColumnState, *, at: dt.datetime, by: str | None = None) -> None:
    """Owe to a column what its new state says, from the beginning."""
    values = {"state": state, "tries": 0, "next_try_at": at, "last_error": None, "last_answer": None}
    if by is not None:
        values["asked_by_name"] = by
    session().execute(sa.update(LineItem).where(LineItem.id == column_id).values(values))
    send_after_commit(TASK, current_tenant(), column_id, queue=QUEUE)


def send_scores(context_id: uuid.UUID) -> None:
    """Have what waited for a column of an LMS course brought on its way."""
    platform_id = session().scalars(
        sa.select(Deployment.platform_id).join(ClassContext).where(ClassContext.id == context_id)
    ).one()  # fmt: skip
    send_after_commit(passback.TASK, current_tenant(), platform_id, queue=passback.QUEUE)


def refusal(context: ClassContext, platform: Platform) -> str:
    """Return why this tool can make no column in an LMS course, with the cure; "" where it can."""
    if platform.disabled_at is not None:
        return "This LMS is switched off here."
    if context.line_items_url is None:
        return "This LMS course has not told where its columns are: open the tool from it once, and look again."
    if c.LINE_ITEM not in context.ags_scopes:
        switch = product_of(platform).switch_for(c.LINE_ITEM)
        return f"The LMS does not let this tool make columns. For its administrator: {switch}"
    return ""


def _require_offer(context: ClassContext) -> None:
    platform = session().scalars(sa.select(Platform).join(Deployment).where(Deployment.id == context.deployment_id))
    if words := refusal(context, platform.one()):
        raise CannotMakeColumn(words)


def _course(class_id: uuid.UUID, context_id: uuid.UUID) -> ClassContext:
    found = session().scalar(
        sa.select(ClassContext).where(ClassContext.id == context_id, ClassContext.class_id == class_id)
    )
    if found is None:
        raise NotFound("This class has no such LMS course. Open the page of the columns again.")
    return found


def _assignment(class_id: uuid.UUID, item_id: uuid.UUID) -> Assignment:
    found = session().scalar(
        sa.select(Assignment)
        .join(Module, Module.id == Assignment.module_id)
        .where(Assignment.id == item_id, Module.class_id == class_id)
    )
    if found is None:
        raise NotFound("This class has no such assignment. Open the page of the columns again.")
    return found
