"""Staff look at their class as one of its students sees it: by their dates and marks, reading only, and told in the history."""

import datetime as dt

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.assignments.models import AccessOverride
from lti_grader.assignments.release import ReleaseRule, When
from lti_grader.classes import looks, materials
from lti_grader.classes.look_models import StudentLook
from lti_grader.classes.look_views import SHOWN
from lti_grader.classes.material_models import MaterialOpening
from lti_grader.classes.models import Apart, Class, Role
from lti_grader.core.acting import Look, set_look
from lti_grader.core.db import session, transaction
from tests.fixtures.world import DOUBLE, NOW, World
from tests.web.two_sections import Term, Visit

SOON = dt.datetime.now(dt.UTC) + dt.timedelta(days=3)


class Looking:
    """A teacher who looks as a student with another due date, and with a mark."""

    def __init__(self, world: World, visit: Visit) -> None:
        self.world = world
        self.student = world.user(name="Ann Example")
        self.assignment = world.assignment(due_date=NOW, problems=2)
        self.item = world.items(self.assignment)[0]
        self.attempt = world.hand_in(self.student, self.item)
        world.judge(self.attempt, 7)
        with transaction(world.tenant_id):
            session().add(
                AccessOverride(
                    tenant_id=world.tenant_id, assignment_id=self.assignment, user_id=self.student, due_date=SOON,
                    created_at=NOW,
                )
            )  # fmt: skip
        self.teacher: FlaskClient = visit(world.teacher_id)
        self.class_url = f"/classes/{world.class_id}"

    def begin(self, **more: object) -> str:
        """Begin, and return what the paths of the look begin with."""
        answer = self.teacher.post(f"{self.class_url}/as-student", data={"student": self.student, **more})
        assert answer.status_code == 303, answer.text
        at = answer.headers["Location"]
        assert self.teacher.get(at, follow_redirects=True).status_code == 200
        return "/".join(at.split("/")[:3])


@pytest.fixture
def looking(world: World, visit: Visit) -> Looking:
    return Looking(world, visit)


def test_pages_are_the_students_with_a_banner_and_links_that_stay_within(looking: Looking) -> None:
    way = looking.begin(assignment=looking.assignment)
    page = looking.teacher.get(f"{way}/assignments/{looking.assignment}").text
    assert "You see this as <strong>Ann Example</strong>" in page
    assert SOON.isoformat()[:16] in page.replace(" ", "T")
    assert "What would go wrong" not in page
    assert f'href="{way}/work/{looking.item}"' in page
    assert f'action="/looks/{way.removeprefix("/as/")}/end"' in page
    assert "Ann Example" in looking.teacher.get(f"{way}{looking.class_url}").text
    assert DOUBLE.strip().splitlines()[0][:8] in looking.teacher.get(f"{way}/attempts/{looking.attempt}").text
    own = looking.teacher.get(f"/assignments/{looking.assignment}").text
    assert "What would go wrong" in own
    assert "look-banner" not in own


def test_marks_that_are_not_out_are_not_shown(world: World, looking: Looking) -> None:
    hidden = world.assignment(problems=2, marks=ReleaseRule(when=When.BY_HAND))
    world.judge(world.hand_in(looking.student, world.items(hidden)[0]), 9)
    way = looking.begin()
    address = f"/assignments/{hidden}/students/{looking.student}"
    assert ">9<" in looking.teacher.get(address).text
    assert ">9<" not in looking.teacher.get(f"{way}{address}").text


def test_every_page_that_is_shown_is_read_without_a_change(world: World, looking: Looking) -> None:
    with transaction(world.tenant_id):
        reading = materials.create(world.class_id, "Reading", None)
        reading.is_published = True
        material = reading.id
    way = looking.begin()
    ids = {
        "class_id": world.class_id, "assignment_id": looking.assignment, "item_id": looking.item,
        "attempt_id": looking.attempt, "student_id": looking.student, "material_id": material,
    }  # fmt: skip
    walked = set()
    app = looking.teacher.application
    for rule in app.url_map.iter_rules():
        if rule.endpoint in SHOWN and rule.arguments <= ids.keys() and "GET" in (rule.methods or ()):
            with app.test_request_context():
                address = rule.build({name: ids[name] for name in rule.arguments})[1]  # type: ignore[index]
            if rule.endpoint != "results.events":
                assert looking.teacher.get(f"{way}{address}").status_code in (200, 302, 404), rule.endpoint
                walked.add(rule.endpoint)
    assert walked >= {"gradebook.home", "work.page", "own_marks.mine", "materials.page", "announcements.of_class"}
    with transaction(world.tenant_id):
        assert session().scalars(sa.select(MaterialOpening)).all() == []


def test_nothing_is_sent_and_no_other_page_is_found(world: World, looking: Looking) -> None:
    way = looking.begin()
    sent = looking.teacher.post(f"{way}/work/{looking.item}/attempts", json={"code": "x"})
    assert (sent.status_code, sent.json["error"]["code"]) == (403, "looking_as_student")
    for page in ("/notifications", "/calendar", f"{looking.class_url}/gradebook", f"{looking.class_url}/contents"):
        assert looking.teacher.get(f"{way}{page}").status_code == 403


def test_the_database_itself_writes_nothing_meanwhile(world: World, looking: Looking) -> None:
    set_look(Look(world.class_id, looking.student))
    try:
        with pytest.raises(sa.exc.DBAPIError, match="read-only"), transaction(world.tenant_id):
            session().execute(sa.delete(AccessOverride))
    finally:
        set_look(None)


def test_it_is_over_when_it_is_ended_and_both_stand_in_the_history(world: World, looking: Looking) -> None:
    way = looking.begin()
    ended = looking.teacher.post(f"/looks/{way.removeprefix('/as/')}/end")
    assert ended.headers["Location"] == looking.class_url
    assert looking.teacher.get(f"{way}{looking.class_url}").status_code == 404
    history = looking.teacher.get(f"{looking.class_url}/history").text
    assert "Looked at the class as a student, with the eyes of Ann Example" in history
    assert "Ended looking at the class as a student, with the eyes of Ann Example" in history


def test_only_who_began_looks_and_only_while_they_may(world: World, visit: Visit, looking: Looking) -> None:
    way = looking.begin()
    other = visit(world.user(Role.TEACHER))
    assert other.get(f"{way}{looking.class_url}").status_code == 404
    assert visit(looking.student).get(f"{way}{looking.class_url}").status_code == 404
    assert visit(looking.student).post(f"{looking.class_url}/as-student").status_code == 403
    with transaction(world.tenant_id):
        row = session().scalars(sa.select(StudentLook)).one()
        row.began_at -= looks.LASTS
    assert looking.teacher.get(f"{way}{looking.class_url}").status_code == 404


def test_staff_of_some_sections_look_as_their_own_students_only(term: Term, visit: Visit) -> None:
    assistant = term.world.user(Role.ASSISTANT)
    term.move(assistant, "Morning")
    with transaction(term.tenant_id):
        session().get_one(Class, term.world.class_id).choose(apart=Apart.ASSISTANTS)
    url, browser = f"/classes/{term.world.class_id}/as-student", visit(assistant)
    page = browser.get(url).text
    assert str(term.morning) in page
    assert str(term.evening) not in page
    assert browser.post(url, data={"student": term.evening}).status_code == 404
    assert browser.post(url, data={"student": term.morning}).status_code == 303
