"""What stands before every service: faults that were asked for, tokens, and the list of what passed."""

import functools
import re
import socket
import time
from collections.abc import Callable
from typing import Any

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import NoResultFound
from werkzeug.exceptions import HTTPException

from lti_grader.demo.lms.models import Request
from lti_grader.demo.lms.store import Faults, lms

_KEPT = 2000
_SECRET = re.compile(r'("(?:access_token|client_assertion)"\s*:\s*)"[^"]*"')

View = Callable[..., ResponseReturnValue]


def guarded(service: str, *scopes: str) -> Callable[[View], View]:
    """Let a service fail as it was told to, ask for a token of one of `scopes`, and note what passed."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guard(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            faults = lms().take_fault(service)
            if faults.delay_ms:
                time.sleep(faults.delay_ms / 1000)
            if faults.fails and not faults.break_after:
                answer = _fail(faults)
            elif scopes and not _may(scopes):
                answer = flask.make_response({"error": "a token with the scope is needed"}, 401)
            else:
                answer = _answer(view, *args, **kwargs)
                if faults.fails:
                    answer = _fail(faults)
            note(answer)
            if faults.hangs_up:
                _hang_up()
            return answer

        return guard

    return decorate


def _answer(view: View, *args: Any, **kwargs: Any) -> flask.Response:
    try:
        return flask.make_response(view(*args, **kwargs))
    except NoResultFound:
        return flask.make_response({"errors": {"message": "There is no such thing here"}}, 404)
    except HTTPException as error:
        return flask.make_response({"errors": {"message": error.description}}, error.code or 500)


def _hang_up() -> None:
    connection = flask.request.environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)


def _fail(faults: Faults) -> flask.Response:
    words = "403 Forbidden (Rate Limit Exceeded)" if faults.status == 403 else "The LMS is not well"
    # Who hangs up says nothing; for the list of requests it counts as a gateway's failure.
    answer = flask.make_response({"errors": {"message": words}}, faults.status or 502)
    if faults.retry_after is not None:
        answer.headers["Retry-After"] = str(faults.retry_after)
    return answer


def _may(scopes: tuple[str, ...]) -> bool:
    kind, _, token = flask.request.headers.get("Authorization", "").partition(" ")
    note = lms().unseal("access", token) if kind.casefold() == "bearer" else None
    if note is None or not set(scopes) & set(note["scopes"]):
        return False
    flask.g.client_id = note["client"]
    return True


def note(answer: flask.Response) -> None:
    """Put a request and its answer on the list, without what would let a reader act for the tool."""
    request = flask.request
    body = request.get_data(as_text=True) if "json" in (request.content_type or "") else ""
    body, said = (
        _SECRET.sub(r'\1"(not kept)"', text)[:_KEPT] for text in (body, answer.get_data().decode(errors="replace"))
    )
    path = request.full_path.rstrip("?")
    with lms().store.begin() as session:
        session.add(Request(method=request.method, path=path, status=answer.status_code, body=body, answer=said))


def note_if_astray(answer: flask.Response) -> None:
    """Put a service request on the list that no service was found for: its address is what somebody looks for."""
    if flask.request.routing_exception is not None and "Authorization" in flask.request.headers:
        note(answer)
