"""The LMS, put together."""

import secrets
from pathlib import Path
from urllib.parse import urlsplit

import flask

from lti_grader.core.paths import project_folder
from lti_grader.demo.lms import (
    brought,
    columns,
    copying,
    deep_links,
    files,
    guard,
    memberships,
    notices,
    pages,
    platform,
    registration,
    reviews,
    services,
    tokens,
)
from lti_grader.demo.lms.models import Setting, open_store
from lti_grader.demo.lms.people import seed_people
from lti_grader.demo.lms.store import Lms


def create_lms(folder: Path, url: str, *, secret: str | None = None) -> flask.Flask:
    """Put the LMS together.

    Parameters
    ----------
    folder
        Where it keeps its file.
    url
        Its own address, and so its issuer.
    """
    app = flask.Flask("lti_grader.demo.lms", template_folder=str(project_folder("templates")))
    store = open_store(folder)
    with store.begin() as session:
        kept = session.get(Setting, "secret")
        if kept is None:
            kept = Setting(name="secret", value={"secret": secret or secrets.token_urlsafe(32)})
            session.add(kept)
        seed_people(session)
    app.config.update(
        SECRET_KEY=kept.value["secret"],
        # Cookies know no port, and several such LMSs may run on one machine.
        SESSION_COOKIE_NAME=f"demo-lms-{urlsplit(url).port or 80}",
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.extensions["lms"] = Lms(store, url, kept.value["secret"])
    for module in (
        pages,
        copying,
        platform,
        registration,
        deep_links,
        tokens,
        services,
        memberships,
        brought,
        notices,
        files,
        reviews,
        columns,
    ):
        app.register_blueprint(module.blueprint)
    app.before_request(_begin)
    app.after_request(_end)
    return app


def _begin() -> None:
    flask.g.csp_nonce = secrets.token_urlsafe(16)
    flask.g.lms = flask.current_app.extensions["lms"]


def _end(response: flask.Response) -> flask.Response:
    guard.note_if_astray(response)
    nonce = flask.g.csp_nonce
    response.headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src 'self' data:;"
        " frame-src http: https:; form-action http: https:; base-uri 'none'; frame-ancestors 'self'",
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")
    return response
