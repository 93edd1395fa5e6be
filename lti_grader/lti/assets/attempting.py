"""Files that came from the LMS become attempts at the assignment that they belong to."""

import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from lti_grader.assignments.models import AssignmentProblem
from lti_grader.attempts.models import AttemptType
from lti_grader.attempts.operations import Handed, keep_file
from lti_grader.core.db import current_tenant, session
from lti_grader.lti.asset_models import AssetActivity, AssetAttempt, AssetStatus, LtiAsset
from lti_grader.problems.models import ProblemKind, ProblemVersion


def keep(asset: LtiAsset) -> None:
    """Keep a file that is here as an attempt, once, where its activity belongs to an assignment of ours."""
    activity = session().get_one(AssetActivity, asset.activity_id)
    item = _problem_of(activity.assignment_id) if activity.assignment_id is not None else None
    if item is None or asset.status != AssetStatus.KEPT or asset.blob_ref is None:
        return
    # A platform may say that it was handed in tomorrow; it cannot have been later than we heard of it.
    at = min(asset.handed_in_at or asset.received_at, asset.received_at)
    file = Handed(
        type=AttemptType.FILE, code_blob_ref=asset.blob_ref, code_bytes=asset.bytes or 0, language="",
        idempotency_key=f"asset:{asset.id}",
    )  # fmt: skip
    attempt = keep_file(asset.user_id, item, file, at=at)
    session().execute(
        insert(AssetAttempt)
        .values(tenant_id=current_tenant(), attempt_id=attempt.id, asset_id=asset.id)
        .on_conflict_do_nothing(index_elements=["attempt_id"])
    )


def keep_all(activity: AssetActivity) -> None:
    """Keep the files that came in before it was said which assignment they belong to, in the order that they came."""
    session().flush()
    if activity.assignment_id is None:
        return
    known = sa.select(LtiAsset).where(LtiAsset.activity_id == activity.id, LtiAsset.status == AssetStatus.KEPT)
    # One student's together, in one order for all: two at once never wait in a circle.
    for asset in session().scalars(known.order_by(LtiAsset.user_id, LtiAsset.received_at, LtiAsset.id)).all():
        keep(asset)


def _problem_of(assignment_id: uuid.UUID) -> AssignmentProblem | None:
    """Return the problem that a file is an attempt at: the first essay, or else the first problem."""
    is_essay = ProblemVersion.kind == ProblemKind.ESSAY
    return session().scalar(
        sa.select(AssignmentProblem)
        .join(ProblemVersion, ProblemVersion.id == AssignmentProblem.problem_version_id)
        .where(AssignmentProblem.assignment_id == assignment_id)
        .order_by(is_essay.desc(), AssignmentProblem.order_index)
        .limit(1)
    )


def file_of(attempt_id: uuid.UUID) -> LtiAsset | None:
    """Return the file that an attempt is, None where it is none of the LMS's."""
    return session().scalar(
        sa.select(LtiAsset)
        .join(AssetAttempt, AssetAttempt.asset_id == LtiAsset.id)
        .where(AssetAttempt.attempt_id == attempt_id)
    )
