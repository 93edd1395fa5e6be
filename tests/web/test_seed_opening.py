"""A made-up department in the demo LMS: whoever is of it launches into its classes, and the LMS forgets it again."""

import datetime as dt
from collections.abc import Callable, Iterator

import flask
import httpx
import pytest
import sqlalchemy as sa

from lti_grader import adapters
from lti_grader.classes.models import Enrollment, EnrollmentStatus, Role
from lti_grader.core.db import session, transaction
from lti_grader.demo.department import making, opening
from lti_grader.demo.department.founding import Taught
from lti_grader.demo.lms.client import NO_TLS, Person, forms
from lti_grader.lti.models import Platform
from lti_grader.people.models import User
from tests.fixtures.demo_lms import COURSE, TEACHER, Lms, lms, lms_server, tool_server

__all__ = ["lms", "lms_server", "tool_server"]
TOOL = "http://127.0.0.1:5000"
Sit = Callable[[str, str], Person]


class AtTool(httpx.BaseTransport):
    """Has what a browser would send to the tool answered by the application under test, all else by the network."""

    def __init__(self, app: flask.Flask) -> None:
        self._client, self._others = app.test_client(use_cookies=False), httpx.HTTPTransport(verify=NO_TLS)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        if not str(request.url).startswith(TOOL):
            return self._others.handle_request(request)
        answer = self._client.open(
            request.url.raw_path.decode(), method=request.method, data=request.read(), headers=list(request.headers.items()),
            base_url=TOOL,
        )  # fmt: skip
        return httpx.Response(answer.status_code, headers=list(answer.headers.items()), content=answer.data)


@pytest.fixture
def made(app: flask.Flask) -> making.Made:
    app.config["WTF_CSRF_ENABLED"] = False
    now = dt.datetime.now(dt.UTC)
    wish = making.Wish("Castle in the Air", students=21, seed=7, now=now, weeks=1)
    return making.make(wish, adapters.installed().blobs, lambda *_: None)


@pytest.fixture
def sits(app: flask.Flask, lms: Lms) -> Iterator[Sit]:
    opened = []

    def sit(person_id: str, course_id: str) -> Person:
        person = Person(lms.url, person_id, course_id)
        person._http = httpx.Client(transport=AtTool(app), timeout=60)
        opened.append(person)
        return person

    yield sit
    for one in opened:
        one.close()


def subs(made: making.Made, taught: Taught, role: Role) -> list[str]:
    with transaction(made.tenant_id):
        return list(
            session().scalars(
                sa.select(User.sub).join(Enrollment, Enrollment.user_id == User.id)
                .where(
                    Enrollment.class_id == taught.class_id, Enrollment.role == role,
                    Enrollment.status == EnrollmentStatus.ACTIVE,
                )
                .order_by(User.sub)
            )
        )  # fmt: skip


def test_people_of_a_made_up_department_come_from_the_demo_lms(made: making.Made, lms: Lms, sits: Sit) -> None:
    # Whose menu opens the course as such.
    lms.control.post("mode", mode="canvas")
    opening.let_in(made, lms.url, TOOL)
    home = httpx.get(lms.url, trust_env=False).text
    assert all(f"{one.course.code} {one.course.name}" in home for one in made.classes)
    with transaction(made.tenant_id):
        client_id = session().scalars(sa.select(Platform.client_id)).one()
    taught = made.classes[0]
    course_id = f"made-up-{taught.class_id.hex}"
    for role, words in ((Role.TEACHER, taught.course.title), (Role.STUDENT, "Due next")):
        person = sits(subs(made, taught, role)[0], course_id)
        assert "Castle in the Air" in person.send("GET", f"{lms.url}/courses/{course_id}").text
        form = forms(person.send("GET", f"{lms.url}/courses/{course_id}/tools/{client_id}/launch"))[0]
        page = person.submit(form)
        assert page.status_code == 200, page.text
        assert str(page.url).startswith(f"{TOOL}/classes/{taught.class_id}"), page.url
        assert words in page.text
    # The LMS's own course has its own tool, and not this one.
    assert "Castle" not in sits(TEACHER, COURSE).send("GET", f"{lms.url}/courses/{COURSE}").text
    opening.let_out(made.tenant_id, lms.url)
    home = httpx.get(lms.url, trust_env=False).text
    assert not [one for one in made.classes if one.course.name in home.replace("CS101 Introduction to Programming", "")]
