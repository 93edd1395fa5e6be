"""A thousand scores to an LMS that throttles, delays, hangs up, fails after it stored, and is killed: each arrives once."""

import datetime as dt
import itertools
import uuid
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from lti_grader.app import create_app
from lti_grader.core.db import db, session, transaction
from lti_grader.core.messages import send
from lti_grader.gradebook.models import EntryStatus, GradebookEntry
from lti_grader.lti import passback
from lti_grader.lti.models import LineItem
from tests.fixtures.installation import Installation, until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]

MANY = 1000
MARK = "One of a thousand."
STORM: list[dict[str, Any]] = [
    {"status": 429, "retry_after": 1, "remaining": 3, "services": ["scores"]},
    {"status": 500, "break_after": True, "remaining": 12, "services": ["scores"]},
    {"hangs_up": True, "break_after": True, "remaining": 4, "services": ["scores"]},
    {"delay_ms": 400, "remaining": 10, "services": ["scores", "results"]},
    {"status": 503, "remaining": 3, "services": ["results"]},
    {"hangs_up": True, "remaining": 3, "services": ["results", "scores"]},
]


def owe(installation: Installation, known: set[str]) -> dict[str, int]:
    """Give a thousand students who have none a score, and whom the LMS holds none of; return what it should hold, by `sub`."""
    installation.student(1)
    installation.control.post("students", count=MANY + 200)
    app = create_app(installation.settings)
    now = dt.datetime.now(dt.UTC)
    with app.app_context():
        context = uuid.UUID(
            str(
                installation.rows(
                    f"SELECT class_context_id FROM line_items WHERE content_item_id = '{installation.assignment_id}'"
                )[0][0]
            )
        )
        send("roster.sync", installation.tenant_id, context, queue="passback")
        # Another registration of the same LMS, as other tests make one, knows the same people as its own.
        of_class = (
            " FROM enrollments e JOIN users u ON u.id = e.user_id AND u.sub LIKE 'person-student%'"
            f" JOIN class_contexts c ON c.class_id = e.class_id AND c.id = '{context}'"
            " JOIN deployments d ON d.id = c.deployment_id AND d.platform_id = u.platform_id"
        )
        there = f"SELECT count(*) {of_class}"
        until(lambda: installation.rows(there)[0][0] >= MANY + 200, "the roster is read")
        with transaction(installation.tenant_id):
            # Other tests have placed and copied more than this.
            column = (
                session()
                .scalars(
                    sa.select(LineItem.id).where(
                        LineItem.content_item_id == installation.assignment_id, LineItem.class_context_id == context
                    )
                )
                .first()
            )
            assert column is not None
            # Who was erased here and is still in the course comes back without a score, while the LMS holds the old one.
            without = " WHERE u.sub <> ALL (:known) AND NOT EXISTS (SELECT FROM gradebook_entries g WHERE g.student_id = u.id)"
            query = sa.text(f"SELECT u.id, u.sub {of_class} {without} ORDER BY u.sub DESC LIMIT {MANY}")
            found = session().execute(query, {"known": list(known)}).all()
            points = {sub: number % 11 for number, (_, sub) in enumerate(found)}
            session().add_all(
                GradebookEntry(
                    tenant_id=installation.tenant_id, content_item_id=installation.assignment_id, student_id=id_,
                    max_score=Decimal(10), score_obtained=Decimal(points[sub]), status=EntryStatus.GRADED, revision=1,
                    submitted_at=now, manual_feedback=MARK,
                )
                for id_, sub in found
            )  # fmt: skip
            session().flush()
            passback.queue_known_scores(column, at=now)
        db.session.remove()
        db.engine.dispose()
    app.extensions["adapters"].kv.client.connection_pool.disconnect()
    return points


def states(installation: Installation) -> dict[str, int]:
    """Return how many of the thousand are in each state; what other tests have left behind is not looked at."""
    query = f"SELECT status, count(*) FROM score_deliveries WHERE comment = '{MARK}' GROUP BY status"
    return dict(tuple(row) for row in installation.rows(query))


@pytest.mark.parametrize("mode", ["moodle"])
def test_a_thousand_scores_through_a_storm_arrive_once_each(installation: Installation, mode: str) -> None:
    installation.control.post("mode", mode=mode)
    before = {one["person_id"] for one in installation.control.state()["grades"]}
    points = owe(installation, before)
    assert len(points) == MANY
    for fault in itertools.islice(itertools.cycle(STORM), 2 * len(STORM)):
        known = states(installation).get("verified", 0)
        if known == MANY:
            break
        # It may have been killed a moment ago.
        until(lambda fault=fault: installation.control.post("faults", **fault), "the LMS answers")
        until(lambda known=known: states(installation).get("verified", 0) > known, f"going on after {fault}", 90)
        if fault is STORM[3]:
            installation.servers.supervisor.kill("demo-lms")
    until(lambda: installation.control.post("faults", status=0), "the LMS answers")
    until(lambda: set(states(installation)) == {"verified"}, "all verified", 240)
    cells = {one["person_id"]: one for one in installation.control.state()["grades"]}
    assert {sub: cells[sub]["score"] for sub in points} == points
    assert {sub: cells[sub]["posts"] for sub in points} == dict.fromkeys(points, 1)
    assert set(cells) >= before
