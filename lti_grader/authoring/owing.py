"""What is owed of a version: programs to be judged by its tests, each a row with a message to a worker."""

import datetime as dt
import uuid

import sqlalchemy as sa

from lti_grader.authoring.models import JudgingKind, JudgingStatus, VersionJudging
from lti_grader.core.db import current_tenant, session
from lti_grader.core.ids import new_id
from lti_grader.core.messages import send_after_commit
from lti_grader.problems.models import ProblemVersion

TASK, QUEUE = "authoring.judge", "code"
PRIORITY = 7
"""After exams and homework, beside practice: see `grading.taking_in.priority`."""
OPEN = (JudgingStatus.QUEUED, JudgingStatus.RUNNING)


def locked(version_id: uuid.UUID) -> ProblemVersion:
    """Return a version that nobody else changes until the transaction ends."""
    # Nobody waits for this who hands in meanwhile.
    query = sa.select(ProblemVersion).where(ProblemVersion.id == version_id).with_for_update(key_share=True)
    return session().scalars(query.execution_options(populate_existing=True)).one()


def program(
    version: ProblemVersion, kind: JudgingKind, language: str, ref: str, *, by: uuid.UUID | None, at: dt.datetime
) -> VersionJudging:
    """Return a program that is to be judged by a version's tests, which is owed once it is given to `owe`."""
    return VersionJudging(
        id=new_id(), tenant_id=current_tenant(), problem_version_id=version.id, revision=version.revision, kind=kind,
        by=by, language=language, code_blob_ref=ref, status=JudgingStatus.QUEUED, created_at=at, sent_at=at,
    )  # fmt: skip


def owe(row: VersionJudging) -> None:
    """Keep a program, and send it to a worker unless it is to be left out."""
    session().add(row)
    session().flush()
    if row.status == JudgingStatus.QUEUED:
        send_after_commit(TASK, row.tenant_id, row.id, queue=QUEUE, priority=PRIORITY)
