"""The bank of comments: kept once, put on submissions, and what they give or take counts."""

import uuid
from decimal import Decimal

import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.classes.models import Role
from lti_grader.core.db import session, transaction
from lti_grader.marking.models import Feedback, SavedComment
from lti_grader.problems.models import ProblemVersion
from tests.web.desk import Desk
from tests.web.two_sections import plain


def bank_of(desk: Desk) -> list[SavedComment]:
    with transaction(desk.world.tenant_id):
        return list(session().scalars(sa.select(SavedComment).order_by(SavedComment.id)))


def keep(desk: Desk, by: FlaskClient | None = None, *, status: int = 303, **more: str) -> str:
    answer = (by or desk.browser).post(f"/classes/{desk.world.class_id}/marking/comments", data=more)
    assert answer.status_code == status, answer.text
    return answer.text


def change(desk: Desk, row: SavedComment, by: FlaskClient, *, status: int = 303, **more: str) -> None:
    answer = by.post(f"/classes/{desk.world.class_id}/marking/comments/{row.id}", data=more)
    assert answer.status_code == status, answer.text


def page(desk: Desk, by: FlaskClient | None = None) -> str:
    return (by or desk.browser).get(f"/classes/{desk.world.class_id}/marking/comments").text


def test_a_comment_of_the_bank_takes_its_points_wherever_it_is_put(desk: Desk) -> None:
    student, attempt = desk.hand_in(5)
    keep(desk, text="No *bounds* are checked", points="-1,5")
    (saved,) = bank_of(desk)
    desk.mark(attempt, 1, 2)
    assert desk.entry(student).points == 5 + 9
    desk.comment(attempt, do="use", saved=str(saved.id), first="2", path="")
    assert desk.entry(student).points == Decimal("12.5")
    read = desk.visit(student).get(f"/attempts/{attempt}").text
    assert "No <em>bounds</em> are checked" in read
    assert "-1.5 points" in read
    assert [one.uses for one in bank_of(desk)] == [1]
    # Changing marks keeps what comments take, and removing the comment gives it back.
    desk.mark(attempt, 0, 2, do="save")
    assert desk.entry(student).points == Decimal("9.5")
    with transaction(desk.world.tenant_id):
        said = session().scalars(sa.select(Feedback)).one()
    desk.comment(attempt, do="change", comment=str(said.id), text="Other words", points="-2")
    assert desk.entry(student).points == 9
    desk.comment(attempt, do="remove", comment=str(said.id))
    assert desk.entry(student).points == 5 + 6
    assert bank_of(desk)[0].text == "No *bounds* are checked"


def test_what_was_just_written_is_kept_once(desk: Desk) -> None:
    _, attempt = desk.hand_in()
    desk.comment(attempt, text="Say why")
    with transaction(desk.world.tenant_id):
        said = session().scalars(sa.select(Feedback.id)).one()
    for _ in range(2):
        desk.comment(attempt, do="keep", comment=str(said))
    assert [(one.text, one.class_id, one.owner_id) for one in bank_of(desk)] == [("Say why", None, desk.ben)]
    assert "in the bank" in desk.browser.get(f"/marking/{desk.marking(attempt).id}").text


def test_others_are_offered_what_is_shared_and_what_is_for_their_problem(desk: Desk) -> None:
    _, attempt = desk.hand_in()
    with transaction(desk.world.tenant_id):
        problem = session().get_one(ProblemVersion, desk.version).problem_id
    other_version = desk.world.problem()
    desk.world.assignment(versions=[other_version])
    with transaction(desk.world.tenant_id):
        other = session().get_one(ProblemVersion, other_version).problem_id
    keep(desk, text="Mine alone")
    keep(desk, text="For all of us", shared="on", problem=str(problem))
    keep(desk, text="For another problem", shared="on", problem=str(other))
    keep(desk, text="For a problem of nobody", problem=str(uuid.uuid4()), status=422)
    marta = desk.visit(desk.world.teacher_id)
    offered = marta.get(f"/marking/{desk.marking(attempt).id}").text
    assert "For all of us" in offered
    assert "Mine alone" not in offered
    assert "For another problem" not in offered
    listed = plain(page(desk, marta))
    assert "Mine alone" not in listed
    assert "For another problem" in listed
    mine = next(one for one in bank_of(desk) if one.text == "Mine alone")
    change(desk, mine, marta, do="change", text="Taken", status=404)


def test_shared_comments_are_changed_by_their_owner_and_by_teachers(desk: Desk) -> None:
    _, attempt = desk.hand_in()
    keep(desk, text="Shared", shared="on")
    (row,) = bank_of(desk)
    another = desk.visit(desk.world.user(Role.ASSISTANT))
    change(desk, row, another, do="retire", status=403)
    marta = desk.visit(desk.world.teacher_id)
    change(desk, row, marta, do="change", text="Better said", points="1", shared="on")
    change(desk, row, marta, do="change", text="Taken away", status=403)
    change(desk, row, desk.browser, do="change", text="x" * 1001, status=422)
    change(desk, row, desk.browser, do="retire")
    assert [(one.text, one.points, one.owner_id) for one in bank_of(desk)] == [("Better said", 1, desk.ben)]
    assert "Better said" not in desk.browser.get(f"/marking/{desk.marking(attempt).id}").text
    assert "was retired" in desk.comment(attempt, do="use", saved=str(row.id), status=422)
    change(desk, row, desk.browser, do="offer")
    assert "Better said" in desk.browser.get(f"/marking/{desk.marking(attempt).id}").text
