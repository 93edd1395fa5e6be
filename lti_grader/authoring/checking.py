"""Checks of a draft: all of its reference solutions judged by its tests before it is published.

A check is over when its last program is; if all passed and it was asked for, its version is published in the same transaction.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from lti_grader.authoring.errors import CheckUnderWay, NothingToCheck
from lti_grader.authoring.models import CheckState, JudgingKind, JudgingStatus, VersionCheck, VersionJudging
from lti_grader.authoring.owing import OPEN, owe, program
from lti_grader.core.db import current_tenant, session
from lti_grader.core.ids import new_id
from lti_grader.problems import operations as problems
from lti_grader.problems.models import ProblemVersion, TestCase, TestGroup, VersionState


@dataclasses.dataclass(frozen=True)
class Solution:
    """A reference solution that is kept in the store; `why_not` says why it cannot be run here, "" where it can."""

    language: str
    code_blob_ref: str
    why_not: str = ""


def start(
    version: ProblemVersion, solutions: Sequence[Solution], *, publishes: bool, by: uuid.UUID, at: dt.datetime
) -> VersionCheck:
    """Have a draft's reference solutions judged by its tests, and if wanted publish it when all of them pass.

    Raises
    ------
    NothingToCheck
        It has no solution that can be run here, or no test that is worth points.
    CheckUnderWay
        It is being checked.
    """
    if version.state != VersionState.DRAFT:
        raise NothingToCheck("This version is published already.")
    _require_tests(version)
    if not solutions:
        raise NothingToCheck(
            "It has no reference solution. Write one that passes every test: without it nobody knows whether they can"
            " be passed."
        )
    if all(one.why_not for one in solutions):
        raise NothingToCheck(" ".join(one.why_not for one in solutions))
    running = sa.select(VersionCheck.id).where(
        VersionCheck.problem_version_id == version.id, VersionCheck.state == CheckState.RUNNING
    )
    if session().scalar(running) is not None:
        raise CheckUnderWay("It is being checked already: wait for that, or stop it.")
    check = VersionCheck(
        id=new_id(), tenant_id=current_tenant(), problem_version_id=version.id, revision=version.revision,
        publishes=publishes, started_by=by, started_at=at,
    )  # fmt: skip
    session().add(check)
    session().flush()
    for one in solutions:
        row = program(version, JudgingKind.SOLUTION, one.language, one.code_blob_ref, by=by, at=at)
        row.check_id = check.id
        if one.why_not:
            row.status, row.error, row.finished_at = JudgingStatus.LEFT_OUT, one.why_not, at
        owe(row)
    return check


def require_revision(version: ProblemVersion, revision: int) -> None:
    """Raise `CheckUnderWay` if a draft is not any more what was read of it."""
    if version.revision != revision:
        raise CheckUnderWay("Somebody edited it at this moment: look at it, and press the button once more.")


def publish_checked(version: ProblemVersion, *, by: uuid.UUID, at: dt.datetime) -> bool:
    """Publish a draft whose solutions have passed since it was last edited. Return whether they have."""
    passed = sa.select(VersionCheck.id).where(
        VersionCheck.problem_version_id == version.id,
        VersionCheck.revision == version.revision,
        VersionCheck.state == CheckState.PASSED,
    )
    if version.state != VersionState.DRAFT or session().scalar(passed.limit(1)) is None:
        return False
    problems.publish(version, at=at, by=by)
    return True


def _require_tests(version: ProblemVersion) -> None:
    worth = session().scalar(
        sa.select(sa.func.sum(TestGroup.points))
        .join(TestCase, TestCase.test_group_id == TestGroup.id)
        .where(TestGroup.problem_version_id == version.id)
    )
    if not worth:
        raise NothingToCheck("It has no test that is worth points yet.")


def drop(version: ProblemVersion, *, at: dt.datetime) -> None:
    """Judge no more of what is under way by a version's tests: it was edited, or somebody stopped it."""
    session().execute(
        sa.update(VersionJudging)
        .where(VersionJudging.problem_version_id == version.id, VersionJudging.status.in_(OPEN))
        .values(status=JudgingStatus.DROPPED, claimed_by=None, lease_until=None, finished_at=at)
    )
    session().execute(
        sa.update(VersionCheck)
        .where(VersionCheck.problem_version_id == version.id, VersionCheck.state == CheckState.RUNNING)
        .values(state=CheckState.DROPPED, finished_at=at)
    )


def settle(check_id: uuid.UUID | None, version: ProblemVersion, at: dt.datetime) -> None:
    """See whether a check is over, and what it came to."""
    session().flush()
    if check_id is None:
        return
    rows = session().scalars(sa.select(VersionJudging).where(VersionJudging.check_id == check_id)).all()
    if any(one.status in OPEN for one in rows):
        return
    check = session().get_one(VersionCheck, check_id)
    judged = [one for one in rows if one.status != JudgingStatus.LEFT_OUT]
    passed = bool(judged) and all(one.has_passed for one in judged)
    check.state, check.finished_at = CheckState.PASSED if passed else CheckState.FAILED, at
    is_current = version.state == VersionState.DRAFT and version.revision == check.revision
    if passed and check.publishes and is_current:
        problems.publish(version, at=at, by=check.started_by)
    session().flush()
