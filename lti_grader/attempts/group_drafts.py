"""What the members of a group know of each other's work on a problem: who submitted last, and the drafts that they share.

A draft is its student's own, and read by nobody else until they let their group read it. docs/decisions/0018 has why there is one
for each member.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from lti_grader.adapters.redis import KeyValue
from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.attempts import drafts
from lti_grader.attempts.drafts import lock_progress
from lti_grader.attempts.models import AssignmentProgress, SubmissionAttempt
from lti_grader.attempts.queries import who_hands_in
from lti_grader.classes.groups.queries import group_of
from lti_grader.classes.groups.teams import mates_of
from lti_grader.classes.models import Role
from lti_grader.classes.queries import Membership
from lti_grader.core.acting import look
from lti_grader.core.db import session
from lti_grader.core.errors import Forbidden, NotFound
from lti_grader.people.models import User


@dataclasses.dataclass(frozen=True)
class LastSubmission:
    """What somebody of a group submitted last."""

    attempt: SubmissionAttempt
    by: str
    is_own: bool


@dataclasses.dataclass(frozen=True)
class MatesDraft:
    """A draft that its student lets their group read."""

    student_id: uuid.UUID
    name: str
    language: str
    saved_at: dt.datetime


@dataclasses.dataclass(frozen=True)
class Together:
    """What one member of a group is told of the others' work on a problem."""

    last: LastSubmission | None
    drafts: Sequence[MatesDraft]
    is_shared: bool
    """Whether the others may read this member's draft."""


def together(assignment: Assignment, item_id: uuid.UUID, place: Membership) -> Together | None:
    """Return what a student is told of their group's work on a problem; None for whoever hands in with nobody."""
    if not _is_in_group(assignment, place):
        return None
    rows = _progress(item_id, _mates(assignment, place.user_id) | {place.user_id})
    return Together(
        _last(assignment, item_id, place.user_id),
        [
            MatesDraft(user.id, user.display_name, row.current_language, row.last_updated)
            for row, user in rows
            if user.id != place.user_id and _is_read_by_others(row)
        ],
        any(row.is_shared for row, user in rows if user.id == place.user_id),
    )


def share(assignment: Assignment, item: AssignmentProblem, place: Membership, *, shared: bool) -> None:
    """Let the others of a student's group read what they are writing for a problem, or no more.

    Raises
    ------
    Forbidden
        They hand in with nobody.
    """
    if not _is_in_group(assignment, place):
        raise Forbidden("You hand this in with nobody: there is no group that could read what you write.")
    lock_progress(place.user_id, item.id).is_shared = shared
    session().flush()


def draft_of(
    assignment: Assignment, item_id: uuid.UUID, place: Membership, mate_id: uuid.UUID, kv: KeyValue
) -> drafts.Draft:
    """Return what another member of a student's group is writing, for whom they let read it.

    Raises
    ------
    NotFound
        They are in no group with each other now, or the other one shares nothing.
    """
    if _is_in_group(assignment, place) and mate_id in _mates(assignment, place.user_id):
        rows = _progress(item_id, {mate_id})
        found = drafts.load(kv, mate_id, item_id) if any(row.is_shared for row, _ in rows) else None
        if found is not None:
            return found
    raise NotFound("Nobody of your group shares such a draft with you any more.")


def _is_in_group(assignment: Assignment, place: Membership) -> bool:
    # To staff who look as the student it is as everybody's drafts are.
    if assignment.group_set_id is None or place.role != Role.STUDENT or look() is not None:
        return False
    return group_of(assignment.group_set_id, place.user_id) is not None


def _mates(assignment: Assignment, student_id: uuid.UUID) -> frozenset[uuid.UUID]:
    set_id = assignment.group_set_id
    assert set_id is not None
    return mates_of([set_id], [student_id]).get((set_id, student_id), frozenset()) - {student_id}


def _progress(
    item_id: uuid.UUID, student_ids: frozenset[uuid.UUID] | set[uuid.UUID]
) -> Sequence[sa.Row[AssignmentProgress, User]]:
    query = (
        sa.select(AssignmentProgress, User)
        .join(User, User.id == AssignmentProgress.student_id)
        .where(AssignmentProgress.assignment_problem_id == item_id, AssignmentProgress.student_id.in_(student_ids))
        .order_by(User.family_name, User.given_name, User.name, User.id)
    )
    return session().execute(query).all()


def _is_read_by_others(row: AssignmentProgress) -> bool:
    return row.is_shared and row.revision > 0


def _last(assignment: Assignment, item_id: uuid.UUID, student_id: uuid.UUID) -> LastSubmission | None:
    query = (
        sa.select(SubmissionAttempt, User)
        .join(User, User.id == SubmissionAttempt.student_id)
        .where(who_hands_in(student_id, assignment).made(item_id))
        .order_by(SubmissionAttempt.attempt_number.desc())
        .limit(1)
    )
    row = session().execute(query).one_or_none()
    if row is None:
        return None
    attempt, user = row
    return LastSubmission(attempt, user.display_name, is_own=user.id == student_id)
