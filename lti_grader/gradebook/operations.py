"""Keeping the gradebook: the entry changes in the transaction that records the result."""

import datetime as dt
import uuid
from collections import defaultdict
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.attempts.models import AttemptType, SubmissionAttempt
from lti_grader.classes.models import Enrollment, Module, Role
from lti_grader.core.db import current_tenant, session
from lti_grader.core.events import publish
from lti_grader.gradebook import policy
from lti_grader.gradebook.events import ScoreChanged
from lti_grader.gradebook.models import EntryStatus, GradebookEntry
from lti_grader.grading.events import AttemptGraded
from lti_grader.grading.models import GradingJob, JobStatus


def record_result(event: AttemptGraded) -> None:
    """Bring the student's entry up to date with a new result."""
    attempt = session().get_one(SubmissionAttempt, event.attempt_id)
    if attempt.type != AttemptType.FINAL_SUBMISSION:
        return
    item = session().get_one(AssignmentProblem, attempt.assignment_problem_id)
    assignment = session().get_one(Assignment, item.assignment_id)
    if _is_student(attempt.student_id, assignment):
        recompute(attempt.student_id, assignment)


def _is_student(user_id: uuid.UUID, assignment: Assignment) -> bool:
    role = session().scalar(
        sa.select(Enrollment.role)
        .join(Module, Module.class_id == Enrollment.class_id)
        .where(Module.id == assignment.module_id, Enrollment.user_id == user_id)
    )
    return role == Role.STUDENT


def recompute(student_id: uuid.UUID, assignment: Assignment) -> GradebookEntry:
    """Work out a student's score from all current results, and publish it if it changed.

    Two results that arrive at once wait for each other at the entry's row, so the later one sees both.
    """
    entry = _locked_entry(student_id, assignment)
    scores = _problem_scores(student_id, assignment)
    total = policy.assignment_score(scores)
    if total is None:
        return entry
    before = (entry.status, entry.score_obtained, entry.max_score)
    entry.score_obtained, entry.max_score = total.points, assignment.points_total
    entry.status, entry.submitted_at = EntryStatus.GRADED, total.submitted_at
    if before != (entry.status, entry.score_obtained, entry.max_score):
        tell(entry, at=dt.datetime.now(dt.UTC))
    return entry


def tell(entry: GradebookEntry, *, at: dt.datetime) -> None:
    """Publish a score under a new revision: it has changed, or what of it others may know has."""
    entry.revision += 1
    entry.updated_at = at
    session().flush()
    publish(ScoreChanged(entry.id, at))


def _locked_entry(student_id: uuid.UUID, assignment: Assignment) -> GradebookEntry:
    session().execute(
        insert(GradebookEntry)
        .values(
            tenant_id=current_tenant(),
            student_id=student_id,
            content_item_id=assignment.id,
            max_score=assignment.points_total,
            status=EntryStatus.PENDING,
        )
        .on_conflict_do_nothing(index_elements=["student_id", "content_item_id"])
    )
    return (
        session()
        .scalars(
            sa.select(GradebookEntry)
            .where(GradebookEntry.student_id == student_id, GradebookEntry.content_item_id == assignment.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .one()
    )


def _problem_scores(student_id: uuid.UUID, assignment: Assignment) -> list[policy.ProblemScore | None]:
    judged: dict[uuid.UUID, list[policy.Judged]] = defaultdict(list)
    rows = session().execute(
        sa.select(SubmissionAttempt, GradingJob.points, GradingJob.maximum)
        .join(GradingJob, GradingJob.attempt_id == SubmissionAttempt.id)
        .join(AssignmentProblem, AssignmentProblem.id == SubmissionAttempt.assignment_problem_id)
        .where(
            AssignmentProblem.assignment_id == assignment.id,
            SubmissionAttempt.student_id == student_id,
            SubmissionAttempt.type == AttemptType.FINAL_SUBMISSION,
            GradingJob.status == JobStatus.DONE,
            GradingJob.superseded_by.is_(None),
        )
    )
    for attempt, points, maximum in rows:
        judged[attempt.assignment_problem_id].append(
            policy.Judged(attempt.attempt_number, attempt.created_at, points or Decimal(0), maximum or Decimal(0))
        )
    items = session().scalars(sa.select(AssignmentProblem).where(AssignmentProblem.assignment_id == assignment.id))
    counts = assignment.rules.counts
    return [policy.problem_score(judged[item.id], item.points, counts) for item in items]
