"""A whole class as a file: asked for on its page, made by a worker, told of, taken by its address, and removed."""

import csv
import datetime as dt
import gc
import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from lti_grader import adapters
from lti_grader.adapters.storage import BlobMissing
from lti_grader.classes.models import Role
from lti_grader.cli import classes as command
from lti_grader.core.db import session, transaction
from lti_grader.lti.privacy import erasing
from lti_grader.notifications.models import Notification
from lti_grader.people.models import User
from lti_grader.transfer import exporting, work
from lti_grader.transfer.contents import packed
from lti_grader.transfer.models import ClassExport
from lti_grader.transfer.packing import Archive, streamed
from tests.fixtures.quizzes import published
from tests.fixtures.statements import statements
from tests.fixtures.world import DOUBLE, NOW, World
from tests.web.two_sections import Visit


def _now() -> dt.datetime:
    return NOW


@pytest.fixture
def taught(world: World) -> dict[str, uuid.UUID]:
    """An assignment with what two students handed in, and a material with a file."""
    assignment = world.assignment(due_date=NOW)
    item = world.items(assignment)[0]
    ann, ben = world.user(name="Ann Ö. Example"), world.user()
    for student, points in ((ann, 10), (ben, 4)):
        world.judge(world.hand_in(student, item), points)
    world.hand_in(ann, item, "print(2)\n")
    return {"assignment": assignment, "item": item, "ann": ann, "ben": ben}


def _file(world: World, *, with_work: bool = True) -> zipfile.ZipFile:
    made = packed(world.tenant_id, world.class_id, adapters.installed().blobs, with_work=with_work, at=NOW)
    return zipfile.ZipFile(io.BytesIO(b"".join(made.parts)))


def _lines(file: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read(name).splitlines()]


def test_everything_is_in_the_file_and_can_be_read_from_it(world: World, taught: dict[str, uuid.UUID]) -> None:
    file = _file(world)
    assert file.testzip() is None
    assert {"people/group_sets.jsonl", "people/group_members.jsonl", "marks/comment_bank.jsonl"} <= set(file.namelist())
    said = json.loads(file.read("class.json"))
    assert (said["format"], said["version"], said["name"]) == ("lti-grader class", 1, "CS101")
    (module,) = json.loads(file.read("contents.json"))["modules"]
    (item,) = module["items"]
    assert (item["id"], item["due_date"], item["points_total"]) == (str(taught["assignment"]), NOW.isoformat(), "10")
    folder = f"work/{item['folder']}/problem-1"
    attempts = _lines(file, f"{folder}/attempts.jsonl")
    assert [(one["student"], one["number"]) for one in attempts] == [
        (str(taught["ann"]), 1), (str(taught["ben"]), 1), (str(taught["ann"]), 2),
    ]  # fmt: skip
    assert [one["together"] for one in attempts] == [[], [], []]
    assert [one["judgings"][0]["points"] for one in attempts] == ["10", "4", None]
    handed_in = zipfile.ZipFile(io.BytesIO(file.read(f"{folder}/handed-in.zip")))
    assert {handed_in.read(one["file"]) for one in attempts} == {DOUBLE.encode(), b"print(2)\n"}
    assert attempts[0]["file"].startswith("Ann-")
    roster = list(csv.DictReader(io.StringIO(file.read("people/roster.csv").decode("utf-8-sig"))))
    assert {one["Name"] for one in roster} >= {"Ann Ö. Example", "Marta Lindqvist"}
    marks = file.read("marks/gradebook.csv").decode("utf-8-sig").splitlines()
    assert "Total, %" in marks[0]
    assert len(marks) == 3
    assert {one["student_id"] for one in _lines(file, "marks/entries.jsonl")} == {
        str(taught["ann"]),
        str(taught["ben"]),
    }
    assert {"people/groups.jsonl", "people/dates.jsonl", "calendar.jsonl"} <= set(file.namelist())
    assert any(one["subject"] == "assignments" for one in _lines(file, "audit.jsonl"))
    (problem,) = {name.rpartition("/")[0] for name in file.namelist() if name.endswith("lti-grader.yaml")}
    assert item["problems"][0]["problem"] == problem == attempts[0]["problem"]


def test_a_file_of_what_is_taught_names_nobody(world: World, taught: dict[str, uuid.UUID]) -> None:
    file = _file(world, with_work=False)
    whole = b"".join(file.read(name) for name in file.namelist()).decode(errors="replace")
    assert not {name.partition("/")[0] for name in file.namelist()} & {"work", "people", "marks", "audit.jsonl"}
    for person in (taught["ann"], taught["ben"], world.teacher_id):
        assert str(person) not in whole
    assert "Ann" not in whole


def test_a_quiz_is_in_it_as_qti_and_what_the_store_lost_is_listed(world: World) -> None:
    quiz = world.assignment(versions=[published(world)])
    student = world.user()
    world.hand_in(student, world.items(quiz)[0], '{"answers": {}}', stored=False)
    file = _file(world)
    qti = [name for name in file.namelist() if name.startswith("qti/") and name.endswith("imsmanifest.xml")]
    assert len(qti) == 1
    assert work.folder_of(student, "Person").split("-")[-1] in file.read("MISSING.txt").decode()


def test_attempts_are_read_by_as_many_questions_however_many_they_are(
    world: World, taught: dict[str, uuid.UUID]
) -> None:
    with statements() as before:
        _file(world)
    for _ in range(5):
        world.judge(world.hand_in(world.user(), taught["item"]), 3)
    with statements() as after:
        _file(world)
    assert len(after) == len(before)


def _row(world: World) -> ClassExport:
    with transaction(world.tenant_id):
        return session().scalars(sa.select(ClassExport)).one()


def test_a_teacher_asks_is_told_takes_it_and_it_is_removed(
    world: World, visit: Visit, taught: dict[str, uuid.UUID]
) -> None:
    browser, url, blobs = visit(world.teacher_id), f"/classes/{world.class_id}/exports", adapters.installed().blobs
    assert browser.post(url, data={"what": "everything"}).status_code == 303
    assert "is being made" in browser.post(url, data={"what": "everything"}).text
    row = _row(world)
    now = dt.datetime.now(dt.UTC)
    assert exporting.carry_out(world.tenant_id, row.id, lambda: now, blobs) == "done"
    assert exporting.carry_out(world.tenant_id, row.id, lambda: now, blobs) == "nothing to do"
    with transaction(world.tenant_id):
        told = session().scalars(sa.select(Notification.title).where(Notification.type == exporting.READY.name)).one()
    assert told == "The file of CS101 is there"
    assert "Download" in browser.get(url).text
    sent = browser.post(f"{url}/{row.id}")
    address = sent.headers["Location"]
    taken = visit(world.user(enrolled=False)).get(address)
    assert taken.headers["Content-Type"] == "application/zip"
    assert zipfile.ZipFile(io.BytesIO(taken.data)).testzip() is None
    assert int(taken.headers["Content-Length"]) == len(taken.data)
    assert browser.get(address.replace("~", "~x")[:-1]).status_code == 404
    history = browser.get(f"/classes/{world.class_id}/history").text
    assert "Asked for a file of the class" in history
    assert exporting.remove_old(blobs, at=now + exporting.KEPT) == 1
    assert "Removed" in browser.get(url).text
    assert browser.get(address).status_code == 404


def test_assistants_and_staff_of_some_sections_get_no_file(world: World, visit: Visit) -> None:
    url = f"/classes/{world.class_id}/exports"
    assistant = visit(world.user(Role.ASSISTANT))
    assert assistant.get(url).status_code == 403
    assert assistant.post(url, data={"what": "everything"}).status_code == 403


def test_a_worker_that_ends_leaves_no_half_file_and_the_next_makes_it(
    world: World, taught: dict[str, uuid.UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction(world.tenant_id):
        row = exporting.ask(world.class_id, with_work=True, by=world.teacher_id, at=NOW)
    blobs = adapters.installed().blobs

    class Killed(BaseException):
        pass

    def dies(*_: Any, **__: Any) -> Any:
        yield b"half"
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("lti_grader.transfer.contents.streamed", dies)
        with pytest.raises(Killed):
            exporting.carry_out(world.tenant_id, row.id, _now, blobs)
    with pytest.raises(BlobMissing):
        blobs.read(_row(world).key)
    assert exporting.due(at=NOW) == []
    later = NOW + dt.timedelta(minutes=10)
    assert (world.tenant_id, row.id) in exporting.due(at=later)
    assert exporting.carry_out(world.tenant_id, row.id, lambda: later, blobs) == "done"
    assert zipfile.ZipFile(io.BytesIO(b"".join(blobs.read(_row(world).key)[1]))).testzip() is None


def test_what_is_given_up_half_way_ends_without_a_word() -> None:
    def writes(archive: Archive) -> Iterator[None]:
        with archive.within("inner.zip") as inner:
            inner.add("text", b"x")
            yield
            yield

    parts = streamed([writes], NOW)
    next(parts)
    del parts
    gc.collect()


def test_who_is_erased_is_in_no_file_that_was_made_before(world: World, taught: dict[str, uuid.UUID]) -> None:
    blobs = adapters.installed().blobs
    with transaction(world.tenant_id):
        row = exporting.ask(world.class_id, with_work=True, by=world.teacher_id, at=NOW)
    assert exporting.carry_out(world.tenant_id, row.id, _now, blobs) == "done"
    with transaction(world.tenant_id):
        erasing.erase(session().get_one(User, taught["ann"]), world.teacher_id, adapters.installed().kv, at=NOW)
    assert exporting.remove_old(blobs, at=NOW) == 1


def test_the_command_writes_the_same_file(
    app: flask.Flask, world: World, taught: dict[str, uuid.UUID], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "create_app", lambda: app)
    target = tmp_path / "class.zip"
    done = CliRunner().invoke(command.command, ["export", str(world.class_id), "--to", str(target)])
    assert done.exit_code == 0, done.output
    assert {path.name for path in tmp_path.iterdir()} == {"class.zip"}
    with zipfile.ZipFile(target) as file:
        assert {"README.txt", "class.json", "people/roster.csv"} <= set(file.namelist())
