"""One student's column at a platform: scores are given here and carried there, at times of one's choosing."""

import copy
import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.lti import carrying, passback, pump
from lti_grader.lti.models import ScoreDelivery
from lti_grader.people.models import User
from tests.fixtures.world import NOW, World
from tests.lti.scripted import ScriptedPlatform

SCORES, RESULTS = "/lineitems/1/scores", "/lineitems/1/results"


class Desk:
    """One student's column: give a score, and carry it to the LMS at a time of one's choosing."""

    def __init__(self, world: World, lms: ScriptedPlatform, **student: Any) -> None:
        self.world, self.lms, self.at = world, lms, NOW
        self.held = adapters.installed()
        self.assignment = world.assignment()
        self.column = world.column(self.assignment, lms.column)
        self._sit(**student)

    def _sit(self, **student: Any) -> None:
        self.student, self.revision = self.world.user(**student), 0
        with transaction(self.world.tenant_id):
            self.sub = session().get_one(User, self.student).sub

    def neighbour(self) -> "Desk":
        """Return another student's desk at the same column."""
        beside = copy.copy(self)
        beside._sit()
        return beside

    def score(self, points: int | str, *, handed_in: dt.datetime | None = None, feedback: str = "") -> uuid.UUID:
        """Let the gradebook have a new score; return the delivery that follows."""
        self.revision += 1
        with transaction(self.world.tenant_id):
            entry = session().scalar(sa.select(GradebookEntry).where(GradebookEntry.student_id == self.student))
            if entry is None:
                entry = self._entry()
            entry.status, entry.score_obtained, entry.revision = "graded", Decimal(points), self.revision
            entry.submitted_at, entry.manual_feedback = handed_in or NOW, feedback
            session().flush()
            passback.queue_known_scores(self.column, at=self.at)
        return self.rows()[-1].id

    def owe(self, revision: int) -> None:
        """Owe a revision of the score, whatever the gradebook says."""
        with transaction(self.world.tenant_id):
            entry = self._entry(
                status="graded", score_obtained=Decimal(revision), revision=revision, manual_feedback=""
            )
            session().expunge(entry)
            passback.queue_scores_of([entry], at=self.at)

    def rows(self) -> list[ScoreDelivery]:
        with transaction(self.world.tenant_id):
            found = session().scalars(
                sa.select(ScoreDelivery).where(ScoreDelivery.user_id == self.student).order_by(ScoreDelivery.revision)
            )
            return list(found)

    @property
    def last(self) -> ScoreDelivery:
        return self.rows()[-1]

    def carry(self, delivery: uuid.UUID | None = None) -> str:
        return carrying.deliver(self.world.tenant_id, delivery or self.last.id, self.held, lambda: self.at)

    def pump(self) -> pump.Pumped:
        """Carry what is due to the platform, whosever it is."""
        return pump.pump(self.world.tenant_id, self.world.platform_id, self.held, lambda: self.at)

    def waiting(self) -> uuid.UUID:
        """Let the work wait for a person's look; return the delivery that follows."""
        self.revision += 1
        with transaction(self.world.tenant_id):
            found = session().scalar(sa.select(GradebookEntry).where(GradebookEntry.student_id == self.student))
            if found is None:
                found = self._entry()
            found.status, found.score_obtained, found.revision = "pending", None, self.revision
            session().flush()
            passback.queue_known_scores(self.column, at=self.at)
        return self.rows()[-1].id

    def _entry(self, **more: Any) -> GradebookEntry:
        made = GradebookEntry(
            tenant_id=self.world.tenant_id, content_item_id=self.assignment, student_id=self.student,
            max_score=Decimal(10), submitted_at=NOW, **more,
        )  # fmt: skip
        session().add(made)
        return made

    def resend(self) -> None:
        delivery = self.last.id
        with transaction(self.world.tenant_id):
            passback.resend(delivery, at=self.at)

    def later(self, **much: float) -> None:
        self.at += dt.timedelta(**much)

    def posts(self) -> list[Any]:
        return [one.json for one in self.lms.to(SCORES)]
