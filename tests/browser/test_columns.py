"""A column that is missing, made by its page; deleted in the LMS, noticed, and made again: its scores arrive each time."""

import dataclasses
import uuid
from decimal import Decimal

import pytest
import sqlalchemy as sa
from playwright.sync_api import FrameLocator, Locator, expect

from lti_grader.app import create_app
from lti_grader.assignments.models import AssignmentConfig
from lti_grader.assignments.operations import create_assignment
from lti_grader.assignments.queries import problem_lines
from lti_grader.core.db import db, session, transaction
from lti_grader.problems.models import ProblemVersion
from tests.browser.conftest import AtTheLms, Seat, look, press
from tests.fixtures.installation import Installation, until

pytestmark = pytest.mark.browser
TITLE = "Twice, without a link"


@pytest.fixture(scope="module")
def item_id(installation: Installation) -> uuid.UUID:
    """The problem of a new assignment that no link of the LMS leads to."""
    app = create_app(installation.settings)
    with app.app_context():
        with transaction(installation.tenant_id):
            version = session().scalars(sa.select(ProblemVersion.id)).first()
            assert version is not None
            assignment = create_assignment(
                installation.class_id, title=TITLE, problems=[(version, Decimal(10))], config=AssignmentConfig()
            )
            made = problem_lines(assignment.id)[0].item.id
        db.session.remove()
        db.engine.dispose()
    app.extensions["adapters"].kv.client.connection_pool.disconnect()
    return made


def columns(teacher: AtTheLms) -> FrameLocator:
    """Open the class's columns, as a teacher comes there."""
    tool = teacher.open("Double")
    press(tool.get_by_role("link", name="Columns in the LMS"))
    expect(tool.get_by_role("heading", name="Columns in the LMS")).to_be_visible()
    return tool


def row_of(tool: FrameLocator) -> Locator:
    return tool.get_by_role("listitem").filter(has_text=TITLE)


def state(installation: Installation) -> str:
    rows = installation.rows(
        f"SELECT l.state FROM line_items l JOIN content_items c ON c.id = l.content_item_id WHERE c.title = '{TITLE}'"
    )
    return str(rows[0].state) if rows else ""


@pytest.mark.parametrize("mode", ["canvas", "moodle", "generic"])
def test_a_missing_column_is_made_deleted_and_made_again(
    seat: Seat, installation: Installation, item_id: uuid.UUID, mode: str
) -> None:
    teacher = seat("person-teacher")
    installation.control.post("mode", mode=mode)
    student = installation.student(390)
    dataclasses.replace(student, installation=dataclasses.replace(installation, item_id=item_id)).hand_in()
    login = student.id.removeprefix("person-")

    def arrived() -> bool:
        grades = installation.control.state()["grades"]
        return any(one["label"] == TITLE and one["login"] == login and one["score"] == 10 for one in grades)

    tool = columns(teacher)
    if not arrived():
        expect(row_of(tool)).to_contain_text("This LMS has no column for it")
        look(teacher)
        press(row_of(tool).get_by_role("button", name="Make one"))
        expect(row_of(tool)).to_contain_text("In the LMS")
    until(arrived, "the score in the column")

    teacher.page.goto(f"{installation.lms_url}/courses/course-cs101/gradebook")
    head = teacher.page.get_by_role("columnheader", name=TITLE)
    press(head.get_by_text("Column", exact=True))
    press(head.get_by_role("button", name="Delete the column"))
    expect(head).to_have_count(0)

    tool = columns(teacher)
    press(tool.get_by_role("link", name="LMS deliveries"))
    press(tool.get_by_role("link", name="Comparisons with the LMS"))
    press(tool.get_by_role("button", name="Compare now"))
    until(lambda: state(installation) == "missing", "the column is seen to be gone")
    tool = columns(teacher)
    press(tool.get_by_role("link", name="LMS deliveries"))
    expect(tool.get_by_text("1 column is gone from the LMS.")).to_be_visible()
    press(tool.get_by_role("link", name="Have it made again"))
    expect(row_of(tool)).to_contain_text("Gone from the LMS")
    expect(row_of(tool)).to_contain_text("1 score waits for it.")
    look(teacher)
    press(row_of(tool).get_by_role("button", name="Make it again"))
    expect(row_of(tool)).to_contain_text("In the LMS")
    until(arrived, "the score in the new column")
