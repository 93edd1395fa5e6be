"""A package that was verified by a command: kept with the version that it became, as a check that was made here is."""

import datetime as dt
from collections.abc import Sequence

from lti_grader.authoring.checking import state_of
from lti_grader.authoring.judging import note
from lti_grader.authoring.models import CheckState, JudgingKind, JudgingStatus, VersionCheck, VersionJudging
from lti_grader.authoring.owing import program
from lti_grader.core.db import current_tenant, session
from lti_grader.core.ids import new_id
from lti_grader.grading.packages import Verified
from lti_grader.problems.models import KeptSubmission, ProblemVersion
from lti_grader.problems.queries import tests_of


def record_verified(
    version: ProblemVersion, found: Sequence[Verified], kept: Sequence[KeptSubmission], *, at: dt.datetime
) -> VersionCheck:
    """Keep what a package's own submissions came to with the version that was made of it.

    Parameters
    ----------
    version
        A draft with the package's tests in their order.
    found
        All that `grading.packages.verify` found.
    kept
        The same submissions, as the version keeps them.
    """
    check = VersionCheck(
        id=new_id(), tenant_id=current_tenant(), problem_version_id=version.id, revision=version.revision,
        publishes=True, started_at=at, state=CheckState.RUNNING,
    )  # fmt: skip
    session().add(check)
    session().flush()
    rows = [_row(version, check, *one, at=at) for one in zip(found, kept, strict=True)]
    session().add_all(rows)
    check.state, check.finished_at = state_of(rows), at
    session().flush()
    return check


def _row(
    version: ProblemVersion, check: VersionCheck, found: Verified, kept: KeptSubmission, *, at: dt.datetime
) -> VersionJudging:
    row = program(version, JudgingKind.SOLUTION, kept["language"] or "", kept["source"], by=None, at=at)
    row.check_id, row.path, row.expected, row.beside = check.id, kept["path"], kept["expected"], kept["beside"]
    row.finished_at = at
    if found.judged is None:
        row.status, row.error = JudgingStatus.LEFT_OUT, found.why
    elif found.judged.graded.trouble:
        row.status, row.error = JudgingStatus.FAILED, found.judged.graded.trouble
    else:
        tests = zip(found.judged.tests, tests_of(version.id), strict=True)
        note(row, found.judged.graded, {one.outcome.test_id: (group.name, test) for one, (group, test) in tests})
    return row
