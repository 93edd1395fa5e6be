"""Reads of the gradebook."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments import late_work
from lti_grader.assignments.lateness import Late
from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.assignments.queries import OpenedAssignment
from lti_grader.attempts.models import HANDED_IN, AttemptType, SubmissionAttempt
from lti_grader.attempts.theirs import is_of, is_seen_by
from lti_grader.classes.groups.teams import TeamLine, team_lines
from lti_grader.classes.models import ContentItem, Enrollment, EnrollmentStatus, Module, Role
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.gradebook import policy
from lti_grader.gradebook.models import HAS_MARK, GradebookEntry, Rescoring
from lti_grader.gradebook.policy import Judged
from lti_grader.grading.models import GradingJob
from lti_grader.grading.queries import is_no_trial
from lti_grader.marking import standing
from lti_grader.people.models import User
from lti_grader.problems.models import Problem, ProblemVersion


@dataclasses.dataclass(frozen=True)
class ProblemState:
    """Where a student stands with one problem of an assignment."""

    submissions: int
    runs: int
    points: Decimal | None
    last_status: str | None
    is_awaited: bool = False
    """Whether people have still to mark what counts."""


def problem_states(student_id: uuid.UUID, opened: OpenedAssignment) -> dict[uuid.UUID, ProblemState]:
    """Return a student's state by assignment problem."""
    attempts: dict[uuid.UUID, list[tuple[SubmissionAttempt, Judged | None]]] = {}
    query = (
        sa.select(SubmissionAttempt, GradingJob.points, GradingJob.maximum, *standing.COLUMNS)
        .outerjoin(
            GradingJob,
            sa.and_(
                GradingJob.attempt_id == SubmissionAttempt.id,
                GradingJob.stands,
            ),
        )
        .where(
            is_of([student_id]),
            SubmissionAttempt.assignment_problem_id.in_([line.item.id for line in opened.problems]),
        )
        .order_by(SubmissionAttempt.attempt_number)
    )
    lateness = late_work.lateness([opened.assignment], [student_id])
    for attempt, points, maximum, *marks in session().execute(standing.joined(query)):
        credit = lateness.credit(opened.assignment.id, student_id, attempt.created_at, attempt.team_id)
        result = (
            Judged(attempt.attempt_number, attempt.created_at, points, maximum or Decimal(0), credit, standing.by_hand(*marks))
            if points is not None else None
        )  # fmt: skip
        attempts.setdefault(attempt.assignment_problem_id, []).append((attempt, result))
    counts = opened.assignment.rules.counts
    states = {}
    for line in opened.problems:
        mine = attempts.get(line.item.id, [])
        final = [one for one in mine if one[0].type in HANDED_IN]
        score = policy.problem_score([result for _, result in final if result is not None], line.item.points, counts)
        states[line.item.id] = ProblemState(
            len(final),
            len(mine) - len(final),
            score.points if score and not score.is_awaited else None,
            final[-1][0].status if final else None,
            score is not None and score.is_awaited,
        )
    return states


def entry_of(student_id: uuid.UUID, content_item_id: uuid.UUID) -> GradebookEntry | None:
    """Return a student's entry for an item, None where nothing is graded."""
    return session().scalar(
        sa.select(GradebookEntry).where(
            GradebookEntry.student_id == student_id, GradebookEntry.content_item_id == content_item_id
        )
    )


def rescorings(assignment_id: uuid.UUID, *, most: int = 10) -> Sequence[Rescoring]:
    """Return when marks of an assignment were worked out anew because other work was late, the last first."""
    query = (
        sa.select(Rescoring)
        .where(Rescoring.assignment_id == assignment_id)
        .order_by(Rescoring.asked_at.desc(), Rescoring.id.desc())
    )
    return session().scalars(query.limit(most)).all()


def marked(class_id: uuid.UUID, content_item_id: uuid.UUID) -> int:
    """Return how many students of a class have a mark for an item."""
    return (
        session().scalars(sa.select(sa.func.count()).select_from(marks_of(class_id, content_item_id).subquery())).one()
    )


def marks_of(class_id: uuid.UUID, content_item_id: uuid.UUID) -> sa.Select[GradebookEntry]:
    """Return the question for the entries of a class's students who have a mark for an item."""
    return (
        sa.select(GradebookEntry)
        .join(Enrollment, Enrollment.user_id == GradebookEntry.student_id)
        .join(User, User.id == GradebookEntry.student_id)
        .where(
            GradebookEntry.content_item_id == content_item_id,
            HAS_MARK,
            Enrollment.class_id == class_id,
            Enrollment.role == Role.STUDENT,
            Enrollment.status == EnrollmentStatus.ACTIVE,
            ~User.is_test_user,
        )
    )


@dataclasses.dataclass(frozen=True)
class AttemptLine:
    """An attempt as a teacher's list shows it."""

    id: uuid.UUID
    student_id: uuid.UUID
    student: str
    problem: str
    assignment: str
    type: str
    status: str
    attempt_number: int
    language: str
    created_at: dt.datetime
    points: Decimal | None
    """Of the tests; `maximum` likewise."""
    maximum: Decimal | None
    error: str | None
    late: Late | None
    """How late it was handed in; None where its points count in full."""
    team: TeamLine | None = None
    """With whom the student handed it in; None where they did so alone."""


def _newest(
    class_id: uuid.UUID,
    by: Membership | None,
    student_id: uuid.UUID | None,
    assignment_id: uuid.UUID | None,
    *,
    most: int,
) -> sa.Select[uuid.UUID, dt.datetime]:
    """Return a query for the newest attempts, in order.

    Of each problem its own newest are taken by an index, and the newest of those: however many there are in the class, no more
    of them are looked at than so many for each problem.
    """
    of_problem = (
        sa.select(SubmissionAttempt.id, SubmissionAttempt.created_at)
        .where(SubmissionAttempt.assignment_problem_id == AssignmentProblem.id)
        .order_by(SubmissionAttempt.created_at.desc(), SubmissionAttempt.id.desc())
        .limit(most)
    )
    if by is not None:
        of_problem = of_problem.where(is_seen_by(by))
    if student_id is not None:
        of_problem = of_problem.where(is_of([student_id]))
    each = of_problem.correlate(AssignmentProblem).lateral()
    query = (
        sa.select(each.c.id, each.c.created_at)
        .select_from(AssignmentProblem)
        .join(ContentItem, ContentItem.id == AssignmentProblem.assignment_id)
        .join(Module, Module.id == ContentItem.module_id)
        .join(each, sa.true())
        .where(Module.class_id == class_id)
        .order_by(each.c.created_at.desc(), each.c.id.desc())
    )
    return query if assignment_id is None else query.where(AssignmentProblem.assignment_id == assignment_id)


def how_many_attempts(class_id: uuid.UUID, student_id: uuid.UUID) -> int:
    """Return how many attempts a student has made in a class."""
    return session().scalars(
        sa.select(sa.func.count())
        .select_from(SubmissionAttempt)
        .join(AssignmentProblem, AssignmentProblem.id == SubmissionAttempt.assignment_problem_id)
        .join(ContentItem, ContentItem.id == AssignmentProblem.assignment_id)
        .join(Module, Module.id == ContentItem.module_id)
        .where(Module.class_id == class_id, is_of([student_id]))
    ).one()  # fmt: skip


def attempts_of_class(
    class_id: uuid.UUID,
    *,
    by: Membership | None = None,
    student_id: uuid.UUID | None = None,
    assignment_id: uuid.UUID | None = None,
    most: int = 20,
    before: int = 0,
) -> Sequence[AttemptLine]:
    """Return the newest attempts of a class, or of one student there, or of theirs for one assignment.

    Parameters
    ----------
    by
        Those only that this person of the staff sees.
    before
        How many newer ones are passed over.
    """
    job = (
        sa.select(GradingJob)
        .where(GradingJob.attempt_id == SubmissionAttempt.id, GradingJob.superseded_by.is_(None), is_no_trial())
        .order_by(GradingJob.created_at.desc())
        .limit(1)
        .lateral()
    )
    found = _newest(class_id, by, student_id, assignment_id, most=before + most)
    newest = found.offset(before).limit(most).subquery()
    query = (
        sa.select(SubmissionAttempt, User, Problem.title, Assignment, job.c.points, job.c.maximum, job.c.error)
        .join(newest, newest.c.id == SubmissionAttempt.id)
        .join(User, User.id == SubmissionAttempt.student_id)
        .join(AssignmentProblem, AssignmentProblem.id == SubmissionAttempt.assignment_problem_id)
        .join(ProblemVersion, ProblemVersion.id == SubmissionAttempt.problem_version_id)
        .join(Problem, Problem.id == ProblemVersion.problem_id)
        .join(Assignment, Assignment.id == AssignmentProblem.assignment_id)
        .outerjoin(job, sa.true())
        .order_by(SubmissionAttempt.created_at.desc(), SubmissionAttempt.id.desc())
    )
    rows = session().execute(query).all()
    teams = team_lines({row[0].team_id for row in rows if row[0].team_id is not None})
    lateness = late_work.lateness({row[3] for row in rows}, {row[1].id for row in rows})
    return [
        AttemptLine(
            one.id, user.id, user.display_name, problem, assignment.title, one.type, one.status, one.attempt_number,
            one.language, one.created_at, points, maximum, error,
            lateness.late(assignment.id, user.id, one.created_at, one.team_id)
            if one.type == AttemptType.FINAL_SUBMISSION else None,
            teams.get(one.team_id),
        )
        for one, user, problem, assignment, points, maximum, error in rows
    ]  # fmt: skip
