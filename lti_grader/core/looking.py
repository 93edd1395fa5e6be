"""Looking at a class as one of its students sees it: which look a request is part of, by the beginning of its path.

An address that begins with `/as/<look>` is a look's, and so is every address that its pages build: it stays in its tab, and
other tabs of the same person are their own. What is looked at is read only, in the database itself (`core.db`).
"""

import re
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import flask

_LOOK = "lti_grader.look"
_IN_PATH = re.compile(r"/as/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?=/|$)")
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class LookPaths:
    """Takes `/as/<look>` off the front of a path; addresses that the request builds begin with it again."""

    def __init__(self, wsgi: Wsgi) -> None:
        self._wsgi = wsgi

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve a request."""
        path = environ.get("PATH_INFO", "")
        if found := _IN_PATH.match(path):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + found[0]
            environ["PATH_INFO"] = path[found.end() :] or "/"
            environ[_LOOK] = uuid.UUID(found[1])
        return self._wsgi(environ, start_response)


def asked_look() -> uuid.UUID | None:
    """Return the look that this request's address names; None where it names none."""
    found: uuid.UUID | None = flask.request.environ.get(_LOOK)
    return found


def url_within(look_id: uuid.UUID, endpoint: str, **values: Any) -> str:
    """Return the address of a page within a look, from outside of any."""
    root = flask.request.script_root
    return f"{root}/as/{look_id}{flask.url_for(endpoint, **values).removeprefix(root)}"


def url_outside(endpoint: str, **values: Any) -> str:
    """Return the address of a page as it is outside of every look, from within one or not."""
    address, look = flask.url_for(endpoint, **values), asked_look()
    return address.replace(f"/as/{look}", "", 1) if look is not None else address
