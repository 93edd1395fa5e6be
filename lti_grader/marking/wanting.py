"""Which submissions are to be marked: those that count, as the gradebook finds by the assignment's rule."""

import uuid
from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.core.db import current_tenant, session
from lti_grader.core.ids import new_id
from lti_grader.grading.models import GradingJob
from lti_grader.marking.carrying import carry
from lti_grader.marking.models import Marking
from lti_grader.problems.models import Rubric


def has_any(assignment_id: uuid.UUID) -> bool:
    """Return whether anything of an assignment is marked, or was to be."""
    return session().scalar(sa.select(Marking.id).where(Marking.assignment_id == assignment_id).limit(1)) is not None


def hold(assignment_id: uuid.UUID, student_ids: Collection[uuid.UUID]) -> None:
    """Let nobody else change the markings of students until the transaction ends.

    Whoever marks holds a marking first and then its student's entry in the gradebook; so does whoever works out scores, or
    the two could wait for each other.
    """
    session().execute(
        sa.select(Marking.id)
        .where(Marking.assignment_id == assignment_id, Marking.student_id.in_(student_ids))
        .order_by(Marking.id)
        .with_for_update()
    )


def want(assignment_id: uuid.UUID, wanted: Mapping[uuid.UUID, Collection[uuid.UUID]]) -> None:
    """Have these submissions of students marked, and others of theirs no more; what those were given is kept.

    Parameters
    ----------
    wanted
        By student the attempts that count, of problems that have a rubric.
    """
    of_these = sa.and_(Marking.assignment_id == assignment_id, Marking.student_id.in_(wanted))
    known = {one.attempt_id: one.is_wanted for one in session().execute(
        sa.select(Marking.attempt_id, Marking.is_wanted).where(of_these)
    )}  # fmt: skip
    all_wanted = {one for attempts in wanted.values() for one in attempts}
    changed = {one for one, is_wanted in known.items() if is_wanted is not (one in all_wanted)}
    if changed:
        session().execute(
            sa.update(Marking)
            .where(Marking.attempt_id.in_(changed))
            .values(is_wanted=~Marking.is_wanted)
            .execution_options(synchronize_session="fetch")
        )
    if fresh := all_wanted - known.keys():
        _begin(assignment_id, fresh)


def _begin(assignment_id: uuid.UUID, attempt_ids: Collection[uuid.UUID]) -> None:
    rows = session().execute(
        sa.select(
            SubmissionAttempt.id,
            SubmissionAttempt.student_id,
            SubmissionAttempt.assignment_problem_id,
            GradingJob.problem_version_id,
        )
        .join(GradingJob, GradingJob.attempt_id == SubmissionAttempt.id)
        .where(SubmissionAttempt.id.in_(attempt_ids), GradingJob.stands)
    )
    new = [
        {
            "id": new_id(), "tenant_id": current_tenant(), "assignment_id": assignment_id, "attempt_id": attempt_id,
            "student_id": student_id, "assignment_problem_id": item_id, "problem_version_id": version_id, "round": 1,
        }
        for attempt_id, student_id, item_id, version_id in rows
    ]  # fmt: skip
    session().execute(insert(Marking).on_conflict_do_nothing(index_elements=["attempt_id", "round"]), new)


def carry_over(assignment_id: uuid.UUID, student_ids: Collection[uuid.UUID]) -> None:
    """Carry the markings of students over to the versions by which their submissions were judged since."""
    rows = session().execute(
        sa.select(Marking, GradingJob.problem_version_id)
        .join(GradingJob, sa.and_(GradingJob.attempt_id == Marking.attempt_id, GradingJob.stands))
        .join(Rubric, Rubric.problem_version_id == GradingJob.problem_version_id)
        .where(
            Marking.assignment_id == assignment_id,
            Marking.student_id.in_(student_ids),
            Marking.problem_version_id != GradingJob.problem_version_id,
        )
        .order_by(Marking.id)
        .with_for_update(of=Marking)
    )
    of_version: dict[uuid.UUID, list[Marking]] = {}
    for marking, version_id in rows.all():
        of_version.setdefault(version_id, []).append(marking)
    for version_id, markings in of_version.items():
        carry(markings, version_id)
