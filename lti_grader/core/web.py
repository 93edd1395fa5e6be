"""What every page shares: who is looking, errors as page or JSON, headers."""

import dataclasses
import datetime as dt
import math
import secrets
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import flask
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from lti_grader.core.acting import look, set_actor, set_changing, set_look
from lti_grader.core.errors import Forbidden, GraderError, NotSignedIn
from lti_grader.core.looking import LookPaths
from lti_grader.core.sessions import Sessions, Store, TokenPaths, is_in_path, without_token
from lti_grader.core.settings import Settings

csrf = CSRFProtect()
COOKIE = "__Host-lti-grader"
_MOST_EARLIER = 30
_LOOKS = frozenset({"GET", "HEAD", "OPTIONS"})
ADMINISTRATION = "administration"
"""Where a browser's session says that it is an administrator's; it stands beside a launched person's."""


@dataclasses.dataclass(frozen=True)
class Viewer:
    """The person behind a request."""

    user_id: uuid.UUID
    tenant_id: uuid.UUID
    platform_id: uuid.UUID
    frame_origins: tuple[str, ...]


def sign_in(
    *,
    user_id: uuid.UUID,
    tenant_id: uuid.UUID,
    platform_id: uuid.UUID,
    frame_origins: Sequence[str],
    at: dt.datetime,
    keeps_cookies: bool = True,
    return_url: str | None = None,
) -> str:
    """Begin a session; whatever session the browser's cookie held before is gone.

    Where the same person comes again, as with a second assignment in a second tab, the session's token for
    forms stays: the pages that are open already go on saving.

    Parameters
    ----------
    frame_origins
        The origins of the platform's pages, which may hold ours in a frame.
    at
        Now: `session_hours` later the session ends, whatever is done with it.
    keeps_cookies
        Whether the browser has shown that it does; where not, the session is named in the path of each address.
    return_url
        The course's page at the platform, which is known to be the platform's own.

    Returns
    -------
    What the paths of this session begin with; nothing for one in a cookie.
    """
    ends = at + flask.current_app.permanent_session_lifetime
    values = {
        "user": str(user_id), "tenant": str(tenant_id), "platform": str(platform_id), "frames": list(frame_origins),
        "ends": int(ends.timestamp()), "return": return_url, "id": secrets.token_urlsafe(12), "began": at.timestamp(),
    }  # fmt: skip
    if not keeps_cookies:
        sessions = flask.current_app.session_interface
        assert isinstance(sessions, Sessions)
        return f"/~{sessions.begin(values, flask.request)}"
    before = dict(flask.session)
    if before.get("user") == str(user_id) and "id" in before:
        # Signing out ends these as well: pages of them may still be open, and copies of their cookies are.
        values["earlier"] = [before["id"], *before.get("earlier", [])][:_MOST_EARLIER]
    flask.session.clear()
    if ADMINISTRATION in before:
        flask.session[ADMINISTRATION] = before[ADMINISTRATION]
    if before.get("user") == str(user_id) and "csrf_token" in before:
        flask.session["csrf_token"] = before["csrf_token"]
    flask.session.permanent = True
    flask.session.update(values)
    return ""


def sign_out() -> None:
    """End the session that this request came with."""
    flask.session.clear()


def viewer() -> Viewer:
    """Return who is looking: where somebody of the staff looks as a student, that student.

    Raises
    ------
    NotSignedIn
        The browser sent no session, or one that has ended.
    """
    found = flask.session
    _require_time_left(found)
    user_id = uuid.UUID(found["user"])
    # From now on what is done in this request is done on their word, whoever they look as.
    set_actor(user_id)
    looks = look()
    return Viewer(
        user_id=looks.student_id if looks else user_id,
        tenant_id=uuid.UUID(found["tenant"]),
        platform_id=uuid.UUID(found["platform"]),
        frame_origins=tuple(found["frames"]),
    )


def _require_time_left(kept: Mapping[str, Any]) -> None:
    if "user" not in kept or kept.get("ends", math.inf) <= time.time():
        raise NotSignedIn("Your session has ended. Open the assignment again from your course page; your text is kept.")


def session_watch() -> Callable[[], None]:
    """Return what an answer that goes on for minutes calls before each part of it.

    It raises `NotSignedIn`, or what else requests are refused with, once the session that this request came with is over,
    whoever ended it and wherever.
    """
    kept, require = dict(flask.session), flask.current_app.extensions["session_standing"]

    def look() -> None:
        _require_time_left(kept)
        require(kept)

    return look


@dataclasses.dataclass(frozen=True)
class SignedInAdministrator:
    """The administrator behind a request (see `people.views`): of the tool, not a person of any LMS."""

    administrator_id: uuid.UUID
    tenant_id: uuid.UUID
    name: str
    sign_in_id: uuid.UUID


def administrator() -> SignedInAdministrator:
    """Return the administrator who is looking.

    Raises
    ------
    Forbidden
        Somebody else is, who came by a launch.
    NotSignedIn
        Nobody is, or the session has ended.
    """
    found: SignedInAdministrator | None = flask.g.get("administrator")
    if found is not None:
        return found
    if "user" in flask.session:
        raise Forbidden("This page is for the administrators of this tool.")
    raise NotSignedIn(
        "This page is for the administrators of this tool. Whoever runs it gives you an address to sign in with:"
        " `lti-grader admin link`."
    )


def install(app: flask.Flask, settings: Settings, store: Store) -> None:
    """Give `app` its sessions, its CSRF tokens, its headers and its error pages."""
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SESSION_COOKIE_NAME=COOKIE,
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="None",
        SESSION_COOKIE_PARTITIONED=True,
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=dt.timedelta(hours=settings.session_hours),
        WTF_CSRF_TIME_LIMIT=None,
        # The token is bound to the session and the cookie is partitioned. Browsers leave the Referer out on
        # pages that ask for no-referrer, so requiring one would refuse honest requests.
        WTF_CSRF_SSL_STRICT=False,
        MAX_CONTENT_LENGTH=max(4 * settings.max_code_bytes, 1_048_576),
        MAX_FORM_MEMORY_SIZE=1_048_576,
    )
    app.session_interface = Sessions(store, idle=dt.timedelta(minutes=settings.session_idle_minutes))
    app.wsgi_app = TokenPaths(LookPaths(app.wsgi_app))  # type: ignore[method-assign]
    # First of all: also the page that tells of a missing CSRF token needs its nonce.
    app.before_request(_begin)
    app.teardown_request(_end)
    csrf.init_app(app)
    app.after_request(_headers)
    app.register_error_handler(GraderError, _grader_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)
    app.jinja_env.globals["csp_nonce"] = lambda: flask.g.csp_nonce


def wants_json() -> bool:
    """Return whether the program at the other end reads JSON rather than pages."""
    accepted = flask.request.accept_mimetypes
    return flask.request.is_json or accepted.best_match(["text/html", "application/json"]) == "application/json"


def _begin() -> None:
    flask.g.csp_nonce = secrets.token_urlsafe(16)
    flask.g.started = time.monotonic()
    request = flask.request
    set_changing(
        changing=request.method not in _LOOKS
        and request.endpoint not in flask.current_app.extensions.get("keepers", ())
    )
    # Before anything reads the body; whoever is not signed in has nothing to upload.
    most = flask.current_app.extensions.get("uploads", {}).get(flask.request.endpoint)
    if most is not None and "user" in flask.session:
        flask.request.max_content_length = most


def _end(_: BaseException | None) -> None:
    set_actor(None)
    set_look(None)
    set_changing(changing=False)


def _headers(response: Response) -> Response:
    nonce = flask.g.get("csp_nonce", "")
    frames = " ".join(["'self'", *flask.g.get("frame_origins", flask.session.get("frames", ()))])
    form_action = " ".join(["'self'", *flask.g.get("form_origins", ())])
    response.headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
        f"font-src 'self'; connect-src 'self'; form-action {form_action}; base-uri 'none'; frame-ancestors {frames}",
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    # Where the path names the session, no other site and no log of one may learn it.
    response.headers["Referrer-Policy"] = "no-referrer" if is_in_path() else "strict-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
    response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if not flask.request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def error_response(status: int, code: str, message: str, *, retryable: bool = False, **extra: Any) -> Response:
    """Return an error as JSON or as a page, as the other end prefers."""
    if wants_json():
        body = {"error": {"code": code, "message": message, "retryable": retryable}, **extra}
        response = flask.jsonify(body)
    else:
        response = flask.make_response(
            flask.render_template("errors/error.html", status=status, code=code, message=message, retryable=retryable)
        )
    response.status_code = status
    if retryable:
        response.headers["Retry-After"] = str(extra.get("retry_after", 2))
    return response


def _grader_error(error: GraderError) -> Response:
    if error.status >= 500:
        flask.current_app.logger.warning("%s: %s", error.code, error, exc_info=error)
    return error_response(error.status, error.code, error.message, retryable=error.retryable, **error.extra)


def _csrf_error(error: CSRFError) -> Response:
    # A page that outlived its session carries a token of the old one. For the person that is the same thing.
    ended = NotSignedIn(
        "Your session has ended or changed. Open the assignment again from your course page; your text is kept."
    )
    flask.current_app.logger.info("csrf: %s", error.description)
    return error_response(ended.status, ended.code, ended.message)


def _http_error(error: HTTPException) -> Response:
    said = {
        404: "There is nothing at this address. Open the assignment again from your course page.",
        405: "This address does not take that kind of request.",
        413: f"That is more than this page takes, which is {(flask.request.max_content_length or 0) / 1024**2:.0f} MiB.",
    }
    status = error.code or 500
    code = (error.name or "error").lower().replace(" ", "_")
    return error_response(status, code, said.get(status, error.description or error.name))


def _unexpected(error: Exception) -> Response:
    flask.current_app.logger.error("unexpected error at %s", without_token(flask.request.path), exc_info=error)
    return error_response(
        500,
        "internal_error",
        "Something went wrong on our side and has been noted. Your saved work is safe; try again in a moment.",
        retryable=True,
    )
