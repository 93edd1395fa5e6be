"""Modules and what stands in them, arranged by staff."""

import re
import uuid

import pytest
from flask.testing import FlaskClient

from lti_grader.classes.contents import contents
from lti_grader.classes.models import Class, Role
from lti_grader.core.db import session, transaction
from tests.fixtures.world import World, make_world
from tests.web.two_sections import Term, Visit


class Contents:
    """A class with three assignments in one module, and a teacher who arranges it."""

    def __init__(self, world: World, visit: Visit) -> None:
        self.world = world
        self.items = [world.assignment() for _ in range(3)]
        self.browser: FlaskClient = visit(world.user(Role.TEACHER))
        self.url = f"/classes/{world.class_id}/contents"

    def do(self, act: str, *, status: int = 303, **more: object) -> str:
        answer = self.browser.post(self.url, data={"do": act, **more})
        assert answer.status_code == status, answer.text
        return answer.text

    def stands(self) -> dict[str, list[int]]:
        """Return modules in their order, each with the numbers of its items."""
        with transaction(self.world.tenant_id):
            found = contents(self.world.class_id)
            for line in found:
                assert [one.order_index for one in line.items] == list(range(len(line.items)))
            assert [line.module.order_index for line in found] == list(range(len(found)))
            return {line.module.title: [self.items.index(one.id) for one in line.items] for line in found}

    def module(self, title: str) -> uuid.UUID:
        with transaction(self.world.tenant_id):
            return next(line.module.id for line in contents(self.world.class_id) if line.module.title == title)


@pytest.fixture
def arranged(world: World, visit: Visit) -> Contents:
    return Contents(world, visit)


def test_items_move_up_and_down_and_not_beyond_the_ends(arranged: Contents) -> None:
    first, _, last = arranged.items
    arranged.do("item-up", item=last)
    assert arranged.stands() == {"Assignments": [0, 2, 1]}
    arranged.do("item-down", item=first)
    assert arranged.stands() == {"Assignments": [2, 0, 1]}
    arranged.do("item-up", item=last)
    assert arranged.stands() == {"Assignments": [2, 0, 1]}


def test_what_is_dragged_comes_to_the_place_where_it_was_dropped(arranged: Contents) -> None:
    first, second, last = arranged.items
    home = arranged.module("Assignments")
    arranged.do("drop", item=last, module=home, before=first)
    assert arranged.stands() == {"Assignments": [2, 0, 1]}
    arranged.do("drop", item=last, module=home, before="")
    assert arranged.stands() == {"Assignments": [0, 1, 2]}
    arranged.do("add", title="Week 2")
    week = arranged.module("Week 2")
    arranged.do("drop", item=second, module=week, before="")
    arranged.do("drop", item=first, module=week, before=second)
    assert arranged.stands() == {"Assignments": [2], "Week 2": [0, 1]}
    arranged.do("drop-module", module=week, before=home)
    assert list(arranged.stands()) == ["Week 2", "Assignments"]
    arranged.do("drop-module", module=week, before="")
    assert list(arranged.stands()) == ["Assignments", "Week 2"]


def test_what_was_to_be_the_neighbour_and_has_gone_elsewhere_is_said(arranged: Contents) -> None:
    _, second, last = arranged.items
    home = arranged.module("Assignments")
    arranged.do("add", title="Week 2")
    arranged.do("put", item=second, module=arranged.module("Week 2"))
    drop = {"item": last, "module": home, "before": second}
    assert "Somebody else has arranged this class" in arranged.do("drop", status=409, **drop)
    # A part of a page that is asked for says it in its place.
    part = arranged.browser.post(arranged.url, data={"do": "drop", **drop}, headers={"HX-Request": "true"})
    assert (part.status_code, "Somebody else has arranged this class" in part.text) == (200, True)
    assert arranged.stands() == {"Assignments": [0, 2], "Week 2": [1]}


def test_modules_are_added_filled_moved_renamed_and_removed_when_empty(arranged: Contents) -> None:
    arranged.do("add", title="  Week   2 ")
    week = arranged.module("Week 2")
    arranged.do("put", item=arranged.items[1], module=week)
    assert arranged.stands() == {"Assignments": [0, 2], "Week 2": [1]}
    arranged.do("up", module=week)
    assert list(arranged.stands()) == ["Week 2", "Assignments"]
    arranged.do("rename", module=week, title="Lists")
    assert "“Lists” is not empty" in arranged.do("remove", module=week, status=409)
    arranged.do("put", item=arranged.items[1], module=arranged.module("Assignments"))
    arranged.do("remove", module=week)
    assert arranged.stands() == {"Assignments": [0, 2, 1]}


def test_a_title_that_cannot_be_is_refused_with_what_was_typed(arranged: Contents) -> None:
    assert 'value="Assignments"' in arranged.do("add", title="Assignments", status=422)
    assert "There is a module" in arranged.do("add", title="Assignments", status=422)
    assert "A module has a title" in arranged.do("add", title=" ", status=422)
    assert arranged.browser.post(arranged.url, data={"do": "burn"}).status_code == 400


def test_students_see_nothing_of_a_module_that_is_hidden(arranged: Contents, visit: Visit) -> None:
    world, student = arranged.world, visit(arranged.world.user())
    home = f"/classes/{world.class_id}"
    assert str(arranged.items[0]) in student.get(home).text
    arranged.do("hide", module=arranged.module("Assignments"))
    assert str(arranged.items[0]) not in student.get(home).text
    assert student.get(f"/assignments/{arranged.items[0]}").status_code != 200
    arranged.do("show", module=arranged.module("Assignments"))
    assert str(arranged.items[0]) in student.get(home).text


def test_a_press_changes_the_list_in_its_place(arranged: Contents) -> None:
    answer = arranged.browser.post(
        arranged.url, data={"do": "item-down", "item": arranged.items[0]}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert f'id="item-down-{arranged.items[0]}"' in answer.text
    order = re.findall(r'href="/assignments/([0-9a-f-]{36})"', answer.text)
    assert order == [str(arranged.items[place]) for place in (1, 0, 2)]


def test_only_who_sees_the_whole_class_arranges_it(term: Term, visit: Visit) -> None:
    world, url = term.world, f"/classes/{term.world.class_id}/contents"
    assistant = world.user(Role.ASSISTANT)
    term.move(assistant, "Evening")
    with transaction(world.tenant_id):
        session().get_one(Class, world.class_id).settings = {"apart": "assistants"}
    browser, move = visit(assistant), {"do": "item-up", "item": term.assignment}
    assert 'name="do"' not in browser.get(url).text
    assert browser.post(url, data=move).status_code == 403
    assert visit(world.user()).get(url).status_code == 403
    other = make_world("South University")
    assert visit(world.user(Role.TEACHER)).post(url, data={**move, "item": other.assignment()}).status_code == 404


def test_what_is_published_from_a_moment_on_is_seen_from_then_everywhere(arranged: Contents, visit: Visit) -> None:
    world, student = arranged.world, visit(arranged.world.user())
    item, home = arranged.items[0], f"/classes/{arranged.world.class_id}"
    (problem,) = world.items(item)

    def sees() -> set[bool]:
        listed = str(item) in student.get(home).text
        return {
            listed,
            student.get(f"/assignments/{item}").status_code < 400,
            student.get(f"/work/{problem}").status_code < 400,
        }

    arranged.do("item-show-from", item=item, since="2099-01-01T08:00")
    assert sees() == {False}
    page = arranged.browser.get(arranged.url).text
    assert "Seen from" in page
    arranged.do("item-show-from", item=item, since="2020-01-01T08:00")
    assert sees() == {True}
    arranged.do("show-from", module=arranged.module("Assignments"), since="2099-01-01T08:00")
    assert sees() == {False}
    arranged.do("show", module=arranged.module("Assignments"))
    assert sees() == {True}
    arranged.do("item-hide", item=item)
    assert sees() == {False}
    arranged.do("item-show", item=item)
    assert sees() == {True}
    assert "Say from when" in arranged.do("item-show-from", item=item, since="soon", status=422)


def test_the_list_before_publishing_says_what_would_go_wrong_and_where_to_mend_it(arranged: Contents) -> None:
    item = arranged.items[0]
    page = arranged.browser.get(f"/assignments/{item}/checklist").text
    assert "It has no due date." in page
    assert f"/assignments/{item}/settings" in page
    assert "its gradebook has no column for it" in page
    assert "Stops work" not in page
    arranged.do("hide", module=arranged.module("Assignments"))
    page = arranged.browser.get(f"/assignments/{item}/checklist").text
    assert "Stops work" in page
    assert "is not shown" in page
