"""An institution's privacy person, and a student of whom something of each kind is kept."""

import datetime as dt
from decimal import Decimal
from typing import Any

import flask
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.assignments.dates import OtherDates
from lti_grader.assignments.granting import Whose, grant
from lti_grader.attempts import drafts
from lti_grader.classes.models import Enrollment, Mentorship, Role
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.grading.similarity.models import (
    SimilarityNote,
    SimilarityPair,
    SimilarityProgram,
    SimilarityReport,
)
from lti_grader.lti import claims as c
from lti_grader.lti.asset_models import AssetActivity, LtiAsset
from lti_grader.lti.board_models import Reconciliation, ReconciliationFinding, ScoreFreeze
from lti_grader.lti.models import LineItem
from lti_grader.lti.notice_models import Notice
from lti_grader.people.models import User
from tests.fixtures.world import NOW, World
from tests.lti.desk import Desk
from tests.lti.scripted import ScriptedPlatform, browser

ADMIN = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"


class Office:
    """An institution's privacy person, and a student with something of each kind."""

    def __init__(self, app: flask.Flask, lms: ScriptedPlatform, world: World) -> None:
        self.app, self.lms, self.world, self.held = app, lms, world, adapters.installed()
        lms.client_id = "client"
        desk = Desk(world, lms, email="amina.yusuf@north.example", given_name="Amina", family_name="Yusuf")
        self.student = desk.student
        self.item = world.items(desk.assignment)[0]
        self.attempt = world.hand_in(self.student, self.item, "print('by Amina')\n")
        desk.score(7)
        with transaction(world.tenant_id):
            entry = session().scalars(sa.select(GradebookEntry)).one()
            entry.manual_feedback = "Dear Amina"
            change = drafts.Change("print('unfinished')", "python", 0, "save-0001", 1)
            drafts.save(self.held.kv, self.student, self.item, change, at=NOW)
            self._file(b"an essay")
            self._notice()
            self._board()

        self._mentor()
        self._alike()
        with transaction(world.tenant_id):
            more_time = OtherDates(due=NOW + dt.timedelta(days=9))
            grant(desk.assignment, Whose(self.student), more_time, reason="Amina was away", by=world.teacher_id, at=NOW)

    def _alike(self) -> None:
        """A report found theirs and another's alike, and somebody noted what they make of it."""
        other = self.world.hand_in(self.world.user(), self.item)
        shared = {"tenant_id": self.world.tenant_id}
        with transaction(self.world.tenant_id):
            report = SimilarityReport(
                assignment_problem_id=self.item, with_earlier=False, without_solution=False, state="done",
                started_at=NOW, ended_at=NOW, next_try_at=NOW, **shared,
            )  # fmt: skip
            session().add(report)
            session().flush()
            both = [
                SimilarityProgram(
                    report_id=report.id, attempt_id=one, kin="python", is_own=True, size=1, highest=1, **shared
                )
                for one in (self.attempt, other)
            ]
            session().add_all(both)
            session().flush()
            first, second = sorted((self.attempt, other))
            session().add_all(
                [
                    SimilarityPair(
                        report_id=report.id, left_id=both[0].id, right_id=both[1].id, score=Decimal("0.75"), left_share=1,
                        right_share=1, longest=1, passages=[[1, 1, 1, 1]], **shared,
                    ),
                    SimilarityNote(
                        first_attempt_id=first, second_attempt_id=second, decision="talk", words="Amina copied?", at=NOW,
                        by=self.world.teacher_id, **shared,
                    ),
                ]
            )  # fmt: skip

    def _mentor(self) -> None:
        """Somebody whom the LMS named as their mentor."""
        parent = self.world.user(Role.OBSERVER)
        with transaction(self.world.tenant_id):
            enrollment = session().scalars(sa.select(Enrollment).where(Enrollment.user_id == parent)).one()
            session().add(
                Mentorship(
                    tenant_id=self.world.tenant_id, enrollment_id=enrollment.id, class_context_id=self.world.context_id,
                    sub=self.user().sub, named_at=NOW,
                )
            )  # fmt: skip

    def _file(self, content: bytes) -> None:
        activity = AssetActivity(
            tenant_id=self.world.tenant_id, class_context_id=self.world.context_id, activity_id="e", created_at=NOW
        )
        session().add(activity)
        session().flush()
        ref = self.held.blobs.put(content)
        session().add(
            LtiAsset(
                tenant_id=self.world.tenant_id, activity_id=activity.id, user_id=self.student, submission_id="1",
                asset_id="1", url="https://lms.example/1", filename="amina.pdf", received_at=NOW, next_try_at=NOW,
                status="kept", blob_ref=ref, bytes=len(content), sha256=ref.removeprefix("sha256/"),
            )
        )  # fmt: skip

    def _notice(self) -> None:
        deployment = session().scalar(sa.text("SELECT id FROM deployments"))
        session().add(
            Notice(
                tenant_id=self.world.tenant_id, platform_id=self.world.platform_id, deployment_id=deployment,
                notice_id="n", type="x", payload={c.FOR_USER: {"user_id": self.user().sub}}, received_at=NOW,
                next_try_at=NOW,
            )
        )  # fmt: skip

    def _board(self) -> None:
        """What the registrar's board says of them: held back for a reason, asked for a comparison, found by it."""
        column = session().scalars(sa.select(LineItem)).one()
        shared = {"tenant_id": self.world.tenant_id}
        session().add(
            ScoreFreeze(
                class_id=self.world.class_id, content_item_id=column.content_item_id, student_id=self.student,
                reason="Amina's appeal", frozen_at=NOW, frozen_by=f"user:{self.student}", frozen_by_name="Amina Yusuf",
                **shared,
            )
        )  # fmt: skip
        compared = Reconciliation(
            class_context_id=self.world.context_id, asked_by_name=self.user().display_name, started_at=NOW, **shared
        )
        session().add(compared)
        session().flush()
        session().add(
            ReconciliationFinding(
                reconciliation_id=compared.id, line_item_id=column.id, sub=self.user().sub, kind="unknown_user",
                words="Amina Yusuf is not a student", **shared,
            )
        )  # fmt: skip

    def user(self) -> User:
        return session().get_one(User, self.student)

    def now(self) -> User:
        with transaction(self.world.tenant_id):
            return self.user()

    def rows(self, table: Any) -> list[Any]:
        with transaction(self.world.tenant_id):
            return list(session().scalars(sa.select(table).order_by(table.id)))

    def launch(self, *roles: str, kind: str = c.DATA_PRIVACY_REQUESTS[0], **changes: Any) -> tuple[Any, Any]:
        way = browser(self.app, self.lms)
        assert way.login(client_id="client").status_code == 302
        claims = {
            "sub": "privacy-person", "name": "Ruth Abernathy", c.MESSAGE_TYPE: kind, c.RESOURCE_LINK: ..., c.CONTEXT: ...,
            c.ROLES: list(roles) or [ADMIN], c.AGS: ..., c.NRPS: ...,
        } | changes  # fmt: skip
        return way.client, way.launch(**claims)

    def at_person(self) -> tuple[Any, str]:
        """Return a browser and the address of the student's page."""
        client, answer = self.launch(**{c.FOR_USER: {"user_id": self.now().sub}})
        assert answer.status_code == 303, answer.text[:300]
        return client, answer.headers["Location"]

    def erase(self) -> Any:
        client, where = self.at_person()
        return client.post(f"{where}/erase", data={"word": "erase"})
