"""What students of a class see of what stands in it, and from when: the one place that says so."""

from typing import Any

import sqlalchemy as sa

from lti_grader.classes.models import ContentItem, Module


def seen_by_students() -> sa.ColumnElement[bool]:
    """Return the condition that students see a `ContentItem` of a `Module`, both of which the query has, at this moment."""
    return sa.and_(is_out(Module), is_out(ContentItem))


def is_out(of: Any) -> sa.ColumnElement[bool]:
    """Return the condition that one of these two is published by now, whatever the other is."""
    return sa.and_(of.is_published, sa.or_(of.publish_at.is_(None), of.publish_at <= sa.func.now()))
