"""A Kattis package in the problem bank: set to a class, and judged as the package judges."""

import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import flask
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from lti_grader import adapters
from lti_grader.authoring.models import CheckState
from lti_grader.authoring.queries import checks_of
from lti_grader.cli import problems as cli
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.grading import tasks
from lti_grader.grading.models import GradingJob, TestResult
from lti_grader.problems.models import Problem, ProblemVersion, TestCase, TestGroup
from tests.fixtures.world import World

RIGHT = "n = int(input())\nprint(sum(map(int, input().split())))\n"
LARGE = " ".join(["1"] * 50_000)
PACKAGE = {
    "problem.yaml": "name: Sums\ntype: scoring\nlimits: {memory: 64}\n",
    "problem_statement/problem.md": "Add them up.\n",
    "data/testdata.yaml": "grader_flags: ignore_sample\nrange: 0 100\n",
    "data/sample/1.in": "2\n1 2\n", "data/sample/1.ans": "3\n",
    "data/secret/1/testdata.yaml": "accept_score: 30\ngrader_flags: min\n",
    "data/secret/1/1.in": "1\n7\n", "data/secret/1/1.ans": "7\n",
    "data/secret/1/2.in": "2\n0 9\n", "data/secret/1/2.ans": "9\n",
    "data/secret/2/testdata.yaml": "accept_score: 70\ngrader_flags: min\n",
    "data/secret/2/1.in": f"50000\n{LARGE}\n", "data/secret/2/1.ans": "50000\n",
    "submissions/accepted/right.py": RIGHT,
    "submissions/partially_accepted/first.py": "input()\nprint(input().split()[-1])\n",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _as_of_the_installation(app: flask.Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(cli, "create_app", lambda: app)
    yield
    tasks.close_sandbox()


def package(folder: Path, **more: str) -> Path:
    for name, text in (PACKAGE | more).items():
        (folder / "sums" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "sums" / name).write_text(text)
    return folder / "sums"


def bring_in(path: Path, *more: str) -> Result:
    return CliRunner().invoke(cli.command, ["import", str(path), *more])


def version_of(world: World) -> ProblemVersion:
    with transaction(world.tenant_id):
        return session().scalars(sa.select(ProblemVersion).join(Problem).where(Problem.slug == "sums")).one()


def kept_check(world: World) -> tuple[str, dict[str, tuple[list[str] | None, set[str]]]]:
    """Return what the check of the version came to, and what each of its programs was to come to and did."""
    with transaction(world.tenant_id):
        (line,) = checks_of(session().scalars(sa.select(ProblemVersion.id).join(Problem)).one())
        assert line.by is None
        assert all(len(one.outcomes) == 4 for one in line.judgings)
        return line.row.state, {one.path: (one.expected, set(one.verdicts)) for one in line.judgings}


def judged(world: World, item: uuid.UUID, code: str, language: str = "python") -> tuple[Decimal, list[str]]:
    student = world.user()
    attempt = world.hand_in(student, item, code, language=language)
    with transaction(world.tenant_id):
        job = session().query(GradingJob).filter_by(attempt_id=attempt).one().id
    assert tasks.grade(str(world.tenant_id), str(job)) == "done"
    with transaction(world.tenant_id):
        score = session().query(GradebookEntry).filter_by(student_id=student).one().score_obtained
        rows = session().scalars(
            sa.select(TestResult.status)
            .join(TestCase, TestCase.id == TestResult.test_case_id)
            .join(TestGroup)
            .where(TestResult.attempt_id == attempt)
            .order_by(TestGroup.order_index, TestCase.order_index)
        )
        return score or Decimal(0), list(rows)


def test_a_package_that_proves_itself_is_published_and_judges(world: World, tmp_path: Path) -> None:
    done = bring_in(package(tmp_path), "--publish")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("sums: Sums, limit 1 s a test")
    assert done.output.endswith("published\n")
    version = version_of(world)
    assert version.published_at is not None
    assert kept_check(world) == (CheckState.PASSED, {
        "submissions/accepted/right.py": (["accepted"], {"accepted"}),
        "submissions/partially_accepted/first.py": (None, {"fail"}),
    })  # fmt: skip
    assert version.reference_solution == {"python": RIGHT}
    assert version.checker == {"kind": "tokens", "case_sensitive": False}
    with transaction(world.tenant_id):
        stored = session().scalars(sa.select(TestCase.input_blob_ref).where(TestCase.input_blob_ref.is_not(None))).one()
    assert adapters.installed().blobs.get(stored or "") == PACKAGE["data/secret/2/1.in"].encode()
    item = world.items(world.assignment(versions=[version.id]))[0]
    assert judged(world, item, RIGHT) == (Decimal(10), ["pass"] * 4)
    last = PACKAGE["submissions/partially_accepted/first.py"]
    assert judged(world, item, last) == (Decimal(3), ["fail", "pass", "pass", "fail"])
    assert judged(world, item, "print(7)\n") == (Decimal(0), ["fail", "pass", "fail", "fail"])


def test_one_whose_submissions_differ_stays_a_draft_and_says_which(world: World, tmp_path: Path) -> None:
    done = bring_in(package(tmp_path, **{"submissions/wrong_answer/right.py": RIGHT}), "--publish")
    assert done.exit_code == 1
    assert "DIFFERS        wrong_answer/right.py: accepted (expected fail)" in done.output
    assert "It stays a draft" in done.output
    assert version_of(world).published_at is None
    state, programs = kept_check(world)
    assert state == CheckState.FAILED
    assert programs["submissions/wrong_answer/right.py"] == (["fail"], {"accepted"})


def test_again_it_is_the_next_version_of_the_same_problem(world: World, tmp_path: Path) -> None:
    assert bring_in(package(tmp_path), "--publish").exit_code == 0
    differing = bring_in(package(tmp_path, **{"submissions/wrong_answer/right.py": RIGHT}), "--publish", "--again")
    assert (differing.exit_code, "stays a draft" in differing.output) == (1, True)
    (tmp_path / "sums/submissions/wrong_answer/right.py").unlink()
    better = bring_in(
        package(tmp_path, **{"data/secret/1/3.in": "1\n4\n", "data/secret/1/3.ans": "4\n"}), "--publish", "--again"
    )
    assert better.exit_code == 0, better.output
    with transaction(world.tenant_id):
        found = session().execute(
            sa.select(ProblemVersion.number, ProblemVersion.state, sa.func.count(TestCase.id))
            .join(TestGroup, TestGroup.problem_version_id == ProblemVersion.id)
            .join(TestCase, TestCase.test_group_id == TestGroup.id)
            .group_by(ProblemVersion.id)
            .order_by(ProblemVersion.number)
        )
        assert found.all() == [(1, "published", 4), (2, "published", 5)]


def test_without_an_accepted_submission_nothing_is_proved(world: World, tmp_path: Path) -> None:
    path = package(tmp_path)
    (path / "submissions/accepted/right.py").unlink()
    done = bring_in(path, "--publish")
    assert done.exit_code == 1
    assert "no accepted submission of it could be run here" in done.output


def test_as_a_draft_it_is_only_kept_and_once(world: World, tmp_path: Path) -> None:
    path = package(tmp_path)
    assert bring_in(path).output.endswith("kept as a draft\n")
    assert version_of(world).published_at is None
    again = bring_in(path)
    assert again.exit_code == 1
    assert "called 'sums' already" in again.output
