"""A regrade applied: its results take the place of the old ones, and marks are worked out by the ordinary rule."""

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.attempts.models import AttemptStatus, SubmissionAttempt
from lti_grader.attempts.theirs import is_of
from lti_grader.classes.groups.teams import sharers
from lti_grader.core import owed
from lti_grader.core.db import current_tenant, session, transaction
from lti_grader.core.messages import send_after_commit
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.gradebook.operations import recompute_all
from lti_grader.gradebook.regrades import choosing, effects
from lti_grader.gradebook.regrades.effects import Effect, stays
from lti_grader.gradebook.regrades.errors import BadRegrade, OtherState
from lti_grader.gradebook.regrades.judging import feed, locked, note, owe
from lti_grader.gradebook.regrades.models import Regrade, RegradeMark, RegradeState, StepKind
from lti_grader.grading.models import GradingJob, JobReason, JobStatus, TestResult

log = logging.getLogger(__name__)

TASK, QUEUE = "gradebook.apply_regrade", "default"
IS_OWED = Regrade.state == RegradeState.APPLYING
# As many students in one transaction: whoever hands in meanwhile need not wait for long.
CHUNK = 250
_LEASE_SECONDS = 300.0
Clock = Callable[[], dt.datetime]


def apply(regrade: Regrade, reason: str, *, is_told: bool = False, by: uuid.UUID, at: dt.datetime) -> None:
    """Let the results of a regrade count. From here on the assignment uses its tests.

    Parameters
    ----------
    regrade
        As `judging.locked` returns it.
    is_told
        Whether the students whose submissions were judged once more read the reason too.

    Raises
    ------
    BadRegrade
        No reason is given.
    OtherState
        Not everything is judged, or somebody was quicker.
    """
    if not reason.strip():
        raise BadRegrade("Say why: whoever looks at these marks later wants to know.")
    if regrade.state != RegradeState.READY:
        raise OtherState(f"This regrade is {regrade.state} by now. Reload the page to see how it stands.")
    # Whoever is handing in has done so when this returns, or is judged with the new tests (`grading.taking_in`).
    item = (
        session()
        .scalars(
            sa.select(AssignmentProblem)
            .where(AssignmentProblem.id == regrade.assignment_problem_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .one()
    )
    item.problem_version_id = regrade.version_after
    regrade.state, regrade.reason, regrade.applied_at = RegradeState.APPLYING, reason.strip(), at
    regrade.is_reason_told, regrade.next_try_at = is_told, at
    note(regrade, StepKind.APPLIED, by=by, at=at)
    send_after_commit(TASK, current_tenant(), regrade.id, queue=QUEUE)


def due(*, at: dt.datetime) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Return (tenant, regrade) of what is to be applied in any tenant."""
    return owed.due(Regrade, IS_OWED, at=at)


def carry_out(tenant_id: uuid.UUID, regrade_id: uuid.UUID, now: Clock) -> int | None:
    """Apply a regrade, and return how many marks came out different.

    None where it is done, or another worker has it. Where it breaks off, the next one does the rest.
    """
    with transaction(tenant_id):
        if owed.claim(Regrade, regrade_id, IS_OWED, at=now(), seconds=_LEASE_SECONDS) is None:
            return None
    while True:
        with transaction(tenant_id):
            # Another worker that took it up after this one had fallen silent would wait here.
            regrade = locked(regrade_id)
            if regrade.state != RegradeState.APPLYING:
                return None
            students = effects.students_in(regrade, most=CHUNK)
            if not students:
                return _finish(regrade, at=now())
            _apply_to(regrade, students, at=now())


def _apply_to(regrade: Regrade, students: Sequence[uuid.UUID], *, at: dt.datetime) -> None:
    item = session().get_one(AssignmentProblem, regrade.assignment_problem_id)
    # What a group handed in is let stand once for all of it: nobody who has a mark by it is left for the next part.
    students = sorted(sharers(session().get_one(Assignment, item.assignment_id).group_set_id, students))
    found = {one.student_id: one for one in effects.of_students(regrade, item, students)}
    _let_stand(regrade, students)
    entries = recompute_all(students, item.assignment_id, at=at, regrade_id=regrade.id)
    rows = [
        {
            "tenant_id": current_tenant(), "regrade_id": regrade.id, "student_id": student_id,
            "points_before": one.points_before, "points_after": one.points_after, "worth": item.points,
            **_mark(one, entries.get(student_id)),
        }
        for student_id, one in found.items()
    ]  # fmt: skip
    session().execute(sa.insert(RegradeMark), rows)


def _mark(found: Effect, entry: GradebookEntry | None) -> dict[str, Any]:
    """Return what became of a mark. Where a person set it, also while the regrade was applied, that is no change of the regrade's."""
    after = entry.points if entry is not None else found.mark_before
    by_hand = stays(entry) if entry is not None else found.is_by_hand
    return {"mark_before": after if by_hand else found.mark_before, "mark_after": after, "is_by_hand": by_hand}


def _let_stand(regrade: Regrade, students: Sequence[uuid.UUID]) -> None:
    """Put the regrade's results of these students in the place of the old ones, which are kept and say so."""
    again = aliased(GradingJob)
    mine = (
        sa.select(again.id, again.attempt_id)
        .join(SubmissionAttempt, SubmissionAttempt.id == again.attempt_id)
        .where(again.regrade_id == regrade.id, again.status == JobStatus.TRIED, is_of(students))
        .subquery()
    )
    tests = (
        sa.select(
            TestResult.job_id,
            sa.func.max(TestResult.time_ms).label("time_ms"),
            sa.func.max(TestResult.memory_kb).label("kb"),
        )
        .where(TestResult.job_id.in_(sa.select(mine.c.id)))
        .group_by(TestResult.job_id)
        .subquery()
    )
    for statement in (
        sa.update(SubmissionAttempt)
        .where(SubmissionAttempt.id == mine.c.attempt_id, tests.c.job_id == mine.c.id)
        .values(status=AttemptStatus.COMPLETED, execution_time_ms=tests.c.time_ms, memory_usage_kb=tests.c.kb),
        sa.update(GradingJob)
        .where(
            GradingJob.attempt_id == mine.c.attempt_id,
            GradingJob.reason != JobReason.TRIAL,
            GradingJob.status.in_([JobStatus.DONE, JobStatus.FAILED]),
            GradingJob.superseded_by.is_(None),
        )
        .values(superseded_by=mine.c.id),
        sa.update(GradingJob).where(GradingJob.id == mine.c.id).values(status=JobStatus.DONE, reason=JobReason.REGRADE),
    ):
        session().execute(statement.execution_options(synchronize_session=False))


def _finish(regrade: Regrade, *, at: dt.datetime) -> int:
    item = session().get_one(AssignmentProblem, regrade.assignment_problem_id)
    changed = sa.select(sa.func.count()).where(
        RegradeMark.regrade_id == regrade.id, RegradeMark.mark_before.is_distinct_from(RegradeMark.mark_after)
    )
    regrade.marks_changed = session().scalars(changed).one()
    regrade.state, regrade.done_at = RegradeState.APPLIED, at
    # Judged with the old tests while this went on: what these make of it counts as soon as it is there.
    owe(regrade, choosing.come_since(regrade, item), JobReason.REGRADE, at=at)
    feed(regrade, at=at)
    log.info("regrade %s applied: %d marks changed", regrade.id, regrade.marks_changed)
    return regrade.marks_changed
