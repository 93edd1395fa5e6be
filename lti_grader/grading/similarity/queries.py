"""Reads about reports on similarity, as their pages list them."""

import dataclasses
import uuid
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from lti_grader.assignments.queries import OpenedAssignment, ProblemLine, open_for_staff
from lti_grader.core.db import session
from lti_grader.core.errors import NotFound
from lti_grader.grading.similarity.models import (
    SimilarityProgram,
    SimilarityReport,
)
from lti_grader.people.models import User


@dataclasses.dataclass(frozen=True)
class ReportLine:
    """A report as a list shows it."""

    row: SimilarityReport
    problem: ProblemLine
    by: str | None
    own: int
    """How many programs of this assignment it compares; `earlier` of earlier ones."""
    earlier: int


def opened(report_id: uuid.UUID, user_id: uuid.UUID) -> tuple[ReportLine, OpenedAssignment]:
    """Return a report for somebody of its class's staff.

    Raises
    ------
    NotFound, Forbidden
        There is none, or it is none of theirs.
    """
    row = session().get(SimilarityReport, report_id)
    if row is None:
        raise NotFound("There is no such report.")
    assignment = open_for_staff(row.assignment_problem_id, user_id)
    return _lines([row], assignment)[0], assignment


def reports_of(assignment: OpenedAssignment) -> list[ReportLine]:
    """Return the reports on an assignment's problems, the last first."""
    rows = session().scalars(
        sa.select(SimilarityReport)
        .where(SimilarityReport.assignment_problem_id.in_([one.item.id for one in assignment.problems]))
        .order_by(SimilarityReport.started_at.desc(), SimilarityReport.id.desc())
        .limit(50)
    )
    return _lines(rows.all(), assignment)


def _lines(rows: Sequence[SimilarityReport], assignment: OpenedAssignment) -> list[ReportLine]:
    people = _names({row.started_by for row in rows})
    counts = {
        report_id: (own, every - own)
        for report_id, own, every in session().execute(
            sa.select(
                SimilarityProgram.report_id, sa.func.count().filter(SimilarityProgram.is_own), sa.func.count()
            )
            .where(SimilarityProgram.report_id.in_([row.id for row in rows]))
            .group_by(SimilarityProgram.report_id)
        )
    }  # fmt: skip
    return [
        ReportLine(
            row, assignment.problem(row.assignment_problem_id), people.get(row.started_by), *counts.get(row.id, (0, 0))
        )
        for row in rows
    ]  # fmt: skip


def _names(ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, str]:
    people = session().scalars(sa.select(User).where(User.id.in_([one for one in ids if one is not None])))
    return {one.id: one.display_name for one in people}


def compared_until_now(report: SimilarityReport) -> int:
    """Return how many programs of a report are compared."""
    done = sa.select(sa.func.count()).where(
        SimilarityProgram.report_id == report.id, SimilarityProgram.size.is_not(None)
    )
    return session().scalars(done).one()
