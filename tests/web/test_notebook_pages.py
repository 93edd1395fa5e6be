"""A notebook as students meet it: read on its page, downloaded, handed in as a file, judged by the worker, and read again."""

import io
import json
import uuid
import zipfile
from collections.abc import Iterator
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
from lti_grader.problems.models import Problem, ProblemVersion
from tests.fixtures.notebooks import cell, notebook, squares
from tests.fixtures.world import World
from tests.web.two_sections import Visit, plain


@pytest.fixture
def item(app: flask.Flask, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[uuid.UUID]:
    monkeypatch.setattr(cli, "create_app", lambda: app)
    (tmp_path / "squares.ipynb").write_bytes(squares())
    (tmp_path / "numbers.csv").write_text("1,2,3")
    done = CliRunner().invoke(cli.command, ["import", str(tmp_path), "--publish"])
    assert done.exit_code == 0, done.output
    assert "why (4 points) is marked by a person" in done.output
    with transaction(world.tenant_id):
        version = session().scalars(sa.select(ProblemVersion).join(Problem).where(Problem.slug == "squares")).one()
    yield world.items(world.assignment(versions=[version.id]))[0]
    tasks.close_sandbox()


def answered(copy: bytes) -> str:
    """Return a student's copy with squares answered and the other cell left as it was given."""
    told = json.loads(copy)
    told["cells"][2]["source"] = (
        "def squares(n):\n    return [i * i for i in range(1, n + 1)]  # <script>alert(1)</script>"
    )
    told["cells"][0]["source"] = "# Mine <img src=x onerror=alert(1)>\n\nWith **care**."
    told["cells"][2]["outputs"] = [{"output_type": "display_data", "data": {"text/html": "<b>never shown</b>"}}]
    return json.dumps(told)


def test_a_notebook_is_downloaded_handed_in_and_read_cell_by_cell(visit: Visit, world: World, item: uuid.UUID) -> None:
    student = world.user()
    browser = visit(student)
    page = browser.get(f"/work/{item}").text
    assert "Fill in what is missing." in plain(page)
    assert "it cannot be edited on this page" in plain(page)
    assert "squares(3)" not in page
    download = browser.get(f"/work/{item}/notebook")
    assert download.headers["Content-Disposition"] == "attachment; filename=squares.zip"
    with zipfile.ZipFile(io.BytesIO(download.data)) as packed:
        assert sorted(packed.namelist()) == ["squares/numbers.csv", "squares/squares.ipynb"]
        copy = packed.read("squares/squares.ipynb")
    assert b"squares(3)" not in copy
    press = {"type": "final_submission", "language": "python", "idempotency_key": "notebook-1", "code": answered(copy)}
    handed = browser.post(f"/work/{item}/attempts", json=press)
    assert handed.status_code == 202, handed.text
    attempt = handed.get_json()["attempt"]["id"]
    with transaction(world.tenant_id):
        job = session().query(GradingJob).filter_by(attempt_id=uuid.UUID(attempt)).one().id
    assert tasks.grade(str(world.tenant_id), str(job)) == "done"
    with transaction(world.tenant_id):
        assert session().query(GradebookEntry).filter_by(student_id=student).one().score_obtained == 8
    page = browser.get(f"/attempts/{attempt}").text
    assert "In [2]" in page
    assert "<strong>care</strong>" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<img src=x" not in page
    assert "never shown" not in page
    assert "Before that, cell 4 stopped with NotImplementedError" in plain(page)
    saved = browser.get(f"/attempts/{attempt}/code")
    assert saved.headers["Content-Disposition"].startswith("attachment; filename=attempt-1.ipynb")
    assert b"i * i" in saved.data
    assert "Restore into editor" not in browser.get(f"/work/{item}/history").text


def test_its_author_tries_it_as_students_do_and_nothing_else_is_taken(
    visit: Visit, world: World, item: uuid.UUID
) -> None:
    browser = visit(world.teacher_id)
    with transaction(world.tenant_id):
        version = session().scalars(sa.select(ProblemVersion).join(Problem).where(Problem.slug == "squares")).one()
    here = f"/problems/{version.problem_id}/versions/{version.id}"
    page = plain(browser.get(here).text)
    assert "half = limit / 2" in page
    assert "Choose the file that you worked on" in plain(browser.get(f"{here}/preview").text)
    assert browser.get(f"{here}/preview/notebook").status_code == 200
    for code, words in (
        ("print(1)", "This is no notebook that can be read"),
        (notebook(cell("markdown", "Nothing")).decode(), "has no cell with code in it"),
        (notebook(cell("code", "x = '" + "y" * 1_100_000)).decode(), "at most 1,048,576 are accepted"),
    ):
        press = {"type": "final_submission", "language": "python", "idempotency_key": "notebook-2", "code": code}
        refused = browser.post(f"/work/{item}/attempts", json=press)
        assert 400 <= refused.status_code < 500
        assert words in refused.get_json()["error"]["message"]
