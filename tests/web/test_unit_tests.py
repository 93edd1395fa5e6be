"""A problem with unit tests and a look at style: brought in, answered, judged by the worker, and read in the browser."""

import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import flask
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from lti_grader.cli import problems as cli
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.grading import tasks
from lti_grader.grading.models import GradingJob
from lti_grader.grading.runners import available_runners, missing_runners
from lti_grader.grading.runners.checks import available_checks, missing_checks
from lti_grader.problems.models import Problem, ProblemVersion
from tests.fixtures.world import World
from tests.web.two_sections import Visit, plain

SUMS = """\
lti_grader: 1
title: Sums
slug: unit-tested
statement: Write add() and mean().
limits: {time: 3}
files:
  test_first.py: "from sums import add\\ndef test_first():\\n    assert add(1, 1) == 2\\n"
  test_sums.py: |
    from sums import add, mean
    def test_add():
        assert add(1, 2) == 3
    def test_mean():
        assert mean([1, 2]) == 1.5
  test_secret.py: "from sums import add\\ndef test_secret():\\n    assert add(-1, -41) == -42\\n"
unit_tests:
  runner: pytest
  answer: sums.py
  tests:
    - {file: test_first.py, visibility: sample}
    - {file: test_sums.py, visibility: visible, points: {test_mean: 3}}
    - {file: test_secret.py, each: 2}
checks:
  Style: {tool: ruff, points: 2, loss: 0.5}
solutions:
  - language: python
    name: sums.py
    expected: accepted
    source: |
      def add(a, b):
          return a + b
      def mean(numbers):
          return sum(numbers) / len(numbers)
"""
ANSWER = "import os\ndef add(a, b):\n    print('adding')\n    return abs(a) + b\ndef mean(numbers):\n    return add(*numbers) / 0\n"


@pytest.fixture
def item(app: flask.Flask, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[uuid.UUID]:
    for name, here, missing in (
        ("pytest", available_runners, missing_runners),
        ("ruff", available_checks, missing_checks),
    ):
        if name not in here():
            pytest.skip(missing()[name])
    monkeypatch.setattr(cli, "create_app", lambda: app)
    (tmp_path / "lti-grader.yaml").write_text(SUMS)
    done = CliRunner().invoke(cli.command, ["import", str(tmp_path), "--publish"])
    assert done.exit_code == 0, done.output
    with transaction(world.tenant_id):
        version = session().scalars(sa.select(ProblemVersion).join(Problem).where(Problem.slug == "unit-tested")).one()
    yield world.items(world.assignment(versions=[version.id]))[0]
    tasks.close_sandbox()


def test_unit_tests_and_style_are_read_by_the_student_and_counted(visit: Visit, world: World, item: uuid.UUID) -> None:
    student = world.user()
    browser = visit(student)
    page = plain(browser.get(f"/work/{item}").text)
    assert "def test_first(): assert add(1, 1) == 2" in page
    assert "test_add" not in page
    attempt = world.hand_in(student, item, ANSWER)
    with transaction(world.tenant_id):
        job = session().query(GradingJob).filter_by(attempt_id=attempt).one().id
    assert tasks.grade(str(world.tenant_id), str(job)) == "done"
    said = browser.get(f"/attempts/{attempt}", headers={"Accept": "application/json"}).get_json()
    tests = {one["name"]: one for one in said["tests"]}
    assert {name: one["status"] for name, one in tests.items()} == {
        "test_first": "pass", "test_add": "pass", "test_mean": "fail", "Style": "fail",
    }  # fmt: skip
    assert tests["test_mean"]["message"].splitlines() == [
        "ZeroDivisionError: division by zero", "test_sums.py, line 5: assert mean([1, 2]) == 1.5",
        "sums.py:6: return add(*numbers) / 0",
    ]  # fmt: skip
    assert (tests["test_mean"]["input"], tests["test_mean"]["expected"]) == (None, None)
    assert tests["test_mean"]["output"] == "adding\n"
    assert tests["Style"]["message"] == "sums.py:1:8: warning: `os` imported but unused [F401]"
    assert said["hidden_summary"] == {"passed": 0, "total": 1}
    assert said["compile_output"] == "On style:\nsums.py:1:8: warning: `os` imported but unused [F401]"
    assert "secret" not in str(said)
    with transaction(world.tenant_id):
        score = session().query(GradebookEntry).filter_by(student_id=student).one().score_obtained
    # One for the first, one for the sum, none for mean and secret, half of two for style: three of nine, and ten points in all.
    assert score == pytest.approx(Decimal(3) / 9 * 10, abs=Decimal("0.001"))
    assert "division by zero" in plain(browser.get(f"/attempts/{attempt}").text)
