"""A version of the problem bank as a package, and back: nothing is lost on the way."""

import uuid
import zipfile
from pathlib import Path
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from lti_grader import adapters
from lti_grader.cli import problems as cli
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import TooLarge
from lti_grader.problems.models import Problem, ProblemVersion, TestCase, TestGroup
from lti_grader.problems.packages import exporting
from tests.fixtures.world import World

NEVER_THE_SAME = {
    "id", "problem_id", "number", "created_at", "published_at", "problem_version_id", "test_group_id", "requires", "state",
}  # fmt: skip
LARGE = "5 " * 50_000
OWN = f"""\
lti_grader: 1
title: Sums
slug: sums
tags: [loops]
statement: Add them up.
hint: Start with 0.
limits: {{time: 1.5, memory: 64, languages: {{java: {{time: 4.5}}}}}}
checker:
  kind: validator
  language: python
  source: |
    import sys
    sys.exit(42 if sys.stdin.read().split() == open(sys.argv[2]).read().split() else 43)
starter: {{python: "numbers = input().split()\\n"}}
templates: {{python: {{text: "{{{{ STUDENT_ANSWER }}}}\\n{{{{ TEST.testcode }}}}\\n"}}}}
parameters: {{limit: 7, names: [a, b]}}
files: {{given.txt: "7\\n"}}
groups:
  - {{name: samples, points: 0, visibility: sample, tests: [{{input: 1 2, expected: 3}}]}}
  - name: rest
    points: 7.5
    aggregation: pass_fail
    stop: true
    requires: [samples]
    tests:
      - {{name: large, input: "{LARGE}", expected: 250000, points: 2, visibility: after_due, time: 9, memory: 128}}
      - {{name: code, expected: 12, code: "print(12)", extra: more}}
solutions:
  - {{source: "print(sum(map(int, input().split())) if 0 else 12)", language: python, name: twelve, expected: [fail, accepted]}}
  - {{source: "print(3)", language: python, name: three, expected: fail, beside: {{notes.txt: "3"}}}}
"""


@pytest.fixture(autouse=True)
def _as_of_the_installation(app: flask.Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "create_app", lambda: app)


def run(*arguments: object) -> Result:
    done = CliRunner().invoke(cli.command, [str(one) for one in arguments])
    assert done.exit_code == 0, f"{done.output}{done.exception}"
    return done


def rows(world: World) -> list[list[dict[str, Any]]]:
    """Return all that is kept of each version, but for what names it."""

    def values(row: object) -> dict[str, Any]:
        mapper = sa.inspect(type(row))
        assert mapper is not None
        return {one.key: getattr(row, one.key) for one in mapper.columns if one.key not in NEVER_THE_SAME}

    with transaction(world.tenant_id):
        versions = session().scalars(sa.select(ProblemVersion).join(Problem).where(Problem.slug == "sums"))
        found = []
        for one in versions.all():
            groups = (
                session()
                .scalars(
                    sa.select(TestGroup).where(TestGroup.problem_version_id == one.id).order_by(TestGroup.order_index)
                )
                .all()
            )
            places = {group.id: group.order_index for group in groups}
            said = [values(one)]
            for group in groups:
                said.append({**values(group), "requires": [places[other] for other in group.requires]})
                tests = session().scalars(
                    sa.select(TestCase).where(TestCase.test_group_id == group.id).order_by(TestCase.order_index)
                )
                said += [values(test) for test in tests]
            found.append(said)
        return found


def test_what_is_exported_comes_in_again_as_it_was(world: World, tmp_path: Path) -> None:
    (tmp_path / "sums").mkdir()
    (tmp_path / "sums" / "lti-grader.yaml").write_text(OWN)
    run("import", tmp_path / "sums")
    before = rows(world)
    assert len(before[0]) == 1 + 2 + 3
    done = run("export", "sums", tmp_path / "out.zip")
    assert "note" not in done.output
    with transaction(world.tenant_id):
        session().execute(sa.update(Problem).values(slug="others"))
    run("import", tmp_path / "out.zip")
    assert rows(world) == before
    run("export", "sums", tmp_path / "again.zip", "--version", "1")
    first, second = (zipfile.ZipFile(tmp_path / name) for name in ("out.zip", "again.zip"))
    assert {one: first.read(one) for one in first.namelist()} == {one: second.read(one) for one in second.namelist()}


def test_a_package_of_another_format_is_exported_with_its_submissions(world: World, tmp_path: Path) -> None:
    for name, text in {
        "problem.yaml": "name: Sums\n", "data/secret/1.in": "1 2\n", "data/secret/1.ans": "3\n",
        "submissions/accepted/right.py": "print(sum(map(int, input().split())))\n",
        "submissions/wrong_answer/three.py": "print(4)\n",
    }.items():  # fmt: skip
        path = tmp_path / "sums" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    run("import", tmp_path / "sums", "--publish")
    run("export", "sums", tmp_path / "out")
    done = run("verify", tmp_path / "out")
    assert "2 of 2 as expected; 0 not compared" in done.output
    assert (tmp_path / "out/submissions/wrong_answer/three.py").read_text() == "print(4)\n"


def test_what_is_not_there_is_not_exported(world: World, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli.command, ["export", "nothing", str(tmp_path / "out")])
    assert (done.exit_code, "There is no problem 'nothing' here." in done.output) == (2, True)
    done = CliRunner().invoke(cli.command, ["export", "nothing", str(tmp_path)])
    assert "is there already" in done.output


def test_a_page_packs_no_more_than_it_can_hold() -> None:
    get = exporting.bounded({"a": b"1" * 600, "b": b"2" * 500}.__getitem__, most=1000)
    assert get("a") == b"1" * 600
    with pytest.raises(TooLarge, match="lti-grader problems export"):
        get("b")


def test_a_version_is_packed_while_no_transaction_is_open(world: World, tmp_path: Path) -> None:
    source = tmp_path / "sums" / "lti-grader.yaml"
    source.parent.mkdir()
    source.write_text(OWN)
    run("import", source.parent)

    def get(ref: str) -> bytes:
        # Another one could not begin within one that is open.
        with transaction(world.tenant_id):
            return adapters.installed().blobs.get(ref)

    with transaction(world.tenant_id):
        kept = exporting.kept_version(exporting.numbered("sums", None) or uuid.uuid4())
    package = exporting.package_of(kept, get)
    assert [one.name for one in package.groups] == ["samples", "rest"]
    assert package.groups[1].tests[0].input == LARGE.encode()
