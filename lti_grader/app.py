"""The web application, put together."""

import logging

import flask
import sqlalchemy as sa
from flask_migrate import Migrate
from sqlalchemy.orm import configure_mappers
from werkzeug.middleware.proxy_fix import ProxyFix

import lti_grader.models  # noqa: F401 - every table, before the first query
from lti_grader import adapters
from lti_grader.assignments.languages import use_folder
from lti_grader.core import events, web
from lti_grader.core.db import db
from lti_grader.core.paths import PACKAGE, project_folder
from lti_grader.core.processes import keep_shared
from lti_grader.core.queues import make_celery
from lti_grader.core.settings import Settings
from lti_grader.flow import FLOW
from lti_grader.metrics import answer_metrics
from lti_grader.pages import register_pages


def create_app(settings: Settings | None = None) -> flask.Flask:
    """Put the application together; no server is contacted yet.

    Parameters
    ----------
    settings
        The installation's settings; read from the files and the environment where not given.

    Raises
    ------
    SettingsError
        A setting cannot be used.
    """
    settings = settings or Settings.read()
    use_folder(settings.languages_folder)
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # It would write whole addresses, and with them hints and tokens, into the log.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    app = flask.Flask(
        "lti_grader", template_folder=str(project_folder("templates")), static_folder=str(PACKAGE / "static")
    )
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "pool_size": settings.database_pool_size,
        "max_overflow": 10,
        "pool_pre_ping": True,
        "pool_timeout": 10,
        "connect_args": {"connect_timeout": 5, "prepare_threshold": None},
    }
    app.extensions["settings"] = settings
    app.extensions["adapters"] = adapters.Adapters.of(settings)
    adapters.install(app.extensions["adapters"])
    app.extensions["celery"] = make_celery(app, settings)
    db.init_app(app)
    Migrate(app, db, directory=str(project_folder("migrations")))
    events.install_flow(FLOW)
    web.install(app, settings, app.extensions["adapters"].kv)
    register_pages(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    _answer_health(app)
    answer_metrics(app, settings)
    return app


def _answer_health(app: flask.Flask) -> None:
    @app.get("/-/health")
    def health() -> dict[str, str]:
        """Say that this process answers; nothing else is asked."""
        return {"status": "ok"}

    @app.get("/-/ready")
    def ready() -> tuple[dict[str, str], int]:
        """Say of each server we stand on whether it answers."""
        found = {"database": _database_state(), "redis": "ok", "storage": "ok"}
        for name, ping in (("redis", adapters.installed().kv.ping), ("storage", adapters.installed().blobs.ping)):
            try:
                ping()
            except Exception as error:  # whatever is wrong, the answer is the same: not ready, and why
                app.logger.warning("not ready: %s: %s", name, error)
                found[name] = "does not answer"
        return found, 200 if set(found.values()) == {"ok"} else 503


def _database_state() -> str:
    try:
        with db.engine.connect() as connection:
            revision = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    except sa.exc.SQLAlchemyError as error:
        flask.current_app.logger.warning("not ready: database: %s", error)
        return "does not answer, or is not migrated"
    return "ok" if revision else "not migrated"


def share(app: flask.Flask) -> None:
    """Load what each process forked from this one needs sooner or later, so that they have one copy of it in memory together."""
    configure_mappers()
    held: adapters.Adapters = app.extensions["adapters"]
    held.blobs.prepare()
    keep_shared()
