"""What is taught in a class, out of its file into another: the same afterwards, once, unpublished, and only by who may."""

import io
import json
import re
import uuid
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from lti_grader import adapters
from lti_grader.assignments.group_work import hand_in_by
from lti_grader.assignments.models import Assignment
from lti_grader.classes import materials
from lti_grader.classes.contents import contents
from lti_grader.classes.groups import operations as groups
from lti_grader.classes.groups.models import StudentGroup
from lti_grader.classes.groups.queries import group_set
from lti_grader.classes.material_files import accept
from lti_grader.classes.models import EnrollmentSource, Module, Role
from lti_grader.classes.operations import create_class, enroll
from lti_grader.classes.queries import membership
from lti_grader.cli import classes as command
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.totals import operations as totals
from lti_grader.gradebook.totals.reads import Scheme, scheme_of
from lti_grader.gradebook.totals.rules import Rules, Weighting
from lti_grader.marking import bank
from lti_grader.marking.bank import problems_of
from lti_grader.problems.models import Problem, ProblemVersion
from lti_grader.transfer.contents import packed
from tests.fixtures.quizzes import published
from tests.fixtures.world import NOW, World, make_world
from tests.web.test_pictures import PNG
from tests.web.two_sections import Visit


def _class(world: World) -> uuid.UUID:
    with transaction(world.tenant_id):
        made = create_class("Next year", owner_id=world.teacher_id).id
        enroll(made, world.teacher_id, Role.TEACHER, source=EnrollmentSource.LAUNCH)
        return made


def _file(world: World, class_id: uuid.UUID | None = None) -> bytes:
    made = packed(
        world.tenant_id, class_id or world.class_id, adapters.installed().blobs, with_work=False, at=NOW
    )  # fmt: skip
    return b"".join(made.parts)


def _taught(content: bytes) -> dict[str, Any]:
    """Return what a file holds of what is taught, but for ids, and for what no copy keeps."""
    file = zipfile.ZipFile(io.BytesIO(content))
    held = json.loads(file.read("contents.json"))["modules"]
    for item in [one for module in held for one in module["items"]]:
        item.pop("id")
        item.pop("is_published")
        for one in [*item.get("problems", ()), *item.get("files", ())]:
            one.pop("id", None)
            one["problem" if "problem" in one else "path"] = None
    about = json.loads(file.read("class.json"))
    problems = sorted(
        b"\n".join(line for line in file.read(name).splitlines() if not line.startswith(b"slug:"))
        for name in file.namelist()
        if name.startswith("problems/") and name.endswith("lti-grader.yaml")
    )
    return {"modules": held, "gradebook": about["gradebook"], "problems": problems}


@pytest.fixture
def taught(world: World) -> World:
    """Two assignments, a quiz among them, a material with files, and categories of marks."""
    first = world.assignment(due_date=NOW, problems=2, opens_at=None, attempts_allowed=3)
    pictures = {"plan.png": adapters.installed().blobs.put(PNG)}
    world.assignment(versions=[published(world, pictures=pictures)])
    with transaction(world.tenant_id):
        place = membership(world.class_id, world.teacher_id)
        reading = materials.create(world.class_id, "Reading", None)
        opened = materials.OpenedMaterial(reading, session().get_one(Module, reading.module_id), place, [])
        kept = materials.KeptFile(accept("one.txt", b"1"), adapters.installed().blobs.put(b"1"))
        written = materials.Written("Reading", "See [it](one.txt).", is_published=True, revision=0)
        materials.write(opened, written, files=[kept], at=NOW)
        rules = Rules(weighting=Weighting.WEIGHTS)
        wanted = [totals.Wanted(None, "Homework", Decimal(60), 1)]
        totals.keep(
            world.class_id, Scheme(), totals.scheme_wanted(Scheme(), rules, wanted, {first: 0})
        )  # fmt: skip
    return world


@pytest.fixture
def beside(taught: World) -> World:
    """Groups that hand in the first assignment and others that nothing uses; comments that are shared, and one that is not."""
    with transaction(taught.tenant_id):
        first = session().scalars(sa.select(Assignment).order_by(Assignment.created_at, Assignment.id)).first()
        assert first is not None
        teams = groups.make_set(taught.class_id, "Teams", at=NOW)
        groups.change_set(teams, "Teams", students_join=True, most_members=3)
        groups.make_set(taught.class_id, "Labs", at=NOW)
        group = groups.add_groups(teams, 1)[0].id
        hand_in_by(first.id, teams.id, has_work=False)
        place = membership(taught.class_id, taught.teacher_id)
        problem = problems_of(taught.class_id)[0][0]
        for comment in (
            bank.Kept("Say why", is_shared=True),
            bank.Kept("Names", Decimal(-1), is_shared=True, problem_id=problem),
            bank.Kept("Mine alone"),
        ):
            bank.keep(place, comment, at=NOW)
        bank.retire(bank.keep(place, bank.Kept("Old", is_shared=True), at=NOW), at=NOW)
    student = taught.user(name="Ann Example")
    with transaction(taught.tenant_id):
        groups.put(group_set(taught.class_id, teams.id, alone=True), [student], group, at=NOW)
    return taught


def _beside(content: bytes) -> dict[str, Any]:
    held = json.loads(zipfile.ZipFile(io.BytesIO(content)).read("contents.json"))
    return {
        "sets": held["group_sets"],
        "comments": sorted((one["text"], one["points"], one["problem"] is not None) for one in held["comments"]),
        "handed_in_by": [one.get("group_set") for module in held["modules"] for one in module["items"]],
    }


def _send(browser: Any, into: uuid.UUID, content: bytes) -> Any:
    return browser.post(f"/classes/{into}/bring/file", data={"file": (io.BytesIO(content), "class.zip")})


def _items_of(page: str) -> str:
    """Return the boxes of what can come."""
    return " ".join(re.findall(r'<input [^>]*name="item"[^>]*>', page))


def test_what_is_taught_is_the_same_after_it_went_out_and_in(taught: World, visit: Visit) -> None:
    browser, into, content = visit(taught.teacher_id), _class(taught), _file(taught)
    page = _send(browser, into, content)
    assert page.status_code == 200, page.text
    kept = page.text.split('name="kept" value="')[1].split('"')[0]
    items = [part.split('"')[0] for part in page.text.split('name="item" value="')[1:]]
    assert len(items) == 3
    none = browser.post(f"/classes/{into}/bring/file", data={"kept": kept, "do": "bring"})
    assert ("Choose at least one" in none.text, 'name="item"' in none.text, " checked" in _items_of(none.text)) == (
        True,
        True,
        False,
    )
    done = browser.post(f"/classes/{into}/bring/file", data={"kept": kept, "do": "bring", "item": items})
    assert "3 things have come." in done.text
    assert _taught(_file(taught, into)) == _taught(content)
    with transaction(taught.tenant_id):
        lines = contents(into)
        assert not any(one.is_published for line in lines for one in line.items)
        reading = next(one for line in lines for one in line.items if one.title == "Reading").id
    assert browser.get(f"/materials/{reading}/files/one.txt").data == b"1"
    again = browser.post(f"/classes/{into}/bring/file", data={"kept": kept, "do": "bring", "item": items})
    assert again.status_code == 422
    told = _send(browser, into, content).text
    assert ("there is nothing to bring in" in told, 'value="bring"' in told) == (True, False)


def test_another_institution_gets_the_problems_too_with_dates_moved(
    app: flask.Flask, taught: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "create_app", lambda: app)
    content, other = _file(taught), make_world()
    (tmp_path / "class.zip").write_bytes(content)
    done = CliRunner().invoke(
        command.command, ["import", str(tmp_path / "class.zip"), "--into", str(other.class_id), "--weeks", "52"]
    )
    assert done.exit_code == 0, done.output
    assert done.output.startswith("3 came, with 3 new problems")
    with transaction(other.tenant_id):
        assert session().scalar(sa.select(sa.func.count()).select_from(Problem)) == 3
        (shown,) = [one for one in session().scalars(sa.select(ProblemVersion.pictures)) if one]
        assert adapters.installed().blobs.get(shown["plan.png"]) == PNG
        dues = session().scalars(sa.select(Assignment.due_date).where(Assignment.due_date.is_not(None))).all()
        assert [(one - NOW).days for one in dues if one] == [364]
        assert [one.name for one in scheme_of(other.class_id).categories] == ["Homework"]
    assert _taught(_file(other))["problems"] == _taught(content)["problems"]


def test_groups_without_anybody_and_what_the_staff_share_go_along_once(beside: World, visit: Visit) -> None:
    content, into, browser = _file(beside), _class(beside), visit(beside.teacher_id)
    assert _beside(content) == {
        "sets": [
            {"name": "Labs", "students_join": False, "most_members": None},
            {"name": "Teams", "students_join": True, "most_members": 3},
        ],
        "comments": [("Names", "-1", True), ("Say why", None, False)],
        "handed_in_by": ["Teams", None, None],
    }
    page = _send(browser, into, content).text
    assert "handed in by groups: Teams" in page
    form = {"kept": page.split('name="kept" value="')[1].split('"')[0], "do": "bring", "set": "Labs", "comments": "on"}
    form["item"] = [part.split('"')[0] for part in page.split('name="item" value="')[1:]]
    done = browser.post(f"/classes/{into}/bring/file", data=form).text
    assert "2 comments for marking are in the" in done
    assert "Labs, Teams" in done
    assert _beside(_file(beside, into)) == _beside(content)
    with transaction(beside.tenant_id):
        assert session().scalars(sa.select(StudentGroup.id).where(StudentGroup.class_id == into)).all() == []
    assert browser.post(f"/classes/{into}/bring/file", data=form).status_code == 422


def test_groups_and_comments_that_no_class_can_have_are_refused(beside: World, visit: Visit) -> None:
    browser, into, content = visit(beside.teacher_id), _class(beside), _file(beside)

    def answer(change: Callable[[dict[str, Any]], object]) -> str:
        read, changed = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
        with zipfile.ZipFile(changed, "w") as written:
            for name in read.namelist():
                held = read.read(name)
                if name == "contents.json":
                    change(said := json.loads(held))
                    held = json.dumps(said).encode()
                written.writestr(name, held)
        sent = _send(browser, into, changed.getvalue())
        if sent.status_code == 200:
            kept = sent.text.split('name="kept" value="')[1].split('"')[0]
            items = [part.split('"')[0] for part in sent.text.split('name="item" value="')[1:]]
            sent = browser.post(f"/classes/{into}/bring/file", data={"kept": kept, "do": "bring", "item": items})
        assert sent.status_code == 422
        return str(sent.text)

    assert "in the file" in answer(lambda said: said["modules"][0]["items"][0].update(group_set="Others"))
    assert "is a quiz" in answer(lambda said: said["modules"][0]["items"][1].update(group_set="Teams"))
    assert "same name" in answer(lambda said: said["group_sets"].append({"name": " Teams "}))
    assert "most_members" in answer(lambda said: said["group_sets"][0].update(most_members=101))
    assert "same name" in answer(
        lambda said: said["group_sets"].append({"name": "Te  ams"}) or said["group_sets"].append({"name": "Te ams"})
    )
    assert "comments.0.points" in answer(lambda said: said["comments"][0].update(points="0.00001"))
    assert "comments.0.text" in answer(lambda said: said["comments"][0].update(text=" "))
    assert "no assignment has" in answer(lambda said: said["comments"][0].update(problem="problems/none-v1"))
    assert "null characters" in answer(lambda said: said["comments"][0].update(text="a\0b"))


def test_what_is_no_file_of_a_class_is_refused_in_words(world: World, visit: Visit) -> None:
    browser = visit(world.teacher_id)

    def packed_with(**files: str) -> bytes:
        with zipfile.ZipFile(held := io.BytesIO(), "w") as archive:
            for name, text in files.items():
                archive.writestr(name.replace("_", "."), text)
        return held.getvalue()

    about = {"format": "lti-grader class", "version": 2, "made_at": NOW.isoformat(), "name": "x"}
    about["gradebook"] = {"rules": {}, "categories": []}
    for content, words in (
        (b"nonsense", "no ZIP archive"),
        (packed_with(readme_txt="x"), "no file of a class"),
        (packed_with(class_json=json.dumps(about), contents_json="{}"), "version 2"),
        (packed_with(class_json=json.dumps({**about, "version": 1}), contents_json='{"modules": [{}]}'), "0.title"),
    ):
        answer = _send(browser, world.class_id, content)
        assert (answer.status_code, words in answer.text) == (422, True), answer.text
    forged = browser.post(f"/classes/{world.class_id}/bring/file", data={"kept": "x", "do": "bring"})
    assert forged.status_code == 400


def test_assistants_bring_in_no_file(world: World, visit: Visit) -> None:
    assert visit(world.user(Role.ASSISTANT)).get(f"/classes/{world.class_id}/bring/file").status_code == 403
