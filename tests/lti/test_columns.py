"""Columns that are not there: made on a teacher's word and never twice, lost and found again, with every score."""

import concurrent.futures
import datetime as dt
import json
import uuid
from decimal import Decimal
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.assignments.models import Assignment
from lti_grader.classes.models import Role
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.events import ScoreChanged
from lti_grader.lti import claims as c
from lti_grader.lti import passback, reconciliation
from lti_grader.lti.columns import fill_column, jobs, tending
from lti_grader.lti.models import ClassContext, LineItem, Platform, ProductFamily, ResourceLink
from tests.fixtures.world import World
from tests.lti.conftest import Browser, Run
from tests.lti.desk import Desk
from tests.lti.scripted import LOST, Answer, Asked, ScriptedPlatform

ITEMS = "/lineitems"


class Gradebook:
    """The columns of a scripted platform's course, which can be made, changed and deleted."""

    def __init__(self, lms: ScriptedPlatform) -> None:
        self.lms, self.columns, self.count = lms, dict[str, dict[str, Any]](), 0
        self.filters = True
        self._usual = lms.answer
        lms.answer = self.answer  # type: ignore[method-assign]

    def add(self, **more: Any) -> str:
        self.count += 1
        path = f"{ITEMS}/made-{self.count}"
        self.columns[path] = {"id": f"{self.lms.url}{path}", "label": "Week 1", "scoreMaximum": 10, **more}
        return str(self.columns[path]["id"])

    def answer(self, asked: Asked) -> Answer:
        if asked.path == ITEMS and asked.method == "POST":
            url = self.add(**{name: value for name, value in asked.json.items() if name != "id"})
            return 201, {}, self.columns[url.removeprefix(self.lms.url)]
        if asked.path == ITEMS:
            wanted = asked.query.get("resource_id") if self.filters else None
            return 200, {}, [one for one in self.columns.values() if wanted in (None, one.get("resourceId"))]
        if asked.path in self.columns:
            if asked.method == "PUT":
                self.columns[asked.path] |= {**asked.json, "id": self.columns[asked.path]["id"]}
            return 200, {}, self.columns[asked.path]
        place = asked.path.rpartition("/")[0]
        if asked.path.startswith(f"{ITEMS}/made-") and place not in self.columns:
            return 404, {}, {"error": "no such line item"}
        return self._usual(asked)

    def posts(self) -> list[Any]:
        return [one.json for one in self.lms.to(ITEMS) if one.method == "POST"]


@pytest.fixture
def book(world: World, lms: ScriptedPlatform) -> Gradebook:
    with transaction(world.tenant_id):
        context = session().get_one(ClassContext, world.context_id)
        context.line_items_url = f"{lms.url}{ITEMS}"
        context.ags_scopes = [c.LINE_ITEM, c.RESULT, c.SCORE]
    return Gradebook(lms)


class Bench(Desk):
    """A student whose assignment has no column yet."""

    def __init__(self, world: World, lms: ScriptedPlatform) -> None:
        super().__init__(world, lms)
        with transaction(world.tenant_id):
            session().execute(sa.delete(LineItem))

    def score_now(self, points: int) -> None:
        """Let the gradebook have a score, whatever columns there are."""
        with transaction(self.world.tenant_id):
            entry = self._entry(status="graded", score_obtained=points, revision=1)
            session().flush()
            passback.queue_score(ScoreChanged(entry.id, self.at))

    def tend(self) -> str:
        return tending.tend(self.world.tenant_id, self.item.id, self.held, lambda: self.at)

    def rescore(self, points: int) -> None:
        """Let the score of before be another one now."""
        self.column, self.revision = self.item.id, 1
        self.score(points)

    @property
    def item(self) -> LineItem:
        with transaction(self.world.tenant_id):
            return session().scalars(sa.select(LineItem)).one()


@pytest.fixture
def bench(world: World, lms: ScriptedPlatform, book: Gradebook) -> Bench:
    return Bench(world, lms)


@pytest.fixture
def teacher(bench: Bench, browser_of: Browser) -> FlaskClient:
    return browser_of(bench.world.teacher_id)


def press(bench: Bench, teacher: FlaskClient) -> None:
    """Ask for the column by the page."""
    form = {"course": str(bench.world.context_id), "item": str(bench.assignment)}
    assert teacher.post(f"/classes/{bench.world.class_id}/columns", data=form).status_code == 303
    bench.at = max(bench.at, dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1))


def page(bench: Bench, teacher: FlaskClient) -> str:
    return teacher.get(f"/classes/{bench.world.class_id}/columns").text


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


def bench_title(bench: Bench) -> str:
    with transaction(bench.world.tenant_id):
        return session().get_one(Assignment, bench.assignment).title


def test_the_column_that_the_lms_made_for_the_link_is_taken(
    bench: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    link(bench)
    mine = book.add(resourceLinkId="link-1", label="As the teacher calls it")
    press(bench, teacher)
    assert bench.tend() == "ok"
    assert bench.item.url == mine
    assert book.columns[mine.removeprefix(bench.lms.url)]["label"] == "As the teacher calls it"


def link(bench: Bench, url: str | None = None) -> uuid.UUID:
    """Place a link to the assignment in the course."""
    with transaction(bench.world.tenant_id):
        context = session().get_one(ClassContext, bench.world.context_id)
        row = ResourceLink(
            tenant_id=bench.world.tenant_id, deployment_id=context.deployment_id, class_context_id=context.id,
            resource_link_id="link-1", assignment_id=bench.assignment, line_item_url=url,
        )  # fmt: skip
        session().add(row)
        session().flush()
        if url is not None:
            fill_column(row, at=bench.at)
        return row.id


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


def again(bench: Bench, teacher: FlaskClient) -> None:
    url = f"/classes/{bench.world.class_id}/columns/{bench.item.id}"
    assert teacher.post(url).status_code == 303
    bench.at = max(bench.at, dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1))


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


@pytest.fixture
def filled(bench: Bench, book: Gradebook, teacher: FlaskClient) -> Bench:
    """A column that was made, and has a score."""
    bench.score_now(8)
    press(bench, teacher)
    bench.tend()
    bench.pump()
    assert bench.last.status == "verified"
    return bench


def delete(bench: Bench, book: Gradebook) -> None:
    """Delete the column in the LMS, with all that is in it."""
    book.columns.clear()
    bench.lms.scores.clear()


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


def rename(bench: Bench, teacher: FlaskClient, title: str) -> None:
    url = f"/assignments/{bench.assignment}/settings"
    assert teacher.post(url, data={"title": title, "published": "1"}).status_code == 303
    bench.at = max(bench.at, dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1))


def column_of(bench: Bench, book: Gradebook) -> dict[str, Any]:
    return book.columns[(bench.item.url or "").removeprefix(bench.lms.url)]


def test_another_title_is_told_and_all_else_of_the_column_stays(
    filled: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    column_of(filled, book).update(startDateTime="2026-03-02T10:00:00Z", endDateTime=None)
    before = dict(column_of(filled, book))
    rename(filled, teacher, "Doubling")
    assert filled.item.state == "changed"
    assert "Being changed" in page(filled, teacher)
    assert filled.tend() == "ok"
    assert column_of(filled, book) == before | {"label": "Doubling"}
    (sent,) = [one.json for one in filled.lms.asked if one.method == "PUT"]
    assert "endDateTime" not in sent
    assert (filled.item.label, filled.item.lms_label) == ("Doubling", "Doubling")


def set_points(bench: Bench, points: int) -> None:
    """Let the assignment be of other points, and the night come."""
    with transaction(bench.world.tenant_id):
        session().get_one(Assignment, bench.assignment).points_total = Decimal(points)
    reconciliation.reconcile(bench.world.tenant_id, bench.world.context_id, bench.held, lambda: bench.at)


def test_another_maximum_is_told_by_the_next_night_and_scores_stand(filled: Bench, book: Gradebook) -> None:
    set_points(filled, 20)
    assert filled.item.state == "changed"
    assert filled.tend() == "ok"
    assert (column_of(filled, book)["scoreMaximum"], filled.item.score_maximum) == (20, 20)
    set_points(filled, 20)
    assert (filled.item.state, filled.last.status, filled.last.lms_holds) == ("ok", "verified", 8)


def test_where_columns_may_not_be_changed_the_page_says_what_the_lms_knows(
    filled: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    with transaction(filled.world.tenant_id):
        session().get_one(ClassContext, filled.world.context_id).ags_scopes = [c.LINE_ITEM_READ, c.SCORE]
    before = filled.item.label
    rename(filled, teacher, "Doubling")
    assert filled.item.state == "ok"
    text = page(filled, teacher)
    assert f"The LMS knows it as “{before}”, of 10" in text
    assert "Set it there: this tool may not." in text


def test_moodle_keeps_its_maximum_since_another_would_give_zeros_to_all_without_a_grade(
    filled: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    with transaction(filled.world.tenant_id):
        session().get_one(Platform, filled.world.platform_id).product_family = ProductFamily.MOODLE
    rename(filled, teacher, "Doubling")
    set_points(filled, 20)
    assert filled.tend() == "ok"
    assert (column_of(filled, book)["label"], column_of(filled, book)["scoreMaximum"]) == ("Doubling", 10)
    assert (filled.item.score_maximum, filled.item.lms_maximum) == (20, 10)
    assert "Of 10 there: points are converted." in page(filled, teacher)
    set_points(filled, 20)
    assert filled.item.state == "ok", "it is not owed each night anew"


def test_what_somebody_set_in_the_lms_is_left_until_a_person_says_otherwise(
    filled: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    column_of(filled, book)["label"] = "As the teacher calls it"
    rename(filled, teacher, "Doubling")
    assert filled.tend() == "differs"
    assert column_of(filled, book)["label"] == "As the teacher calls it"
    text = page(filled, teacher)
    assert "Somebody changed its title in the LMS, which is left so." in text
    assert "As the teacher calls it" in text
    again(filled, teacher)
    assert filled.tend() == "ok"
    assert column_of(filled, book)["label"] == "Doubling"


def test_a_maximum_that_was_changed_in_the_lms_is_not_touched_by_another_title(
    filled: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    column_of(filled, book)["scoreMaximum"] = 100
    rename(filled, teacher, "Doubling")
    assert filled.tend() == "ok"
    assert (column_of(filled, book)["label"], column_of(filled, book)["scoreMaximum"]) == ("Doubling", 100)
    assert "Of 100 there: points are converted." in page(filled, teacher)


def test_an_lms_that_refuses_the_change_is_quoted_and_scores_go_on(
    filled: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    path = (filled.item.url or "").removeprefix(filled.lms.url)
    rename(filled, teacher, "Doubling")
    filled.lms.script[path] = [None, (403, {}, {"error": "coupled"})]
    assert filled.tend() == "differs"
    text = page(filled, teacher)
    assert "does not let this tool make or change this column" in text
    assert "coupled" in text
    filled.rescore(9)
    assert filled.carry() == "verified", "a score says its own maximum"


def test_an_lms_that_takes_the_change_and_keeps_the_old_is_noticed(
    filled: Bench, book: Gradebook, teacher: FlaskClient
) -> None:
    path = (filled.item.url or "").removeprefix(filled.lms.url)
    rename(filled, teacher, "Doubling")
    filled.lms.script[path] = [None, (200, {}, {})]
    assert filled.tend() == "differs"
    assert "shows another all the same" in page(filled, teacher)


def test_a_column_that_is_gone_when_it_is_changed_is_lost(filled: Bench, book: Gradebook, teacher: FlaskClient) -> None:
    delete(filled, book)
    rename(filled, teacher, "Doubling")
    assert filled.tend() == "missing"
    again(filled, teacher)
    assert filled.tend() == "ok"
    assert column_of(filled, book)["label"] == "Doubling"


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
