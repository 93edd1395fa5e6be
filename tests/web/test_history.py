"""Who changed what, as staff read it."""

import html
import re
import uuid
from decimal import Decimal

import pytest
import sqlalchemy as sa

from lti_grader.assignments.dates import OtherDates
from lti_grader.assignments.granting import Whose, grant
from lti_grader.audit import queries
from lti_grader.classes.models import Class, Role
from lti_grader.core.acting import acting
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.problems.models import ProblemVersion, TestCase, Visibility
from lti_grader.problems.operations import DraftGroup, DraftProblem, DraftTest, create_version
from tests.fixtures.world import NOW, World, make_world
from tests.web.two_sections import Term, Visit


def test_what_a_teacher_changes_on_a_page_is_told_with_their_name(world: World, visit: Visit) -> None:
    teacher, assignment = world.user(Role.TEACHER, name="Ada Lovelace"), world.assignment()
    browser = visit(teacher)
    answer = browser.post(
        f"/assignments/{assignment}/settings",
        data={"title": "Loops & lists", "published": "1", "difficulty": "hard", "due": "2026-05-01T12:00"},
    )
    assert answer.status_code == 303, answer.text
    page = browser.get(f"/classes/{world.class_id}/history?item={assignment}").text
    assert "Changed the assignment “Loops &amp; lists”" in page
    assert "Ada Lovelace" in page
    assert "<dt>Difficulty</dt><dd><del>easy</del>" in page
    assert '<dt>Due</dt><dd><time datetime="2026-05-01T12:00:00+00:00"' in page
    overview = browser.get(f"/assignments/{assignment}").text
    assert f"/classes/{world.class_id}/history?item={assignment}" in overview


def test_acts_are_found_by_who_did_them_and_read_in_parts(
    world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "AT_ONCE", 4)
    teacher, assistant, assignment = world.user(Role.TEACHER), world.user(Role.ASSISTANT), world.assignment()
    for place in range(10):
        _give(world, assignment, world.user(), reason=f"Reason {place}", by=teacher if place % 2 else assistant)
    browser, url = visit(teacher), f"/classes/{world.class_id}/history?by={assistant}"
    first = browser.get(url).text
    assert [place for place in range(10) if f"Reason {place}" in first] == [2, 4, 6, 8]
    (older,) = re.findall(r'href="([^"]*before=[^"]*)"', first)
    second = browser.get(html.unescape(older)).text
    assert [place for place in range(10) if f"Reason {place}" in second] == [0]
    assert "Older changes" not in second
    assert browser.get(f"{url}&before=x").status_code == 404


def test_of_one_students_mark_all_that_may_have_changed_it_is_told(world: World, visit: Visit) -> None:
    teacher, assignment = world.user(Role.TEACHER), world.assignment()
    ben, eve = world.user(name="Ben"), world.user(name="Eve")
    world.judge(world.hand_in(ben, world.items(assignment)[0]), 4)
    _give(world, assignment, eve, reason="for Eve", by=teacher)
    with acting(teacher), transaction(world.tenant_id):
        entry = session().scalars(sa.select(GradebookEntry).where(GradebookEntry.student_id == ben)).one()
        entry.override_points, entry.override_reason = Decimal("8.5"), "By eye"
    page = visit(teacher).get(f"/classes/{world.class_id}/history?item={assignment}&student={ben}").text
    assert "Changed by hand the mark of Ben" in page
    assert "8.5" in page
    assert "Made the assignment" in page
    assert "for Eve" not in page


def test_staff_of_a_section_read_of_its_students_only(term: Term, visit: Visit) -> None:
    world = term.world
    term.grant(term.morning, extra_attempts=1, reason="for the morning")
    term.grant(term.evening, extra_attempts=1, reason="for the evening")
    assistant = world.user(Role.ASSISTANT)
    term.move(assistant, "Evening")
    with transaction(world.tenant_id):
        session().get_one(Class, world.class_id).settings = {"apart": "assistants"}
    page = visit(assistant).get(f"/classes/{world.class_id}/history").text
    assert "for the evening" in page
    assert "for the morning" not in page
    assert (
        "for the morning" not in visit(assistant).get(f"/classes/{world.class_id}/history?student={term.morning}").text
    )


def test_history_is_for_the_staff_of_the_class(world: World, visit: Visit) -> None:
    url = f"/classes/{world.class_id}/history"
    assert visit(world.user()).get(url).status_code == 403
    assert visit(world.user(enrolled=False)).get(url).status_code == 404
    elsewhere = make_world("South University").assignment()
    assert visit(world.user(Role.TEACHER)).get(f"{url}?item={elsewhere}").status_code == 404


def test_who_edited_a_question_is_told_test_by_test(world: World, visit: Visit) -> None:
    teacher = world.user(Role.TEACHER, name="Ada Lovelace")
    version = world.problem()
    world.assignment(versions=[version])
    with transaction(world.tenant_id):
        problem = session().get_one(ProblemVersion, version).problem_id
        create_version(problem, DraftProblem("", "", "Twice.", [DraftGroup("all", Decimal(4), [
            DraftTest("one", b"1", b"2", Visibility.HIDDEN)])]))  # fmt: skip
    with acting(teacher), transaction(world.tenant_id):
        session().execute(sa.update(TestCase).where(TestCase.name == "one").values(name="edge", expected=b"3"))
    browser = visit(teacher)
    page = browser.get(f"/problems/{problem}/history").text
    assert "Changed the test “edge”" in page
    assert "<dt>Expected</dt><dd><del>2</del>" in page
    assert "This tool, by itself or by a command" in page
    assert f"/problems/{problem}/history" in browser.get(f"/problems/{problem}").text


def _give(world: World, assignment: uuid.UUID, student: uuid.UUID, *, reason: str, by: uuid.UUID) -> None:
    with acting(by), transaction(world.tenant_id):
        grant(assignment, Whose(user_id=student), OtherDates(extra_attempts=1), reason=reason, by=by, at=NOW)
