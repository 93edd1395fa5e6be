"""The links that people open in LMS courses: which assignment stands behind each, and which column it fills."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.assignments.models import Assignment
from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import NotFound
from lti_grader.core.ids import new_id
from lti_grader.lti import claims as c
from lti_grader.lti.columns import fill_column
from lti_grader.lti.course_copy import Launcher, find_assignment, histories, named_assignment
from lti_grader.lti.errors import ColumnInUse
from lti_grader.lti.models import ClassContext, LineItem, ResourceLink, ScoreDelivery


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
    before, named = (link.assignment_id, link.line_item_url), named_assignment(claims)
    was_edited = named is not None and link.named_id not in (None, named) and may_change(link)
    link.named_id = named or link.named_id
    if link.assignment_id is None or was_edited:
        link.assignment_id = find_assignment(claims, context, link, launcher, at=at) or link.assignment_id
    link.line_item_url = _column_of(claims) or link.line_item_url
    if (link.assignment_id, link.line_item_url) != before:
        fill_column(link, at=at)
    return link


def may_change(link: ResourceLink) -> bool:
    """Return whether a link may open something else: not once its column has scores, which belong to what it opened."""
    return not session().scalar(
        sa.select(ScoreDelivery.id)
        .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
        .where(LineItem.url == link.line_item_url)
        .limit(1)
    )


def choose(link: ResourceLink, assignment: Assignment, *, at: dt.datetime) -> None:
    """Put an assignment of the link's class behind it.

    Raises
    ------
    ColumnInUse
        Scores of another one stand in the link's column.
    """
    if link.assignment_id == assignment.id:
        return
    if link.assignment_id is not None and not may_change(link):
        raise ColumnInUse(
            "Scores of its assignment stand in this link's column already. Make a new link in your LMS for the other one."
        )
    link.assignment_id = assignment.id
    fill_column(link, at=at)


def get_link(link_id: uuid.UUID) -> tuple[ResourceLink, ClassContext]:
    """Return a link and its course, or raise `NotFound`."""
    query = sa.select(ResourceLink, ClassContext).join(ClassContext, ClassContext.id == ResourceLink.class_context_id)
    found = session().execute(query.where(ResourceLink.id == link_id)).one_or_none()
    if found is None:
        raise NotFound("There is no such link. Open it again from your course page.")
    return found[0], found[1]


def links_to(assignment_id: uuid.UUID) -> list[ResourceLink]:
    """Return the links that open an assignment, by title."""
    query = sa.select(ResourceLink).where(ResourceLink.assignment_id == assignment_id)
    return list(session().scalars(query.order_by(ResourceLink.title, ResourceLink.id)))


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
