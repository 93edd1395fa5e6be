"""Columns that somebody deletes in the LMS: noticed, found again or made anew, with every score."""

import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.core.db import session, transaction
from lti_grader.lti import reconciliation
from lti_grader.lti.columns import reads
from lti_grader.lti.models import ColumnState, LineItem
from tests.lti.columns.bench import Bench, Gradebook, again, bench_title, column_of, delete, link, rename


def test_a_deleted_column_is_noticed_and_its_scores_wait(filled: Bench, book: Gradebook, teacher: FlaskClient) -> None:
    delete(filled, book)
    filled.rescore(9)
    assert filled.carry() == "waiting"
    assert filled.item.state == "missing"
    assert (filled.last.status, filled.pump().carried) == ("pending", 0)
    assert "The score waits" in (filled.last.last_error or "")
    assert "1 column is gone" in teacher.get(f"/classes/{filled.world.class_id}/deliveries").text
    again(filled, teacher)
    assert filled.tend() == "ok"
    filled.pump()
    assert filled.last.status == "verified"
    assert filled.lms.scores[filled.sub]["scoreGiven"] == 9


def test_a_404_for_a_student_is_no_lost_column(filled: Bench, book: Gradebook) -> None:
    filled.rescore(9)
    path = (filled.item.url or "").removeprefix(filled.lms.url)
    filled.lms.script[f"{path}/scores"] = [(404, {}, {"error": "no such user"})]
    assert filled.carry() == "failed"
    assert filled.item.state == "ok"


def test_a_column_made_anew_gets_every_score_that_is_known(
    filled: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    first = filled.lms.scores[filled.sub]
    delete(filled, book)
    reconciliation.reconcile(filled.world.tenant_id, filled.world.context_id, filled.held, lambda: filled.at)
    assert filled.item.state == "missing", "the nightly comparison notices it as well"
    old = filled.item.url
    again(filled, teacher)
    assert filled.tend() == "ok"
    assert filled.item.url != old
    filled.pump()
    assert filled.last.status == "verified"
    second = filled.lms.scores[filled.sub]
    assert (second["scoreGiven"], second["timestamp"] > first["timestamp"]) == (8, True)


def test_a_grade_that_stands_in_the_column_found_anew_is_not_written_over(
    filled: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    delete(filled, book)
    reconciliation.reconcile(filled.world.tenant_id, filled.world.context_id, filled.held, lambda: filled.at)
    book.add(resourceId=str(filled.assignment), label=bench_title(filled))
    filled.lms.scores[filled.sub] = {"userId": filled.sub, "scoreGiven": 3, "scoreMaximum": 10}
    again(filled, teacher)
    assert filled.tend() == "ok"
    filled.pump()
    assert (filled.last.status, filled.last.lms_holds) == ("overridden", 3)
    assert len(book.posts()) == 1, "it was found, and not made"


def test_a_column_that_comes_back_is_noticed_by_itself(filled: Bench, book: Gradebook) -> None:
    kept = dict(book.columns)
    book.columns.clear()
    filled.rescore(9)
    assert filled.carry() == "waiting"
    filled.later(hours=2)
    assert filled.tend() == "missing"
    book.columns |= kept
    filled.later(hours=1)
    assert filled.tend() == "not owed"
    filled.later(hours=3)
    assert filled.tend() == "ok"
    filled.pump()
    assert filled.last.status == "verified"


def test_an_item_that_is_placed_anew_takes_the_lost_columns_scores(filled: Bench, book: Gradebook) -> None:
    delete(filled, book)
    reconciliation.reconcile(filled.world.tenant_id, filled.world.context_id, filled.held, lambda: filled.at)
    link(filled, book.add(label="Placed again"))
    assert filled.item.state == "asked"
    assert filled.tend() == "ok"
    filled.pump()
    assert filled.last.status == "verified"
    assert len(book.posts()) == 1


def test_a_column_that_is_gone_when_it_is_changed_is_lost(filled: Bench, book: Gradebook, teacher: FlaskClient) -> None:
    delete(filled, book)
    rename(filled, teacher, "Doubling")
    assert filled.tend() == "missing"
    again(filled, teacher)
    assert filled.tend() == "ok"
    assert column_of(filled, book)["label"] == "Doubling"


def test_a_column_that_is_gone_beside_another_for_the_same_assignment_is_no_trouble(
    filled: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    class_id, page = filled.world.class_id, f"/classes/{filled.world.class_id}/columns"
    delete(filled, book)
    filled.rescore(9)
    filled.carry()
    assert [one.state for one in trouble(filled)] == ["missing"]
    second = filled.world.column(filled.assignment, f"{filled.lms.url}/lineitems/77")
    assert trouble(filled) == []
    assert "gone" not in teacher.get(f"/classes/{class_id}/deliveries").text
    shown = teacher.get(page).text
    assert "another column for it, which gets every score" in shown
    assert "Make it again" in shown
    with transaction(filled.world.tenant_id):
        session().get_one(LineItem, second).state = ColumnState.MISSING
    assert [one.state for one in trouble(filled)] == ["missing", "missing"]
    with transaction(filled.world.tenant_id):
        session().execute(sa.update(LineItem).values(state=ColumnState.OK))
    assert "has 2 columns for it" in teacher.get(page).text


def trouble(bench: Bench) -> list[reads.Trouble]:
    with transaction(bench.world.tenant_id):
        return reads.in_trouble(bench.world.class_id)
