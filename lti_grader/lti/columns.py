"""The columns of an LMS's gradebook that our links fill."""

import datetime as dt
from decimal import Decimal

from sqlalchemy.dialects.postgresql import insert

from lti_grader.assignments.models import Assignment
from lti_grader.core.db import current_tenant, session
from lti_grader.core.ids import new_id
from lti_grader.lti import passback
from lti_grader.lti.models import LineItem, ResourceLink


def fill_column(link: ResourceLink, *, at: dt.datetime) -> None:
    """Let the column of a link, where it has one, show the scores of the assignment behind it."""
    if link.assignment_id is None or link.line_item_url is None:
        return
    session().flush()
    assignment = session().get_one(Assignment, link.assignment_id)
    made = session().scalar(
        insert(LineItem)
        .values(
            id=new_id(),
            tenant_id=current_tenant(),
            class_context_id=link.class_context_id,
            content_item_id=assignment.id,
            url=link.line_item_url,
            label=assignment.title,
            score_maximum=assignment.points_total or Decimal(1),
            resource_id=str(assignment.id),
        )
        .on_conflict_do_nothing(index_elements=["url"])
        .returning(LineItem.id)
    )
    if made is not None:
        passback.queue_known_scores(made, at=at)
