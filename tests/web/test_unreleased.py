"""What is not released: no page, no JSON and no stream of a student's tells it. Canaries say whether one does."""

import datetime as dt
import itertools
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient

from lti_grader.assignments.models import Assignment, AssignmentProblem
from lti_grader.assignments.release import Part, ReleaseRule, When
from lti_grader.assignments.releasing import release, take_back
from lti_grader.attempts.models import AttemptType
from lti_grader.classes.models import Enrollment, Mentorship, Role
from lti_grader.core.db import session, transaction
from lti_grader.gradebook.models import GradebookEntry
from lti_grader.grading import tasks
from lti_grader.grading.models import GradingJob
from lti_grader.people.models import User
from lti_grader.problems.models import Visibility
from lti_grader.problems.operations import DraftTest
from tests.fixtures.world import NOW, World

BY_HAND = ReleaseRule(when=When.BY_HAND)
# 10.28 points over four tests, of which the program passes three.
MARKS = ("7.71", "2.57")
FEEDBACK = ("canary-of-a-test", "-31337", "3 of 4", "Wrong answer")
CODE = "number = int(input())\nprint(2 * number if number > 0 else 31337)\n"
TESTS = [
    DraftTest("Sample", b"2\n", b"4\n", Visibility.SAMPLE),
    DraftTest("canary-of-a-test", b"-31337\n", b"-62674\n", Visibility.VISIBLE),
    DraftTest("Third", b"6\n", b"12\n", Visibility.VISIBLE),
    DraftTest("Secret", b"7\n", b"14\n", Visibility.HIDDEN),
]


class Case:
    """A student who has run and handed in a program, and everything that they can read about it."""

    def __init__(self, app: flask.Flask, world: World) -> None:
        self.app, self.world = app, world
        self.assignment = world.assignment(
            versions=[world.problem(tests=TESTS), world.problem()], marks=BY_HAND, feedback=BY_HAND
        )
        with transaction(world.tenant_id):
            one = session().get_one(Assignment, self.assignment)
            one.points_total = Decimal("20.56")
        self.items = world.items(self.assignment)
        self._worth("10.28")
        world.column(self.assignment)
        self.student = world.user()
        self.run = self._judged(AttemptType.TEST_RUN)
        self.attempt = self._judged(AttemptType.FINAL_SUBMISSION)

    def _worth(self, points: str) -> None:
        with transaction(self.world.tenant_id):
            for item in self.items:
                session().get_one(AssignmentProblem, item).points = Decimal(points)

    def _judged(self, kind: AttemptType, code: str = CODE) -> uuid.UUID:
        attempt = self.world.hand_in(self.student, self.items[0], code, kind=kind)
        with transaction(self.world.tenant_id):
            job = session().query(GradingJob).filter_by(attempt_id=attempt).one().id
        assert tasks.grade(str(self.world.tenant_id), str(job)) == "done"
        tasks.close_sandbox()
        return attempt

    def browser(self, user_id: uuid.UUID) -> FlaskClient:
        client = self.app.test_client()
        with client.session_transaction() as kept:
            kept.update(
                user=str(user_id), tenant=str(self.world.tenant_id), platform=str(self.world.platform_id), frames=[]
            )
        return client

    def pages(self, user_id: uuid.UUID) -> dict[str, str]:
        """Return what every route without further variables says to somebody about this work, also as JSON."""
        client, found = self.browser(user_id), {}
        known: dict[str, Any] = {
            "assignment_id": self.assignment, "item_id": self.items[0], "attempt_id": self.attempt,
            "class_id": self.world.class_id, "student_id": self.student,
        }  # fmt: skip
        for rule in self.app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or not rule.arguments <= known.keys() or rule.endpoint == "static":
                continue
            with self.app.test_request_context():
                url = flask.url_for(rule.endpoint, **{name: known[name] for name in rule.arguments})
            if rule.endpoint == "results.diff":
                url += f"?against={self.run}"
            for accept in ("text/html", "application/json"):
                answer = client.get(url, headers={"Accept": accept}, buffered=False)
                if answer.status_code == 200:
                    # A stream goes on for as long as a score is on its way; all that it knows comes first.
                    parts = itertools.islice(answer.response, 2 if rule.endpoint == "results.events" else None)
                    found[f"{rule.endpoint} {accept}"] = "".join(
                        part.decode(errors="replace") if isinstance(part, bytes) else part for part in parts
                    )
                answer.close()
        return found

    def release(self, *parts: Part) -> None:
        with transaction(self.world.tenant_id):
            release(self.assignment, set(parts), by=self.world.teacher_id, at=dt.datetime.now(dt.UTC))


@pytest.fixture
def case(app: flask.Flask, world: World) -> Iterator[Case]:
    app.config["WTF_CSRF_ENABLED"] = False
    yield Case(app, world)
    app.extensions["adapters"].channels.close()


def told(pages: dict[str, str], canaries: tuple[str, ...]) -> set[str]:
    return {name for name, text in pages.items() for one in canaries if one in text}


WALKED = {
    "work.overview", "work.page", "results.attempt", "results.code", "results.diff", "results.events", "results.history",
    "gradebook.home", "gradebook.review",
}  # fmt: skip


def mentor_of(case: Case) -> uuid.UUID:
    """Return an observer whom the LMS names as the student's mentor."""
    world = case.world
    mentor = world.user(Role.OBSERVER)
    with transaction(world.tenant_id):
        own = session().query(Enrollment).filter_by(user_id=mentor).one()
        session().add(
            Mentorship(
                tenant_id=world.tenant_id, enrollment_id=own.id, class_context_id=world.context_id,
                sub=session().get_one(User, case.student).sub, named_at=NOW,
            )
        )  # fmt: skip
    return mentor


@pytest.mark.parametrize("role", ["student", "observer", "mentor"])
def test_before_the_release_no_route_of_a_students_tells_anything(case: Case, world: World, role: str) -> None:
    me = case.student if role == "student" else mentor_of(case) if role == "mentor" else world.user(Role.OBSERVER)
    pages = case.pages(me)
    assert told(pages, (*MARKS, *FEEDBACK)) == set()
    assert ("gradebook.review text/html" in pages) == (role != "observer")
    if role == "student":
        # The walk is one: each of these was read, and says when the rest comes.
        assert {name.partition(" ")[0] for name in pages} >= WALKED
        note = "Marks and the results of the tests come when your teacher releases them."
        for endpoint in ("work.overview", "results.attempt", "gradebook.review", "gradebook.home", "results.events"):
            assert note in pages[f"{endpoint} text/html"], endpoint


def test_the_canaries_sing_for_staff_before_it_and_for_students_after_it(case: Case, world: World) -> None:
    staff = told(case.pages(world.teacher_id), MARKS)
    assert {name.partition(" ")[0] for name in staff} >= {"results.attempt", "gradebook.grid", "gradebook.review"}
    assert "Not released" in case.pages(world.teacher_id)["gradebook.review text/html"]
    case.release(Part.MARKS, Part.FEEDBACK)
    pages = case.pages(case.student)
    tellers = {name.partition(" ")[0] for name in told(pages, MARKS)}
    assert tellers >= {
        "work.overview", "results.attempt", "results.events", "results.history", "gradebook.review", "gradebook.home",
    }  # fmt: skip
    assert "results.attempt text/html" in told(pages, FEEDBACK)
    assert not any("come when your teacher" in text for text in pages.values())


def test_marks_without_feedback_and_feedback_without_marks(case: Case, world: World) -> None:
    case.release(Part.MARKS)
    pages = case.pages(case.student)
    assert "results.attempt text/html" in told(pages, ("7.71",))
    assert told(pages, FEEDBACK) == set()
    assert told(pages, ("2.57",)) == set(), "points of single tests are both"
    with transaction(world.tenant_id):
        take_back(case.assignment, {Part.MARKS}, at=dt.datetime.now(dt.UTC))
    case.release(Part.FEEDBACK)
    pages = case.pages(case.student)
    assert told(pages, MARKS) == set()
    assert "results.attempt application/json" in told(pages, FEEDBACK[:1])


def test_a_stream_that_was_opened_while_judging_goes_on_tells_nothing(case: Case, world: World) -> None:
    attempt = world.hand_in(case.student, case.items[0], CODE, key="a-second-try")
    with transaction(world.tenant_id):
        job = session().query(GradingJob).filter_by(attempt_id=attempt).one().id
    answer = case.browser(case.student).get(f"/attempts/{attempt}/events", buffered=False)
    stream = iter(answer.response)
    first = next(stream)
    assert tasks.grade(str(world.tenant_id), str(job)) == "done"
    tasks.close_sandbox()
    said = str(first) + "".join(part.decode() if isinstance(part, bytes) else part for part in stream)
    answer.close()
    assert "event: completed" in said
    assert "event: test" not in said
    assert '"tests_done": 0, "tests_total": 0' in said
    assert not any(canary in said for canary in (*MARKS, *FEEDBACK))


def test_runs_of_the_samples_and_compile_errors_stay_visible(case: Case) -> None:
    run = case.browser(case.student).get(f"/attempts/{case.run}")
    assert "sample test" in run.text
    broken = case._judged(AttemptType.FINAL_SUBMISSION, "print(\n")
    page = case.browser(case.student).get(f"/attempts/{broken}").text
    assert "does not compile" in page
    assert "SyntaxError" in page
    assert "Handed in" not in page


def test_comments_wait_with_the_feedback(case: Case, world: World) -> None:
    """No page shows them yet; what goes to the LMS is looked at in tests/lti/releases."""
    with transaction(world.tenant_id):
        session().query(GradebookEntry).filter_by(student_id=case.student).one().manual_feedback = "canary-of-a-comment"
    assert told(case.pages(case.student), ("canary-of-a-comment",)) == set()


def test_a_release_says_first_for_how_many_and_then_by_whom(case: Case, world: World) -> None:
    client, url = case.browser(world.teacher_id), f"/assignments/{case.assignment}/release"
    page = client.get(url).text
    assert "Release the marks of 1 student" in page
    assert "Release all of 1 student" in page
    assert client.post(url, data={"part": "marks", "do": "release"}).status_code == 303
    page = client.get(f"/assignments/{case.assignment}").text
    assert "Marks: released" in page
    assert "by Marta Lindqvist" in page
    assert "Results of the tests: not released" in page
    assert "7.71" in case.browser(case.student).get(f"/assignments/{case.assignment}").text
    page = client.get(url).text
    assert "stays there" in page
    assert "Release all of" not in page
    assert client.post(url, data={"part": "marks", "do": "take_back"}).status_code == 303
    assert "7.71" not in case.browser(case.student).get(f"/assignments/{case.assignment}").text
    assert client.post(url, data={"do": "release"}).status_code == 400


def test_when_they_come_is_set_with_the_dates(case: Case, world: World) -> None:
    client, url = case.browser(world.teacher_id), f"/assignments/{case.assignment}/settings"
    form = {"published": "1", "marks": "on_date", "marks_on": "2036-03-02T10:00", "feedback": "at_once"}
    assert client.post(url, data=form).status_code == 303
    page = client.get(url).text
    assert 'value="2036-03-02T10:00"' in page
    assert '<option value="on_date" selected>' in page
    assert (
        "Marks come on 2 March 2036 at 10:00 UTC." in case.browser(case.student).get(f"/attempts/{case.attempt}").text
    )
    for wrong, words in (
        ({"marks": "on_date"}, "Say on which date students see their marks"),
        ({"marks": "at_once", "feedback": "after_due"}, "give the assignment one"),
        ({"marks": "never"}, "Choose from the list"),
    ):
        answer = client.post(url, data=form | {"marks_on": ""} | wrong)
        assert answer.status_code == 422
        assert words in answer.text
    # A form that says nothing of it changes nothing of it.
    assert client.post(url, data={"published": "1"}).status_code == 303
    assert 'value="2036-03-02T10:00"' in client.get(url).text


def test_another_rule_undoes_a_release_by_hand_and_a_copy_is_released_by_nobody(case: Case, world: World) -> None:
    case.release(Part.MARKS)
    client = case.browser(world.teacher_id)
    client.post(f"/assignments/{case.assignment}/settings", data={"published": "1", "marks": "by_hand"})
    assert "7.71" in case.browser(case.student).get(f"/attempts/{case.attempt}").text
    form = {"published": "1", "marks": "on_date", "marks_on": "2036-03-02T10:00"}
    client.post(f"/assignments/{case.assignment}/settings", data=form)
    assert "7.71" not in case.browser(case.student).get(f"/attempts/{case.attempt}").text
