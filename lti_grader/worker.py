"""What `celery --app lti_grader.worker` starts."""

from typing import Any

import click
from celery import Celery
from celery.beat import EmbeddedService
from celery.bootsteps import StartStopStep
from celery.signals import worker_init, worker_process_init, worker_process_shutdown

from lti_grader.app import create_app, share
from lti_grader.core.db import db
from lti_grader.core.processes import die_with_parent
from lti_grader.grading.tasks import close_sandbox


@worker_init.connect
def _share_what_was_imported(**_: Any) -> None:
    share(flask_app)


@worker_process_init.connect
def _forget_inherited_connections(**_: Any) -> None:
    """Drop the connections of the parent process: two processes on one connection garble both."""
    die_with_parent()
    with flask_app.app_context():
        db.engine.dispose(close=False)


@worker_process_shutdown.connect
def _leave_no_sandbox(**_: Any) -> None:
    close_sandbox()


class Clock(StartStopStep):  # type: ignore[misc]
    """The schedule's clock in a thread of the worker, where `--clock FILE` asks for it.

    Celery's own `--beat` starts a process for it, which takes some 90 MB for what is idle all but a few ms a second.
    """

    def __init__(self, worker: Any, clock: str | None = None, **options: Any) -> None:
        super().__init__(worker, **options)
        self.enabled = clock is not None
        self._kept_in = clock

    def create(self, worker: Any) -> Any:
        """Return what the worker starts and stops with itself."""
        return EmbeddedService(worker.app, thread=True, schedule_filename=self._kept_in)


flask_app = create_app()
celery_app: Celery = flask_app.extensions["celery"]
celery_app.user_options["worker"].add(
    click.Option(["--clock"], metavar="FILE", help="Also send out what is due by the schedule; FILE keeps when it did.")
)
celery_app.steps["worker"].add(Clock)
