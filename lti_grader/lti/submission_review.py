"""Looking at a student's work from the LMS's gradebook (LTI Submission Review 1.0)."""

import dataclasses
import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.attempts.theirs import may_see
from lti_grader.classes.mentors import may_see_work
from lti_grader.classes.models import STAFF, Module
from lti_grader.classes.queries import membership, was_ever_in
from lti_grader.core.db import session
from lti_grader.lti import claims as c
from lti_grader.lti.errors import LaunchRefused
from lti_grader.lti.models import ClassContext, Deployment, LineItem, Platform, ResourceLink
from lti_grader.lti.operations import Arrival
from lti_grader.people.models import User


@dataclasses.dataclass(frozen=True)
class Review:
    """Whose work is to be shown, and for what."""

    assignment_id: uuid.UUID
    student_id: uuid.UUID


def find(claims: Mapping[str, Any], platform: Platform, arrival: Arrival) -> Review:
    """Return what a submission review is about.

    Parameters
    ----------
    claims
        A verified launch of that kind.
    arrival
        Who looks, and in which class.

    Raises
    ------
    LaunchRefused
        The column or the student is not of this course, or it is another student's work.
    """
    assignment_id = _of_column(claims[c.AGS]["lineitem"], platform, arrival) or _of_link(claims, arrival)
    if assignment_id is None:
        raise LaunchRefused(
            "foreign_line_item",
            "This column of the gradebook belongs to no assignment of this tool in this course. Open the assignment"
            " once from the course page; after that its work can be opened from the gradebook.",
        )
    student_id = session().scalar(
        sa.select(User.id).where(User.platform_id == platform.id, User.sub == c.about(claims))
    )
    if not _may_see(arrival, student_id):
        raise LaunchRefused("not_yours", "You can open your own work from the gradebook, not somebody else's.")
    if student_id is None or not was_ever_in(arrival.class_id, student_id):
        raise LaunchRefused(
            "foreign_student",
            "This person is not known in this class yet: they appear with the next roster, or when they open an"
            " assignment. There is no work of theirs to show.",
        )
    return Review(assignment_id, student_id)


def _of_column(url: str, platform: Platform, arrival: Arrival) -> uuid.UUID | None:
    return session().scalar(
        sa.select(LineItem.content_item_id)
        .join(ClassContext, ClassContext.id == LineItem.class_context_id)
        .join(Deployment, Deployment.id == ClassContext.deployment_id)
        .join(Assignment, Assignment.id == LineItem.content_item_id)
        .where(LineItem.url == url, Deployment.platform_id == platform.id, ClassContext.class_id == arrival.class_id)
    )


def _of_link(claims: Mapping[str, Any], arrival: Arrival) -> uuid.UUID | None:
    """Return the assignment of the link that the column belongs to, which a platform may name beside it."""
    link = claims.get(c.RESOURCE_LINK)
    if not isinstance(link, dict):
        return None
    return session().scalar(
        sa.select(ResourceLink.assignment_id).where(
            ResourceLink.class_context_id == arrival.context_id,
            ResourceLink.resource_link_id == c.identifier(link.get("id")),
        )
    )


def require_attempt(attempt_id: uuid.UUID, arrival: Arrival) -> None:
    """Refuse an attempt that is not of this class, or that this person may not see.

    Raises
    ------
    LaunchRefused
    """
    attempt = session().scalar(
        sa.select(SubmissionAttempt)
        .join(AssignmentProblem, AssignmentProblem.id == SubmissionAttempt.assignment_problem_id)
        .join(Assignment, Assignment.id == AssignmentProblem.assignment_id)
        .join(Module, Module.id == Assignment.module_id)
        .where(SubmissionAttempt.id == attempt_id, Module.class_id == arrival.class_id)
    )
    if attempt is None:
        raise LaunchRefused(
            "foreign_attempt", "The work that this link leads to is not of this course. Open it from its own course."
        )
    if not may_see(membership(arrival.class_id, arrival.user_id), attempt):
        raise LaunchRefused("not_yours", "This link leads to the work of somebody else.")


def _may_see(arrival: Arrival, student_id: uuid.UUID | None) -> bool:
    if student_id is None:
        return arrival.role in STAFF
    return may_see_work(membership(arrival.class_id, arrival.user_id), student_id)
