"""A problem that is answered by a function: what a student sees of it, and of its tests."""

import uuid
from collections.abc import Iterator
from typing import Any

import flask
import pytest

from lti_grader import adapters
from lti_grader.core.db import session, transaction
from lti_grader.grading import tasks
from lti_grader.grading.models import GradingJob
from lti_grader.problems.harness import Harness, Template
from lti_grader.problems.models import Visibility
from lti_grader.problems.operations import DraftTest
from tests.fixtures.world import World
from tests.web.two_sections import Visit

TESTS = [
    DraftTest("Two", b"", b"4\n", Visibility.SAMPLE, code='printf("%d", sqr(2))'),
    DraftTest("Canary", b"", b"90001", Visibility.HIDDEN, code='printf("%d", sqr(300) + offset)'),
]
RIGHT = "int sqr(int n) {\n    return n * n;\n}\n"


@pytest.fixture(autouse=True)
def _no_sandbox_is_left() -> Iterator[None]:
    yield
    tasks.close_sandbox()


@pytest.fixture
def item(app: flask.Flask, world: World) -> uuid.UUID:
    header = adapters.installed().blobs.put(b"enum { offset = 1 };\n")
    template = '#include <stdio.h>\n#include "offset.h"\n{{ STUDENT_ANSWER }}\nint main() { {{ TEST.testcode }}; }\n'
    harness = Harness(templates={"c": Template(text=template)}, files={"offset.h": header})
    # Its assignment takes other languages.
    return world.items(world.assignment(versions=[world.problem(tests=TESTS, harness=harness)]))[0]


def handed_in(world: World, visit: Visit, student: uuid.UUID, item: uuid.UUID, code: str, language: str = "c") -> Any:
    asked = {"code": code, "language": language, "type": "final_submission", "idempotency_key": uuid.uuid4().hex}
    return visit(student).post(f"/work/{item}/attempts", json=asked)


def judged(world: World, visit: Visit, item: uuid.UUID, code: str) -> tuple[dict[str, Any], str]:
    """Return a new student's attempt, as its page's data and as its page."""
    student = world.user()
    made = handed_in(world, visit, student, item, code).json["attempt"]
    with transaction(world.tenant_id):
        job = session().query(GradingJob).filter_by(attempt_id=uuid.UUID(made["id"])).one().id
    assert tasks.grade(str(world.tenant_id), str(job)) == "done"
    page = visit(student).get(made["url"])
    found = visit(student).get(made["url"], headers={"Accept": "application/json"}).json
    return found, page.text


def test_the_page_shows_the_call_and_asks_for_the_problems_language(
    world: World, visit: Visit, item: uuid.UUID
) -> None:
    page = visit(world.user()).get(f"/work/{item}").text
    assert "printf(&#34;%d&#34;, sqr(2))" in page
    assert "Input of Two" not in page
    assert '<option value="c">' in page
    assert '<option value="python">' not in page
    refused = handed_in(world, visit, world.user(), item, RIGHT, "python")
    assert refused.status_code == 422
    assert "This problem takes c; choose one of them." in refused.text


def test_a_result_shows_the_call_of_what_may_be_seen(world: World, visit: Visit, item: uuid.UUID) -> None:
    found, page = judged(world, visit, item, RIGHT)
    assert (found["points"], found["maximum"]) == ("10", "10")
    assert [(test["code"], test["input"], test["output"]) for test in found["tests"]] == [(TESTS[0].code, None, "4")]
    assert found["hidden_summary"] == {"passed": 1, "total": 1}
    assert "<figcaption>Test</figcaption>" in page
    assert "offset" not in page


def test_what_does_not_compile_names_the_students_line_and_no_hidden_call(
    world: World, visit: Visit, item: uuid.UUID
) -> None:
    found, page = judged(world, visit, item, RIGHT.replace("n * n", "m * n"))
    assert found["compiles"] is False
    assert "main.c:2:12" in found["compile_output"]
    assert "sqr(300)" not in page
