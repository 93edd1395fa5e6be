"""The trial: submissions are judged once more, a few at a time and after everybody else's, and nothing is changed."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.classes.apart import require_everybody
from lti_grader.classes.models import Role
from lti_grader.classes.queries import Membership
from lti_grader.core.db import current_tenant, session, system_transaction
from lti_grader.core.errors import Forbidden, NotFound
from lti_grader.core.ids import new_id
from lti_grader.core.messages import send_after_commit
from lti_grader.gradebook.regrades import choosing
from lti_grader.gradebook.regrades.errors import BadRegrade, OtherState
from lti_grader.gradebook.regrades.models import OPEN, Regrade, RegradeState, RegradeStep, StepKind, Which
from lti_grader.grading.events import JudgedAgain
from lti_grader.grading.models import GradingJob, JobReason, JobStatus
from lti_grader.grading.operations import QUEUE, TASK

PRIORITY = 9
"""After exams, homework, practice and the runs of each: see `grading.taking_in.priority`."""
# So many wait in the workers' queue at once: enough to keep many workers busy, few enough to be stopped at once.
WINDOW = 32


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What a teacher wants to be judged once more."""

    version_id: uuid.UUID
    which: Which
    sections: Sequence[str] = ()
    student_ids: Sequence[uuid.UUID] = ()
    """Of these sections or students only; of everybody where both are empty."""


def start(place: Membership, item_id: uuid.UUID, wanted: Wanted, *, at: dt.datetime) -> Regrade:
    """Have submissions to a problem of an assignment judged once more.

    Raises
    ------
    Forbidden
        It is not for this person to say so.
    BadRegrade
        The version is none of this problem's, or nobody whom they mean handed anything in.
    OtherState
        A regrade of this problem is under way.
    """
    item = (
        session()
        .scalars(
            # Nobody waits for this who hands in meanwhile.
            sa.select(AssignmentProblem).where(AssignmentProblem.id == item_id).with_for_update(key_share=True)
        )
        .one()
    )
    sections = _sections(place, item, wanted)
    under_way = sa.select(Regrade.id).where(Regrade.assignment_problem_id == item_id, Regrade.state.in_(OPEN))
    if session().scalar(under_way) is not None:
        raise OtherState("This problem is being regraded: apply or cancel that one first.")
    if wanted.version_id not in {one.id for one in choosing.versions_for(item)}:
        raise BadRegrade("Choose one of the published versions of this problem.")
    counts = session().get_one(Assignment, item.assignment_id).rules.counts
    there = choosing.submissions_of(item, sections=sections, student_ids=wanted.student_ids)
    attempts = choosing.chosen(there, wanted.which, counts)
    if not attempts:
        raise BadRegrade("There is no judged submission to judge once more: choose other students, or wait for one.")
    regrade = Regrade(
        id=new_id(), tenant_id=current_tenant(), assignment_problem_id=item_id, version_before=item.problem_version_id,
        version_after=wanted.version_id, which=wanted.which, sections=sections, student_ids=list(wanted.student_ids),
        started_by=place.user_id, started_at=at, next_try_at=at,
    )  # fmt: skip
    session().add(regrade)
    note(regrade, StepKind.STARTED, by=place.user_id, at=at)
    owe(regrade, attempts, JobReason.TRIAL, at=at)
    feed(regrade, at=at)
    return regrade


def _sections(place: Membership, item: AssignmentProblem, wanted: Wanted) -> list[str]:
    """Return the sections that a regrade is limited to, for those who see some only: to theirs."""
    require_teacher(place)
    if wanted.version_id != item.problem_version_id:
        require_everybody(place, "The tests of a problem are changed")
    if place.within is None:
        return sorted(wanted.sections)
    beyond = set(wanted.sections) - place.within
    if beyond:
        raise Forbidden(f"You see {', '.join(sorted(place.within))} only.")
    return sorted(wanted.sections or place.within)


def require_teacher(place: Membership) -> None:
    """Raise `Forbidden` for all but teachers of the class."""
    if place.role != Role.TEACHER:
        raise Forbidden("Work is regraded by the teachers of the class.")


def require_say(place: Membership, regrade: Regrade) -> None:
    """Raise `Forbidden` unless this is a teacher who sees everybody whom a regrade is about."""
    require_teacher(place)
    if place.within is not None and not (regrade.sections and place.within.issuperset(regrade.sections)):
        require_everybody(place, "This regrade is decided on")


def note(regrade: Regrade, kind: StepKind, *, by: uuid.UUID, at: dt.datetime) -> None:
    """Write down who did what with a regrade."""
    session().flush()
    session().add(RegradeStep(tenant_id=current_tenant(), regrade_id=regrade.id, kind=kind, by=by, at=at))


def owe(regrade: Regrade, attempt_ids: Sequence[uuid.UUID], reason: JobReason, *, at: dt.datetime) -> None:
    """Owe attempts a judging by the version of a regrade; none is sent yet."""
    session().flush()
    if attempt_ids:
        session().execute(
            sa.insert(GradingJob),
            [
                {
                    "tenant_id": current_tenant(), "attempt_id": one, "problem_version_id": regrade.version_after,
                    "reason": reason, "status": JobStatus.WAITING, "priority": PRIORITY, "regrade_id": regrade.id,
                    "created_at": at,
                }
                for one in attempt_ids
            ],
        )  # fmt: skip


def locked(regrade_id: uuid.UUID) -> Regrade:
    """Return a regrade that nobody else changes until the transaction ends, or raise `NotFound`."""
    query = sa.select(Regrade).where(Regrade.id == regrade_id).with_for_update()
    found = session().scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("There is no such regrade.")
    return found


def go_on(event: JudgedAgain) -> None:
    """Send what is next, now that a judging is over."""
    feed(locked(event.regrade_id), at=dt.datetime.now(dt.UTC))


def feed(regrade: Regrade, *, at: dt.datetime) -> None:
    """Send as many judgings as may wait in the workers' queue at once; see whether all are done."""
    if regrade.state not in (RegradeState.JUDGING, RegradeState.APPLIED):
        return
    session().flush()
    mine = GradingJob.regrade_id == regrade.id
    counts = sa.select(
        sa.func.count().filter(GradingJob.status.in_([JobStatus.QUEUED, JobStatus.RUNNING])),
        sa.func.count().filter(GradingJob.status == JobStatus.WAITING),
    )
    under_way, waiting = session().execute(counts.where(mine)).one()
    if waiting and under_way < WINDOW:
        for job_id in _send_next(mine, WINDOW - under_way, at):
            send_after_commit(TASK, current_tenant(), job_id, queue=QUEUE, priority=PRIORITY)
    if not waiting and not under_way and regrade.state == RegradeState.JUDGING:
        regrade.state = RegradeState.READY
        session().flush()


def _send_next(mine: sa.ColumnElement[bool], most: int, at: dt.datetime) -> Sequence[uuid.UUID]:
    other = aliased(GradingJob)
    is_open = sa.exists().where(
        other.attempt_id == GradingJob.attempt_id, other.status.in_([JobStatus.QUEUED, JobStatus.RUNNING])
    )
    next_ones = (
        sa.select(GradingJob.id)
        .where(mine, GradingJob.status == JobStatus.WAITING, ~is_open)
        .order_by(GradingJob.created_at, GradingJob.id)
        .limit(most)
    )
    return (
        session()
        .scalars(
            sa.update(GradingJob)
            .where(GradingJob.id.in_(next_ones))
            .values(status=JobStatus.QUEUED, sent_at=at)
            .returning(GradingJob.id)
        )
        .all()
    )


def pause(regrade: Regrade, *, by: uuid.UUID, at: dt.datetime) -> None:
    """Send nothing more of a regrade; what a worker has in hand is finished."""
    _require(regrade, RegradeState.JUDGING)
    regrade.state = RegradeState.PAUSED
    _move(regrade, [JobStatus.QUEUED], status=JobStatus.WAITING)
    note(regrade, StepKind.PAUSED, by=by, at=at)


def resume(regrade: Regrade, *, by: uuid.UUID, at: dt.datetime) -> None:
    """Go on with a regrade that was paused."""
    _require(regrade, RegradeState.PAUSED)
    regrade.state = RegradeState.JUDGING
    note(regrade, StepKind.WENT_ON, by=by, at=at)
    feed(regrade, at=at)


def try_again(regrade: Regrade, *, by: uuid.UUID, at: dt.datetime) -> None:
    """Judge those once more that could not be judged."""
    _require(regrade, RegradeState.READY)
    regrade.state = RegradeState.JUDGING
    _move(regrade, [JobStatus.FAILED], status=JobStatus.WAITING, tries=0, error=None, finished_at=None)
    note(regrade, StepKind.TRIED_AGAIN, by=by, at=at)
    feed(regrade, at=at)


def cancel(regrade: Regrade, *, by: uuid.UUID, at: dt.datetime) -> None:
    """Give a regrade up, which has changed nothing until now."""
    _require(regrade, RegradeState.JUDGING, RegradeState.PAUSED, RegradeState.READY)
    regrade.state = RegradeState.CANCELLED
    _move(regrade, [JobStatus.WAITING, JobStatus.QUEUED], status=JobStatus.DROPPED, finished_at=at)
    note(regrade, StepKind.CANCELLED, by=by, at=at)


def _require(regrade: Regrade, *states: RegradeState) -> None:
    if regrade.state not in states:
        raise OtherState(f"This regrade is {regrade.state} by now. Reload the page to see how it stands.")


def _move(regrade: Regrade, states: Sequence[JobStatus], **values: object) -> None:
    session().flush()
    session().execute(
        sa.update(GradingJob)
        .where(GradingJob.regrade_id == regrade.id, GradingJob.status.in_(states))
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def unsent() -> Sequence[tuple[uuid.UUID, uuid.UUID]]:
    """Return (tenant, regrade) of the regrades in any tenant that have judgings to send."""
    query = (
        sa.select(Regrade.tenant_id, Regrade.id)
        .join(GradingJob, GradingJob.regrade_id == Regrade.id)
        .where(GradingJob.status == JobStatus.WAITING, Regrade.state.in_([RegradeState.JUDGING, RegradeState.APPLIED]))
        .distinct()
    )
    with system_transaction() as opened:
        return [(tenant, row) for tenant, row in opened.execute(query)]
