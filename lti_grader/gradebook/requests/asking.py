"""What students do with regrade requests: ask, say more, withdraw."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from lti_grader.assignments.queries import OpenedAssignment, release_of
from lti_grader.assignments.release import Part, in_words
from lti_grader.attempts.drafts import lock_progress
from lti_grader.attempts.models import AttemptType, SubmissionAttempt
from lti_grader.attempts.theirs import students_of
from lti_grader.classes.models import Role
from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import Forbidden
from lti_grader.core.events import publish
from lti_grader.gradebook.events import RegradeRequestChanged
from lti_grader.gradebook.requests.errors import Answered, BadRequest, NotNow
from lti_grader.gradebook.requests.models import (
    UNDECIDED,
    RegradeRequest,
    RegradeRequestMessage,
    RequestStatus,
)
from lti_grader.gradebook.requests.window import until
from lti_grader.grading.models import GradingJob

LONGEST = 4000


@dataclasses.dataclass(frozen=True)
class Chance:
    """Whether a student may ask about a result."""

    until: dt.datetime | None
    """Until when; None where they cannot."""
    why_not: str
    """"" where they may."""


def chance(attempt: SubmissionAttempt, opened: OpenedAssignment, *, at: dt.datetime) -> Chance:
    """Return whether the student of a submission may ask about its result, as far as time and rules go."""
    days = opened.assignment.rules.regrade_request_days
    query = sa.select(GradingJob.finished_at).where(GradingJob.attempt_id == attempt.id, GradingJob.stands)
    judged_at = session().scalar(query)
    if days is None or attempt.type != AttemptType.FINAL_SUBMISSION:
        return Chance(None, "No regrade can be asked for here.")
    if judged_at is None or not opened.shown_to_students(at=at).marks:
        return Chance(None, "A regrade can be asked for once the marks are out.")
    ends = until(days, release_of(opened.assignment, Part.MARKS).comes_at, judged_at)
    if ends is None or at >= ends:
        said = f" That was until {in_words(ends)}." if ends else ""
        return Chance(None, f"The time in which a regrade can be asked for is over.{said}")
    return Chance(ends, "")


def require_student(attempt: SubmissionAttempt, opened: OpenedAssignment) -> None:
    """Raise `Forbidden` for all but the student whose submission it is; of a group each of its members may ask."""
    if opened.membership.role != Role.STUDENT or opened.membership.user_id not in students_of(attempt):
        raise Forbidden("A regrade is asked for by the student whose work it is.")


def ask(
    attempt: SubmissionAttempt,
    opened: OpenedAssignment,
    text: str,
    *,
    about: str,
    tests: Sequence[str],
    at: dt.datetime,
) -> RegradeRequest:
    """Ask for a regrade of a submission.

    Parameters
    ----------
    about
        The name of the test that it is about, "" for all of the result.
    tests
        The names that the student sees.

    Raises
    ------
    Forbidden
        Somebody else asks than its student.
    NotNow
        It is too early or too late, or there is a request about this problem already.
    BadRequest
        Nothing is said, too much, or about a test that they do not see.
    """
    require_student(attempt, opened)
    found = chance(attempt, opened, at=at)
    if found.why_not:
        raise NotNow(found.why_not)
    said = _text(text)
    if about and about not in tests:
        raise BadRequest("Choose from the list which test it is about.")
    student_id = opened.membership.user_id
    _let_nobody_else_ask(attempt)
    if undecided(student_id, attempt.assignment_problem_id) is not None:
        raise NotNow("You have asked about this problem already: write there what there is to add.")
    if any(undecided(one, attempt.assignment_problem_id) for one in students_of(attempt) - {student_id}):
        raise NotNow("Somebody of your group has asked about this problem already: the answer is for all of you.")
    request = RegradeRequest(
        tenant_id=current_tenant(), assignment_id=opened.assignment.id, attempt_id=attempt.id, about=about,
        assignment_problem_id=attempt.assignment_problem_id, student_id=student_id, opened_at=at, changed_at=at,
    )  # fmt: skip
    session().add(request)
    session().flush()
    write(request, student_id, said, at=at)
    return request


def _let_nobody_else_ask(attempt: SubmissionAttempt) -> None:
    """Let whoever else asks about a problem wait for whose submission this is: their other windows, and those of their group.

    Their drafts' rows are held, in the order in which whoever hands in for a group holds them.
    """
    for one in sorted(students_of(attempt)):
        lock_progress(one, attempt.assignment_problem_id)


def undecided(student_id: uuid.UUID, item_id: uuid.UUID) -> uuid.UUID | None:
    """Return the id of the request that a student has about a problem and nobody has decided on."""
    return session().scalar(
        sa.select(RegradeRequest.id).where(
            RegradeRequest.student_id == student_id,
            RegradeRequest.assignment_problem_id == item_id,
            RegradeRequest.status.in_(UNDECIDED),
        )
    )


def add(request: RegradeRequest, text: str, *, seen: int, at: dt.datetime) -> None:
    """Say more in a request of one's own, so that the staff has to look at it again; raises what `write` does."""
    require_undecided(request, seen)
    request.status = RequestStatus.OPEN
    write(request, request.student_id, _text(text), at=at)


def withdraw(request: RegradeRequest, *, seen: int, at: dt.datetime) -> None:
    """Take a request of one's own back.

    Raises
    ------
    Answered
        Something was written or decided meanwhile.
    """
    require_undecided(request, seen)
    request.status, request.decided_at, request.decided_by = RequestStatus.WITHDRAWN, at, request.student_id
    tell(request, at=at)


def write(request: RegradeRequest, author_id: uuid.UUID, text: str, *, at: dt.datetime) -> None:
    """Write into a request, and tell that something is there to be read.

    Raises
    ------
    BadRequest
        Nothing is said, or too much.
    """
    message = RegradeRequestMessage(
        tenant_id=current_tenant(), request_id=request.id, author_id=author_id, at=at, text=_text(text)
    )
    session().add(message)
    tell(request, at=at)


def tell(request: RegradeRequest, *, at: dt.datetime) -> None:
    """Let those who wait for it know that a request has changed."""
    request.revision += 1
    request.changed_at = at
    session().flush()
    publish(RegradeRequestChanged(request.id, at))


def require_undecided(request: RegradeRequest, seen: int) -> None:
    """Raise `Answered` unless a request still stands as somebody has seen it.

    Parameters
    ----------
    seen
        The revision that they looked at.
    """
    if not request.is_undecided:
        raise Answered(f"This request is {request.status} by now. Reload the page to see how it stands.")
    if request.revision != seen:
        raise Answered("Something was written here since you looked at it. Read it, and say again what you mean.")


def _text(text: str) -> str:
    said = "\n".join(text.strip().splitlines())
    if not 1 <= len(said) <= LONGEST:
        raise BadRequest(f"Write why, in 1 to {LONGEST} characters.")
    return said
