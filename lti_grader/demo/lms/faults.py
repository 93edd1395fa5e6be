"""Services that misbehave when told to: slow, throttling, broken, gone."""

import socket
import time

import flask
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from lti_grader.demo.lms.models import Fault
from lti_grader.demo.lms.store import store
from lti_grader.demo.lms.wire import Refused

SERVICES = ("jwks", "token", "line_items", "scores", "results", "memberships")
KINDS = {
    "slow": "Answers only after a while",
    "throttled_429": "429 Too Many Requests, with Retry-After",
    "throttled_403": "403 Rate Limit Exceeded, as Canvas does",
    "unauthorized": "401, as if the token had been withdrawn",
    "error_500": "500 Internal Server Error",
    "error_502": "502 Bad Gateway",
    "error_503": "503 Service Unavailable",
    "maintenance": "200 with a page about maintenance in place of JSON",
    "lost_answer": "Does what was asked, then hangs up without a word",
    "down": "Hangs up at once",
}
_AFTER = "lost_answer"


def check_fault(kind: str, services: list[str]) -> None:
    """Refuse a fault that does not exist.

    Raises
    ------
    Refused
    """
    if kind not in KINDS:
        raise Refused(400, "unknown_fault", f"There is no fault {kind!r}; there are {', '.join(KINDS)}.")
    if strange := set(services) - set(SERVICES):
        raise Refused(400, "unknown_service", f"There is no service {min(strange)!r}; there are {', '.join(SERVICES)}.")


def misbehave(service: str) -> Response | None:
    """Do what faults are due for a request; the answer is None where it should go on as usual."""
    if not _any_due(service):
        return None
    with store().writing() as session:
        due = _use_up(session, service)
    for fault in due:
        flask.g.fault = fault.kind
        if fault.milliseconds:
            time.sleep(fault.milliseconds / 1000)
        if fault.kind not in ("slow", _AFTER):
            return _wrong_answer(fault)
    return None


def _any_due(service: str) -> bool:
    with store().reading() as session:
        return any(_concerns(fault, service) for fault in session.scalars(sa.select(Fault)))


def _concerns(fault: Fault, service: str) -> bool:
    return not fault.services or service in fault.services


def _use_up(session: Session, service: str) -> list[Fault]:
    """Return the faults of one request, each counted down; none after the first that answers in our place."""
    due = []
    for fault in session.scalars(sa.select(Fault).order_by(Fault.id)):
        if not _concerns(fault, service):
            continue
        due.append(fault)
        if fault.remaining is not None:
            fault.remaining -= 1
            if fault.remaining <= 0:
                session.delete(fault)
        if fault.kind not in ("slow", _AFTER):
            break
    return due


def _wrong_answer(fault: Fault) -> Response:
    if fault.kind == "down":
        return hang_up()
    if fault.kind == "maintenance":
        return Response("<!doctype html><title>Maintenance</title><h1>We will be back soon</h1>", content_type="text/html")
    status, words = {
        "throttled_429": (429, "Too Many Requests"),
        "throttled_403": (403, "403 Forbidden (Rate Limit Exceeded)"),
        "unauthorized": (401, "Invalid access token"),
        "error_500": (500, "Internal Server Error"),
        "error_502": (502, "Bad Gateway"),
        "error_503": (503, "Service Unavailable"),
    }[fault.kind]
    answer = Response(words, status, content_type="text/plain")
    if fault.retry_after is not None:
        answer.headers["Retry-After"] = str(fault.retry_after)
    return answer


def hang_up() -> Response:
    """Close the connection under the answer, so that the other side sees it break off."""
    line: socket.socket | None = flask.request.environ.get("gunicorn.socket") or flask.request.environ.get("werkzeug.socket")
    flask.g.hung_up = True
    if line is not None:
        line.shutdown(socket.SHUT_RDWR)
    return Response(status=503)


def after(response: Response) -> Response:
    """Hang up on an answer that is to be lost."""
    return hang_up() if flask.g.get("fault") == _AFTER else response
