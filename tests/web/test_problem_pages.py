"""The pages of a problem: its versions, who uses which, its tests in readable form, and what differs."""

import uuid
from decimal import Decimal

import pytest
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.classes.models import EnrollmentSource, Role
from lti_grader.classes.operations import create_class, enroll
from lti_grader.core.db import session, transaction
from lti_grader.people.models import User
from lti_grader.problems.harness import Harness, Template
from lti_grader.problems.models import Problem, ProblemVersion, Sharing, Visibility
from lti_grader.problems.operations import DraftGroup, DraftProblem, DraftTest, create_problem, create_version, publish
from tests.fixtures.world import NOW, World
from tests.web.two_sections import Visit, plain

BIG = b"7 " * 60_000


class Double:
    """A problem of two published versions: the first used by an assignment, the second changed in every way."""

    def __init__(self, world: World) -> None:
        self.world, blobs = world, adapters.installed().blobs
        harness = Harness(templates={"python": Template()}, files={"table.csv": blobs.put(b"1,2\n")})
        first = DraftProblem(
            slug="doubling", title="Doubling", description_markdown="Double it.\n\nOnce.",
            reference_solution={"python": "print(2 * int(input()))\n"}, harness=harness,
            groups=[DraftGroup("all", Decimal(4), [
                DraftTest("sample", b"2\n", b"4\n", Visibility.SAMPLE),
                DraftTest("huge", blobs.put(BIG), b"14\n", Visibility.HIDDEN),
                DraftTest("gone", b"3\n", b"6\n", Visibility.VISIBLE),
            ])],
        )  # fmt: skip
        second = DraftProblem(
            slug="", title="", description_markdown="Double it.\n\nTwice.", cpu_ms=3000, checker={"kind": "exact"},
            reference_solution=first.reference_solution, harness=harness,
            groups=[DraftGroup("all", Decimal(6), [
                DraftTest("sample", b"2\n", b"4\n", Visibility.SAMPLE),
                DraftTest("huge", blobs.put(BIG + b"1"), b"14\n", Visibility.HIDDEN),
                DraftTest("new", b"5\n", b"10\n", Visibility.AFTER_DUE),
            ])],
        )  # fmt: skip
        with transaction(world.tenant_id):
            made = create_problem(first, owner_id=world.teacher_id)
            publish(made, at=NOW, by=world.teacher_id)
            self.id, self.first = made.problem_id, made.id
            made = create_version(made.problem_id, second, by=world.teacher_id)
            publish(made, at=NOW, by=world.teacher_id)
            self.second = made.id
        self.assignment = world.assignment(versions=[self.first])

    @property
    def url(self) -> str:
        return f"/problems/{self.id}"


@pytest.fixture
def double(world: World) -> Double:
    return Double(world)


def test_a_teacher_finds_its_versions_and_what_uses_them(visit: Visit, world: World, double: Double) -> None:
    teacher = visit(world.teacher_id)
    listed = teacher.get(f"/classes/{world.class_id}/problems").text
    assert f'href="{double.url}"' in listed
    assert f'href="{double.url}"' in teacher.get(f"/assignments/{double.assignment}").text
    page = teacher.get(double.url)
    text = plain(page.text)
    assert "Version 2 Published" in text
    assert "Version 1 Superseded" in text
    assert "published" in text
    assert "by Marta Lindqvist" in text
    assert "Move it to version 2" in text
    assert f"/assignments/{double.assignment}/regrades?problem=" in page.text


def test_a_version_is_read_without_its_megabytes(visit: Visit, world: World, double: Double) -> None:
    teacher = visit(world.teacher_id)
    page = teacher.get(f"{double.url}/versions/{double.second}")
    text = plain(page.text)
    assert len(page.data) < 40_000
    for words in ("Twice.", "The same bytes.", "117.2 KiB", "After the due date", "table.csv 4 bytes", "Published"):
        assert words in text
    with transaction(world.tenant_id):
        ids = {one.name: one.id for one in session().execute(sa.text("SELECT name, id FROM test_cases ORDER BY id"))}
    huge = f"{double.url}/versions/{double.second}/tests/{ids['huge']}"
    assert "Too large for a page." in plain(teacher.get(huge).text)
    file = teacher.get(f"{huge}/input")
    assert file.data == BIG + b"1"
    assert file.headers["Content-Disposition"] == "attachment; filename=huge.in"
    assert teacher.get(f"{double.url}/versions/{double.second}/files/table.csv").data == b"1,2\n"
    for nothing in ("versions/{}", "versions/{}/tests/{}", "compare?from={}&to={}", "compare"):
        address = f"{double.url}/{nothing.format(uuid.uuid4(), uuid.uuid4())}"
        assert teacher.get(address).status_code == 404, address
    assert teacher.get(f"{double.url}/versions/{double.first}/tests/{ids['huge']}").status_code == 404, "of another"


def test_what_differs_is_told_by_name(visit: Visit, world: World, double: Double) -> None:
    teacher = visit(world.teacher_id)
    page = teacher.get(f"{double.url}/compare?from={double.first}&to={double.second}")
    text = plain(page.text)
    for words in (
        "1 added, 1 removed, 1 changed, 1 the same", "Added all/new", "Removed all/gone", "all/huge",
        "117.2 KiB →", "3 s a test", "The same bytes.", "4 points", "6 points", "Once.", "Twice.",
    ):  # fmt: skip
        assert words in text, words
    assert len(page.data) < 40_000
    same = teacher.get(f"{double.url}/compare?from={double.first}&to={double.first}")
    assert "They are the same." in same.text


def test_problems_are_read_by_those_whom_they_are_shared_with(visit: Visit, world: World, double: Double) -> None:
    with transaction(world.tenant_id):
        stranger, colleague = world_of_two(world)
    student, assistant = world.user(Role.STUDENT), world.user(Role.ASSISTANT)
    expected = {Sharing.TENANT: [200, 200], Sharing.CLASS: [200, 404], Sharing.SELF: [200, 404]}
    for shared, answers in expected.items():
        with transaction(world.tenant_id):
            session().get_one(Problem, double.id).shared_with = shared
        found = [visit(one).get(double.url).status_code for one in (assistant, stranger)]
        assert found == answers, shared
        # A class of theirs uses it, or it is used nowhere that they are of the staff of.
        assert visit(student).get(double.url).status_code == 403
    with transaction(world.tenant_id):
        session().get_one(Problem, double.id).shared_with = Sharing.CLASS
        assert session().get_one(ProblemVersion, double.first).created_by == world.teacher_id
    assert visit(colleague).get(double.url).status_code == 200, "who teaches another class with its owner"


def world_of_two(world: World) -> tuple[uuid.UUID, uuid.UUID]:
    """Return a teacher of a class of their own, and one of another class that the world's teacher teaches too."""
    found = []
    for name in ("stranger", "colleague"):
        person = _person(world, name)
        elsewhere = create_class(name, owner_id=person)
        enroll(elsewhere.id, person, Role.TEACHER, source=EnrollmentSource.LAUNCH)
        if name == "colleague":
            enroll(elsewhere.id, world.teacher_id, Role.TEACHER, source=EnrollmentSource.LAUNCH)
        found.append(person)
    return found[0], found[1]


def _person(world: World, sub: str) -> uuid.UUID:
    person = User(tenant_id=world.tenant_id, platform_id=world.platform_id, sub=sub, name=sub)
    session().add(person)
    session().flush()
    return person.id
