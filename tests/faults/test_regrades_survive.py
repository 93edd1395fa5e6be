"""Workers and Valkey are killed while submissions are judged once more, and while that is applied: nothing is lost or doubled."""

import os
import signal
import uuid
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from lti_grader.app import create_app
from lti_grader.assignments.models import AssignmentProblem
from lti_grader.classes.queries import membership
from lti_grader.core.db import db, session, transaction
from lti_grader.gradebook.operations import recompute
from lti_grader.gradebook.regrades import applying, judging
from lti_grader.gradebook.regrades.models import OPEN, Regrade, Which
from lti_grader.grading.models import GradingJob
from lti_grader.lti.models import Platform
from lti_grader.people.models import User
from tests.faults.test_nothing_is_lost import children
from tests.fixtures.installation import Installation, Student, until
from tests.flow.regraded import now

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

# For a first and for a second try.
_first = iter((1340, 1345))
SLOW = "import time\nnumber = int(input())\ntime.sleep(0.4)\nprint(2 * number)\n"


@pytest.fixture
def inside(installation: Installation) -> Iterator[None]:
    """Read and write the installation's rows as its own processes do."""
    with create_app(installation.settings).app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def person(installation: Installation, sub: str) -> uuid.UUID:
    """Return somebody as this registration of the LMS knows them; other tests register it again."""
    query = sa.select(User.id).join(Platform, Platform.id == User.platform_id)
    return session().scalars(query.where(User.sub == sub, Platform.client_id == installation.client_id)).one()


def misjudged(installation: Installation, numbers: range) -> dict[uuid.UUID, Student]:
    """Let students hand in what is right, and be judged wrongly: their marks and the LMS say 5 of 10."""
    students = [installation.student(one) for one in numbers]
    attempts = [one.hand_in(SLOW).json()["attempt"]["id"] for one in students]
    for one in students:
        one.wait_for_score(10)
    with transaction(installation.tenant_id):
        session().execute(sa.update(GradingJob).where(GradingJob.attempt_id.in_(attempts)).values(points=2))
        ids = {one.id: person(installation, one.id) for one in students}
        for user_id in sorted(ids.values()):
            recompute(user_id, installation.assignment_id)
    for one in students:
        one.wait_for_score(5)
    return {ids[one.id]: one for one in students}


def state_of(installation: Installation, regrade: uuid.UUID) -> str:
    return str(installation.rows(f"SELECT state FROM regrades WHERE id = '{regrade}'")[0].state)


def judged(installation: Installation, regrade: uuid.UUID, status: str) -> int:
    query = f"SELECT count(*) AS n FROM grading_jobs WHERE regrade_id = '{regrade}' AND status = '{status}'"
    return int(installation.rows(query)[0].n)


def test_a_regrade_survives_its_workers_and_valkey(installation: Installation, inside: None) -> None:
    installation.control.post("mode", mode="canvas")
    installation.control.post("faults", status=0)
    installation.ready()
    # Beyond the thousand whose scores other tests have sent: those may hold the very score already that is waited for.
    first = next(_first)
    students = misjudged(installation, range(first, first + 5))
    supervisor = installation.servers.supervisor
    with transaction(installation.tenant_id):
        teacher = person(installation, "person-teacher")
        # A first try that failed may have left one that is not at its end.
        left = sa.select(Regrade.id).where(
            Regrade.assignment_problem_id == installation.item_id, Regrade.state.in_(OPEN)
        )
        for one in session().scalars(left).all():
            judging.cancel(judging.locked(one), by=teacher, at=now())
        version = session().get_one(AssignmentProblem, installation.item_id).problem_version_id
        wanted = judging.Wanted(version, Which.LATEST, student_ids=list(students))
        place = membership(installation.class_id, teacher)
        regrade = judging.start(place, installation.item_id, wanted, at=now()).id

    until(lambda: judged(installation, regrade, "running"), "in hand")
    for pid in children(supervisor.pid("worker-code")):
        os.kill(pid, signal.SIGKILL)
    until(lambda: judged(installation, regrade, "tried"), "one is judged")
    supervisor.kill("valkey", leave_down=True)
    supervisor.restart("valkey")
    installation.ready()
    until(lambda: state_of(installation, regrade) == "ready", "all are judged", 120)
    assert judged(installation, regrade, "tried") == len(students)
    posts = {one.id: one.wait_for_score(5)["posts"] for one in students.values()}

    with transaction(installation.tenant_id):
        applying.apply(judging.locked(regrade), "The machine was too slow.", by=teacher, at=now())
    supervisor.kill("worker-default")
    until(lambda: state_of(installation, regrade) == "applied", "applied", 120)
    for one in students.values():
        assert one.wait_for_score(10, seconds=90)["posts"] == posts[one.id] + 1
