"""What LMSs hold, compared with what we believe: nothing is written over, and what is told is right."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from lti_grader.cli import scores as cli
from lti_grader.core.db import session, transaction
from lti_grader.lti import board_reconciliations, reconciliation
from lti_grader.lti.board_models import Reconciliation, ScoreDeliveryEvent
from lti_grader.lti.errors import ReconciliationBusy
from lti_grader.lti.models import ClassContext, Platform
from tests.fixtures.world import World
from tests.lti.conftest import Browser
from tests.lti.desk import RESULTS, Desk
from tests.lti.scripted import Asked, ScriptedPlatform


def run(desk: Desk) -> Reconciliation:
    world = desk.world
    run_id = reconciliation.reconcile(world.tenant_id, world.context_id, desk.held, lambda: desk.at)
    assert run_id is not None
    with transaction(world.tenant_id):
        return session().get_one(Reconciliation, run_id)


def found(desk: Desk, row: Reconciliation) -> list[tuple[Any, ...]]:
    with transaction(desk.world.tenant_id):
        lines = board_reconciliations.findings(row.id)
        return [(one.row.kind, one.row.ours, one.row.theirs) for one in lines]


def arrived(desk: Desk, points: int = 8) -> None:
    desk.score(points)
    assert desk.carry() == "verified"


def test_where_all_is_as_we_believe_nothing_is_found(desk: Desk, lms: ScriptedPlatform) -> None:
    arrived(desk)
    arrived(desk.neighbour(), 0)
    done = run(desk)
    assert (done.columns, done.compared, done.differing, done.error) == (1, 2, 0, None)
    assert done.finished_at == desk.at
    assert desk.last.status == "verified"


def test_a_grade_that_somebody_changed_is_told_and_left(desk: Desk, lms: ScriptedPlatform) -> None:
    arrived(desk)
    lms.scores[desk.sub]["scoreGiven"] = 3
    assert found(desk, run(desk)) == [("different", 8, 3)]
    assert (desk.last.status, desk.last.lms_holds) == ("overridden", 3)
    assert len(desk.posts()) == 1
    assert found(desk, run(desk)) == [], "told once"
    lms.scores[desk.sub]["scoreGiven"] = 5
    assert found(desk, run(desk)) == [("different", 8, 5)], "and again when it changes again"


def test_a_score_that_is_gone_is_owed_again(desk: Desk, lms: ScriptedPlatform) -> None:
    arrived(desk)
    lms.scores.clear()
    assert found(desk, run(desk)) == [("missing", 8, None)]
    assert desk.last.status == "pending"
    desk.later(seconds=5)
    assert desk.carry() == "verified"
    first, second = desk.posts()
    assert first["timestamp"] < second["timestamp"]


def test_a_score_that_is_gone_after_somebody_changed_it_is_left_to_a_person(desk: Desk, lms: ScriptedPlatform) -> None:
    arrived(desk)
    lms.scores[desk.sub]["scoreGiven"] = 3
    run(desk)
    lms.scores.clear()
    assert found(desk, run(desk)) == [("missing", 8, None)]
    assert (desk.last.status, desk.last.lms_holds) == ("overridden", None)
    assert "holds no grade any more" in desk.last.last_error
    assert found(desk, run(desk)) == []


def test_what_was_set_back_to_ours_is_verified_again(desk: Desk, lms: ScriptedPlatform) -> None:
    arrived(desk)
    lms.scores[desk.sub]["scoreGiven"] = 3
    run(desk)
    lms.scores[desk.sub]["scoreGiven"] = 8
    assert found(desk, run(desk)) == [("arrived", 8, 8)]
    assert (desk.last.status, desk.last.last_error) == ("verified", None)
    with transaction(desk.world.tenant_id):
        kinds = session().scalars(sa.select(ScoreDeliveryEvent.kind).order_by(ScoreDeliveryEvent.id)).all()
    assert kinds == ["queued", "sent", "verified", "overridden", "reconciled"]


def test_grades_of_others_are_told(desk: Desk, lms: ScriptedPlatform) -> None:
    arrived(desk)
    other = desk.neighbour()
    for sub in (other.sub, "stranger"):
        lms.scores[sub] = {"userId": sub, "scoreGiven": 6, "scoreMaximum": 10}
    assert sorted(found(desk, run(desk))) == [("lms_only", None, 6), ("unknown_user", None, 6)]


def test_a_zero_that_the_lms_leaves_out_is_no_difference(desk: Desk, lms: ScriptedPlatform) -> None:
    arrived(desk, 0)
    lms.script[RESULTS] = [(200, {}, [{"userId": desk.sub, "resultMaximum": 10}])]
    assert found(desk, run(desk)) == []


def test_other_maxima_are_no_difference(desk: Desk, lms: ScriptedPlatform) -> None:
    arrived(desk)
    lms.script[RESULTS] = [(200, {}, [{"userId": desk.sub, "resultScore": 80, "resultMaximum": 100}])]
    assert found(desk, run(desk)) == []


def test_all_pages_are_read(desk: Desk, lms: ScriptedPlatform) -> None:
    arrived(desk)
    other = desk.neighbour()
    arrived(other, 5)
    usual = lms.answer

    def paged(asked: Asked) -> Any:
        if not asked.path.endswith("/results"):
            return usual(asked)
        sub = other.sub if asked.query.get("page") else desk.sub
        more = {} if asked.query.get("page") else {"Link": f'<{lms.url}{RESULTS}?type_id=3&page=2>; rel="next"'}
        score = lms.scores[sub]["scoreGiven"]
        return 200, more, [{"userId": sub, "resultScore": score, "resultMaximum": 10}]

    lms.answer = paged  # type: ignore[method-assign]
    done = run(desk)
    assert (done.compared, done.differing) == (2, 0)


def test_a_column_that_is_gone_is_told_on_the_board(desk: Desk, lms: ScriptedPlatform, browser_of: Browser) -> None:
    arrived(desk)
    lms.script[RESULTS] = [(404, {}, {"error": "nothing here"})]
    assert found(desk, run(desk)) == [("unreadable", None, None)], "the column itself is there"
    for path in (RESULTS, "/lineitems/1"):
        lms.script[path] = [(404, {}, {"error": "no such line item"})]
    assert found(desk, run(desk)) == [("column_gone", None, None)]
    assert desk.last.status == "verified", "what is believed is not changed by what could not be read"
    page = browser_of(desk.world.teacher_id).get(f"/classes/{desk.world.class_id}/deliveries").text
    assert "1 column is gone from the LMS" in page


@pytest.mark.parametrize("answer", [(500, {}, "broken"), (200, {}, {"no": "list"}), (429, {}, "slow down")])
def test_an_lms_that_cannot_be_read_changes_nothing(desk: Desk, lms: ScriptedPlatform, answer: Any) -> None:
    arrived(desk)
    lms.script[RESULTS] = [answer] * 3
    done = run(desk)
    assert done.error
    assert done.finished_at is not None
    assert desk.last.status == "verified"


def test_nonsense_for_one_student_is_told_and_the_others_are_compared(desk: Desk, lms: ScriptedPlatform) -> None:
    arrived(desk)
    other = desk.neighbour()
    arrived(other, 5)
    said = [{"userId": desk.sub, "resultScore": "many"}, {"userId": other.sub, "resultScore": 4, "resultMaximum": 10}]
    lms.script[RESULTS] = [(200, {}, said)]
    assert sorted(found(desk, run(desk))) == [("different", 5, 4), ("unreadable", 8, None)]


def test_an_lms_that_is_switched_off_is_not_asked(desk: Desk, lms: ScriptedPlatform) -> None:
    arrived(desk)
    with transaction(desk.world.tenant_id):
        session().get_one(Platform, desk.world.platform_id).disabled_at = desk.at
    before = len(lms.asked)
    assert "switched off" in (run(desk).error or "")
    assert len(lms.asked) == before


def test_one_course_is_compared_once_at_a_time(desk: Desk, lms: ScriptedPlatform) -> None:
    arrived(desk)
    desk.held.kv.put(f"lti:reconciling:{desk.world.context_id}", "1", 60)
    with pytest.raises(ReconciliationBusy):
        run(desk)


def test_scores_on_their_way_are_left_alone(desk: Desk, lms: ScriptedPlatform) -> None:
    arrived(desk)
    desk.score(9)
    assert found(desk, run(desk)) == []
    assert [row.status for row in desk.rows()] == ["verified", "pending"]


@pytest.mark.parametrize(("clock", "done"), [(1, 1), (6, 1), (7, 0), (0, 0)])
def test_the_nights_round_takes_what_was_left_longest(desk: Desk, lms: ScriptedPlatform, clock: int, done: int) -> None:
    arrived(desk)
    night = dt.datetime(2026, 3, 3, clock, 30, tzinfo=dt.UTC)
    assert reconciliation.reconcile_due(desk.held, lambda: night, hour=1) == done
    assert reconciliation.reconcile_due(desk.held, lambda: night, hour=1) == 0, "once a night"
    with transaction(desk.world.tenant_id):
        assert (session().get_one(ClassContext, desk.world.context_id).reconciled_at == night) == bool(done)


def test_by_the_page_somebody_asks_and_reads_the_differences(
    desk: Desk, lms: ScriptedPlatform, browser_of: Browser, world: World
) -> None:
    arrived(desk)
    lms.scores[desk.sub]["scoreGiven"] = 3
    teacher, url = browser_of(world.teacher_id), f"/classes/{world.class_id}/comparisons"
    assert "Nothing was compared yet" in teacher.get(url).text
    assert teacher.post(url).status_code == 303
    assert "Under way" in teacher.get(url).text
    with transaction(world.tenant_id):
        asked = session().scalars(sa.select(Reconciliation)).one()
    reconciliation.reconcile(world.tenant_id, world.context_id, desk.held, lambda: desk.at, run_id=asked.id)
    page = teacher.get(url).text
    assert "Marta Lindqvist" in page
    assert "The LMS holds another grade" in page


def test_from_the_shell(desk: Desk, lms: ScriptedPlatform, monkeypatch: pytest.MonkeyPatch, app: Any) -> None:
    arrived(desk)
    lms.scores[desk.sub]["scoreGiven"] = 3
    monkeypatch.setattr(cli, "create_app", lambda: app)
    said = CliRunner().invoke(cli.command, ["reconcile", str(desk.world.class_id)])
    assert said.exit_code == 0, said.output
    assert "1 columns, 1 scores, 1 differences" in said.output
    assert "different\t" in said.output
    none = CliRunner().invoke(cli.command, ["reconcile", str(uuid.uuid4())])
    assert "no class of that id" in none.output
    assert desk.last.lms_holds == Decimal(3)
