"""Keeping the gradebook: the entry changes in the transaction that records the result."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.assignments import late_work
from lti_grader.assignments.lateness import LatePolicy
from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.assignments.points import let_stand
from lti_grader.attempts.models import AttemptType, SubmissionAttempt
from lti_grader.attempts.theirs import WHOSE, each, is_of
from lti_grader.classes.groups.teams import sharers
from lti_grader.classes.models import Enrollment, Module, Role
from lti_grader.core.db import current_tenant, session
from lti_grader.core.events import publish
from lti_grader.gradebook import policy
from lti_grader.gradebook.events import ScoreChanged
from lti_grader.gradebook.models import EntryStatus, GradebookEntry
from lti_grader.grading.events import AttemptGraded
from lti_grader.grading.models import GradingJob
from lti_grader.marking import standing
from lti_grader.marking.events import MarkingChanged
from lti_grader.marking.settling import settle
from lti_grader.marking.wanting import carry_over, has_any, hold, want


def record_result(event: AttemptGraded) -> None:
    """Bring the student's entry up to date with a new result."""
    attempt = session().get_one(SubmissionAttempt, event.attempt_id)
    if attempt.type != AttemptType.FINAL_SUBMISSION:
        return
    item = session().get_one(AssignmentProblem, attempt.assignment_problem_id)
    _bring_up_to_date(attempt.student_id, item.assignment_id)


def record_marking(event: MarkingChanged) -> None:
    """Bring the student's entry up to date with what people give."""
    _bring_up_to_date(event.student_id, event.assignment_id)


def _bring_up_to_date(student_id: uuid.UUID, assignment_id: uuid.UUID) -> None:
    """Work out the scores of a student and of all whose marks hang together with theirs, of those who are students."""
    assignment = session().get_one(Assignment, assignment_id)
    if students := _students_among(sharers(assignment.group_set_id, [student_id]), assignment):
        _recompute(students, assignment_id)


def recompute_all_of(student_id: uuid.UUID, class_id: uuid.UUID) -> None:
    """Work out a student's scores of a class, of whatever was judged while they were none of its students."""
    handed_in = session().scalars(
        sa.select(AssignmentProblem.assignment_id)
        .distinct()
        .join(SubmissionAttempt, SubmissionAttempt.assignment_problem_id == AssignmentProblem.id)
        .join(Assignment, Assignment.id == AssignmentProblem.assignment_id)
        .join(Module, Module.id == Assignment.module_id)
        .where(
            Module.class_id == class_id,
            is_of([student_id]),
            SubmissionAttempt.type == AttemptType.FINAL_SUBMISSION,
        )
        .order_by(AssignmentProblem.assignment_id)
    )
    for assignment_id in handed_in.all():
        recompute(student_id, assignment_id)


def recompute(student_id: uuid.UUID, assignment_id: uuid.UUID) -> GradebookEntry:
    """Work out a student's score from all current results, and publish it if it changed.

    So are those of everybody whose marks hang together with theirs, where groups hand in. Two results that arrive at once wait
    for each other at the entry's row, so the later one sees both.
    """
    assignment = session().get_one(Assignment, assignment_id)
    others = _students_among(sharers(assignment.group_set_id, [student_id]) - {student_id}, assignment)
    return _recompute([student_id, *others], assignment_id)[student_id]


def _recompute(student_ids: Collection[uuid.UUID], assignment_id: uuid.UUID) -> dict[uuid.UUID, GradebookEntry]:
    assignment, items = let_stand(assignment_id)
    hold(assignment_id, student_ids)
    entries = locked_entries(sorted(student_ids), assignment)
    scores = settled_scores(student_ids, assignment, {one.id: one.points for one in items})
    changed = []
    for student_id, entry in entries.items():
        total = policy.assignment_score(scores[student_id])
        before = (entry.status, entry.score_obtained, entry.max_score)
        if total is not None:
            _grade(entry, total, assignment)
        if before != (entry.status, entry.score_obtained, entry.max_score):
            changed.append(entry)
    tell(changed, at=dt.datetime.now(dt.UTC))
    return entries


def recompute_all(
    student_ids: Collection[uuid.UUID],
    assignment_id: uuid.UUID,
    *,
    at: dt.datetime,
    regrade_id: uuid.UUID | None = None,
) -> dict[uuid.UUID, GradebookEntry]:
    """Work out the scores of many students of an assignment's class, and publish those whose mark is another now.

    So are those of everybody whose marks hang together with theirs. Whoever is none of its students is left out. As many
    statements for one as for a thousand.

    Returns
    -------
    Their entries by student, which nobody else changes until the transaction ends.
    """
    assignment, items = let_stand(assignment_id)
    students = _students_among(sharers(assignment.group_set_id, student_ids), assignment)
    hold(assignment_id, students)
    entries = locked_entries(students, assignment)
    worth = {one.id: one.points for one in items}
    scores = settled_scores(list(entries), assignment, worth)
    changed = []
    for student_id, entry in entries.items():
        before = (entry.points, entry.max_score)
        if total := policy.assignment_score(scores[student_id]):
            _grade(entry, total, assignment)
        # Where a person gave the points they stay, and nobody is told anything.
        if before != (entry.points, entry.max_score):
            changed.append(entry)
    tell(changed, at=at, regrade_id=regrade_id)
    return entries


def recompute_known(student_ids: Collection[uuid.UUID], assignment_id: uuid.UUID, *, at: dt.datetime) -> None:
    """Work out anew the scores of those of these students who have one, and of who hands in with them, as `recompute_all` does."""
    assignment = session().get_one(Assignment, assignment_id)
    there = session().scalars(
        sa.select(GradebookEntry.student_id).where(
            GradebookEntry.content_item_id == assignment_id,
            GradebookEntry.student_id.in_(sharers(assignment.group_set_id, student_ids)),
        )
    )
    if known := there.all():
        recompute_all(known, assignment_id, at=at)


def _grade(entry: GradebookEntry, total: policy.ProblemScore, assignment: Assignment) -> None:
    entry.score_obtained, entry.max_score = total.points, assignment.points_total
    entry.submitted_at = total.submitted_at
    # Whoever is excused stays so, whatever they hand in.
    if entry.status != EntryStatus.EXCUSED:
        entry.status = EntryStatus.PENDING if total.is_awaited else EntryStatus.GRADED


def tell(entries: Sequence[GradebookEntry], *, at: dt.datetime, regrade_id: uuid.UUID | None = None) -> None:
    """Publish scores under new revisions: they have changed, by a regrade or otherwise, or what of them others may know has."""
    for entry in entries:
        entry.revision += 1
        entry.updated_at = at
    if entries:
        session().flush()
        publish(ScoreChanged(tuple(one.id for one in entries), at, regrade_id))


def _students_among(user_ids: Collection[uuid.UUID], assignment: Assignment) -> list[uuid.UUID]:
    found = session().scalars(
        sa.select(Enrollment.user_id)
        .join(Module, Module.class_id == Enrollment.class_id)
        .where(Module.id == assignment.module_id, Enrollment.user_id.in_(user_ids), Enrollment.role == Role.STUDENT)
        .order_by(Enrollment.user_id)
    )
    return list(found)


def locked_entry(student_id: uuid.UUID, assignment: Assignment) -> GradebookEntry:
    """Return a student's entry, made where there is none, which nobody else changes until the transaction ends."""
    return locked_entries([student_id], assignment)[student_id]


def locked_entries(student_ids: Sequence[uuid.UUID], assignment: Assignment) -> dict[uuid.UUID, GradebookEntry]:
    """Return the entries of these students, made where there are none, in one order for all who lock several."""
    found = _there(student_ids, assignment)
    missing = [one for one in student_ids if one not in found]
    if not missing:
        return found
    new = {
        "tenant_id": current_tenant(), "content_item_id": assignment.id, "max_score": assignment.points_total,
        "status": EntryStatus.PENDING,
    }  # fmt: skip
    session().execute(
        insert(GradebookEntry).on_conflict_do_nothing(index_elements=["student_id", "content_item_id"]),
        [new | {"student_id": one} for one in missing],
    )
    return _there(student_ids, assignment)


def _there(student_ids: Sequence[uuid.UUID], assignment: Assignment) -> dict[uuid.UUID, GradebookEntry]:
    entries = session().scalars(
        sa.select(GradebookEntry)
        .where(GradebookEntry.student_id.in_(student_ids), GradebookEntry.content_item_id == assignment.id)
        .order_by(GradebookEntry.student_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {one.student_id: one for one in entries}


def settled_scores(
    student_ids: Collection[uuid.UUID], assignment: Assignment, worth: Mapping[uuid.UUID, Decimal]
) -> dict[uuid.UUID, list[policy.ProblemScore | None]]:
    """Return what `scores_of` returns, once what people gave holds for the results of now, and have marked what counts.

    What a group handed in is marked while it counts for anybody of it, so all whose marks hang together are looked at.
    """
    is_marked = has_any(assignment.id)
    student_ids = sharers(assignment.group_set_id, student_ids)
    if is_marked:
        carry_over(assignment.id, student_ids)
        settle(assignment.id, student_ids)
    scores = scores_of(student_ids, assignment, worth)
    if not is_marked and not any(one and one.marked for theirs in scores.values() for one in theirs):
        return scores
    want(assignment.id, {
        student_id: [attempt for one in theirs if one for attempt in one.marked] for student_id, theirs in scores.items()
    })  # fmt: skip
    return scores


def scores_of(
    student_ids: Collection[uuid.UUID],
    assignment: Assignment,
    worth: Mapping[uuid.UUID, Decimal],
    *,
    late: LatePolicy | None = None,
) -> dict[uuid.UUID, list[policy.ProblemScore | None]]:
    """Return for each of these students their score of each problem, None where nothing of it is graded.

    Parameters
    ----------
    worth
        The points of each of the assignment's problems, by its id there.
    late
        What late work would count; None for the assignment's own rule.
    """
    lateness = late_work.lateness([assignment], student_ids, policy=late)
    counts = assignment.rules.counts
    judged: dict[tuple[uuid.UUID, uuid.UUID], list[policy.Judged]] = defaultdict(list)
    query = (
        sa.select(
            SubmissionAttempt.id,
            WHOSE,
            SubmissionAttempt.assignment_problem_id,
            SubmissionAttempt.attempt_number,
            SubmissionAttempt.created_at,
            SubmissionAttempt.team_id,
            GradingJob.points,
            GradingJob.maximum,
            *standing.COLUMNS,
        )
        .join(GradingJob, GradingJob.attempt_id == SubmissionAttempt.id)
        .where(
            SubmissionAttempt.assignment_problem_id.in_(worth),
            is_of(student_ids),
            WHOSE.in_(student_ids),
            SubmissionAttempt.type == AttemptType.FINAL_SUBMISSION,
            GradingJob.stands,
        )
    )
    rows = session().execute(standing.joined(each(query)))
    for attempt_id, student_id, item_id, number, created_at, team_id, points, maximum, *marks in rows:
        judged[student_id, item_id].append(
            policy.Judged(
                number, created_at, points or Decimal(0), maximum or Decimal(0),
                lateness.credit(assignment.id, student_id, created_at, team_id), standing.by_hand(*marks), attempt_id,
            )
        )  # fmt: skip
    return {
        student_id: [
            policy.problem_score(judged[student_id, item_id], points, counts) for item_id, points in worth.items()
        ]
        for student_id in student_ids
    }
