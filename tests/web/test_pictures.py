"""Pictures of a statement: brought with its form, shown to its readers and nobody else, carried by packages."""

import io
import uuid
from decimal import Decimal

import pytest

from lti_grader import adapters
from lti_grader.core.db import session, transaction
from lti_grader.problems import pictures
from lti_grader.problems.models import ProblemVersion, Visibility
from lti_grader.problems.operations import DraftGroup, DraftProblem, DraftTest, create_problem, publish
from lti_grader.problems.packages import exporting, kattis, kattis_writing, yaml_reading, yaml_writing
from lti_grader.problems.packages.keeping import draft_of
from lti_grader.problems.packages.package import Package
from tests.fixtures.world import NOW, World
from tests.web.test_drafts import TEXTS, Desk, desk, double
from tests.web.two_sections import Visit

__all__ = ["desk", "double"]

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
SHOWN = "Look: ![The plan](plan.png) and ![not there](https://elsewhere.example/a.png)."


def write(desk: Desk, *given: tuple[bytes, str], status: int = 303, **more: str) -> str:
    files = [(io.BytesIO(content), name) for content, name in given]
    answer = desk.client.post(f"{desk.url}/edit", data=TEXTS | {"statement": SHOWN, "pictures": files} | more)
    assert answer.status_code == status, answer.text
    return answer.text


def pictures_of(desk: Desk) -> dict[str, str]:
    with transaction(desk.tenant):
        return dict(session().get_one(ProblemVersion, desk.draft).pictures)


def test_a_picture_is_brought_shown_replaced_and_taken_away(desk: Desk) -> None:
    write(desk, (PNG, "plan.png"))
    page = desk.client.get(desk.url).text
    assert f'src="{desk.url}/pictures/plan.png"' in page
    assert "elsewhere.example" not in page
    answer = desk.client.get(f"{desk.url}/pictures/plan.png")
    assert (answer.data, answer.mimetype) == (PNG, "image/png")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    write(desk, (PNG + b"other", "plan.png"))
    assert desk.client.get(f"{desk.url}/pictures/plan.png").data == PNG + b"other"
    write(desk, **{"remove-picture": "plan.png"})
    assert desk.client.get(f"{desk.url}/pictures/plan.png").status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"<svg/>", "plan.svg", "is no picture that a statement can show"),
        (b"<html>", "plan.png", "is not what the ending of its name says"),
        (PNG + bytes(100), "plan.png", "is larger than"),
    ],
)
def test_what_is_no_picture_is_refused_and_what_was_written_stays(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, content: bytes, name: str, words: str
) -> None:
    monkeypatch.setattr(pictures, "MOST_BYTES", 100)
    page = write(desk, (content, name), status=422, statement="A text of an hour's work.")
    assert words in page
    assert "A text of an hour&#39;s work." in page
    assert pictures_of(desk) == {}


def test_a_text_is_shown_while_it_is_written(desk: Desk) -> None:
    write(desk, (PNG, "plan.png"))
    shown = desk.client.post(f"{desk.url}/shown", data={"statement": "**Now** $x^2$ ![p](plan.png) <script>"}).text
    assert "<strong>Now</strong>" in shown
    assert "<msup>" in shown
    assert "/pictures/plan.png" in shown
    assert "<script>" not in shown


def pictured(world: World) -> uuid.UUID:
    """Return a published version whose statement shows a picture."""
    with transaction(world.tenant_id):
        ref = adapters.installed().blobs.put(PNG)
        groups = [DraftGroup("all", Decimal(4), [DraftTest("1", b"1\n", b"2\n", Visibility.SAMPLE)])]
        made = create_problem(DraftProblem("pictured", "Pictured", SHOWN, groups, pictures={"plan.png": ref}))
        publish(made, at=NOW)
        return made.id


def test_students_see_it_where_the_problem_is_set_and_others_do_not(world: World, visit: Visit) -> None:
    item = world.items(world.assignment(versions=[pictured(world)]))[0]
    student = visit(world.user())
    assert f'src="/work/{item}/pictures/plan.png"' in student.get(f"/work/{item}").text
    assert student.get(f"/work/{item}/pictures/plan.png").data == PNG
    assert student.get(f"/work/{item}/pictures/other.png").status_code == 404
    assert visit(world.user(enrolled=False)).get(f"/work/{item}/pictures/plan.png").status_code in (403, 404)


@pytest.mark.parametrize("kind", ["own", "kattis"])
def test_packages_carry_pictures_out_and_in(world: World, kind: str) -> None:
    blobs, version_id = adapters.installed().blobs, pictured(world)
    with transaction(world.tenant_id):
        found = exporting.kept_version(version_id)
    again = _there_and_back(exporting.package_of(found, blobs.get), kind)
    assert (dict(again.pictures), again.statement.strip()) == ({"plan.png": PNG}, SHOWN)
    assert not [one for one in again.report if "plan.png" in one]
    assert blobs.get(draft_of(again, cpu_ms=1000, put=blobs.put).pictures["plan.png"]) == PNG


def _there_and_back(package: Package, kind: str) -> Package:
    if kind == "own":
        return yaml_reading.read("again", yaml_writing.write(package))
    files, _ = kattis_writing.write(package)
    return kattis.read("again", files)
