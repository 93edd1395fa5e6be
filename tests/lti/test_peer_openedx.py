"""Open edX's LTI consumer, which nobody here has written, as the platform: launch, deep link, score."""

import contextlib
import dataclasses
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lti_grader.demo.lms.client import Person, csrf_token, forms
from tests.fixtures.installation import DOUBLE, Installation, until

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-peer" / "bin" / "python"
pytestmark = pytest.mark.timeout(120)


@dataclasses.dataclass
class Peer:
    url: str
    registration: dict[str, Any]
    installation: Installation

    def scores(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = httpx.get(f"{self.url}/scores", trust_env=False).json()["scores"]
        return found

    def arrive(self, user: str, role: str, **more: str) -> tuple[Person, httpx.Response]:
        """Begin a launch as somebody, and follow it to the tool's page."""
        person = Person(self.url, user)
        self.installation.people.append(person)
        query = httpx.QueryParams({"user": user, "role": role, "name": f"{user} of Peer", **more})
        page = person.send("GET", f"{self.url}/begin?{query}")
        assert page.status_code == 200, page.text[:800]
        return person, person.submit(forms(page)[0])


@contextlib.contextmanager
def running(installation: Installation, folder: Path, *how: str) -> Iterator[Peer]:
    """Have the peer run for as long as the context lasts, registered with the tool."""
    assert PYTHON.exists(), "The peer is not installed: scripts/peer-venv does that, and `make test` calls it"
    process = subprocess.Popen(
        [PYTHON, Path(__file__).with_name("peer_openedx.py"), installation.url, folder, *how],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the peer ended at once: run tests/lti/peer_openedx.py by hand to see why"
        registration = json.loads(line)
        added = subprocess.run(
            [sys.executable, "-m", "lti_grader.cli", "platforms", "add", "--tenant", "Test University"],
            input=json.dumps(registration), env=installation.env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert added.returncode == 0, added.stderr
        yield Peer(registration["issuer"], registration, installation)
    finally:
        process.communicate(timeout=20)


@pytest.fixture(scope="module")
def peer(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    with running(installation, tmp_path_factory.mktemp("peer")) as one:
        yield one


def place(peer: Peer) -> dict[str, Any]:
    """Make an assignment in the picker, and return what the peer took of it."""
    teacher, picker = peer.arrive("teacher-1", "instructor", deep="1")
    assert picker.status_code == 200, picker.text[:800]
    version = re.findall(r'name="problem" value="([0-9a-f-]+)"', picker.text)[0]
    choice = {
        "csrf_token": csrf_token(picker), "what": "new", "title": "Peer week 1", "problem": [version],
        f"points-{version}": "10", "language": ["python"], "counts": "best", "mode": "homework",
    }  # fmt: skip
    answer = teacher.send("POST", str(picker.url), data=choice)
    assert answer.status_code == 200, answer.text[:800]
    taken = teacher.submit(forms(answer)[0])
    assert taken.status_code == 200, taken.text[:800]
    items = taken.json()["items"]
    assert len(items) == 1
    item: dict[str, Any] = items[0]
    return item


@pytest.fixture(scope="module")
def placed(peer: Peer) -> dict[str, Any]:
    """An assignment that a teacher made in the picker; what the peer took of it."""
    return place(peer)


def test_a_deep_linking_answer_is_taken(placed: dict[str, Any]) -> None:
    assert placed["type"] == "ltiResourceLink"
    assert placed["title"] == "Peer week 1"
    assert placed["lineItem"]["scoreMaximum"] == 10


def test_a_students_score_arrives_and_is_seen_there(peer: Peer, placed: dict[str, Any]) -> None:
    student, page = peer.arrive("student-1", "student")
    assert page.status_code == 200, page.text[:800]
    assert "Double the number" in page.text
    answer = student.send(
        "POST", f"{page.url}/attempts", headers={"X-CSRF-Token": csrf_token(page)},
        json={"type": "final_submission", "code": DOUBLE, "language": "python", "idempotency_key": "peer-0001"},
    )  # fmt: skip
    assert answer.status_code == 202, answer.text
    (score,) = until(peer.scores, "a score at the peer")
    assert (score["user"], score["given"], score["maximum"]) == ("student-1", 10, 10)
    assert score["progress"] == "FullyGraded"
    query = "SELECT d.status, d.last_answer FROM score_deliveries d JOIN users u ON u.id = d.user_id WHERE u.sub = 'student-1'"
    until(lambda: [row.status for row in peer.installation.rows(query)] == ["verified"], "verified")


@pytest.mark.parametrize(("role", "words"), [("instructor", "Overview"), ("student", "Double the number")])
def test_each_role_sees_its_own_page(peer: Peer, placed: dict[str, Any], role: str, words: str) -> None:
    _, page = peer.arrive(f"somebody-{role}", role)
    assert page.status_code == 200
    assert words in page.text or "Peer week 1" in page.text


def test_a_launch_of_the_peer_is_good_once(peer: Peer, placed: dict[str, Any]) -> None:
    person = Person(peer.url, "twice")
    peer.installation.people.append(person)
    form = forms(person.send("GET", f"{peer.url}/begin?user=twice&role=student&name=Twice"))[0]
    assert person.submit(form).status_code == 200
    assert person.submit(form).status_code == 401


def test_a_column_is_made_and_renamed_on_a_teachers_word(installation: Installation, tmp_path: Path) -> None:
    with running(installation, tmp_path, "programmatic") as peer:
        place(peer)
        teacher, page = peer.arrive("teacher-1", "instructor")
        found = re.search(r'href="(/classes/[0-9a-f-]+/columns)"', page.text)
        assert found, page.text[:2000]
        shown = teacher.send("GET", installation.url + found[1])
        (form,) = [one for one in forms(shown) if one.fields.get("item")]
        assert teacher.submit(form).status_code == 200
        (made,) = until(lambda: columns(peer), "a column at the peer")
        item = form.fields["item"]
        assert made == {"label": "Peer week 1", "score_maximum": 10, "resource_id": item, "tag": "lti_grader"}
        query = f"SELECT state, url FROM line_items WHERE content_item_id = '{item}'"
        (row,) = until(lambda: [one for one in installation.rows(query) if one.state == "ok"], "known here")
        assert row.url.startswith(peer.url)

        settings = f"{installation.url}/assignments/{item}/settings"
        form = next(one for one in forms(teacher.send("GET", settings)) if "title" in one.fields)
        assert teacher.submit(form, title="Peer week one").status_code == 200
        until(lambda: columns(peer) == [made | {"label": "Peer week one"}], "another title, and all else as it was")


def columns(peer: Peer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{peer.url}/columns", trust_env=False).json()["columns"]
    return found
