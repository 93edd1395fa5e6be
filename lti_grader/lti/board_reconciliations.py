"""Reads of the comparisons of a class's LMS courses."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection

import sqlalchemy as sa

from lti_grader.classes.apart import students_within
from lti_grader.classes.models import ContentItem
from lti_grader.core.db import session
from lti_grader.lti import board
from lti_grader.lti.board_models import Reconciliation, ReconciliationFinding
from lti_grader.lti.models import ClassContext, Deployment, LineItem, Platform
from lti_grader.people.models import User

_RUNS, _FINDINGS = 30, 500
_TOO_LONG = dt.timedelta(minutes=20)


@dataclasses.dataclass(frozen=True)
class RunLine:
    """One comparison."""

    row: Reconciliation
    course: str
    platform: str

    def state(self, at: dt.datetime) -> str:
        """Return how it stands: "running", "lost", "error", "same" or "differs"."""
        if self.row.finished_at is None:
            return "lost" if at - self.row.started_at > _TOO_LONG else "running"
        if self.row.error:
            return "error"
        return "differs" if self.row.differing else "same"


@dataclasses.dataclass(frozen=True)
class FindingLine:
    """One difference."""

    row: ReconciliationFinding
    item_id: uuid.UUID
    item: str
    student: str | None


def runs(class_id: uuid.UUID) -> list[RunLine]:
    """Return the last comparisons of a class, the newest first."""
    rows = session().execute(
        sa.select(Reconciliation, sa.func.coalesce(ClassContext.title, ClassContext.context_id), Platform.name)
        .join(ClassContext, ClassContext.id == Reconciliation.class_context_id)
        .join(Deployment, Deployment.id == ClassContext.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(ClassContext.class_id == class_id)
        .order_by(Reconciliation.started_at.desc(), Reconciliation.id.desc())
        .limit(_RUNS)
    )
    return [RunLine(*row) for row in rows]


def findings(run_id: uuid.UUID, *, within: Collection[str] | None = None) -> list[FindingLine]:
    """Return what a comparison found, at most five hundred; about students of these sections only, where some are given."""
    query = (
        sa.select(ReconciliationFinding, ContentItem.id, ContentItem.title, User.id, board.display_name())
        .join(LineItem, LineItem.id == ReconciliationFinding.line_item_id)
        .join(ContentItem, ContentItem.id == LineItem.content_item_id)
        .outerjoin(User, User.id == ReconciliationFinding.user_id)
        .where(ReconciliationFinding.reconciliation_id == run_id)
        .order_by(ContentItem.title, ReconciliationFinding.kind, board.display_name(), ReconciliationFinding.id)
        .limit(_FINDINGS)
    )
    if within is not None:
        of_run = sa.select(ClassContext.class_id).join(Reconciliation).where(Reconciliation.id == run_id)
        theirs = students_within(of_run.scalar_subquery(), within)
        query = query.where(ReconciliationFinding.user_id.in_(theirs))
    return [
        FindingLine(row, item_id, title, name if user_id is not None else row.sub)
        for row, item_id, title, user_id, name in session().execute(query)
    ]
