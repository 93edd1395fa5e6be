"""A version tried as a student: Run and Submit are judged as theirs would be, and count nowhere."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.adapters import Adapters
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.authoring import tasks
from lti_grader.classes.models import Role
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.grading.models import GradingJob
from lti_grader.grading.tasks import close_sandbox
from tests.fixtures.world import DOUBLE, World
from tests.web.test_drafts import Desk
from tests.web.test_problem_pages import Double
from tests.web.two_sections import Visit


@pytest.fixture
def double(world: World, held: Adapters) -> Iterator[Double]:
    yield Double(world)
    close_sandbox()
    held.channels.close()


JSON = {"Accept": "application/json"}


def press(client: FlaskClient, url: str, kind: str, code: str = DOUBLE, key: str = "press-001", **more: str) -> Any:
    body = {"type": kind, "code": code, "language": "python", "idempotency_key": key} | more
    return client.post(f"{url}/preview/tries", json=body)


def test_run_and_submit_show_what_a_student_would_see_and_count_nowhere(
    world: World, double: Double, visit: Visit
) -> None:
    client, url = visit(world.teacher_id), f"{double.url}/versions/{double.first}"
    page = client.get(f"{url}/preview")
    assert page.status_code == 200
    assert b"Double it." in page.data
    run = press(client, url, "test_run").json["attempt"]
    assert (run["status"], run["type"]) == ("queued", "test_run")
    assert press(client, url, "test_run").json["attempt"]["id"] == run["id"], "pressed twice is one try"
    assert tasks.judge(str(world.tenant_id), run["id"]) == "done"
    done = client.get(run["url"], headers=JSON).json
    assert [(one["name"], one["status"], one["input"]) for one in done["tests"]] == [("sample", "pass", "2\n")]
    assert (done["status"], done["points"], done["hidden_summary"]) == ("completed", None, None)
    told = client.get(run["events_url"]).text
    assert json.loads(told.partition("event: completed\ndata: ")[2].partition("\n")[0])["id"] == run["id"]
    submitted = press(client, url, "final_submission", "print(4)\n", "press-002").json["attempt"]
    assert tasks.judge(str(world.tenant_id), submitted["id"]) == "done"
    seen = client.get(submitted["url"], headers=JSON).json
    assert [(one["name"], one["status"]) for one in seen["tests"]] == [("sample", "pass"), ("gone", "fail")]
    assert seen["hidden_summary"] == {"passed": 0, "total": 1}
    assert (seen["points"], seen["maximum"]) == ("1.33", "4")
    assert client.get(submitted["url"]).headers["Location"] == f"{url}/preview", "its page, for people"
    assert client.get(f"{submitted['url']}/code").text == "print(4)\n"
    assert client.get(f"{url}/preview/tries").text.count("Attempt ") >= 2
    with transaction(world.tenant_id):
        counted = [
            session().scalar(sa.select(sa.func.count()).select_from(one))
            for one in (SubmissionAttempt, GradingJob, GradebookEntry)
        ]
    assert counted == [0, 0, 0]
    # What is tried is one's own.
    assistant = visit(world.user(Role.ASSISTANT))
    for address in ("url", "events_url"):
        assert assistant.get(submitted[address]).status_code == 404
    assert assistant.get(f"{url}/preview").status_code == 200


def test_what_waits_is_taken_back_and_an_edit_drops_it(double: Double, visit: Visit, world: World) -> None:
    desk = Desk(double, visit(world.teacher_id))
    first = press(desk.client, desk.url, "test_run").json["attempt"]
    assert desk.client.post(first["cancel_url"], json={}).json["status"] == "cancelled"
    assert desk.client.post(first["cancel_url"], json={}).status_code == 409
    second = press(desk.client, desk.url, "test_run", key="press-002").json["attempt"]
    assert desk.write().status_code == 303
    assert desk.client.get(second["url"], headers=JSON).json["status"] == "cancelled"
    assert tasks.judge(str(world.tenant_id), second["id"]) == "nothing to do"


def test_what_is_written_is_kept_and_nonsense_is_refused(double: Double, visit: Visit, world: World) -> None:
    client, url = visit(world.teacher_id), f"{double.url}/versions/{double.first}"
    body = {"code": "x = 1", "language": "python", "base_revision": 0, "save_id": "save-0001"}
    assert [client.put(f"{url}/preview/draft", json=body).json["revision"] for _ in range(2)] == [1, 2]
    assert "x = 1" in client.get(f"{url}/preview").text
    assert press(client, url, "dance").status_code == 400
    assert press(client, url, "test_run", language="cobol").status_code == 400
    assert client.get(f"/tries/{uuid.uuid4()}").status_code == 404
