"""The pages on which teachers regrade: tried, read, and only then applied."""

import csv
import io
import re
import uuid
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.assignments.models import Assignment
from lti_grader.assignments.operations import reschedule
from lti_grader.assignments.release import ReleaseRule, When
from lti_grader.attempts.models import SubmissionAttempt
from lti_grader.classes.apart import keep_apart
from lti_grader.classes.models import Apart, Enrollment, Role
from lti_grader.classes.queries import get_class, membership
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.gradebook.regrades import applying, choosing
from lti_grader.gradebook.regrades.models import Regrade
from lti_grader.people.models import User
from tests.fixtures.world import World
from tests.flow.regraded import Course, now
from tests.web.two_sections import Visit, plain


@pytest.fixture
def course(world: World) -> Course:
    return Course(world)


def ask(client: FlaskClient, course: Course, **more: object) -> uuid.UUID:
    """Start a regrade on its page, and return it."""
    form = {"problem": course.item, "version": course.second, "which": "all", **more}
    answer = client.post(f"/assignments/{course.assignment}/regrades", data=form)
    assert answer.status_code == 303, plain(answer.text)
    return uuid.UUID(answer.headers["Location"].rsplit("/", 1)[1])


def test_a_teacher_reads_what_would_become_of_marks_and_applies_it(visit: Visit, course: Course) -> None:
    teacher = visit(course.world.teacher_id)
    overview = teacher.get(f"/assignments/{course.assignment}").text
    assert f"/assignments/{course.assignment}/regrades" in overview, "a link that a teacher finds"
    up, down, same, by_hand = (course.submitted(5, stored=True)[1] for _ in range(4))
    with transaction(course.world.tenant_id):
        entries = session().scalars(sa.select(GradebookEntry).order_by(GradebookEntry.id)).all()
        entries[3].override_points = Decimal(7)
    form = plain(teacher.get(f"/assignments/{course.assignment}/regrades").text)
    assert "Version 2, the newest" in form
    assert "Version 1, in use now" in form
    assert "nobody's mark changes, and no student hears of it" in form
    regrade = ask(teacher, course)
    url = f"/regrades/{regrade}"
    assert "0 of 4 submissions are judged. No mark has changed." in plain(teacher.get(url).text)
    course.judge_all(regrade, {up: 10, down: 2, same: 5, by_hand: 9})
    page = teacher.get(url).text
    text = plain(page)
    assert "2 gain, 1 loses, 1 stays the same. 1 mark was set by a person and stays what it is." in text
    assert "The tests change under this assignment: from then on it uses version 2" in text
    assert page.count('<th scope="row">') == 3, "changed ones only"
    assert teacher.get(f"{url}?all=1").text.count('<th scope="row">') == 4
    assert teacher.post(url, data={"do": "apply", "reason": " "}).status_code == 422
    assert teacher.post(url, data={"do": "apply", "reason": "Test 3 was wrong."}).status_code == 303
    assert applying.carry_out(course.world.tenant_id, regrade, now) == 2
    after = plain(teacher.get(url).text)
    assert "2 marks changed" in after
    assert "Test 3 was wrong." in after
    assert "Applied by Marta Lindqvist" in after
    assert "(for staff alone)" in after
    with transaction(course.world.tenant_id):
        student = session().get_one(SubmissionAttempt, down).student_id
    own = plain(visit(student).get(f"/attempts/{down}").text)
    assert "with other tests." in own
    assert "ask your teacher" in own
    assert "Test 3 was wrong." not in own, "it was written for staff"
    before = teacher.get(f"/attempts/{down}").text
    assert "50 % of the points with version 1" in plain(before)
    assert f'href="{url}"' in before
    table = list(csv.reader(io.StringIO(teacher.get(f"{url}/marks.csv").text)))
    assert [row[4:] for row in table[1:]] == [
        ["5", "10", "5", "5", "10", ""], ["5", "2", "-3", "5", "2", ""], ["5", "5", "0", "5", "5", ""],
        ["5", "9", "4", "7", "7", "yes"],
    ]  # fmt: skip


def test_it_is_paused_taken_up_and_cancelled_on_its_page(visit: Visit, course: Course) -> None:
    course.submitted(5)
    teacher = visit(course.world.teacher_id)
    url = f"/regrades/{ask(teacher, course)}"
    for do, words in (("pause", "Paused"), ("go_on", "Being tried"), ("cancel", "Cancelled")):
        assert teacher.post(url, data={"do": do}).status_code == 303
        assert words in plain(teacher.get(url).text)
    assert teacher.post(url, data={"do": "go_on"}).status_code == 409
    assert teacher.post(url, data={"do": "dance"}).status_code == 400
    assert "No mark was changed." in plain(teacher.get(url).text)


def test_of_many_students_one_searches_for_those_that_are_meant(visit: Visit, course: Course) -> None:
    teacher, world = visit(course.world.teacher_id), course.world
    everybody = [course.submitted(5)[0] for _ in range(choosing.MOST_LISTED + 2)]
    with transaction(world.tenant_id):
        for student, name in zip(
            everybody, ["Zoe Last", "Zoran Last", *["Ann First"] * choosing.MOST_LISTED], strict=True
        ):
            session().get_one(User, student).name = name
    url = f"/assignments/{course.assignment}/regrades"
    page = plain(teacher.get(url).text)
    assert "2 more students fit: search for them." in page
    form = {"problem": course.item, "version": course.second, "which": "all", "whose": "students"}
    searched = teacher.post(url, data=form | {"do": "search", "find": "zo last", "student": everybody[2]})
    names = re.findall(r'for="student-([0-9a-f-]+)"', searched.text)
    assert (searched.status_code, names[0], set(names)) == (200, str(everybody[2]), {str(one) for one in everybody[:3]})
    assert "is called that" in teacher.get(url, query_string={"find": "nobody"}).text
    with transaction(world.tenant_id):
        assert session().scalar(sa.select(Regrade)) is None, "a search starts nothing"


@pytest.mark.parametrize(
    "form",
    [{"version": "x"}, {"which": "some"}, {"whose": "students"}, {"whose": "sections"}, {"version": uuid.uuid4()}],
)
def test_nonsense_is_refused_in_words(visit: Visit, course: Course, form: dict[str, object]) -> None:
    course.submitted(5)
    asked = {"problem": course.item, "version": course.second, "which": "all"} | form
    answer = visit(course.world.teacher_id).post(f"/assignments/{course.assignment}/regrades", data=asked)
    assert answer.status_code == 422
    assert "Choose" in answer.text or "Say" in answer.text


def test_assistants_read_and_do_not_decide(visit: Visit, course: Course) -> None:
    course.submitted(5)
    regrade = ask(visit(course.world.teacher_id), course)
    assistant = visit(course.world.user(Role.ASSISTANT))
    page = assistant.get(f"/regrades/{regrade}")
    assert (page.status_code, "Cancel the regrade" in page.text) == (200, False)
    assert assistant.post(f"/regrades/{regrade}", data={"do": "cancel"}).status_code == 403
    form = {"problem": course.item, "version": course.second, "which": "all"}
    assert assistant.post(f"/assignments/{course.assignment}/regrades", data=form).status_code == 403


def test_who_sees_one_section_regrades_that_one_and_not_the_tests(visit: Visit, course: Course) -> None:
    world = course.world
    theirs, mine = course.submitted(5)[0], course.submitted(6)[0]
    limited = world.user(Role.TEACHER)
    with transaction(world.tenant_id):
        for person, section in ((theirs, "B"), (mine, "A"), (limited, "A")):
            session().execute(sa.update(Enrollment).where(Enrollment.user_id == person).values(sections=[section]))
        keep_apart(get_class(world.class_id), Apart.STAFF, membership(world.class_id, world.teacher_id))
        others, own = (
            session().execute(sa.text(f"SELECT name FROM users WHERE id = '{one}'")).scalar() for one in (theirs, mine)
        )
    client = visit(limited)
    form = client.get(f"/assignments/{course.assignment}/regrades").text
    assert (own in form, others in form) == (True, False)
    new_tests = {"problem": course.item, "version": course.second, "which": "all"}
    assert client.post(f"/assignments/{course.assignment}/regrades", data=new_tests).status_code == 403
    regrade = ask(client, course, version=course.first)
    course.judge_all(regrade, 9)
    assert course.effects(regrade).keys() == {mine}
    assert client.post(f"/regrades/{regrade}", data={"do": "cancel"}).status_code == 303
    # Of one that is about everybody they see their own, and leave the decision to others.
    everybody = ask(visit(world.teacher_id), course)
    course.judge_all(everybody, 9)
    for address in (f"/regrades/{everybody}", f"/regrades/{everybody}/marks.csv"):
        seen = client.get(address).text
        assert (own in seen, others in seen) == (True, False), address
    assert client.post(f"/regrades/{everybody}", data={"do": "cancel"}).status_code == 403
    with transaction(world.tenant_id):
        assert session().get_one(Regrade, everybody).state == "ready"


def test_a_student_reads_that_and_why_a_submission_was_judged_once_more(visit: Visit, course: Course) -> None:
    student, attempt = course.submitted(5, stored=True)
    teacher, theirs = visit(course.world.teacher_id), visit(student)
    url = f"/regrades/{ask(teacher, course)}"
    course.judge_all(uuid.UUID(url.rsplit("/", 1)[1]), {attempt: 8})
    assert "Judged once more" not in theirs.get(f"/attempts/{attempt}").text, "it is only tried"
    form = {"do": "apply", "reason": "Test 3 was wrong.", "told": "on"}
    assert teacher.post(url, data=form).status_code == 303
    assert applying.carry_out(course.world.tenant_id, uuid.UUID(url.rsplit("/", 1)[1]), now) == 1
    text = plain(theirs.get(f"/attempts/{attempt}").text)
    assert "Judged once more" in text
    assert "Why: Test 3 was wrong." in text
    assert "Marta" not in text, "not who said so"
    with transaction(course.world.tenant_id):
        assignment = session().get_one(Assignment, course.assignment)
        reschedule(
            assignment, opens_at=None, due_date=None, closes_at=None, is_published=True,
            marks=ReleaseRule(when=When.BY_HAND),
        )  # fmt: skip
    assert "Test 3" not in theirs.get(f"/attempts/{attempt}").text, "marks are held back"
