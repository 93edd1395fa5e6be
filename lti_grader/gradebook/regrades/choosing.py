"""Which submissions a regrade judges, and with which versions it can."""

import dataclasses
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from lti_grader.assignments import late_work
from lti_grader.assignments.models import Assignment, AssignmentProblem, Counts
from lti_grader.attempts.models import AttemptType, SubmissionAttempt
from lti_grader.attempts.theirs import WHOSE, each, is_of
from lti_grader.classes.models import Enrollment, Module, Role
from lti_grader.classes.queries import in_any_section
from lti_grader.core.db import session
from lti_grader.gradebook import policy
from lti_grader.gradebook.policy import Judged
from lti_grader.gradebook.regrades.models import Regrade, Which
from lti_grader.grading.models import GradingJob, JobReason, JobStatus
from lti_grader.marking import standing
from lti_grader.people.models import User
from lti_grader.problems.models import ProblemVersion, VersionState

MOST_LISTED = 30
"""As many students stand in a list; of more one searches."""


@dataclasses.dataclass(frozen=True)
class Submission:
    """A submission that was judged, or could not be."""

    attempt_id: uuid.UUID
    student_id: uuid.UUID
    attempt_number: int
    result: Judged | None
    """None where it could not be judged."""


def chosen(submissions: Iterable[Submission], which: Which, counts: Counts) -> list[uuid.UUID]:
    """Return the attempts that a regrade judges, of all that these students handed in to the problem.

    Parameters
    ----------
    counts
        The assignment's rule.
    """
    of_student: dict[uuid.UUID, list[Submission]] = defaultdict(list)
    for one in submissions:
        of_student[one.student_id].append(one)
    found = []
    for theirs in of_student.values():
        match which:
            case Which.ALL:
                numbers = {one.attempt_number for one in theirs}
            case Which.LATEST:
                numbers = {max(one.attempt_number for one in theirs)}
            case Which.COUNTING:
                judged = [one.result for one in theirs if one.result is not None]
                numbers = {one.attempt_number for one in policy.counting(judged, counts)}
        found += [one.attempt_id for one in theirs if one.attempt_number in numbers]
    # What a group handed in counts for each of them.
    return list(dict.fromkeys(found))


def submissions_of(
    item: AssignmentProblem, *, sections: Collection[str] = (), student_ids: Collection[uuid.UUID] = ()
) -> list[Submission]:
    """Return what the students of the class handed in to a problem, other than what is being judged right now.

    What a group handed in is there once for each member.

    Parameters
    ----------
    sections, student_ids
        Of these only; of all where both are empty.
    """
    wanted = students_of(item, sections=sections, student_ids=student_ids)
    query = (
        sa.select(
            SubmissionAttempt.id,
            WHOSE.label("student_id"),
            SubmissionAttempt.team_id,
            SubmissionAttempt.attempt_number,
            SubmissionAttempt.created_at,
            GradingJob.status,
            GradingJob.points,
            GradingJob.maximum,
            *standing.COLUMNS,
        )
        .join(GradingJob, GradingJob.attempt_id == SubmissionAttempt.id)
        .where(
            SubmissionAttempt.assignment_problem_id == item.id,
            SubmissionAttempt.type == AttemptType.FINAL_SUBMISSION,
            is_of(wanted),
            WHOSE.in_(wanted),
            GradingJob.reason != JobReason.TRIAL,
            GradingJob.superseded_by.is_(None),
            sa.or_(
                GradingJob.status == JobStatus.DONE,
                # One that failed while it was judged once more leaves the result that there was.
                sa.and_(GradingJob.status == JobStatus.FAILED, GradingJob.regrade_id.is_(None)),
            ),
        )
        .order_by(SubmissionAttempt.created_at, SubmissionAttempt.id)
    )
    rows = session().execute(standing.joined(each(query))).all()
    assignment = session().get_one(Assignment, item.assignment_id)
    lateness = late_work.lateness([assignment], {one.student_id for one in rows})
    return [
        Submission(
            one.id, one.student_id, one.attempt_number,
            Judged(one.attempt_number, one.created_at, one.points or Decimal(0), one.maximum or Decimal(0),
                   lateness.credit(assignment.id, one.student_id, one.created_at, one.team_id),
                   standing.by_hand(one.rubric_points, one.given))
            if one.status == JobStatus.DONE else None,
        )
        for one in rows
    ]  # fmt: skip


def students_of(
    item: AssignmentProblem, *, sections: Collection[str] = (), student_ids: Collection[uuid.UUID] = ()
) -> sa.Select[uuid.UUID]:
    """Return the question for the students of a problem's class, also those who have left it: their work is kept."""
    query = (
        sa.select(Enrollment.user_id)
        .join(Module, Module.class_id == Enrollment.class_id)
        .join(Assignment, Assignment.module_id == Module.id)
        .where(Assignment.id == item.assignment_id, Enrollment.role == Role.STUDENT)
    )
    if sections:
        query = query.where(in_any_section(sections))
    if student_ids:
        query = query.where(Enrollment.user_id.in_(student_ids))
    return query


def who_handed_in(item: AssignmentProblem, *, within: Collection[str] | None) -> Sequence[User]:
    """Return the students who submitted to a problem, by name; of these sections only, where some are given."""
    tried = each(sa.select(WHOSE).select_from(SubmissionAttempt)).where(
        SubmissionAttempt.assignment_problem_id == item.id, SubmissionAttempt.type == AttemptType.FINAL_SUBMISSION
    )
    query = (
        sa.select(User)
        .where(User.id.in_(tried), User.id.in_(students_of(item, sections=within or ())))
        .order_by(User.family_name, User.given_name, User.name, User.id)
    )
    return session().scalars(query).all()


@dataclasses.dataclass(frozen=True)
class Candidates:
    """Students whom a regrade can be limited to."""

    shown: Sequence[User]
    """Those who are chosen, then those who fit the search."""
    total: int
    """How many handed in."""
    more: int
    """How many fit beside those that are shown."""

    @property
    def is_searched(self) -> bool:
        """Whether they are too many for one list."""
        return self.total > MOST_LISTED


def candidates(students: Sequence[User], *, chosen: Collection[str], find: str) -> Candidates:
    """Return those of students who are listed: who is chosen stays in sight, whatever is searched for.

    Parameters
    ----------
    chosen
        Ids.
    find
        Words that must all appear in a name or an e-mail address.
    """
    words = find.casefold().split()
    ticked = [one for one in students if str(one.id) in chosen]
    others = [one for one in students if str(one.id) not in chosen and _fits(one, words)]
    return Candidates([*ticked, *others[:MOST_LISTED]], len(students), max(len(others) - MOST_LISTED, 0))


def _fits(student: User, words: Sequence[str]) -> bool:
    text = f"{student.display_name} {student.email or ''}".casefold()
    return all(word in text for word in words)


def versions_for(item: AssignmentProblem) -> Sequence[ProblemVersion]:
    """Return the versions that a problem of an assignment can be judged with, the newest first."""
    used = aliased(ProblemVersion)
    query = (
        sa.select(ProblemVersion)
        .join(used, used.problem_id == ProblemVersion.problem_id)
        .where(
            used.id == item.problem_version_id,
            sa.or_(ProblemVersion.state == VersionState.PUBLISHED, ProblemVersion.id == used.id),
        )
        .order_by(ProblemVersion.number.desc())
    )
    return session().scalars(query).all()


def come_since(regrade: Regrade, item: AssignmentProblem) -> Sequence[uuid.UUID]:
    """Return the submissions of a regrade's students that were judged with the old tests since it was started, or are.

    There are none where it judges with the same tests again.
    """
    if not regrade.changes_version:
        return []
    again = aliased(GradingJob)
    query = (
        sa.select(GradingJob.attempt_id)
        .join(SubmissionAttempt, SubmissionAttempt.id == GradingJob.attempt_id)
        .where(
            SubmissionAttempt.assignment_problem_id == item.id,
            SubmissionAttempt.type == AttemptType.FINAL_SUBMISSION,
            is_of(students_of(item, sections=regrade.sections, student_ids=regrade.student_ids)),
            GradingJob.reason == JobReason.SUBMITTED,
            GradingJob.problem_version_id != regrade.version_after,
            sa.or_(GradingJob.finished_at.is_(None), GradingJob.finished_at > regrade.started_at),
            ~sa.exists().where(again.attempt_id == GradingJob.attempt_id, again.regrade_id == regrade.id),
        )
        .order_by(GradingJob.created_at)
    )
    return session().scalars(query).all()
