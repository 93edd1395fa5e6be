"""Sessions of browsers that keep no cookie for us: a token in the path of each address, the session in a store.

Cookies are the first choice (`core.web`). docs/decisions/0003-sessions-without-cookies.md says what is gained, what
is risked, and what holds against it.
"""

import datetime as dt
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import flask
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from werkzeug.wrappers import Request, Response

_TOKEN = "lti_grader.path_token"  # noqa: S105 - a key of the WSGI environment
_IN_PATH = re.compile(r"/~([A-Za-z0-9_-]{43})(?=/|$)")
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Store(Protocol):
    """What sessions need of Redis; see `adapters.redis.KeyValue`."""

    def put(self, key: str, value: str, seconds: int) -> None: ...
    def get_and_prolong(self, key: str, seconds: int) -> str | None: ...
    def replace(self, key: str, value: str, seconds: int) -> bool: ...
    def forget(self, *keys: str) -> None: ...


class TokenPaths:
    """Takes `/~<token>` off the front of a path; addresses that the request builds begin with it again."""

    def __init__(self, wsgi: Wsgi) -> None:
        self._wsgi = wsgi

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve a request."""
        path = environ.get("PATH_INFO", "")
        if found := _IN_PATH.match(path):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + found[0]
            environ["PATH_INFO"] = path[found.end() :] or "/"
            environ[_TOKEN] = found[1]
        return self._wsgi(environ, start_response)


def without_token(text: str) -> str:
    """Return a line for a log with every token in it struck out."""
    return _IN_PATH.sub("/~-", text)


def is_in_path() -> bool:
    """Return whether this request's session is named in its path."""
    return _TOKEN in flask.request.environ


class PathSession(SecureCookieSession):
    """A session that a token in the path names; empty where it has ended, or was not opened by one of our pages."""

    key: str = ""


class Sessions(SecureCookieSessionInterface):
    """Sessions in a cookie, and in the store where a path names one.

    Parameters
    ----------
    idle
        How long one in the store is kept without a request.
    """

    def __init__(self, store: Store, *, idle: dt.timedelta) -> None:
        self._store = store
        self._idle = int(idle.total_seconds())

    def begin(self, values: Mapping[str, Any], request: Request) -> str:
        """Keep a new session for the browser that sent `request`, and return the token that names it.

        What the store holds can be read without becoming anybody: it knows the token's hash only.
        """
        token = secrets.token_urlsafe(32)
        kept = {**values, "agent": _agent(request)}
        self._store.put(_key(token), json.dumps(kept), self._idle)
        return token

    def open_session(self, app: flask.Flask, request: flask.Request) -> SecureCookieSession | None:
        """Return the session of a request."""
        token = request.environ.get(_TOKEN)
        if token is None:
            return super().open_session(app, request)
        if _comes_from_outside(request):
            return PathSession()
        key = _key(token)
        text = self._store.get_and_prolong(key, self._idle)
        kept = json.loads(text) if text else {}
        if not kept or not hmac.compare_digest(kept.pop("agent"), _agent(request)):
            return PathSession()
        session = PathSession(kept)
        session.key = key
        return session

    def save_session(self, app: flask.Flask, session: Any, response: Response) -> None:
        """Keep what the request changed."""
        if not isinstance(session, PathSession):
            return super().save_session(app, session, response)  # type: ignore[arg-type]
        if session.key and session.modified:
            if session:
                kept = {**session, "agent": _agent(flask.request)}
                # Only where it is there still: a request under way brings no session back that was ended meanwhile.
                self._store.replace(session.key, json.dumps(kept), self._idle)
            else:
                self._store.forget(session.key)
        return None


def _key(token: str) -> str:
    return f"lti:session:{hashlib.sha256(token.encode()).hexdigest()}"


def _agent(request: Request) -> str:
    return hashlib.sha256(request.headers.get("User-Agent", "").encode(errors="replace")).hexdigest()[:16]


def _comes_from_outside(request: Request) -> bool:
    """Return whether a whole window was sent here by anything but a page of ours: an address that was passed on."""
    site = request.headers.get("Sec-Fetch-Site")
    return request.headers.get("Sec-Fetch-Dest") == "document" and site not in (None, "same-origin")
