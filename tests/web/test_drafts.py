"""Drafts: written in forms, checked by the worker with their own solutions, and published only if those pass."""

import datetime as dt
import io
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.assignments.models import AssignmentProblem
from lti_grader.authoring import judging, tasks
from lti_grader.authoring.models import JudgingStatus, VersionCheck, VersionJudging
from lti_grader.classes.models import EnrollmentSource, Role
from lti_grader.classes.operations import create_class, enroll
from lti_grader.core.db import session, transaction
from lti_grader.grading.tasks import close_sandbox
from lti_grader.problems.models import Problem, ProblemVersion, TestCase, VersionState
from tests.fixtures.world import World
from tests.web.test_problem_pages import Double
from tests.web.two_sections import Visit, plain

RIGHT, WRONG = "print(2 * int(input()))\n", "print(int(input()) ** 2)\n"
TEXTS = {
    "statement": "Double it.", "hint": "", "seconds": "2", "memory": "256", "checker": "tokens",
    "tokens.case_sensitive": "yes", "language": "python", "starter-python": "", "solution-python": RIGHT,
}  # fmt: skip
LEASE = dt.timedelta(seconds=60)


@pytest.fixture
def double(world: World) -> Iterator[Double]:
    yield Double(world)
    close_sandbox()


class Desk:
    """A teacher who writes the next version of a problem."""

    def __init__(self, double: Double, client: FlaskClient) -> None:
        self.double, self.client, self.tenant = double, client, double.world.tenant_id
        begun = client.post(f"{double.url}/versions/{double.second}/draft")
        self.url = begun.headers["Location"]
        self.draft = uuid.UUID(self.url.rsplit("/", 1)[1])

    def write(self, **more: str) -> Any:
        return self.client.post(f"{self.url}/edit", data=TEXTS | more)

    def press(self, do: str) -> int:
        return self.client.post(f"{self.url}/check", data={"do": do}).status_code

    def work(self) -> list[str]:
        """Let a worker judge all that waits."""
        with transaction(self.tenant):
            waiting = session().scalars(
                sa.select(VersionJudging.id).where(VersionJudging.status == JudgingStatus.QUEUED)
            ).all()  # fmt: skip
        return [tasks.judge(str(self.tenant), str(one)) for one in waiting]

    @property
    def state(self) -> str:
        with transaction(self.tenant):
            return session().get_one(ProblemVersion, self.draft).state

    def checks(self) -> list[str]:
        with transaction(self.tenant):
            return list(session().scalars(sa.select(VersionCheck.state).order_by(VersionCheck.started_at)))

    def test_named(self, name: str) -> TestCase:
        with transaction(self.tenant):
            return session().scalars(
                sa.select(TestCase).where(TestCase.name == name).order_by(TestCase.id.desc(), TestCase.test_group_id.desc())
            ).first()  # fmt: skip


@pytest.fixture
def desk(double: Double, visit: Visit, world: World) -> Desk:
    return Desk(double, visit(world.teacher_id))


def test_a_draft_is_published_only_when_its_solution_passes_its_tests(desk: Desk, world: World) -> None:
    client = desk.client
    assert desk.write(**{"solution-python": WRONG}).status_code == 303
    assert desk.press("publish") == 303
    assert "If each program comes to what is expected of it, it is published at once." in plain(
        client.get(desk.url).text
    )
    assert desk.press("check") == 409, "one at a time"
    assert desk.work() == ["done"]
    page = plain(client.get(desk.url).text)
    assert "It was not published: 1 program of 1 did not come to what is expected." in page
    assert "Publish it all the same" not in page, "nothing shows that its tests can be passed"
    assert "all/new" in page
    assert "Wrong answer" in page
    assert desk.state == VersionState.DRAFT
    group = f"{desk.url}/groups/{desk.test_named('sample').test_group_id}"
    with transaction(world.tenant_id):
        huge = session().scalars(
            sa.select(TestCase.id).where(TestCase.name == "huge", TestCase.test_group_id == uuid.UUID(group.rsplit("/", 1)[1]))
        ).one()  # fmt: skip
    assert client.post(f"{desk.url}/tests/{huge}/edit", data={"do": "remove"}).status_code == 303
    more = {"name": "nine", "visibility": "hidden", "points": "2", "input": "9\r\n", "expected": "18\r\n"}
    assert client.post(f"{group}/tests", data=more).status_code == 303
    assert desk.test_named("nine").input == b"9\n", "what the browser sends for the end of a line is none of the test"
    pair = [(io.BytesIO(b"-1\n"), "neg.in"), (io.BytesIO(b"-2\n"), "neg.ans")]
    assert client.post(f"{group}/files", data={"files": pair, "visibility": "visible"}).status_code == 303
    assert desk.write().status_code == 303
    assert desk.press("publish") == 303
    assert desk.work() == ["done"]
    assert desk.state == VersionState.PUBLISHED
    text = plain(client.get(desk.url).text)
    assert "As expected accepted · 4 of 4 tests passed" in text
    assert "published" in text
    assert "When it was published" in text
    with transaction(world.tenant_id):
        version = session().get_one(ProblemVersion, desk.draft)
        assert (version.number, version.published_by) == (3, world.teacher_id)
        used = session().scalars(sa.select(AssignmentProblem.problem_version_id)).all()
    assert used == [desk.double.first], "assignments keep their version"
    assert desk.checks() == ["failed", "passed"], "all verdicts are kept"
    assert desk.write().status_code == 409, "a published version never changes"


def test_an_edit_makes_worthless_what_is_being_judged(desk: Desk, world: World) -> None:
    group = desk.test_named("sample").test_group_id
    assert desk.press("publish") == 303
    with transaction(world.tenant_id):
        owed = session().scalars(sa.select(VersionJudging.id)).one()
        work = judging.claim(owed, at=tasks._now(), lease=LEASE)
    assert work is not None
    assert desk.client.post(f"{desk.url}/groups", data={
        "do": "change", "group": str(group), "name": "all", "points": "7", "aggregation": "pass_fail",
    }).status_code == 303  # fmt: skip
    assert desk.checks() == ["dropped"]
    with pytest.raises(judging.LostLease), transaction(world.tenant_id):
        judging.go_on(work, 1, at=tasks._now(), lease=LEASE)
    assert desk.work() == []
    assert desk.state == VersionState.DRAFT


def test_a_worker_that_was_killed_leaves_it_to_another(desk: Desk, world: World) -> None:
    assert desk.press("check") == 303
    with transaction(world.tenant_id):
        owed = session().scalars(sa.select(VersionJudging.id)).one()
        assert judging.claim(owed, at=tasks._now() - 2 * LEASE, lease=LEASE) is not None
    late = judging.overdue(at=tasks._now(), patience=LEASE)
    assert [one.judging_id for one in late] == [owed]
    assert tasks.judge(str(world.tenant_id), str(owed)) == "done"
    assert judging.overdue(at=tasks._now(), patience=LEASE) == []
    # One that ends every worker is given up, and the check with it.
    assert desk.press("check") == 303
    with transaction(world.tenant_id):
        poison = session().scalars(sa.select(VersionJudging.id).where(VersionJudging.status == "queued")).one()
        for ago in (4, 2):
            assert judging.claim(poison, at=tasks._now() - ago * LEASE, lease=LEASE) is not None
    with transaction(world.tenant_id):
        judging.send_again(judging.Overdue(world.tenant_id, poison), most_tries=2, at=tasks._now())
    assert desk.checks() == ["failed", "failed"]
    assert "2 workers ended while judging this." in desk.client.get(desk.url).text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"seconds": "soon"}, "Give the processor time as a number."), ({"seconds": "0"}, "a minute at most"),
        ({"memory": "1e9"}, "4096 MiB at most"), ({"checker": "magic"}, "Choose from the list"),
        ({"tokens.absolute": "-1"}, "cannot have absolute"),
    ],
)  # fmt: skip
def test_what_a_draft_cannot_have_is_said(desk: Desk, form: dict[str, str], words: str) -> None:
    answer = desk.write(statement="Kept on the page.", **form)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Kept on the page." in answer.text


def test_what_cannot_be_checked_is_said(desk: Desk) -> None:
    assert desk.write(**{"solution-python": ""}).status_code == 303
    answer = desk.client.post(f"{desk.url}/check", data={"do": "publish"})
    assert answer.status_code == 422
    assert "It has no reference solution." in answer.text
    new = desk.client.post(f"/classes/{desk.double.world.class_id}/problems", data={"title": "Sort it"})
    assert new.status_code == 303
    url = new.headers["Location"].removesuffix("/edit")
    assert desk.client.get(f"{url}/edit").status_code == 200
    assert "no test that is worth points" in desk.client.post(f"{url}/check", data={"do": "check"}).text
    # Given up, a problem that was nothing else is gone.
    assert desk.client.post(f"{url}/discard").status_code == 303
    assert desk.client.get(url).status_code == 404
    assert desk.client.post(f"{desk.url}/discard").status_code == 303
    assert desk.client.get(desk.double.url).status_code == 200


def test_others_read_and_do_not_write(desk: Desk, visit: Visit, world: World) -> None:
    assistant = visit(world.user(Role.ASSISTANT))
    stranger = world.user(enrolled=False)
    with transaction(world.tenant_id):
        elsewhere = create_class("CS102", owner_id=stranger)
        enroll(elsewhere.id, stranger, Role.TEACHER, source=EnrollmentSource.LAUNCH)
    for client in (assistant, visit(stranger)):
        assert client.get(desk.url).status_code == 200
        for address, form in (
            ("edit", TEXTS),
            ("check", {"do": "publish"}),
            ("publish", {"reason": "x"}),
            ("submissions", {}),
            ("discard", {}),
            ("groups", {}),
        ):
            assert client.post(f"{desk.url}/{address}", data=form).status_code == 403, address
        assert "Check and publish" not in client.get(desk.url).text
    # A problem that nobody owns is every teacher's to write.
    with transaction(world.tenant_id):
        session().get_one(Problem, desk.double.id).owner_id = None
    assert visit(stranger).post(f"{desk.url}/edit", data=TEXTS).status_code == 303
    assert assistant.post(f"{desk.url}/edit", data=TEXTS).status_code == 403
