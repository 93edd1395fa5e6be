"""Files with problems: read by the worker and told, kept only on a teacher's word, and never by half."""

import datetime as dt
import io
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.adapters import Adapters
from lti_grader.adapters.storage import StorageUnavailable
from lti_grader.authoring import importing, resembling, tasks
from lti_grader.authoring.models import OWED_IMPORTS, ProblemImport
from lti_grader.classes.models import Role
from lti_grader.core import owed
from lti_grader.core.db import session, transaction
from lti_grader.grading.tasks import close_sandbox
from lti_grader.problems.models import Problem, ProblemVersion
from tests.fixtures import moodle_xml
from tests.fixtures.statements import statements
from tests.fixtures.world import World
from tests.web.two_sections import Visit, plain

KATTIS = {
    "problem.yaml": "name: Twice\nlimits:\n  time_limit: 1\n",
    "problem_statement/problem.en.tex": "\\problemname{Twice}\nDouble \\includegraphics{it.png} it.",
    "data/sample/1.in": "2\n", "data/sample/1.ans": "4\n",
    "data/secret/1.in": "0" * 70_000 + "3\n", "data/secret/1.ans": "6\n",
    "submissions/accepted/right.py": "import sys\nprint(2 * int(sys.stdin.read().lstrip('0')))\n",
}  # fmt: skip


def packed(files: Mapping[str, str], folder: str = "twice") -> bytes:
    with zipfile.ZipFile(target := io.BytesIO(), "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{folder}/{name}", text)
    return target.getvalue()


@pytest.fixture
def desk(world: World, visit: Visit) -> Iterator["Desk"]:
    yield Desk(world, visit(world.teacher_id))
    close_sandbox()


class Desk:
    """A teacher at the page where problems are brought in."""

    def __init__(self, world: World, client: FlaskClient) -> None:
        self.world, self.client = world, client
        self.page = f"/classes/{world.class_id}/problems/import"

    def give(self, content: bytes, name: str = "twice.zip", **more: object) -> str:
        """Upload a file, and return its page's address."""
        answer = self.client.post(self.page, data={"file": (io.BytesIO(content), name), **more})
        assert answer.status_code == 303, plain(answer.text)
        return answer.headers["Location"]

    def work(self, url: str) -> str:
        """Let a worker do what is owed of it."""
        return tasks.carry_import(str(self.world.tenant_id), url.rsplit("/", 1)[1])

    def text(self, url: str) -> str:
        return plain(self.client.get(url).text)

    def keep(self, url: str, *places: int, **more: str) -> int:
        return self.client.post(url, data={"do": "keep", "problem": [str(one) for one in places], **more}).status_code

    def problems(self) -> dict[str, list[str]]:
        """Return the states of the versions of each problem."""
        with transaction(self.world.tenant_id):
            rows = session().execute(
                sa.select(Problem.slug, ProblemVersion.state)
                .join(ProblemVersion, ProblemVersion.problem_id == Problem.id)
                .order_by(ProblemVersion.number)
            )
            found: dict[str, list[str]] = {}
            for slug, state in rows:
                found.setdefault(slug, []).append(state)
            return found

    def row(self, url: str) -> Any:
        with transaction(self.world.tenant_id):
            return session().get_one(ProblemImport, uuid.UUID(url.rsplit("/", 1)[1]))


def test_a_package_is_told_first_and_kept_as_a_draft_on_a_word(desk: Desk) -> None:
    url = desk.give(packed(KATTIS))
    assert "Being read" in desk.text(url)
    assert desk.work(url) == "read"
    told = desk.text(url)
    assert "Nothing is kept yet." in told
    assert "2 tests in" in told
    assert "solutions in python" in told
    assert "1 s a test (as the package says)" in told
    assert "icture" in told, "what of the statement cannot be carried over"
    assert desk.problems() == {}
    assert desk.keep(url) == 422, "nothing was ticked"
    assert desk.keep(url, 0) == 303
    assert desk.keep(url, 0) == 409, "once"
    assert desk.work(url) == "kept"
    assert desk.work(url) == "nothing to do"
    assert desk.problems() == {"twice": ["draft"]}
    page = desk.client.get(url).text
    draft = page.partition('href="/problems/')[2].partition('"')[0]
    assert "Check and publish" in desk.text(f"/problems/{draft}")
    exported = desk.client.get(f"/problems/{draft}/export/kattis")
    assert "problem.yaml" in " ".join(zipfile.ZipFile(io.BytesIO(exported.data)).namelist())
    assert desk.client.get(f"/problems/{draft}/export/magic").status_code == 404
    # The same again: it could be the next version, but there is a draft.
    again = desk.give(packed(KATTIS))
    assert desk.work(again) == "read"
    assert "which has a draft already" in desk.text(again)
    assert desk.keep(again, 0, **{"as-0": "version"}) == 422
    assert desk.keep(again, 0, **{"as-0": "new"}) == 303
    assert desk.work(again) == "kept"
    assert desk.problems() == {"twice": ["draft"], "twice-2": ["draft"]}


def _like(title: str, statement: str = "", answer: str = "") -> dict[str, str]:
    """Return the package with another title, and another statement or another test where one is given."""
    files = KATTIS | {"problem.yaml": f"name: {title}\nlimits:\n  time_limit: 1\n"}
    if statement:
        files |= {"problem_statement/problem.en.tex": statement}
    return files | ({"data/secret/2.in": answer, "data/secret/2.ans": answer} if answer else {})


def test_what_is_there_already_is_said_and_used_in_its_place_where_that_is_wanted(
    desk: Desk, world: World, visit: Visit
) -> None:
    first = desk.give(packed(KATTIS))
    assert desk.work(first) == "read"
    assert desk.keep(first, 0) == 303
    assert desk.work(first) == "kept"
    known = desk.row(first).found[0]["problem_id"]
    given = {
        "a-tests": _like("Otherwise", "Something else."), "b-statement": _like("Anew", answer="1"),
        "c-title": _like("Twices", "Not it.", "2"), "d-new": _like("Fresh", "Fresh.", "3"),
        "e-again": _like("Another", "Fresh.", "4"),
    }  # fmt: skip
    with zipfile.ZipFile(target := io.BytesIO(), "w") as archive:
        for folder, files in given.items():
            for name, text in files.items():
                archive.writestr(f"{folder}/{name}", text)
    url = desk.give(target.getvalue(), "many.zip")
    with statements() as said:
        assert desk.work(url) == "read"
    compared = [one for one in said if "regexp_replace" in one or "problems.title" in one]
    assert len(compared) <= 3, "as few questions however many problems there are"
    found = desk.row(url).found
    assert [[other["because"] for other in one["alike"]] for one in found] == [
        [resembling.TESTS], [resembling.STATEMENT], [resembling.TITLE], [], [],
    ]  # fmt: skip
    assert {other["id"] for one in found for other in one["alike"]} == {known}
    assert [one.get("twice") for one in found] == [None, None, None, None, 3]
    told = desk.text(url)
    assert told.count("It is there already") == 2
    assert told.count("It may be there already") == 1
    assert "Fresh of this file has the same statement, questions or tests" in told
    assert desk.keep(url, 0, **{"as-0": f"use:{uuid.uuid4()}"}) == 422
    # Of five: one is left out, one used, one is taken anyway.
    assert desk.keep(url, 0, 1, 3, **{"as-0": f"use:{known}", "as-1": "new", "as-3": "new"}) == 303
    assert desk.work(url) == "kept"
    assert set(desk.problems()) == {"twice", "b-statement", "d-new"}
    assert "Twice is used in its place" in desk.text(url)
    again = desk.give(packed(KATTIS))
    assert desk.work(again) == "read"
    assert desk.keep(again, 0, **{"as-0": f"use:{known}"}) == 303
    assert desk.row(again).state == "kept", "nothing is owed"
    assert len(desk.problems()) == 3


def test_a_file_is_the_next_version_of_the_problem_it_was_brought_to(desk: Desk, world: World) -> None:
    first = world.problem()
    with transaction(world.tenant_id):
        problem = session().get_one(ProblemVersion, first).problem_id
        slug = session().get_one(Problem, problem).slug
    url = desk.give(packed(KATTIS), problem=str(problem))
    assert desk.work(url) == "read"
    assert "The next version of “Double”" in desk.text(url)
    assert desk.keep(url, 0, **{"as-0": "version"}) == 303
    assert desk.work(url) == "kept"
    assert desk.problems() == {slug: ["published", "draft"]}


def test_a_question_bank_is_told_question_by_question(desk: Desk) -> None:
    test = {"testcode": "print(sq(3))", "expected": "9"}
    bank = moodle_xml.quiz(
        moodle_xml.question("python3", "Square", test, answer="def sq(n): return n * n"),
        moodle_xml.question("python2", "Old", test, answer="def sq(n): return n * n"),
    )
    url = desk.give(bank, "bank.xml")
    assert desk.work(url) == "read"
    told = desk.text(url)
    assert "Square" in told
    assert "Cannot be brought in" in told
    assert desk.keep(url, 1) == 422, "refused ones are not kept"
    assert desk.client.post(url, data={"do": "discard"}).status_code == 303
    assert "Nothing was kept of it." in desk.text(url)
    assert desk.problems() == {}


def _bomb() -> bytes:
    with zipfile.ZipFile(target := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(6):
            archive.writestr(f"twice/data/{number}.in", bytes(50_000_000))
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (lambda: b"no archive", "twice.zip", "no ZIP archive"),
        (_bomb, "bomb.zip", "unpacks to more than"),
        (lambda: packed({"readme.txt": "hello"}), "twice.zip", "of no format that is known here"),
        (lambda: packed({f"../{name}": text for name, text in KATTIS.items()}), "out.zip", "no format"),
        (lambda: b"<?xml version='1.0'?><!DOCTYPE q [<!ENTITY a 'aaa'>]><quiz>&a;</quiz>", "bank.xml", ""),
    ],
    ids=["no archive", "bomb", "no package", "paths that lead out", "entities"],
)
def test_what_cannot_be_read_is_said(desk: Desk, content: Any, name: str, words: str) -> None:
    url = desk.give(content(), name)
    assert desk.work(url) == "failed"
    said = desk.text(url)
    assert "It could not be read." in said
    assert words in said
    assert "Nothing was kept." in said
    assert desk.problems() == {}


def test_a_worker_that_was_killed_leaves_nothing_half_made(desk: Desk, held: Adapters) -> None:
    two = {f"{folder}/{name}": text for folder in ("one", "two") for name, text in KATTIS.items()}
    url = desk.give(packed(two, "both"))
    tenant, id_ = desk.world.tenant_id, uuid.UUID(url.rsplit("/", 1)[1])
    now = dt.datetime.now(dt.UTC)
    with transaction(tenant):
        # A worker took it up a while ago, and was not heard of since.
        owes = ProblemImport.state.in_(OWED_IMPORTS)
        assert owed.claim(ProblemImport, id_, owes, at=now, seconds=300) is not None
    assert importing.due(at=now) == []
    later = now + dt.timedelta(seconds=400)
    assert importing.due(at=later) == [(tenant, id_)]
    assert _carried(desk, url, held, later) == "read"
    assert desk.keep(url, 0, 1) == 303
    # The store goes away between the first problem and the second: none of both is there.
    assert _carried(desk, url, held, later, blobs=_Failing(held)) == "put off"
    assert desk.problems() == {}
    assert _carried(desk, url, held, later + dt.timedelta(seconds=60)) == "kept"
    assert desk.problems() == {"one": ["draft"], "two": ["draft"]}


def test_a_file_that_ends_every_worker_is_given_up(desk: Desk, held: Adapters) -> None:
    url = desk.give(packed(KATTIS))
    at = dt.datetime.now(dt.UTC)
    for _ in range(3):
        with transaction(desk.world.tenant_id):
            owes = ProblemImport.state.in_(OWED_IMPORTS)
            assert owed.claim(ProblemImport, uuid.UUID(url.rsplit("/", 1)[1]), owes, at=at, seconds=300) is not None
        at += dt.timedelta(seconds=400)
    assert _carried(desk, url, held, at) == "failed"
    assert "3 workers ended while reading this file." in desk.text(url)


class _Failing:
    """A store that takes one file, and no more."""

    def __init__(self, held: Adapters) -> None:
        self._blobs, self._left = held.blobs, 1

    def get(self, ref: str) -> bytes:
        return self._blobs.get(ref)

    def put(self, content: bytes) -> str:
        if not self._left:
            raise StorageUnavailable("gone")
        self._left -= 1
        return self._blobs.put(content)


def _carried(desk: Desk, url: str, held: Adapters, at: dt.datetime, blobs: Any = None) -> str:
    id_ = uuid.UUID(url.rsplit("/", 1)[1])
    return importing.carry_out(
        desk.world.tenant_id, id_, lambda: at, blobs=blobs or held.blobs, sandbox=tasks.sandbox
    )  # fmt: skip


def test_only_teachers_of_the_class_bring_problems_in(desk: Desk, visit: Visit, world: World) -> None:
    url = desk.give(packed(KATTIS))
    assistant = visit(world.user(Role.ASSISTANT))
    assert assistant.get(desk.page).status_code == 403
    assert assistant.get(url).status_code == 403
    assert assistant.post(desk.page, data={"file": (io.BytesIO(b"x"), "x.zip")}).status_code == 403
