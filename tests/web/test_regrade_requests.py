"""Regrade requests: asked by students, answered by the staff, with an effect that reaches the LMS."""

import datetime as dt
import re
import uuid
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from lti_grader.assignments.models import Assignment
from lti_grader.audit.models import AuditEntry
from lti_grader.classes.models import Class, Enrollment, Role
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.gradebook.requests.models import RegradeRequest
from lti_grader.grading import tasks
from lti_grader.grading.models import GradingJob, JobReason
from lti_grader.lti.models import ScoreDelivery
from lti_grader.notifications.models import Notification
from tests.fixtures.world import NOW, World
from tests.web.two_sections import Visit, plain

DAY = dt.timedelta(days=1)


class Desk:
    """A submission that got 3 of 10 points, its student, and a teacher; for a week one may ask about it."""

    def __init__(self, world: World, visit: Visit) -> None:
        self.world, self.visit = world, visit
        self.assignment = world.assignment(regrade_request_days=7)
        world.column(self.assignment)
        self.student_id = world.user()
        self.item = world.items(self.assignment)[0]
        self.attempt = world.hand_in(self.student_id, self.item)
        world.judge(self.attempt, 3)
        with transaction(world.tenant_id):
            session().scalars(sa.select(GradingJob)).one().finished_at = NOW
        self.student, self.teacher = visit(self.student_id), visit(world.user(Role.TEACHER))
        self.form = f"/attempts/{self.attempt}/regrade-request"

    def ask(self, *, status: int = 303, **fields: str) -> str:
        answer = self.student.post(self.form, data={"text": "Test 2 is wrong: 2 × 5 is 10.", **fields})
        assert answer.status_code == status, answer.text
        return answer.headers.get("Location", answer.text)

    def act(self, browser: FlaskClient, url: str, do: str, *, status: int = 303, **fields: str) -> str:
        fields = {"text": "We looked at it.", "seen": self.seen(browser, url), **fields}
        answer = browser.post(url, data={"do": do, **fields})
        assert answer.status_code == status, answer.text
        return plain(answer.text)

    def seen(self, browser: FlaskClient, url: str) -> str:
        return (re.findall(r'name="seen" value="(\d+)"', browser.get(url).text) or ["0"])[0]

    def request(self) -> RegradeRequest:
        with transaction(self.world.tenant_id):
            return session().scalars(sa.select(RegradeRequest).order_by(RegradeRequest.opened_at.desc())).first()

    def points(self) -> Decimal | None:
        with transaction(self.world.tenant_id):
            return session().scalars(sa.select(GradebookEntry)).one().points

    def owed_to_the_lms(self) -> Decimal:
        with transaction(self.world.tenant_id):
            newest = sa.select(ScoreDelivery.score).order_by(ScoreDelivery.revision.desc()).limit(1)
            return session().scalars(newest).one()


@pytest.fixture
def desk(world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> Desk:
    found = Desk(world, visit)
    monkeypatch.setattr("lti_grader.gradebook.requests.views._now", lambda: NOW + DAY)
    return found


def test_a_request_leads_to_points_in_the_lms_and_stays_to_be_read(desk: Desk) -> None:
    assert "Ask for a regrade" in desk.student.get(f"/attempts/{desk.attempt}").text
    url = desk.ask()
    queue = f"/classes/{desk.world.class_id}/regrade-requests"
    assert "Waits for the staff" in desk.teacher.get(queue).text
    assert "2 × 5 is 10" in desk.teacher.get(url).text
    desk.act(desk.teacher, url, "reply", text="Which input did you use?")
    assert desk.request().status == "answered"
    desk.act(desk.student, url, "add", text="The second line of the statement.")
    assert desk.request().status == "open"
    desk.act(desk.teacher, url, "points", points="9,5", text="You are right.")
    assert desk.points() == desk.owed_to_the_lms() == Decimal("9.5")
    page = plain(desk.student.get(url).text)
    assert "Mark before3" in page
    assert "Mark after9.5 of 10" in page
    for said in ("Which input did you use?", "The second line", "You are right.", "Accepted"):
        assert said in page
    assert "Accepted" in desk.student.get(f"/attempts/{desk.attempt}").text
    assert "Accepted" in desk.teacher.get(queue).text
    with transaction(desk.world.tenant_id):
        changes = sa.select(AuditEntry).where(AuditEntry.subject == "regrade_requests").order_by(AuditEntry.at)
        noted = session().scalars(changes).all()
    assert [(one.content_item_id, one.student_id) for one in noted] == [(desk.assignment, desk.student_id)] * len(noted)
    assert noted[-1].after["status"] == "accepted"


def test_a_submission_is_judged_once_more_and_the_effect_is_told_when_it_is_there(desk: Desk) -> None:
    url = desk.ask()
    desk.act(desk.teacher, url, "judge")
    assert "is being judged once more" in desk.student.get(url).text
    with transaction(desk.world.tenant_id):
        job = session().scalars(sa.select(GradingJob).where(GradingJob.reason == JobReason.APPEAL)).one()
    assert tasks.grade(str(desk.world.tenant_id), str(job.id)) == "done"
    tasks.close_sandbox()
    assert (desk.request().mark_before, desk.request().mark_after) == (3, 10)
    assert desk.points() == desk.owed_to_the_lms() == 10
    assert "Mark after10 of 10" in plain(desk.student.get(url).text)


def test_nobody_decides_twice_nor_on_what_they_have_not_read(desk: Desk) -> None:
    url = desk.ask()
    looked_at = desk.seen(desk.teacher, url)
    desk.act(desk.student, url, "add", text="One thing more.")
    told = desk.act(desk.teacher, url, "decline", status=409, seen=looked_at)
    assert "Something was written here since" in told
    assert "We looked at it." in told
    desk.act(desk.teacher, url, "decline")
    assert "is declined by now" in desk.act(
        desk.visit(desk.world.user(Role.TEACHER)), url, "points", status=409, points="9"
    )
    assert desk.points() == 3
    assert "is declined by now" in desk.act(desk.student, url, "withdraw", status=409)


def test_points_are_not_given_over_a_mark_that_has_changed_since(desk: Desk) -> None:
    url = desk.ask()
    seen = re.findall(r'name="mark" value="([^"]+)"', desk.teacher.get(url).text)[0]
    cell = f"/classes/{desk.world.class_id}/students/{desk.student_id}/marks/{desk.assignment}"
    given = desk.visit(desk.world.user(Role.TEACHER)).post(cell, data={"points": "9", "reason": "Seen in class"})
    assert given.status_code == 303, given.text
    page = desk.act(desk.teacher, url, "points", points="5", mark=seen, status=409)
    assert "This mark was changed since you looked at it" in page
    assert "The mark is 9 now, given by hand." in page
    assert (desk.points(), desk.request().status) == (9, "open")
    seen = re.findall(r'name="mark" value="([^"]+)"', desk.teacher.get(url).text)[0]
    desk.act(desk.teacher, url, "points", points="5", mark=seen)
    assert desk.points() == 5


def test_there_is_one_at_a_time_and_another_after_it(desk: Desk) -> None:
    url = desk.ask()
    assert "asked about this problem already" in plain(desk.ask(status=409))
    desk.act(desk.student, url, "withdraw")
    assert desk.request().status == "withdrawn"
    assert desk.ask() != url


def test_one_asks_in_time_with_words_and_about_tests_that_one_sees(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Write why" in plain(desk.ask(status=422, text="  "))
    assert "which test" in plain(desk.ask(status=422, about="secret"))
    monkeypatch.setattr("lti_grader.gradebook.requests.views._now", lambda: NOW + 7 * DAY)
    assert "is over" in plain(desk.ask(status=409))
    assert "Ask for a regrade" not in desk.student.get(f"/attempts/{desk.attempt}").text
    settings = f"/assignments/{desk.assignment}/settings"
    for typed, status in (("0", 422), ("many", 422), ("30", 303), ("", 303)):
        answer = desk.teacher.post(settings, data={"published": "1", "regrade_days": typed})
        assert answer.status_code == status, answer.text
        if typed == "30":
            assert "What is wrong" in desk.student.get(desk.form).text
    with transaction(desk.world.tenant_id):
        assert session().get_one(Assignment, desk.assignment).rules.regrade_request_days is None
    assert "No regrade can be asked for" in plain(desk.ask(status=409))


def test_requests_are_between_a_student_and_the_staff_who_see_them(desk: Desk) -> None:
    assert desk.teacher.post(desk.form, data={"text": "x"}).status_code == 403
    classmate = desk.visit(desk.world.user())
    assert classmate.post(desk.form, data={"text": "x"}).status_code == 404
    url = desk.ask()
    assert classmate.get(url).status_code == classmate.post(url, data={"do": "withdraw"}).status_code == 404
    for do in ("reply", "decline", "points", "judge"):
        desk.act(desk.student, url, do, status=403, points="10")
    desk.act(desk.teacher, url, "withdraw", status=403)
    assert desk.student.get(f"/classes/{desk.world.class_id}/regrade-requests").status_code == 403
    helper_id = desk.world.user(Role.ASSISTANT)
    _put(desk.world, helper_id, "Evening")
    with transaction(desk.world.tenant_id):
        session().get_one(Class, desk.world.class_id).settings = {"apart": "assistants"}
    helper = desk.visit(helper_id)
    queue = f"/classes/{desk.world.class_id}/regrade-requests"
    assert url not in helper.get(queue).text
    assert helper.get(url).status_code == helper.post(url, data={"do": "decline"}).status_code == 404
    _put(desk.world, desk.student_id, "Evening")
    assert url in helper.get(queue).text
    desk.act(helper, url, "decline")


def _put(world: World, user_id: uuid.UUID, section: str) -> None:
    with transaction(world.tenant_id):
        session().execute(sa.update(Enrollment).where(Enrollment.user_id == user_id).values(sections=[section]))


def told(desk: Desk, person: uuid.UUID, *kinds: str) -> list[str]:
    with transaction(desk.world.tenant_id):
        rows = sa.select(Notification.title).where(Notification.recipient_id == person, Notification.type.in_(kinds))
        return list(session().scalars(rows.order_by(Notification.id)))


def test_who_has_to_read_a_request_is_told_and_nobody_twice_a_day(desk: Desk) -> None:
    assistant = desk.world.user(Role.ASSISTANT)
    with transaction(desk.world.tenant_id):
        session().get_one(Class, desk.world.class_id).settings = {"apart": "assistants"}
        for person, section in ((assistant, "B"), (desk.student_id, "A")):
            session().scalars(sa.select(Enrollment).where(Enrollment.user_id == person)).one().sections = [section]
        title = session().get_one(Assignment, desk.assignment).title
    url = desk.ask()
    desk.act(desk.student, url, "add", text="And test 3.")
    assert told(desk, desk.world.teacher_id, "requested") == [f"Students ask for regrades of {title}"]
    assert told(desk, assistant, "requested") == []
    desk.act(desk.teacher, url, "reply", text="Which input?")
    desk.act(desk.teacher, url, "decline", text="It is right as it is.")
    said = [f"Your regrade request about {title} was {one}" for one in ("answered", "declined")]
    assert told(desk, desk.student_id, "request_changed") == said
    page = desk.student.get("/notifications").text
    assert said[1] in page
