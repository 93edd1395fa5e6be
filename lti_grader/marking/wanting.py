"""Which submissions are to be marked: those that count, as the gradebook finds by the assignment's rule."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.assignments.models import Assignment
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.core.db import current_tenant, session
from lti_grader.core.events import publish
from lti_grader.core.ids import new_id
from lti_grader.grading.models import GradingJob
from lti_grader.marking import second
from lti_grader.marking.carrying import carry
from lti_grader.marking.events import Awaited, AwaitedChanged
from lti_grader.marking.models import Marking, Moderation
from lti_grader.marking.second import FIRST, MODERATED, SECOND, STANDS_BY, Decision
from lti_grader.marking.settling import wants_second
from lti_grader.problems.models import Rubric


def has_any(assignment_id: uuid.UUID) -> bool:
    """Return whether anything of an assignment is marked, or was to be."""
    return session().scalar(sa.select(Marking.id).where(Marking.assignment_id == assignment_id).limit(1)) is not None


def hold(assignment_id: uuid.UUID, student_ids: Collection[uuid.UUID]) -> None:
    """Let nobody else change the markings of students until the transaction ends; those that are known here are so as they stand now.

    Whoever marks holds a marking first and then its student's entry in the gradebook; so does whoever works out scores, or
    the two could wait for each other.
    """
    query = (
        sa.select(Marking)
        .where(Marking.assignment_id == assignment_id, Marking.student_id.in_(student_ids))
        .order_by(Marking.id)
        .with_for_update()
    )
    # Which of a submission's markings stands follows from all of them: none may be what it was before the wait.
    session().scalars(query.execution_options(populate_existing=True)).all()


def want(assignment_id: uuid.UUID, wanted: Mapping[uuid.UUID, Collection[uuid.UUID]]) -> None:
    """Have these submissions of students marked, and others of theirs no more; what those were given is kept.

    Parameters
    ----------
    wanted
        By student the attempts that count, of problems that have a rubric.
    """
    rules = session().get_one(Assignment, assignment_id).rules.marking
    rows = session().execute(
        sa.select(Marking, Moderation.decision)
        .outerjoin(Moderation, Moderation.attempt_id == Marking.attempt_id)
        .where(Marking.assignment_id == assignment_id, Marking.student_id.in_(wanted))
    )
    found = rows.all()
    firsts = {one.attempt_id: one for one, _ in found if one.round == FIRST}
    all_wanted = {one for attempts in wanted.values() for one in attempts}
    seconds = {one for one in all_wanted & firsts.keys() if wants_second(firsts[one], rules)}
    moderated = {one.attempt_id for one, decision in found if decision and STANDS_BY[Decision(decision)] == MODERATED}
    due = {FIRST: all_wanted, SECOND: seconds, MODERATED: all_wanted & moderated}
    before = _awaited([one for one, _ in found])
    for one, _ in found:
        one.is_wanted = one.attempt_id in due[one.round]
    session().flush()
    for one in _begin(assignment_id, all_wanted - firsts.keys(), FIRST):
        if second.wants_second(rules, one.assignment_problem_id, one.student_id, is_asked=False):
            seconds.add(one.id)
    begun = _begin(assignment_id, seconds - {one.attempt_id for one, _ in found if one.round == SECOND}, SECOND)
    after = _awaited([one for one, _ in found])
    after[Awaited.SECOND] |= {one.id for one in begun if one.id in firsts and firsts[one.id].done_at is not None}
    for what in Awaited:
        if before[what] != after[what]:
            publish(AwaitedChanged(assignment_id, what, tuple(after[what] - before[what])))


def _awaited(markings: Sequence[Marking]) -> dict[Awaited, set[uuid.UUID]]:
    """Return the submissions that count and await a decision, or, since their first marking is done, a second one."""
    wanted = [one for one in markings if one.is_wanted]
    marked = {one.attempt_id for one in wanted if one.round == FIRST and one.done_at is not None}
    return {
        Awaited.SECOND: {one.attempt_id for one in wanted if one.round == SECOND and one.done_at is None} & marked,
        Awaited.DECISION: {one.attempt_id for one in wanted if one.is_disputed},
    }


def _begin(assignment_id: uuid.UUID, attempt_ids: Collection[uuid.UUID], round_: int) -> Sequence[Any]:
    """Let these submissions wait for a marking, and return each with its student, problem and version."""
    if not attempt_ids:
        return []
    rows = (
        session()
        .execute(
            sa.select(
                SubmissionAttempt.id,
                SubmissionAttempt.student_id,
                SubmissionAttempt.assignment_problem_id,
                GradingJob.problem_version_id,
            )
            .join(GradingJob, GradingJob.attempt_id == SubmissionAttempt.id)
            .where(SubmissionAttempt.id.in_(attempt_ids), GradingJob.stands)
        )
        .all()
    )
    new = [
        {
            "id": new_id(), "tenant_id": current_tenant(), "assignment_id": assignment_id, "attempt_id": attempt_id,
            "student_id": student_id, "assignment_problem_id": item_id, "problem_version_id": version_id, "round": round_,
        }
        for attempt_id, student_id, item_id, version_id in rows
    ]  # fmt: skip
    session().execute(insert(Marking).on_conflict_do_nothing(index_elements=["attempt_id", "round"]), new)
    return rows


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
