"""What students of a class are graded for."""

import dataclasses
import datetime as dt
import uuid
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment
from lti_grader.assignments.spent_days import takes_late_days
from lti_grader.classes.models import Module
from lti_grader.classes.publishing import seen_by_students
from lti_grader.core.db import session


@dataclasses.dataclass(frozen=True)
class Item:
    """A column of the gradebook."""

    id: uuid.UUID
    title: str
    maximum: Decimal
    due_date: dt.datetime | None
    is_published: bool
    takes_late_days: bool
    """Whether students may spend late days on it."""


def graded_items(class_id: uuid.UUID) -> list[Item]:
    """Return what students of a class are graded for, in its order."""
    rows = session().execute(
        sa.select(
            Assignment.id,
            Assignment.title,
            Assignment.points_total,
            Assignment.due_date,
            seen_by_students(),
            takes_late_days(),
        )
        .join(Module, Module.id == Assignment.module_id)
        .where(Module.class_id == class_id)
        .order_by(Module.order_index, Assignment.order_index)
    )
    return [Item(*row) for row in rows]
