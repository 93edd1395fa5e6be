"""What students of a class see of what stands in it: the one place that says so."""

import sqlalchemy as sa

from lti_grader.classes.models import ContentItem, Module


def seen_by_students() -> sa.ColumnElement[bool]:
    """Return the condition that students see a `ContentItem` of a `Module`, both of which the query has."""
    return sa.and_(Module.is_published, ContentItem.is_published)
