"""The registrar's board: what it shows, counts and filters, and what sending again does."""

import datetime as dt
import re
import uuid
from typing import Any

import flask
import pytest
import sqlalchemy as sa

from lti_grader.classes.models import Role
from lti_grader.core.db import db, session, transaction
from lti_grader.lti import board, board_choices, board_operations, queries
from lti_grader.lti.board import Filter, Sorting
from lti_grader.lti.board_models import ScoreDeliveryEvent
from lti_grader.lti.board_operations import Selection
from lti_grader.lti.models import ScoreDelivery
from lti_grader.lti.trail import Actor
from tests.fixtures.world import NOW, World
from tests.lti import big_class
from tests.lti.conftest import Browser
from tests.lti.desk import RESULTS, SCORES, Desk
from tests.lti.scripted import ScriptedPlatform


def overridden(desk: Desk, lms: ScriptedPlatform) -> uuid.UUID:
    """Let somebody have set another grade in the LMS."""
    delivery = desk.score(8)
    lms.script[RESULTS] = [(200, {}, [{"userId": desk.sub, "resultScore": 3, "resultMaximum": 10}])]
    assert desk.carry(delivery) == "overridden"
    return delivery


def failed(desk: Desk, lms: ScriptedPlatform, status: int = 422, words: str = "no") -> uuid.UUID:
    delivery = desk.score(8)
    lms.script[SCORES] = [(status, {}, words)]
    assert desk.carry(delivery) == "failed"
    return delivery


def read(world: World, **asked: Any) -> board.Board:
    with transaction(world.tenant_id):
        return board.read(world.class_id, Filter(**asked))


def send_again(world: World, *, over: bool = False, ids: set[uuid.UUID] | None = None, **asked: Any) -> int:
    selection = Selection(world.class_id, Filter(**asked), frozenset(ids) if ids is not None else None)
    as_of, by = NOW + dt.timedelta(minutes=5), Actor(world.teacher_id)
    at = as_of + dt.timedelta(seconds=1)
    return board_operations.resend(world.tenant_id, selection, over=over, as_of=as_of, at=at, by=by)


def test_the_newest_score_of_each_student_stands_there_trouble_first(
    world: World, desk: Desk, lms: ScriptedPlatform
) -> None:
    desk.score(4)
    desk.score(9)
    desk.carry()
    other = desk.neighbour()
    failed(other, lms)
    found = read(world)
    assert [(line.status, line.score) for line in found.lines] == [("failed", 8), ("verified", 9)]
    assert (found.counts, found.total, found.trouble) == ({"failed": 1, "verified": 1}, 2, 1)
    assert found.lines[1].lms_holds == 9


def test_failed_scores_are_counted_by_what_they_have_in_common(world: World, desk: Desk, lms: ScriptedPlatform) -> None:
    failed(desk, lms, 403)
    for _ in range(2):
        failed(desk.neighbour(), lms, 422)
    reasons = read(world).reasons
    assert [one.count for one in reasons] == [2, 1]
    assert "not a student" in reasons[0].words
    only = read(world, status="failed", why=reasons[1].key)
    assert (only.matching, len(only.lines)) == (1, 1)
    assert "does not let this tool" in only.lines[0].last_error


def test_numbers_in_the_words_make_no_other_reason(world: World, desk: Desk) -> None:
    ids = [desk.score(1), desk.neighbour().score(2)]
    with transaction(world.tenant_id):
        for tries, one in enumerate(ids, 12):
            row = session().get_one(ScoreDelivery, one)
            row.status, row.last_error = "failed", f"Given up after {tries} tries."
    assert [one.count for one in read(world).reasons] == [2]


@pytest.mark.parametrize("search", ["byron", "ADA", "ada@example", "lms-77"])
def test_a_student_is_found_by_name_address_or_the_lmss_id(world: World, lms: ScriptedPlatform, search: str) -> None:
    desk = Desk(world, lms, given_name="Ada", family_name="Byron", email="ada@example.edu")
    with transaction(world.tenant_id):
        session().execute(sa.text("UPDATE users SET name = NULL, sub = 'lms-77' WHERE id = :u"), {"u": desk.student})
    desk.score(5)
    desk.neighbour().score(6)
    found = read(world, search=search)
    assert [line.student for line in found.lines] == ["Ada Byron"]


def test_what_people_type_is_no_pattern(world: World, desk: Desk) -> None:
    desk.score(5)
    assert read(world, search="%").matching == 0
    assert read(world, search="_erson").matching == 0
    assert read(world, search="erson").matching == 1


def test_sections_items_and_those_who_left(world: World, desk: Desk) -> None:
    desk.score(5)
    desk.neighbour().score(6)
    with transaction(world.tenant_id):
        session().execute(
            sa.text(
                "UPDATE enrollments SET sections = '{A,B}', status = 'dropped', dropped_at = now() WHERE user_id = :u"
            ),
            {"u": desk.student},
        )
        assert board_choices.choices(world.class_id).sections == ["A", "B"]
    found = read(world, section="B")
    assert [(line.student_id, line.has_left, line.sections) for line in found.lines] == [
        (desk.student, True, ["A", "B"])
    ]
    # The page leaves them out unless it is asked for them; exports and plans do not.
    assert read(world, left="0").matching == 1
    assert read(world, left="1").matching == 2
    assert read(world, item_id=desk.assignment).matching == 2
    assert read(world, item_id=uuid.uuid4()).matching == 0


def test_another_classs_scores_are_not_there(world: World, desk: Desk) -> None:
    desk.score(5)
    with transaction(world.tenant_id):
        assert board.read(uuid.uuid4(), Filter()).lines == []


def test_graded_scores_without_a_column_are_told(world: World, desk: Desk) -> None:
    desk.score(5)
    with transaction(world.tenant_id):
        assert board_choices.without_column(world.class_id) == 0
        session().execute(
            sa.text(
                "INSERT INTO gradebook_entries (id, tenant_id, student_id, content_item_id, score_obtained, max_score,"
                " status) VALUES (gen_random_uuid(), :t, :s, :i, 3, 10, 'graded')"
            ),
            {"t": world.tenant_id, "s": desk.student, "i": world_assignment(world)},
        )
        assert board_choices.without_column(world.class_id) == 1


def world_assignment(world: World) -> uuid.UUID:
    """Make an item that no LMS has a column for."""
    module, item = uuid.uuid4(), uuid.uuid4()
    session().execute(
        sa.text("INSERT INTO modules (id, tenant_id, class_id, title, order_index) VALUES (:m, :t, :c, 'Extra', 500)"),
        {"m": module, "t": world.tenant_id, "c": world.class_id},
    )
    session().execute(
        sa.text(
            "INSERT INTO content_items (id, tenant_id, module_id, type, title, order_index)"
            " VALUES (:i, :t, :m, 'quiz', 'Extra', 0)"
        ),
        {"i": item, "m": module, "t": world.tenant_id},
    )
    return item


def test_sending_again_says_first_what_it_would_do(world: World, desk: Desk, lms: ScriptedPlatform) -> None:
    failed(desk, lms)
    overridden(desk.neighbour(), lms)
    desk.neighbour().score(3)
    with transaction(world.tenant_id):
        plan = board_operations.plan(Selection(world.class_id, Filter()), at=NOW)
    assert (plan.plain, plan.over, plan.under_way, plan.left_out) == (1, 1, 1, 1)


def test_a_grade_that_somebody_set_is_replaced_only_on_a_word_of_its_own(
    world: World, desk: Desk, lms: ScriptedPlatform
) -> None:
    overridden(desk, lms)
    assert send_again(world) == 0
    assert desk.last.status == "overridden"
    assert send_again(world, over=True) == 1
    desk.later(minutes=6)
    assert desk.carry() == "verified"
    assert lms.scores[desk.sub]["scoreGiven"] == 8
    with transaction(world.tenant_id):
        event = session().scalars(sa.select(ScoreDeliveryEvent).where(ScoreDeliveryEvent.kind == "resent")).one()
    assert (event.actor_id, event.words) == (world.teacher_id, "Also over the grade that was set in the LMS.")


def test_pressing_twice_sends_once(world: World, desk: Desk, lms: ScriptedPlatform) -> None:
    failed(desk, lms)
    assert send_again(world) == 1
    assert send_again(world) == 0, "it is on its way"
    desk.later(minutes=6)
    assert desk.carry() == "verified"
    assert send_again(world) == 0, "it was sent since the page was shown"
    assert len(desk.posts()) == 2, "the one that failed, and one more"


def test_what_is_sent_again_has_a_later_time_than_all_before(world: World, desk: Desk, lms: ScriptedPlatform) -> None:
    desk.later(days=2)
    failed(desk, lms)
    assert send_again(world) == 1, "long before the first, by this clock"
    assert desk.carry() == "verified"
    first, second = desk.posts()
    assert first["timestamp"] < second["timestamp"]


def test_a_score_with_a_newer_one_is_not_sent_again(world: World, desk: Desk, lms: ScriptedPlatform) -> None:
    older = failed(desk, lms)
    desk.score(9)
    assert send_again(world, ids={older}) == 0
    assert [row.status for row in desk.rows()] == ["failed", "pending"]


def test_only_what_matches_or_is_named_is_sent(world: World, desk: Desk, lms: ScriptedPlatform) -> None:
    first = failed(desk, lms, 403)
    second = failed(desk.neighbour(), lms, 422)
    third = failed(desk.neighbour(), lms, 422)
    assert send_again(world, ids={first}) == 1
    assert send_again(world, status="failed", why=read(world).reasons[0].key) == 2
    assert read(world).counts == {"pending": 3}
    assert send_again(world, ids={second, third, uuid.uuid4()}) == 0


def test_the_trail_shows_every_revision_and_step(world: World, desk: Desk, lms: ScriptedPlatform) -> None:
    failed(desk, lms)
    send_again(world)
    desk.later(minutes=6)
    desk.score(9)
    with transaction(world.tenant_id):
        found = queries.trail(world.class_id, desk.student, desk.assignment)
    assert found is not None
    newer, older = found.revisions
    assert [step.kind for step in newer.steps] == ["queued"]
    assert [step.kind for step in older.steps] == ["superseded", "resent", "failed", "queued"]
    pressed = next(step for step in older.steps if step.kind == "resent")
    assert pressed.actor == "Marta Lindqvist"


def test_the_page_asks_before_it_sends(world: World, desk: Desk, lms: ScriptedPlatform, browser_of: Browser) -> None:
    overridden(desk, lms)
    failed(desk.neighbour(), lms)
    teacher = browser_of(world.teacher_id)
    page = teacher.get(f"/classes/{world.class_id}/deliveries?status=trouble")
    assert page.status_code == 200
    assert "Why the LMS did not take them" in page.text
    url = f"/classes/{world.class_id}/deliveries/resend"
    asked = teacher.post(url, data={"what": "matching", "status": "trouble"})
    assert "1 grade was changed by somebody in the LMS" in asked.text
    assert desk.last.status == "overridden"
    form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', asked.text))
    assert form.pop("over") == "yes"
    done = teacher.post(url, data=form)
    assert done.status_code == 303
    assert "sent=1" in done.headers["Location"]
    assert desk.last.status == "overridden"
    assert "1 score is on the way again" in teacher.get(done.headers["Location"]).text


@pytest.mark.parametrize("form", [{}, {"what": "chosen"}, {"what": "x"}, {"what": "class", "confirmed": "yes"}])
def test_a_form_that_names_nothing_sends_nothing(
    world: World, desk: Desk, browser_of: Browser, form: dict[str, str]
) -> None:
    desk.score(4)
    answer = browser_of(world.teacher_id).post(f"/classes/{world.class_id}/deliveries/resend", data=form)
    assert answer.status_code == 400
    assert "board" in answer.text


def test_filters_that_mean_nothing_are_left_open(world: World, desk: Desk, browser_of: Browser) -> None:
    desk.score(4)
    query = "status=odd&item_id=1&sorting=up&page=-3&search=%00&why=%27&platform_id=x"
    page = browser_of(world.teacher_id).get(f"/classes/{world.class_id}/deliveries?{query}")
    assert page.status_code == 200


@pytest.mark.parametrize("role", [Role.STUDENT, Role.OBSERVER])
def test_the_trail_is_the_staffs(world: World, desk: Desk, browser_of: Browser, role: Role) -> None:
    desk.score(4)
    url = f"/classes/{world.class_id}/students/{desk.student}/items/{desk.assignment}/scores"
    assert browser_of(world.user(role)).get(url).status_code == 403
    assert browser_of(world.user(Role.ASSISTANT)).get(url).status_code == 200


def test_a_big_class_takes_no_more_questions_than_a_small_one(
    app: flask.Flask, world: World, browser_of: Browser
) -> None:
    big_class.fill(world, students=200, items=10)
    teacher = browser_of(world.teacher_id)
    # Which sessions were ended is read once a minute, with the first page.
    teacher.get(f"/classes/{world.class_id}")
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    sa.event.listen(db.engine, "before_cursor_execute", note)
    page = teacher.get(f"/classes/{world.class_id}/deliveries?sorting=student&page=7")
    sa.event.remove(db.engine, "before_cursor_execute", note)
    assert "Page 7 of 20" in page.text
    assert page.text.count('name="delivery"') == 100 - page.text.count("Waiting to be sent")
    assert len(asked) <= 16
    assert read(world, sorting=Sorting.OLDEST).total == 2000


def test_a_whole_big_class_is_sent_again(world: World) -> None:
    big_class.fill(world, students=150, items=4)
    before = read(world).counts
    assert send_again(world) == 600 - before["pending"] - before["overridden"]
    assert set(read(world).counts) == {"pending", "overridden"}
