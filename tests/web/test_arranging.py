"""What a problem is called and shared with, and the order of its tests, as its author sets them."""

import uuid

import pytest

from lti_grader.assignments.models import Assignment
from lti_grader.classes.models import EnrollmentSource, Role
from lti_grader.classes.operations import create_class, enroll
from lti_grader.core.db import session, transaction
from lti_grader.lti.catalogue import problems_for
from lti_grader.problems import queries as problems
from lti_grader.problems.models import Problem, ProblemVersion, Sharing
from tests.fixtures.world import World
from tests.web.test_drafts import Desk
from tests.web.test_problem_pages import Double
from tests.web.two_sections import Visit

ABOUT = {"title": "Twice", "tags": " loops,  first  steps ,loops,", "difficulty": "medium", "shared_with": "self"}


@pytest.fixture
def desk(visit: Visit, world: World) -> Desk:
    return Desk(Double(world), visit(world.teacher_id))


def order(desk: Desk) -> list[tuple[str, str]]:
    with transaction(desk.tenant):
        return [(group.name, test.name) for group, test in problems.tests_of(desk.draft)]


def test_tests_and_groups_are_put_in_another_order(desk: Desk, world: World) -> None:
    first = desk.test_named("sample")
    assert desk.client.post(f"{desk.url}/tests/{first.id}/place", data={"place": "2"}).status_code == 303
    assert [name for _, name in order(desk)] == ["huge", "sample", "new"]
    # As the form of a test has it, beyond the end as well.
    form = {"name": "sample", "visibility": "sample", "points": "1", "input": "2\n", "expected": "4\n"}
    edit = f"{desk.url}/tests/{first.id}/edit"
    assert 'name="place" inputmode="numeric" autocomplete="off" aria-describedby="place-hint" value="2"' in (
        desk.client.get(edit).text
    )  # fmt: skip
    assert desk.client.post(edit, data=form | {"place": "99"}).status_code == 303
    assert [name for _, name in order(desk)] == ["huge", "new", "sample"]
    assert desk.client.post(edit, data=form | {"place": "last"}).status_code == 422
    with transaction(world.tenant_id):
        revision = session().get_one(ProblemVersion, desk.draft).revision
    assert revision == 3, "what was found before holds no more"
    group = {"name": "more", "points": "1", "aggregation": "sum", "requires": str(first.test_group_id)}
    assert desk.client.post(f"{desk.url}/groups", data=group | {"do": "add"}).status_code == 303
    page = desk.client.get(desk.url).text
    more = uuid.UUID(page.rsplit('name="group" value="', 1)[1][:36])
    change = group | {"group": str(more)}
    assert desk.client.post(f"{desk.url}/groups", data=change | {"do": "change"}).status_code == 303
    refused = desk.client.post(f"{desk.url}/groups", data=change | {"place": "1"})
    assert (refused.status_code, "“more” requires “all”" in refused.text) == (422, True)
    assert desk.client.post(f"{desk.url}/groups", data={**change, "do": "change", "requires": []}).status_code == 303
    assert desk.client.post(f"{desk.url}/groups", data=change | {"place": "1"}).status_code == 303
    with transaction(world.tenant_id):
        test = {"name": "of more", "visibility": "hidden", "points": "1", "input": "", "expected": ""}
    assert desk.client.post(f"{desk.url}/groups/{more}/tests", data=test).status_code == 303
    assert order(desk)[0] == ("more", "of more")


def test_a_problem_is_called_and_shared_as_its_author_says(desk: Desk, visit: Visit, world: World) -> None:
    colleague, stranger = world.user(Role.TEACHER), world.user(enrolled=False)
    with transaction(world.tenant_id):
        elsewhere = create_class("CS102", owner_id=stranger)
        enroll(elsewhere.id, stranger, Role.TEACHER, source=EnrollmentSource.LAUNCH)
        assert [one.slug for one in problems_for(stranger)] == ["doubling"]
    assert visit(stranger).post(desk.double.url, data=ABOUT).status_code == 403
    with_colleague = visit(colleague).post(desk.double.url, data=ABOUT)
    assert (with_colleague.status_code, "Only its owner" in with_colleague.text) == (422, True)
    assert desk.client.post(desk.double.url, data=ABOUT | {"title": " "}).status_code == 422
    assert desk.client.post(desk.double.url, data=ABOUT | {"difficulty": "brutal"}).status_code == 422
    assert desk.client.post(desk.double.url, data=ABOUT).status_code == 303
    with transaction(world.tenant_id):
        kept = session().get_one(Problem, desk.double.id)
        assert (kept.title, kept.tags, kept.shared_with) == ("Twice", ["loops", "first steps"], Sharing.SELF)
        assert kept.difficulty == "medium"
        assert problems_for(stranger) == [], "nor is it there to make an assignment of"
        assert [one.title for one in problems_for(world.teacher_id)] == ["Twice"]
        kept.owner_id, kept.shared_with = None, Sharing.TENANT
    assert desk.client.post(desk.double.url, data=ABOUT | {"shared_with": "class"}).status_code == 303
    with transaction(world.tenant_id):
        assert session().get_one(Problem, desk.double.id).owner_id == world.teacher_id, "not nobody's and unseen"


def test_an_assignment_says_how_difficult_it_is(desk: Desk, world: World) -> None:
    easy, hard = (desk.double.first, world.problem())
    with transaction(world.tenant_id):
        session().get_one(Problem, session().get_one(ProblemVersion, hard).problem_id).difficulty = "hard"
    assert "<span>Hard</span>" in desk.client.get(f"/assignments/{world.assignment(versions=[hard, easy])}").text
    url = f"/assignments/{desk.double.assignment}"
    assert desk.client.post(f"{url}/settings", data={"difficulty": "hard"}).status_code == 303
    assert "<span>Hard</span>" in desk.client.get(url).text
    assert desk.client.post(f"{url}/settings", data={"difficulty": "brutal"}).status_code == 422
    with transaction(world.tenant_id):
        assert session().get_one(Assignment, desk.double.assignment).difficulty == "hard"
