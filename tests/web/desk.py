"""A class where people mark, for tests of its pages."""

import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.classes.models import Role
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.lti.models import ScoreDelivery
from lti_grader.marking.models import Marking
from lti_grader.problems.rubrics import DraftCriterion, DraftLevel, DraftRubric, rubric_of
from tests.fixtures.world import World
from tests.web.two_sections import Visit


def criterion(name: str, *levels: str) -> DraftCriterion:
    """Return a criterion with levels of 0, 3, 6... points."""
    return DraftCriterion(name, [DraftLevel(Decimal(3 * place), level) for place, level in enumerate(levels)])


NAMES, TESTS = criterion("Names", "Bad", "Good"), criterion("Tests", "None", "Some", "Many")
RUBRIC = DraftRubric([NAMES, TESTS])


class Desk:
    """A class with a problem worth 10 by tests and 9 by a rubric, and who marks there."""

    def __init__(self, world: World, visit: Visit, **config: Any) -> None:
        self.world, self.visit = world, visit
        self.version = world.problem(rubric=RUBRIC)
        self.assignment = world.assignment(versions=[self.version], points=19, **config)
        (self.item,) = world.items(self.assignment)
        world.column(self.assignment, f"https://lms.example/lineitems/{self.assignment}")
        self.ben = world.user(Role.ASSISTANT, name="Ben Osei")
        self.browser = visit(self.ben)

    def hand_in(
        self, points: int = 5, student: uuid.UUID | None = None, code: str = "a = 1\nb = 2\n"
    ) -> tuple[uuid.UUID, uuid.UUID]:
        """Return who handed in, and their attempt."""
        student = student or self.world.user()
        attempt = self.world.hand_in(student, self.item, code)
        self.world.judge(attempt, points)
        return student, attempt

    def marking(self, attempt: uuid.UUID, round_: int = 1) -> Marking:
        with transaction(self.world.tenant_id):
            query = sa.select(Marking).where(Marking.attempt_id == attempt, Marking.round == round_)
            return session().scalars(query).one()

    def form(self, attempt: uuid.UUID, *levels: int, round_: int = 1, **more: Any) -> dict[str, Any]:
        marking = self.marking(attempt, round_)
        with transaction(self.world.tenant_id):
            rubric = rubric_of(marking.problem_version_id)
            chosen = {
                f"level-{line.row.id}": str(line.levels[level].id)
                for line, level in zip(rubric.criteria, levels, strict=False)
            }
        return {"revision": marking.revision, **chosen, **more}

    def mark(
        self, attempt: uuid.UUID, *levels: int, status: int = 303, by: FlaskClient | None = None, **more: Any
    ) -> Any:
        answer = (by or self.browser).post(
            f"/marking/{self.marking(attempt).id}", data=self.form(attempt, *levels, **({"do": "finish"} | more))
        )
        assert answer.status_code == status, answer.text
        return answer

    def comment(self, attempt: uuid.UUID, *, status: int = 303, **more: Any) -> str:
        answer = self.browser.post(f"/marking/{self.marking(attempt).id}/comments", data={"do": "add", **more})
        assert answer.status_code == status, answer.text
        return answer.text

    def entry(self, student: uuid.UUID) -> GradebookEntry:
        with transaction(self.world.tenant_id):
            return session().scalars(sa.select(GradebookEntry).where(GradebookEntry.student_id == student)).one()

    def told(self, student: uuid.UUID) -> tuple[str, Decimal | None]:
        """Return what the LMS is told of a student."""
        with transaction(self.world.tenant_id):
            row = session().scalars(
                sa.select(ScoreDelivery).where(ScoreDelivery.user_id == student, ScoreDelivery.is_newest)
            ).one()  # fmt: skip
            return row.grading_progress, row.score

    def waiting(self) -> list[uuid.UUID]:
        with transaction(self.world.tenant_id):
            return list(session().scalars(
                sa.select(Marking.attempt_id).where(Marking.is_wanted, Marking.state != "done").order_by(Marking.id)
            ))  # fmt: skip
