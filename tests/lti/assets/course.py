"""A course in which files are handed in, and the LMS that tells of them."""

import base64
import dataclasses
import datetime as dt
import hashlib
import uuid
from typing import Any

import flask
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.core.db import session, transaction
from lti_grader.lti import claims as c
from lti_grader.lti.asset_models import AssetAttempt, AssetReport, LtiAsset
from lti_grader.lti.assets import fetching, reporting
from lti_grader.lti.notices import handling
from lti_grader.people.models import User
from tests.fixtures.world import World
from tests.lti.scripted import INSTRUCTOR, LEARNER, ScriptedPlatform, browser

ESSAY = b"%PDF-1.7 an essay"
MINUTE = dt.timedelta(minutes=1)
ITEMS = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def checksum(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


@dataclasses.dataclass
class Page:
    text: str
    url: str = "http://localhost/"


class Course:
    """A course at the scripted platform with one assignment whose files come to us."""

    def __init__(self, app: flask.Flask, lms: ScriptedPlatform, world: World) -> None:
        self.app, self.lms, self.world, self.held = app, lms, world, adapters.installed()
        lms.client_id = "client"
        lms.files["/files/1"] = ("application/pdf", ESSAY)
        self.student = world.user()
        with transaction(world.tenant_id):
            self.sub = session().get_one(User, self.student).sub

    def file(self, **changes: Any) -> dict[str, Any]:
        return {
            "asset_id": "file-1", "url": f"{self.lms.url}/files/1", "sha256_checksum": checksum(ESSAY),
            "timestamp": "2026-03-01T10:00:00Z", "size": len(ESSAY), "content_type": "application/pdf",
            "filename": "essay.pdf", "title": "Essay",
        } | changes  # fmt: skip

    def hand_in(self, *files: dict[str, Any], submission: str = "work:1", **changes: Any) -> str:
        """Have the platform tell of a submission; return what came of the notice."""
        at = int(now().timestamp())
        claims = {
            "iss": self.lms.url, "aud": "client", "iat": at, "exp": at + 300, c.VERSION: "1.3.0", c.DEPLOYMENT_ID: "1",
            c.NOTICE: {"id": uuid.uuid4().hex, "timestamp": now().isoformat(), "type": c.SUBMISSION_NOTICE},
            c.CONTEXT: {"id": "course"}, c.ACTIVITY: {"id": "essay", "title": "Essay on loops"},
            c.FOR_USER: {"user_id": self.sub}, c.SUBMISSION: {"id": submission},
            c.ASSET_SERVICE: {"scope": [c.ASSET_READ], "assets": list(files) or [self.file()]},
            c.ASSET_REPORT: {"scope": [c.ASSET_REPORT_SCOPE], "report_url": f"{self.lms.url}/reports"},
        } | changes  # fmt: skip
        token = self.lms.sign({name: value for name, value in claims.items() if value is not ...})
        posted = self.app.test_client().post("/lti/notices", json={"notices": [{"jwt": token}]})
        assert posted.status_code == 202, posted.text
        (_, _, tenant, row), *_ = [one for one in handling.due(at=now()) if one[0] == "notices.handle"]
        return handling.handle(tenant, row, at=now())

    def rows(self, table: Any) -> list[Any]:
        with transaction(self.world.tenant_id):
            return list(session().scalars(sa.select(table).order_by(table.id)))

    @property
    def asset(self) -> LtiAsset:
        (row,) = self.rows(LtiAsset)
        return row

    def rows_of_attempts(self) -> list[AssetAttempt]:
        with transaction(self.world.tenant_id):
            return list(session().scalars(sa.select(AssetAttempt)))

    def as_(self, user_id: uuid.UUID) -> Any:
        """Return a browser with the session of a person."""
        client = self.app.test_client()
        with client.session_transaction() as kept:
            kept.update(
                user=str(user_id), tenant=str(self.world.tenant_id), platform=str(self.world.platform_id), frames=[]
            )
        return client

    def fetch(self, at: dt.datetime | None = None) -> str:
        return fetching.fetch(self.world.tenant_id, self.asset.id, self.held, at=at or now())

    def report(self, at: dt.datetime | None = None) -> str:
        return reporting.send(self.world.tenant_id, self.rows(AssetReport)[-1].id, self.held, at=at or now())

    def told(self) -> list[dict[str, Any]]:
        return [one.json for one in self.lms.to("/reports")]

    def launch(self, kind: str, sub: str = "teacher", **changes: Any) -> tuple[Any, Any]:
        way = browser(self.app, self.lms)
        assert way.login(client_id="client").status_code == 302
        claims = {
            "sub": sub, c.MESSAGE_TYPE: kind, c.RESOURCE_LINK: ..., c.CONTEXT: {"id": "course"},
            c.ROLES: [INSTRUCTOR if sub == "teacher" else LEARNER], c.ACTIVITY: {"id": "essay", "title": "Essay on loops"},
            c.ASSET: {"id": "file-1"}, c.SUBMISSION: {"id": "work:1"},
        } | changes  # fmt: skip
        return way.client, way.launch(**claims)


def page(client: Any, answer: Any) -> str:
    assert answer.status_code == 303, (answer.status_code, answer.text[:400])
    shown = client.get(answer.headers["Location"])
    assert shown.status_code == 200, shown.text[:400]
    return str(shown.text)
