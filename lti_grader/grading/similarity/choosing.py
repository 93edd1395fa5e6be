"""What a report compares, and what does not count in it."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from lti_grader.assignments.languages import highlight_of
from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.attempts.models import AssignmentProgress, AttemptType, SubmissionAttempt
from lti_grader.classes.groups.team_models import Team
from lti_grader.classes.groups.teams import members_of_teams
from lti_grader.classes.models import Enrollment, Module, Role
from lti_grader.core.db import session
from lti_grader.grading.similarity.clusters import as_one
from lti_grader.grading.similarity.models import SimilarityProgram, SimilarityReport
from lti_grader.problems.answer_text import one_text
from lti_grader.problems.models import ProblemVersion

# Whose it is of which only the latest is compared: a student's, or a group's, whoever of it handed in.
_BY = sa.func.coalesce(Team.group_id, SubmissionAttempt.team_id, SubmissionAttempt.student_id)
MOST = 3000
"""As many programs are compared at once; where there are more, the oldest of earlier terms are left out."""


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A submission to be compared: its student's, or their group's, latest to that assignment in that language."""

    attempt_id: uuid.UUID
    student_id: uuid.UUID
    language: str
    created_at: dt.datetime
    is_own: bool

    @property
    def kin(self) -> str:
        """What it can be compared with: programs that are read by the same grammar."""
        return highlight_of(self.language) or self.language


def candidates(item: AssignmentProblem, *, with_earlier: bool) -> tuple[list[Candidate], int]:
    """Return what a report compares, and how many earlier programs are too many.

    Only what is in the languages of this assignment's own submissions is taken from earlier ones.
    """
    own = _latest(SubmissionAttempt.assignment_problem_id == item.id, is_own=True)
    if not with_earlier:
        return own, 0
    kinds = {one.kin for one in own}
    theirs = _latest(SubmissionAttempt.assignment_problem_id.in_(_elsewhere(item)), is_own=False)
    earlier = [one for one in theirs if one.kin in kinds]
    earlier.sort(key=lambda one: one.created_at, reverse=True)
    taken = earlier[: max(0, MOST - len(own))]
    return own + taken, len(earlier) - len(taken)


def _elsewhere(item: AssignmentProblem) -> sa.Select[uuid.UUID]:
    """Return the question for the places where the same problem is set, in whichever version."""
    mine, other, place = aliased(ProblemVersion), aliased(ProblemVersion), aliased(AssignmentProblem)
    return (
        sa.select(place.id)
        .join(other, other.id == place.problem_version_id)
        .join(mine, mine.problem_id == other.problem_id)
        .where(mine.id == item.problem_version_id, place.id != item.id)
    )


def _latest(where: sa.ColumnElement[bool], *, is_own: bool) -> list[Candidate]:
    """Return each student's latest submission in each language; that of those who only look at the class is none."""
    one = SubmissionAttempt
    rows = session().execute(
        sa.select(one.id, one.student_id, one.language, one.created_at)
        .join(AssignmentProblem, AssignmentProblem.id == one.assignment_problem_id)
        .join(Assignment, Assignment.id == AssignmentProblem.assignment_id)
        .join(Module, Module.id == Assignment.module_id)
        .join(
            Enrollment,
            sa.and_(Enrollment.class_id == Module.class_id, Enrollment.user_id == one.student_id),
        )
        .outerjoin(Team, Team.id == one.team_id)
        .where(
            where,
            one.type == AttemptType.FINAL_SUBMISSION,
            # Answers to a quiz are in no language: those who know them answer alike.
            one.language != "",
            Enrollment.role == Role.STUDENT,
        )
        .ext(distinct_on(one.assignment_problem_id, _BY, one.language))
        .order_by(one.assignment_problem_id, _BY, one.language, one.created_at.desc(), one.id.desc())
    )
    return [Candidate(*row, is_own) for row in rows]


def given_in(report: SimilarityReport, kin: str) -> list[str]:
    """Return the texts that do not count in a report: what students began with, and, if wanted, the solution."""
    versions = (
        sa.select(SubmissionAttempt.problem_version_id)
        .join(SimilarityProgram, SimilarityProgram.attempt_id == SubmissionAttempt.id)
        .where(SimilarityProgram.report_id == report.id)
        .union(
            sa.select(AssignmentProblem.problem_version_id).where(AssignmentProblem.id == report.assignment_problem_id)
        )
    )
    rows = session().execute(
        sa.select(ProblemVersion.starter_code, ProblemVersion.reference_solution).where(ProblemVersion.id.in_(versions))
    )
    found = []
    for starter, solution in rows.all():
        texts = [*starter.items(), *(solution.items() if report.without_solution else ())]
        found += [
            one_text(text.encode())
            for language, text in texts
            if (highlight_of(language) or language) == kin and text.strip()
        ]
    return sorted(set(found))


@dataclasses.dataclass(frozen=True)
class ToRead:
    """A program whose text is still to be read."""

    id: uuid.UUID
    person: uuid.UUID
    """Programs of one are not compared with each other: a student's, or those of all who ever handed in together."""
    is_own: bool
    code_blob_ref: str


def next_kin(report_id: uuid.UUID) -> str | None:
    """Return a kin that is still to be compared, None where all are."""
    query = sa.select(SimilarityProgram.kin).where(
        SimilarityProgram.report_id == report_id, SimilarityProgram.size.is_(None)
    )
    return session().scalar(query.order_by(SimilarityProgram.kin).limit(1))


def programs_of(report_id: uuid.UUID, kin: str) -> list[ToRead]:
    """Return the programs of one kin that a report compares."""
    rows = session().execute(
        sa.select(
            SimilarityProgram.id,
            SubmissionAttempt.student_id,
            SimilarityProgram.is_own,
            SubmissionAttempt.code_blob_ref,
            SubmissionAttempt.team_id,
        )
        .join(SubmissionAttempt, SubmissionAttempt.id == SimilarityProgram.attempt_id)
        .where(SimilarityProgram.report_id == report_id, SimilarityProgram.kin == kin)
        .order_by(SimilarityProgram.id)
    )
    found = rows.all()
    teams = members_of_teams({row.team_id for row in found if row.team_id is not None})
    persons = as_one({row.student_id for row in found}, teams.values())
    return [ToRead(row.id, persons[row.student_id], row.is_own, row.code_blob_ref) for row in found]


@dataclasses.dataclass(frozen=True)
class Comparable:
    """How many students submitted to a problem of an assignment, and how many elsewhere to the same problem."""

    own: int
    earlier: int


def comparable(item: AssignmentProblem) -> Comparable:
    """Return how many students' work there is to compare."""
    elsewhere = session().scalars(_elsewhere(item)).all()
    return Comparable(_how_many([item.id]), _how_many(elsewhere) if elsewhere else 0)


def _how_many(item_ids: Sequence[uuid.UUID]) -> int:
    """Return how many students, or teams, have submitted what can be compared; one submission of each student is looked at."""
    attempt, progress = SubmissionAttempt, AssignmentProgress
    one_of_each = (
        sa.select(sa.func.coalesce(attempt.team_id, attempt.student_id).label("whose"))
        .where(
            attempt.student_id == progress.student_id,
            attempt.assignment_problem_id == progress.assignment_problem_id,
            attempt.type == AttemptType.FINAL_SUBMISSION,
            attempt.language != "",
        )
        # In the order of the index that leads to a student's own attempts.
        .order_by(attempt.attempt_number)
        .limit(1)
        .correlate(progress)
        .lateral()
    )
    return session().scalars(
        sa.select(sa.func.count(one_of_each.c.whose.distinct()))
        .select_from(progress)
        .join(one_of_each, sa.true())
        .join(AssignmentProblem, AssignmentProblem.id == progress.assignment_problem_id)
        .join(Assignment, Assignment.id == AssignmentProblem.assignment_id)
        .join(Module, Module.id == Assignment.module_id)
        .join(
            Enrollment,
            sa.and_(Enrollment.class_id == Module.class_id, Enrollment.user_id == progress.student_id),
        )
        .where(progress.assignment_problem_id.in_(item_ids), progress.handed_in_at.is_not(None), Enrollment.role == Role.STUDENT)
    ).one()  # fmt: skip
