"""The links that people open in LMS courses: which assignment stands behind each, and which column it fills."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.core.db import current_tenant, session
from lti_grader.core.ids import new_id
from lti_grader.lti import claims as c
from lti_grader.lti.columns import fill_column
from lti_grader.lti.course_copy import Launcher, find_assignment, histories
from lti_grader.lti.models import ClassContext, ResourceLink


def open_link(claims: Mapping[str, Any], context: ClassContext, launcher: Launcher, *, at: dt.datetime) -> ResourceLink:
    """Return the link that a launch opens, with its assignment and its column where it has them by now."""
    described = claims[c.RESOURCE_LINK]
    link = _known(context, described["id"])
    if link is None:
        session().execute(
            insert(ResourceLink)
            .values(
                id=new_id(),
                tenant_id=current_tenant(),
                deployment_id=context.deployment_id,
                class_context_id=context.id,
                resource_link_id=described["id"],
                title=c.words(described.get("title")),
                copied_from=histories(claims).links,
            )
            .on_conflict_do_nothing(index_elements=["deployment_id", "class_context_id", "resource_link_id"])
        )
        link = _known(context, described["id"])
        assert link is not None
    before = link.assignment_id, link.line_item_url
    if link.assignment_id is None:
        link.assignment_id = find_assignment(claims, context, link, launcher, at=at)
    link.line_item_url = _column_of(claims) or link.line_item_url
    if (link.assignment_id, link.line_item_url) != before:
        fill_column(link, at=at)
    return link


def _known(context: ClassContext, resource_link_id: str) -> ResourceLink | None:
    return session().scalar(
        sa.select(ResourceLink).where(
            ResourceLink.deployment_id == context.deployment_id,
            ResourceLink.class_context_id == context.id,
            ResourceLink.resource_link_id == resource_link_id,
        )
    )


def _column_of(claims: Mapping[str, Any]) -> str | None:
    grades = claims.get(c.AGS)
    return c.address(grades.get("lineitem")) if isinstance(grades, dict) else None
