"""What `celery --app lti_grader.worker` starts."""

from typing import Any

from celery import Celery
from celery.signals import beat_embedded_init, worker_init, worker_process_init, worker_process_shutdown

from lti_grader.app import create_app
from lti_grader.core.db import db
from lti_grader.core.processes import die_with_parent, keep_shared
from lti_grader.grading.tasks import close_sandbox


@worker_init.connect
def _share_what_was_imported(**_: Any) -> None:
    keep_shared()


@worker_process_init.connect
def _forget_inherited_connections(**_: Any) -> None:
    """Drop the connections of the parent process: two processes on one connection garble both."""
    die_with_parent()
    with flask_app.app_context():
        db.engine.dispose(close=False)


@worker_process_shutdown.connect
def _leave_no_sandbox(**_: Any) -> None:
    close_sandbox()


@beat_embedded_init.connect
def _end_with_the_worker(**_: Any) -> None:
    """Let the clock that a worker carries end with it, also where the worker is killed."""
    die_with_parent()


flask_app = create_app()
celery_app: Celery = flask_app.extensions["celery"]
