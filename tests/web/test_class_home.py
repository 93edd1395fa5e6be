"""The first page of a class: what is due next, how much is done; for staff, how far the students are."""

import datetime as dt
import re

from lti_grader.classes.models import Class, Role
from lti_grader.core.db import session, transaction
from tests.fixtures.statements import statements
from tests.fixtures.world import World
from tests.web.two_sections import Term, Visit

SOON, LATER = dt.datetime(2099, 1, 1, tzinfo=dt.UTC), dt.datetime(2099, 2, 1, tzinfo=dt.UTC)


def test_students_find_what_is_due_next_and_how_much_is_done(world: World, visit: Visit) -> None:
    later, soon, undated = (world.assignment(due_date=one) for one in (LATER, SOON, None))
    student = world.user()
    page = visit(student).get(f"/classes/{world.class_id}").text
    part = page[page.index("Due next") : page.index("What stands in this class")]
    assert re.findall(r"/assignments/([0-9a-f-]{36})", part) == [str(soon), str(later)]
    assert "0 of 3 done" in part
    world.hand_in(student, world.items(soon)[0])
    part = visit(student).get(f"/classes/{world.class_id}").text
    part = part[part.index("Due next") : part.index("What stands in this class")]
    assert re.findall(r"/assignments/([0-9a-f-]{36})", part) == [str(later)]
    assert "1 of 3 done" in part
    assert undated


def test_staff_find_how_many_are_how_far(term: Term, visit: Visit) -> None:
    world = term.world
    assignment = world.assignment()
    (item,) = world.items(assignment)
    here, there = world.user(), world.user()
    term.move(here, "Evening")
    attempts = [world.hand_in(one, item) for one in (here, there)]
    world.judge(attempts[0], 10)

    def numbers(who: object) -> list[str]:
        page = visit(who).get(f"/classes/{world.class_id}").text
        row = next(one for one in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if str(assignment) in one)
        return re.findall(r'<td class="number">(\d+)</td>', row)[:3]

    with statements() as said:
        assert numbers(world.teacher_id) == ["2", "2", "1"]
    # However many attempts there are, they need not be counted for it; what waits to be marked is.
    assert len(said) < 30
    counts = [one for one in said if "count(" in one and "FROM markings" not in one]
    assert not [one for one in counts if "submission_attempts" in one]
    assistant = world.user(Role.ASSISTANT)
    term.move(assistant, "Evening")
    with transaction(world.tenant_id):
        session().get_one(Class, world.class_id).settings = {"apart": "assistants"}
    assert numbers(assistant) == ["1", "1", "1"]
