"""The columns of a scripted LMS course, and what people press about them."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.assignments.models import Assignment
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.events import ScoreChanged
from lti_grader.lti import passback, reconciliation
from lti_grader.lti.columns import fill_column, tending
from lti_grader.lti.models import ClassContext, LineItem, ResourceLink
from tests.fixtures.world import World
from tests.lti.desk import Desk
from tests.lti.scripted import Answer, Asked, ScriptedPlatform

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
            passback.queue_score(ScoreChanged((entry.id,), self.at))

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


def press(bench: Bench, teacher: FlaskClient) -> None:
    """Ask for the column by the page."""
    form = {"course": str(bench.world.context_id), "item": str(bench.assignment)}
    assert teacher.post(f"/classes/{bench.world.class_id}/columns", data=form).status_code == 303
    bench.at = max(bench.at, dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1))


def page(bench: Bench, teacher: FlaskClient) -> str:
    return teacher.get(f"/classes/{bench.world.class_id}/columns").text


def bench_title(bench: Bench) -> str:
    with transaction(bench.world.tenant_id):
        return session().get_one(Assignment, bench.assignment).title


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


def again(bench: Bench, teacher: FlaskClient) -> None:
    url = f"/classes/{bench.world.class_id}/columns/{bench.item.id}"
    assert teacher.post(url).status_code == 303
    bench.at = max(bench.at, dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1))


def delete(bench: Bench, book: Gradebook) -> None:
    """Delete the column in the LMS, with all that is in it."""
    book.columns.clear()
    bench.lms.scores.clear()


def rename(bench: Bench, teacher: FlaskClient, title: str) -> None:
    url = f"/assignments/{bench.assignment}/settings"
    assert teacher.post(url, data={"title": title, "published": "1"}).status_code == 303
    bench.at = max(bench.at, dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1))


def column_of(bench: Bench, book: Gradebook) -> dict[str, Any]:
    return book.columns[(bench.item.url or "").removeprefix(bench.lms.url)]


def set_points(bench: Bench, points: int) -> None:
    """Let the assignment be of other points, and the night come."""
    with transaction(bench.world.tenant_id):
        session().get_one(Assignment, bench.assignment).points_total = Decimal(points)
    reconciliation.reconcile(bench.world.tenant_id, bench.world.context_id, bench.held, lambda: bench.at)
