"""The programs of a report as far as somebody sees them, and what staff said of two of them."""

import dataclasses
import uuid
from collections.abc import Collection

import sqlalchemy as sa

from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.classes.groups.teams import TeamLine, team_lines
from lti_grader.classes.models import Enrollment, Module
from lti_grader.classes.queries import Membership
from lti_grader.core.db import session
from lti_grader.grading.similarity.models import (
    SimilarityNote,
    SimilarityProgram,
    SimilarityReport,
)
from lti_grader.grading.similarity.sight import Sight, Sights
from lti_grader.people.models import User


@dataclasses.dataclass(frozen=True)
class Side:
    """One of the two programs of a pair, as far as somebody sees it."""

    program: SimilarityProgram
    attempt: SubmissionAttempt
    class_id: uuid.UUID
    student: User | None
    """None where the name is not theirs to see."""
    section: str
    sight: Sight
    team: TeamLine | None = None
    """With whom it was handed in, where that is theirs to see."""

    @property
    def name(self) -> str:
        if self.team is not None:
            return self.team.text
        if self.student is not None:
            return self.student.display_name
        return "A student of another class"


@dataclasses.dataclass(frozen=True)
class NoteLine:
    row: SimilarityNote
    by: str | None


def sides(report: SimilarityReport, place: Membership, programs: Collection[uuid.UUID]) -> dict[uuid.UUID, Side]:
    """Return those of these programs of a report that somebody of the staff sees, by id."""
    query = (
        sa.select(SimilarityProgram, SubmissionAttempt, User, Module.class_id, Enrollment.section)
        .join(SubmissionAttempt, SubmissionAttempt.id == SimilarityProgram.attempt_id)
        .join(User, User.id == SubmissionAttempt.student_id)
        .join(AssignmentProblem, AssignmentProblem.id == SubmissionAttempt.assignment_problem_id)
        .join(Assignment, Assignment.id == AssignmentProblem.assignment_id)
        .join(Module, Module.id == Assignment.module_id)
        .outerjoin(Enrollment, sa.and_(Enrollment.class_id == Module.class_id, Enrollment.user_id == User.id))
        .where(SimilarityProgram.report_id == report.id, SimilarityProgram.id.in_(programs))
    )
    rows = session().execute(query).all()
    teams = team_lines({one.team_id for _, one, *_ in rows if one.team_id is not None})
    sights = Sights(place, {class_id for _, _, _, class_id, _ in rows})
    found = {}
    for program, attempt, student, class_id, section in rows:
        sight = sights.of(student.id, class_id)
        if sight is Sight.ALL:
            found[program.id] = Side(
                program,
                attempt,
                class_id,
                student,
                section or "",
                sight,
                teams.get(attempt.team_id) if attempt.team_id else None,
            )
        elif sight is Sight.PASSAGES:
            found[program.id] = Side(program, attempt, class_id, None, "", sight)
    return found


def key(left: Side, right: Side) -> tuple[uuid.UUID, uuid.UUID]:
    """Return the two submissions of a pair in the order in which notes name them."""
    return in_order(left.attempt.id, right.attempt.id)


def in_order(one: uuid.UUID, other: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID]:
    """Return two submissions in the order in which notes name them."""
    return (one, other) if one < other else (other, one)


def notes_of(left: Side, right: Side) -> list[NoteLine]:
    """Return what was said of two submissions, the last first."""
    first, second = key(left, right)
    about = sa.and_(SimilarityNote.first_attempt_id == first, SimilarityNote.second_attempt_id == second)
    return notes_where(about)[::-1]


def notes_where(where: sa.ColumnElement[bool]) -> list[NoteLine]:
    """Return notes in the order in which they were written."""
    rows = session().execute(
        sa.select(SimilarityNote, User)
        .outerjoin(User, User.id == SimilarityNote.by)
        .where(where)
        .order_by(SimilarityNote.at, SimilarityNote.id)
    )
    return [NoteLine(row, by.display_name if by is not None else None) for row, by in rows]
