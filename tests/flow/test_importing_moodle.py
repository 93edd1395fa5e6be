"""A Moodle file of CodeRunner questions in the problem bank: each with a report, published where its answer proves it."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import flask
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from lti_grader import adapters
from lti_grader.cli import problems as cli
from lti_grader.core.db import session, transaction
from lti_grader.grading import tasks
from lti_grader.problems import queries
from lti_grader.problems.models import Problem, ProblemVersion, Visibility
from tests.fixtures.moodle_xml import question, quiz
from tests.fixtures.world import World
from tests.flow.test_importing_packages import judged

SQR = question(
    "c_function", "Square", {"testcode": 'printf("%d", sqr(2) + 0 * LIMIT)', "expected": "4", "useasexample": "1"},
    {"testcode": 'printf("%d", sqr(-3))', "expected": "9", "display": "HIDE"}, files={"limit.h": b"enum { LIMIT = 1 };\n"},
    answer='#include "limit.h"\nint sqr(int n) { return n * n; }', allornothing="0",
)  # fmt: skip
WRONG = question("python3", "Wrong", {"testcode": "print(f())", "expected": "1"}, answer="def f(): return 2")
LOSING = question("python3", "Table", {"testcode": "print(1)", "expected": "1"}, answer="pass", uiplugin="table")
GRAPH = question("directed_graph", "Graph", {"testcode": "print(1)", "expected": "1"})


@pytest.fixture(autouse=True)
def _as_of_the_installation(app: flask.Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(cli, "create_app", lambda: app)
    yield
    tasks.close_sandbox()


def bring_in(folder: Path, *questions: str, more: tuple[str, ...] = ()) -> Result:
    (folder / "bank.xml").write_bytes(quiz(*questions))
    return CliRunner().invoke(cli.command, ["import", str(folder / "bank.xml"), *more])


def kept(world: World) -> dict[str, tuple[ProblemVersion, list[str]]]:
    with transaction(world.tenant_id):
        rows = session().execute(sa.select(Problem.slug, ProblemVersion, Problem.tags).join(ProblemVersion))
        return {slug: (version, tags) for slug, version, tags in rows}


def test_each_question_is_reported_and_what_is_proved_is_published(world: World, tmp_path: Path) -> None:
    done = bring_in(tmp_path, SQR, WRONG, LOSING, GRAPH, more=("--publish",))
    assert done.exit_code == 1, done.output
    assert done.stdout.splitlines()[-1] == "1 published; 1 kept as a draft; 2 not brought in"
    assert "DIFFERS        accepted/answer: fail (expected accepted)" in done.output
    assert "It stays a draft: its submissions differ." in done.output
    assert "note           It is answered in a form of its own (table); here it is a text." in done.output
    assert "not brought in: it is answered by drawing a graph" in done.output
    found = kept(world)
    assert set(found) == {"square", "wrong"}
    version, tags = found["square"]
    assert tags == ["Loops", "While"]
    assert version.published_at is not None
    assert list(version.reference_solution) == ["c"]
    assert adapters.installed().blobs.get(version.harness["files"]["limit.h"]) == b"enum { LIMIT = 1 };\n"
    with transaction(world.tenant_id):
        tests = [(test.code, test.visibility) for _, test in queries.tests_of(version.id)]
    assert tests[0] == ('printf("%d", sqr(2) + 0 * LIMIT)', Visibility.SAMPLE)
    again = bring_in(tmp_path, SQR)
    assert "There is a problem called 'square' already" in again.output
    left = bring_in(tmp_path, SQR, more=("--new-only",))
    assert left.exit_code == 0, left.output
    assert "It may be here already, as “" in left.output
    assert left.output.splitlines()[-1] == "left out"


def test_what_would_lose_something_is_brought_in_on_request_and_as_a_draft(world: World, tmp_path: Path) -> None:
    done = bring_in(tmp_path, LOSING, more=("--publish", "--partly"))
    assert done.exit_code == 1
    assert "It stays a draft: it is not complete." in done.output
    assert kept(world)["table"][0].published_at is None


def test_an_imported_question_judges_an_attempt(world: World, tmp_path: Path) -> None:
    assert bring_in(tmp_path, SQR, more=("--publish",)).exit_code == 0
    item = world.items(world.assignment(versions=[kept(world)["square"][0].id]))[0]
    right = '#include "limit.h"\nint sqr(int n) { return n * n; }\n'
    assert judged(world, item, right, "c") == (Decimal(10), ["pass", "pass"])
    assert judged(world, item, right.replace("n * n", "2 * n"), "c") == (Decimal(5), ["pass", "fail"])


def test_a_file_is_verified_and_one_of_its_questions_judged_without_an_installation(tmp_path: Path) -> None:
    from lti_grader.cli import judging

    bank, answer = tmp_path / "bank.xml", tmp_path / "mine.py"
    bank.write_bytes(quiz(WRONG, LOSING))
    answer.write_text("def f():\n    return 1\n")
    verified = CliRunner().invoke(cli.command, ["verify", str(bank)])
    assert verified.exit_code == 1
    assert "1 of 2 as expected" in verified.output
    one = CliRunner().invoke(judging.command, [str(bank), str(answer), "--question", "Wrong"])
    assert one.exit_code == 0, one.output
    assert "accepted: 1 of 1 points" in one.output
    several = CliRunner().invoke(judging.command, [str(bank), str(answer)])
    assert "has 2 such problems" in str(several.exception)
