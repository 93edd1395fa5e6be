"""The worker that compares submissions is killed: another takes the report up, and it says the same as if nothing had been."""

from collections.abc import Iterator

import pytest

from lti_grader.app import create_app
from lti_grader.classes.queries import membership
from lti_grader.core.db import db, transaction
from lti_grader.grading.similarity import reports
from tests.faults.test_regrades_survive import person
from tests.fixtures.installation import Installation, until
from tests.flow.alike import COPIED, COUNTING, now

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

# Grammars take long over this; so there is time to kill somebody.
LONG = "{a:" * 15_000


@pytest.fixture
def inside(installation: Installation) -> Iterator[None]:
    """Read and write the installation's rows as its own processes do."""
    with create_app(installation.settings).app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def test_a_report_survives_its_worker(installation: Installation, inside: None) -> None:
    installation.control.post("mode", mode="canvas")
    installation.ready()
    for number, code in enumerate((COUNTING, COPIED, LONG, LONG + " ")):
        assert installation.student(1350 + number).hand_in(code).status_code == 202
    with transaction(installation.tenant_id):
        place = membership(installation.class_id, person(installation, "person-teacher"))
        report = reports.start(
            place, installation.item_id, with_earlier=False, without_solution=False, at=now()
        ).id  # fmt: skip

    def row() -> tuple[str, int, int]:
        found = installation.rows(f"SELECT state, tries, read FROM similarity_reports WHERE id = '{report}'")[0]
        return found.state, found.tries, found.read

    until(lambda: row()[2] > 0, "its programs are read")
    installation.servers.supervisor.kill("worker-default")
    assert row()[:2] == ("comparing", 1)
    until(lambda: row()[0] == "done", "another worker has done it", 120)
    assert row()[1] == 2
    scores = installation.rows(f"SELECT score FROM similarity_pairs WHERE report_id = '{report}' ORDER BY score DESC")
    assert any(one.score > 0.7 for one in scores)
