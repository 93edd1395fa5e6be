"""Columns that are not there: made on a teacher's word, and never twice."""

import concurrent.futures
import json
import uuid
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient

from lti_grader.classes.models import Role
from lti_grader.core.db import session, transaction
from lti_grader.lti import claims as c
from lti_grader.lti.columns import jobs, tending
from lti_grader.lti.models import ClassContext, Platform, ProductFamily
from tests.lti.columns.bench import (
    ITEMS,
    Bench,
    Gradebook,
    again,
    bench_title,
    link,
    page,
    press,
)
from tests.lti.conftest import Browser, Run
from tests.lti.scripted import LOST, Answer, Asked


def test_a_missing_column_is_made_on_a_teachers_word_and_takes_the_scores(
    bench: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    bench.score_now(8)
    assert "This LMS has no column for it" in page(bench, teacher)
    press(bench, teacher)
    assert (bench.item.state, bench.item.url, bench.item.asked_by_name) == ("asked", None, "Marta Lindqvist")
    assert "1 score waits" in page(bench, teacher)
    assert bench.pump().carried == 0, "nothing is sent to a column that is nowhere"
    assert bench.tend() == "ok"
    (body,) = book.posts()
    assert body == {
        "label": bench.item.label, "scoreMaximum": 10.0, "resourceId": str(bench.assignment), "tag": "lti_grader",
    }  # fmt: skip
    assert bench.pump().carried == 1
    assert bench.last.status == "verified"
    assert "In the LMS" in page(bench, teacher)


def test_a_lost_answer_makes_no_second_column(bench: Bench, book: Gradebook, teacher: FlaskClient) -> None:
    press(bench, teacher)
    bench.lms.script[ITEMS] = [None, None, (LOST, {}, {})]
    assert bench.tend() == "asked"
    assert len(book.columns) == 1, "it was made all the same"
    assert bench.tend() == "not owed", "the next try has its time"
    bench.later(minutes=1)
    assert bench.tend() == "ok"
    assert (len(book.columns), len(book.posts())) == (1, 1)
    assert bench.item.url in {one["id"] for one in book.columns.values()}


def test_a_worker_that_dies_after_the_post_makes_no_second_column(
    bench: Bench, book: Gradebook, teacher: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(bench, teacher)

    def die(*_: Any, **__: Any) -> str:
        raise SystemExit

    with monkeypatch.context() as killed, pytest.raises(SystemExit):
        killed.setattr(tending.settling, "settle", die)
        bench.tend()
    assert len(book.columns) == 1
    bench.later(minutes=10)
    assert bench.tend() == "ok"
    assert len(book.columns) == 1


@pytest.mark.parametrize("filters", [True, False])
def test_a_column_that_is_there_already_is_taken(
    bench: Bench, book: Gradebook, teacher: FlaskClient, *, filters: bool
) -> None:
    book.filters = filters
    book.add(resourceId="another")
    mine = book.add(resourceId=str(bench.assignment), tag="lti_grader", label=bench_title(bench))
    press(bench, teacher)
    assert bench.tend() == "ok"
    assert bench.item.url == mine
    assert book.posts() == []


def test_the_column_that_the_lms_made_for_the_link_is_taken(
    bench: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    link(bench)
    mine = book.add(resourceLinkId="link-1", label="As the teacher calls it")
    press(bench, teacher)
    assert bench.tend() == "ok"
    assert bench.item.url == mine
    assert book.columns[mine.removeprefix(bench.lms.url)]["label"] == "As the teacher calls it"


def test_only_moodle_is_told_of_the_link(bench: Bench, book: Gradebook, teacher: FlaskClient) -> None:
    with transaction(bench.world.tenant_id):
        session().get_one(Platform, bench.world.platform_id).product_family = ProductFamily.MOODLE
    link(bench)
    press(bench, teacher)
    assert bench.tend() == "ok"
    assert book.posts()[0]["resourceLinkId"] == "link-1"


def test_an_lms_that_is_down_is_asked_again(bench: Bench, book: Gradebook, teacher: FlaskClient) -> None:
    press(bench, teacher)
    bench.lms.script[ITEMS] = [(503, {}, "maintenance")]
    assert bench.tend() == "asked"
    assert "fault of its own (503)" in page(bench, teacher)
    bench.later(minutes=1)
    assert bench.tend() == "ok"


@pytest.mark.parametrize(
    ("status", "words"), [(403, "grants the scope for line items"), (400, "wrong in form"), (412, "with points")]
)
def test_a_refusal_is_said_in_words_and_can_be_tried_again(
    bench: Bench, book: Gradebook, teacher: FlaskClient, status: int, words: str
) -> None:
    press(bench, teacher)
    bench.lms.script[ITEMS] = [None, None, (status, {}, {"error": "because"})]
    assert bench.tend() == "refused"
    text = page(bench, teacher)
    assert words in text
    assert "because" in text
    again(bench, teacher)
    assert bench.tend() == "ok"
    assert len(book.columns) == 1


def test_pressing_twice_makes_one(bench: Bench, book: Gradebook, teacher: FlaskClient) -> None:
    press(bench, teacher)
    press(bench, teacher)
    assert bench.tend() == "ok"
    assert bench.tend() == "not owed"
    assert len(book.posts()) == 1


def test_a_launch_that_brings_the_column_meanwhile_is_it(bench: Bench, book: Gradebook, teacher: FlaskClient) -> None:
    bench.score_now(8)
    press(bench, teacher)
    link(bench, bench.lms.column)
    assert (bench.item.state, bench.item.url) == ("ok", bench.lms.column)
    assert bench.tend() == "not owed"
    bench.pump()
    assert bench.last.status == "verified"


def test_without_the_scope_the_page_says_who_grants_it(bench: Bench, teacher: FlaskClient) -> None:
    with transaction(bench.world.tenant_id):
        session().get_one(ClassContext, bench.world.context_id).ags_scopes = [c.SCORE]
    assert "does not let this tool make columns" in page(bench, teacher)
    form = {"course": str(bench.world.context_id), "item": str(bench.assignment)}
    answer = teacher.post(f"/classes/{bench.world.class_id}/columns", data=form)
    assert answer.status_code == 409
    assert "does not let this tool make columns" in answer.text


def test_assistants_look_and_make_none(bench: Bench, browser_of: Browser) -> None:
    helper = browser_of(bench.world.user(Role.ASSISTANT))
    assert "Make one" not in page(bench, helper)
    form = {"course": str(bench.world.context_id), "item": str(bench.assignment)}
    assert helper.post(f"/classes/{bench.world.class_id}/columns", data=form).status_code == 403


def test_nonsense_for_a_list_makes_nothing(bench: Bench, book: Gradebook, teacher: FlaskClient) -> None:
    press(bench, teacher)
    bench.lms.script[ITEMS] = [(200, {}, {"no": "list"})]
    assert bench.tend() == "asked"
    assert book.posts() == []
    bench.lms.script[ITEMS] = [(200, {}, [{"id": 5}, "x", {"id": "http://elsewhere.example/1", "resourceId": str(bench.assignment)}])] * 2  # fmt: skip
    bench.later(minutes=1)
    assert bench.tend() == "ok"
    assert len(book.posts()) == 1, "what lies at another server is none of this course's"


def test_an_lms_that_says_not_where_it_made_it_is_looked_through(
    bench: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    press(bench, teacher)
    usual = bench.lms.answer

    def silent(asked: Asked) -> Answer:
        status, headers, said = usual(asked)
        return (status, headers, "") if (asked.path, asked.method) == (ITEMS, "POST") else (status, headers, said)

    bench.lms.answer = silent  # type: ignore[method-assign]
    assert bench.tend() == "asked"
    bench.later(minutes=1)
    assert bench.tend() == "ok"
    assert len(book.columns) == 1


def test_of_many_workers_with_one_column_one_makes_it(
    app: flask.Flask, bench: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    press(bench, teacher)
    column_id = bench.item.id

    def tend(_: int) -> str:
        with app.app_context():
            return tending.tend(bench.world.tenant_id, column_id, bench.held, lambda: bench.at)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        done = list(pool.map(tend, range(8)))
    assert sorted(done) == ["not owed"] * 7 + ["ok"]
    assert len(book.columns) == 1


def test_what_is_owed_to_columns_is_swept_until_it_is_done(bench: Bench, book: Gradebook, teacher: FlaskClient) -> None:
    assert jobs.due(at=bench.at) == []
    press(bench, teacher)
    assert jobs.due(at=bench.at) == [(bench.world.tenant_id, bench.item.id)]
    bench.lms.script[ITEMS] = [(503, {}, "maintenance")]
    bench.tend()
    assert jobs.due(at=bench.at) == []
    bench.later(minutes=1)
    assert jobs.due(at=bench.at) == [(bench.world.tenant_id, bench.item.id)]
    bench.tend()
    bench.later(days=2)
    assert jobs.due(at=bench.at) == []


def test_a_right_that_was_taken_back_meanwhile_is_named(bench: Bench, book: Gradebook, teacher: FlaskClient) -> None:
    press(bench, teacher)
    with transaction(bench.world.tenant_id):
        session().get_one(ClassContext, bench.world.context_id).ags_scopes = [c.LINE_ITEM_READ, c.SCORE]
    assert bench.tend() == "refused"
    assert "grants the scope for line items" in (bench.item.last_error or "")
    assert book.posts() == []


def test_given_up_after_many_tries_it_waits_for_a_person(bench: Bench, book: Gradebook, teacher: FlaskClient) -> None:
    press(bench, teacher)
    for _ in range(bench.held.settings.delivery_max_tries):
        bench.lms.script[ITEMS] = [(500, {}, "broken")]
        said = bench.tend()
        bench.later(hours=1)
    assert said == "refused"
    assert (bench.item.last_error or "").startswith("Given up after")


def test_from_the_shell(bench: Bench, book: Gradebook, run: Run) -> None:
    bench.score_now(8)
    class_id = str(bench.world.class_id)
    code, said, _ = run("columns", "list", class_id, "--json")
    (line,) = json.loads(said)
    assert (code, line["state"], line["url"], line["maximum"]) == (0, "none", None, 10)
    code, said, _ = run("columns", "make", class_id)
    assert (code, said.split("\t")[2]) == (0, "ok"), said
    assert bench.item.asked_by_name == "An operator, from the shell"
    assert len(book.posts()) == 1
    assert "no column is missing" in run("columns", "make", class_id)[1]
    assert str(bench.item.url) in run("columns", "list", class_id)[1]
    assert "no class of that id" in run("columns", "list", str(uuid.uuid4()))[2]
