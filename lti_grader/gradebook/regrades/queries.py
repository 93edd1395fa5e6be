"""Reads about regrades, as their pages show them."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from decimal import Decimal

import sqlalchemy as sa

from lti_grader.assignments.queries import OpenedAssignment, ProblemLine, open_for_staff
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.classes.apart import whose_work
from lti_grader.classes.models import Enrollment
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.core.tables import csv_line, safe
from lti_grader.gradebook.regrades import choosing
from lti_grader.gradebook.regrades.effects import Line
from lti_grader.gradebook.regrades.models import Regrade, RegradeState, RegradeStep
from lti_grader.grading.models import GradingJob, JobReason, JobStatus
from lti_grader.people.models import User
from lti_grader.problems.models import ProblemVersion

ENDED = (JobStatus.TRIED, JobStatus.DONE, JobStatus.FAILED)


@dataclasses.dataclass(frozen=True)
class RegradeLine:
    """A regrade as a list shows it."""

    row: Regrade
    problem: ProblemLine
    by: str | None
    number_before: int
    number_after: int


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far the judgings of a regrade have come, of those that somebody of the staff sees."""

    total: int
    ended: int
    failed: int
    late: int
    """Submissions that came in meanwhile and are judged once more since it was applied."""
    late_open: int


def opened(regrade_id: uuid.UUID, user_id: uuid.UUID) -> tuple[RegradeLine, OpenedAssignment]:
    """Return a regrade for somebody of its class's staff.

    Raises
    ------
    NotFound, Forbidden
        There is none, or it is none of theirs.
    """
    row = session().get(Regrade, regrade_id)
    if row is None:
        raise NotFound("There is no such regrade.")
    assignment = open_for_staff(row.assignment_problem_id, user_id)
    return _lines([row], assignment)[0], assignment


def regrades_of(assignment: OpenedAssignment) -> list[RegradeLine]:
    """Return the regrades of an assignment, the last first."""
    rows = session().scalars(
        sa.select(Regrade)
        .where(Regrade.assignment_problem_id.in_([one.item.id for one in assignment.problems]))
        .order_by(Regrade.started_at.desc(), Regrade.id.desc())
    )
    return _lines(rows.all(), assignment)


def _lines(rows: Sequence[Regrade], assignment: OpenedAssignment) -> list[RegradeLine]:
    people = {
        one.id: one.display_name
        for one in session().scalars(sa.select(User).where(User.id.in_([row.started_by for row in rows])))
    }
    versions = {id_ for row in rows for id_ in (row.version_before, row.version_after)}
    numbers = dict(
        session()
        .execute(sa.select(ProblemVersion.id, ProblemVersion.number).where(ProblemVersion.id.in_(versions)))
        .all()
    )
    return [
        RegradeLine(
            row, assignment.problem(row.assignment_problem_id), people.get(row.started_by) if row.started_by else None,
            numbers[row.version_before], numbers[row.version_after],
        )
        for row in rows
    ]  # fmt: skip


def progress(regrade: Regrade, place: Membership) -> Progress:
    """Return how far a regrade has come."""
    is_late = sa.and_(
        GradingJob.reason == JobReason.REGRADE,
        GradingJob.created_at > regrade.started_at,
    )
    found = session().execute(
        sa.select(
            sa.func.count().filter(~is_late),
            sa.func.count().filter(~is_late, GradingJob.status.in_(ENDED)),
            sa.func.count().filter(~is_late, GradingJob.status == JobStatus.FAILED),
            sa.func.count().filter(is_late),
            sa.func.count().filter(is_late, GradingJob.status.not_in(ENDED)),
        )
        .join(SubmissionAttempt, SubmissionAttempt.id == GradingJob.attempt_id)
        .where(GradingJob.regrade_id == regrade.id, whose_work(place, SubmissionAttempt.student_id))
    )
    return Progress(*found.one())


@dataclasses.dataclass(frozen=True)
class JudgedOnceMore:
    """That the result of an attempt that counts comes from a regrade, as its student reads it."""

    at: dt.datetime
    """When the regrade was applied."""
    by_other_tests: bool
    reason: str
    """"" where it was written for staff alone."""


def judged_once_more(attempt_id: uuid.UUID) -> JudgedOnceMore | None:
    """Return from which regrade the result comes that counts for an attempt, None where it is its first one."""
    row = session().scalar(
        sa.select(Regrade)
        .join(GradingJob, GradingJob.regrade_id == Regrade.id)
        .where(
            GradingJob.attempt_id == attempt_id, GradingJob.status == JobStatus.DONE,
            GradingJob.reason == JobReason.REGRADE, GradingJob.superseded_by.is_(None),
        )
    )  # fmt: skip
    if row is None or row.applied_at is None:
        return None
    return JudgedOnceMore(row.applied_at, row.changes_version, row.reason if row.is_reason_told else "")


def came_since(line: RegradeLine) -> int:
    """Return how many submissions came in since a regrade was started that are judged again once it is applied."""
    if line.row.state in (RegradeState.APPLIED, RegradeState.CANCELLED):
        return 0
    return len(choosing.come_since(line.row, line.problem.item))


@dataclasses.dataclass(frozen=True)
class StepLine:
    """What somebody did with a regrade, as its page lists it."""

    row: RegradeStep
    by: str | None


def steps_of(regrade: Regrade) -> list[StepLine]:
    """Return what was done with a regrade, in order."""
    rows = session().execute(
        sa.select(RegradeStep, User)
        .outerjoin(User, User.id == RegradeStep.by)
        .where(RegradeStep.regrade_id == regrade.id)
        .order_by(RegradeStep.at, RegradeStep.id)
    )
    return [StepLine(row, user.display_name if user is not None else None) for row, user in rows]


def could_not_be_judged(regrade: Regrade, place: Membership) -> list[tuple[SubmissionAttempt, User, str]]:
    """Return the submissions that could not be judged once more, each with why."""
    rows = session().execute(
        sa.select(SubmissionAttempt, User, GradingJob.error)
        .join(GradingJob, GradingJob.attempt_id == SubmissionAttempt.id)
        .join(User, User.id == SubmissionAttempt.student_id)
        .where(
            GradingJob.regrade_id == regrade.id,
            GradingJob.status == JobStatus.FAILED,
            whose_work(place, SubmissionAttempt.student_id),
        )
        .order_by(GradingJob.finished_at)
        .limit(20)
    )
    return [(attempt, user, error or "") for attempt, user, error in rows]


def names_of(regrade: Regrade) -> list[str]:
    """Return the names of the students to whom a regrade is limited."""
    people = session().scalars(sa.select(User).where(User.id.in_(regrade.student_ids)))
    return sorted(one.display_name for one in people)


def as_csv(lines: Sequence[Line], class_id: uuid.UUID) -> Iterator[bytes]:
    """Yield what a regrade does to each student as CSV."""
    sections = dict(
        session()
        .execute(sa.select(Enrollment.user_id, Enrollment.sections).where(Enrollment.class_id == class_id))
        .all()
    )
    yield csv_line(
        ["Student", "LMS user id", "E-mail", "Section", "Points before", "Points after", "Difference", "Mark before",
         "Mark after", "Mark set by a person"]
    )  # fmt: skip
    for line in lines:
        one, student = line.effect, line.student
        yield csv_line(
            [safe(student.display_name), safe(student.sub), safe(student.email),
             safe(", ".join(sections.get(student.id, []))), _plain(one.points_before), _plain(one.points_after),
             _plain(one.difference), _plain(one.mark_before), _plain(one.mark_after), "yes" if one.is_by_hand else ""]
        )  # fmt: skip


def _plain(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"
