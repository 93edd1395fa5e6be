"""Who gains and who loses what by a regrade: before it is applied, and afterwards as it was."""

import dataclasses
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from lti_grader.assignments import late_work
from lti_grader.assignments.models import Assignment, AssignmentProblem, Counts
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.attempts.theirs import WHOSE, each, is_of
from lti_grader.classes.apart import whose_work
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.gradebook import policy
from lti_grader.gradebook.models import EntryStatus, GradebookEntry
from lti_grader.gradebook.operations import scores_of
from lti_grader.gradebook.policy import Judged
from lti_grader.gradebook.regrades.models import Regrade, RegradeMark, RegradeState
from lti_grader.grading.models import GradingJob, JobReason, JobStatus
from lti_grader.marking import standing
from lti_grader.marking.carrying import carries_whole
from lti_grader.people.models import User
from lti_grader.problems.models import Rubric


@dataclasses.dataclass(frozen=True)
class Effect:
    """What a regrade does to one student: to the points of the problem, and to the mark of the whole assignment."""

    student_id: uuid.UUID
    points_before: Decimal | None
    points_after: Decimal | None
    """None where nothing is graded."""
    mark_before: Decimal | None
    mark_after: Decimal | None
    is_by_hand: bool
    """A person set the mark, so it stays."""

    @property
    def difference(self) -> Decimal:
        return (self.points_after or Decimal(0)) - (self.points_before or Decimal(0))

    @property
    def is_changed(self) -> bool:
        return self.points_before != self.points_after


@dataclasses.dataclass(frozen=True)
class Line:
    """An effect as its page shows it."""

    effect: Effect
    student: User


@dataclasses.dataclass(frozen=True)
class Sums:
    """How many gain and lose."""

    risen: int
    fallen: int
    same: int
    by_hand: int
    """Of those with other points, the ones whose mark a person set."""


def sums(effects: Iterable[Effect]) -> Sums:
    """Count effects."""
    signs, by_hand = [], 0
    for one in effects:
        signs.append((one.difference > 0) - (one.difference < 0))
        by_hand += one.is_changed and one.is_by_hand
    return Sums(signs.count(1), signs.count(-1), signs.count(0), by_hand)


@dataclasses.dataclass(frozen=True)
class Tried:
    """A submission with the result that stands, and with the one of the regrade; None where there is none."""

    attempt_number: int
    now: Judged | None
    then: Judged | None


def points(
    submissions: Sequence[Tried], worth: Decimal, counts: Counts
) -> tuple[policy.ProblemScore | None, policy.ProblemScore | None]:
    """Return a student's score of the problem as it stands, and with the results of a regrade in place of the old ones."""
    now = [one.now for one in submissions if one.now is not None]
    then = [found for one in submissions if (found := one.then or one.now) is not None]
    return policy.problem_score(now, worth, counts), policy.problem_score(then, worth, counts)


def of_regrade(regrade: Regrade, place: Membership) -> list[Line]:
    """Return what a regrade does, or did, to the students whom somebody of the staff sees, by name."""
    if regrade.state == RegradeState.APPLIED:
        found = _written(regrade)
    else:
        item = session().get_one(AssignmentProblem, regrade.assignment_problem_id)
        found = {one.student_id: one for one in of_students(regrade, item, students_in(regrade))}
        # What is applied already while the rest is under way.
        found |= _written(regrade)
    people = session().scalars(
        sa.select(User)
        .where(User.id.in_(found), whose_work(place, User.id))
        .order_by(User.family_name, User.given_name, User.name, User.id)
    )
    return [Line(found[one.id], one) for one in people]


def students_in(regrade: Regrade, *, most: int | None = None) -> Sequence[uuid.UUID]:
    """Return the students of a regrade to whom it is not applied."""
    query = (
        each(sa.select(WHOSE).select_from(SubmissionAttempt))
        .join(GradingJob, GradingJob.attempt_id == SubmissionAttempt.id)
        .where(
            GradingJob.regrade_id == regrade.id,
            GradingJob.reason == JobReason.TRIAL,
            GradingJob.status.in_([JobStatus.TRIED, JobStatus.FAILED]),
            ~sa.exists().where(RegradeMark.regrade_id == regrade.id, RegradeMark.student_id == WHOSE),
        )
        .distinct()
        .order_by(WHOSE)
        .limit(most)
    )
    return session().scalars(query).all()


def of_students(regrade: Regrade, item: AssignmentProblem, student_ids: Collection[uuid.UUID]) -> list[Effect]:
    """Return what applying a regrade would do to these students now, in six queries at most."""
    assignment = session().get_one(Assignment, item.assignment_id)
    counts = assignment.rules.counts
    tried = _tried(regrade, assignment, student_ids)
    entries = {
        one.student_id: one
        for one in session().scalars(
            sa.select(GradebookEntry).where(
                GradebookEntry.content_item_id == assignment.id, GradebookEntry.student_id.in_(student_ids)
            )
        )
    }
    worth = session().execute(
        sa.select(AssignmentProblem.id, AssignmentProblem.points)
        .where(AssignmentProblem.assignment_id == assignment.id)
        .order_by(AssignmentProblem.order_index)
    )
    scores = scores_of(student_ids, assignment, all_worth := dict(worth.all()))
    return [
        _effect(student_id, dict(zip(all_worth, scores[student_id], strict=True)), item.id,
                points(tried[student_id], item.points, counts), entries.get(student_id))
        for student_id in student_ids
    ]  # fmt: skip


def stays(entry: GradebookEntry | None) -> bool:
    """Return whether a person set a mark, so that no result changes it."""
    return entry is not None and (entry.override_points is not None or entry.status == EntryStatus.EXCUSED)


def _effect(
    student_id: uuid.UUID,
    scores: Mapping[uuid.UUID, policy.ProblemScore | None],
    item_id: uuid.UUID,
    found: tuple[policy.ProblemScore | None, policy.ProblemScore | None],
    entry: GradebookEntry | None,
) -> Effect:
    before, after = found
    total = policy.assignment_score([after if one == item_id else score for one, score in scores.items()])
    mark = entry.points if entry is not None else None
    by_hand = stays(entry)
    return Effect(
        student_id, before.points if before else None, after.points if after else None,
        mark, mark if by_hand or total is None else total.points, by_hand,
    )  # fmt: skip


def _tried(
    regrade: Regrade, assignment: Assignment, student_ids: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, list[Tried]]:
    lateness = late_work.lateness([assignment], student_ids)
    stands, again, other = aliased(GradingJob), aliased(GradingJob), aliased(Rubric)
    query = (
        sa.select(
            WHOSE,
            SubmissionAttempt.attempt_number,
            SubmissionAttempt.created_at,
            SubmissionAttempt.team_id,
            stands.points,
            stands.maximum,
            again.points,
            again.maximum,
            other.points,
            *standing.COLUMNS,
        )
        .outerjoin(
            stands,
            sa.and_(
                stands.attempt_id == SubmissionAttempt.id,
                stands.stands,
            ),
        )
        .outerjoin(
            again,
            sa.and_(
                again.attempt_id == SubmissionAttempt.id,
                again.regrade_id == regrade.id,
                again.status == JobStatus.TRIED,
            ),
        )
        .outerjoin(other, other.problem_version_id == again.problem_version_id)
        .where(
            SubmissionAttempt.assignment_problem_id == regrade.assignment_problem_id,
            is_of(student_ids),
            WHOSE.in_(student_ids),
            sa.or_(stands.id.is_not(None), again.id.is_not(None)),
        )
    )
    found: dict[uuid.UUID, list[Tried]] = defaultdict(list)
    # What people gave holds on where all criteria are the same; else it is awaited.
    holds = carries_whole(regrade.version_before, regrade.version_after)
    for student_id, number, when, team_id, now, of_now, then, of_then, most, *marks in session().execute(
        standing.joined(each(query), stands)
    ):
        credit = lateness.credit(assignment.id, student_id, when, team_id)
        by_hand = standing.by_hand(*marks)
        hence = standing.by_hand(most, by_hand.points if by_hand and holds else None)
        found[student_id].append(
            Tried(
                number,
                None if now is None else Judged(number, when, now, of_now or Decimal(0), credit, by_hand),
                None if then is None else Judged(number, when, then, of_then or Decimal(0), credit, hence),
            )
        )
    return found


def _written(regrade: Regrade) -> dict[uuid.UUID, Effect]:
    rows = session().scalars(sa.select(RegradeMark).where(RegradeMark.regrade_id == regrade.id))
    return {
        one.student_id: Effect(
            one.student_id, one.points_before, one.points_after, one.mark_before, one.mark_after, one.is_by_hand
        )
        for one in rows
    }
