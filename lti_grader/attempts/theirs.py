"""Whose an attempt is: its student's, or, where it was handed in by a group, that of each who was in the group then."""

import uuid
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.classes.apart import whose_work
from lti_grader.classes.groups.team_models import TeamMember
from lti_grader.classes.groups.teams import members_of_teams
from lti_grader.classes.mentors import may_see_work
from lti_grader.classes.queries import Membership

WHOSE = sa.func.coalesce(TeamMember.student_id, SubmissionAttempt.student_id)
"""Whose a row is of a question that `each` was given: an attempt of a group comes once for every member."""


def each(query: Any) -> Any:
    """Return a question for attempts that has a row for each student whose an attempt is; `WHOSE` is that student."""
    return query.outerjoin(TeamMember, TeamMember.team_id == SubmissionAttempt.team_id)


def is_of(student_ids: Collection[uuid.UUID] | sa.Select[uuid.UUID]) -> sa.ColumnElement[bool]:
    """Return the condition that an attempt is one of these students'.

    Both sides are answered by an index: the teams are looked up once, before any attempt is.
    """
    teams = sa.select(TeamMember.team_id).where(TeamMember.student_id.in_(student_ids)).scalar_subquery()
    return sa.or_(
        SubmissionAttempt.student_id.in_(student_ids), SubmissionAttempt.team_id == sa.any_(sa.func.array(teams))
    )


def is_seen_by(place: Membership) -> sa.ColumnElement[bool]:
    """Return the condition that somebody of the staff sees an attempt: one of a group with any of its members."""
    if place.within is None:
        return sa.true()
    teams = sa.select(TeamMember.team_id).where(whose_work(place, TeamMember.student_id))
    return sa.or_(whose_work(place, SubmissionAttempt.student_id), SubmissionAttempt.team_id.in_(teams))


def students_of(attempt: SubmissionAttempt) -> frozenset[uuid.UUID]:
    """Return whose an attempt is."""
    together = members_of_teams([attempt.team_id])[attempt.team_id] if attempt.team_id is not None else frozenset()
    return together | {attempt.student_id}


def may_see(place: Membership, attempt: SubmissionAttempt) -> bool:
    """Return whether somebody may look at an attempt in their class."""
    return any(may_see_work(place, one) for one in students_of(attempt))


def for_whom(place: Membership, attempt: SubmissionAttempt) -> uuid.UUID:
    """Return whose mark an attempt's page tells of: that of who looks, where it is theirs, else of who handed it in."""
    return place.user_id if place.user_id in students_of(attempt) else attempt.student_id
