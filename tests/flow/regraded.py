"""An assignment whose problem gets other tests, and workers who judge with them."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lti_grader.assignments.models import AssignmentProblem, Counts
from lti_grader.classes.queries import membership
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.gradebook.regrades import applying, effects, judging
from lti_grader.gradebook.regrades.effects import Effect
from lti_grader.gradebook.regrades.judging import Wanted
from lti_grader.gradebook.regrades.models import Regrade, Which
from lti_grader.grading import operations
from lti_grader.grading.graders.code import GradedCode, TestOutcome
from lti_grader.grading.models import GradingJob, JobReason, JobStatus
from lti_grader.grading.verdicts import TestStatus
from lti_grader.lti.models import ScoreDelivery
from lti_grader.problems.models import Visibility
from lti_grader.problems.operations import DraftTest
from lti_grader.problems.queries import tests_of
from tests.fixtures.world import NOW, World

LEASE = dt.timedelta(seconds=60)
# What a half-right program passes too.
KINDER = [DraftTest("sample", b"2\n", b"4\n", Visibility.SAMPLE), DraftTest("small", b"3\n", b"6\n", Visibility.HIDDEN)]


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Course:
    """A class with an assignment of one problem, of which there is a second version."""

    def __init__(self, world: World, *, counts: Counts = Counts.BEST, has_column: bool = True, **more: Any) -> None:
        self.world = world
        self.first = world.problem()
        self.assignment = world.assignment(counts=counts, versions=[self.first], **more)
        self.item = world.items(self.assignment)[0]
        if has_column:
            world.column(self.assignment)
        self.second = world.version(self.first, tests=KINDER)

    def submitted(self, *points: int, student: uuid.UUID | None = None, stored: bool = False) -> list[uuid.UUID]:
        """Let a student submit, and be judged each time with so many of ten points; return the student, then the attempts."""
        student = student or self.world.user()
        attempts = []
        for one in points:
            attempts.append(self.world.hand_in(student, self.item, stored=stored))
            self.world.judge(attempts[-1], one)
        return [student, *attempts]

    def start(
        self, which: Which = Which.ALL, *, version: uuid.UUID | None = None, by: uuid.UUID | None = None, **whose: Any
    ) -> uuid.UUID:  # fmt: skip
        with transaction(self.world.tenant_id):
            place = membership(self.world.class_id, by or self.world.teacher_id)
            return judging.start(place, self.item, Wanted(version or self.second, which, **whose), at=now()).id

    def do(self, act: Any, regrade: uuid.UUID, *words: str) -> None:
        with transaction(self.world.tenant_id):
            act(judging.locked(regrade), *words, by=self.world.teacher_id, at=now())

    def jobs(self, regrade: uuid.UUID, *states: JobStatus) -> list[GradingJob]:
        query = sa.select(GradingJob).where(GradingJob.regrade_id == regrade).order_by(GradingJob.id)
        with transaction(self.world.tenant_id):
            return list(session().scalars(query.where(GradingJob.status.in_(states)) if states else query))

    def judge(self, job_id: uuid.UUID, points: int | None, *, at: dt.datetime | None = None) -> None:
        """Let a worker judge once more, with so many of ten points; None: it cannot be judged, however often it is tried."""
        with transaction(self.world.tenant_id):
            work = operations.claim(job_id, at=at or now(), lease=LEASE)
            assert work is not None
            if points is None:
                assert operations.give_back(work, "The validator is broken.", most_tries=1, at=now())
                return
            _, test = tests_of(session().get_one(GradingJob, job_id).problem_version_id)[0]
            outcome = TestOutcome(test.id, TestStatus.PASS, Decimal(1), 12, 3400)
            graded = GradedCode([outcome], {test.id: Decimal(points)}, Decimal(points), Decimal(10), "")
            operations.record(work, graded, at=now())

    def judge_all(self, regrade: uuid.UUID, points: Mapping[uuid.UUID, int | None] | int) -> None:
        """Let workers judge all of a regrade, with these points by attempt, or all with the same."""
        while queued := self.jobs(regrade, JobStatus.QUEUED):
            for job in queued:
                self.judge(job.id, points if isinstance(points, int) else points[job.attempt_id])

    def apply(self, regrade: uuid.UUID, reason: str = "The tests were too strict.") -> int | None:
        self.do(applying.apply, regrade, reason)
        return applying.carry_out(self.world.tenant_id, regrade, now)

    def regrade(self, regrade: uuid.UUID) -> Regrade:
        with transaction(self.world.tenant_id):
            return session().get_one(Regrade, regrade)

    def effects(self, regrade: uuid.UUID) -> dict[uuid.UUID, Effect]:
        with transaction(self.world.tenant_id):
            place = membership(self.world.class_id, self.world.teacher_id)
            lines = effects.of_regrade(session().get_one(Regrade, regrade), place)
            return {one.student.id: one.effect for one in lines}

    def marks(self) -> dict[uuid.UUID, Decimal | None]:
        with transaction(self.world.tenant_id):
            return {one.student_id: one.points for one in session().scalars(sa.select(GradebookEntry))}

    def owed(self) -> dict[uuid.UUID, list[Decimal | None]]:
        """Return what was owed to the LMS of each student, in its order."""
        with transaction(self.world.tenant_id):
            rows = session().scalars(sa.select(ScoreDelivery).order_by(ScoreDelivery.revision)).all()
            return {one.user_id: [row.score for row in rows if row.user_id == one.user_id] for one in rows}

    def version(self) -> uuid.UUID:
        with transaction(self.world.tenant_id):
            return session().get_one(AssignmentProblem, self.item).problem_version_id

    def everything(self) -> list[Sequence[Any]]:
        """Return all that counts: attempts, results that stand, marks, scores owed, and the tests that are used."""
        with transaction(self.world.tenant_id):
            said = (
                "SELECT * FROM submission_attempts ORDER BY id", "SELECT * FROM gradebook_entries ORDER BY id",
                "SELECT * FROM score_deliveries ORDER BY id", "SELECT * FROM assignment_problems ORDER BY id",
                f"SELECT * FROM grading_jobs WHERE reason <> '{JobReason.TRIAL}' ORDER BY id",
            )  # fmt: skip
            return [session().execute(sa.text(one)).all() for one in said]


__all__ = ["KINDER", "LEASE", "NOW", "Course", "now"]
