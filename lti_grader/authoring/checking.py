"""Checks of a draft: all that is kept with it judged by its tests, beside what is expected of it, before it is published.

A check is over when its last program is; if all agree and it was asked for, its version is published in the same transaction.
Where one does not, its author may publish it all the same, for a reason that is kept.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import sqlalchemy as sa

from lti_grader.authoring.errors import CheckUnderWay, NothingToCheck, NotOverruled
from lti_grader.authoring.models import CheckState, JudgingKind, JudgingStatus, VersionCheck, VersionJudging
from lti_grader.authoring.owing import OPEN, owe, program
from lti_grader.core.db import current_tenant, session
from lti_grader.core.ids import new_id
from lti_grader.grading.verdicts import ACCEPTED, is_proved
from lti_grader.problems import operations as problems
from lti_grader.problems.models import KeptSubmission, ProblemVersion, VersionState

MOST_REASON = 2000
"""Characters of a reason."""


@dataclasses.dataclass(frozen=True)
class Program:
    """A reference solution or a kept submission, which lies in the store.

    Parameters
    ----------
    expected
        Verdicts, of which one has to come out; None where nothing is expected.
    beside
        Files that belong to it as well: name -> name of the blob.
    why_not
        Why it cannot be run here, "" where it can.
    """

    path: str
    language: str
    code_blob_ref: str
    expected: Sequence[str] | None
    beside: Mapping[str, str] = dataclasses.field(default_factory=dict)
    why_not: str = ""


def programs_of(
    solutions: Mapping[str, str], kept: Iterable[KeptSubmission], *, here: Collection[str], put: Callable[[bytes], str]
) -> list[Program]:
    """Return what is judged before a version is published: what is kept with it, and its other reference solutions.

    Parameters
    ----------
    solutions, kept
        Its `reference_solution` and `submissions`.
    here
        The languages that can be run.
    put
        Keeps a blob, and returns its name.
    """
    found = [Program(one["path"], one["language"] or "", one["source"], one["expected"], one["beside"]) for one in kept]
    known = {(one.language, one.code_blob_ref) for one in found if one.expected == [ACCEPTED] and not one.beside}
    own = [
        Program(f"reference/{language}", language, put(text.encode()), [ACCEPTED])
        for language, text in solutions.items()
    ]
    programs = [*(one for one in own if (one.language, one.code_blob_ref) not in known), *found]
    return [dataclasses.replace(one, why_not=_why_not(one.language, here)) for one in programs]


def _why_not(language: str, here: Collection[str]) -> str:
    if not language:
        return "Its language is not known here, so that it cannot be run."
    return "" if language in here else f"{language} is not on this machine, so that it cannot be run."


def start(
    version: ProblemVersion, programs: Sequence[Program], *, publishes: bool, by: uuid.UUID, at: dt.datetime
) -> VersionCheck:
    """Have a draft's own programs judged by its tests, and if wanted publish it when all come to what is expected.

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
    solutions = [one for one in programs if one.expected == [ACCEPTED]]
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
    for one in programs:
        row = program(version, JudgingKind.SOLUTION, one.language, one.code_blob_ref, by=by, at=at)
        row.check_id, row.path, row.beside = check.id, one.path, dict(one.beside)
        row.expected = list(one.expected) if one.expected is not None else None
        if one.why_not:
            row.status, row.error, row.finished_at = JudgingStatus.LEFT_OUT, one.why_not, at
        owe(row)
    return check


def require_revision(version: ProblemVersion, revision: int) -> None:
    """Raise `CheckUnderWay` if a draft is not any more what was read of it."""
    if version.revision != revision:
        raise CheckUnderWay("Somebody edited it at this moment: look at it, and press the button once more.")


def publish_checked(version: ProblemVersion, *, by: uuid.UUID, at: dt.datetime) -> bool:
    """Publish a draft whose own programs have agreed since it was last edited. Return whether they have."""
    passed = sa.select(VersionCheck.id).where(
        VersionCheck.problem_version_id == version.id,
        VersionCheck.revision == version.revision,
        VersionCheck.state == CheckState.PASSED,
    )
    if version.state != VersionState.DRAFT or session().scalar(passed.limit(1)) is None:
        return False
    problems.publish(version, at=at, by=by)
    return True


def publish_despite(version: ProblemVersion, reason: str, *, by: uuid.UUID, at: dt.datetime) -> None:
    """Publish a draft although something came to what is not expected of it, and keep why.

    Raises
    ------
    NotOverruled
        No reason is given, it was not checked since it was last edited, or what was found is nothing to overrule.
    """
    reason = reason.strip()
    if not reason:
        raise NotOverruled("Say why it is to be published all the same: the reason is kept with the version.")
    last = sa.select(VersionCheck).where(VersionCheck.problem_version_id == version.id)
    check = session().scalar(last.order_by(VersionCheck.started_at.desc(), VersionCheck.id.desc()).limit(1))
    if version.state != VersionState.DRAFT or check is None or check.revision != version.revision:
        raise NotOverruled("It was not checked as it is now: check it first.")
    rows = session().scalars(sa.select(VersionJudging).where(VersionJudging.check_id == check.id)).all()
    if why_not := not_overruled(check, rows):
        raise NotOverruled(why_not)
    check.reason = reason[:MOST_REASON]
    problems.publish(version, at=at, by=by)


def not_overruled(check: VersionCheck, rows: Sequence[VersionJudging]) -> str:
    """Return why a version is not published in spite of what a check found, "" where its author may do that."""
    if check.state != CheckState.FAILED:
        return "Only what was checked, and did not come to what is expected, is published for a reason."
    if failed := [one.path for one in rows if one.status == JudgingStatus.FAILED]:
        return f"What could not be judged says nothing: check it again ({', '.join(failed)})."
    if not is_proved(rows):
        return "No reference solution passes every test: without one nobody knows whether they can be passed."
    return ""


def _require_tests(version: ProblemVersion) -> None:
    if not problems.worth_of(version.id):
        raise NothingToCheck(
            "It has no test that is worth points yet. Where people give the points by a rubric, one test is needed all the"
            " same, such as a sample for 0 points."
        )


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
    check.state, check.finished_at = state_of(rows), at
    is_current = version.state == VersionState.DRAFT and version.revision == check.revision
    if check.state == CheckState.PASSED and check.publishes and is_current:
        problems.publish(version, at=at, by=check.started_by)
    session().flush()


def state_of(rows: Sequence[VersionJudging]) -> CheckState:
    """Return what a check comes to whose programs are all judged: passed if all agree, and one of them is accepted."""
    judged = [one for one in rows if one.status != JudgingStatus.LEFT_OUT]
    agree = all(one.status == JudgingStatus.DONE and one.agrees is not False for one in judged)
    return CheckState.PASSED if agree and is_proved(judged) else CheckState.FAILED
