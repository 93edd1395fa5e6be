"""An answer of several files on its way: what the page is told, drafts, archives, and what is handed in."""

import io
import json
import re
import uuid
import zipfile
from typing import Any

import pytest
from werkzeug.test import TestResponse

from lti_grader import adapters
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.grading import tasks
from lti_grader.grading.models import GradingJob
from lti_grader.problems.answer_files import written
from lti_grader.problems.harness import AnswerFiles, Harness
from lti_grader.problems.models import ProblemVersion
from tests.fixtures.world import World
from tests.web.two_sections import Visit, plain

FILES = {
    "main.py": b"from shapes.twice import twice\nprint(twice(int(input())))\n",
    "shapes/__init__.py": b"",
    "shapes/twice.py": b"def twice(n):\n    return 2 * n\n",
}


@pytest.fixture
def version(world: World) -> uuid.UUID:
    given = adapters.installed().blobs.put(b"1,2,3\n")
    harness = Harness(answer_files=AnswerFiles(most=4), files={"numbers.csv": given})
    return world.problem(harness=harness)


@pytest.fixture
def item(world: World, version: uuid.UUID) -> uuid.UUID:
    return world.items(world.assignment(versions=[version]))[0]


def config_of(page: str) -> dict[str, Any]:
    found = re.search(r'id="work-config"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


def handed(visit: Visit, who: uuid.UUID, item: uuid.UUID, code: str, language: str = "python") -> TestResponse:
    press = {"type": "final_submission", "language": language, "idempotency_key": uuid.uuid4().hex, "code": code}
    return visit(who).post(f"/work/{item}/attempts", json=press)


def test_the_page_is_told_of_files_and_takes_a_draft_of_them(visit: Visit, world: World, item: uuid.UUID) -> None:
    browser = visit(world.user())
    told = config_of(browser.get(f"/work/{item}").text)
    assert told["answer_files"] == {
        "most": 4, "required": [], "endings": [], "main": None, "given": ["numbers.csv"],
        "usual": {one["id"]: told["answer_files"]["usual"][one["id"]] for one in told["languages"]},
    }  # fmt: skip
    assert told["answer_files"]["usual"]["python"] == "main.py"
    assert told["max_code_bytes"] == 524_288
    # A draft may be half done, and larger than one text is.
    draft = written({"main.py": b"'" + b'"\\\n' * 80_000, "Not yet named": b""})
    save = {"code": draft, "language": "python", "base_revision": 0, "save_id": "save-0001"}
    assert browser.put(told["urls"]["draft"], json=save).status_code == 200
    assert config_of(browser.get(f"/work/{item}").text)["draft"]["code"] == draft
    save |= {"code": "x" * 524_289, "base_revision": 1, "save_id": "save-0002"}
    assert browser.put(told["urls"]["draft"], json=save).status_code == 413


def test_an_archive_is_unpacked_for_the_editor(visit: Visit, world: World, item: uuid.UUID) -> None:
    with zipfile.ZipFile(packed := io.BytesIO(), "w") as archive:
        for name, content in FILES.items():
            archive.writestr(f"project/{name}", content)
        archive.writestr("project/__pycache__/main.pyc", b"\0")
    browser = visit(world.user())
    answer = browser.post(f"/work/{item}/unpack", data={"file": (io.BytesIO(packed.getvalue()), "project.zip")})
    assert answer.get_json() == {
        "files": {name: content.decode() for name, content in FILES.items()},
        "left_out": [{"name": "project/__pycache__", "why": "Python makes it"}],
    }
    refused = browser.post(
        f"/work/{item}/unpack", data={"file": (io.BytesIO(b"x"), "x.zip")}, headers={"Accept": "application/json"}
    )
    assert refused.status_code == 422
    assert "no ZIP archive" in refused.get_json()["error"]["message"]
    plain = world.items(world.assignment())[0]
    assert browser.post(f"/work/{plain}/unpack", data={}).status_code == 404


def test_files_are_kept_in_one_form_whatever_the_page_sends(visit: Visit, world: World, item: uuid.UUID) -> None:
    student = world.user()
    told = {"shapes/twice.py": FILES["shapes/twice.py"].decode(), "main.py": {"base64": "cHJpbnQoMSk="}}
    answer = handed(visit, student, item, json.dumps({"files": told}, indent=2))
    assert answer.status_code == 202, answer.text
    # A text that an earlier version's page still sends is one file.
    other = handed(visit, student, item, "print(1)")
    kept = []
    with transaction(world.tenant_id):
        for one in (answer, other):
            attempt = session().get_one(SubmissionAttempt, uuid.UUID(one.get_json()["attempt"]["id"]))
            kept.append(adapters.installed().blobs.get(attempt.code_blob_ref))
    assert kept == [
        written({"main.py": b"print(1)", "shapes/twice.py": FILES["shapes/twice.py"]}).encode(),
        b'{"files":{"main.py":"print(1)"}}',
    ]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.py": b"x = 1", "b.py": b"y = 2"}, "not clear which of your files the program begins in: a.py, b.py. Name that one main.py"),
        ({"a.txt": b"x"}, "None of your files is Python"),
        ({"main.py": b"x", "numbers.csv": b"9"}, "numbers.csv is a file of the problem"),
        ({f"{name}.py": b"x" for name in "abcde"}, "at most 4"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_judged_are_refused_before_they_count(
    visit: Visit, world: World, item: uuid.UUID, files: dict[str, bytes], words: str
) -> None:
    answer = handed(visit, world.user(), item, written(files))
    assert answer.status_code == 422
    assert words in answer.get_json()["error"]["message"]


def test_the_author_meets_the_same(visit: Visit, world: World, version: uuid.UUID) -> None:
    with transaction(world.tenant_id):
        found = session().get_one(ProblemVersion, version)
        here = f"/problems/{found.problem_id}/versions/{version}/preview"
    browser = visit(world.teacher_id)
    told = config_of(browser.get(here).text)
    assert told["answer_files"]["given"] == ["numbers.csv"]
    assert told["urls"]["unpack"] == f"{here}/unpack"
    press = {"type": "test_run", "language": "python", "idempotency_key": "press-0001", "code": written(FILES)}
    assert browser.post(told["urls"]["attempts"], json=press).status_code == 202
    press |= {"idempotency_key": "press-0002", "code": written({"a.py": b"x", "b.py": b"y"})}
    assert browser.post(told["urls"]["attempts"], json=press).status_code == 422


def test_an_attempt_is_read_compared_and_taken_home_file_by_file(visit: Visit, world: World, item: uuid.UUID) -> None:
    student = world.user()
    first = handed(visit, student, item, written(FILES)).get_json()["attempt"]["id"]
    files = {name: text for name, text in FILES.items() if name != "shapes/__init__.py"}
    later = files | {"shapes/twice.py": b"def twice(n):\n    return n + n\n", "pixel.png": b"\x89PNG\xff\0"}
    second = handed(visit, student, item, written(later)).get_json()["attempt"]["id"]
    with transaction(world.tenant_id):
        jobs = [one.id for one in session().query(GradingJob).order_by(GradingJob.created_at)]
    assert [tasks.grade(str(world.tenant_id), str(job)) for job in jobs] == ["done", "done"]
    tasks.close_sandbox()
    browser = visit(student)
    page = browser.get(f"/attempts/{second}").text
    with transaction(world.tenant_id):
        assert session().query(GradebookEntry).filter_by(student_id=student).one().score_obtained == 10
    assert re.findall(r'<h3 class="file-name"[^>]*>(.*?)</h3>', page) == sorted(later)
    assert "return n + n" in page
    assert "This file is no text" in page
    assert browser.get(f"/attempts/{second}/code").data == written(later).encode()
    with zipfile.ZipFile(io.BytesIO(browser.get(f"/attempts/{second}/files.zip").data)) as packed:
        assert {name: packed.read(name) for name in packed.namelist()} == {
            f"attempt-2/{name}": text for name, text in later.items()
        }
    diff = plain(browser.get(f"/attempts/{second}/diff?against={first}").text)
    assert "1 added, 1 removed" in diff
    assert "pixel.png (added)" in diff
    assert "shapes/__init__.py (removed)" in diff
    assert "return n + n" in diff
    assert "main.py" not in diff
    alone = world.hand_in(student, world.items(world.assignment())[0])
    assert browser.get(f"/attempts/{alone}/files.zip").status_code == 404


def test_a_teacher_asks_for_files_and_gives_some_to_begin_with(visit: Visit, world: World) -> None:
    browser = visit(world.teacher_id)
    version = world.problem()
    with transaction(world.tenant_id):
        found = session().get_one(ProblemVersion, version)
        at = f"/problems/{found.problem_id}/versions"
    url = browser.post(f"{at}/{found.id}/draft").headers["Location"]
    texts = {
        "statement": "Double it.", "seconds": "2", "memory": "256", "checker": "tokens", "answer": "files", "files.most": "4",
        "files.endings": "py", "files.required": "main.py\n", "language-new": "python",
    }  # fmt: skip
    assert browser.post(f"{url}/edit", data=texts).status_code == 303
    with zipfile.ZipFile(packed := io.BytesIO(), "w") as archive:
        for name, content in FILES.items():
            archive.writestr(f"right/{name}", content)
    brought = {
        "starter-new-files": (io.BytesIO(b"# Begin here\n"), "main.py"),
        "solution-new-files": (packed, "right.zip"),
    }
    packed.seek(0)
    assert browser.post(f"{url}/edit", data=texts | brought).status_code == 303
    form = browser.get(f"{url}/edit").text
    assert 'name="solution-python-remove" value="shapes/twice.py"' in form
    with transaction(world.tenant_id):
        draft = session().get_one(ProblemVersion, uuid.UUID(url.rsplit("/", 1)[1]))
        assert draft.harness == {"answer_files": {"most": 4, "endings": [".py"], "required": ["main.py"]}}
        assert draft.starter_code == {"python": '{"files":{"main.py":"# Begin here\\n"}}'}
        assert draft.reference_solution == {"python": written(FILES)}
    assert "=== shapes/twice.py" in browser.get(url).text
    # What is ticked is taken away, and the rest stays.
    texts |= {"language": "python", "language-new": "", "solution-python-remove": "shapes/__init__.py"}
    assert browser.post(f"{url}/edit", data=texts).status_code == 303
    refused = browser.post(f"{url}/edit", data=texts | {"answer": "text"})
    assert refused.status_code == 422
    assert "take all but one away" in plain(refused.text)
    refused = browser.post(f"{url}/edit", data=texts | {"files.main": "main.c"})
    assert "main.c ends in none of .py" in plain(refused.text)
