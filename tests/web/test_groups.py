"""Groups of a class: made and filled by its staff, chosen by its students."""

import io
import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import flask
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_grader.audit.models import AuditEntry
from lti_grader.classes.groups.models import GroupSet, StudentGroup, StudentGroupMember
from lti_grader.classes.models import Class, Enrollment, Role
from lti_grader.core.db import db, session, transaction
from tests.fixtures.world import World
from tests.web.two_sections import Visit, plain


class Groups:
    """A class of five students with a set of groups, as its teacher sees it."""

    def __init__(self, world: World, visit: Visit) -> None:
        self.world, self.visit = world, visit
        self.students = [world.user(name=f"Student {letter}", email=f"{letter}@example.org") for letter in "ABCDE"]
        self.teacher: FlaskClient = visit(world.teacher_id)
        made = self.teacher.post(f"/classes/{world.class_id}/groups", data={"name": "Project teams"})
        assert made.status_code == 303
        self.address = made.headers["Location"]
        self.set_id = uuid.UUID(self.address.rsplit("/", 1)[1])

    def do(self, act: str, *, status: int = 303, who: FlaskClient | None = None, **form: object) -> TestResponse:
        answer = (who or self.teacher).post(self.address, data={"do": act, **form})
        assert answer.status_code == status, answer.text
        return answer

    def groups(self) -> dict[str, uuid.UUID]:
        with transaction(self.world.tenant_id):
            query = sa.select(StudentGroup.name, StudentGroup.id).where(StudentGroup.group_set_id == self.set_id)
            return dict(session().execute(query).all())

    def members(self) -> dict[str, set[int]]:
        """Return by group which of the students are in it."""
        names = {one: name for name, one in self.groups().items()}
        found: dict[str, set[int]] = {name: set() for name in names.values()}
        with transaction(self.world.tenant_id):
            for one in session().scalars(sa.select(StudentGroupMember)):
                found[names[one.group_id]].add(self.students.index(one.student_id))
        return found


@pytest.fixture
def groups(world: World, visit: Visit) -> Groups:
    return Groups(world, visit)


def test_a_teacher_makes_groups_and_moves_students_between_them(groups: Groups) -> None:
    groups.do("add", number="2")
    one, two = groups.groups()["Group 1"], groups.groups()["Group 2"]
    groups.do("put", student=[str(it) for it in groups.students[:3]], to=str(one))
    groups.do("put", student=[str(groups.students[2]), str(groups.students[3])], to=str(two))
    assert groups.members() == {"Group 1": {0, 1}, "Group 2": {2, 3}}
    groups.do("put", student=str(groups.students[0]), to="new")
    groups.do("rename", group=str(two), name="Blue")
    groups.do("drop", group=str(one))
    assert groups.members() == {"Blue": {2, 3}, "Group 3": {0}}
    page = plain(groups.teacher.get(groups.address).text)
    assert "2 groups" in page
    assert "2 students in none" in page
    assert "Choose the students first" in groups.do("put", status=422, to="").text
    assert "has that name already" in groups.do("rename", status=422, group=str(two), name="Group 3").text
    with transaction(groups.world.tenant_id):
        moved = sa.select(sa.func.count()).where(AuditEntry.subject == "student_group_members")
        assert session().scalars(moved.where(AuditEntry.student_id == groups.students[2])).one() == 3
    assert "Gave the place in a group of Student C" in plain(
        groups.teacher.get(f"/classes/{groups.world.class_id}/history").text
    )


def test_chance_splits_by_a_seed_that_is_kept_and_within_sections(groups: Groups) -> None:
    groups.do("split", by="size", number="2", seed="4711")
    first = groups.members()
    assert sorted(map(len, first.values())) == [1, 2, 2]
    assert "every student is in a group" in groups.do("split", status=422, by="size", number="2").text.lower()
    groups.do("split", by="size", number="2", anew="1")
    assert "The last one was" in groups.teacher.get(groups.address).text
    groups.do("split", by="size", number="2", seed="4711", anew="1")
    assert groups.members() == first
    with transaction(groups.world.tenant_id):
        mine = sa.update(Enrollment).where(Enrollment.user_id.in_(groups.students[:2]))
        session().execute(mine.values(sections=["Monday"]))
    groups.do("split", by="count", number="1", within="1", anew="1")
    assert groups.members() == {"Monday group 1": {0, 1}, "Group 1": {2, 3, 4}}


def test_a_file_is_taken_out_filled_and_read_back_whole_or_not_at_all(groups: Groups) -> None:
    table = groups.teacher.get(f"{groups.address}/groups.csv").get_data(as_text=True)
    assert "Student A,A@example.org" in table

    def read(lines: str, status: int = 303) -> TestResponse:
        return groups.do("read", status=status, file=(io.BytesIO(lines.encode()), "groups.csv"))

    done = read("E-mail,Group\na@example.org,Red\nB@example.org,Red\nc@example.org,Blue\nd@example.org,\n")
    assert groups.members() == {"Red": {0, 1}, "Blue": {2}}
    assert "3 students were put into groups" in plain(groups.teacher.get(done.headers["Location"]).text)
    refused = read("E-mail,Group\na@example.org,none\nz@example.org,Red\n", 422)
    assert "Line 3: nobody of this class" in plain(refused.text)
    assert groups.members() == {"Red": {0, 1}, "Blue": {2}}
    read("E-mail;Group\na@example.org;none\nb@example.org;Blue\n")
    assert groups.members() == {"Red": set(), "Blue": {1, 2}}


def test_students_join_up_to_a_size_also_where_two_want_the_last_place(app: flask.Flask, groups: Groups) -> None:
    groups.do("add", number="2")
    own = f"{groups.address}/own"
    first, home = groups.groups()["Group 1"], f"/classes/{groups.world.class_id}/groups"
    browsers = [groups.visit(one) for one in groups.students]
    assert browsers[0].post(own, data={"group": str(first)}).status_code == 409
    assert "ask them if that is a mistake" in browsers[0].get(home).text
    groups.do("keep", name="Project teams", students_join="1", most_members="2")
    assert browsers[0].post(own, data={"group": str(first)}).status_code == 303

    def join(place: int) -> int:
        status = browsers[place].post(own, data={"group": str(first)}).status_code
        with app.app_context():
            db.session.remove()
        return status

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(join, [1, 2, 3])) == [303, 409, 409]
    members = groups.members()["Group 1"]
    assert len(members) == 2
    page = plain(browsers[0].get(home).text)
    assert "You are in Group 1: Student A, Student" in page
    outside = next(one for one in range(1, 4) if one not in members)
    assert "Full" in plain(browsers[outside].get(home).text)
    assert browsers[0].post(own, data={"leave": "1"}).status_code == 303
    assert browsers[outside].post(own, data={"group": str(first)}).status_code == 303
    assert "My groups" in browsers[0].get(f"/classes/{groups.world.class_id}").text


def test_staff_of_some_sections_place_their_own_students_and_make_no_groups(groups: Groups) -> None:
    world, assistant = groups.world, groups.world.user(Role.ASSISTANT)
    groups.do("add", number="1")
    (group,) = groups.groups().values()
    with transaction(world.tenant_id):
        session().get_one(Class, world.class_id).choose(apart="assistants")
        of_them = sa.update(Enrollment).where(Enrollment.user_id.in_([assistant, groups.students[0]]))
        session().execute(of_them.values(sections=["A"]))
    limited = groups.visit(assistant)
    page = limited.get(groups.address).text
    assert (str(groups.students[0]) in page, str(groups.students[1]) in page) == (True, False)
    groups.do("put", who=limited, student=str(groups.students[0]), to=str(group))
    groups.do("put", who=limited, status=404, student=str(groups.students[1]), to=str(group))
    groups.do("split", who=limited, status=403, number="2")
    assert groups.members() == {"Group 1": {0}}


def test_a_set_goes_with_its_groups(groups: Groups) -> None:
    groups.do("add", number="1")
    assert re.search(r"/groups$", groups.do("remove").headers["Location"])
    with transaction(groups.world.tenant_id):
        assert session().scalar(sa.select(GroupSet.id)) is None
