"""How often one may ask: floods are kept out, and a whole course that comes at once gets in."""

import logging
import uuid

import flask
import pytest

from lti_grader import adapters
from lti_grader.adapters.redis import KeyValue
from lti_grader.app import create_app
from lti_grader.core.errors import TooManyRequests
from lti_grader.core.limits import Limit, Limits, Pace
from lti_grader.core.settings import Settings
from lti_grader.pages import LIMITS
from tests.fixtures.world import World
from tests.lti.conftest import Browser

SMALL = Limit("small", "Too much.", Pace(3, 0.01), Pace(2, 0.01))


def limits(factor: float = 1) -> Limits:
    return Limits(adapters.installed().kv, factor=factor)


def wait(held: Limits, address: str = "192.0.2.1", person: str | None = None, limit: Limit = SMALL) -> int | None:
    """Ask once; return how long to wait, None where it is let in."""
    try:
        held.require(limit, address=address, person=person)
    except TooManyRequests as refused:
        return int(refused.extra["retry_after"])
    return None


def test_nine_hundred_students_behind_one_address_begin_an_exam_in_the_same_second(app: flask.Flask) -> None:
    held = limits()
    everybody = [str(uuid.uuid4()) for _ in range(900)]
    for endpoint in ("lti.begin", "lti.launch", "work.save_draft", "work.hand_in"):
        signed_in = not endpoint.startswith("lti.")
        for one in everybody:
            assert wait(held, person=one if signed_in else None, limit=LIMITS[endpoint]) is None


def test_one_person_has_less_than_an_address_and_leaves_something_for_others(app: flask.Flask) -> None:
    held = limits()
    assert [wait(held, person="a") for _ in range(2)] == [None, None]
    assert 90 <= (wait(held, person="a") or 0) <= 100
    # Being refused uses nothing up.
    assert wait(held, person="b") is None
    assert wait(held, person="c") is not None
    assert wait(held, address="192.0.2.2", person="c") is None


def test_a_bucket_fills_again(app: flask.Flask) -> None:
    held, quick = limits(), Limit("quick", "Too much.", Pace(1, 1000))
    assert wait(held, limit=quick) is None
    # Whoever is refused is told when; a thousandth of a second has passed by the time that several have asked.
    assert None in [wait(held, limit=quick) for _ in range(50)]
    slow = Limit("slow", "Too much.", Pace(1, 0.001))
    assert wait(held, limit=slow) is None
    assert 990 <= (wait(held, limit=slow) or 0) <= 1000


def test_one_network_of_ipv6_is_one_address(app: flask.Flask) -> None:
    held = limits()
    assert [wait(held, address=f"2001:db8::{n}") for n in range(3)] == [None] * 3
    assert wait(held, address="2001:db8::ffff") is not None
    assert wait(held, address="2001:db8:0:1::1") is None


def test_the_operator_makes_limits_wider_or_switches_them_off(app: flask.Flask) -> None:
    assert [wait(limits(2)) for _ in range(6)] == [None] * 6
    assert wait(limits(2)) is not None
    assert [wait(limits(0)) for _ in range(20)] == [None] * 20


def test_nobody_is_refused_while_redis_does_not_answer(app: flask.Flask, caplog: pytest.LogCaptureFixture) -> None:
    gone = Limits(KeyValue("redis://127.0.0.1:1/0"), factor=1)
    with caplog.at_level(logging.WARNING, "lti_grader.core.limits"):
        assert [wait(gone) for _ in range(5)] == [None] * 5
    assert "limits are not held while Redis does not answer" in caplog.text


@pytest.fixture
def narrow(settings: Settings, app: flask.Flask) -> flask.Flask:
    """An application that lets in one of each kind."""
    return create_app(settings.model_copy(update={"rate_limit_factor": 0.0001, "trusted_proxies": 1}))


def test_a_flood_at_the_door_is_told_when_to_come_again(narrow: flask.Flask) -> None:
    client = narrow.test_client()
    assert client.get("/lti/login").status_code == 401
    answer = client.get("/lti/login")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    assert "open the link from your course page once more" in answer.text
    assert "frame-ancestors 'self' *" in answer.headers["Content-Security-Policy"]
    # The other way in shares the bucket.
    assert client.post("/lti/launch").status_code == 429


def test_the_address_is_what_the_trusted_proxy_saw(narrow: flask.Flask) -> None:
    client = narrow.test_client()
    for forwarded, status in (
        ("192.0.2.1", 401),
        ("192.0.2.1", 429),
        # What the client itself put in front is not believed.
        ("198.51.100.7, 192.0.2.1", 429),
        ("192.0.2.2", 401),
    ):
        assert client.get("/lti/login", headers={"X-Forwarded-For": forwarded}).status_code == status


def test_a_save_that_is_too_much_is_refused_in_a_way_that_the_page_tries_again(
    world: World, browser_of: Browser, app: flask.Flask
) -> None:
    student = world.user()
    item = world.items(world.assignment())[0]
    client, kv = browser_of(student), adapters.installed().kv
    held = Limits(kv, factor=1)
    while wait(held, address="127.0.0.1", person=str(student), limit=LIMITS["work.save_draft"]) is None:
        pass
    answer = client.put(f"/work/{item}/draft", json={"code": "x", "language": "python"})
    assert (answer.status_code, answer.json["error"]["retryable"]) == (429, True)
    assert int(answer.headers["Retry-After"]) >= 1
    assert "kept in this browser" in answer.json["error"]["message"]
