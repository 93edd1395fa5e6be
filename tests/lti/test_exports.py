"""The board taken out: tables that spreadsheets take for no formula, and OneRoster 1.2 to the letter."""

import csv
import datetime as dt
import io
import re
import uuid
import zipfile
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from lti_grader.cli import scores as cli
from lti_grader.core.db import session, transaction
from lti_grader.lti import exports
from lti_grader.lti.board import Filter
from tests.fixtures.world import World
from tests.lti import big_class
from tests.lti.conftest import Browser
from tests.lti.desk import Desk
from tests.lti.scripted import ScriptedPlatform

AT = dt.datetime(2026, 3, 4, 10, 0, tzinfo=dt.UTC)


def table(parts: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(parts).decode("utf-8-sig"), newline="")))


def one_roster(world: World, **more: Any) -> dict[str, list[dict[str, str]]]:
    content = b"".join(exports.one_roster(world.tenant_id, [world.class_id], at=AT, **more))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: table([archive.read(name)]) for name in archive.namelist()}


def test_the_table_says_what_the_board_says(world: World, desk: Desk, lms: ScriptedPlatform) -> None:
    desk.score("7.5")
    desk.carry()
    desk.neighbour().score(3)
    verified = table(exports.board_csv(world.tenant_id, [world.class_id], Filter(status="verified")))
    (line,) = verified
    assert (line["Class"], line["Score"], line["Maximum"], line["State"]) == ("CS101", "7.5", "10", "verified")
    assert (line["LMS holds"], line["Verified"], line["LMS user id"]) == ("7.5", "2026-03-02T10:00:00Z", desk.sub)
    assert len(table(exports.board_csv(world.tenant_id, [world.class_id]))) == 2


def test_a_byte_order_mark_only_where_it_is_wanted(world: World) -> None:
    assert b"".join(exports.board_csv(world.tenant_id, [], bom=True)).startswith(b"\xef\xbb\xbfClass,")
    assert b"".join(exports.board_csv(world.tenant_id, [])).startswith(b"Class,")


@pytest.mark.parametrize("name", ["=cmd()", "+1", "-1", "@x", "\tx", "\rx", "\n=1"])
def test_no_name_is_a_formula(world: World, lms: ScriptedPlatform, name: str) -> None:
    desk = Desk(world, lms)
    with transaction(world.tenant_id):
        session().execute(sa.text("UPDATE users SET name = :n WHERE id = :u"), {"n": name, "u": desk.student})
    desk.score(4)
    (line,) = table(exports.board_csv(world.tenant_id, [world.class_id]))
    assert line["Student"] == f"'{name}"


def test_quotes_commas_and_lines_come_through(world: World, lms: ScriptedPlatform) -> None:
    desk = Desk(world, lms)
    with transaction(world.tenant_id):
        session().execute(sa.text("UPDATE users SET name = :n WHERE id = :u"), {"n": 'A "B", C\nD', "u": desk.student})
    desk.score(4)
    (line,) = table(exports.board_csv(world.tenant_id, [world.class_id]))
    assert line["Student"] == 'A "B", C\nD'


def test_a_class_of_many_pages_is_whole_and_each_score_is_there_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_PAGE", 70)
    big_class.fill(world, students=50, items=6)
    lines = table(exports.board_csv(world.tenant_id, [world.class_id]))
    assert len({(line["LMS user id"], line["Item"]) for line in lines}) == len(lines) == 300
    assert len(one_roster(world)["results.csv"]) == 300


def test_one_roster_has_the_bindings_files_and_headers(world: World, desk: Desk) -> None:
    desk.score(4)
    content = b"".join(exports.one_roster(world.tenant_id, [world.class_id], at=AT))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        heads = {name: archive.read(name).decode().split("\r\n", 1)[0] for name in archive.namelist()}
    assert heads == {
        "manifest.csv": "propertyName,value",
        "categories.csv": "sourcedId,status,dateLastModified,title,weight",
        "lineItems.csv": "sourcedId,status,dateLastModified,title,description,assignDate,dueDate,classSourcedId,"
        "categorySourcedId,academicSessionSourcedId,resultValueMin,resultValueMax,schoolSourcedId",
        "results.csv": "sourcedId,status,dateLastModified,lineItemSourcedId,studentSourcedId,scoreStatus,score,"
        "scoreDate,comment,textScore,classSourcedId,inProgress,incomplete,late,missing",
    }


def test_the_manifest_names_each_file_of_the_binding(world: World) -> None:
    manifest = {line["propertyName"]: line["value"] for line in one_roster(world)["manifest.csv"]}
    assert (manifest["manifest.version"], manifest["oneroster.version"]) == ("1.0", "1.2")
    files = {name: value for name, value in manifest.items() if name.startswith("file.")}
    assert len(files) == 21
    there = {name for name, value in files.items() if value == "bulk"}
    assert there == {"file.categories", "file.lineItems", "file.results"}
    assert set(files.values()) == {"bulk", "absent"}


def test_results_and_line_items_belong_together(world: World, desk: Desk, lms: ScriptedPlatform) -> None:
    desk.score(5)
    Desk.neighbour(desk).score(7)
    files = one_roster(world)
    (item,) = files["lineItems.csv"]
    assert (item["classSourcedId"], item["resultValueMin"], item["resultValueMax"]) == ("course", "0", "10")
    assert item["categorySourcedId"] == files["categories.csv"][0]["sourcedId"]
    results = files["results.csv"]
    assert {one["lineItemSourcedId"] for one in results} == {item["sourcedId"]}
    assert {one["score"] for one in results} == {"5", "7"}
    assert {one["scoreStatus"] for one in results} == {"fully graded"}
    assert {one["scoreDate"] for one in results} == {"2026-03-02"}
    assert all(one["status"] == one["dateLastModified"] == "" for one in [*results, item]), (
        "bulk files leave them empty"
    )
    assert desk.sub in {one["studentSourcedId"] for one in results}
    again = one_roster(world)["results.csv"]
    assert {one["sourcedId"] for one in again} == {one["sourcedId"] for one in results}, "ids that last"


def test_points_are_points_of_the_column(world: World, desk: Desk) -> None:
    desk.score(5)
    with transaction(world.tenant_id):
        session().execute(sa.text("UPDATE line_items SET score_maximum = 100"))
    assert [one["score"] for one in one_roster(world)["results.csv"]] == ["50"]


def test_students_by_e_mail_where_the_lms_tells_it(world: World, lms: ScriptedPlatform) -> None:
    desk = Desk(world, lms, email="ada@example.edu")
    desk.score(5)
    silent = desk.neighbour()
    silent.score(6)
    found = {one["studentSourcedId"] for one in one_roster(world, by_email=True)["results.csv"]}
    assert found == {"ada@example.edu", silent.sub}


def test_the_test_student_is_no_result(world: World, lms: ScriptedPlatform) -> None:
    Desk(world, lms, is_test_user=True).score(5)
    assert one_roster(world)["results.csv"] == []


def test_by_the_pages(world: World, desk: Desk, browser_of: Browser) -> None:
    desk.score(5)
    teacher, ruth = browser_of(world.teacher_id), browser_of(administrator="Ruth")
    for who, address in ((teacher, f"/classes/{world.class_id}"), (ruth, "/registrar")):
        answer = who.get(f"{address}/deliveries.csv?bom=1")
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert re.fullmatch(r'attachment; filename="scores-[\d-]+\.csv"', answer.headers["Content-Disposition"])
        assert len(table([answer.data])) == 1
        answer = who.get(f"{address}/oneroster.zip")
        assert zipfile.ZipFile(io.BytesIO(answer.data)).testzip() is None
    assert browser_of(world.teacher_id).get("/registrar/deliveries.csv").status_code == 403


def test_from_the_shell(world: World, desk: Desk, app: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    desk.score(5)
    monkeypatch.setattr(cli, "create_app", lambda: app)
    file = tmp_path / "out"
    for arguments in ([str(world.class_id)], []):
        said = CliRunner().invoke(cli.command, ["export", *arguments, "--output", str(file)])
        assert said.exit_code == 0, said.output
        assert len(table([file.read_bytes()])) == 1
    said = CliRunner().invoke(cli.command, ["export", "--format", "oneroster", "--output", str(file)])
    assert "1 class written" in said.output
    assert zipfile.is_zipfile(file)
    assert "no class of that id" in CliRunner().invoke(
        cli.command, ["export", str(uuid.uuid4()), "--output", str(file)]
    ).output  # fmt: skip
