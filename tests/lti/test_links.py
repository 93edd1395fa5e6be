"""Links with nothing behind them, what is chosen for them, and how a copy is asked for and allowed."""

import uuid
from collections.abc import Iterator
from typing import Any

import flask
import pytest
import sqlalchemy as sa

from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.lti import claims as c
from lti_grader.lti.keysets import keysets
from lti_grader.lti.models import CopyState, LineItem, Platform, ScoreDelivery
from lti_grader.people.models import User
from tests.fixtures.world import NOW
from tests.lti.scripted import ScriptedPlatform
from tests.lti.term import COLLEAGUE, NEW, OLD, STUDENT, TEACHER, Term, make_term


@pytest.fixture
def term(app: flask.Flask, scripted: ScriptedPlatform) -> Iterator[Term]:
    app.config["WTF_CSRF_ENABLED"] = False
    keysets.forget()
    yield make_term(app, scripted)
    keysets.forget()


def choose(client: Any, answer: Any, assignment: uuid.UUID) -> Any:
    return client.post(answer.headers["Location"], data={"what": "existing", "assignment": [str(assignment)]})


def test_a_teacher_chooses_what_an_empty_link_opens_and_its_column_fills(term: Term) -> None:
    assignment = term.old.assignment()
    client, answer = term.browse(OLD, "by hand")
    assert "/links/" in answer.headers["Location"]
    page = client.get(answer.headers["Location"])
    assert "Nothing is behind “by hand” yet" in page.text
    assert term.opened(choose(client, answer, assignment)) == assignment
    assert term.opened(term.launch(OLD, "by hand", STUDENT)) == assignment
    with transaction(term.old.tenant_id):
        column = session().scalars(sa.select(LineItem).where(LineItem.content_item_id == assignment)).one()
    assert column.url.endswith("/by%20hand")


def test_a_new_assignment_is_made_for_an_empty_link(term: Term) -> None:
    version = term.old.problem()
    client, answer = term.browse(OLD, "by hand")
    form = {"what": "new", "title": "Fresh", "problem": [str(version)], "language": ["python"]}
    made = term.opened(client.post(answer.headers["Location"], data=form))
    assert [one.id for one in term.assignments(OLD)] == [made]
    wrong = client.post(answer.headers["Location"], data={**form, "title": " "})
    assert wrong.status_code == 422
    assert "Give the assignment a title" in wrong.text
    assert client.post(answer.headers["Location"], data={"what": "existing"}).status_code == 422


def test_students_at_an_empty_link_read_what_there_is_to_do_in_the_class(term: Term) -> None:
    term.old.assignment()
    client, answer = term.browse(OLD, "by hand", STUDENT)
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200
    assert "Nothing is behind that link yet" in page.text
    assert term.assignments(OLD)[0].title in page.text


def test_what_a_link_opens_is_changed_here_until_its_column_has_scores(term: Term) -> None:
    first, second = term.old.assignment(), term.old.assignment()
    client, answer = term.browse(OLD, "week 1", named=first)
    overview = client.get(answer.headers["Location"]).text
    assert "Change which assignment it opens" in overview
    path = overview.split('href="/links/')[1].split('"')[0]
    page = client.get(f"/links/{path}")
    assert "What “week 1” opens" in page.text
    assert term.opened(client.post(f"/links/{path}", data={"what": "existing", "assignment": [str(second)]})) == second
    # What its custom parameters say has not changed since, so what was chosen here stands.
    assert term.opened(term.launch(OLD, "week 1", STUDENT, named=first)) == second
    with transaction(term.old.tenant_id):
        column = session().scalars(sa.select(LineItem)).one()
        assert column.content_item_id == second
        student = session().scalars(sa.select(User.id).where(User.sub == STUDENT)).one()
        session().add(GradebookEntry(
            tenant_id=term.old.tenant_id, content_item_id=second, student_id=student, revision=1, max_score=10,
            score_obtained=5, submitted_at=NOW, status="graded",
        ))  # fmt: skip
        session().add(ScoreDelivery(
            tenant_id=term.old.tenant_id, line_item_id=column.id, platform_id=term.old.platform_id, user_id=student, revision=1, score=5, maximum=10,
            status="verified", next_try_at=NOW, created_at=NOW,
        ))  # fmt: skip
    assert "It cannot open anything else any more" in client.get(f"/links/{path}").text
    refused = client.post(f"/links/{path}", data={"what": "existing", "assignment": [str(first)]})
    assert refused.status_code == 409
    assert term.opened(term.launch(OLD, "week 1", STUDENT, named=first)) == second


def test_a_copy_is_asked_for_allowed_and_there_at_once_for_everybody(term: Term) -> None:
    assignment = term.old.assignment()
    client, answer = term.browse(NEW, "link-2", COLLEAGUE, named=assignment)
    page = client.get(answer.headers["Location"]).text
    assert "This link comes from another course" in page
    # Nothing of the class that is not theirs stands on the page.
    assert f"The {OLD}" not in page
    assert term.assignments(OLD)[0].title not in page
    asked = client.post(f"{answer.headers['Location']}/ask", follow_redirects=True).text
    assert "Its teachers were asked" in asked
    teacher, _ = term.browse(OLD, "front door")
    shown = teacher.get(f"/classes/{term.old.class_id}").text
    assert "asks to copy this class into" in shown
    (copy,) = term.copies()
    assert client.post(f"/copies/{copy.id}", data={"answer": "allow"}).status_code == 404
    assert teacher.post(f"/copies/{copy.id}", data={"answer": "allow"}).status_code == 303
    copied = term.opened(term.launch(NEW, "link-2", STUDENT, named=assignment))
    assert [one.id for one in term.assignments(NEW)] == [copied]
    notice = client.get(f"/classes/{term.class_of(NEW)}").text
    assert f"came here from The {OLD}" in notice
    put_away = client.post(f"/classes/{term.class_of(NEW)}/copies/seen", follow_redirects=True).text
    assert "came here from" not in put_away


def test_a_refusal_is_said_and_may_be_asked_about_again(term: Term) -> None:
    assignment = term.old.assignment()
    client, answer = term.browse(NEW, "link-2", COLLEAGUE, named=assignment)
    url = answer.headers["Location"]
    client.post(f"{url}/ask")
    teacher, _ = term.browse(OLD, "front door")
    (copy,) = term.copies()
    teacher.post(f"/copies/{copy.id}", data={"answer": "refuse"})
    assert "did not allow a copy" in client.get(url).text
    assert term.assignments(NEW) == []
    client.post(f"{url}/ask")
    assert [one.state for one in term.copies()] == [CopyState.ASKED]


def test_a_class_says_who_may_copy_it(term: Term) -> None:
    assignment = term.old.assignment()
    teacher, _ = term.browse(OLD, "front door")
    teacher.post(f"/classes/{term.old.class_id}/copying", data={"copying": "institution"})
    term.opened(term.launch(NEW, "link-2", COLLEAGUE, named=assignment))
    teacher.post(f"/classes/{term.old.class_id}/copying", data={"copying": "staff"})
    term.launch("course-3", "link-3", COLLEAGUE, named=assignment)
    assert term.assignments("course-3") == []


def test_a_launch_from_canvas_course_menu_opens_the_class(term: Term) -> None:
    with transaction(term.old.tenant_id):
        session().get_one(Platform, term.old.platform_id).product_family = "canvas"
    term.old.assignment()
    home = f"/classes/{term.old.class_id}"
    for sub in (TEACHER, STUDENT):
        client, answer = term.browse(OLD, OLD, sub, **{c.AGS: ...})
        assert answer.headers["Location"] == home
        page = client.get(home)
        assert page.status_code == 200
        assert term.assignments(OLD)[0].title in page.text
