"""What students of a class see of what stands in it, and from when: the one place that says so."""

import datetime as dt
from typing import Any

import sqlalchemy as sa

from lti_grader.classes.models import ContentItem, Module, Published


def seen_by_students(*, at: dt.datetime | None = None) -> sa.ColumnElement[bool]:
    """Return the condition that students see a `ContentItem` of a `Module`, both of which the query has.

    Parameters
    ----------
    at
        When; None for this moment.
    """
    return sa.and_(is_out(Module, at=at), is_out(ContentItem, at=at))


def is_out(of: Any, *, at: dt.datetime | None = None) -> sa.ColumnElement[bool]:
    """Return the condition that one of these two is published by then, whatever the other is."""
    moment = sa.func.now() if at is None else at
    return sa.and_(of.is_published, sa.or_(of.publish_at.is_(None), of.publish_at <= moment))


def seen_from(module: Published, item: Published) -> dt.datetime | None:
    """Return the moment from which students see an item of a module; None where that is not one of the schedule's."""
    if not (module.is_published and item.is_published):
        return None
    return max((one.publish_at for one in (module, item) if one.publish_at is not None), default=None)
