"""What is looked after between judgings: messages that got lost, workers that fell silent, partitions to come."""

import dataclasses
import datetime as dt
import uuid

import sqlalchemy as sa

from lti_grader.core.db import session, system_transaction
from lti_grader.core.messages import send_after_commit
from lti_grader.grading.models import GradingJob, JobStatus
from lti_grader.grading.operations import QUEUE, TASK, give_up


def give_up_poisoned(job_id: uuid.UUID, *, most_tries: int, at: dt.datetime) -> bool:
    """Give up a job whose workers died each time before they could say anything."""
    job = session().scalar(sa.select(GradingJob).where(GradingJob.id == job_id).with_for_update())
    if job is None or job.status != JobStatus.RUNNING or job.tries < most_tries or (job.lease_until or at) >= at:
        return False
    job.error = f"{job.tries} workers ended while judging this."
    give_up(job, at)
    return True


@dataclasses.dataclass(frozen=True)
class Overdue:
    tenant_id: uuid.UUID
    job_id: uuid.UUID
    priority: int
    tries: int
    is_running: bool


def overdue(*, at: dt.datetime, patience: dt.timedelta, most: int = 2000) -> list[Overdue]:
    """Return the jobs that nobody seems to work on: not picked up within `patience`, or their worker fell silent."""
    with system_transaction() as opened:
        rows = opened.execute(
            sa.select(GradingJob)
            .where(
                sa.or_(
                    sa.and_(
                        GradingJob.status == JobStatus.QUEUED,
                        sa.func.coalesce(GradingJob.sent_at, GradingJob.created_at) < at - patience,
                    ),
                    sa.and_(GradingJob.status == JobStatus.RUNNING, GradingJob.lease_until < at),
                )
            )
            .order_by(GradingJob.priority, GradingJob.created_at)
            .limit(most)
        ).scalars()
        return [
            Overdue(job.tenant_id, job.id, job.priority, job.tries, job.status == JobStatus.RUNNING) for job in rows
        ]


def resend(late: Overdue, *, at: dt.datetime) -> None:
    """Send a job's message once more."""
    session().execute(sa.update(GradingJob).where(GradingJob.id == late.job_id).values(sent_at=at))
    send_after_commit(TASK, late.tenant_id, late.job_id, queue=QUEUE, priority=late.priority)


def make_partitions(*, at: dt.datetime, months: int = 3) -> int:
    """Make the partitions of the coming months. Return how many were new."""
    first = at.astimezone(dt.UTC).date().replace(day=1)
    made = 0
    with system_transaction() as opened:
        for step in range(months + 1):
            year, month = divmod(first.year * 12 + first.month - 1 + step, 12)
            made += bool(opened.scalar(sa.select(sa.func.lti_grader_make_partition(dt.date(year, month + 1, 1)))))
    return made
