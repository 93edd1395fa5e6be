"""A course's whole round: three assignments placed at once, the course copied, and the copy opened."""

import uuid
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from lti_grader.app import create_app
from lti_grader.assignments.models import AssignmentConfig
from lti_grader.assignments.operations import create_assignment
from lti_grader.core.db import db, transaction
from tests.browser.conftest import Seat, press, tick, trouble_found_by_axe
from tests.fixtures.installation import Installation

pytestmark = pytest.mark.browser


def make_assignments(installation: Installation, *titles: str) -> None:
    """Let the class have assignments that stand behind no link yet."""
    ((version,),) = installation.rows("SELECT id FROM problem_versions LIMIT 1")
    with create_app(installation.settings).app_context():
        with transaction(installation.tenant_id):
            for title in titles:
                create_assignment(
                    installation.class_id, title=title, problems=[(uuid.UUID(str(version)), Decimal(10))],
                    config=AssignmentConfig(), module_title="Copied round",
                )  # fmt: skip
        db.session.remove()
        db.engine.dispose()


def test_three_at_once_from_the_catalogue_and_a_copied_course_that_opens_them(
    seat: Seat, installation: Installation, student_id: str
) -> None:
    # Others each time that this is tried.
    titles = [first, second, third] = [f"Round {number}, {student_id}" for number in ("one", "two", "three")]
    make_assignments(installation, *titles)
    teacher = seat("person-teacher")
    teacher.course()
    teacher.page.get_by_role("link", name="Add an assignment from").first.click()
    picker = teacher.tool
    picker.get_by_label("Search your classes").fill(student_id)
    press(picker.get_by_role("button", name="Search"))
    expect(picker.get_by_role("checkbox", name="Double", exact=False)).to_have_count(0)
    for title in titles:
        tick(picker.get_by_role("checkbox", name=title))
    assert trouble_found_by_axe(teacher.frame) == []
    press(picker.get_by_role("button", name="Add to the course"))
    for title in titles:
        expect(teacher.page.get_by_role("link", name=title, exact=True)).to_be_visible()

    here = teacher.page.url
    teacher.page.get_by_role("button", name="Copy this course").click()
    teacher.page.wait_for_url(lambda url: url != here)
    copy = teacher.page.url
    assert "course-cs101" not in copy
    teacher.page.get_by_role("link", name=second, exact=True).click()
    expect(teacher.tool.get_by_role("heading", name=second)).to_be_visible()
    teacher.page.goto(copy)
    teacher.page.get_by_role("link", name="in the course's menu").click()
    home = teacher.tool
    expect(home.get_by_role("status")).to_contain_text(first)
    expect(home.get_by_role("status")).to_contain_text("Nobody's work came along")
    assert trouble_found_by_axe(teacher.frame) == []
    press(home.get_by_role("button", name="Got it"))
    expect(home.get_by_role("heading", name="Assignments", exact=True)).to_be_visible()
    expect(home.get_by_text("Nobody's work came along")).to_have_count(0)

    student = seat("person-amina")
    student.page.goto(copy)
    student.page.get_by_role("link", name=third, exact=True).click()
    expect(student.tool.get_by_role("heading", name="Double the number")).to_be_visible()
    student.page.goto(copy)
    student.page.get_by_role("link", name="in the course's menu").click()
    row = student.tool.get_by_role("row").filter(has_text=third)
    expect(row).to_contain_text("Not begun")
    assert trouble_found_by_axe(student.frame) == []
    # Old and new are apart: two classes, and each link opens what stands in its own.
    classes = installation.rows(
        f"SELECT m.class_id FROM content_items c JOIN modules m ON m.id = c.module_id WHERE c.title = '{second}'"
    )
    assert len({row.class_id for row in classes}) == 2


def test_a_link_is_chosen_anew_in_the_lms(seat: Seat, installation: Installation, student_id: str) -> None:
    first, second = f"First choice, {student_id}", f"Second choice, {student_id}"
    make_assignments(installation, first, second)
    teacher = seat("person-teacher")
    teacher.course()
    teacher.page.get_by_role("link", name="Add an assignment from").first.click()
    tick(teacher.tool.get_by_role("checkbox", name=first))
    press(teacher.tool.get_by_role("button", name="Add to the course"))
    teacher.page.get_by_role("link", name=first, exact=True).click()
    expect(teacher.tool.get_by_role("heading", name=first)).to_be_visible()
    teacher.course()
    teacher.page.get_by_role("link", name=f"Choose anew what {first} opens").click()
    tick(teacher.tool.get_by_role("radio", name=second))
    press(teacher.tool.get_by_role("button", name="Add to the course"))
    teacher.page.get_by_role("link", name=second, exact=True).click()
    expect(teacher.tool.get_by_role("heading", name=second)).to_be_visible()
