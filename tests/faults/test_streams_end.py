"""A stream of events is a request that goes on for minutes: it ends with its session, and tells nothing after that."""

import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from lti_grader.demo.lms.client import Person, csrf_token
from tests.fixtures.installation import Installation, Student, until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

# The stream looks every other second, and a platform's state is known for five.
SECONDS = 12
# Beyond the thousand who may hold the very score already that is to come, whose streams would be over at once.
_numbers = iter(range(1300, 1340))


class Stream:
    """A page's stream of events, read by a thread of its own until it ends."""

    def __init__(self, student: Student, attempt: str) -> None:
        self.lines: list[str] = []
        url = f"{student.installation.url}/attempts/{attempt}/events"
        cookies = student.person._cookies[urlsplit(url).netloc]
        self._headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        self._url = url
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        try:
            with httpx.stream("GET", self._url, headers=self._headers, timeout=60, trust_env=False) as answer:
                self.lines.extend(answer.iter_lines())
        except httpx.HTTPError as error:
            self.lines.append(f"broken off: {error!r}")

    @property
    def has_ended(self) -> bool:
        return not self._reading.is_alive()

    def again(self) -> int:
        """Return what is answered to the same browser asking once more, as its script does."""
        return httpx.get(self._url, headers=self._headers, timeout=60, trust_env=False).status_code


@pytest.fixture
def student(installation: Installation) -> Iterator[Student]:
    """A student whose scores the LMS does not take, so that their stream has no end of its own for minutes."""
    installation.control.post("mode", mode="canvas")
    installation.ready()
    installation.control.post("faults", status=503, remaining=100_000, services=["scores"])
    yield installation.student(next(_numbers))
    installation.control.post("faults", status=0)


def streaming(student: Student) -> Stream:
    """Hand in, and return the stream once it has told the result and waits for the LMS."""
    answer = student.hand_in()
    assert answer.status_code == 202, answer.text
    stream = Stream(student, answer.json()["attempt"]["id"])
    until(lambda: "event: completed" in stream.lines, "the result")
    assert not stream.has_ended, stream.lines
    return stream


def leave(student: Student, **form: str) -> None:
    url = f"{student.installation.url}/lti/leave"
    answer = student.send("POST", url, data=form, headers={"Accept": "text/html"})
    assert "signed out" in answer.text


def drop(student: Student) -> None:
    student.installation.rows(
        "UPDATE enrollments SET status = 'dropped', dropped_at = now() FROM users u WHERE u.id = user_id"
        f" AND u.sub = '{student.id}' RETURNING enrollments.id"
    )


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (leave, 401),
        (lambda student: leave(student, everywhere="yes"), 401),
        (drop, 404),
    ],
)
def test_it_ends_with_its_session_or_its_place_in_the_class(
    student: Student, end: Callable[[Student], None], status: int
) -> None:
    stream = streaming(student)
    end(student)
    heard = until(lambda: stream.has_ended and list(stream.lines), "the end of the stream", SECONDS)
    assert stream.again() == status
    student.installation.control.post("faults", status=0)
    until(student.in_the_lms, "the score in the LMS")
    assert stream.lines == heard


def test_signed_out_in_another_browser_it_ends_here(student: Student) -> None:
    stream = streaming(student)
    installation = student.installation
    other = Person(installation.lms_url, student.id)
    page = other.launch(installation.link_id)
    leave(Student(installation, other, student.id, csrf_token(page)), everywhere="yes")
    until(lambda: stream.has_ended, "the end of the stream", SECONDS)
    other.close()


def test_it_ends_when_the_platform_is_switched_off(student: Student) -> None:
    stream = streaming(student)
    switch = "UPDATE platforms SET disabled_at = {} WHERE client_id = '{}' RETURNING id"
    client_id = student.installation.client_id
    try:
        assert student.installation.rows(switch.format("now()", client_id))
        until(lambda: stream.has_ended, "the end of the stream", SECONDS)
    finally:
        student.installation.rows(switch.format("NULL", client_id))
