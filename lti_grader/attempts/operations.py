"""Run and Submit."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from lti_grader.assignments.dates import Dates
from lti_grader.assignments.errors import AttemptsUsedUp
from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.assignments.operations import require_language, require_open
from lti_grader.attempts import drafts, queries
from lti_grader.attempts.errors import TooManyOpen
from lti_grader.attempts.events import AttemptSubmitted
from lti_grader.attempts.models import HANDED_IN, AssignmentProgress, AttemptStatus, AttemptType, SubmissionAttempt
from lti_grader.attempts.queries import By
from lti_grader.attempts.timing import require_pause_over
from lti_grader.classes.groups.teams import Gathered, gather
from lti_grader.classes.models import Enrollment, Module, Role
from lti_grader.core.db import current_tenant, session
from lti_grader.core.events import publish
from lti_grader.problems.queries import languages_of

# One student's backlog; more than this waiting would only keep others from their turn.
MOST_OPEN = 4


@dataclasses.dataclass(frozen=True)
class Handed:
    """What a student hands in with one press of a button."""

    type: AttemptType
    code_blob_ref: str
    code_bytes: int
    language: str
    idempotency_key: str
    time_focused_seconds: int = 0
    answers: bytes | None = None
    """The answers themselves, where it is a quiz that is answered."""


def keep_file(student_id: uuid.UUID, item: AssignmentProblem, file: Handed, *, at: dt.datetime) -> SubmissionAttempt:
    """Keep a file as an attempt. Nobody is told to judge it: it waits for its mark.

    It was taken where it was handed in, so no hours and no number of attempts are looked at here.

    Parameters
    ----------
    file
        Its key names the file, so that it becomes one attempt however often it comes in.
    at
        When it was handed in.
    """
    progress = drafts.lock_progress(student_id, item.id)
    if earlier := _by_key(student_id, item.id, file.idempotency_key):
        return earlier
    return _add(student_id, [progress], item, file, AttemptStatus.KEPT, at=at)


def submit(
    student_id: uuid.UUID,
    assignment: Assignment,
    item: AssignmentProblem,
    handed: Handed,
    *,
    at: dt.datetime,
    held_to: Dates | None,
) -> SubmissionAttempt:
    """Keep an attempt and have it graded.

    The same idempotency key again gives the attempt that it made the first time.

    Parameters
    ----------
    handed
        Its code lies in the blob store already.
    held_to
        The student's dates and number of attempts; None for staff who try an assignment out.

    Raises
    ------
    AssignmentNotOpen, AssignmentClosed, UnknownLanguage, AttemptsUsedUp, TooSoon, TooManyOpen
    InNoGroup
        It is handed in by groups, and the student is in none.
    """
    # The locks put one student's presses in order, and those of a group's members; others are not touched.
    gathered = _gathered(student_id, assignment, handed.type) if held_to is not None else None
    rows = [drafts.lock_progress(one, item.id) for one in sorted(gathered.members if gathered else [student_id])]
    if earlier := _by_key(student_id, item.id, handed.idempotency_key):
        return earlier
    if handed.answers is None:
        require_language(assignment, handed.language, answered_in=languages_of(item.problem_version_id))
    if held_to is not None:
        require_open(held_to, at=at)
        if handed.type is AttemptType.FINAL_SUBMISSION:
            by = By(student_id, gathered.group.id if gathered else None)
            _require_attempts_left(by, item, held_to.attempts_allowed)
            require_pause_over(by, item.id, assignment, at=at)
    if queries.open_attempts(student_id) >= MOST_OPEN:
        raise TooManyOpen(f"{MOST_OPEN} of your attempts are waiting for their results. Wait for one of them first.")
    team_id = gathered.team(at=at) if gathered else None
    attempt = _add(student_id, rows, item, handed, AttemptStatus.QUEUED, at=at, team_id=team_id)
    publish(AttemptSubmitted(attempt.id, handed.answers))
    return attempt


def _gathered(student_id: uuid.UUID, assignment: Assignment, kind: AttemptType) -> Gathered | None:
    """Return the group that a submission is made for; None where it is the student's alone, as Runs always are."""
    if assignment.group_set_id is None or kind is not AttemptType.FINAL_SUBMISSION:
        return None
    role = session().scalar(
        sa.select(Enrollment.role)
        .join(Module, Module.class_id == Enrollment.class_id)
        .where(Module.id == assignment.module_id, Enrollment.user_id == student_id)
    )
    # Who looks at the class as its students see it is in no group, and keeps nobody from handing in.
    return None if role == Role.PREVIEW else gather(assignment.group_set_id, student_id)


def _add(
    student_id: uuid.UUID,
    rows: Sequence[AssignmentProgress],
    item: AssignmentProblem,
    handed: Handed,
    status: AttemptStatus,
    *,
    at: dt.datetime,
    team_id: uuid.UUID | None = None,
) -> SubmissionAttempt:
    # The numbers of whatever counts for one student are different, and rise: whoever of their group handed it in.
    number = max(one.attempts_made for one in rows) + 1
    for one in rows:
        one.attempts_made = number
        if handed.type in HANDED_IN:
            one.handed_in_at = max(at, one.handed_in_at or at)
    attempt = SubmissionAttempt(
        tenant_id=current_tenant(),
        type=handed.type,
        status=status,
        student_id=student_id,
        team_id=team_id,
        assignment_problem_id=item.id,
        problem_version_id=item.problem_version_id,
        attempt_number=number,
        idempotency_key=handed.idempotency_key,
        code_blob_ref=handed.code_blob_ref,
        code_bytes=handed.code_bytes,
        language=handed.language,
        created_at=at,
        time_focused_seconds=max(0, handed.time_focused_seconds),
    )
    session().add(attempt)
    session().flush()
    return attempt


def _by_key(student_id: uuid.UUID, item_id: uuid.UUID, key: str) -> SubmissionAttempt | None:
    return session().scalar(
        sa.select(SubmissionAttempt).where(
            SubmissionAttempt.student_id == student_id,
            SubmissionAttempt.assignment_problem_id == item_id,
            SubmissionAttempt.idempotency_key == key,
        )
    )


def _require_attempts_left(by: By, item: AssignmentProblem, allowed: int | None) -> None:
    if allowed is None or queries.submissions_made(by, item.id) < allowed:
        return
    times = "once" if allowed == 1 else f"{allowed} times"
    who = "your group has" if by.group_id else "you have"
    raise AttemptsUsedUp(f"This problem can be submitted {times}, and {who} done so. Run still works.")
