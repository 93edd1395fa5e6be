"""Reads of regrade requests."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.classes.apart import sees, whose_work
from lti_grader.classes.models import Module, Role
from lti_grader.classes.queries import Membership, membership
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.gradebook.requests.models import (
    UNDECIDED,
    RegradeRequest,
    RegradeRequestMessage,
    RequestStatus,
)
from lti_grader.grading.models import GradingJob, JobStatus
from lti_grader.people.models import User
from lti_grader.problems.models import Problem, ProblemVersion

MOST = 500


@dataclasses.dataclass(frozen=True)
class Line:
    """A request as a list shows it."""

    request: RegradeRequest
    student: User
    assignment: Assignment
    problem_title: str
    attempt_number: int


def _lines(*conditions: sa.ColumnElement[bool]) -> sa.Select[RegradeRequest, User, Assignment, str, int]:
    return (
        sa.select(RegradeRequest, User, Assignment, Problem.title, SubmissionAttempt.attempt_number)
        .join(User, User.id == RegradeRequest.student_id)
        .join(Assignment, Assignment.id == RegradeRequest.assignment_id)
        .join(AssignmentProblem, AssignmentProblem.id == RegradeRequest.assignment_problem_id)
        .join(ProblemVersion, ProblemVersion.id == AssignmentProblem.problem_version_id)
        .join(Problem, Problem.id == ProblemVersion.problem_id)
        .join(SubmissionAttempt, SubmissionAttempt.id == RegradeRequest.attempt_id)
        .where(*conditions)
    )


def of_class(place: Membership) -> list[Line]:
    """Return the requests of a class, as far as somebody of its staff sees their students.

    Those that wait for the staff come first, then those that wait for their students, then the others; each in the order
    of the class's assignments, the longest waiting first. In one query.
    """
    rank = sa.case((RegradeRequest.status == RequestStatus.OPEN, 0), (RegradeRequest.status.in_(UNDECIDED), 1), else_=2)
    query = (
        _lines(Module.class_id == place.class_id, whose_work(place, RegradeRequest.student_id))
        .join(Module, Module.id == Assignment.module_id)
        .order_by(rank, Module.order_index, Assignment.order_index, RegradeRequest.opened_at, RegradeRequest.id)
        .limit(MOST)
    )
    return [Line(*row) for row in session().execute(query)]


def of_attempt(attempt_id: uuid.UUID) -> Sequence[RegradeRequest]:
    """Return the requests about a submission, the first first."""
    query = sa.select(RegradeRequest).where(RegradeRequest.attempt_id == attempt_id)
    return session().scalars(query.order_by(RegradeRequest.opened_at)).all()


@dataclasses.dataclass(frozen=True)
class Message:
    """What somebody wrote."""

    name: str
    is_students: bool
    at: dt.datetime
    text: str


@dataclasses.dataclass(frozen=True)
class Opened:
    """A request, for its student or for somebody of the staff."""

    line: Line
    place: Membership
    messages: Sequence[Message]
    decided_by: str
    """Who decided on it; "" where nobody did."""
    is_being_judged: bool
    could_not_be_judged: bool

    @property
    def is_own(self) -> bool:
        return self.place.role == Role.STUDENT and self.line.request.student_id == self.place.user_id


def open_request(request_id: uuid.UUID, user_id: uuid.UUID, *, locked: bool = False) -> Opened:
    """Return a request.

    Parameters
    ----------
    locked
        Whether nobody else may change it until the transaction ends.

    Raises
    ------
    NotFound
        There is none, or it is neither theirs nor of a student whose work they see as staff.
    """
    if locked:
        session().execute(sa.select(RegradeRequest.id).where(RegradeRequest.id == request_id).with_for_update())
    query = _lines(RegradeRequest.id == request_id).add_columns(Module.class_id, GradingJob.status)
    row = (
        session()
        .execute(
            query.join(Module, Module.id == Assignment.module_id)
            .outerjoin(GradingJob, GradingJob.id == RegradeRequest.job_id)
            .execution_options(populate_existing=locked)
        )
        .one_or_none()
    )
    if row is None:
        raise NotFound("There is no such regrade request.")
    *parts, class_id, judging = row
    line, place = Line(*parts), membership(class_id, user_id)
    request = line.request
    is_own = place.role == Role.STUDENT and request.student_id == user_id
    if not is_own and not (place.is_staff and sees(place, request.student_id)):
        raise NotFound("There is no such regrade request.")
    decider = session().get(User, request.decided_by) if request.decided_by else None
    return Opened(
        line,
        place,
        _messages(request),
        decider.display_name if decider is not None else "",
        is_being_judged=judging in (JobStatus.QUEUED, JobStatus.RUNNING),
        could_not_be_judged=judging == JobStatus.FAILED,
    )


def _messages(request: RegradeRequest) -> list[Message]:
    rows = session().execute(
        sa.select(RegradeRequestMessage, User)
        .join(User, User.id == RegradeRequestMessage.author_id)
        .where(RegradeRequestMessage.request_id == request.id)
        .order_by(RegradeRequestMessage.at, RegradeRequestMessage.id)
    )
    return [Message(user.display_name, user.id == request.student_id, one.at, one.text) for one, user in rows]
