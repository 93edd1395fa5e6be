"""Opening a student's work from the LMS's gradebook: Submission Review 1.0, and Canvas's links to an attempt."""

import uuid
from typing import Any

import flask
import pytest
import sqlalchemy as sa

from lti_grader.classes.models import EnrollmentSource, Role
from lti_grader.classes.operations import create_class, drop, enroll
from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.lti import claims as c
from lti_grader.lti.models import ClassContext, Platform
from lti_grader.people.models import User
from tests.fixtures.world import NOW, World
from tests.lti.conftest import Launch
from tests.lti.scripted import INSTRUCTOR, LEARNER, ScriptedPlatform, Way, browser


def refused_with(answer: Any, words: str) -> None:
    assert answer.status_code == 401, (answer.status_code, answer.text[:300])
    assert words in answer.text
    assert "__Host-lti-grader=" not in "".join(answer.headers.getlist("Set-Cookie"))


class Gradebook:
    """The scripted platform's gradebook: one column, one student who handed something in."""

    def __init__(self, app: flask.Flask, lms: ScriptedPlatform, world: World) -> None:
        self.app, self.lms, self.world = app, lms, world
        self.assignment = world.assignment()
        world.column(self.assignment, lms.column)
        self.student = world.user()
        self.attempt = world.hand_in(self.student, world.items(self.assignment)[0])
        self.sub = self.sub_of(self.student)

    def sub_of(self, user_id: uuid.UUID) -> str:
        with transaction(self.world.tenant_id):
            return session().get_one(User, user_id).sub

    def review(self, sub: str = "teacher", *, target: str = "/lti/launch", **changes: Any) -> Any:
        way = self.way(target)
        claims = {
            "sub": sub, c.MESSAGE_TYPE: c.SUBMISSION_REVIEW_REQUEST, c.RESOURCE_LINK: ..., c.FOR_USER: {"user_id": self.sub},
            c.CONTEXT: {"id": "course"}, c.ROLES: [INSTRUCTOR if sub == "teacher" else LEARNER],
        }  # fmt: skip
        return way.client, way.launch(**(claims | changes))

    def open(self, path: str, sub: str = "teacher", **changes: Any) -> Any:
        """Open an address as Canvas does: an ordinary launch whose target it is."""
        way = self.way(path)
        claims = {
            "sub": sub, c.CONTEXT: {"id": "course"}, c.ROLES: [INSTRUCTOR if sub == "teacher" else LEARNER],
        }  # fmt: skip
        return way.client, way.launch(**(claims | changes))

    def way(self, target: str) -> Way:
        way = browser(self.app, self.lms, target)
        assert way.login(client_id="client").status_code == 302
        return way


@pytest.fixture
def gradebook(app: flask.Flask, lms: ScriptedPlatform, world: World) -> Gradebook:
    lms.client_id = "client"
    return Gradebook(app, lms, world)


def shown(client: Any, answer: Any) -> str:
    assert answer.status_code == 303, (answer.status_code, answer.text[:400])
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200, page.text[:400]
    return str(page.text)


def test_staff_land_on_that_students_work_for_that_column(gradebook: Gradebook) -> None:
    client, answer = gradebook.review()
    assert answer.headers["Location"] == f"/assignments/{gradebook.assignment}/students/{gradebook.student}"
    assert "1 attempt" in shown(client, answer)


def test_a_student_lands_on_their_own(gradebook: Gradebook) -> None:
    page = shown(*gradebook.review(gradebook.sub))
    assert "Your work" in page
    assert f"/attempts/{gradebook.attempt}" in page


def test_a_student_does_not_land_on_somebody_elses(gradebook: Gradebook) -> None:
    other = gradebook.sub_of(gradebook.world.user())
    refused_with(gradebook.review(other)[1], "somebody else")


def test_the_work_of_who_has_left_can_still_be_looked_at(gradebook: Gradebook) -> None:
    with transaction(gradebook.world.tenant_id):
        drop(gradebook.world.class_id, {gradebook.student}, at=NOW)
    assert "1 attempt" in shown(*gradebook.review())


def test_a_column_that_is_not_ours_is_refused_in_words(gradebook: Gradebook) -> None:
    grades = {"lineitem": f"{gradebook.lms.url}/lineitems/99", "scope": []}
    refused_with(gradebook.review(**{c.AGS: grades})[1], "belongs to no assignment of this tool")


def test_a_column_of_another_course_is_refused(gradebook: Gradebook) -> None:
    refused_with(gradebook.review(**{c.CONTEXT: {"id": "elsewhere"}})[1], "belongs to no assignment of this tool")
    with system_transaction() as opened:
        # What was refused has left no trace.
        assert opened.scalar(sa.select(sa.func.count()).select_from(Platform)) == 1
    with transaction(gradebook.world.tenant_id):
        assert session().scalars(sa.select(ClassContext.context_id)).all() == ["course"]


def test_a_column_that_only_its_link_tells_of_is_found(gradebook: Gradebook) -> None:
    link = {"id": "link-7"}
    custom = {c.OWN_ASSIGNMENT: str(gradebook.assignment)}
    gradebook.open("/lti/launch", **{c.RESOURCE_LINK: link, c.CUSTOM: custom, c.AGS: ...})
    grades = {"lineitem": f"{gradebook.lms.url}/lineitems/new", "scope": []}
    assert "1 attempt" in shown(*gradebook.review(**{c.AGS: grades, c.RESOURCE_LINK: link}))


def test_somebody_who_was_never_in_the_class_is_refused_in_words(gradebook: Gradebook) -> None:
    refused_with(gradebook.review(**{c.FOR_USER: {"user_id": "nobody"}})[1], "not known in this class yet")
    outside = gradebook.sub_of(gradebook.world.user(enrolled=False))
    refused_with(gradebook.review(**{c.FOR_USER: {"user_id": outside}})[1], "not known in this class yet")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({c.FOR_USER: ...}, "whose work should be shown"),
        ({c.FOR_USER: {"user_id": 7}}, "whose work should be shown"),
        ({c.AGS: ...}, "which column"),
        ({c.AGS: {"lineitem": ["x"]}}, "which column"),
    ],
)
def test_a_review_says_for_whom_and_for_what(gradebook: Gradebook, changes: dict[str, Any], words: str) -> None:
    refused_with(gradebook.review(**changes)[1], words)


def test_a_review_passes_where_all_is_said(launch: Launch) -> None:
    kind = {
        c.FOR_USER: {"user_id": "x"}, c.AGS: {"lineitem": "https://lms.example.edu/1"}, c.RESOURCE_LINK: ...,
    }  # fmt: skip
    assert launch(message_type=c.SUBMISSION_REVIEW_REQUEST, **kind)


@pytest.mark.parametrize("form", ["/lti/attempts/{}", "/lti/launch/attempts/{}"])
def test_an_address_that_went_with_a_score_opens_that_attempt(gradebook: Gradebook, form: str) -> None:
    for sub in ("teacher", gradebook.sub):
        client, answer = gradebook.open(form.format(gradebook.attempt), sub)
        assert answer.headers["Location"] == f"/attempts/{gradebook.attempt}"
        assert "Attempt 1" in shown(client, answer)


def test_such_an_address_opens_no_attempt_of_others(gradebook: Gradebook) -> None:
    world = gradebook.world
    path = f"/lti/attempts/{gradebook.attempt}"
    refused_with(gradebook.open(path, gradebook.sub_of(world.user()))[1], "somebody else")
    refused_with(gradebook.open(path, **{c.CONTEXT: {"id": "elsewhere"}})[1], "not of this course")
    refused_with(gradebook.open(f"/lti/attempts/{uuid.uuid4()}")[1], "not of this course")


def test_a_teacher_of_another_course_gets_at_no_attempt_of_this_one(gradebook: Gradebook) -> None:
    world = gradebook.world
    with transaction(world.tenant_id):
        klass = create_class("CS102", owner_id=world.teacher_id)
        enroll(klass.id, world.teacher_id, Role.TEACHER, source=EnrollmentSource.LAUNCH)
        deployment = session().get_one(ClassContext, world.context_id).deployment_id
        session().add(
            ClassContext(
                tenant_id=world.tenant_id, deployment_id=deployment, context_id="cs102", class_id=klass.id, title="x"
            )
        )
    refused_with(
        gradebook.open(f"/lti/attempts/{gradebook.attempt}", **{c.CONTEXT: {"id": "cs102"}})[1], "not of this course"
    )
