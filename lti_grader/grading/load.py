"""How much there is to judge, how fast that goes, and how many workers it would take."""

import dataclasses
import datetime as dt
import enum
import math

import sqlalchemy as sa

from lti_grader.core.db import system_transaction
from lti_grader.grading.models import GradingJob, JobReason, JobStatus

# How far back judgings tell how long one takes, and what is believed where there were none.
_SEEN = dt.timedelta(minutes=15)
_BELIEVED_SECONDS = 2.0
_GIVEN_UP = dt.timedelta(days=1)


class Rank(enum.StrEnum):
    """What is served before what: see `grading.taking_in.priority`."""

    EXAM = "exam"
    HOMEWORK = "homework"
    PRACTICE = "practice"
    REGRADE = "regrade"

    @classmethod
    def of(cls, priority: int) -> "Rank":
        """Return the rank of a job's priority."""
        return (cls.EXAM, cls.HOMEWORK, cls.PRACTICE, cls.REGRADE)[min(priority // 3, 3)]


@dataclasses.dataclass(frozen=True)
class Queued:
    """The jobs of one rank. `oldest_seconds` is how long the oldest of those that wait has been waiting, 0 with none."""

    waiting: int = 0
    running: int = 0
    oldest_seconds: float = 0.0


@dataclasses.dataclass(frozen=True)
class Load:
    """What all institutions have to be judged.

    Attributes
    ----------
    ranks
        Every rank, the first to be served first.
    judging_seconds
        How long a worker has lately been taking for one, from taking it to its result.
    given_up
        Submissions and Runs of the last 24 hours that could not be judged: a matter for staff.
    """

    ranks: dict[Rank, Queued]
    judging_seconds: float
    given_up: int

    def workers_wanted(self, within_seconds: float) -> int:
        """Return how many workers it takes to have everything judged that waits now within a time.

        Those who are at work go on with what they have. A regrade has time, and asks for one worker.
        """
        pressing = [queued for rank, queued in self.ranks.items() if rank is not Rank.REGRADE]
        waiting = sum(queued.waiting for queued in pressing)
        running = sum(queued.running for queued in pressing)
        later = self.ranks[Rank.REGRADE]
        return (
            math.ceil(waiting * self.judging_seconds / within_seconds) + running + bool(later.waiting + later.running)
        )


def load(*, at: dt.datetime) -> Load:
    """Return what there is to be judged, for all institutions."""
    waiting, running = (GradingJob.status == status for status in (JobStatus.QUEUED, JobStatus.RUNNING))
    with system_transaction() as opened:
        rows = opened.execute(
            sa.select(
                GradingJob.priority,
                sa.func.count().filter(waiting),
                sa.func.count().filter(running),
                sa.func.min(GradingJob.created_at).filter(waiting),
            )
            .where(sa.or_(waiting, running))
            .group_by(GradingJob.priority)
        ).all()
        # When its worker took it is when a message was last "sent" for it.
        seconds = opened.scalar(
            sa.select(sa.func.avg(sa.extract("epoch", GradingJob.finished_at - GradingJob.sent_at))).where(
                GradingJob.finished_at > at - _SEEN, GradingJob.status.in_([JobStatus.DONE, JobStatus.TRIED])
            )
        )
        given_up = opened.scalar(
            sa.select(sa.func.count())
            .select_from(GradingJob)
            .where(
                GradingJob.finished_at > at - _GIVEN_UP, GradingJob.status == JobStatus.FAILED,
                GradingJob.reason == JobReason.SUBMITTED,
            )
        )  # fmt: skip
    ranks = dict.fromkeys(Rank, Queued())
    for priority, queued, taken, oldest in rows:
        rank = Rank.of(priority)
        before = ranks[rank]
        age = (at - oldest).total_seconds() if oldest is not None else 0.0
        ranks[rank] = Queued(before.waiting + queued, before.running + taken, max(before.oldest_seconds, age))
    return Load(ranks, float(seconds) if seconds is not None else _BELIEVED_SECONDS, given_up or 0)
